"""Density and both tails of stable laws with an index near 1, on a half-line.

Where ``exp(-g)`` is 0 or 1, Zolotarev's integrals are elementary. In between they are taken by
Gauss-Legendre quadrature, between places where log g has certain values.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from clt_sim.laws.stable_half_line import HalfLine

    Floats = NDArray[np.float64]

_REACH = 700.0
"""Places are from minus to plus this, where angles are not yet subnormal numbers."""
_TABLED = 6001
_CORRECTIONS = 5
_STEP = 2.0**-9
_LEAST_SLOPE = 1e-3
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_LARGEST_LOG = 700.0
_LARGEST_G = 45.0
"""Where g is larger by this than its least value, ``exp(-g)`` does not matter."""
_LEVELS = np.array([3.0, 2.0, 0.5, -1.5, -4.0, -8.0, -16.0, -30.0, -50.0])
"""Between these values of log g ``exp(-g)`` is nearly a polynomial; below it is 1."""
_FARTHEST = 45.0
"""So much after the first place the angle that is left does not matter."""
_NARROW, _FEW, _MANY = 15.0, 3, 16
"""Panels to add where those between the levels cover less than `_NARROW`, and elsewhere."""
_MOST_AT_ONCE = 2**15
_SHARP = 1e6
"""Where log g is steeper, the places in its panels would have too few digits."""


class Masses(NamedTuple):
    """What is known at points, each with a small relative error."""

    below: Floats
    above: Floats
    density: Floats

    def excess(self, below: Floats, above: Floats) -> Floats:
        """Return by how much the points are too far right for other masses, to first order.

        It is Newton's step in the logarithm of the smaller mass, which has the more digits.
        """
        lower = below < above
        found, mass = np.where(lower, self.below, self.above), np.where(lower, below, above)
        return np.asarray(np.where(lower, 1.0, -1.0) * np.log(found / mass) * found / self.density)


def masses(half: HalfLine, x: Floats) -> Masses:
    """Return the masses from zeta to x and above x, and the density.

    Parameters
    ----------
    half : HalfLine
        The law, and the side of zeta.
    x : ndarray of float64, shape (n,)
        Points above zeta.

    Returns
    -------
    Masses
        Masses with relative errors below 1e-11, densities below 1e-9.
    """
    centre = _centre(half, x)
    integrals = np.empty((3, x.size))
    slope = _slope(half, x, centre)
    sharp = slope > _SHARP
    integrals[:, sharp] = _sharp_integrals(half, x[sharp], centre[sharp], slope[sharp])
    for places, ends in _panels(half, x, centre, np.flatnonzero(~sharp)):
        integrals[:, places] = _integrals(half, x[places], ends)
    falling, rising, peak = integrals
    density = peak / math.pi * half.steepness(x)
    between, beyond = (falling, rising) if half.excess < 0.0 else (rising, falling)
    return Masses(between / math.pi, beyond / math.pi, density)


def _centre(half: HalfLine, x: Floats) -> Floats:
    """Return where g is 1."""
    centre = _table(half).place(-half.shift(x))
    for _ in range(_CORRECTIONS):
        missed = half.log_g(x[:, None], centre[:, None])[:, 0]
        step = np.clip(missed / _slope(half, x, centre), -1.0, 1.0)
        centre = np.clip(centre + step, -_REACH, _REACH)
    return centre


def _slope(half: HalfLine, x: Floats, y: Floats) -> Floats:
    """Return how fast log g falls along y, by a formula that is exact to the fourth order."""
    places = y[:, None] + _STEP * np.array([-2.0, -1.0, 1.0, 2.0])
    first, second, third, fourth = half.log_g(x[:, None], places).T
    # Log g may be as large as x: of equal values, which a product of matrices adds up in any order,
    # no difference may be left.
    change = 8.0 * (second - third) - (first - fourth)
    return np.asarray(np.maximum(change / (12.0 * _STEP), _LEAST_SLOPE))


def _panels(
    half: HalfLine, x: Floats, centre: Floats, places: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], Floats]]:
    """Yield some of the places, and for these the ends of panels, shape (some, panels + 1)."""
    ends = _ends(half, x[places], centre[places])
    narrow = ends[:, -1] - ends[:, 0] < _NARROW
    for chosen, number in ((narrow, _FEW), (~narrow, _MANY)):
        levels, at = ends[chosen], places[chosen]
        even = np.linspace(levels[:, 0], levels[:, -1], number + 2, axis=1)[:, 1:-1]
        panels = np.sort(np.concatenate([levels, even], axis=1), axis=1)
        rows = _MOST_AT_ONCE // (_NODES.size * panels.shape[1])
        for start in range(0, at.size, rows):
            yield at[start : start + rows], panels[start : start + rows]


def _ends(half: HalfLine, x: Floats, centre: Floats) -> Floats:
    """Return where log g is at the levels, ascending, shape (points, levels + 1)."""
    table = _table(half)
    least = half.shift(x) + table.log_g[-1]
    highest = np.logaddexp(math.log(_LARGEST_G), least)[:, None]
    levels = np.concatenate([highest, np.minimum(_LEVELS, highest)], axis=1)
    # In a light tail log g is above 0 everywhere, also at its centre.
    levels -= np.maximum(least, 0.0)[:, None]
    at_centre = table.at(centre)[:, None]
    places = centre[:, None] + table.place(at_centre + levels) - table.place(at_centre)
    return np.asarray(np.minimum(places, places[:, :1] + _FARTHEST))


def _integrals(half: HalfLine, x: Floats, ends: Floats) -> Floats:
    """Return the integrals of ``exp(-g)``, ``1 - exp(-g)`` and ``g exp(-g)``, shape (3, n)."""
    width = 0.5 * np.diff(ends)[..., None]
    y = (ends[:, :-1, None] + width * (1.0 + _NODES)).reshape(x.size, -1)
    falls, rises = half.angles(y)
    weight = (width * _WEIGHTS).reshape(x.size, -1) * falls * rises / half.length
    g = np.exp(np.minimum(half.log_g(x[:, None], y), _LARGEST_LOG))
    decay = np.exp(-g)
    after, before = half.angles(ends[:, -1])[0], half.angles(ends[:, 0])[1]
    # Only in a light tail g does not fall on to 0.
    last = np.minimum(half.log_g(x[:, None], ends[:, -1:])[:, 0], _LARGEST_LOG)
    last = np.where(last > _LEVELS[-1] + 1.0, np.exp(last), 0.0)
    return np.stack(
        [
            after * np.exp(-last) + np.sum(weight * decay, axis=1),
            before - after * np.expm1(-last) - np.sum(weight * np.expm1(-g), axis=1),
            after * last * np.exp(-last) + np.sum(weight * g * decay, axis=1),
        ]
    )


def _sharp_integrals(half: HalfLine, x: Floats, centre: Floats, slope: Floats) -> Floats:
    """Return the same where log g is too steep for panels, but for a share 1/slope**2.

    They are averages of angles, and of the slope of one, over the places y where g is an
    exponential random number; they are taken at the mean of y, as log g has the mean -0.577.
    """
    y = centre + np.euler_gamma / slope
    falls, rises = half.angles(y)
    return np.stack([falls, rises, falls * rises / half.length / _slope(half, x, y)])


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Log g at places y, ascending, for one point x; linear in between."""

    y: Floats
    log_g: Floats

    def place(self, log_g: Floats) -> Floats:
        """Return where log g has these values."""
        return np.interp(-log_g, -self.log_g, self.y)

    def at(self, y: Floats) -> Floats:
        """Return log g at places y."""
        return np.interp(y, self.y, self.log_g)


@functools.lru_cache(maxsize=32)
def _table(half: HalfLine) -> _Table:
    end = math.asinh(_REACH / 5.0)
    y = 5.0 * np.sinh(np.linspace(-end, end, _TABLED))
    log_g = half.log_g(np.array([[half.tabled]]), y[None, :])[0]
    return _Table(y, np.minimum.accumulate(np.clip(log_g, -1e306, 1e306)))
