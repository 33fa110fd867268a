"""Random bits: threefry4x32 keys the lanes, xoshiro128++ runs in them.

Threefry: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
xoshiro128++: Blackman & Vigna, "Scrambled linear pseudorandom number generators" (2021).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint32

from clt_sim._kernels.compilation import kernel, prefer_wide_vectors, scalar
from clt_sim._kernels.rows import LANES

# Numba widens uint32 arithmetic to 64 bits; each step is narrowed again, and LLVM sees that.

WORDS = tuple(np.uint32(word) for word in range(32))
"""Small numbers as words: for a literal number Numba compiles the function it is passed to anew."""


@scalar
def rotate(x: Any, left: Any) -> Any:
    """Rotate 32 bits to the left."""
    return uint32(uint32(x << left) | uint32(x >> uint32(uint32(32) - left)))


@scalar
def _mix(x0: Any, x1: Any, x2: Any, x3: Any, first: Any, second: Any) -> Any:
    x0 = uint32(x0 + x1)
    x2 = uint32(x2 + x3)
    return x0, uint32(rotate(x1, first) ^ x0), x2, uint32(rotate(x3, second) ^ x2)


@scalar
def _first_four_rounds(x0: Any, x1: Any, x2: Any, x3: Any) -> Any:
    x0, x1, x2, x3 = _mix(x0, x1, x2, x3, WORDS[10], WORDS[26])
    x0, x3, x2, x1 = _mix(x0, x3, x2, x1, WORDS[11], WORDS[21])
    x0, x1, x2, x3 = _mix(x0, x1, x2, x3, WORDS[13], WORDS[27])
    x0, x3, x2, x1 = _mix(x0, x3, x2, x1, WORDS[23], WORDS[5])
    return x0, x1, x2, x3


@scalar
def _next_four_rounds(x0: Any, x1: Any, x2: Any, x3: Any) -> Any:
    x0, x1, x2, x3 = _mix(x0, x1, x2, x3, WORDS[6], WORDS[20])
    x0, x3, x2, x1 = _mix(x0, x3, x2, x1, WORDS[17], WORDS[11])
    x0, x1, x2, x3 = _mix(x0, x1, x2, x3, WORDS[25], WORDS[10])
    x0, x3, x2, x1 = _mix(x0, x3, x2, x1, WORDS[18], WORDS[20])
    return x0, x1, x2, x3


@scalar
def _inject(x: Any, a: Any, b: Any, c: Any, d: Any, count: Any) -> Any:
    x0, x1, x2, x3 = x
    return uint32(x0 + a), uint32(x1 + b), uint32(x2 + c), uint32(x3 + uint32(d + count))


@scalar
def threefry(x: Any, k0: Any, k1: Any, k2: Any, k3: Any) -> Any:
    """Encrypt a counter of four words under a key of four words, in 20 rounds."""
    k4 = uint32(uint32(0x1BD11BDA) ^ k0 ^ k1 ^ k2 ^ k3)
    x0, x1, x2, x3 = _inject(x, k0, k1, k2, k3, WORDS[0])
    x = _inject(_first_four_rounds(x0, x1, x2, x3), k1, k2, k3, k4, WORDS[1])
    x = _inject(_next_four_rounds(x[0], x[1], x[2], x[3]), k2, k3, k4, k0, WORDS[2])
    x = _inject(_first_four_rounds(x[0], x[1], x[2], x[3]), k3, k4, k0, k1, WORDS[3])
    x = _inject(_next_four_rounds(x[0], x[1], x[2], x[3]), k4, k0, k1, k2, WORDS[4])
    return _inject(_first_four_rounds(x[0], x[1], x[2], x[3]), k0, k1, k2, k3, WORDS[5])


@scalar
def xoshiro(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Advance one xoshiro128++ lane: a word, then the four words of the new state."""
    word = uint32(rotate(uint32(a + d), WORDS[7]) + a)
    shifted = uint32(b << uint32(9))
    c = uint32(c ^ a)
    d = uint32(d ^ b)
    b = uint32(b ^ c)
    a = uint32(a ^ d)
    return word, a, b, uint32(c ^ shifted), rotate(d, WORDS[11])


@kernel
def seed_lanes(state: Any, seed_low: Any, seed_high: Any, stream: Any, block: Any) -> None:
    """Key every lane of one block.

    Parameters
    ----------
    state : ndarray of uint32, shape (4*lanes,)
        Overwritten: the first words of all lanes, then the second ones, and so on.
    seed_low, seed_high : uint32
        The seed.
    stream : uint32
        Which quantity is drawn.
    block : int64
        Index of the block of replicates.
    """
    prefer_wide_vectors()
    low, high = uint32(block), uint32(block >> 32)
    for lane in range(LANES):
        counter = (uint32(lane), low, high, uint32(stream))
        word = threefry(counter, uint32(seed_low), uint32(seed_high), uint32(0), uint32(0))
        state[lane], state[lane + LANES] = word[0], word[1]
        state[lane + 2 * LANES], state[lane + 3 * LANES] = word[2], word[3]
