"""Fourier integrals of Legendre polynomials on panels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SERIES_BELOW = 0.05
"""Where four terms of the power series give all digits."""
_EXTRA_ORDERS = 28
"""The downward recurrence begins so many orders above the greatest order or argument."""


def turns(orders: int) -> NDArray[np.complex128]:
    """Return ``2 (-i)^k`` for k below `orders`, by which ``j_k`` is multiplied."""
    return np.asarray(2.0 * (-1j) ** np.arange(orders), np.complex128)


def fourier_integrals(
    middle: NDArray[np.float64],
    half: NDArray[np.float64],
    turned: NDArray[np.complex128],
    y: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Return ``integral f(t) exp(-i t y) dt`` over all panels.

    Parameters
    ----------
    middle, half : ndarray of float64, shape (panels,)
        Middles and half widths.
    turned : ndarray of complex128, shape (functions, panels, orders)
        Coefficients of Legendre polynomials, for each f, times `turns`.
    y : ndarray of float64, shape (points,)
        Frequencies.

    Returns
    -------
    ndarray of complex128, shape (functions, points)
        One row for each f.
    """
    functions, _, orders = turned.shape
    result = np.zeros((functions, y.size), np.complex128)
    _integrals(middle, half, turned, y, np.empty(orders), result)
    return result


@cached
def _integrals(middle: Any, half: Any, turned: Any, y: Any, bessel: Any, result: Any) -> None:
    functions, panels, orders = turned.shape
    for point in range(y.size):
        for panel in range(panels):
            _spherical_bessel(half[panel] * y[point], bessel)
            phase = middle[panel] * y[point]
            cosine, sine = half[panel] * math.cos(phase), half[panel] * math.sin(phase)
            for function in range(functions):
                real, imaginary = 0.0, 0.0
                for order in range(orders):
                    value = turned[function, panel, order]
                    real += value.real * bessel[order]
                    imaginary += value.imag * bessel[order]
                result[function, point] += complex(
                    real * cosine + imaginary * sine, imaginary * cosine - real * sine
                )


@kernel
def _spherical_bessel(x: Any, values: Any) -> None:
    """Write ``j_0(x), ..., j_(orders - 1)(x)`` (DLMF 10.53.1, 10.51.1).

    Upwards where x is above the orders, by Miller's downward recurrence below that, by
    the power series near 0.
    """
    orders = values.size
    size = abs(x)
    if size < _SERIES_BELOW:
        leading = 1.0
        half_square = 0.5 * x * x
        for k in range(orders):
            a, b, c = 2.0 * k + 3.0, 2.0 * k + 5.0, 2.0 * k + 7.0
            series = 1.0 - half_square / a * (
                1.0 - half_square / (2.0 * b) * (1.0 - half_square / (3.0 * c))
            )
            values[k] = leading * series
            leading *= x / a
        return
    inverse = 1.0 / x
    zeroth = math.sin(x) * inverse
    first = (zeroth - math.cos(x)) * inverse
    if size > orders:
        values[0], values[1] = zeroth, first
        for k in range(1, orders - 1):
            values[k + 1] = (2.0 * k + 1.0) * inverse * values[k] - values[k - 1]
        return
    above, value = 0.0, 1e-290
    for k in range(orders + _EXTRA_ORDERS, orders - 2, -1):
        above, value = value, (2.0 * k + 3.0) * inverse * value - above
    for k in range(orders - 1, -1, -1):
        values[k] = value
        above, value = value, (2.0 * k + 1.0) * inverse * value - above
    # Of j_0 and j_1 the one that is not near a zero sets the scale.
    scale = zeroth / values[0] if abs(zeroth) > abs(first) else first / values[1]
    for k in range(orders):
        values[k] *= scale
