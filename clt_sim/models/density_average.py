"""Averages over laws that have a density, by quadrature that reaches their poles and tails."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre, graded_panels
from clt_sim._validation import TooLargeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law

_LEAST_DENSITY = 2.0**-960
"""Far smaller densities are subnormal numbers, which have few digits."""
_NARROW = 2.0**-20
"""Panels narrower than this share of their place hold too few floating-point numbers."""
_LARGEST = 1000.0
"""Binary logarithm of the farthest place."""


def density_average(
    law: Law,
    function: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    kinks: Iterable[float] = (),
    growth: tuple[float, float] = (0.0, 0.0),
) -> float:
    """Return ``E[function(X)]`` for a law without atoms.

    Parameters
    ----------
    law : Law
        Law of X, for which the expectation is finite.
    function : callable
        Takes an array and returns its values in the same shape; it changes over a length of
        about 1, at 0 and at its kinks.
    kinks : iterable of float
        Points where the function is not smooth.
    growth : tuple of two float
        The function grows like ``|x|`` to these powers, to the left and to the right. Where the
        `tail_index` of the law is finite, its tails are taken to fall like a power.

    Returns
    -------
    float
        The expectation, with an error below 1e-10 of that of the absolute value.

    Raises
    ------
    OverflowError
        If the function is beyond the range of doubles where the density is not.
    """
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    # Quartiles, unlike mean and variance, exist for every law; far from 0 they may coincide.
    scale = upper - lower or math.ulp(middle)
    special = np.array([*law.kinks, *filter(math.isfinite, law.support)])
    own, unit = graded_panels(middle, scale), graded_panels(0.0, 1.0)
    octaves = _octaves(law, middle, scale)
    close = _closing_in(special, scale)
    ends = np.concatenate([own, unit, middle - octaves, middle + octaves, close, [*kinks]])
    low, high = (_last_end(law, end, middle, octaves) for end in law.support)
    places = np.unique(np.clip(ends, low, high))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        parts = [
            *_panel_integrals(law, function, places, special),
            *_power_tails(law, function, (low, high), growth),
        ]
    if not np.all(np.isfinite(parts)):
        raise TooLargeError(f"an expectation over the law {law} is too large for quadrature.")
    return math.fsum(parts)


def _octaves(law: Law, middle: float, scale: float) -> NDArray[np.float64]:
    """Return distances that double, from `scale` on, as far as the tails of the law matter.

    Where they fall like the power -a of x, what they differ from a power, in the next order, has
    to be gone: that takes 20/a octaves.
    """
    number = 60.0
    if 0.0 < law.tail_index < math.inf:
        number = max(number, 20.0 / law.tail_index)
    elif law.exponential_index == 0.0:
        number = math.inf
    # From the widest of the scales of the law, of the function and of the location
    largest = min(math.log2(max(scale, 1.0, abs(middle))) + number, _LARGEST)
    return np.ldexp(scale, np.arange(5, math.ceil(largest - math.log2(scale)) + 1))


def _last_end(law: Law, end: float, middle: float, octaves: NDArray[np.float64]) -> float:
    """Return the end of the support, or that of the octaves whose densities have all digits."""
    if math.isfinite(end):
        return end
    places = middle + math.copysign(1.0, end) * octaves
    if not math.isfinite(law.tail_index):
        return float(places[-1])
    dense = places[law.pdf(places) >= _LEAST_DENSITY]
    return float(dense[-1] if dense.size else places[0])


def _closing_in(points: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return ends of panels that halve towards points where a density is not analytic."""
    distances = scale * 2.0 ** -np.arange(3.0, 200.0)
    resolved = distances > 2.0**-50 * np.abs(points)[:, None]
    below, above = points[:, None] - distances, points[:, None] + distances
    return np.concatenate([points, below[resolved], above[resolved]])


def _panel_integrals(
    law: Law,
    function: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    places: NDArray[np.float64],
    special: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Integrate over x, and over the probability where x has too few digits or at a pole."""
    low, high = places[:-1], places[1:]
    narrow = high - low < _NARROW * np.maximum(np.abs(low), np.abs(high))
    by_probability = narrow | np.isin(low, special) | np.isin(high, special)
    x, weights = gauss_legendre(low[~by_probability], high[~by_probability])
    density = law.pdf(x)
    # Where the density is 0 in double precision, the function may be infinite.
    wide = np.where(density > 0.0, weights * density * function(x), 0.0)
    low, high = low[by_probability], high[by_probability]
    p, weights = gauss_legendre(law.cdf(low), law.cdf(high))
    x = np.clip(law.quantile(p), low[:, None], high[:, None])
    close = np.where(weights > 0.0, weights * function(x), 0.0)
    return np.concatenate([wide.ravel(), close.ravel()])


def _power_tails(
    law: Law,
    function: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    ends: tuple[float, float],
    growth: tuple[float, float],
) -> list[float]:
    """Return the integrals beyond the ends of the panels, where densities are powers of x.

    The density falls like ``|x|**(-a-1)`` with the tail index a and the function grows like
    ``|x|**g``: beyond x the integral is ``|x| density(x) function(x)/(a - g)``.
    """
    if not math.isfinite(law.tail_index):
        return []
    parts = []
    for end, order, limit in zip(ends, growth, law.support, strict=True):
        if end != limit and order < law.tail_index:
            x = np.array(end)
            beyond = abs(end) / (law.tail_index - order)
            parts.append(float(law.pdf(x) * beyond * function(x)))
    return parts
