"""Places where a density is infinite, and what it holds beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws.base import KnownLaw

_RELATIVE_WIDTH = 2.0**-300
_STEPS = 4.0 ** np.arange(150)
"""From the width of a cell to the room that is left."""
_RESOLVED = 2.0**-26
"""Least distance from a place other than 0, relative to it, at which its digits still tell."""
_RISE = 1.01
"""A density that rises by less over the last two octaves has no pole that matters."""
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Poles:
    """Narrow cells beside poles, in which a density is ``c*t**(a - 1)`` at distance t.

    Doubles lie too far apart beside a pole at 1 to integrate through it: half a rounding holds
    1e-8 of the mass of an arcsine law. A cell is wide enough for its mass and its edge to be
    exact, and so narrow that a power is all that the density is in it.

    Parameters
    ----------
    place, edge : ndarray of float64, shape (m,)
        Each cell is between its pole and its edge, on either side.
    mass : ndarray of float64, shape (m,)
        Its probability.
    density : ndarray of float64, shape (m,)
        The density at the edge.
    inverse_exponent : ndarray of float64, shape (m,)
        The number ``1/a = mass/(width*density)``.
    drift : ndarray of float64, shape (m,)
        How much that changes in a cell four times as wide.
    room : ndarray of float64, shape (m,)
        Distance from the pole over which the density is smooth.
    """

    place: NDArray[np.float64]
    edge: NDArray[np.float64]
    mass: NDArray[np.float64]
    density: NDArray[np.float64]
    inverse_exponent: NDArray[np.float64]
    drift: NDArray[np.float64]
    room: NDArray[np.float64]

    @classmethod
    def of(cls, law: KnownLaw) -> Poles:
        """Find the poles at the kinks and at the ends of the support of a law."""
        place, room, side = _candidates(law)
        width = side * np.maximum(_RELATIVE_WIDTH * room, _RESOLVED * np.abs(place))
        # A density that is made of the distance from another point loses its digits sooner.
        lost = ~np.isfinite(law.pdf(place + 0.25 * width))
        width[lost] = side[lost] * _RESOLVED * np.maximum(room, np.abs(place))[lost]
        edge, density = place + width, law.pdf(place + width)
        rises = law.pdf(place + 0.25 * width) > _RISE * density
        kept = rises & (density > 0.0) & (16.0 * np.abs(width) < room)
        place, edge, density, room = place[kept], edge[kept], density[kept], room[kept]
        mass = _mass(law, place, edge)
        inverse = mass / (np.abs(edge - place) * density)
        wide = place + 4.0 * (edge - place)
        wider = _mass(law, place, wide) / (np.abs(wide - place) * law.pdf(wide))
        return cls(place, edge, mass, density, inverse, np.abs(wider - inverse), room)

    def panels(
        self, breaks: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of the panels between `breaks` and outside all cells.

        Towards each cell the panels narrow to its width.
        """
        width = (self.edge - self.place)[:, None]
        steps = width * _STEPS
        graded = (self.place[:, None] + steps)[np.abs(steps) < self.room[:, None]]
        ends = np.unique(np.concatenate([breaks, self.place, graded]))
        ends = ends[(ends >= breaks[0]) & (ends <= breaks[-1])]
        low, high = ends[:-1], ends[1:]
        middle = 0.5 * (low + high)
        outside = np.ones(middle.size, np.bool_)
        for start, end in zip(
            np.minimum(self.place, self.edge), np.maximum(self.place, self.edge), strict=True
        ):
            outside &= (middle < start) | (middle > end)
        return low[outside], high[outside]

    def moment_integral(
        self, z: Callable[[NDArray[np.float64]], NDArray[np.float64]], k: int
    ) -> tuple[float, float]:
        """Return the integral of ``z**k f`` over all cells, and its error, for a linear z.

        All the mass of a cell is put at its mean, ``w/(1 + 1/a)`` from the pole; the error is of
        second order in the width.
        """
        mean = self.place + (self.edge - self.place) / (1.0 + self.inverse_exponent)
        width = k * np.abs(z(self.edge) - z(self.place))
        size = self.mass * np.maximum(1.0, np.abs(z(mean))) ** k
        return float(self.mass @ z(mean) ** k), float(size @ (width * (width + self.drift) + _EPS))

    def entropy_integral(self, scale: float) -> tuple[float, float]:
        """Return the integral of ``g ln(g)`` for ``g = scale*f`` over all cells, and its error.

        With a density ``g0*(t/w)**(a - 1)`` up to the width w it is ``m*(ln(g0) + 1/a - 1)``.
        """
        level = np.log(scale * self.density)
        value = self.mass * (level + self.inverse_exponent - 1.0)
        rounding = 8.0 * _EPS * (np.abs(level) + self.inverse_exponent + 1.0)
        return math.fsum(value), math.fsum(rounding + 2.0 * self.mass * self.drift)


def _candidates(
    law: KnownLaw,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return special points, the distance to the next of them, and the side on which that is."""
    low, high = law.support
    places = np.unique([*law.kinks, *filter(math.isfinite, law.support)])
    if places.size == 0:
        return places, places, places
    lower, upper = law.quantile([0.01, 0.99]).tolist()
    between = np.diff(places)
    first = abs(places[0] - lower) if math.isinf(low) else 0.0
    last = abs(upper - places[-1]) if math.isinf(high) else 0.0
    room = np.concatenate([[first], between, between, [last]])
    return np.tile(places, 2), room, np.repeat([-1.0, 1.0], places.size)


def _mass(
    law: KnownLaw, place: NDArray[np.float64], edge: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability strictly between each place and its edge."""
    atoms = np.array([law.atoms.get(at, 0.0) for at in place.tolist()], np.float64)
    difference = law.cdf(edge) - law.cdf(place)
    return np.asarray(np.where(edge > place, difference, -difference - atoms))
