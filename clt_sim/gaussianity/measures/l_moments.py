"""L-skewness and L-kurtosis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._quadrature import integrate_tail
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.numerics.chords import Chords
from clt_sim.gaussianity.numerics.half_line import integrate_half_line
from clt_sim.gaussianity.numerics.transport import Transport
from clt_sim.gaussianity.views.distribution import normal_range
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

NORMAL_L_KURTOSIS = 30.0 / math.pi * math.atan(math.sqrt(2.0)) - 9.0
"""That of every normal law, 0.12260 (Hosking 1990, table 1)."""
_EPS = float(np.finfo(np.float64).eps)


class _LMomentRatio(Measure):
    """A ratio ``tau_r = lambda_r/lambda_2`` of L-moments, less that of the normal law.

    The L-moments are ``integral Q(p) P_(r-1)(p) dp`` with the quantile function Q and the shifted
    Legendre polynomials ``P_1 = 2p - 1``, ``P_2 = 6p^2 - 6p + 1`` and
    ``P_3 = 20p^3 - 30p^2 + 12p - 1`` (J. R. M. Hosking, L-moments, J. R. Statist. Soc. B 52, 1990,
    105-124, section 2). By parts they are integrals over z of ``F (1 - F)`` times 1, ``2F - 1`` and
    ``5F^2 - 5F + 1``. The influence function of lambda_r is ``G(z) - E[G]`` with
    ``G' = P_(r-1)(F)``, and that of the ratio ``(I_r - tau_r I_2)/lambda_2``.

    They exist wherever there is a mean, and do not change with location and scale: a law without
    a variance, which has no standardised values, has them all the same. Its draws do not give
    them: the error of an estimate takes the variance.
    """

    of_shape: ClassVar[bool] = True
    needs_variance: ClassVar[bool] = False
    order: ClassVar[int]
    normal: ClassVar[float]

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the plug-in ratio, that of the empirical law, and its influence function."""
        gaps = np.diff(sample.values)
        degree = 2.0 * sample.cdf()[:-1]
        degree -= 1.0
        second, higher = (float(gaps @ _weight(r, degree)) for r in (2, self.order))
        ratio = higher / second
        slope = _legendre(self.order, degree)
        degree *= ratio
        slope -= degree
        slope *= gaps
        height = np.zeros(sample.values.size)
        np.cumsum(slope, out=height[1:])
        height -= sample.weights @ height
        height /= second
        return ratio - self.normal, height

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the ratio of the draws spread evenly in their bins, but for atoms.

        The error of resolution is the change when bins are merged in pairs, and the most that
        draws in outer bins can add: an L-moment moves by no more than the Wasserstein-1 distance.
        """
        second, ratio = self._of_chords(Chords.of(binned))
        _, merged = self._of_chords(Chords.of(binned.coarser()))
        middle = binned.midpoints()
        _, influence = self.of_sample(middle)
        outer = (1.0 + abs(ratio)) * binned.outer_spread() / second
        error = math.hypot(middle.stderr(influence), abs(merged - ratio) + outer)
        return Estimate(ratio - self.normal, error)

    def _of_chords(self, chords: Chords) -> tuple[float, float]:
        """Return lambda_2 and the ratio; the rule is exact for polynomials of degree 5."""
        _, weights, levels = chords.nodes(3)
        second, higher = (
            float(np.sum(weights * _weight(r, 2.0 * levels - 1.0))) for r in (2, self.order)
        )
        return second, higher / second

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the ratio by quadrature; of a discrete law exactly.

        Raises
        ------
        UnavailableError
            If the law has no finite mean.
        """
        if not math.isfinite(distribution.law.mean):
            raise UnavailableError("does not exist: the law has no finite mean")
        if distribution.is_discrete:
            # Levels are off by their precision, and the ratio by twice the ratio of lengths.
            atoms = distribution.atoms()
            value, _ = self.of_sample(atoms)
            level = atoms.cdf()[:-1]
            gaps = np.diff(atoms.values)
            reach = float(np.sum(gaps)) / float(gaps @ (level * (1.0 - level)))
            return Estimate(value, 2.0 * distribution.precision * reach)
        tails = _beyond(distribution)
        second, higher = (_l_moment(distribution, r, tails) for r in (2, self.order))
        ratio = higher.value / second.value
        error = (higher.stderr + abs(ratio) * second.stderr) / second.value
        return Estimate(ratio - self.normal, error + _EPS)


