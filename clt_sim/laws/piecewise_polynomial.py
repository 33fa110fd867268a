"""Laws whose density is made of polynomial pieces."""

from __future__ import annotations

import functools
import itertools
import numbers
import re
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import checked_row, finite, shown
from clt_sim.laws.base import Law, Piece, angles, no_density
from clt_sim.laws.inversion import invert
from clt_sim.laws.polynomials import Polynomial, fourier_integral
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SLACK = 1e-9

_LONG_EXPONENT = re.compile(r"[eE][+-]?[0-9_]{4}")


class PolynomialPieces(Law):
    """A law whose density is made of polynomial pieces: the facts that follow from these."""

    __slots__ = ()

    @property
    @abstractmethod
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces, each beginning where the last one ends."""

    @property
    def support(self) -> tuple[float, float]:
        """From the first knot to the last."""
        return float(self.pieces[0].low), float(self.pieces[-1].high)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The inner knots at which the polynomial changes."""
        return tuple(
            float(left.high)
            for left, right in itertools.pairwise(self.pieces)
            if left.coefficients != right.coefficients
        )

    def _moment(self, k: int) -> float:
        """Return the sum of the integrals of ``x**k`` over the pieces, exactly rounded."""
        return float(self._exact_moment(k))

    def _variance(self) -> float:
        """Return the variance, exactly rounded."""
        return float(self._exact_moment(2) - self._exact_moment(1) ** 2)

    def _exact_moment(self, k: int) -> Fraction:
        zeros = (Fraction(0),) * k
        return sum(
            (
                Polynomial(zeros + piece.coefficients).integral(piece.low, piece.high)
                for piece in self.pieces
            ),
            Fraction(0),
        )

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return the sum of the Fourier integrals of the pieces."""
        t = finite_numbers("t", t)
        angles(max(map(abs, self.support)), t)
        total = np.zeros(t.shape, np.complex128)
        for piece in self.pieces:
            density = Polynomial(piece.coefficients)
            total += fourier_integral(density, piece.low, piece.high, t)
        return total


@registry.register
@dataclass(frozen=True, slots=True)
class Wikipedia(PolynomialPieces):
    """The law of Wikipedia's "Illustration of the central limit theorem".

    Its density is ``x`` on [0, 1) and ``1/2`` on [1, 2); the mean is 13/12, the variance 35/144.
    The article calls it piecewise polynomial, with pieces of degree 0 and 1; the pieces
    themselves are read off its picture.

    Examples
    --------
    >>> Wikipedia().mean == 13 / 12
    True
    """

    name: ClassVar[str] = "wikipedia"
    kernel: ClassVar[int] = 5

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The two pieces."""
        zero, one, half = Fraction(0), Fraction(1), Fraction(1, 2)
        return (Piece(zero, one, (zero, one)), Piece(one, Fraction(2), (half,)))

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = real_numbers("x", x)
        inside = (x >= 0.0) & (x < 2.0)
        return np.where(inside, np.where(x < 1.0, x, 0.5), no_density(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        x = np.clip(real_numbers("x", x), 0.0, 2.0)
        return np.where(x < 1.0, 0.5 * x * x, 0.5 * x)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return ``sqrt(2p)`` below p = 1/2, then ``2p``."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        return np.where(q < 0.5, np.sqrt(2.0 * q), 2.0 * q)


@registry.register
@dataclass(frozen=True, slots=True)
class PiecewisePolynomial(PolynomialPieces):
    """A law whose density is any polynomial between knots; by default that of "wikipedia".

    Parameters
    ----------
    knots : iterable of number or str
        Where the pieces begin and end, rising; numbers, or text such as ``"1/3"``. All are kept
        as exact fractions.
    coefficients : iterable of iterables of number or str
        The density between ``knots[i]`` and ``knots[i + 1]`` is
        ``sum(c * x**k for k, c in enumerate(coefficients[i]))``. It must not be negative, nor 0
        in the first and the last piece; ``(0,)`` in between is a gap. The total mass must be 1,
        within 1e-9 if one of the numbers is a float; it is then made exactly 1.

    Examples
    --------
    >>> law = PiecewisePolynomial(knots=(-1, 1), coefficients=(("3/4", 0, "-3/4"),))
    >>> law.variance
    0.2
    >>> print(law)
    piecewise-polynomial(knots=(-1, 1), coefficients=(('3/4', 0, '-3/4'),))
    """

    name: ClassVar[str] = "piecewise-polynomial"

    knots: tuple[Fraction, ...] = (Fraction(0), Fraction(1), Fraction(2))
    coefficients: tuple[tuple[Fraction, ...], ...] = ((Fraction(0), Fraction(1)), (Fraction(1, 2),))

    def __init__(
        self,
        knots: Iterable[float | str] = (0, 1, 2),
        coefficients: Iterable[Iterable[float | str]] = ((0, 1), ("1/2",)),
    ) -> None:
        exact_knots, rounded = _row("knots", knots)
        rows = []
        for i, row in enumerate(_iterable("coefficients", coefficients)):
            exact, inexact = _row(f"coefficients[{i}]", row)
            rows.append(Polynomial(exact))
            rounded = rounded or inexact
        _check_knots(exact_knots, len(rows))
        _check_signs(exact_knots, rows)
        total = _mass(exact_knots, rows)
        if abs(total - 1) > (_SLACK if rounded else 0):
            allowed = f"within {_SLACK}" if rounded else "exactly"
            raise ValueError(f"the mass of all pieces must be {allowed} 1, not {total}.")
        scaled = tuple(tuple(c / total for c in row.coefficients) for row in rows)
        object.__setattr__(self, "knots", exact_knots)
        object.__setattr__(self, "coefficients", scaled)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces between the knots."""
        return tuple(
            Piece(low, high, row)
            for (low, high), row in zip(
                itertools.pairwise(self.knots), self.coefficients, strict=True
            )
        )

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = real_numbers("x", x)
        density = no_density(x)
        for piece in self.pieces:
            inside = (x >= float(piece.low)) & (x < float(piece.high))
            row = Polynomial(piece.coefficients)
            density[inside] = row.between(piece.low, piece.high, x[inside])
        return density

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        x = real_numbers("x", x)
        result = np.where(np.isnan(x), np.nan, (x >= float(self.knots[-1])).astype(np.float64))
        for piece, primitive in zip(self.pieces, _primitives(self), strict=True):
            inside = (x >= float(piece.low)) & (x < float(piece.high))
            result[inside] = primitive.between(piece.low, piece.high, x[inside])
        return np.clip(result, 0.0, 1.0)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function, by root finding inside the piece that holds it."""
        p = real_numbers("p", p)
        flat = p.ravel()
        result = np.full(flat.shape, np.nan)
        result[flat == 0.0], result[flat == 1.0] = self.support
        inner = (flat > 0.0) & (flat < 1.0)
        knots = np.array([*map(float, self.knots)])
        pairs = zip(_primitives(self), self.knots[:-1], strict=True)
        heights = np.array([*(float(primitive(knot)) for primitive, knot in pairs), 1.0])
        # The first knot that is high enough ends the piece, so that no solution is in a gap.
        row = np.searchsorted(heights, flat[inner])
        result[inner] = invert(self.cdf, self.pdf, flat[inner], knots[row - 1], knots[row])
        return result.reshape(p.shape)


@functools.lru_cache(maxsize=64)
def _primitives(law: PiecewisePolynomial) -> tuple[Polynomial, ...]:
    """Return the polynomials that the distribution function is made of."""
    mass = Fraction(0)
    primitives = []
    for piece in law.pieces:
        rising = Polynomial(piece.coefficients).primitive()
        primitives.append(rising.plus(mass - rising(piece.low)))
        mass = primitives[-1](piece.high)
    return tuple(primitives)


def _iterable(argument: str, values: object) -> list[object]:
    return list(checked_row(argument, values))


def _row(argument: str, values: object) -> tuple[tuple[Fraction, ...], bool]:
    """Return exact numbers, and whether one of them was a float."""
    row = _iterable(argument, values)
    if not row:
        raise ValueError(f"{argument} must be at least one number.")
    exact = tuple(_fraction(f"{argument}[{i}]", value) for i, value in enumerate(row))
    return exact, any(isinstance(value, float) for value in row)


def _fraction(argument: str, value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, numbers.Rational | float | str):
        raise TypeError(f"{argument} must be a number or text such as '1/2', not {shown(value)}.")
    # Fraction("1e999999999") would not come back.
    if isinstance(value, str) and _LONG_EXPONENT.search(value):
        raise ValueError(f"{argument} must have an exponent of 3 digits, not {shown(value)}.")
    try:
        fraction = Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(f"{argument} must be a finite number, not {shown(value)}.") from None
    finite(argument, fraction)
    return fraction


def _check_knots(knots: tuple[Fraction, ...], pieces: int) -> None:
    if len(knots) != pieces + 1:
        raise ValueError(
            f"knots must be one more than the pieces in coefficients: {pieces + 1}, not"
            f" {len(knots)}."
        )
    for low, high in itertools.pairwise(map(float, knots)):
        if not low < high:
            raise ValueError(f"knots must rise; {high} comes after {low}.")


def _check_signs(knots: tuple[Fraction, ...], rows: list[Polynomial]) -> None:
    for i in (0, len(rows) - 1):
        if not any(rows[i].coefficients):
            raise ValueError(f"coefficients[{i}] must not be 0: the support begins or ends there.")
    for i, row in enumerate(rows):
        x = row.negative_at(knots[i], knots[i + 1])
        if x is not None:
            raise ValueError(f"coefficients[{i}] must not be negative; at {float(x)} it is.")


def _mass(knots: tuple[Fraction, ...], rows: list[Polynomial]) -> Fraction:
    masses = (
        row.integral(*ends) for row, ends in zip(rows, itertools.pairwise(knots), strict=True)
    )
    return sum(masses, Fraction(0))
