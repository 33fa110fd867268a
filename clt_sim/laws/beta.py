"""The beta law."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betainc, betaincinv, betaln, stdtr, xlogy

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import check_ends, finite, shape_parameter
from clt_sim.laws.base import Law, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_NODES = 4096
_BY_STUDENT = 1000.0
"""From these equal exponents on, Student's t law has more digits: of 2**19, SciPy 1.15's incomplete
beta function loses five."""


@registry.register
@dataclass(frozen=True, slots=True)
class Beta(Law):
    """The beta law, density ``y**(a - 1) (1 - y)**(b - 1)/B(a, b)`` for y in [0, 1].

    Parameters
    ----------
    a, b : float
        Exponents, above 0. Below 1 there is a pole at that end; 1 and 1 is the uniform law.
    low, high : float
        Ends of the interval to which [0, 1] is stretched, ``low < high``.

    Examples
    --------
    >>> Beta(2.0, 6.0).mean
    0.25
    """

    name: ClassVar[str] = "beta"

    a: float = 2.0
    b: float = 2.0
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "a", shape_parameter("a", self.a))
        object.__setattr__(self, "b", shape_parameter("b", self.b))
        object.__setattr__(self, "low", finite("low", self.low))
        object.__setattr__(self, "high", finite("high", self.high))
        check_ends(self.low, self.high)

    @property
    def _width(self) -> float:
        return self.high - self.low

    @property
    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    def _variance(self) -> float:
        """Return the variance ``a b w**2/((a + b)**2 (a + b + 1))`` with the width w."""
        total = self.a + self.b
        return self.a / total * (self.b / total) * self._width**2 / (total + 1.0)

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]``, exactly rounded: a binomial sum over the moments on [0, 1].

        These are the products of ``(a + i)/(a + b + i)`` for i below j.
        """
        a, b, low, high = map(Fraction, (self.a, self.b, self.low, self.high))
        total, product = Fraction(0), Fraction(1)
        for j in range(k + 1):
            total += math.comb(k, j) * low ** (k - j) * product
            product *= (high - low) * (a + j) / (a + b + j)
        return float(total)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density, inf at an end whose exponent is below 1."""
        x = real_numbers("x", x)
        outside = (x < self.low) | (x > self.high)
        from_low = np.where(outside, 0.5, (x - self.low) / self._width)
        from_high = np.where(outside, 0.5, (self.high - x) / self._width)
        logarithm = xlogy(self.a - 1.0, from_low) + xlogy(self.b - 1.0, from_high)
        density = np.exp(logarithm - betaln(self.a, self.b)) / self._width
        return np.where(outside, 0.0, density)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, a regularised incomplete beta function."""
        x = np.clip(real_numbers("x", x), self.low, self.high)
        if self.a == self.b >= _BY_STUDENT:
            return self._by_student(x)
        # The distance to the nearer end is exact.
        from_low = betainc(self.a, self.b, (x - self.low) / self._width)
        from_high = betainc(self.b, self.a, (self.high - x) / self._width)
        return np.where(x - self.low < self.high - x, from_low, 1.0 - from_high)

    def _by_student(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distribution function for equal exponents a.

        If T has Student's t law with 2a degrees of freedom, ``T/sqrt(2a + T**2)`` has the density
        of ``2Y - 1``, which is proportional to ``(1 - u**2)**(a - 1)``.
        """
        from_low, from_high = (x - self.low) / self._width, (self.high - x) / self._width
        # Not their difference: next to the middle it has no digits.
        from_middle = (x - (0.5 * self.low + 0.5 * self.high)) / self._width
        inside = from_low * from_high > 0.0
        t = from_middle * np.sqrt(2.0 * self.a / np.where(inside, from_low * from_high, 1.0))
        at_end = np.where(np.isnan(x), np.nan, from_high <= 0.0)
        return np.where(inside, stdtr(2.0 * self.a, t), at_end)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        from_low = betaincinv(self.a, self.b, q)
        from_high = betaincinv(self.b, self.a, 1.0 - q)
        left, right = self.low + self._width * from_low, self.high - self._width * from_high
        return np.where(from_low < 0.5, left, right)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[exp(i t X)]``; absolute error below ``1e-14 + 5e-16 |w t|`` with the width w.

        It is ``exp(i low t) 1F1(a, a + b, i w t)``, here by Gauss-Jacobi quadrature, whose
        weight is the density. The rule grows with the largest ``|w t|``.

        Raises
        ------
        ValueError
            If some t is not finite, or ``|w t|`` is above some 7800.
        """
        t = finite_numbers("t", t)
        half = 0.5 * self._width * t
        values = np.empty(t.shape, np.complex128)
        # Few sizes of rules, so that small arguments do not pay for large ones. The Chebyshev
        # coefficients of order m of exp(i h y) vanish as soon as m is above h.
        needed = 0.5 * np.abs(half) + 5.0 * np.cbrt(np.abs(half)) + 24.0
        if needed.size and needed.max() > _MOST_NODES:
            raise ValueError(
                f"t must be at most {1.9 * _MOST_NODES / self._width:.3g} in size for {self}: there"
                " it turns too often."
            )
        sizes = 2 ** np.ceil(np.log2(needed)).astype(np.int64)
        for size in np.unique(sizes):
            nodes, weights = _rule(self.a, self.b, int(size))
            chosen = sizes == size
            values[chosen] = np.exp(1j * np.multiply.outer(half[chosen], nodes)) @ weights
        return np.asarray(turned(0.5 * self.low + 0.5 * self.high, t) * values)


@functools.lru_cache(maxsize=32)
def _rule(a: float, b: float, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes on [-1, 1] and the weights, of sum 1, for the beta density.

    They are eigenvalues and squared first components of eigenvectors of the Jacobi matrix (Golub &
    Welsch, Math. Comp. 23, 1969); the recurrence is that of Gautschi, Orthogonal Polynomials,
    2004, table 1.1.
    """
    n, total = np.arange(1, size), a + b
    middle = (a - b) * (total - 2.0) / ((2 * n + total - 2.0) * (2 * n + total))
    diagonal = np.append((a - b) / total, middle)
    n = n[1:]
    above = 4.0 * n * (n + a - 1.0) * (n + b - 1.0) * (n + total - 2.0)
    below = (2 * n + total - 2.0) ** 2 * (2 * n + total - 1.0) * (2 * n + total - 3.0)
    squares = np.append(4.0 * a * b / (total**2 * (total + 1.0)), above / below)
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(squares))
    return np.asarray(nodes, np.float64), np.asarray(vectors[0] ** 2, np.float64)
