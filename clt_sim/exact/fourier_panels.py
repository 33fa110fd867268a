"""Fourier integrals of smooth functions over a half line, right for every frequency.

A function is expanded in Legendre polynomials on panels, and each polynomial is integrated
against the wave exactly (Filon, 1928; the integrals are spherical Bessel functions, DLMF 18.17.19):
what has to be resolved is the function alone, not the wave.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import eval_legendre

from clt_sim._array_kernels.filon import fourier_integrals, turns
from clt_sim._quadrature import legendre_rule
from clt_sim.exact.law import NoExactLaw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Functions = Callable[[NDArray[np.float64]], NDArray[np.complex128]]

NODES = 16
_NARROWEST = 1e-32
"""Beside 0, where a function that grows more slowly than its inverse has nothing left."""
NEGLIGIBLE = 1e-16
"""The half line is cut where what is left of the integrals is below this."""
_MOST_PANELS = 1200
MANY, _SMALL, _SLOW = 120, 1e-11, 1e-7
"""After so many panels, less is enough."""
_MOST_DOUBLINGS = 200
_FIRST_PIECES, _MOST_PIECES = 6, 8
_FEW = 4
"""While pieces take no more panels than this, many are taken at once."""


@dataclass(frozen=True, slots=True, eq=False)
class FourierPanels:
    """Functions on ``[0, infinity)``, expanded for Fourier integrals.

    Parameters
    ----------
    middle, half : ndarray of float64, shape (panels,)
        The panels.
    turned : ndarray of complex128, shape (functions, panels, NODES)
        Coefficients of Legendre polynomials, times those of their integrals.
    remainder : ndarray of float64, shape (functions,)
        What was cut off of the integral of each function, about.
    end : float
        Where that was.
    """

    middle: NDArray[np.float64]
    half: NDArray[np.float64]
    turned: NDArray[np.complex128]
    remainder: NDArray[np.float64]
    end: float

    @classmethod
    def of(
        cls,
        functions: Functions,
        tolerances: tuple[float, ...],
        noise: float,
        many: int = MANY,
    ) -> FourierPanels:
        """Expand functions, on panels as wide as they allow.

        Parameters
        ----------
        functions : callable
            Takes an array of any shape and returns an array with an axis more, in front: one
            entry for each function, the one that matters most last. None is above a few units, or
            near 0 above a few inverse units of its argument.
        tolerances : tuple of float
            For each function: its panels are split until the last coefficients times the width
            are below this.
        noise : float
            Their relative error, for each unit of their argument, as of the phase of a wave.
        many : int
            With so many panels, what is left of the last integral need be no smaller than 1e-11, or
            1e-7 if it falls by less than a tenth while the range doubles, as a power does.

        Raises
        ------
        NoExactLaw
            If the functions raise it near 0. Farther out that is where the half line is cut.
        """
        progress = _Progress(many)
        batches: list[_Panels] = []
        edges = np.append(0.0, 2.0 ** np.arange(_FIRST_PIECES))
        kept = -1
        while True:
            try:
                panels = _resolved(functions, edges, tolerances, noise)
            except NoExactLaw:  # floats do not tell what is left so far out
                if not batches:
                    raise
                if edges.size == 2:
                    kept = -1
                    break
                edges = edges[:2]
                continue
            kept = progress.advance(panels, edges.size - 1)
            batches.append(panels.where(panels.piece <= kept))
            if progress.ended:
                break
            edges = edges[-1] * 2.0 ** np.arange(progress.next_pieces + 1)
        return cls(
            np.concatenate([batch.middle for batch in batches]),
            np.concatenate([batch.half for batch in batches]),
            np.concatenate([batch.coefficients for batch in batches], axis=1) * turns(NODES),
            progress.remainder,
            float(edges[kept + 1]),
        )

    def integrals(self, y: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return ``integral f(t) exp(-i t y) dt`` over the half line.

        Parameters
        ----------
        y : ndarray of float64, shape (points,)
            Frequencies.

        Returns
        -------
        ndarray of complex128, shape (functions, points)
            One row for each function.
        """
        return fourier_integrals(self.middle, self.half, self.turned, y)


def panels_between(
    functions: Functions, start: float, tolerances: tuple[float, ...], noise: float
) -> int:
    """Return how many panels functions take from `start` to twice that."""
    return _resolved(functions, np.array([start, 2.0 * start]), tolerances, noise).half.size


