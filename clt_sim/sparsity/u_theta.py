"""The shortest interval that holds a share of the values, relative to their range."""

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
    from clt_sim.sparsity.magnitudes import Magnitudes

_THETA = 0.5
_STEP = 0.05
"""The length of the shortest interval is differentiated by its share over this distance."""
_CELLS = 512
_HALVINGS = 60


def u_theta(c: NDArray[np.float64], theta: float = _THETA) -> float:
    """Return 1 less the shortest interval with ceil(theta N) of N magnitudes, over their range.

    Of magnitudes that are all equal it is 0.
    """
    c = np.sort(c)
    span = float(c[-1] - c[0])
    return 1.0 - float(_shortest(c, theta)) / span if span > 0.0 else 0.0


class UTheta(Measure):
    """The index ``1 - L/R``, for L the shortest interval with half of the N values and R the range.

    It is u_theta of Hurley & Rickard (2009, table I) at ``theta = 1/2``, with ``ceil(theta N)``
    magnitudes in the interval; 0 where all are equal. Of a law, the limit, R is the length of its
    support: 1/2 for magnitudes that are uniform, and 1 wherever the support has no end, to which
    samples rise as slowly as their largest value: normal ones have 0.77 at N = 100 and 0.85 at
    N = 100,000. Summaries therefore do not have it.

    The error of L is that of one interval: where many are nearly as short, as of uniform
    magnitudes, the shortest of them varies less. That of R is the jackknife's, from the gaps next
    to the extremes. Together they are too large, at N = 100 to 5,000 by a factor of 1.1 to 1.3 for
    normal and Laplace values and 1.5 to 1.7 for uniform ones; where just half of the values are 0
    they are 0.9 of the spread from N = 800 on.
    """

    name: ClassVar[str] = "u-theta"
    least: ClassVar[int] = 3

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        span = magnitudes.values[..., -1] - magnitudes.values[..., 0]
        shortest = _shortest(magnitudes.values, _THETA)
        return np.asarray(
            np.where(span > 0.0, 1.0 - shortest / np.where(span > 0.0, span, 1.0), 0.0)
        )

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence of each value of one row, by way of L and of R."""
        values = magnitudes.values
        count, span = values.size, float(values[-1] - values[0])
        if span == 0.0:
            return np.zeros_like(values)
        size = math.ceil(_THETA * count)
        first = int(np.argmin(values[size - 1 :] - values[: count - size + 1]))
        inside = np.zeros_like(values)
        inside[first : first + size] = 1.0
        longer, shorter = (_shortest(values, _THETA + step) for step in (_STEP, -_STEP))
        of_shortest = float(longer - shorter) / (2.0 * _STEP) * (_THETA - inside)
        relative = float(values[first + size - 1] - values[first]) / span
        influence = -of_shortest / span
        for end, gap in ((-1, values[-1] - values[-2]), (0, values[1] - values[0])):
            rest = span - gap
            influence[end] += count * (relative * gap / rest if rest > 0.0 else 1.0 - relative)
        return np.asarray(influence - np.mean(influence))

    def of_binned(self, binned: BinnedMagnitudes) -> float:  # noqa: ARG002
        """Refuse: the range of draws does not settle."""
        raise UnavailableError("the range of draws tells nothing of the end of their law")

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values."""
        if math.isinf(law.largest):
            return Estimate(1.0, 0.0)
        if law.is_discrete:
            return Estimate(_of_atoms(law), law.precision)
        return _of_bounded(law)


def _shortest(values: NDArray[np.float64], theta: float) -> NDArray[np.float64]:
    """Return the length of the shortest interval with a share of the ascending values."""
    size = max(1, math.ceil(theta * values.shape[-1]))
    upper = values[..., size - 1 :]
    return np.asarray(np.min(upper - values[..., : upper.shape[-1]], axis=-1))


def _of_atoms(law: MagnitudeLaw) -> float:
    """Return the index of a law that is all atoms."""
    places, masses = np.array(sorted(law.atoms.items())).T
    span = float(places[-1] - places[0])
    below = np.cumsum(masses)
    before = below - masses
    # The first atom at which the mass from each one on is enough, but for rounding.
    last = np.searchsorted(below, before + _THETA - 1e-12)
    enough = last < places.size
    return 1.0 - float(np.min(places[last[enough]] - places[enough])) / span if span else 0.0


def _of_bounded(law: MagnitudeLaw) -> Estimate:
    """Return the index of a law with an end: the least distance of two quantiles.

    The starts of the intervals are refined around the best of a grid; the error is what the last
    step still gained.
    """
    low, high = 0.0, 1.0 - _THETA
    least, gained = math.inf, math.inf
    while gained > law.precision * law.largest and high - low > 1e-13:
        starts = np.linspace(low, high, _CELLS + 1)
        lengths = _quantile(law, starts + _THETA) - _quantile(law, starts)
        best = int(np.argmin(lengths))
        least, gained = min(least, float(lengths[best])), least - float(lengths[best])
        low, high = starts[max(best - 1, 0)], starts[min(best + 1, _CELLS)]
    span = law.largest - float(_quantile(law, np.array([0.0]))[0])
    rounding = 8.0 * law.precision * law.largest
    return Estimate(1.0 - least / span, (max(gained, 0.0) + rounding) / span)


def _quantile(law: MagnitudeLaw, p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return quantiles of magnitudes by bisection; that at 0 is the lower end of the support."""
    low, high = np.zeros_like(p), np.full_like(p, law.largest)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        enough = law.share(middle) >= np.minimum(p, 1.0 - 1e-15)
        enough &= (p > 0.0) | (law.share(middle) > 0.0)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high
