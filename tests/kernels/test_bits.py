"""Random bits against published answers and against a pure-Python reference."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from clt_sim._kernels import bits

KNOWN_ANSWERS = {
    "zeros": ([0] * 4, [0] * 4, "9c6ca96a e17eae66 fc10ecd4 5256a7d8"),
    "ones": ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 4, "2a881696 57012287 f6c7446e a16a6732"),
    "pi": (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0, 0x082EFA98, 0xEC4E6C89],
        "59cd1dbb b8879579 86b5d00c ac8b6d84",
    ),
}
"""Of threefry4x32 with 20 rounds, from the kat_vectors of Random123: counter, key, result."""
XOSHIRO_1234 = [
    641, 1573767, 3222811527, 3517856514, 836907274,
    4247214768, 3867114732, 1355841295, 495546011, 621204420,
]  # fmt: skip
"""The first words of xoshiro128++ from the state 1, 2, 3, 4."""

threefry = bits.threefry
xoshiro = bits.xoshiro
seed_lanes = bits.seed_lanes


@njit
def encrypt(counters, keys, out):
    for row in range(len(out)):
        c, k = counters[row], keys[row]
        x = threefry((c[0], c[1], c[2], c[3]), k[0], k[1], k[2], k[3])
        out[row, 0], out[row, 1], out[row, 2], out[row, 3] = x


@njit
def advance(state, out):
    a, b, c, d = state[0], state[1], state[2], state[3]
    for step in range(len(out)):
        out[step], a, b, c, d = xoshiro(a, b, c, d)
    state[0], state[1], state[2], state[3] = a, b, c, d


@njit
def key_lanes(state, seed_low, seed_high, stream, block):
    seed_lanes(state, seed_low, seed_high, stream, block)


def encrypted(counters, keys):
    counters, keys = np.array(counters, np.uint32), np.array(keys, np.uint32)
    out = np.empty_like(counters)
    encrypt(counters, keys, out)
    return out.tolist()


@pytest.mark.parametrize("name", KNOWN_ANSWERS)
def test_threefry_gives_the_known_answers(name, naive):
    counter, key, answer = KNOWN_ANSWERS[name]
    expected = [int(word, 16) for word in answer.split()]
    assert encrypted([counter], [key]) == [expected]
    assert naive.threefry(counter, key) == expected


def test_threefry_equals_the_naive_reference(naive):
    counters, keys = np.random.default_rng(1).integers(0, 2**32, (2, 200, 4)).tolist()
    expected = [naive.threefry(counter, key) for counter, key in zip(counters, keys, strict=True)]
    assert encrypted(counters, keys) == expected


def test_fewer_rounds_would_be_noticed(naive):
    counter, key, _ = KNOWN_ANSWERS["pi"]
    assert encrypted([counter], [key]) != [naive.threefry(counter, key, rounds=12)]


def test_xoshiro_gives_the_published_words(naive):
    state, out = np.array([1, 2, 3, 4], np.uint32), np.empty(10, np.uint32)
    advance(state, out)
    assert out.tolist() == XOSHIRO_1234
    reference = [1, 2, 3, 4]
    assert [naive.xoshiro(reference) for _ in range(10)] == XOSHIRO_1234
    assert state.tolist() == reference


def test_xoshiro_equals_the_naive_reference(naive):
    for start in np.random.default_rng(2).integers(0, 2**32, (20, 4)).tolist():
        state, out = np.array(start, np.uint32), np.empty(50, np.uint32)
        advance(state, out)
        assert out.tolist() == [naive.xoshiro(start) for _ in range(50)]
        assert state.tolist() == start


def test_lanes_are_keyed_by_seed_stream_block_and_lane(naive):
    seed, stream, block = 0xFEDCBA9876543210, 1, 0x123456789
    state = np.empty(4 * naive.LANES, np.uint32)
    words = np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)
    key_lanes(state, *words, np.uint32(stream), block)
    words_of_lanes = state.reshape(4, naive.LANES)
    for lane in (0, 1, 100, 255):
        counter = [lane, block & 0xFFFFFFFF, block >> 32, stream]
        expected = naive.threefry(counter, [seed & 0xFFFFFFFF, seed >> 32, 0, 0])
        assert words_of_lanes[:, lane].tolist() == expected
