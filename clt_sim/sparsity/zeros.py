"""Shares of values that are zero or nearly so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.binned import BinnedMagnitudes
    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.draws import Draws
    from clt_sim.sparsity.magnitudes import Magnitudes

_THRESHOLD = 0.1


class NearZero(Measure):
    """The share of values with ``|x| <= 0.1`` root mean square.

    It is 1/N of l0_epsilon of Hurley & Rickard (2009, table I), ``#{j: c_j <= epsilon}``, with
    epsilon a tenth of the root mean square instead of a number in units of the data. A centred
    normal law has 0.0797. The threshold moves with the root mean square: its part of
    the influence function takes the density at the threshold from the share of values between
    half of it and one and a half.
    """

    name: ClassVar[str] = "near-zero"
    moment: ClassVar[int] = 2
    of_zeros: ClassVar[float | None] = 1.0

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the share of each row."""
        return _share(magnitudes, _THRESHOLD)

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        relative = magnitudes.values / math.sqrt(float(magnitudes.mean_square))
        share = float(_share(magnitudes, _THRESHOLD))
        # The slope of the share in the logarithm of the threshold.
        slope = float(_share(magnitudes, 1.5 * _THRESHOLD) - _share(magnitudes, 0.5 * _THRESHOLD))
        moved = 0.5 * slope * (relative**2 - 1.0)
        return np.asarray(moved + (relative <= _THRESHOLD) - share)

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the share, which takes two passes where draws are independent."""
        if draws.cluster is not None:
            return super().of_draws(draws)
        count, moments = draws.values.size, draws.relative_moments
        found = draws.small_values(0.5 * _THRESHOLD, _THRESHOLD, 1.5 * _THRESHOLD)
        share = found.up_to_middle / count
        slope = (found.up_to_highest - found.up_to_lowest) / count
        moved = 0.25 * slope**2 * moments.mean_square_of(moments.energy)
        both = slope * (found.squares / count - share)
        error = moments.stderr(moved + both + share * (1.0 - share))
        return Estimate(share, error)

    def of_binned(self, binned: BinnedMagnitudes) -> float:
        """Return the share from the cdf that is linear within bins."""
        threshold = _THRESHOLD * math.sqrt(binned.mean_square)
        return binned.share_within(threshold)

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the probability.

        Raises
        ------
        UnavailableError
            If the root mean square is infinite.
        """
        root_mean_square = law.root_mean_square()
        if math.isinf(root_mean_square):
            raise UnavailableError("its unit is infinite: the law has no finite second moment")
        return Estimate(law.share_within(_THRESHOLD * root_mean_square), law.precision)


class ExactZero(Measure):
    """The share of values that are 0; of a law the mass of its atom at 0.

    Where no value is 0, or all are, the standard error is 0 although the probability may be
    as large as 3/N with confidence 95 %, or as small as 1 - 3/N.
    """

    name: ClassVar[str] = "exact-zero"
    resolution: ClassVar[float] = 0.0
    of_zeros: ClassVar[float | None] = 1.0

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the share of each row."""
        return _share(magnitudes, 0.0)

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        return np.asarray((magnitudes.values == 0.0) - float(_share(magnitudes, 0.0)))

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the share, counted in one pass where draws are independent."""
        if draws.cluster is not None:
            return super().of_draws(draws)
        count = draws.values.size
        share = 1.0 - np.count_nonzero(draws.values) / count
        error = math.sqrt(share * (1.0 - share) / count) if count > 1 else math.nan
        return Estimate(share, error)

    def of_binned(self, binned: BinnedMagnitudes) -> float:
        """Return the share, which was counted apart from the bins."""
        return binned.share_of_zeros

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the mass of the atom at 0."""
        mass = law.atoms.get(0.0, 0.0)
        return Estimate(mass, law.precision * mass)


def _share(magnitudes: Magnitudes, threshold: float) -> NDArray[np.float64]:
    """Return the share of each row up to a threshold in units of the root mean square."""
    limit = threshold * np.sqrt(magnitudes.mean_square)
    return np.asarray((magnitudes.values <= limit[..., None]) @ magnitudes.weights)
