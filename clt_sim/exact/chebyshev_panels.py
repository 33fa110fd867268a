"""Smooth functions by Chebyshev interpolation on panels, as many as they need."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.chebyshev import panel_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Functions = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_NODES = 16
_TOLERANCE = 1e-13
"""Panels are split until the last coefficients are this small, beside the greatest value."""
_DEEPEST = 45
_MOST_PANELS = 150


@dataclass(frozen=True, slots=True, eq=False)
class ChebyshevPanels:
    """Functions on an interval as polynomials of degree 15 between edges.

    Parameters
    ----------
    edges : ndarray of float64, shape (panels + 1,)
        Ascending.
    coefficients : ndarray of float64, shape (functions, panels, 16)
        Of Chebyshev polynomials.
    error : float
        Sum over panels of the size of their last coefficients times their share of the
        interval: what interpolation may be wrong by on average.
    """

    edges: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    error: float

    @classmethod
    def of(
        cls, functions: Functions, edges: NDArray[np.float64], noise: float = 0.0
    ) -> ChebyshevPanels:
        """Interpolate functions, splitting panels where they are not smooth enough.

        Parameters
        ----------
        functions : callable
            Takes an array of shape (points,) and returns one of shape (functions, points).
        edges : ndarray of float64, shape (m,)
            The first panels, ascending; all points where the functions jump are among them.
        noise : float
            Errors of the functions beside their greatest value; no panel is split for less.
        """
        nodes, matrix = _rule()
        low, high = edges[:-1], edges[1:]
        done: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        sizes, lost, greatest = 0, 0.0, 0.0
        for depth in range(_DEEPEST):
            middle, half = 0.5 * (low + high), 0.5 * (high - low)
            values = functions((middle[:, None] + half[:, None] * nodes).ravel())
            coefficients = values.reshape(values.shape[0], low.size, _NODES) @ matrix.T
            greatest = max(greatest, float(np.abs(values).max()))
            last = np.abs(coefficients[:, :, -2:]).max(axis=(0, 2))
            rough = last > max(_TOLERANCE, noise) * greatest
            sizes += int(np.count_nonzero(~rough))
            if depth == _DEEPEST - 1 or sizes + 2 * np.count_nonzero(rough) > _MOST_PANELS:
                rough[:] = False
            done.append((low[~rough], coefficients[:, ~rough]))
            lost += float(last[~rough] @ (high - low)[~rough])
            if not rough.any():
                break
            low, high = (
                np.concatenate([low[rough], middle[rough]]),
                np.concatenate([middle[rough], high[rough]]),
            )
        lows = np.concatenate([part[0] for part in done])
        order = np.argsort(lows)
        every = np.concatenate([part[1] for part in done], axis=1)[:, order]
        width = float(edges[-1] - edges[0])
        return cls(np.append(lows[order], edges[-1]), every, lost / width)

    def at(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the functions at points of the interval, shape (functions, points)."""
        return panel_sums(self.edges, self.coefficients, u)

    def mismatch(self, functions: Functions) -> NDArray[np.float64]:
        """Return how far other functions are from these, in an array of shape (functions, panels).

        It is the larger difference of those at the lower end and in the middle of a panel. The
        first polynomial that interpolation leaves out is as large there as anywhere.
        """
        middles = 0.5 * (self.edges[:-1] + self.edges[1:])
        places = np.concatenate([self.edges[:-1], middles])
        off = np.abs(self.at(places) - functions(places))
        return np.asarray(off.reshape(off.shape[0], 2, -1).max(axis=1))

    def beyond(self, panel: int) -> ChebyshevPanels:
        """Return these functions from one panel on."""
        return ChebyshevPanels(self.edges[panel:], self.coefficients[:, panel:], self.error)


@functools.cache
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes, and the matrix from values at them to coefficients."""
    angles = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    matrix = 2.0 / _NODES * np.cos(np.outer(np.arange(_NODES), angles))
    matrix[0] *= 0.5
    return np.cos(angles), matrix
