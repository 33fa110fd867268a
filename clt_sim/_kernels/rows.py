"""Memory for the rows that kernels work on."""

from __future__ import annotations

from typing import Any

import numpy as np

BLOCK = 1024
"""Replicates in a block: the rows that a term needs fit the first-level cache."""
LANES = BLOCK // 4
"""Generators of random words, each of which makes four of the numbers of a row."""
CACHE_LINE = 64


def aligned(shape: tuple[int, ...] | int, dtype: Any = np.float64, fill: float = 0) -> Any:
    """Allocate an array that begins at a line of the cache.

    A register of 512 bits is as long as a line: elsewhere each load and store would take two.
    """
    plain = np.empty(shape, dtype)
    room = np.empty(plain.nbytes + CACHE_LINE, "uint8")
    start = -room.ctypes.data % CACHE_LINE
    array = room[start : start + plain.nbytes].view(plain.dtype).reshape(plain.shape)
    array.fill(fill)
    return array
