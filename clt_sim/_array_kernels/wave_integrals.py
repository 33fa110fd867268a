"""Integrals of Legendre series times fast exponentials over panels, for many frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, kernel, prefer_wide_vectors
from clt_sim._kernels.elementary_double import cosine, sine

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LANES = 64
"""Panels that are worked on side by side, so that the compiler can use vectors."""
_ROWS = 8


def wave_integrals(
    s: NDArray[np.complex128],
    offset: float,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    series: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Return the sum over panels of the integral of a series times ``exp(s y - offset)``.

    The integral is over x from -1 to 1, where y goes from one end of the panel to the other. By
    the recurrence of the modified spherical Bessel functions (DLMF 10.51.4) upwards, which is
    stable for large arguments.

    Parameters
    ----------
    s : ndarray of complex128, shape (m,)
        All with the same real part, none of them 0.
    offset : float
        So that nothing overflows.
    low, high : ndarray of float64, shape (panels,)
        The values y at the ends, in either order, all of them different.
    series : ndarray of float64, shape (panels, orders)
        Coefficients of Legendre polynomials on [-1, 1], of two orders or more.

    Returns
    -------
    ndarray of complex128, shape (m,)
        One sum for each s.
    """
    if not s.size or not low.size:
        return np.zeros(s.shape, np.complex128)
    theta = float(s.real[0])
    with np.errstate(under="ignore"):
        sizes = np.exp(theta * np.stack([high, low]) - offset)
    inverse = 2.0 / (high - low)
    result = np.empty((2, s.size))
    columns = np.ascontiguousarray(series.T)
    ends = np.stack([high, low])
    reciprocal = 1.0 / s  # of complex numbers, whose squares may be below all doubles
    over = np.stack([reciprocal.real, reciprocal.imag])
    lanes = np.empty((_ROWS, _LANES))
    _sums(np.ascontiguousarray(s.imag), over, ends, sizes, inverse, columns, lanes, result)
    return np.asarray(result[0] + 1j * result[1])


@kernel
def _begin(
    t: Any, real: Any, imaginary: Any, ends: Any, sizes: Any, inverse: Any, series: Any, lanes: Any
) -> None:
    """Write ``1/(s half)`` and the functions of the orders 0 and 1, and add their terms."""
    prefer_wide_vectors()
    for j in range(inverse.size):
        high, low = t * ends[0, j], t * ends[1, j]
        upper_real, upper_imaginary = sizes[0, j] * cosine(high), sizes[0, j] * sine(high)
        lower_real, lower_imaginary = sizes[1, j] * cosine(low), sizes[1, j] * sine(low)
        over_real, over_imaginary = real * inverse[j], imaginary * inverse[j]
        x, y = upper_real - lower_real, upper_imaginary - lower_imaginary
        zeroth_real = x * over_real - y * over_imaginary
        zeroth_imaginary = x * over_imaginary + y * over_real
        x, y = (
            upper_real + lower_real - zeroth_real,
            (upper_imaginary + lower_imaginary - zeroth_imaginary),
        )
        first_real = x * over_real - y * over_imaginary
        first_imaginary = x * over_imaginary + y * over_real
        lanes[0, j], lanes[1, j] = over_real, over_imaginary
        lanes[2, j], lanes[3, j] = zeroth_real, zeroth_imaginary
        lanes[4, j], lanes[5, j] = first_real, first_imaginary
        lanes[6, j] += zeroth_real * series[0, j] + first_real * series[1, j]
        lanes[7, j] += zeroth_imaginary * series[0, j] + first_imaginary * series[1, j]


@kernel
def _go_on(factor: Any, over: Any, before: Any, now: Any, coefficients: Any, totals: Any) -> None:
    """Go one order up, writing over the functions of the order before, and add its terms."""
    prefer_wide_vectors()
    a, b = over[0], over[1]
    old, old_imaginary = before[0], before[1]
    x, y = now[0], now[1]
    real, imaginary = totals[0], totals[1]
    for j in range(coefficients.size):
        old[j] -= factor * (a[j] * x[j] - b[j] * y[j])
        old_imaginary[j] -= factor * (a[j] * y[j] + b[j] * x[j])
        real[j] += old[j] * coefficients[j]
        imaginary[j] += old_imaginary[j] * coefficients[j]


@cached
def _sums(
    t: Any, over: Any, ends: Any, sizes: Any, inverse: Any, series: Any, lanes: Any, result: Any
) -> None:
    for i in range(t.size):
        lanes[:] = 0.0
        for start in range(0, inverse.size, _LANES):
            stop = min(start + _LANES, inverse.size)
            _begin(
                t[i],
                over[0, i],
                over[1, i],
                ends[:, start:stop],
                sizes[:, start:stop],
                inverse[start:stop],
                series[:2, start:stop],
                lanes,
            )
            before, now = lanes[2:4], lanes[4:6]
            for k in range(1, series.shape[0] - 1):
                _go_on(2.0 * k + 1.0, lanes[:2], before, now, series[k + 1, start:stop], lanes[6:])
                before, now = now, before
        for part in range(2):
            total = 0.0
            for j in range(_LANES):
                total += lanes[6 + part, j]
            result[part, i] = total
