"""The random words of one lane."""

from __future__ import annotations

from typing import Any

from numba import uint32

from clt_sim._kernels.bits import threefry, xoshiro
from clt_sim._kernels.compilation import inlined


@inlined
def keyed(seed_low: Any, seed_high: Any, stream: Any, block: Any, lane: Any) -> Any:
    """Return the first state of a lane, as ``clt_sim._kernels.bits.seed_lanes``."""
    counter = (uint32(lane), uint32(block), uint32(block >> 32), uint32(stream))
    return threefry(counter, uint32(seed_low), uint32(seed_high), uint32(0), uint32(0))


@inlined
def four_words(state: Any) -> Any:
    """Return a word for each replicate of the lane, and the new state."""
    a, b, c, d = state
    first, a, b, c, d = xoshiro(a, b, c, d)
    second, a, b, c, d = xoshiro(a, b, c, d)
    third, a, b, c, d = xoshiro(a, b, c, d)
    fourth, a, b, c, d = xoshiro(a, b, c, d)
    return (first, second, third, fourth), (a, b, c, d)


@inlined
def eight_words(state: Any) -> Any:
    """Return two words for each replicate of the lane, in turn, and the new state."""
    first, state = four_words(state)
    second, state = four_words(state)
    return (*first, *second), state
