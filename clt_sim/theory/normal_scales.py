"""The distance between normal laws that differ in their scale alone."""

from __future__ import annotations

import math

from scipy.special import ndtr

from clt_sim._validation import positive


def distance_of_scale(sd: float) -> float:
    """Return the Kolmogorov distance of N(0, sd^2) to N(0,1).

    The distribution functions are farthest apart where the densities are equal, which is at
    ``x^2 = 2 ln(sd)/(1 - sd^-2)``.

    Parameters
    ----------
    sd : float
        Above 0.

    Returns
    -------
    float
        From 0 for 1 to less than 1/2.

    Raises
    ------
    TypeError, ValueError
        If `sd` is no number, or not finite and above 0.

    Examples
    --------
    >>> round(distance_of_scale(2.0), 4)
    0.1613
    """
    sd = positive("sd", sd)
    if sd == 1.0:
        return 0.0
    x = math.sqrt(2.0 * math.log(sd) / (1.0 - sd**-2.0))
    return float(abs(ndtr(x) - ndtr(x / sd)))
