"""Adaptive Gauss-Legendre quadrature of functions that are smooth between given points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(15)
_DEEPEST = 50
_MOST_PANELS = 20_000


def integrate(
    integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ends: NDArray[np.float64],
    *,
    precision: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Integrate from the first to the last of `ends`, all panels of a level in one call.

    A panel is split until its 15-point rule and those of its halves agree. Corners of the
    integrand inside a panel, as of an absolute value, are found by halving.

    Parameters
    ----------
    integrand : callable
        Takes points of shape (m,), returns values of shape (m, k).
    ends : ndarray of float64, shape (panels + 1,)
        Ascending points, among them all jumps of the integrand.
    precision : float
        Relative error of the integrand; no panel is split for less.

    Returns
    -------
    tuple of ndarray of float64, each of shape (k,)
        The integrals and the summed differences between the two rules, an estimate of the
        error that is far too large where the integrand is smooth.

    Examples
    --------
    >>> total, error = integrate(lambda x: abs(x)[:, None], np.array([-1.0, 2.0]), precision=1e-15)
    >>> float(abs(total[0] - 2.5)) < 1e-13
    True
    """
    low, high = ends[:-1], ends[1:]
    whole = _gauss(integrand, low, high)
    total, error = np.zeros(whole.shape[1]), np.zeros(whole.shape[1])
    for depth in range(_DEEPEST):
        middle = 0.5 * (low + high)
        left, right = _gauss(integrand, low, middle), _gauss(integrand, middle, high)
        difference = np.abs(left + right - whole)
        allowed = precision * (np.maximum(1.0, high - low)[:, None] + np.abs(whole))
        rough = np.any(difference > allowed, axis=1)
        if depth == _DEEPEST - 1 or np.count_nonzero(rough) > _MOST_PANELS:
            rough[:] = False
        total += np.sum((left + right)[~rough], axis=0)
        error += np.sum(difference[~rough], axis=0)
        if not rough.any():
            break
        low, high = (
            np.concatenate([low[rough], middle[rough]]),
            np.concatenate([middle[rough], high[rough]]),
        )
        whole = np.concatenate([left[rough], right[rough]])
    return total, error


def _gauss(
    integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the 15-point rule on each panel, shape (panels, k)."""
    half = 0.5 * (high - low)[:, None]
    points = 0.5 * (low + high)[:, None] + half * _NODES
    values = integrand(points.ravel()).reshape(*points.shape, -1)
    return np.asarray(np.einsum("pn,pnk->pk", half * _WEIGHTS, values))
