"""Densities as polynomials on panels, right beside their own size down to 0."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.density_panels import nodes_and_masses
from clt_sim.exact.law import NoExactLaw
from clt_sim.nonlinearities import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.output_transform import Output

    Reals = NDArray[np.float64]
    Expansion = Callable[[Reals, Reals], tuple[Reals, NDArray[np.bool_]]]

_NODES = 20
_DEPTH = 40
_RESOLVED = 2.0**-22
"""Panels over which y changes by a smaller share have no series: they are beside poles."""
_PRECISION = 1e-15
_MOST_PANELS = 8000
_STEEPEST = 1e-2
"""Densities vary by no more than this over a panel in a tail, for their digits."""
_SMALLEST = 2.0**-60
_SAME = 1e-12
LEAST_MASS = 1e-19
LEAST_TILTED = 1e-250
"""Masses in the tails down to this matter to tilted laws."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelDensity:
    """The law of ``y = phi(X)`` on panels of y, none of which has 0 inside.

    Parameters
    ----------
    low, high : ndarray of float64, shape (panels,)
        Ends in y, the lower ones ascending; panels of different branches of phi may overlap.
    nodes, masses : ndarray of float64, shape (panels, 20)
        Values y and the masses that they stand for.
    series : ndarray of float64, shape (panels, 20)
        Chebyshev coefficients of the density of y; nan where y hardly changes.
    special : ndarray of float64
        Places of y where its density need not be smooth, apart from 0.
    at_zero : float
        The mass that is too close to 0 for panels.
    """

    low: Reals
    high: Reals
    nodes: Reals
    masses: Reals
    series: Reals
    special: Reals
    at_zero: float

    @classmethod
    def of(cls, output: Output) -> PanelDensity:
        """Expand the density of an output, given that phi is not flat at X.

        Raises
        ------
        NoExactLaw
            If that takes more than 8000 panels.
        """
        low, high = output.panels(_DEPTH)
        shortest = 2.0**-10 * float(np.median(high - low))  # narrower ones are beside poles

        def expansion(low: Reals, high: Reals) -> tuple[Reals, NDArray[np.bool_]]:
            density, masses = _densities(output, low, high)
            series = density @ _rule()[1].T
            wide = (high - low > shortest) & (masses > LEAST_TILTED)
            rough = _is_rough(output, low, high, series) & ((masses > LEAST_MASS) | wide)
            steep = wide & (density.min(axis=1) < _STEEPEST * density.max(axis=1))
            return series, rough | steep

        low, high, series = resolved(expansion, low, high, f"{output.phi} of {output.law}")
        x, masses = nodes_and_masses(output.law, low, high)
        first, last = _ends(output, low, high)
        turns = last[:-1][(np.diff(np.sign(last - first)) != 0.0) & (low[1:] == high[:-1])]
        every = cls(
            np.minimum(first, last),
            np.maximum(first, last),
            np.asarray(output.phi(x), np.float64),
            masses / output.mass,
            series / output.mass,
            _special(output, turns),
            0.0,
        )
        return every._without_smallest()

    def _without_smallest(self) -> PanelDensity:
        """Take panels so close to 0 that no integral tells them from it as mass at 0."""
        kept = np.maximum(np.abs(self.low), np.abs(self.high)) > _SMALLEST * self.size
        chosen = np.flatnonzero(kept)[np.argsort(self.low[kept], kind="stable")]
        low, high, nodes, masses, series = (field[chosen] for field in self.arrays())
        lost = float(np.sum(self.masses[~kept]))
        return PanelDensity(low, high, nodes, masses, series, self.special, lost)

    def smallest(self, mass: float) -> float:
        """Return the end of a panel within which, about 0, is no more than a mass."""
        places, masses = np.abs(self.nodes).ravel(), self.masses.ravel()
        rising = np.argsort(places)
        return float(places[rising][np.searchsorted(np.cumsum(masses[rising]), mass)])

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the greatest end of a panel."""
        return float(self.low[0]), float(self.high.max())

    @property
    def has_poles(self) -> bool:
        """Whether some panels have no series."""
        return bool(np.isnan(self.series[:, 0]).any())

    @property
    def size(self) -> float:
        """The median of the absolute value, about."""
        return self.smallest(0.5 * float(self.masses.sum()))

    def arrays(self) -> tuple[Reals, Reals, Reals, Reals, Reals]:
        """Return what a compiled function takes."""
        return self.low, self.high, self.nodes, self.masses, self.series


def resolved(
    expansion: Expansion, low: Reals, high: Reals, name: str
) -> tuple[Reals, Reals, Reals]:
    """Halve panels until a series on each has come to its end.

    Parameters
    ----------
    expansion : callable
        Takes low and high ends, shape (m,), and returns series, shape (m, k), and which of the
        panels are still rough.
    low, high : ndarray of float64, shape (panels,)
        The first panels.
    name : str
        What is expanded, for the message.

    Returns
    -------
    low, high : ndarray of float64, shape (panels,)
        Ascending, if the panels do not overlap.
    series : ndarray of float64, shape (panels, k)
        The series on them.

    Raises
    ------
    NoExactLaw
        If that takes more than 8000 panels.
    """
    parts = []
    count = 0
    while low.size:
        series, rough = expansion(low, high)
        parts.append((low[~rough], high[~rough], series[~rough]))
        count += low.size
        if count > _MOST_PANELS:
            raise NoExactLaw(f"{name} needs more than {_MOST_PANELS} panels.")
        middle = 0.5 * (low[rough] + high[rough])
        low, high = np.append(low[rough], middle), np.append(middle, high[rough])
    lows, highs, kept = (np.concatenate(fields) for fields in zip(*parts, strict=True))
    order = np.argsort(lows, kind="stable")
    return lows[order], highs[order], kept[order]


@functools.cache
def _rule() -> tuple[Reals, Reals]:
    """Return Chebyshev nodes, and the matrix from values at them to coefficients."""
    angles = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    matrix = 2.0 / _NODES * np.cos(np.outer(np.arange(_NODES), angles))
    matrix[0] *= 0.5
    return np.cos(angles), matrix


def _ends(output: Output, low: Reals, high: Reals) -> tuple[Reals, Reals]:
    return np.asarray(output.phi(low), np.float64), np.asarray(output.phi(high), np.float64)


def _densities(output: Output, low: Reals, high: Reals) -> tuple[Reals, Reals]:
    """Return the density of y at Chebyshev nodes of panels of y, and about the masses."""
    first, last = _ends(output, low, high)
    sized = np.abs(last - first) > _RESOLVED * np.maximum(np.abs(first), np.abs(last))
    densities = np.full((low.size, _NODES), np.nan)
    nodes, _ = _rule()
    bottom, half = np.minimum(first, last)[sized], 0.5 * np.abs(last - first)[sized]
    y = bottom[:, None] + half[:, None] * (1.0 + nodes)
    x = _preimages(output, y, low[sized], high[sized])
    slope = np.abs(np.asarray(output.phi.derivative(x), np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        density = output.law.pdf(x) / slope
    density[~np.isfinite(density)] = 0.0
    densities[sized] = density
    return densities, np.mean(densities, axis=1) * np.abs(last - first)


def _preimages(output: Output, y: Reals, low: Reals, high: Reals) -> Reals:
    """Return x with phi(x) = y, by bisection; phi is monotone in each panel."""
    if isinstance(output.phi, Identity):
        return y
    first, last = _ends(output, low, high)
    rising = (last > first)[:, None]
    left, right = np.broadcast_to(low[:, None], y.shape), np.broadcast_to(high[:, None], y.shape)
    for _ in range(60):
        middle = 0.5 * (left + right)
        below = (np.asarray(output.phi(middle), np.float64) < y) == rising
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    return np.asarray(0.5 * (left + right))


def _is_rough(output: Output, low: Reals, high: Reals, series: Reals) -> NDArray[np.bool_]:
    """Whether the last coefficients are more than rounding errors of x, y and the density."""
    first, last = _ends(output, low, high)
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = _PRECISION * (1.0 + np.maximum(np.abs(low), np.abs(high)) / (high - low))
        noise += _PRECISION * np.maximum(np.abs(first), np.abs(last)) / np.abs(last - first)
    return is_rough(series, noise)


def is_rough(series: Reals, noise: Reals) -> NDArray[np.bool_]:
    """Whether the last coefficients are more than noise.

    Parameters
    ----------
    series : ndarray of float64, shape (panels, k)
        Coefficients; where they are nan, there is nothing rough.
    noise : ndarray of float64, shape (panels,)
        Relative errors; small densities, as exponentials of large numbers, have greater ones.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.abs(series[:, 0])
        digits = 1.0 + np.abs(np.log(np.maximum(size, 1e-300)))
        end = np.max(np.abs(series[:, -3:]), axis=1)
        return np.asarray(end > (noise + _PRECISION * digits) * size)


def _special(output: Output, turns: Reals) -> Reals:
    """Return the images of kinks and ends, and values where phi turns."""
    ends = [end for end in output.law.support if np.isfinite(end)]
    places = np.array([*output.law.kinks, *output.phi.kinks, *ends])
    limits = np.array([end for end in output.support if np.isfinite(end)])
    values = np.concatenate([np.asarray(output.phi(places), np.float64), turns, limits])
    rising = np.unique(values[values != 0.0])
    # Rounding errors of one place are one place.
    return np.asarray(rising[np.diff(rising, prepend=-np.inf) > _SAME * np.abs(rising)])
