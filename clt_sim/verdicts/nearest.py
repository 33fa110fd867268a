"""The nearest normal law, in the Kolmogorov distance.

For a level t, ``sup |F(z) - Phi(a z + b)| <= t`` says that the line ``a z + b`` passes above all
points ``(z, Phi^-1(F(z) - t))`` and below all ``(z, Phi^-1(F(z-) + t))``: linear inequalities in a
and b. So the distance is quasi-convex in (a, b), a level is feasible or not, and bisection of the
level finds the least. Only some places are asked at a time: the least level for some places is at
most the least for all (a lower bound), the distance at its line is at least that (an upper bound),
and the places where that distance is reached join the others until the two bounds meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.verdicts.steps import KnownSteps

TOLERANCE = 1e-6
"""The two bounds of the distance are to be this close; it is part of every interval."""
_ROUNDING = 1e-11
_STEEPEST = 1e4
"""The steepest line, in units of about the sd; steeper ones are never excluded."""
_BLOCKS = 16
_MOST_ROUNDS = 60
_MOST_CUTS = 100


def nearest_normal(steps: KnownSteps) -> tuple[float, float]:
    """Return bounds of the distance from F to the nearest normal law.

    Parameters
    ----------
    steps : KnownSteps
        F at places; not all its mass is at one of them.

    Returns
    -------
    least, most : float
        No normal law is nearer than `least`, whatever F is between the places; one is at most
        `most` away.

    Examples
    --------
    >>> from clt_sim.gaussianity.views.sample import Sample
    >>> from clt_sim.verdicts.steps import KnownSteps
    >>> import numpy as np
    >>> two = KnownSteps.of_sample(Sample.of(np.array([-1.0, 1.0])))  # steps of 1/2
    >>> least, most = nearest_normal(two)
    >>> round(least, 5), round(most, 5)
    (0.25, 0.25)
    """
    steps = steps.transformed(*steps.location_and_scale())
    chosen = _first(steps)
    least, most = 0.0, 1.0
    slope, intercept = 1.0, 0.0
    for _ in range(_MOST_ROUNDS):
        at_places, anywhere = steps.bounds(slope, intercept)
        most = min(most, anywhere)
        if at_places - least <= TOLERANCE:
            break
        chosen = np.union1d(chosen, _worst(steps, slope, intercept))
        points = _Points(steps.places[chosen], steps.left[chosen], steps.right[chosen])
        least, (slope, intercept) = points.least_level(least, min(at_places, most))
    return max(0.0, least - _ROUNDING), most


def _first(steps: KnownSteps) -> NDArray[np.intp]:
    """Return the places nearest to equally spaced probabilities."""
    shares = (np.arange(_BLOCKS) + 0.5) / _BLOCKS
    return np.unique(np.minimum(np.searchsorted(steps.right, shares), steps.places.size - 1))


def _worst(steps: KnownSteps, slope: float, intercept: float) -> NDArray[np.intp]:
    """Return the places of the largest difference to either side, in each of some blocks."""
    normal = ndtr(slope * steps.places + intercept)
    size = -(-normal.size // _BLOCKS)
    starts = range(0, normal.size, size)
    return np.array(
        [
            start + np.argmax(difference[start : start + size])
            for difference in (steps.right - normal, normal - steps.left)
            for start in starts
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """A few places and both limits of F there."""

    places: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]

    def least_level(self, low: float, high: float) -> tuple[float, tuple[float, float]]:
        """Return a level below which no line is within, and a line that is within just above it.

        Parameters
        ----------
        low, high : float
            The least level is known to be between; a little is added to `high` for its rounding.
        """
        high += 0.5 * TOLERANCE
        line = self.line(high) or (1.0, 0.0)
        while high - low > 0.1 * TOLERANCE:
            level = 0.5 * (low + high)
            found = self.line(level)
            if found is None:
                low = level
            else:
                high, line = level, found
        return low, line

    def line(self, level: float) -> tuple[float, float] | None:
        """Return slope and intercept of a line within a level, None where there is certainly none.

        With ``g(a) = max(lower - a z) - min(upper - a z)`` there is a line of slope a if g(a) <= 0.
        g is convex and piecewise linear; its least value is bounded from below where two of its
        tangents meet (Kelley's cutting planes, which end after finitely many).
        """
        lower = ndtri(np.maximum(self.right - level, 0.0))
        upper = ndtri(np.minimum(self.left + level, 1.0))
        flat, steep = (self._height(lower, upper, slope) for slope in (0.0, _STEEPEST))
        if flat.slope >= 0.0 and flat.value > _ROUNDING:
            return None
        best = flat
        for _ in range(_MOST_CUTS):
            if min(flat.value, steep.value) <= _ROUNDING or steep.slope < 0.0:
                best = flat if flat.value <= _ROUNDING else steep
                break
            if steep.slope == 0.0:
                return None
            at = flat.at + _meeting(flat, steep)
            if flat.value + flat.slope * (at - flat.at) > _ROUNDING:
                return None
            best = self._height(lower, upper, at)
            flat, steep = (best, steep) if best.slope < 0.0 else (flat, best)
        return max(best.at, 1.0 / _STEEPEST), best.intercept

    def _height(
        self, lower: NDArray[np.float64], upper: NDArray[np.float64], slope: float
    ) -> _Tangent:
        above, below = lower - slope * self.places, upper - slope * self.places
        i, j = int(np.argmax(above)), int(np.argmin(below))
        rise = float(self.places[j] - self.places[i])
        most, least = float(above[i]), float(below[j])
        if not np.isfinite(most - least):  # nothing asked from one side
            finite = [end for end in (most, least) if np.isfinite(end)]
            return _Tangent(slope, -np.inf, 0.0, finite[0] if finite else 0.0)
        return _Tangent(slope, most - least, rise, 0.5 * (most + least))


@dataclass(frozen=True, slots=True)
class _Tangent:
    """A tangent of g: where, value and slope there, and the intercept of the line in the middle."""

    at: float
    value: float
    slope: float
    intercept: float


def _meeting(flat: _Tangent, steep: _Tangent) -> float:
    """Return how far right of `flat` two tangents meet; the first descends, the second ascends."""
    across = steep.value - steep.slope * (steep.at - flat.at)
    return (flat.value - across) / (steep.slope - flat.slope)
