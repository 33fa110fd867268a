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
from scipy.special import eval_legendre, spherical_jn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Functions = Callable[[NDArray[np.float64]], NDArray[np.complex128]]

NODES = 16
_NARROWEST = 1e-32
"""Beside 0, where a function that grows more slowly than its inverse has nothing left."""
NEGLIGIBLE = 1e-16
"""The half line is cut where what is left of the integrals is below this."""
_MOST_PANELS = 1200
_MANY, _SMALL, _SLOW = 120, 1e-11, 1e-7
"""With so many panels, what is left of the last integral need be no smaller than this: the last
if it falls by less than a tenth while the range doubles, as a power does."""
_MOST_DOUBLINGS = 200
_CHUNK = 2**21
"""Bessel functions that are kept at once."""


@dataclass(frozen=True, slots=True, eq=False)
class FourierPanels:
    """Functions on ``[0, infinity)``, expanded for Fourier integrals.

    Parameters
    ----------
    middle, half : ndarray of float64, shape (panels,)
        The panels.
    coefficients : ndarray of complex128, shape (functions, panels, NODES)
        Of Legendre polynomials.
    remainder : ndarray of float64, shape (functions,)
        What was cut off of the integral of each function, about.
    end : float
        Where that was.
    """

    middle: NDArray[np.float64]
    half: NDArray[np.float64]
    coefficients: NDArray[np.complex128]
    remainder: NDArray[np.float64]
    end: float

    @classmethod
    def of(cls, functions: Functions, tolerances: tuple[float, ...], noise: float) -> FourierPanels:
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
        """
        accuracy = tolerances, noise
        parts = [_resolved(functions, 0.0, 1.0, *accuracy)]
        end, panels = 1.0, parts[0][0].size
        remainder, slow = _rest(parts[-1]), False
        for _ in range(_MOST_DOUBLINGS):
            if np.all(remainder < NEGLIGIBLE) or panels > _MOST_PANELS // 2:
                break
            if panels > _MANY and remainder[-1] < (_SLOW if slow else _SMALL):
                break
            before, parts = remainder, [*parts, _resolved(functions, end, 2.0 * end, *accuracy)]
            remainder = _rest(parts[-1])
            slow = bool(remainder[-1] > 0.1 * before[-1])
            panels += parts[-1][0].size
            end *= 2.0
        middle, half, coefficients = (
            np.concatenate(each, axis=axis)
            for axis, each in zip((0, 0, 1), zip(*parts, strict=True), strict=True)
        )
        return cls(middle, half, coefficients, remainder, end)

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
        result = np.empty((self.coefficients.shape[0], y.size), np.complex128)
        step = max(1, _CHUNK // (self.half.size * NODES))
        for first in range(0, y.size, step):
            part = slice(first, first + step)
            result[:, part] = self._integrals(y[part])
        return result

    def _integrals(self, y: NDArray[np.float64]) -> NDArray[np.complex128]:
        angles = np.outer(self.half, y)
        signs = np.where(angles < 0.0, -1.0, 1.0)
        orders = np.arange(NODES)
        # j_k is even or odd as k is.
        waves = spherical_jn(orders[:, None, None], np.abs(angles)) * signs ** (
            orders[:, None, None] % 2
        )
        turned = self.coefficients * (2.0 * (-1j) ** orders)
        within = np.einsum("fpk,kpy->fpy", turned, waves, optimize=True)
        shifts = self.half[:, None] * np.exp(-1j * np.outer(self.middle, y))
        return np.asarray(np.einsum("fpy,py->fy", within, shifts))


def panels_between(
    functions: Functions, start: float, tolerances: tuple[float, ...], noise: float
) -> int:
    """Return how many panels functions take from `start` to twice that."""
    return _resolved(functions, start, 2.0 * start, tolerances, noise)[0].size


@functools.cache
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes, and the matrix from values at them to coefficients."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    orders = np.arange(NODES)
    matrix = (orders[:, None] + 0.5) * weights * eval_legendre(orders[:, None], nodes)
    return nodes, matrix


def _resolved(
    functions: Functions,
    low: float,
    high: float,
    tolerances: tuple[float, ...],
    noise: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.complex128]]:
    """Return panels of an interval, with the coefficients on each."""
    nodes, matrix = _rule()
    middle, half = np.array([0.5 * (low + high)]), np.array([0.5 * (high - low)])
    done: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.complex128]]] = []
    count = 0
    while middle.size:
        values = functions(middle[:, None] + half[:, None] * nodes)
        coefficients = values @ matrix.T
        sizes = np.abs(coefficients)
        hidden = noise * (middle + half) * sizes.max(axis=2)
        last = sizes[:, :, -2:].max(axis=2)
        rough = np.any(
            last * half > np.maximum(np.array(tolerances)[:, None], hidden * half), axis=0
        )
        rough &= half > _NARROWEST
        count += int(np.count_nonzero(~rough))
        if count + 2 * np.count_nonzero(rough) > _MOST_PANELS:
            rough[:] = False
        done.append((middle[~rough], half[~rough], coefficients[:, ~rough]))
        quarter = 0.5 * half[rough]
        middle = np.concatenate([middle[rough] - quarter, middle[rough] + quarter])
        half = np.concatenate([quarter, quarter])
    return (
        np.concatenate([part[0] for part in done]),
        np.concatenate([part[1] for part in done]),
        np.concatenate([part[2] for part in done], axis=1),
    )


def _rest(
    part: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.complex128]],
) -> NDArray[np.float64]:
    """Return what the integral of each function beyond these panels may be.

    A power goes on over as much as the last panels; what oscillates cancels beyond one of them.
    """
    _, half, coefficients = part
    return np.asarray(np.abs(coefficients).sum(axis=2).max(axis=1) * (4.0 * half.max()))