@dataclass(frozen=True, slots=True, eq=False)
class _Panels:
    """Panels of several pieces of the half line, with the coefficients on each and their sums."""

    piece: NDArray[np.intp]
    middle: NDArray[np.float64]
    half: NDArray[np.float64]
    coefficients: NDArray[np.complex128]
    sizes: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> _Panels:
        """Return some of the panels."""
        return _Panels(
            self.piece[chosen],
            self.middle[chosen],
            self.half[chosen],
            self.coefficients[:, chosen],
            self.sizes[:, chosen],
        )

    @classmethod
    def together(cls, parts: list[_Panels]) -> _Panels:
        """Return all panels of several parts."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.piece for part in parts]),
            np.concatenate([part.middle for part in parts]),
            np.concatenate([part.half for part in parts]),
            np.concatenate([part.coefficients for part in parts], axis=1),
            np.concatenate([part.sizes for part in parts], axis=1),
        )

    def remainders(self, pieces: int) -> NDArray[np.float64]:
        """Return what the integral of each function beyond each piece may be.

        A power goes on over as much as the last panels; what oscillates cancels beyond one of
        them. The shape is (pieces, functions).
        """
        sizes, widths = np.zeros((pieces, self.sizes.shape[0])), np.zeros(pieces)
        np.maximum.at(sizes, self.piece, self.sizes.T)
        np.maximum.at(widths, self.piece, self.half)
        return 4.0 * widths[:, None] * sizes


class _Progress:
    """How far along the half line the integrals have come, by pieces that double.

    Attributes
    ----------
    ended : bool
        Whether what is left is small enough, or its panels are too many.
    remainder : ndarray of float64, shape (functions,)
        What is left of the integral of each function, about.
    next_pieces : int
        How many pieces to take at once: several while few panels are enough for each.
    """

    def __init__(self, many: int) -> None:
        self._many = many
        self.ended = False
        self.remainder: NDArray[np.float64] = np.array([np.inf])
        self.next_pieces = 1
        self._pieces = 0
        self._panels = 0

    def advance(self, panels: _Panels, pieces: int) -> int:
        """Go on over the pieces of some panels; return the last that is needed."""
        counts = np.bincount(panels.piece, minlength=pieces).tolist()
        for piece, remainder in enumerate(panels.remainders(pieces)):
            slow = self._pieces > 0 and bool(remainder[-1] > 0.1 * self.remainder[-1])
            self.remainder = remainder
            self._panels += counts[piece]
            self._pieces += 1
            if self._is_enough(slow=slow):
                self.ended = True
                return piece
        self.next_pieces = _MOST_PIECES if panels.half.size <= _FEW * pieces else 1
        return pieces - 1

    def _is_enough(self, *, slow: bool) -> bool:
        if self.remainder.max() < NEGLIGIBLE or self._panels > _MOST_PANELS // 2:
            return True
        if self._panels > self._many and self.remainder[-1] < (_SLOW if slow else _SMALL):
            return True
        return self._pieces > _MOST_DOUBLINGS


@functools.cache
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes, and the matrix from values at them to coefficients."""
    nodes, weights = legendre_rule(NODES)
    orders = np.arange(NODES)
    matrix = (orders[:, None] + 0.5) * weights * eval_legendre(orders[:, None], nodes)
    return nodes, matrix


def _resolved(
    functions: Functions,
    edges: NDArray[np.float64],
    tolerances: tuple[float, ...],
    noise: float,
) -> _Panels:
    """Return panels of the pieces between edges, split until they show the functions."""
    nodes, matrix = _rule()
    smallest = np.array(tolerances)[:, None]
    piece, middle, half = (
        np.arange(edges.size - 1),
        0.5 * (edges[1:] + edges[:-1]),
        0.5 * np.diff(edges),
    )
    done: list[_Panels] = []
    count = 0
    while True:
        values = functions(middle[:, None] + half[:, None] * nodes)
        coefficients = values @ matrix.T
        sizes = np.abs(coefficients)
        hidden = noise * (middle + half) * sizes.max(axis=2)
        last = sizes[:, :, -2:].max(axis=2)
        rough = np.any(last * half > np.maximum(smallest, hidden * half), axis=0)
        rough &= half > _NARROWEST
        panels = _Panels(piece, middle, half, coefficients, sizes.sum(axis=2))
        split = int(np.count_nonzero(rough))
        count += middle.size - split
        if not split or count + 2 * split > _MOST_PANELS:
            return _Panels.together([*done, panels])
        done.append(panels.where(~rough))
        quarter = 0.5 * half[rough]
        piece = np.concatenate([piece[rough], piece[rough]])
        middle = np.concatenate([middle[rough] - quarter, middle[rough] + quarter])
        half = np.concatenate([quarter, quarter])