class LSkewness(_LMomentRatio):
    """The L-skewness ``tau_3 = lambda_3/lambda_2``, between -1 and 1.

    It is 0 for every symmetric law, and its sign says which tail is longer (J. R. M. Hosking,
    L-moments, J. R. Statist. Soc. B 52, 1990, 105-124). An exponential law has 1/3.
    """

    name: ClassVar[str] = "l-skewness"
    order: ClassVar[int] = 3
    normal: ClassVar[float] = 0.0

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:  # noqa: ARG002
        """Return 0: the law is symmetric."""
        return Estimate(0.0, 0.0)


class LKurtosis(_LMomentRatio):
    """The L-kurtosis less its normal value, ``lambda_4/lambda_2 - (30/pi atan(2^(1/2)) - 9)``.

    tau_4 itself is between -1/4 and 1 (J. R. M. Hosking, L-moments, J. R. Statist. Soc. B 52,
    1990, 105-124); 0.12260 is subtracted, so that 0 is normal. It is 0 for other laws as well:
    ``max(Z, 0)`` has half of both integrals of a symmetric Z, and so the same ratio. The L-skewness
    tells it apart.
    """

    name: ClassVar[str] = "l-kurtosis"
    least: ClassVar[int] = 4
    order: ClassVar[int] = 4
    normal: ClassVar[float] = NORMAL_L_KURTOSIS

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the ratio by quadrature of the upper tail."""
        integrals = integrate_half_line(
            mixture,
            lambda _, above: np.stack([_weight(r, 1.0 - 2.0 * above) for r in (2, 4)]),
            lambda _, above: np.stack([_legendre(r, 1.0 - 2.0 * above) for r in (2, 4)]),
        )
        second, fourth = integrals.values
        ratio = float(fourth / second)
        influence = (integrals.influence[1] - ratio * integrals.influence[0]) / second
        quadrature = float(integrals.errors[1] + abs(ratio) * integrals.errors[0]) / second
        error = math.hypot(mixture.stderr(influence), RESOLUTION + quadrature)
        return Estimate(ratio - self.normal, error)


def ratios_of_sample(sample: Sample) -> tuple[float, float]:
    """Return the plug-in L-skewness and L-kurtosis of a sample, without influence functions.

    Examples
    --------
    >>> from clt_sim.gaussianity.views.sample import Sample
    >>> skewness, kurtosis = ratios_of_sample(Sample.of(np.array([0.0, 0.0, 1.0])))
    >>> round(skewness, 3), round(kurtosis, 3)
    (0.333, -0.111)
    """
    gaps = np.diff(sample.values)
    degree = 2.0 * sample.cdf()[:-1] - 1.0
    second, third, fourth = (float(gaps @ _weight(r, degree)) for r in (2, 3, 4))
    return third / second, fourth / second


def _weight(order: int, d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the integrand of an L-moment, for ``d = 2F - 1``."""
    both = 0.25 - 0.25 * d * d  # F (1 - F)
    if order == 2:
        return both
    both *= d if order == 3 else 1.0 - 5.0 * both
    return both


def _legendre(order: int, d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Legendre polynomial of degree ``order - 1`` at ``d = 2F - 1``."""
    if order == 2:
        return d
    if order == 3:
        return 1.5 * d * d - 0.5
    return (2.5 * d * d - 1.5) * d


def _l_moment(distribution: Distribution, order: int, tails: tuple[Estimate, Estimate]) -> Estimate:
    """Return an L-moment of z.

    Beyond the outermost breaks, where less than 1e-9 is left, its integrand is the tail with the
    sign of the Legendre polynomial there.
    """
    transport = Transport.of(distribution)

    def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
        below, above = transport.tails(x)
        both = below * above
        if order == 2:
            return both
        return both * (below - above) if order == 3 else both * (1.0 - 5.0 * both)

    body = distribution.integral(integrand)
    lower, upper = tails
    sign = -1.0 if order == 3 else 1.0
    value = body.value + sign * lower.value + upper.value
    return Estimate(value, body.stderr + lower.stderr + upper.stderr)


def _beyond(distribution: Distribution) -> tuple[Estimate, Estimate]:
    """Return the integrals of the lower and the upper tail beyond the outermost breaks.

    They are those of the density times the distance, which keeps its digits.
    """
    law, scale = distribution.law, distribution.scale
    outermost = distribution.breaks()[[0, -1]].tolist()
    median = float(law.quantile(0.5))
    parts = []
    for start, end in zip(outermost, law.support, strict=True):
        if math.isfinite(end):
            parts.append(Estimate(0.0, 0.0))
            continue

        def excess(x: NDArray[np.float64], start: float = start) -> NDArray[np.float64]:
            return np.abs(x - start) / scale * normal_range(distribution.pdf(x))

        tail = integrate_tail(
            excess, median, start, precision=distribution.precision, allowed=_EPS * scale
        )
        parts.append(Estimate(tail.value / scale, tail.stderr / scale))
    return parts[0], parts[1]
