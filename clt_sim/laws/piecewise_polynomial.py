"""Laws whose density is made of polynomial pieces."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.laws.base import Law, Piece
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Wikipedia(Law):
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
    def support(self) -> tuple[float, float]:
        """The interval [0, 2]."""
        return 0.0, 2.0

    @property
    def kinks(self) -> tuple[float, ...]:
        """The jump at 1."""
        return (1.0,)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The two pieces."""
        zero, one, half = Fraction(0), Fraction(1), Fraction(1, 2)
        return (Piece(zero, one, (zero, one)), Piece(one, Fraction(2), (half,)))

    def _moment(self, k: int) -> float:
        """Return ``1/(k+2) + (2^(k+1) - 1)/(2(k+1))``, exactly rounded."""
        return float(Fraction(1, k + 2) + Fraction(2 ** (k + 1) - 1, 2 * (k + 1)))

    @property
    def variance(self) -> float:
        """The variance 35/144."""
        return 35.0 / 144.0

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = np.asarray(x, np.float64)
        inside = (x >= 0.0) & (x < 2.0)
        return np.where(inside, np.where(x < 1.0, x, 0.5), 0.0)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        x = np.clip(np.asarray(x, np.float64), 0.0, 2.0)
        return np.where(x < 1.0, 0.5 * x * x, 0.5 * x)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return ``sqrt(2p)`` below p = 1/2, then ``2p``."""
        p = np.asarray(p, np.float64)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        return np.where(q < 0.5, np.sqrt(2.0 * q), 2.0 * q)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return the integral of ``exp(itx)`` against both pieces.

        The closed form ``(e^(it)(1 - it) - 1)/t^2 + (e^(2it) - e^(it))/(2it)`` cancels near 0;
        for ``|t| < 1`` the Taylor series with the exact moments is used, whose 26 terms leave
        less than 1e-16.
        """
        t = np.asarray(t, np.float64)
        away = np.where(np.abs(t) < 1.0, 1.0, t)
        turn = np.exp(1j * away)
        closed = (turn * (1.0 - 1j * away) - 1.0) / away**2 + (turn**2 - turn) / (2j * away)
        near = np.where(np.abs(t) < 1.0, t, 0.0)
        series = np.zeros(t.shape, np.complex128)
        factorial = 1.0
        for k in range(26):
            series += self._moment(k) / factorial * (1j * near) ** k
            factorial *= k + 1
        return np.where(np.abs(t) < 1.0, series, closed)
