"""Indices of the mean magnitude over the root mean square: Hoyer and Treves-Rolls."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.sparsity.magnitudes import spike_factor
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.draws import Draws
    from clt_sim.sparsity.magnitudes import Magnitudes


def hoyer(c: NDArray[np.float64]) -> float:
    """Return ``(sqrt(N) - l1/l2)/(sqrt(N) - 1)`` of magnitudes of shape (N,) that are not all 0.

    Raises
    ------
    ValueError
        If there is only one.
    """
    if c.size < 2:
        raise ValueError("c must have at least 2 values for Hoyer's index.")
    c, root = c / np.max(c), math.sqrt(c.size)
    return float((root - np.sum(c) / np.sqrt(c @ c)) / (root - 1.0))


class Hoyer(Measure):
    """Hoyer's index ``(sqrt(N) - l1/l2)/(sqrt(N) - 1)`` of N magnitudes.

    It is 0 where all are equal and 1 where one alone is not 0 (P. O. Hoyer, Non-negative matrix
    factorization with sparseness constraints, JMLR 5, 2004; Hurley & Rickard 2009, table I).
    The index of a law is the limit ``1 - E|X|/sqrt(E X^2)``: ``1 - sqrt(2/pi)`` for a
    centred normal law. It is 1 where ``E X^2`` is infinite, even if ``E|X|`` is as well: with q the
    share of values beyond any K, ``l1/(sqrt(N) l2) <= K/rms + sqrt(q)`` (Cauchy-Schwarz).
    """

    name: ClassVar[str] = "hoyer"
    least: ClassVar[int] = 2
    moment: ClassVar[int] = 2

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        return (1.0 - magnitudes.ratio()) * self._stretch(magnitudes.count)

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        return -magnitudes.ratio_influence() * self._stretch(magnitudes.count)

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the index from moments where draws are independent."""
        if draws.cluster is not None:
            return super().of_draws(draws)
        moments = draws.relative_moments
        stretch = self._stretch(moments.count)
        value = moments.spread / (1.0 + moments.ratio)  # 1 - ratio
        return Estimate(stretch * value, stretch * moments.ratio_stderr())

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values, which is 1 where ``E X^2`` is infinite."""
        root_mean_square = law.root_mean_square()
        if math.isinf(root_mean_square):
            return Estimate(1.0, 0.0)
        mean = law.mean()
        value = 1.0 - mean.value / root_mean_square
        return Estimate(value, mean.stderr / root_mean_square + law.precision)

    @staticmethod
    def _stretch(count: int | None) -> float:
        """Return what makes the index of one spike among N values 1."""
        return 1.0 if count is None else 1.0 / (1.0 - 1.0 / math.sqrt(count))


class TrevesRolls(Measure):
    """The sparseness ``(1 - a)/(1 - 1/N)`` with the activity ratio ``a = (mean |x|)^2/mean x^2``.

    The ratio is that of Treves & Rolls (Network 2, 1991) and the normalisation that of Vinje &
    Gallant (Science 287, 2000). Both are for firing rates; of signed values the magnitudes are
    taken. The index of a law is the limit ``1 - a``: ``1 - 2/pi`` for a centred normal law.
    """

    name: ClassVar[str] = "treves-rolls"
    least: ClassVar[int] = 2
    moment: ClassVar[int] = 2

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        return (1.0 - magnitudes.ratio() ** 2) * self._stretch(magnitudes.count)

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        slope = -2.0 * float(magnitudes.ratio()) * self._stretch(magnitudes.count)
        return slope * magnitudes.ratio_influence()

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the index from moments where draws are independent."""
        if draws.cluster is not None:
            return super().of_draws(draws)
        moments = draws.relative_moments
        stretch = self._stretch(moments.count)
        slope = 2.0 * moments.ratio * stretch
        return Estimate(stretch * moments.spread, slope * moments.ratio_stderr())

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values, which is 1 where ``E X^2`` is infinite."""
        root_mean_square = law.root_mean_square()
        if math.isinf(root_mean_square):
            return Estimate(1.0, 0.0)
        mean = law.mean()
        ratio = mean.value / root_mean_square
        error = 2.0 * ratio * (mean.stderr / root_mean_square + law.precision)
        return Estimate(1.0 - ratio**2, error)

    @staticmethod
    def _stretch(count: int | None) -> float:
        """Return what makes the index of one spike among N values 1."""
        return spike_factor(count)
