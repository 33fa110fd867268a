"""Piecewise polynomials as LaTeX."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clt_sim.laws import Piece


def cases(pieces: Iterable[Piece]) -> str:
    r"""Return the density ``f(x)`` as a LaTeX equation with a ``cases`` environment.

    Parameters
    ----------
    pieces : iterable of Piece
        Pieces of the density; those on which it is 0 are left to the last case.

    Examples
    --------
    >>> from clt_sim.laws import Wikipedia
    >>> print(cases(Wikipedia().pieces))
    f(x) = \begin{cases}
      x & 0 \le x < 1 \\
      \frac{1}{2} & 1 \le x < 2 \\
      0 & \text{otherwise}
    \end{cases}
    """
    rows = [
        rf"  {_polynomial(piece.coefficients)} & {_number(piece.low)} \le x < {_number(piece.high)}"
        for piece in pieces
        if any(piece.coefficients)
    ]
    lines = " \\\\\n".join([*rows, r"  0 & \text{otherwise}"])
    return f"f(x) = \\begin{{cases}}\n{lines}\n\\end{{cases}}"


def _polynomial(coefficients: Sequence[Fraction]) -> str:
    """Write over one denominator, highest power first."""
    denominator = math.lcm(*(value.denominator for value in coefficients))
    numerators = [int(value * denominator) for value in coefficients]
    signed = [
        f"{'-' if numerator < 0 else '+'} {_monomial(abs(numerator), power)}"
        for power, numerator in reversed(list(enumerate(numerators)))
        if numerator
    ]
    signed[0] = signed[0].removeprefix("+ ").replace("- ", "-")
    text = " ".join(signed)
    return text if denominator == 1 else rf"\frac{{{text}}}{{{denominator}}}"


def _monomial(factor: int, power: int) -> str:
    if power == 0:
        return str(factor)
    variable = "x" if power == 1 else f"x^{{{power}}}"
    return variable if factor == 1 else f"{factor}{variable}"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
