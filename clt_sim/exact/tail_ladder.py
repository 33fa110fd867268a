"""One side of a law, from the middle outwards, by one tilt after another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.chebyshev_panels import ChebyshevPanels
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.tilted_line import TiltedLine, standardized, tilted_moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.transform import Transform

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
_DOUBLINGS = 12
_ROUNDING = 1e-15
_HEAVY_END = 1e-11
"""Tails without tilts are followed down to this."""


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
        Relative difference between this line and the next at that end.
    """

    line: TiltedLine
    curves: ChebyshevPanels
    end: float
    mismatch: float

    def density_and_tail(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return both, in an array of shape (2, points)."""
        return self.curves.at(np.arcsinh(y)) * self.line.factor(y)


class TailLadder:
    """The law on one side of a point: density and tail, to relative accuracy where it has tilts.

    Rungs are made when they are needed first.

    Parameters
    ----------
    transform : Transform
        The law.
    kinks : tuple of float
        Where the density may not be smooth.
    first : TiltedLine
        The line nearest to the middle, of the side that is meant.
    start : float
        Where the side begins, in y.
    """

    def __init__(
        self, transform: Transform, kinks: tuple[float, ...], first: TiltedLine, start: float
    ) -> None:
        self._transform = transform
        self._places = kinks
        self._kinks = np.sort(standardized(transform, kinks))
        self._sign = first.side
        self._limit = _limit(transform, first.side)
        end = transform.support[1 if first.side > 0.0 else 0]
        self._support_end = float(standardized(transform, end))
        self._start = start
        self._next = first
        self._rungs: list[Rung] = []
        self._ended = False

    @property
    def tilted(self) -> bool:
        """Whether this side has tilts."""
        return self._limit != 0.0

    def complete(self) -> list[Rung]:
        """Make all rungs, and return them."""
        self._cover(math.copysign(math.inf, self._sign))
        return self._rungs

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
        line, following = self._next, self._following()
        if following is None:
            end, mismatch = self._last_end(line), 0.0
            self._ended = True
        else:
            self._next = following
            end = between(line, following)
            mismatch = _mismatch(line, following, end)
        start = self._rungs[-1].end if self._rungs else self._start
        if not self._sign * start < self._sign * end:
            return
        curves = self._curves(line, *sorted((start, end)))
        self._rungs.append(Rung(line, curves, end, mismatch))

    def _following(self) -> TiltedLine | None:
        """Return the line after the next; None if that is the last."""
        line = self._next
        if not self.tilted or self._is_small(line) or self._is_at_limit(line):
            return None
        try:
            return self._after(line)
        except NoExactLaw:  # floats do not tell what is left so far out
            return None

    def _is_small(self, line: TiltedLine) -> bool:
        """Return whether the tail is small enough, or y too coarse or close for another tilt."""
        coarse = line.sd < _NARROWEST * abs(line.mean)
        close = abs(self._support_end - line.mean) < _CLOSEST
        return (
            coarse
            or close
            or line.log_tail < math.log(SMALLEST)
            or len(self._rungs) >= _MOST_LINES - 1
        )

    def _is_at_limit(self, line: TiltedLine) -> bool:
        """Return whether tilts would come too close to where the transform ends."""
        return abs(self._limit - line.tilt) < _LEAST_ROOM * abs(self._limit)

    def _last_end(self, line: TiltedLine) -> float:
        """Return how far the last line goes: where its errors begin to hide what is left."""
        if not self.tilted:
            return self._heavy_end(line)
        if self._is_small(line):
            return line.mean
        steps = 2.0 ** np.arange(_DOUBLINGS, dtype=np.float64)
        places: NDArray[np.float64] = line.mean + self._sign * line.sd * steps
        places = places[self._sign * places < self._sign * self._support_end]
        tails = line.tilted(places)[1]
        clear = (tails > _HIDDEN) & (tails * line.factor(places) > SMALLEST)
        reached = int(np.argmin(np.append(clear, False)))
        return float(places[reached - 1]) if reached else line.mean

    def _curves(self, line: TiltedLine, low: float, high: float) -> ChebyshevPanels:
        inside = self._kinks[(self._kinks > low) & (self._kinks < high)]
        edges = np.unique(np.arcsinh(np.concatenate([[low], inside, [high]])))
        # A point is known to a unit in its last place.
        noise = _ROUNDING * max(abs(low), abs(high)) / line.sd if line.tilt else 0.0
        return ChebyshevPanels.of(lambda u: line.tilted(np.sinh(u)), edges, noise)

    def _after(self, line: TiltedLine) -> TiltedLine:
        """Return the next line, not too far away."""
        step = _STEP / line.sd
        for _ in range(50):
            tilt = _towards(self._limit, line.tilt, self._sign * step)
            mean, sd = near = tilted_moments(self._transform, tilt, (line.mean, line.sd))
            if abs(mean - line.mean) <= 1.2 * _STEP * max(sd, line.sd):
                break
            step = 0.5 * abs(tilt - line.tilt)
        return TiltedLine.of(self._transform, self._places, tilt, self._sign, near)

    def _heavy_end(self, line: TiltedLine) -> float:
        """Return where absolute errors begin to hide the tail."""
        places = self._sign * 2.0 ** np.arange(1, 200)
        places = places[np.abs(places) < abs(self._support_end)]
        hidden = np.flatnonzero(line.tilted(places)[1] < _HEAVY_END)
        if hidden.size:
            return float(places[hidden[0]])
        return self._support_end if math.isfinite(self._support_end) else float(places[-1])


def first_line(transform: Transform, kinks: tuple[float, ...], side: float) -> TiltedLine:
    """Return the line nearest to the middle on one side; without tilt where there are none."""
    limit = _limit(transform, side)
    tilt = _towards(limit, 0.0, side * _FIRST) if limit else 0.0
    return TiltedLine.of(transform, kinks, tilt, side)


def _limit(transform: Transform, side: float) -> float:
    """Return where the tilts of y end on one side."""
    return transform.strip[1 if side > 0.0 else 0] * transform.scale


def _towards(limit: float, tilt: float, step: float) -> float:
    """Return a tilt further out, at most half of the way to the limit."""
    return tilt + math.copysign(min(abs(step), 0.5 * abs(limit - tilt)), step)


def between(line: TiltedLine, other: TiltedLine) -> float:
    """Return the point that is as many standard deviations from one tilted mean as the other."""
    return (line.mean * other.sd + other.mean * line.sd) / (line.sd + other.sd)


def _mismatch(line: TiltedLine, other: TiltedLine, y: float) -> float:
    place = np.array([y])
    one, two = (each.tilted(place) * each.factor(place) for each in (line, other))
    return float(np.max(np.abs(one - two) / np.maximum(np.abs(two), 1e-300)))
