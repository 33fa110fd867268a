"""From a transform to the law: density and both tails, with errors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.standardized_transform import StandardizedTransform
from clt_sim.exact.tail_ladder import TailLadder, between, first_law
from clt_sim.exact.tilted_line import TiltedLaw, TiltedLine

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.transform import Transform

LARGEST_ERROR = 1e-4
"""No law is given with a larger one."""
_SAFETY = 10.0
_PLACES = np.array([0.0, 0.3, 1.0, 3.0, 10.0, 30.0])


class Inversion:
    """The law without atoms that has a transform.

    Its right side is found from lines of integration to the right of the imaginary axis, its left
    side from lines to the left, or by symmetry; both to relative accuracy, as far out as the
    transform is finite. On a side where it is finite nowhere, the axis itself gives the law to
    absolute accuracy.

    Parameters
    ----------
    transform : Transform
        The transform of the law.
    kinks : tuple of float
        Points where the density may jump, or have a pole or a corner.

    Attributes
    ----------
    error : float
        Bound on the absolute error of ``cdf`` and ``sf``.

    Raises
    ------
    NoExactLaw
        If that would be above 1e-4.
    """

    def __init__(self, transform: Transform, kinks: tuple[float, ...] = ()) -> None:
        self.transform = transform
        self.kinks = kinks
        self._standardized = StandardizedTransform.of(transform, kinks)
        self._mirrored = transform.even
        upper = first_law(self._standardized, 1.0)
        lower = upper if self._mirrored else first_law(self._standardized, -1.0)
        self._middle = 0.0 if self._mirrored else between(lower, upper)
        right = self._resolved_line(upper)
        left = right if self._mirrored else self._resolved_line(lower)
        self._right = TailLadder(self._standardized, right, self._middle)
        self._left = (
            self._right if self._mirrored else TailLadder(self._standardized, left, self._middle)
        )
        self.error = self._error((left, right))
        if not self.error <= LARGEST_ERROR:
            raise _falls_too_slowly(self.error)

    def _resolved_line(self, law: TiltedLaw) -> TiltedLine:
        """Return the line of a tilt, unless what is cut off of it alone is too much."""
        line = TiltedLine.of(self._standardized, law)
        cut = _SAFETY * self._cut(line)
        if cut > LARGEST_ERROR:
            raise _falls_too_slowly(cut)
        return line

    def _cut(self, line: TiltedLine) -> float:
        """Return what is cut off of the tail where the two sides meet."""
        place = np.array([self._middle])
        return float(line.remainder[1] * line.law.factor(place)[0])

    def _error(self, lines: tuple[TiltedLine, TiltedLine]) -> float:
        """Compare the two sides where they meet, and add what was cut off."""
        place = np.array([self._middle])
        left, right = (line.untilted(place)[1, 0] for line in lines)
        gap = abs(float(left + right) - 1.0)
        untilted = [line for line in lines if not line.law.tilt]
        if untilted:
            gap = max(gap, self._gap_of_panels(untilted[0]))
        return _SAFETY * (gap + sum(map(self._cut, lines)) + self.transform.error)

    def _gap_of_panels(self, line: TiltedLine) -> float:
        """Return how far a tail on other panels is from this one."""
        law = line.law
        other = TiltedLine.on_other_panels(self._standardized, law)
        y = law.mean + law.side * _PLACES
        return float(np.max(np.abs(line.tilted(y)[1] - other.tilted(y)[1])))

    @property
    def tilted(self) -> bool:
        """Whether both tails are right to relative error."""
        return self._left.tilted and self._right.tilted

    @property
    def reach(self) -> tuple[float, float]:
        """Where both tails have fallen to `smallest`, or the ends of the support."""
        unit = self._standardized
        side = -1.0 if self._mirrored else 1.0
        return (
            unit.origin + side * self._left.reach * unit.scale,
            unit.origin + self._right.reach * unit.scale,
        )

    @property
    def smallest(self) -> float:
        """The least tail probability for which `relative_error` holds."""
        return max(self._left.smallest, self._right.smallest)

    @property
    def relative_error(self) -> float:
        """Bound on the relative error of density and tails down to `smallest`.

        Where tilts end at a finite limit, what the last one shows beyond its mean is bounded for
        the tails alone.
        """
        if not self.tilted:
            return math.inf
        return max(self.error, _SAFETY * max(self._left.mismatch, self._right.mismatch))

    def _sides(self, x: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return density and nearer tail at y, and which points are on the right."""
        y = self._standardized.place(x).ravel()
        right = y > self._middle
        values = np.full((2, y.size), np.nan)
        left = y <= self._middle
        values[:, left] = self._left.density_and_tail(-y[left] if self._mirrored else y[left])
        values[:, right] = self._right.density_and_tail(y[right])
        return values, right

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        return np.asarray(self.density_and_tail(x, upper=True)[0])

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(X <= x)``."""
        return np.asarray(self.density_and_tail(x, upper=False)[1])

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(X > x)``."""
        return np.asarray(self.density_and_tail(x, upper=True)[1])

    def density_and_tail(self, x: ArrayLike, *, upper: bool) -> NDArray[np.float64]:
        """Return the density and one of the tails, with an axis of two in front."""
        values, right = self._sides(x)
        tail = np.where(right == upper, values[1], 1.0 - values[1])
        density = np.maximum(values[0], 0.0) / self._standardized.scale
        return np.stack([np.reshape(density, np.shape(x)), _probabilities(tail, x)])


def _falls_too_slowly(error: float) -> NoExactLaw:
    return NoExactLaw(
        f"its characteristic function falls too slowly: an error of {error:.0e} is left."
    )


def _probabilities(values: NDArray[np.float64], x: ArrayLike) -> NDArray[np.float64]:
    """Return the values in the shape of x, without what errors put beyond 0 and 1."""
    return np.reshape(np.clip(values, 0.0, 1.0), np.shape(x))
