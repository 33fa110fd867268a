"""One side of a law, from the middle outwards, by one tilt after another."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.chebyshev_panels import ChebyshevPanels
from clt_sim.exact.end_series import EndSeries
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.tilted_line import TiltedLaw, TiltedLine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.standardized_transform import StandardizedTransform

SMALLEST = 1e-45
"""Tails are followed down to this."""
_FIRST = 0.7
"""The first tilt, of y in units of its scale."""
_STEP = 5.0
"""Distance of the means of neighbouring tilts, in standard deviations."""
_MOST_LINES = 100
_NARROWEST = 1e-6
"""Standard deviation of the last tilt, beside its mean: any closer doubles are too far apart."""
_CLOSEST = 1e-17
"""Distance of the last tilt from the end of a support, where powers are all that is left."""
_LEAST_ROOM = 2.0**-6
"""Distance of the last tilt from the limit, beside it: beyond, its own tail falls slowly enough."""
_HIDDEN = 1e-8
"""The last tilted tail is followed down to this."""
_MOST_OFF = 1e-6
"""Nor further than to where the panels decide more than this of it."""
_APART = 1e-4
"""Lines that differ by more show where the law is cut off: the one before goes on alone."""
_APART_AT_END = 1e-6
"""Beside the end of a support distances lose digits, and tails go on as powers of them."""
_DOUBLINGS = 12
_ROUNDING = 1e-15
_HEAVY_END = 1e-11
"""Tails without tilts are followed down to this."""
_HALVINGS = 20
_OF_END = 16
"""Places on each of two lines from which the series at the end of a support is found."""
_RANGE = 6.0
"""Over such a factor in the distance from the end on the first of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """The part of a side that is nearest to the mean of one tilt.

    Parameters
    ----------
    line : TiltedLine
        The tilt.
    curves : ChebyshevPanels
        Tilted density and tail as functions of ``asinh(y)``.
    end : float
        The outer end of this part, in y.
    mismatch : float
        Relative difference between this line and the next at that end; 0 until that is made. Of the
        last line that of its tail from the tail by other panels, beyond its mean.
    """

    line: TiltedLine
    curves: ChebyshevPanels
    end: float
    mismatch: float

    def density_and_tail(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return both, in an array of shape (2, points)."""
        return self.curves.at(np.arcsinh(y)) * self.line.law.factor(y)


class TailLadder:
    """The law on one side of a point: density and tail, to relative accuracy where it has tilts.

    Rungs are made when they are needed first.

    Parameters
    ----------
    transform : StandardizedTransform
        The law.
    first : TiltedLine
        The line nearest to the middle, of the side that is meant.
    start : float
        Where the side begins, in y.
    """

    def __init__(self, transform: StandardizedTransform, first: TiltedLine, start: float) -> None:
        self._transform = transform
        self._sign = first.law.side
        self._limit = _limit(transform, self._sign)
        self._support_end = transform.support[1 if self._sign > 0.0 else 0]
        self._start = start
        self._line = first
        self._following: TiltedLaw | None = None
        self._rungs: list[Rung] = []
        self._series: EndSeries | None = None
        self._ended = False

    @property
    def tilted(self) -> bool:
        """Whether this side has tilts."""
        return self._limit != 0.0

    def complete(self) -> list[Rung]:
        """Make all rungs, and return them."""
        self._cover(math.copysign(math.inf, self._sign))
        return self._rungs

    @property
    def reach(self) -> float:
        """How far this side is known to relative accuracy, in y."""
        last = self.complete()[-1].end
        return last if self._series is None else self._support_end

    @property
    def smallest(self) -> float:
        """The least tail that is known to relative accuracy."""
        last = np.array([self.complete()[-1].end])
        found = float(self.density_and_tail(last)[1, 0])
        return found if self._series is None else min(found, SMALLEST)

    @property
    def mismatch(self) -> float:
        """The largest relative difference between lines, or of what goes on beyond them."""
        between_lines = max(rung.mismatch for rung in self.complete())
        if self._series is None:
            return between_lines
        last = self._rungs[-1].density_and_tail(np.array([self._rungs[-1].end]))[1, 0]
        fallen = max(math.log(last / SMALLEST), 0.0)
        return max(between_lines, self._series.off_after(fallen))

    def density_and_tail(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return both at points of this side, in an array of shape (2, points)."""
        result = np.zeros((2, y.size))
        if not y.size:
            return result
        inside = self._sign * y < self._sign * self._support_end
        furthest = float((self._sign * y[inside]).max(initial=-math.inf)) * self._sign
        self._cover(furthest)
        ends = self._sign * np.array([rung.end for rung in self._rungs])
        which = np.searchsorted(ends, self._sign * y)
        for index in np.unique(which[inside]):
            part = inside & (which == index)
            if index < len(self._rungs):
                result[:, part] = self._rungs[index].density_and_tail(y[part])
            else:
                result[:, part] = self._beyond(y[part])
        return result

    def _beyond(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Go on as the last rung ends.

        As a power of the distance to the end of the support, if there is one; otherwise as an
        exponential with the last rate, or as a power where there are no tilts.
        """
        if self._series is not None:
            return self._series.density_and_tail(np.abs(self._support_end - y))
        last = self._rungs[-1]
        density, tail = last.density_and_tail(np.array([last.end]))[:, 0]
        if math.isfinite(self._support_end):
            reach = abs(self._support_end - last.end)
            power = density * reach / tail
            nearer = np.abs(self._support_end - y) / reach
            return np.stack([density * nearer ** (power - 1.0), tail * nearer**power])
        if self.tilted:
            decay = np.exp(-density / tail * np.abs(y - last.end))
            return np.stack([density * decay, tail * decay])
        # The local index of the tail; a difference of tails loses less than the density.
        power = math.log2(last.density_and_tail(np.array([0.5 * last.end]))[1, 0] / tail)
        with np.errstate(under="ignore"):
            decay = tail * (y / last.end) ** -power
        return np.stack([power * decay / np.abs(y), decay])

    def _cover(self, y: float) -> None:
        """Make rungs until one reaches y, or the last is made."""
        while not self._ended and (not self._rungs or self._sign * (y - self._rungs[-1].end) > 0):
            self._add()

    def _add(self) -> None:
        """Make the next rung, unless it has no part of the side."""
        if self._following is not None:
            try:
                line = TiltedLine.of(self._transform, self._following)
            except NoExactLaw:  # floats do not tell what is left so far out
                self._end()
                return
            if self._rungs:
                last = self._rungs[-1]
                mismatch = _mismatch(last.line, line, last.end)
                if not mismatch <= self._most_apart:
                    self._end()
                    return
                self._rungs[-1] = dataclasses.replace(last, mismatch=mismatch)
            self._line = line
            if self._rungs and math.isfinite(self._support_end):
                self._series = self._end_series()
                if self._series is not None:
                    self._end()
                    return
        self._following = self._next_law(self._line.law)
        if self._following is None:
            self._end()
        else:
            self._append(between(self._line.law, self._following))

    @property
    def _most_apart(self) -> float:
        """By how much lines may differ."""
        if math.isfinite(self._support_end):
            return _APART_AT_END
        return _APART if math.isfinite(self._limit) else math.inf

    def _end(self) -> None:
        """Let the last line go on as far as it shows the law."""
        if self._rungs and self._rungs[-1].line is self._line:
            self._rungs.pop()
        self._append(*self._last_end())
        self._ended = True

    def _end_series(self) -> EndSeries | None:
        """Return the series that goes on to the end of the support, if the last two lines agree."""
        last = self._rungs[-1]
        start = self._rungs[-2].end if len(self._rungs) > 1 else self._start
        outer, middle, inner = (
            abs(self._support_end - y) for y in (start, last.end, self._line.law.mean)
        )
        parts = []
        for line, far, near in (
            (last.line, min(outer, _RANGE * middle), middle),
            (self._line, middle, inner),
        ):
            distance = np.geomspace(far, near, _OF_END)
            y = self._support_end - self._sign * distance
            parts.append(np.concatenate([distance[None], line.untilted(y)]))
        return EndSeries.of(*np.concatenate(parts, axis=1))

    def _append(self, end: float, mismatch: float = 0.0) -> None:
        """Add the part of the side up to `end` by the last line that was made."""
        start = self._rungs[-1].end if self._rungs else self._start
        if self._sign * start < self._sign * end:
            curves = self._curves(*sorted((start, end)))
            self._rungs.append(Rung(self._line, curves, end, mismatch))

    def _next_law(self, law: TiltedLaw) -> TiltedLaw | None:
        """Return the tilt after this one, not too far away; None if there is none."""
        if not self.tilted or self._is_small(law) or self._is_at_limit(law):
            return None
        step = _STEP / law.sd
        for _ in range(50):
            tilt = _towards(self._limit, law.tilt, self._sign * step)
            try:
                following = TiltedLaw.of(self._transform, tilt, self._sign, (law.mean, law.sd))
            except NoExactLaw:  # floats do not tell what is left so far out
                return None
            if abs(following.mean - law.mean) <= 1.2 * _STEP * max(following.sd, law.sd):
                break
            step = 0.5 * abs(tilt - law.tilt)
        return following

    def _is_small(self, law: TiltedLaw) -> bool:
        """Return whether the tail is small enough, or y too coarse or close for another tilt."""
        coarse = law.sd < _NARROWEST * abs(law.mean)
        close = abs(self._support_end - law.mean) < _CLOSEST
        return (
            coarse
            or close
            or law.log_tail < math.log(SMALLEST)
            or len(self._rungs) >= _MOST_LINES - 1
        )

    def _is_at_limit(self, law: TiltedLaw) -> bool:
        """Return whether tilts would come too close to where the transform ends."""
        return abs(self._limit - law.tilt) < _LEAST_ROOM * abs(self._limit)

    def _last_end(self) -> tuple[float, float]:
        """Return how far the last line goes, and how far its tail is off on other panels there.

        It ends where its errors begin to hide what is left.
        """
        law = self._line.law
        if not self.tilted:
            return self._heavy_end(), 0.0
        if self._is_small(law) or self._series is not None:
            return law.mean, 0.0
        steps = 2.0 ** np.arange(_DOUBLINGS, dtype=np.float64)
        places: NDArray[np.float64] = law.mean + self._sign * law.sd * steps
        places = places[self._sign * places < self._sign * self._support_end]
        other = TiltedLine.on_other_panels(self._transform, law)
        tails = self._line.tilted(places)[1]
        off = np.abs(tails / other.tilted(places)[1] - 1.0)
        clear = (tails > _HIDDEN) & (tails * law.factor(places) > SMALLEST) & (off < _MOST_OFF)
        reached = int(np.argmin(np.append(clear, False)))
        return (float(places[reached - 1]), off[:reached].max()) if reached else (law.mean, 0.0)

    def _curves(self, low: float, high: float) -> ChebyshevPanels:
        line = self._line
        inside = [kink for kink in self._transform.kinks if low < kink < high]
        edges = np.unique(np.arcsinh(np.concatenate([[low], inside, [high]])))
        # A point is known to a unit in its last place.
        noise = _ROUNDING * max(abs(low), abs(high)) / line.law.sd if line.law.tilt else 0.0
        return ChebyshevPanels.of(lambda u: line.tilted(np.sinh(u)), edges, noise)

    def _heavy_end(self) -> float:
        """Return where absolute errors begin to hide the tail."""
        places = self._sign * 2.0 ** np.arange(1, 200)
        places = places[np.abs(places) < abs(self._support_end)]
        hidden = np.flatnonzero(self._line.tilted(places)[1] < self._least_heavy)
        if hidden.size:
            return self._last_clear(0.5 * float(places[hidden[0]]), float(places[hidden[0]]))
        return self._support_end if math.isfinite(self._support_end) else float(places[-1])

    @property
    def _least_heavy(self) -> float:
        """The least tail without tilts that errors do not hide."""
        return max(_HEAVY_END, 100.0 * float(self._line.remainder[1]))

    def _last_clear(self, clear: float, hidden: float) -> float:
        """Return where, between two places, a tail is about to be hidden by absolute errors.

        At the place of the second it may be nothing but an error, of either sign.
        """
        for _ in range(_HALVINGS):
            middle = 0.5 * (clear + hidden)
            if float(self._line.tilted(np.array([middle]))[1, 0]) < self._least_heavy:
                hidden = middle
            else:
                clear = middle
        return clear


def first_law(transform: StandardizedTransform, side: float) -> TiltedLaw:
    """Return the tilt nearest to the middle on one side; none where there are none."""
    limit = _limit(transform, side)
    tilt = _towards(limit, 0.0, side * _FIRST) if limit else 0.0
    return TiltedLaw.of(transform, tilt, side)


def _limit(transform: StandardizedTransform, side: float) -> float:
    """Return where the tilts end on one side."""
    return transform.strip[1 if side > 0.0 else 0]


def _towards(limit: float, tilt: float, step: float) -> float:
    """Return a tilt further out, at most half of the way to the limit."""
    return tilt + math.copysign(min(abs(step), 0.5 * abs(limit - tilt)), step)


def between(law: TiltedLaw, other: TiltedLaw) -> float:
    """Return the point that is as many standard deviations from one tilted mean as the other."""
    return (law.mean * other.sd + other.mean * law.sd) / (law.sd + other.sd)


def _mismatch(line: TiltedLine, other: TiltedLine, y: float) -> float:
    place = np.array([y])
    one, two = line.untilted(place), other.untilted(place)
    return float(np.max(np.abs(one - two) / np.maximum(np.abs(two), 1e-300)))
