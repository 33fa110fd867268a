"""The asymmetry of quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.numerics.suprema import roughness
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_OUTER = 0.025
_PROBABILITIES = np.array([_OUTER, 0.5, 1.0 - _OUTER])
_EPS = float(np.finfo(np.float64).eps)
_TIE = 0.01
"""Share of a draw within which a level of the empirical distribution function is met."""


class QuantileAsymmetry(Measure):
    """The asymmetry ``(q(p) + q(1 - p) - 2 q(1/2))/(q(1 - p) - q(p))`` at p = 0.025.

    It is between -1 and 1, 0 for a symmetric law, and does not change with location and scale; it
    exists for every law. It is Bowley's coefficient, which has p = 1/4, for other p (D. V. Hinkley,
    On power transformations to symmetry, Biometrika 62, 1975, 101-111). A quantile that is not
    unique is the middle of the interval.

    The influence function is made of those of the quantiles, ``s (p - 1[z <= q(p)])`` with the
    sparsity ``s = 1/f(q(p))``. It is estimated as ``(q(p + d) - q(p - d))/(2d)`` with the standard
    error d of the share of draws below q(p): then ``s d`` is half the interval between order
    statistics that covers q(p) with about one sd (R. S. Woodruff, Confidence intervals for medians
    and other position measures, J. Amer. Statist. Assoc. 47, 1952, 635-646). From 40 draws on it
    lies within the sample. It holds ``2 (n p (1 - p))^(1/2)`` draws, 6 of 400, and is as noisy.
    """

    name: ClassVar[str] = "quantile-asymmetry"
    least: ClassVar[int] = 40

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the asymmetry of the quantiles and its influence function.

        Raises
        ------
        UnavailableError
            If the outer quantiles are equal, or clusters leave too few independent draws.
        """
        cdf = sample.cdf()
        tie = _TIE / sample.count

        def quantile(p: NDArray[np.float64]) -> NDArray[np.float64]:
            last = sample.values.size - 1
            lower, upper = np.searchsorted(cdf, p - tie), np.searchsorted(cdf, p + tie)
            ends = sample.values[np.minimum(np.stack([lower, upper]), last)]
            return np.asarray(0.5 * (ends[0] + ends[1]))

        asymmetry = _Asymmetry.of(quantile(_PROBABILITIES))
        influence = np.zeros(sample.values.size)
        for place, p, slope in zip(
            asymmetry.quantiles, _PROBABILITIES, asymmetry.gradient(), strict=True
        ):
            reached = int(np.searchsorted(sample.values, place, side="right"))
            half = math.sqrt(p * (1.0 - p) / sample.count) * _design_effect(sample, reached)
            if half >= min(p, 1.0 - p):
                raise UnavailableError("clusters leave too few independent draws beyond quantiles")
            ends = quantile(np.array([p - half, p + half]))
            influence[:reached] -= slope * float(ends[1] - ends[0]) / (2.0 * half)
        return asymmetry.value, influence - sample.weights @ influence

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the asymmetry with draws spread evenly in their bins.

        The error of resolution is that of each quantile: the bracket of its bin, or less where the
        neighbours are smooth.

        Raises
        ------
        UnavailableError
            If the outer quantiles are equal.
        """
        cdf, edges = binned.cdf(), binned.edges

        def quantile(p: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.interp(p, cdf, edges)

        asymmetry = _Asymmetry.of(quantile(_PROBABILITIES))
        half = np.sqrt(_PROBABILITIES * (1.0 - _PROBABILITIES) / binned.count)
        sparsity = quantile(_PROBABILITIES + half) - quantile(_PROBABILITIES - half)
        slopes = asymmetry.gradient() * sparsity / (2.0 * half)
        covariance = np.minimum.outer(_PROBABILITIES, _PROBABILITIES)
        covariance = covariance - np.outer(_PROBABILITIES, _PROBABILITIES)
        sampling = math.sqrt(float(slopes @ covariance @ slopes) / binned.count)
        unresolved = _unresolved(binned, asymmetry.quantiles)
        resolution = float(np.abs(asymmetry.gradient()) @ unresolved)
        return Estimate(asymmetry.value, math.hypot(sampling, resolution))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the asymmetry of the quantiles of the law.

        The error holds what levels off by their precision make of the quantiles, but for a discrete
        law, whose quantiles are atoms.

        Raises
        ------
        UnavailableError
            If the outer quantiles are equal.
        """
        off = 4.0 * distribution.precision
        ends = distribution.law.quantile(_PROBABILITIES + np.array([[-off], [off]]))
        asymmetry = _Asymmetry.of(distribution.z(0.5 * (ends[0] + ends[1])))
        rounding = 4.0 * _EPS * np.max(np.abs(ends)) / distribution.scale
        half = 0.0 if distribution.is_discrete else 0.5 * (ends[1] - ends[0]) / distribution.scale
        error = float(np.abs(asymmetry.gradient()) @ (half + np.full(3, rounding)))
        return Estimate(asymmetry.value, error + _EPS)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:  # noqa: ARG002
        """Return 0: the law is symmetric."""
        return Estimate(0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Asymmetry:
    """The asymmetry of three quantiles and how it changes with them."""

    quantiles: NDArray[np.float64]
    value: float
    length: float

    @classmethod
    def of(cls, quantiles: NDArray[np.float64]) -> _Asymmetry:
        low, median, high = quantiles.tolist()
        if high == low:
            raise UnavailableError("the quantiles at 0.025 and 0.975 are the same")
        return cls(quantiles, ((high - median) - (median - low)) / (high - low), high - low)

    def gradient(self) -> NDArray[np.float64]:
        """Return the derivatives along the quantiles, ascending."""
        return np.array([1.0 + self.value, -2.0, 1.0 - self.value]) / self.length


def _design_effect(sample: Sample, reached: int) -> float:
    """Return how much larger the error of the share of the first values is than independent."""
    share = float(sample.weights[:reached].sum())
    if sample.clusters is None or reached == sample.values.size:
        return 1.0
    indicator = np.where(np.arange(sample.values.size) < reached, 1.0 - share, -share)
    return sample.stderr(indicator) / math.sqrt(share * (1.0 - share) / sample.count)


def _unresolved(binned: BinnedDraws, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each interpolated quantile may be off within its bin."""
    edges, left = binned.edges, binned.outer[0]
    bins = np.clip(np.searchsorted(edges, places) - 1, 0, binned.mass.size - 1)
    bracket = np.maximum(places - edges[bins], edges[bins + 1] - places)
    is_atom = binned.holds_atom()
    rough = roughness(np.where(is_atom, 0.0, binned.mass))
    moved = np.maximum(rough[bins], rough[bins + 1]) * np.diff(edges)[bins] / binned.mass[bins]
    coarse = is_atom[bins] | (bins < left) | (bins >= binned.mass.size - binned.outer[1])
    return np.asarray(np.where(coarse, bracket, np.minimum(bracket, moved)))
