"""Saddlepoint approximations: densities and tails with a small relative error."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from clt_sim._array_validation import real_numbers
from clt_sim._quadrature import gauss_legendre
from clt_sim.laws.inversion import invert
from clt_sim.theory.generating_function import CumulantGeneratingFunction

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.models import WeightedSum

_NEAR = 1.0
"""Up to this signed root the difference of its inverse and the other's is integrated."""
_WIDEST = 2.0**30
"""The largest tilt, in units of one over the standard deviation."""


@dataclass(frozen=True, slots=True)
class Saddlepoint:
    """The saddlepoint approximation to the law of a sum with independent terms.

    With the cumulant generating function K and ``K'(s) = x`` the density is
    ``exp(K(s) - s x)/sqrt(2 pi K''(s))`` (Daniels, Saddlepoint approximations in statistics, Annals
    of Mathematical Statistics 25, 1954, equation 2.6), and the survival function
    ``Q(w) + phi(w) (1/u - 1/w)`` with ``w = sign(s) sqrt(2 (s x - K(s)))`` and
    ``u = s sqrt(K''(s))`` (Lugannani & Rice, Saddle point approximation for the distribution of the
    sum of independent random variables, Advances in Applied Probability 12, 1980). For n terms
    of one law the relative errors are of the order 1/n, in the tails as in the middle.

    The density is not normalised, so that its error is seen. Atoms that the law has besides a
    density are smoothed over.

    Parameters
    ----------
    model : WeightedSum
        A sum as `CumulantGeneratingFunction` takes it, with a density.

    Attributes
    ----------
    generating_function : CumulantGeneratingFunction
        K, by quadrature.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If there is no generating function, or all terms are discrete.

    Examples
    --------
    >>> import clt_sim as clt
    >>> saddlepoint = Saddlepoint(clt.WeightedSum(5, "exponential", weights=1.0))
    >>> import math
    >>> exact = math.exp(-50.0) * math.fsum(50.0**k / math.factorial(k) for k in range(5))
    >>> round(float(saddlepoint.sf(50.0)) / exact, 3), exact < 1e-16
    (1.005, True)
    """

    model: WeightedSum
    generating_function: CumulantGeneratingFunction = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make the generating function."""
        function = CumulantGeneratingFunction(self.model)
        if not function.has_density:
            raise ValueError(f"the sum must have a density; all parts are discrete: {self.model}.")
        object.__setattr__(self, "generating_function", function)

    @property
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the sum."""
        return self.generating_function.support

    def tilt(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the saddlepoint, the s with ``K'(s) = x``.

        Parameters
        ----------
        x : array_like
            Places.

        Returns
        -------
        ndarray of float64
            In the shape of `x`; nan outside the support, and where no s inside the strip of the
            generating function is a solution.
        """
        x = real_numbers("x", x)
        flat = x.ravel()
        result = np.full(flat.shape, np.nan)
        low, high = self._brackets(flat)
        solvable = np.isfinite(low) & np.isfinite(high)
        slope = _Slope(self.generating_function)
        result[solvable] = invert(
            slope.value, slope.derivative, flat[solvable], low[solvable], high[solvable]
        )
        return result.reshape(x.shape)

    def _brackets(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return tilts below and above the solutions; nan where there are none."""
        _, mean, variance, _ = self.generating_function.derivatives(0.0)
        ladder = _ladder(self.generating_function.strip, 1.0 / math.sqrt(float(variance)))
        heights = self.generating_function.derivatives(ladder)[1]
        above = np.searchsorted(heights, x, side="left")
        inside = (above > 0) & (above < ladder.size) & ~np.isnan(x)
        low, high = np.full((2, *x.shape), np.nan)
        low[inside], high[inside] = ladder[above[inside] - 1], ladder[above[inside]]
        low[x == mean] = high[x == mean] = 0.0
        return low, high

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the approximate density, in the shape of `x`: 0 outside the support.

        It is nan where there is no tilt, as at the ends of the support.
        """
        x = real_numbers("x", x)
        s = self.tilt(x)
        value, _, curvature, _ = self.generating_function.derivatives(s)
        density = np.exp(value - s * x) / np.sqrt(math.tau * curvature)
        low, high = self.support
        return np.where((x < low) | (x > high), 0.0, density)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the approximate ``P(S <= x)``, in the shape of `x`; nan where there is no tilt."""
        x = real_numbers("x", x)
        w, correction = self._root_and_correction(x)
        value = ndtr(w) - correction
        low, high = self.support
        return np.where(x >= high, 1.0, np.where(x < low, 0.0, value))

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the approximate ``P(S > x)``, in the shape of `x`; nan where there is no tilt."""
        x = real_numbers("x", x)
        w, correction = self._root_and_correction(x)
        value = ndtr(-w) + correction
        low, high = self.support
        return np.where(x >= high, 0.0, np.where(x < low, 1.0, value))

    def _root_and_correction(
        self, x: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return w and ``phi(w) (1/u - 1/w)``."""
        s = self.tilt(x)
        value, _, curvature, _ = self.generating_function.derivatives(s)
        w = np.asarray(np.sign(s) * np.sqrt(np.maximum(2.0 * (s * x - value), 0.0)))
        u = s * np.sqrt(curvature)
        near = np.abs(w) < _NEAR
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = np.asarray(1.0 / u - 1.0 / w)
        if near.any():
            w[near], difference[near] = self._near_mean(s[near])
        return w, np.exp(-0.5 * w * w) / math.sqrt(math.tau) * difference

    def _near_mean(self, s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return w and ``1/u - 1/w`` without cancellation.

        As ``s K'(s) - K(s)`` is the integral of ``t K''(t)``, ``A = (w/s)^2`` is that of
        ``2 v K''(s v)`` over v from 0 to 1; and ``B = (u/s)^2 = K''(s)`` exceeds it by s times the
        integral C of ``v^2 K'''(s v)``: ``1/w - 1/u = C/(sqrt(A B) (sqrt(A) + sqrt(B)))``. At the
        mean, where s is 0, that is a sixth of the skewness.
        """
        v, weights = (row[0] for row in gauss_legendre(np.zeros(1), np.ones(1)))
        _, _, second, third = self.generating_function.derivatives(np.multiply.outer(s, v))
        root_a = np.sqrt(second @ (2.0 * v * weights))
        root_b = np.sqrt(self.generating_function.derivatives(s)[2])
        inside = third @ (v * v * weights)
        return s * root_a, -inside / (root_a * root_b * (root_a + root_b))

    def __str__(self) -> str:
        """Say of what it is an approximation."""
        return f"saddlepoint approximation to the {self.model}"


class _Slope:
    """K' and K'', of which the second is asked for where the first was."""

    def __init__(self, function: CumulantGeneratingFunction) -> None:
        self._function = function
        self._place: NDArray[np.float64] = np.empty(0)
        self._derivative: NDArray[np.float64] = np.empty(0)

    def value(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return K' and keep K''."""
        derivatives = self._function.derivatives(s)
        self._place, self._derivative = s.copy(), derivatives[2]
        return np.asarray(derivatives[1])

    def derivative(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return K''."""
        known = np.array_equal(s, self._place)
        return self._derivative if known else np.asarray(self._function.derivatives(s)[2])


def _ladder(strip: tuple[float, float], unit: float) -> NDArray[np.float64]:
    """Return rising tilts that double from a small one on, and close in on ends of the strip."""
    steps = unit * 2.0 ** np.arange(-3.0, math.log2(_WIDEST) + 1.0)
    low, high = strip
    return np.concatenate([-_side(steps, -low)[::-1], [0.0], _side(steps, high)])


def _side(steps: NDArray[np.float64], end: float) -> NDArray[np.float64]:
    if math.isinf(end):
        return steps
    closing = end * (1.0 - 2.0 ** -np.arange(1.0, 41.0))
    return np.unique(np.concatenate([steps[steps < closing[-1]], closing]))
