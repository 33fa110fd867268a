"""Density, distribution and survival function in double precision, with relative accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.bernstein import BernsteinPiece

_CHUNK = 2048
"""Points evaluated together, so that the working arrays stay small and in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class RoundedSpline:
    """Bernstein coefficients of a density and of its two integrals, each rounded once.

    Parameters
    ----------
    high, low : ndarray of float64, shape (p + 1,)
        The ends of the p intervals are ``high + low``: high is the nearest float, low the
        rest, so that the distance to an end such as 1/3 has full relative accuracy.
    width : ndarray of float64, shape (p,)
        Widths of the intervals.
    density : ndarray of float64, shape (p, d + 1)
        Coefficients of the density, of degree d, none below 0.
    cdf, sf : ndarray of float64, shape (p, d + 2)
        Coefficients of the distribution and of the survival function. They are kept apart, as
        each is accurate in the tail in which the other is 1 minus something small.
    first : ndarray of float64, shape (p + 1,)
        The least float that is not below each end.
    """

    high: NDArray[np.float64]
    low: NDArray[np.float64]
    width: NDArray[np.float64]
    density: NDArray[np.float64]
    cdf: NDArray[np.float64]
    sf: NDArray[np.float64]
    first: NDArray[np.float64]

    @classmethod
    def from_pieces(cls, pieces: Sequence[BernsteinPiece]) -> RoundedSpline:
        """Round exact pieces, which must be ascending and without gaps."""
        ends = [pieces[0].low, *(piece.high for piece in pieces)]
        high = [float(end) for end in ends]
        low = [float(end - Fraction(near)) for end, near in zip(ends, high, strict=True)]
        return cls(
            high=np.array(high),
            low=np.array(low),
            width=np.array([float(piece.high - piece.low) for piece in pieces]),
            density=np.array([piece.floats for piece in pieces]),
            cdf=np.array(_running_integrals(pieces)),
            sf=np.array(_running_integrals([p.reflected() for p in reversed(pieces)]))[::-1, ::-1],
            first=np.where(np.array(low) > 0.0, np.nextafter(high, math.inf), high),
        )

    @property
    def error(self) -> float:
        """Bound on the relative error of a value of density, cdf or sf.

        In units of 2^-53: the distance to an end takes three roundings (the subtraction of
        high, of low, and low itself), the division by the width two more (the quotient and the
        width itself); every one of the degree levels of de Casteljau multiplies by such a
        number, and rounds the product and the sum; the coefficients were rounded once. As all
        terms are at least 0, relative errors add up and are never amplified. The bound holds
        for values above 1e-300, where no product underflows that matters.
        """
        degree = int(self.cdf.shape[1]) - 1
        roundings = (3 + 2 + 2) * degree + 1
        return roundings * 2.0**-53 / (1.0 - roundings * 2.0**-53)

    def evaluate(
        self, coefficients: NDArray[np.float64], x: ArrayLike, *, below: float, above: float
    ) -> NDArray[np.float64]:
        """Return the function with the given coefficients, in the shape of `x`.

        Parameters
        ----------
        coefficients : ndarray of float64, shape (p, k)
            One of `density`, `cdf` and `sf`.
        x : array_like
            Points; nan gives nan.
        below, above : float
            Values left of the support, and from its right end on.
        """
        x = np.asarray(x, np.float64)
        result = np.full(x.shape, np.nan)
        result[x < self.first[0]] = below
        result[x >= self.first[-1]] = above
        inside = (x >= self.first[0]) & (x < self.first[-1])
        points = x[inside]
        rows = np.searchsorted(self.first, points, side="right") - 1
        u = ((points - self.high[rows]) - self.low[rows]) / self.width[rows]
        v = ((self.high[rows + 1] - points) + self.low[rows + 1]) / self.width[rows]
        result[inside] = de_casteljau(coefficients, rows, u, v)
        return result


def de_casteljau(
    coefficients: NDArray[np.float64],
    rows: NDArray[np.intp],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``sum_i b_i C(d, i) u^i v^(d-i)`` with b a row of coefficients for every point.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (p, d + 1)
        The rows b.
    rows : ndarray of int, shape (size,)
        Which row each point takes.
    u, v : ndarray of float64, shape (size,)
        Barycentric coordinates in [0, 1].

    Returns
    -------
    ndarray of float64, shape (size,)
        The values; the memory in use beyond them does not grow with size.
    """
    values = np.empty(u.shape)
    for start in range(0, u.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        level = coefficients[rows[part]].T
        while len(level) > 1:
            level = level[:-1] * v[part] + level[1:] * u[part]
        values[part] = level[0]
    return values


def _running_integrals(pieces: Sequence[BernsteinPiece]) -> list[list[float]]:
    """Return the rounded coefficients of the integral from the first end on."""
    total = Fraction(0)
    rows = []
    for piece in pieces:
        integral = piece.integral(total)
        total = Fraction(integral.numerators[-1], integral.denominator)
        rows.append(integral.floats)
    return rows
