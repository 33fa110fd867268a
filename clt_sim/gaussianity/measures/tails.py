"""The probability beyond some standard deviations, relative to that of the normal law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.numerics.suprema import roughness
from clt_sim.gaussianity.numerics.transport import Transport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.draws import Draws
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_EPS = float(np.finfo(np.float64).eps)
_RELATIVE_WIDTH = 1.0 / 256.0
"""Widest bins of variances."""
_TOUCHING = 1e-9
"""Distance within which rounding may have moved an edge across an atom."""


class TailRatio(Measure):
    """The ratio ``P(|z| > 3)/P(|Z| > 3) - 1`` of tail probabilities, less 1, from -1 on.

    0.27 % of the normal law are beyond 3 sd. A ratio of 1 means that twice as much is. The
    influence function is ``(1[|z| > k] - p)/p0`` with the probabilities p of the law and p0 of the
    normal one, and ``(f(-k) - f(k))/p0`` and ``-k (f(k) + f(-k))/p0`` as derivatives along mean and
    sd. The density f there is the share of draws within ``n**-0.2`` sd of the place, over twice
    that: the rate of Silverman's rule, without its factor 1.8 for a uniform kernel, which would
    smooth the slope of a tail away. A law with an atom at the limit has no such derivatives.

    The count of draws beyond is a small number far out, and the plug-in error is 0 where there is
    none. The error counts one draw more: it is the root of the sum of squares of that of the
    influence and of ``1/(n p0)``. With none beyond, it reaches from the value -1 to the upper end
    of Wilson's interval for one sd, a probability of ``1/(n + 1)`` (E. B. Wilson, Probable
    inference, the law of succession, and statistical inference, J. Amer. Statist. Assoc. 22,
    1927, 209-212); it is above 1 as long as less than one draw of a normal sample would be beyond.
    Where few are, a count is skewed: 4 such errors are exceeded more often than 4 sd of a normal
    number.
    """

    name: ClassVar[str] = "tail-ratio"
    limit: ClassVar[float] = 3.0

    @property
    def normal(self) -> float:
        """The probability of the normal law beyond the limit on either side."""
        return 2.0 * float(ndtr(-self.limit))

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the ratio of the share of values beyond, and its influence function."""
        z, w = sample.values, sample.weights
        first = int(np.searchsorted(z, -self.limit))
        last = int(np.searchsorted(z, self.limit, side="right"))
        share = float(w[:first].sum() + w[last:].sum())
        known = np.full(z.size, -share / self.normal)
        known[:first] += 1.0 / self.normal
        known[last:] += 1.0 / self.normal
        if sample.standardized:
            width = _width(sample.count)
            ends = np.searchsorted(
                z, [s * self.limit + t for s in (-1, 1) for t in (-width, width)]
            )
            low, high = (w[ends[k] : ends[k + 1]].sum() / (2.0 * width) for k in (0, 2))
            known = sample.fitted(known, *self._derivatives(float(low), float(high)))
        return share / self.normal - 1.0, known

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the ratio with an error that counts one draw, or one cluster, more."""
        value, influence = self.of_sample(draws.sample)
        independent = draws.count if draws.clusters is None else np.unique(draws.clusters).size
        return self._with_one_more(value, draws.sample.stderr(influence), independent)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the ratio of the share beyond, exact at edges and linear within bins.

        The error of resolution is the bracket of the bin, or less where its neighbours are smooth.
        """
        edges, cdf = binned.edges, binned.cdf()
        places = np.array([-self.limit, self.limit])
        low, high = np.interp(places, edges, cdf).tolist()
        share = low + 1.0 - high
        resolution = sum(_unresolved(binned, place) for place in places.tolist())
        beyond = np.clip((-self.limit - edges[:-1]) / np.diff(edges), 0.0, 1.0)
        beyond += np.clip((edges[1:] - self.limit) / np.diff(edges), 0.0, 1.0)
        middle, width = binned.midpoints(), _width(binned.count)
        around = np.interp(places[:, None] + [-width, width], edges, cdf)
        heights = (np.diff(around, axis=1)[:, 0] / (2.0 * width)).tolist()
        known = (beyond - binned.mass @ beyond) / self.normal
        sampling = middle.stderr(middle.fitted(known, *self._derivatives(*heights)))
        counted = self._with_one_more(share / self.normal - 1.0, sampling, binned.count)
        return Estimate(counted.value, math.hypot(counted.stderr, resolution / self.normal))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the ratio from both tails; what is at the limit itself is not beyond."""
        if distribution.is_discrete:
            atoms = distribution.atoms()
            beyond = np.abs(atoms.values) > self.limit * (1.0 + 16.0 * _EPS)
            ratio = math.fsum(atoms.weights[beyond]) / self.normal
            return Estimate(ratio - 1.0, distribution.precision * (1.0 + ratio))
        transport, law = Transport.of(distribution), distribution.law
        reach = self.limit * distribution.scale
        margin = 4.0 * _EPS * (abs(distribution.location) + reach)
        x = distribution.location + np.array([-reach - margin, reach + margin])
        below, above = transport.tails(x)
        errors = transport.tail_error(x, below, above) + 2.0 * margin * law.pdf(x)
        errors[(x < law.support[0]) | (x > law.support[1])] = 0.0
        ratio = float(below[0] + above[1]) / self.normal
        return Estimate(ratio - 1.0, float(errors.sum()) / self.normal + 4.0 * _EPS * (1.0 + ratio))

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the mean of the normal tails.

        The error of resolution is the most that the second derivative along the variance makes of
        the width of the bins.
        """
        number = self.limit / mixture.sds
        tails = 2.0 * ndtr(-number) / self.normal
        heights = 2.0 * number * density(number) / self.normal
        sampling = mixture.stderr(tails, scale=-float(mixture.shares @ heights))
        curvature = mixture.shares @ (heights * np.abs(number**2 - 3.0)) / 4.0
        resolution = float(curvature) * _RELATIVE_WIDTH**2 / 8.0
        return Estimate(float(mixture.shares @ tails) - 1.0, math.hypot(sampling, resolution))

    def _derivatives(self, low: float, high: float) -> tuple[float, float]:
        """Return those along mean and sd, from the densities at both limits."""
        return (low - high) / self.normal, -self.limit * (low + high) / self.normal

    def _with_one_more(self, value: float, error: float, count: int) -> Estimate:
        return Estimate(value, math.hypot(error, 1.0 / (count * self.normal)))


