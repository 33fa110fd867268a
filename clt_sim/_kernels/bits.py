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
ROTATIONS = tuple(WORDS[left] for left in (10, 26, 11, 21, 13, 27, 23, 5))
NEXT_ROTATIONS = tuple(WORDS[left] for left in (6, 20, 17, 11, 25, 10, 18, 20))
"""Of threefry: two in each of four rounds, and in each of the four that follow."""


@scalar
def rotate(x: Any, left: Any) -> Any:
    """Rotate 32 bits to the left."""
    return uint32(uint32(x << left) | uint32(x >> uint32(uint32(32) - left)))


@scalar
def _round(x: Any, first: Any, second: Any) -> Any:
    """Mix four words by pairs, and exchange two of them, for the next round."""
    x0, x2 = uint32(x[0] + x[1]), uint32(x[2] + x[3])
    return x0, uint32(rotate(x[3], second) ^ x2), x2, uint32(rotate(x[1], first) ^ x0)


@scalar
def _four_rounds(x: Any, y: Any, left: Any) -> Any:
    x, y = _round(x, left[0], left[1]), _round(y, left[0], left[1])
    x, y = _round(x, left[2], left[3]), _round(y, left[2], left[3])
    x, y = _round(x, left[4], left[5]), _round(y, left[4], left[5])
    return _round(x, left[6], left[7]), _round(y, left[6], left[7])


@scalar
def _inject(x: Any, a: Any, b: Any, c: Any, d: Any, count: Any) -> Any:
    x0, x1, x2, x3 = x
    return uint32(x0 + a), uint32(x1 + b), uint32(x2 + c), uint32(x3 + uint32(d + count))


@scalar
def threefry_pair(x: Any, y: Any, k0: Any, k1: Any, k2: Any, k3: Any) -> Any:
    """Encrypt two counters of four words under a key of four words, in 20 rounds.

    Each step waits for the one before it. Of two counters side by side one takes its step
    meanwhile.
    """
    k4 = uint32(uint32(0x1BD11BDA) ^ k0 ^ k1 ^ k2 ^ k3)
    x, y = _inject(x, k0, k1, k2, k3, WORDS[0]), _inject(y, k0, k1, k2, k3, WORDS[0])
    x, y = _four_rounds(x, y, ROTATIONS)
    x, y = _inject(x, k1, k2, k3, k4, WORDS[1]), _inject(y, k1, k2, k3, k4, WORDS[1])
    x, y = _four_rounds(x, y, NEXT_ROTATIONS)
    x, y = _inject(x, k2, k3, k4, k0, WORDS[2]), _inject(y, k2, k3, k4, k0, WORDS[2])
    x, y = _four_rounds(x, y, ROTATIONS)
    x, y = _inject(x, k3, k4, k0, k1, WORDS[3]), _inject(y, k3, k4, k0, k1, WORDS[3])
    x, y = _four_rounds(x, y, NEXT_ROTATIONS)
    x, y = _inject(x, k4, k0, k1, k2, WORDS[4]), _inject(y, k4, k0, k1, k2, WORDS[4])
    x, y = _four_rounds(x, y, ROTATIONS)
    return _inject(x, k0, k1, k2, k3, WORDS[5]), _inject(y, k0, k1, k2, k3, WORDS[5])


@scalar
def threefry(x: Any, k0: Any, k1: Any, k2: Any, k3: Any) -> Any:
    """Encrypt one counter."""
    return threefry_pair(x, x, k0, k1, k2, k3)[0]


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
    low, high, stream = uint32(block), uint32(block >> 32), uint32(stream)
    key = uint32(seed_low), uint32(seed_high)
    for lane in range(LANES // 2):
        other = lane + LANES // 2
        counter, next_counter = (
            (uint32(lane), low, high, stream),
            (uint32(other), low, high, stream),
        )
        x, y = threefry_pair(counter, next_counter, key[0], key[1], uint32(0), uint32(0))
        state[lane], state[lane + LANES] = x[0], x[1]
        state[lane + 2 * LANES], state[lane + 3 * LANES] = x[2], x[3]
        state[other], state[other + LANES] = y[0], y[1]
        state[other + 2 * LANES], state[other + 3 * LANES] = y[2], y[3]
