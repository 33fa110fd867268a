"""Chebyshev series on panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached

if TYPE_CHECKING:
    from numpy.typing import NDArray


def panel_sums(
    edges: NDArray[np.float64], coefficients: NDArray[np.float64], u: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return functions that are Chebyshev series between edges, by Clenshaw's recurrence.

    Parameters
    ----------
    edges : ndarray of float64, shape (panels + 1,)
        Ascending; the outer panels go on beyond the ends.
    coefficients : ndarray of float64, shape (functions, panels, orders)
        Of Chebyshev polynomials, from the order 0 on.
    u : ndarray of float64, shape (points,)
        Places; nan gives nan.

    Returns
    -------
    ndarray of float64, shape (functions, points)
        One row for each function.

    Examples
    --------
    >>> panel_sums(np.array([0.0, 2.0]), np.array([[[1.0, 1.0, 1.0]]]), np.array([1.5]))
    array([[1.]])
    """
    result = np.empty((coefficients.shape[0], u.size))
    _sums(np.ascontiguousarray(edges), np.ascontiguousarray(coefficients), u, result)
    return result


@cached
def _sums(edges: Any, coefficients: Any, u: Any, result: Any) -> None:
    functions, panels, orders = coefficients.shape
    for point in range(u.size):
        panel, after_panel = 0, panels
        while after_panel - panel > 1:
            middle = (panel + after_panel) // 2
            if u[point] < edges[middle]:
                after_panel = middle
            else:
                panel = middle
        low, high = edges[panel], edges[panel + 1]
        place = (2.0 * u[point] - low - high) / (high - low)
        for function in range(functions):
            after, before = 0.0, 0.0
            for k in range(orders - 1, 0, -1):
                now = coefficients[function, panel, k] + 2.0 * place * after - before
                after, before = now, after
            result[function, point] = coefficients[function, panel, 0] + place * after - before
