"""Student's t law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import beta, betainc, betaincc, betaincinv, gammaln, kve

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite, positive, shape_parameter
from clt_sim.laws.base import Law, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_BESSEL = 20.0
"""For more degrees of freedom the logarithm of the Bessel function is too large for its digits."""

_POWER = 1e-30
"""Where ``df/(df + z**2)`` is less than this, the tails are powers."""

_TAIL = 0.1
"""Where less mass is beyond, the share of the rest has lost digits of it."""


@registry.register
@dataclass(frozen=True, slots=True)
class StudentT(Law):
    """Student's t law: a normal variable over the root of an independent mean of squares.

    Parameters
    ----------
    df : float
        Degrees of freedom, above 0; the exponent of the tails. 1 is the Cauchy law.
    location : float
        Median and mode; the mean where there is one.
    scale : float
        Above 0; not the standard deviation.

    Examples
    --------
    >>> StudentT(df=4.0).variance
    2.0
    >>> StudentT(df=4.0).moment(4)
    inf
    """

    name: ClassVar[str] = "student-t"

    df: float = 5.0
    location: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "df", shape_parameter("df", self.df))
        object.__setattr__(self, "location", finite("location", self.location))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def tail_index(self) -> float:
        """The degrees of freedom."""
        return self.df

    @property
    def exponential_index(self) -> float:
        """None: the tails are heavier than any exponential."""
        return 0.0

    def _variance(self) -> float:
        """Return the variance, inf for df up to 2, nan where there is no mean."""
        if self.df <= 2.0:
            return math.inf if self.df > 1.0 else math.nan
        return self.scale**2 * self.df / (self.df - 2.0)

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]``: a binomial sum over the even central moments.

        They are the products of ``(2 i - 1) df scale**2/(df - 2 i)`` for i up to j/2 (Johnson, Kotz
        & Balakrishnan, Continuous Univariate Distributions 2, 1995, chapter 28). Where `k` is not
        below df it is inf for even `k`, nan for odd.
        """
        if k >= self.df:
            return math.inf if k % 2 == 0 else math.nan
        return math.fsum(
            math.comb(k, j) * self.location ** (k - j) * self._central_moment(j)
            for j in range(0, k + 1, 2)
        )

    def _central_moment(self, j: int) -> float:
        factors = ((2 * i - 1) * self.df / (self.df - 2 * i) for i in range(1, j // 2 + 1))
        return math.prod(factors, start=1.0) * self.scale**j

    def _z(self, x: ArrayLike) -> NDArray[np.float64]:
        return (real_numbers("x", x) - self.location) / self.scale

    @property
    def _tail_constant(self) -> float:
        """The limit of ``(|z|/sqrt(df))**-df`` over ``P(|Z| > |z|)``."""
        return 0.5 * self.df * float(beta(0.5, 0.5 * self.df))

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density, proportional to ``(1 + z**2/df)**(-(df + 1)/2)``."""
        size = np.abs(self._z(x)) / math.sqrt(self.df)
        # The square would overflow where the density need not be 0 yet.
        square = np.minimum(size, 1e100) ** 2
        logarithm = np.where(size > 1e100, 2.0 * np.log(np.maximum(size, 1.0)), np.log1p(square))
        peak = 1.0 / (math.sqrt(self.df) * self.scale * float(beta(0.5, 0.5 * self.df)))
        with np.errstate(under="ignore"):
            return np.asarray(peak * np.exp(-0.5 * (self.df + 1.0) * logarithm))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, a regularised incomplete beta function."""
        z = self._z(x)
        with np.errstate(over="ignore"):
            square = z * z
        # Of these two shares, whose sum is 1, the lesser has its digits.
        outer = self.df / (self.df + np.maximum(square, self.df))
        inner = np.minimum(square, self.df) / (self.df + np.minimum(square, self.df))
        far, near = betainc(0.5 * self.df, 0.5, outer), betaincc(0.5, 0.5 * self.df, inner)
        size = np.maximum(np.abs(z) / math.sqrt(self.df), 1.0)
        with np.errstate(under="ignore"):
            power = size**-self.df / self._tail_constant
        tail = 0.5 * np.where(square > self.df, np.where(outer < _POWER, power, far), near)
        return np.where(z < 0.0, tail, 1.0 - tail)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        tail, middle = np.minimum(q, 1.0 - q), np.abs(2.0 * q - 1.0)
        # From the tail where the outer share is the lesser one, from the median elsewhere.
        outer = betaincinv(0.5 * self.df, 0.5, 2.0 * tail)
        inner = betaincinv(0.5, 0.5 * self.df, middle)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            ratio = np.where(outer < 0.5, (1.0 - outer) / outer, inner / (1.0 - inner))
            power = (2.0 * tail * self._tail_constant) ** (-1.0 / self.df)
        size = math.sqrt(self.df) * np.where(outer < _POWER, power, np.sqrt(ratio))
        size = np.where((outer >= _POWER) & (tail < _TAIL), self._corrected(size, tail), size)
        z = np.copysign(size, q - 0.5)
        return np.asarray(self.location + self.scale * z)

    def _corrected(
        self, size: NDArray[np.float64], tail: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return standard quantiles after a step of Newton's method to the mass beyond."""
        standard = StudentT(self.df)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(size + (standard.cdf(-size) - tail) / standard.pdf(size))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[exp(i t X)]``; absolute error below 1e-13.

        Up to 20 degrees of freedom it is the closed form with a modified Bessel function K
        (Hurst, The characteristic function of the Student t distribution, 1995), for more the
        average of ``exp(-(t scale)**2/(2 g))`` over the mean of squares g.
        """
        t = finite_numbers("t", t)
        s = np.abs(self.scale * t)
        size = _by_bessel(self.df, s) if self.df <= _BESSEL else _by_mixture(self.df, s)
        turn: NDArray[np.complex128] = turned(self.location, t)
        return np.asarray(turn * size)


def _by_bessel(df: float, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``y**n K_n(y)/(2**(n - 1) Gamma(n))`` with ``n = df/2`` and ``y = sqrt(df) s``."""
    order = 0.5 * df
    y = math.sqrt(df) * s
    size = kve(order, y)
    # Where K overflows, y is so small that the value rounds to 1; where K is lost, to 0.
    inside = np.isfinite(size) & (y > 0.0)
    y, size = np.where(inside, y, 1.0), np.where(inside, size, 1.0)
    constant = (order - 1.0) * math.log(2.0) + float(gammaln(order))
    with np.errstate(under="ignore", divide="ignore"):
        value = np.exp(order * np.log(y) + np.log(size) - y - constant)
    return np.where(inside, value, np.where(s < 1.0, 1.0, 0.0))


def _by_mixture(df: float, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the average of ``exp(-s**2/(2 g))`` by the trapezoidal rule over ``log g``.

    The density of ``log g`` is proportional to ``exp(n (w + 1 - exp(w)))`` with ``n = df/2``,
    nearly normal with variance 1/n. The integrand is analytic in a strip of many times that
    width, so that the rule converges geometrically.
    """
    order = 0.5 * df
    w = np.arange(-16.0, 12.0, 0.2) / math.sqrt(order)
    weights = np.exp(order * (w - np.expm1(w)))
    with np.errstate(under="ignore", over="ignore"):
        terms = np.exp(-0.5 * (s * s)[..., None] * np.exp(-w))
    return np.asarray(terms @ weights / weights.sum())
