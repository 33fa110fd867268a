"""Sums of powers of an array, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, kernel, prefer_wide_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDERS = 8
CHUNK = 2**16
"""Values whose powers are added up in double precision; chunks add up exactly elsewhere."""
_LANES = 64


def power_sums(values: NDArray[np.float64], centre: float, scale: float) -> NDArray[np.float64]:
    """Return the sums of z, ..., z**8 over chunks, for ``z = (values - centre)/scale``.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Contiguous.
    centre, scale : float
        They make z of order 1.

    Returns
    -------
    ndarray of float64, shape (ceil(n/CHUNK), ORDERS)
        The sums of each chunk.
    """
    sums = np.empty((-(-values.size // CHUNK), ORDERS))
    _power_sums(values, centre, 1.0 / scale, np.empty((ORDERS, _LANES)), sums)
    return sums


def extremes_and_total(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the least and the greatest value and the sum of all, in one pass.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Contiguous, at least one. Where one is not finite the sum is not; the others may be.

    Returns
    -------
    tuple of float
        The sum may overflow where no value does.
    """
    lanes = np.empty((3, _LANES))
    lanes[:2] = values[0]
    lanes[2] = 0.0
    _extremes_and_total(values, lanes)
    return float(lanes[0].min()), float(lanes[1].max()), float(lanes[2].sum())


@cached
def _extremes_and_total(values: Any, lanes: Any) -> None:
    whole = values.size - values.size % _LANES
    for first in range(0, whole, _LANES):
        _add_extremes(values[first : first + _LANES], lanes)
    _add_extremes(values[whole:], lanes)


@kernel
def _add_extremes(values: Any, lanes: Any) -> None:
    prefer_wide_vectors()
    least, greatest, total = lanes[0], lanes[1], lanes[2]
    for lane in range(values.size):
        x = values[lane]
        least[lane] = x if x < least[lane] else least[lane]
        greatest[lane] = x if x > greatest[lane] else greatest[lane]
        total[lane] += x


@cached
def _power_sums(values: Any, centre: Any, inverse_scale: Any, lanes: Any, sums: Any) -> None:
    for chunk in range(sums.shape[0]):
        some = values[chunk * CHUNK : (chunk + 1) * CHUNK]
        whole = some.size - some.size % _LANES
        lanes[:, :] = 0.0
        for first in range(0, whole, _LANES):
            _add_powers(some[first : first + _LANES], centre, inverse_scale, lanes)
        _add_powers(some[whole:], centre, inverse_scale, lanes)
        for order in range(ORDERS):
            total = 0.0
            for lane in range(_LANES):
                total += lanes[order, lane]
            sums[chunk, order] = total


@kernel
def _add_powers(values: Any, centre: Any, inverse_scale: Any, lanes: Any) -> None:
    """Add the powers of one value to each lane."""
    prefer_wide_vectors()
    p1, p2, p3, p4 = lanes[0], lanes[1], lanes[2], lanes[3]
    p5, p6, p7, p8 = lanes[4], lanes[5], lanes[6], lanes[7]
    for lane in range(values.size):
        z = (values[lane] - centre) * inverse_scale
        z2 = z * z
        z4 = z2 * z2
        p1[lane] += z
        p2[lane] += z2
        p3[lane] += z2 * z
        p4[lane] += z4
        p5[lane] += z4 * z
        p6[lane] += z4 * z2
        p7[lane] += z4 * z2 * z
        p8[lane] += z4 * z4
