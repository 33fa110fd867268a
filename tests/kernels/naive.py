"""Weighted sums the slow way: every bit and every formula written out, in double precision.

Nothing here comes from the compiled kernels. Words may be Python integers or arrays of uint64.
"""

from __future__ import annotations

import math

import numpy as np

MASK = 0xFFFFFFFF
ROTATIONS = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
BLOCK, LANES = 1024, 256
WEIGHT_STREAM, INPUT_STREAM = 0, 1


def rotate(x, left):
    return ((x << left) | (x >> (32 - left))) & MASK


def threefry(counter, key, rounds=20):
    keys = [*key, 0x1BD11BDA ^ key[0] ^ key[1] ^ key[2] ^ key[3]]
    x = [(word + k) & MASK for word, k in zip(counter, key, strict=True)]
    for r in range(rounds):
        first, second = (1, 3) if r % 2 == 0 else (3, 1)
        left, right = ROTATIONS[r % 8]
        x[0] = (x[0] + x[first]) & MASK
        x[first] = rotate(x[first], left) ^ x[0]
        x[2] = (x[2] + x[second]) & MASK
        x[second] = rotate(x[second], right) ^ x[2]
        if r % 4 == 3:
            turn = r // 4 + 1
            x = [(word + keys[(turn + i) % 5]) & MASK for i, word in enumerate(x)]
            x[3] = (x[3] + turn) & MASK
    return x


def xoshiro(state):
    """Advance the list `state` in place and return the word."""
    word = (rotate((state[0] + state[3]) & MASK, 7) + state[0]) & MASK
    shifted = (state[1] << 9) & MASK
    state[2] = state[2] ^ state[0]
    state[3] = state[3] ^ state[1]
    state[1] = state[1] ^ state[2]
    state[0] = state[0] ^ state[3]
    state[2] = state[2] ^ shifted
    state[3] = rotate(state[3], 11)
    return word


def lanes(seed, stream, block):
    counter = [np.arange(LANES, dtype=np.uint64), block & MASK, block >> 32, stream]
    return threefry(counter, [seed & MASK, seed >> 32, 0, 0])


def uniform(word):
    """(k + 1/2)/2**31 with k rounded to single precision, and the result once more."""
    k = (word >> np.uint64(1)).astype(np.float32).astype(np.float64)
    return (k * 2.0**-31 + 2.0**-32).astype(np.float32).astype(np.float64)


def sign(word, bit):
    return 1.0 - 2.0 * ((word >> np.uint64(bit)) & np.uint64(1)).astype(np.float64)


def normal(first, second):
    radius = np.sqrt(-2.0 * np.log(uniform(first)))
    signed = ((second << np.uint64(2)) & np.uint64(MASK)).astype(np.uint32).view(np.int32)
    angle = math.pi / 4 + signed.astype(np.float64) * (math.pi / 4 * 2.0**-31)
    return sign(second, 31) * radius * np.cos(angle), sign(second, 30) * radius * np.sin(angle)


def each(function):
    return lambda first, second: (function(first), function(second))


def wikipedia(word):
    u = uniform(word)
    return np.where(u < 0.5, np.sqrt(2.0 * u), 2.0 * u)


STANDARD_PAIRS = {
    "normal": normal,
    "uniform": each(uniform),
    "rademacher": each(lambda word: sign(word, 31)),
    "laplace": each(lambda word: -sign(word, 0) * np.log(uniform(word))),
    "exponential": each(lambda word: -np.log(uniform(word))),
    "wikipedia": each(wikipedia),
}


def draws(law, state):
    """Return one value of a law for each replicate of a block; `state` moves on."""
    pair = STANDARD_PAIRS[law.name]
    standard = np.concatenate([*pair(*words(state)), *pair(*words(state))])
    location, scale = law.standard_form
    return location + scale * standard


def words(state):
    return xoshiro(state), xoshiro(state)


def block_sums(model, seed, block):
    """Return the sums of a block and ``1 + sum |w phi(x)|``, the scale of their rounding."""
    inputs, weights = lanes(seed, INPUT_STREAM, block), lanes(seed, WEIGHT_STREAM, block)
    fixed = getattr(model.weights, "values", None)
    sums, scale = np.full(BLOCK, model.bias), np.ones(BLOCK)
    for term in range(model.n):
        w = draws(model.weights, weights) if fixed is None else fixed[term]
        summand = w * model.nonlinearity(draws(model.inputs, inputs))
        sums += summand
        scale += np.abs(summand)
    return sums, scale
