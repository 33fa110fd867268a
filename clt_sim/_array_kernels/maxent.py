"""Sums for maximum-entropy negentropies and their errors, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, kernel, prefer_wide_vectors, source_digest
from clt_sim._kernels.elementary_double import exp

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUMS = 12
_LANES = 64
_CHUNK = 2**16


def maxent_means(
    values: NDArray[np.float64], mean: float, inverse_sd: float
) -> NDArray[np.float64]:
    """Return means of functions of ``z = (values - mean)*inverse_sd``, with ``w = exp(-z^2/2)``.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Contiguous.
    mean, inverse_sd : float
        They standardise the values.

    Returns
    -------
    ndarray of float64, shape (SUMS,)
        Of ``w``, ``z w``, ``z^2 w``, ``z^3 w``, ``w^2``, ``z w^2``, ``z^2 w^2``, ``|z|``,
        ``sign(z)``, ``|z| z w``, ``|z| z`` and ``|z| z^2``.
    """
    sums = np.empty((-(-values.size // _CHUNK), SUMS))
    _maxent_sums(values, mean, inverse_sd, np.empty((SUMS, _LANES)), sums)
    return np.asarray(sums.sum(axis=0) / values.size)


@kernel
def _add(values: Any, mean: Any, inverse_sd: Any, lanes: Any) -> None:
    """Add one value to each lane."""
    prefer_wide_vectors()
    s0, s1, s2, s3, s4 = lanes[0], lanes[1], lanes[2], lanes[3], lanes[4]
    s5, s6, s7, s8, s9 = lanes[5], lanes[6], lanes[7], lanes[8], lanes[9]
    s10, s11 = lanes[10], lanes[11]
    for lane in range(values.size):
        z = (values[lane] - mean) * inverse_sd
        square, size = z * z, abs(z)
        w = exp(-0.5 * square)
        zw = z * w
        s0[lane] += w
        s1[lane] += zw
        s2[lane] += z * zw
        s3[lane] += square * zw
        s4[lane] += w * w
        s5[lane] += w * zw
        s6[lane] += zw * zw
        s7[lane] += size
        s8[lane] += (1.0 if z > 0.0 else 0.0) - (1.0 if z < 0.0 else 0.0)
        s9[lane] += size * zw
        s10[lane] += size * z
        s11[lane] += size * square


def _compiled(digest: int) -> Any:
    @cached
    def maxent_sums(values: Any, mean: Any, inverse_sd: Any, lanes: Any, sums: Any) -> int:
        for chunk in range(sums.shape[0]):
            some = values[chunk * _CHUNK : (chunk + 1) * _CHUNK]
            whole = some.size - some.size % _LANES
            lanes[:, :] = 0.0
            for first in range(0, whole, _LANES):
                _add(some[first : first + _LANES], mean, inverse_sd, lanes)
            _add(some[whole:], mean, inverse_sd, lanes)
            for order in range(SUMS):
                total = 0.0
                for lane in range(_LANES):
                    total += lanes[order, lane]
                sums[chunk, order] = total
        return digest

    return maxent_sums


_maxent_sums = _compiled(source_digest())