class TailRatio2(TailRatio):
    """The ratio ``P(|z| > 2)/P(|Z| > 2) - 1``: 4.6 % of the normal law are beyond 2 sd."""

    name: ClassVar[str] = "tail-ratio-2"
    limit: ClassVar[float] = 2.0


class TailRatio4(TailRatio):
    """The ratio ``P(|z| > 4)/P(|Z| > 4) - 1``: 6.3e-5 of the normal law are beyond 4 sd."""

    name: ClassVar[str] = "tail-ratio-4"
    limit: ClassVar[float] = 4.0


class TailRatio5(TailRatio):
    """The ratio ``P(|z| > 5)/P(|Z| > 5) - 1``: 5.7e-7 of the normal law are beyond 5 sd."""

    name: ClassVar[str] = "tail-ratio-5"
    limit: ClassVar[float] = 5.0


class TailRatio6(TailRatio):
    """The ratio ``P(|z| > 6)/P(|Z| > 6) - 1``: 2.0e-9 of the normal law are beyond 6 sd."""

    name: ClassVar[str] = "tail-ratio-6"
    limit: ClassVar[float] = 6.0


def _width(count: int) -> float:
    """Return how far draws may be from a place and count for the density there."""
    return float(count**-0.2)


def _unresolved(binned: BinnedDraws, place: float) -> float:
    """Return how far the interpolated share below a place may be off.

    An atom in the bin, or at its edges, may be on either side.
    """
    edges, cdf, is_atom = binned.edges, binned.cdf(), binned.holds_atom()
    touching = (edges[:-1] <= place + _TOUCHING) & (edges[1:] >= place - _TOUCHING)
    atoms = float(binned.mass @ (is_atom & touching))
    after = int(np.searchsorted(edges, place))
    if atoms or after in (0, edges.size) or edges[after] == place:
        return atoms
    level = float(np.interp(place, edges, cdf))
    bracket = float(max(level - cdf[after - 1], cdf[after] - level))
    left, right = binned.outer
    if after <= left or after >= edges.size - right:
        return bracket
    rough = roughness(np.where(is_atom, 0.0, binned.mass))
    return min(bracket, float(max(rough[after - 1], rough[after])))
