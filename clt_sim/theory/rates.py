"""How fast distances fall with n, and whether they stay below certified bounds."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from clt_sim._array_validation import finite_array
from clt_sim._validation import finite
from clt_sim.tables import Facts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ERRORS_ALLOWED = 4.0
"""By how many standard errors a distance may exceed a certified bound."""


class CertifiedBoundWarning(UserWarning):
    """Distances lie above a bound that is proved: the numbers or their errors are wrong."""


@dataclass(frozen=True, slots=True)
class RateFit(Facts):
    """The power of n by which a distance falls: ``distance = constant n**-exponent``.

    Parameters
    ----------
    exponent : float
        The rate; positive where the distance falls.
    interval : tuple of float
        Confidence interval of the exponent.
    constant : float
        The distance that the line has at n = 1.
    confidence : float
        Of the interval.
    theorem_exponent : float or None
        The rate that a theorem gives, for comparison.
    """

    exponent: float
    interval: tuple[float, float]
    constant: float
    confidence: float = 0.95
    theorem_exponent: float | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether the interval holds the exponent of the theorem; None without a theorem."""
        if self.theorem_exponent is None:
            return None
        return self.interval[0] <= self.theorem_exponent <= self.interval[1]

    def __str__(self) -> str:
        """Say the law, the interval and the theorem."""
        low, high = self.interval
        text = (
            f"{self.constant:.4g} n^-{self.exponent:.4g}"
            f" ({self.confidence:.0%} interval of the exponent {low:.4g} to {high:.4g}"
        )
        if self.theorem_exponent is not None:
            text += f"; theorem {self.theorem_exponent:.4g}, {'in' if self.agrees else 'out'}side"
        return text + ")"


def fit_rate(
    ns: ArrayLike,
    distances: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    theorem_exponent: float | None = None,
) -> RateFit:
    """Fit a power of n to distances, by least squares of logarithms.

    The interval is the exponent plus and minus a quantile of Student's t with ``m - 2`` degrees of
    freedom times its standard error, which follows from the residuals: a line that fits badly
    has a wide interval. It is valid for deviations from the line that are random; a curve, as of
    distances that have not reached their power, is not seen.

    Parameters
    ----------
    ns : array_like, shape (m,)
        Numbers of terms, above 0; at least 3 and not all equal.
    distances : array_like, shape (m,)
        Distances, above 0.
    errors : array_like, shape (m,), optional
        Standard errors of the distances, above 0: the weights are ``(distance/error)**2``. Only
        their ratios count.
    confidence : float
        Of the interval, above 0 and below 1.
    theorem_exponent : float, optional
        The rate that a theorem gives, kept for comparison.

    Returns
    -------
    RateFit
        The exponent, its interval, and the constant.

    Raises
    ------
    TypeError
        If the numbers are not real.
    ValueError
        If they are not rows of one length, too few, not finite or not above 0.

    Examples
    --------
    >>> fit = fit_rate([10, 100, 1000], [0.0301, 0.00299, 0.0003], theorem_exponent=1.0)
    >>> round(fit.exponent, 2), fit.agrees
    (1.0, True)
    """
    confidence = finite("confidence", confidence)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be above 0 and below 1, not {confidence}.")
    if theorem_exponent is not None:
        theorem_exponent = finite("theorem_exponent", theorem_exponent)
    n = _positive_row("ns", ns)
    d = _positive_row("distances", distances, n.size)
    weights = np.ones(n.size) if errors is None else (d / _positive_row("errors", errors, n.size))
    if n.size < 3 or np.all(n == n[0]):
        raise ValueError(f"ns must be at least 3 numbers, not all equal, not {n.tolist()}.")
    slope, intercept, error = _line(np.log(n), np.log(d), weights**2)
    reach = error * float(stdtrit(n.size - 2, 0.5 + 0.5 * confidence))
    interval = (-slope - reach, -slope + reach)
    return RateFit(-slope, interval, math.exp(intercept), confidence, theorem_exponent)


def _line(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return slope, intercept and standard error of the slope, by weighted least squares."""
    weights = weights / weights.sum()
    centre, level = float(weights @ x), float(weights @ y)
    spread = float(weights @ (x - centre) ** 2)
    slope = float(weights @ ((x - centre) * (y - level))) / spread
    residuals = y - level - slope * (x - centre)
    variance = float(weights @ residuals**2) / (x.size - 2)
    return slope, level - slope * centre, math.sqrt(variance / spread)


def _positive_row(argument: str, values: ArrayLike, size: int | None = None) -> NDArray[np.float64]:
    row = _row(argument, values, size)
    if np.any(row <= 0.0):
        raise ValueError(f"{argument} must be above 0; the least is {row.min()}.")
    return row


def _row(argument: str, values: ArrayLike, size: int | None = None) -> NDArray[np.float64]:
    row = np.asarray(finite_array(argument, values, ndim=1, dtype=np.float64), np.float64)
    if size is not None and row.size != size:
        raise ValueError(f"{argument} must be {size} numbers, one for each n, not {row.size}.")
    return row


def check_bound(
    ns: ArrayLike, distances: ArrayLike, errors: ArrayLike, bounds: ArrayLike
) -> tuple[float, ...]:
    """Compare estimated distances with certified bounds, and warn of those that lie above.

    A distance lies above if it exceeds the bound by more than 4 standard errors, which for normal
    errors happens to a distance that is at its bound once in 31,600 times.

    Parameters
    ----------
    ns : array_like, shape (m,)
        Numbers of terms.
    distances, errors : array_like, shape (m,)
        Estimated distances and their standard errors, which are at least 0.
    bounds : array_like, shape (m,)
        What theorems say the distances are at most.

    Returns
    -------
    tuple of float
        The n at which the distance lies above; empty if all is well.

    Raises
    ------
    TypeError
        If the numbers are not real.
    ValueError
        If they are not rows of one length or not finite, or an error is negative.

    Warns
    -----
    CertifiedBoundWarning
        If a distance lies above, with the n, the distance, its error and the bound of each.

    Examples
    --------
    >>> check_bound([10, 100], [0.08, 0.025], [0.001, 0.001], [0.15, 0.047])
    ()
    """
    n = _positive_row("ns", ns)
    d, error, bound = (
        _row(name, values, n.size)
        for name, values in (("distances", distances), ("errors", errors), ("bounds", bounds))
    )
    if np.any(error < 0.0):
        raise ValueError(f"errors must be at least 0; the least is {error.min()}.")
    above = np.flatnonzero(d > bound + ERRORS_ALLOWED * error)
    if above.size:
        points = "; ".join(
            f"n = {n[i]:g}: {d[i]:.6g} ± {error[i]:.2g} above {bound[i]:.6g}" for i in above
        )
        warnings.warn(
            f"{above.size} of {n.size} distances lie above a certified bound: {points}.",
            CertifiedBoundWarning,
            stacklevel=2,
        )
    return tuple(n[above].tolist())
