"""The exponential rate of an upper tail, from a density that is known far out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws.base import Law

LogDensity = Callable[[float], Any]
_DEPTHS = np.array([80.0, 160.0, 320.0, 640.0])
"""Negative logarithms of the density, less that at the median, where a rate is looked for."""
_DRIFT = 0.005
_LEAST_SHARE = 0.05
"""An exponential that makes less of the fall of the density is taken for rounding errors."""


def exponential_rate(law: Law, log_density: LogDensity) -> float:
    """Return the rate at which the upper tail of a law falls.

    Parameters
    ----------
    law : Law
        A law whose support has no upper end.
    log_density : callable
        The logarithm of its density at a point.

    Returns
    -------
    float
        The rate, to three digits, if the density is a power of x times ``exp(-rate*x)``: a fit
        of that to the density where it is ``exp(-80)`` to ``exp(-320)`` of that at the median, and
        one from ``exp(-160)`` to ``exp(-640)``, give the same. If the rate rises by more than
        0.5 %, infinity; if it falls by more, or the density is not known so far out, 0.

    Examples
    --------
    >>> from clt_sim.laws import Logistic
    >>> law = Logistic(scale=2.0)
    >>> exponential_rate(law, lambda x: np.log(law.pdf(x)))
    0.5
    """
    low, (middle, upper) = law.support[0], law.quantile([0.5, 0.75]).tolist()
    origin = low if math.isfinite(low) else middle
    places = np.array([_place(log_density, middle, upper, depth) for depth in _DEPTHS])
    distances = places - origin
    if not np.all(np.isfinite(distances)) or np.any(np.diff(distances) <= 0.0):
        return 0.0
    earlier, later = (_rate(distances[part], _DEPTHS[part]) for part in (np.s_[:3], np.s_[1:]))
    if later * distances[-1] < _LEAST_SHARE * _DEPTHS[-1]:
        return 0.0
    if later > (1.0 + _DRIFT) * earlier:
        return math.inf
    # Rounded, because it matters whether a whole number is below.
    return float(f"{later:.3g}") if later > (1.0 - _DRIFT) * earlier else 0.0


def _place(log_density: LogDensity, middle: float, upper: float, depth: float) -> float:
    """Return where above the median the log of the density has fallen by `depth`, or nan."""
    from scipy.optimize import brentq

    def fallen(x: float) -> float:
        by = float(log_density(middle) - log_density(x))
        # Some densities are nan where they should be 0.
        return (1e3 if math.isnan(by) else min(by, 1e3)) - depth

    with np.errstate(all="ignore"):
        reach = upper - middle
        if not reach > 0.0:  # the scale is lost beside the location
            return math.nan
        while fallen(middle + reach) < 0.0:
            reach *= 2.0
            if not math.isfinite(middle + reach):
                return math.nan
        place = float(brentq(fallen, middle, middle + reach, rtol=1e-14))
        return place if abs(fallen(place)) < 1e-6 else math.nan


def _rate(x: NDArray[np.float64], depths: NDArray[np.float64]) -> float:
    """Return b of the function ``a + b x + c log x`` that has these three values."""
    matrix = np.stack([np.ones(3), x / x[0], np.log(x / x[0])], axis=1)
    return float(np.linalg.solve(matrix, depths)[1]) / float(x[0])
