"""The characteristic function of Student's t near 0, with the digits that tell it from 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, kv

from clt_sim._quadrature import gauss_legendre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import StudentT

_NEAR = 1.0
_NONE = 1e-12
"""So near to 0 the logarithm is below the rounding of 1."""
_POWER = 4
"""Of the substitution that takes the singularity of the integrand at 0 away."""


def log_near_zero(law: StudentT, t: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return the logarithm of the characteristic function, or nan where t is not near 0.

    With ``n = df/2`` and ``y = sqrt(df) scale |t|`` the characteristic function without location is
    ``c y^n K_n(y)`` (Hurst, The characteristic function of the Student t distribution, 1995). Its
    derivative is ``-c y^n K_(n-1)(y)`` (DLMF 10.29.4), which is integrated from 0 on: what
    the function is below 1 has all its digits. A difference from 1 would leave a rounding, which
    the many terms of a sum and a division by t make large.

    Parameters
    ----------
    law : StudentT
        With more than 2 degrees of freedom.
    t : ndarray of float64, of any shape
        Points.

    Returns
    -------
    ndarray of complex128
        In the shape of `t`; right to relative error in the real part where `y` is less than 1.

    Examples
    --------
    >>> from clt_sim.laws import StudentT
    >>> value = log_near_zero(StudentT(df=4.0), np.array([1e-5]))
    >>> bool(abs(value.real[0] / -1e-10 - 1.0) < 1e-8)  # half of the variance, 2, times t squared
    True
    """
    order = 0.5 * law.df
    y = (math.sqrt(law.df) * law.scale) * np.abs(t)
    logs = np.where(y < _NONE, 0.0, np.nan)
    some = (y >= _NONE) & (y < _NEAR)
    v, weights = gauss_legendre(np.zeros(1), np.ones(1))
    u = y[some][:, None] * v**_POWER
    constant = math.exp((1.0 - order) * math.log(2.0) - float(gammaln(order)))
    slopes = constant * u**order * kv(order - 1.0, u)
    below = (slopes * (_POWER * u / v)) @ weights[0]
    logs[some] = np.log1p(-below)
    return np.asarray(logs + 1j * (law.location * t))
