"""Edgeworth expansions: the law of a sum from its cumulants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.hermite_e import hermeval
from scipy.special import ndtr, ndtri

from clt_sim._array_validation import real_numbers
from clt_sim._validation import finite, positive, shown, whole
from clt_sim.theory.cumulants import Cumulants

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


HIGHEST_ORDER = 3
_FARTHEST = 1e30
_MOST = 1e100
"""Products of three larger numbers would overflow."""


@dataclass(frozen=True, slots=True)
class Edgeworth:
    """The Edgeworth expansion of a law about the normal law of its mean and variance.

    With ``z = (x - mean)/sd``, the standardised cumulants g, k, l of the orders 3, 4 and 5, and
    Hermite polynomials He, the distribution function is ``Phi(z) - phi(z) (g/6 He2 +
    [k/24 He3 + g^2/72 He5] + [l/120 He4 + g k/144 He6 + g^3/1296 He8])`` (Petrov, Sums of
    Independent Random Variables, 1975, section VI.1; Kolassa, Series Approximation Methods in
    Statistics, 2006, chapter 3). For sums of n terms of one law with a density the brackets are of
    the orders 1/sqrt(n), 1/n and n^-1.5, and the error is of the order after the last.

    It is an expansion and no law: the density may be negative and the distribution function
    outside [0, 1] or falling, most of all in the tails. The values are returned as they are.
    Lattice laws have jumps of the order 1/sqrt(n) that it leaves out.

    Parameters
    ----------
    cumulants : Cumulants
        Of the sum, up to the order ``2 + order`` at least.
    order : int
        From 0, the normal law, to 3: how many brackets are kept.

    Raises
    ------
    ValueError
        If the order is out of range, or a cumulant that it takes is missing or not finite.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.theory import sum_cumulants
    >>> sums = clt.WeightedSum(10, "exponential", weights=1.0)  # a gamma law
    >>> expansion = Edgeworth(sum_cumulants(sums), order=3)
    >>> exact = clt.laws.get("gamma(shape=10)")
    >>> abs(float(expansion.cdf(12.0) - exact.cdf(12.0))) < 3e-5
    True
    >>> normal = Edgeworth(sum_cumulants(sums), order=0)
    >>> round(abs(float(normal.cdf(12.0) - exact.cdf(12.0))), 3)
    0.021
    """

    cumulants: Cumulants
    order: int = 2

    def __post_init__(self) -> None:
        """Check that the cumulants are there."""
        order = whole("order", self.order, least=0, most=HIGHEST_ORDER)
        object.__setattr__(self, "order", order)
        if not isinstance(self.cumulants, Cumulants):
            raise TypeError(f"cumulants must be Cumulants, not {shown(self.cumulants)}.")
        used = self.cumulants.standardized[:order]
        if len(used) < order:
            raise ValueError(
                f"an expansion of order {order} takes cumulants to the order {order + 2},"
                f" not {self.cumulants.order}."
            )
        positive("the variance", self.cumulants.variance)
        for k, value in enumerate((self.cumulants.mean, *used), start=2):
            name = "the mean" if k == 2 else f"the standardised cumulant of order {k}"
            if abs(finite(name, value)) > _MOST:
                raise ValueError(f"{name} must be at most {_MOST:g} in size, not {value}.")

    @property
    def _used(self) -> tuple[float, float, float]:
        """The standardised cumulants of the orders 3, 4 and 5, or 0 beyond the order."""
        third, fourth, fifth = (*self.cumulants.standardized[: self.order], 0.0, 0.0, 0.0)[:3]
        return third, fourth, fifth

    @property
    def _hermite_coefficients(self) -> NDArray[np.float64]:
        """The coefficients of He1 to He9 in the density, those of He0 to He8 in the function."""
        g, k, fifth = self._used
        brackets = np.zeros((HIGHEST_ORDER, 9))
        brackets[0, 2] = g / 6.0
        brackets[1, [3, 5]] = k / 24.0, g**2 / 72.0
        brackets[2, [4, 6, 8]] = fifth / 120.0, g * k / 144.0, g**3 / 1296.0
        return np.asarray(brackets[: self.order].sum(axis=0))

    def _standardize(self, x: ArrayLike) -> NDArray[np.float64]:
        x = real_numbers("x", x)
        with np.errstate(over="ignore"):
            z = (x - self.cumulants.mean) / math.sqrt(self.cumulants.variance)
        # So far out the density is 0 and its product with a polynomial still is.
        return np.clip(z, -_FARTHEST, _FARTHEST)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the expansion of the density, which may be negative, in the shape of `x`."""
        z = self._standardize(x)
        series = hermeval(z, np.concatenate([[1.0], self._hermite_coefficients]))
        return np.asarray(_density(z) * series / math.sqrt(self.cumulants.variance))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the expansion of the distribution function, in the shape of `x`."""
        z = self._standardize(x)
        return np.asarray(ndtr(z) - _density(z) * hermeval(z, self._hermite_coefficients))

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the expansion of the survival function, in the shape of `x`."""
        z = self._standardize(x)
        return np.asarray(ndtr(-z) + _density(z) * hermeval(z, self._hermite_coefficients))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the Cornish-Fisher expansion of the quantiles, in the shape of `p`.

        It is not the inverse of `cdf`: it has the same order, not the same remainder.
        """
        z = cornish_fisher(p, self.cumulants, order=self.order)
        return np.asarray(self.cumulants.mean + math.sqrt(self.cumulants.variance) * z)

    def __str__(self) -> str:
        """Say the order and the cumulants."""
        used = ", ".join(f"{value:.6g}" for value in self.cumulants.standardized[: self.order])
        return f"Edgeworth expansion of order {self.order} (cumulants {used or 'of the normal'})"


def cornish_fisher(p: ArrayLike, cumulants: Cumulants, *, order: int = 2) -> NDArray[np.float64]:
    """Return the Cornish-Fisher expansion of the standardised quantiles.

    With ``z = Phi^-1(p)`` and standardised cumulants g, k, l it is ``z + g/6 (z^2 - 1) +
    [k/24 (z^3 - 3z) - g^2/36 (2z^3 - 5z)] + [l/120 (z^4 - 6z^2 + 3) - g k/24 (z^4 - 5z^2 + 2) +
    g^3/324 (12z^4 - 53z^2 + 17)]`` (Fisher & Cornish, The percentile points of distributions having
    known cumulants, Technometrics 2, 1960). It may fall where p rises.

    Parameters
    ----------
    p : array_like
        Probabilities.
    cumulants : Cumulants
        Up to the order ``2 + order`` at least.
    order : int
        From 0 to 3: how many brackets are kept.

    Returns
    -------
    ndarray of float64
        In the shape of `p`; infinite or nan at 0 and 1, nan outside.

    Raises
    ------
    ValueError
        If the order is out of range, or a cumulant that it takes is missing or not finite.

    Examples
    --------
    >>> from clt_sim.theory import Cumulants
    >>> gamma = Cumulants(mean=10.0, variance=10.0, standardized=(2 / 10**0.5, 0.6))
    >>> round(10.0 + 10.0**0.5 * float(cornish_fisher(0.95, gamma)), 3)  # exactly 15.705
    15.708
    """
    series = Edgeworth(cumulants, order)
    g, k, fifth = series._used
    normal = np.asarray(ndtri(real_numbers("p", p)))
    # The correction at an end may be infinite of either sign; the end stays where it is.
    z = np.where(np.isinf(normal), np.nan, normal)
    brackets = [
        g / 6.0 * (z**2 - 1.0),
        k / 24.0 * (z**3 - 3.0 * z) - g**2 / 36.0 * (2.0 * z**3 - 5.0 * z),
        fifth / 120.0 * (z**4 - 6.0 * z**2 + 3.0)
        - g * k / 24.0 * (z**4 - 5.0 * z**2 + 2.0)
        + g**3 / 324.0 * (12.0 * z**4 - 53.0 * z**2 + 17.0),
    ]
    w = sum(brackets[: series.order], start=z)
    return np.where(np.isinf(normal), normal, w)


@np.errstate(over="ignore")
def _density(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-0.5 * z * z) / math.sqrt(math.tau)
