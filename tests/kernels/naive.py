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
    return lambda first, second, *shape: (function(first, *shape), function(second, *shape))


def wikipedia(word):
    u = uniform(word)
    return np.where(u < 0.5, np.sqrt(2.0 * u), 2.0 * u)


def complement(word):
    return uniform(word ^ np.uint64(MASK))


def bernoulli(word, probability):
    return np.where(uniform(word) <= np.float32(probability), 1.0, 0.0)


def triangular(word, mode):
    rising = np.sqrt(uniform(word) * mode)
    falling = 1.0 - np.sqrt(complement(word) * (1.0 - mode))
    return np.where(uniform(word) < np.float32(mode), rising, falling)


def lognormal(first, second, sd_log):
    return tuple(np.exp(sd_log * z) for z in normal(first, second))


def symmetric_weibull(word, power):
    return sign(word, 0) * (-np.log(uniform(word))) ** power


STANDARD_PAIRS = {
    "normal": normal,
    "uniform": each(uniform),
    "rademacher": each(lambda word: sign(word, 31)),
    "laplace": each(lambda word: -sign(word, 0) * np.log(uniform(word))),
    "exponential": each(lambda word: -np.log(uniform(word))),
    "wikipedia": each(wikipedia),
    "constant": each(lambda word: np.ones(word.shape)),
    "bernoulli": each(bernoulli),
    "triangular": each(triangular),
    "logistic": each(lambda word: np.log(uniform(word) / complement(word))),
    "lognormal": lognormal,
    "symmetric-weibull": each(symmetric_weibull),
}
SHAPES = {
    "bernoulli": lambda law: law.probability,
    "triangular": lambda law: (law.mode - law.low) / (law.high - law.low),
    "lognormal": lambda law: law.sd_log,
    "symmetric-weibull": lambda law: 1.0 / law.shape,
}
"""What draws of the standard form depend on."""


def draws(law, state):
    """Return one value of a law for each replicate of a block; `state` moves on."""
    pair = STANDARD_PAIRS[law.name]
    shape = [SHAPES[law.name](law)] if law.name in SHAPES else []
    standard = np.concatenate([*pair(*words(state), *shape), *pair(*words(state), *shape)])
    location, scale = law.standard_form
    return location + scale * standard


def words(state):
    return xoshiro(state), xoshiro(state)


def block_sums(model, seed, block):
    """Return the sums of a block, and ``1 + sum max(|w|, 1) |phi(x)|``, the scale of errors."""
    inputs, weights = lanes(seed, INPUT_STREAM, block), lanes(seed, WEIGHT_STREAM, block)
    fixed = getattr(model.weights, "values", None)
    sums, scale = np.zeros(BLOCK), np.ones(BLOCK)
    for term in range(model.n):
        w = draws(model.weights, weights) if fixed is None else fixed[term]
        phi = model.nonlinearity(draws(model.inputs, inputs))
        sums += w * phi
        # A weight near 0 has an absolute error, not a relative one.
        scale += np.maximum(np.abs(w), 1.0) * np.abs(phi)
    return sums + model.bias, scale
