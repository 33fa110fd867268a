"""Entropies of the shares that values have in their sum, and of their logarithms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import xlogy

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.binned import BinnedMagnitudes
    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.magnitudes import Magnitudes


def gaussian_entropy(c: NDArray[np.float64]) -> float:
    """Return ``-sum log(c^2)`` of magnitudes, ``inf`` where one is 0."""
    with np.errstate(divide="ignore"):
        return float(-2.0 * np.sum(np.log(c)))


def negative_shannon_entropy(c: NDArray[np.float64]) -> float:
    """Return ``sum s log(s^2)`` of the shares ``s = c^2/sum c^2``."""
    energy = (c / np.max(c)) ** 2
    share = energy / np.sum(energy)
    return float(2.0 * np.sum(xlogy(share, share)))


def negative_shannon_entropy_of_magnitudes(c: NDArray[np.float64]) -> float:
    """Return ``sum c log(c^2)`` of magnitudes."""
    return float(2.0 * np.sum(xlogy(c, c)))


class GaussianEntropy(Measure):
    """The index ``1 - (geometric mean of c^2)/(mean of c^2)``, from the Gaussian entropy.

    ``H_G = -sum log c^2`` (Hurley & Rickard 2009, table I) depends on the scale; in units of the
    root mean square it is -N times the logarithm of this ratio, the spectral flatness of signal
    processing, so that the index grows with it. The index is 0 where all magnitudes c are equal
    and 1 where any is 0. Of a law it is ``1 - exp(E log c^2)/E c^2``: ``1 - exp(-gamma)/2`` with
    Euler's constant for a centred normal law, and 1 where ``E c^2`` is infinite. Where a value is
    0 the standard error is 0.
    """

    name: ClassVar[str] = "gaussian-entropy"
    moment: ClassVar[int] = 2

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        return 1.0 - self._flatness(magnitudes)

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        flatness = float(self._flatness(magnitudes))
        if flatness == 0.0:
            return np.zeros_like(magnitudes.values)
        mean_square = float(magnitudes.mean_square)
        # The logarithm apart: a square may be rounded to 0.
        logarithm = 2.0 * np.log(np.abs(magnitudes.values)) - math.log(mean_square)
        change = magnitudes.values**2 / mean_square - logarithm
        return np.asarray(flatness * (change - (1.0 - math.log(flatness))))

    def of_binned(self, binned: BinnedMagnitudes) -> float:  # noqa: ARG002
        """Refuse: one value that is 0 makes it 1."""
        raise UnavailableError("a histogram cannot tell 0 from its neighbours")

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values.

        Raises
        ------
        UnavailableError
            If the mean of the logarithm is not finite at its upper end.
        """
        root_mean_square = law.root_mean_square()
        if math.isinf(root_mean_square):
            return Estimate(1.0, 0.0)
        logarithm = law.mean_logarithm()
        flatness = math.exp(2.0 * (logarithm.value - math.log(root_mean_square)))
        return Estimate(1.0 - flatness, flatness * 2.0 * (logarithm.stderr + law.precision))

    @staticmethod
    def _flatness(magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the geometric mean over the mean of the squares of each row."""
        with np.errstate(divide="ignore"):
            mean_log = np.log(magnitudes.values) @ magnitudes.weights
        return np.asarray(np.exp(2.0 * mean_log) / magnitudes.mean_square)


class ShannonEntropy(Measure):
    """The share ``1 - exp(H)/N`` of N values beyond the effective number ``exp(H)``.

    H is Shannon's entropy ``-sum s log s`` of the shares ``s = c^2/sum c^2``; it is half of H_S of
    Hurley & Rickard (2009, table I). ``exp(H)`` is N where all magnitudes c are equal and 1 where
    one alone is not 0, which makes the index ``1 - 1/N``. Of a law it is ``1 - exp(-E[r log r])``
    with ``r = c^2/E c^2``: ``1 - 2 exp(gamma - 2)`` with Euler's constant for a centred normal law.
    It is 1 where ``E c^2`` is infinite: then the share of the values up to any K falls to 0, and
    with q the share of values beyond, ``exp(H)/N`` has q as its upper limit.
    """

    name: ClassVar[str] = "shannon-entropy"
    moment: ClassVar[int] = 2
    power: ClassVar[int] = 2
    """The power of the magnitude in the shares."""

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        relative = self._relative(magnitudes)
        return np.asarray(-np.expm1(-(xlogy(relative, relative) @ magnitudes.weights)))

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        relative = self._relative(magnitudes)
        surprise = xlogy(relative, relative)
        inequality = float(surprise @ magnitudes.weights)
        return np.asarray(math.exp(-inequality) * (surprise - (1.0 + inequality) * relative + 1.0))

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values."""
        unit = self._unit(law)
        if math.isinf(unit):
            return Estimate(1.0, 0.0)

        def surprise(a: NDArray[np.float64]) -> NDArray[np.float64]:
            relative = (a / unit) ** self.power
            return np.asarray(xlogy(relative, relative))

        def slope(a: NDArray[np.float64]) -> NDArray[np.float64]:
            relative = (a / unit) ** self.power
            return np.asarray(self.power * (xlogy(relative, relative) + relative))

        inequality = law.expectation(surprise, slope)
        evenness = math.exp(-inequality.value)
        # The unit's own relative error moves r log r by its slope, 1 + E[r log r] on average.
        error = inequality.stderr + self.power * (1.0 + inequality.value) * law.precision
        return Estimate(1.0 - evenness, evenness * error)

    def _relative(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return each value's power over its mean."""
        return np.asarray(magnitudes.values**2 / magnitudes.mean_square[..., None])

    def _unit(self, law: MagnitudeLaw) -> float:
        return law.root_mean_square()


class ShannonEntropyOfMagnitudes(ShannonEntropy):
    """The share ``1 - exp(H)/N`` as in `ShannonEntropy`, of the shares ``s = c/sum c``.

    H is Shannon's entropy of magnitudes c, half of H_S' of Hurley & Rickard (2009, table I) for
    magnitudes in units of their sum. ``log(N) - H`` is Theil's index of inequality (H. Theil,
    Economics and Information Theory, 1967). Of a law it is ``1 - exp(-E[r log r])`` with
    ``r = c/E c``, and 1 where ``E c`` is infinite.
    """

    name: ClassVar[str] = "shannon-entropy-of-magnitudes"
    moment: ClassVar[int] = 1
    power: ClassVar[int] = 1

    def _relative(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return each value over the mean."""
        return np.asarray(magnitudes.values / magnitudes.mean()[..., None])

    def _unit(self, law: MagnitudeLaw) -> float:
        return law.mean().value if law.has_mean else math.inf
