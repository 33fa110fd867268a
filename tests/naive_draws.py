"""Random bits and draws of laws the slow way: every bit and every formula written out.

Nothing here comes from the compiled kernels. Words may be Python integers or arrays of uint64.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clt_sim.engine.law_program import law_program
from clt_sim.engine.precision import get_precision
from clt_sim.engine.quantile_table import quantile_table

MASK = 0xFFFFFFFF
ROTATIONS = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
BLOCK, LANES = 1024, 256
BELOW_HALF = float(np.nextafter(np.float32(0.5), np.float32(0.0)))


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


def block_words(state):
    """Return a word of 32 bits for each replicate of a block."""
    return np.concatenate([xoshiro(state) for _ in range(BLOCK // LANES)])


def sign(word, bit):
    return 1.0 - 2.0 * ((word >> np.uint64(bit)) & np.uint64(1)).astype(np.float64)


class Single:
    """One word for each draw."""

    name = "single"
    own_tolerance = 1e-6
    """Error of a standard draw: twice the largest seen, of the normal law."""
    relative: ClassVar = {"lognormal": 2e-6, "symmetric-weibull": 2e-6}
    """Error besides, in units of the draw, where it is an exponential."""
    rounding = 2.0**-23
    """Of a draw that is moved and scaled."""
    half_bit = 31
    laplace_bit, rademacher_bit, normal_bits = 0, 31, (31, 30)

    @staticmethod
    def words(state):
        """Return one for each replicate, in four rows of lanes."""
        return [xoshiro(state) for _ in range(BLOCK // LANES)]

    @staticmethod
    def uniform(word):
        """(k + 1/2)/2**31 with k rounded to single precision, and the result once more."""
        k = (word >> np.uint64(1)).astype(np.float32).astype(np.float64)
        return (k * 2.0**-31 + 2.0**-32).astype(np.float32).astype(np.float64)

    @classmethod
    def complement(cls, word):
        return cls.uniform(word ^ np.uint64(MASK))

    @staticmethod
    def angle(word):
        signed = ((word << np.uint64(2)) & np.uint64(MASK)).astype(np.uint32).view(np.int32)
        return math.pi / 4 + signed.astype(np.float64) * (math.pi / 4 * 2.0**-31)

    @staticmethod
    def place(word):
        """An odd multiple of 2**-33 below 1/2, rounded as `uniform` is."""
        half = (word & np.uint64(0x7FFFFFFF)).astype(np.float32).astype(np.float64)
        place = (half * 2.0**-32 + 2.0**-33).astype(np.float32).astype(np.float64)
        return np.minimum(place, BELOW_HALF)

    @staticmethod
    def shape(number):
        return float(np.float32(number))


class Double:
    """Two words for each draw, as one of 64 bits."""

    name = "double"
    own_tolerance = 1e-14
    relative: ClassVar = {"lognormal": 1e-14, "symmetric-weibull": 1e-14}
    rounding = 2.0**-52
    half_bit = 63
    laplace_bit, rademacher_bit, normal_bits = 0, 63, (0, 1)

    @staticmethod
    def words(state):
        pairs = [(xoshiro(state), xoshiro(state)) for _ in range(BLOCK // LANES)]
        return [(high << np.uint64(32)) | low for high, low in pairs]

    @staticmethod
    def uniform(word):
        return ((word >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    @classmethod
    def complement(cls, word):
        return 1.0 - cls.uniform(word)

    @classmethod
    def angle(cls, word):
        return cls.uniform(word) * (math.pi / 2)

    @staticmethod
    def place(word):
        """An odd multiple of 2**-53 below 1/2, at least 2**-33."""
        odd = (word << np.uint64(1)) >> np.uint64(12) | np.uint64(1)
        return np.maximum(odd.astype(np.float64) * 2.0**-53, 2.0**-33)

    @staticmethod
    def shape(number):
        return number


PRECISIONS = {"single": Single, "double": Double}


@dataclass
class OwnLaws:
    """Draws of laws that have kernels of their own, in pairs of two words."""

    p: type

    def each(self, function):
        return lambda first, second, *shape: (function(first, *shape), function(second, *shape))

    def normal(self, first, second):
        radius, angle = np.sqrt(-2.0 * np.log(self.p.uniform(first))), self.p.angle(second)
        cosine_bit, sine_bit = self.p.normal_bits
        return (
            sign(second, cosine_bit) * radius * np.cos(angle),
            sign(second, sine_bit) * radius * np.sin(angle),
        )

    def exponential(self, word):
        return -np.log(self.p.uniform(word))

    def laplace(self, word):
        return sign(word, self.p.laplace_bit) * self.exponential(word)

    def wikipedia(self, word):
        u = self.p.uniform(word)
        return np.where(u < 0.5, np.sqrt(2.0 * u), 2.0 * u)

    def bernoulli(self, word, probability):
        return np.where(self.p.uniform(word) <= self.p.shape(probability), 1.0, 0.0)

    def triangular(self, word, mode):
        rising = np.sqrt(self.p.uniform(word) * mode)
        falling = 1.0 - np.sqrt(self.p.complement(word) * (1.0 - mode))
        return np.where(self.p.uniform(word) < self.p.shape(mode), rising, falling)

    def logistic(self, word):
        return np.log(self.p.uniform(word) / self.p.complement(word))

    def lognormal(self, first, second, sd_log):
        return tuple(np.exp(sd_log * z) for z in self.normal(first, second))

    def symmetric_weibull(self, word, power):
        return sign(word, self.p.laplace_bit) * self.exponential(word) ** power

    def pair(self, law):
        """Return two standard draws of two words, as a function of these."""
        single_words = {
            "uniform": self.p.uniform,
            "rademacher": lambda word: sign(word, self.p.rademacher_bit),
            "laplace": self.laplace,
            "exponential": self.exponential,
            "wikipedia": self.wikipedia,
            "constant": lambda word: np.ones(word.shape),
            "bernoulli": self.bernoulli,
            "triangular": self.triangular,
            "logistic": self.logistic,
            "symmetric-weibull": self.symmetric_weibull,
        }
        pairs = {"normal": self.normal, "lognormal": self.lognormal}
        return pairs.get(law.name) or self.each(single_words[law.name])


SHAPES = {
    "bernoulli": lambda law: law.probability,
    "triangular": lambda law: (law.mode - law.low) / (law.high - law.low),
    "lognormal": lambda law: law.sd_log,
    "symmetric-weibull": lambda law: 1.0 / law.shape,
}
"""What draws of the standard form depend on."""
OWN = {*SHAPES, "normal", "uniform", "rademacher", "laplace", "exponential"} | {
    "wikipedia",
    "constant",
    "logistic",
}
"""Laws with kernels of their own."""


def own_draws(law, state, p):
    """Return a draw for each replicate, and bounds on their errors."""
    pair = OwnLaws(p).pair(law)
    shape = [SHAPES[law.name](law)] if law.name in SHAPES else []
    first, second, third, fourth = p.words(state)
    standard = np.concatenate([*pair(first, second, *shape), *pair(third, fourth, *shape)])
    location, scale = law.standard_form
    x = location + scale * standard
    errors = p.own_tolerance * abs(scale) + p.rounding * (abs(location) + np.abs(x))
    return x, errors + p.relative.get(law.name, 0.0) * np.abs(x)


def chosen(table, state):
    """Walker's choice: the word times the number of columns is the column and the place in it."""
    product = block_words(state) * np.uint64(table.partners.size)
    column = (product >> np.uint64(32)).astype(int)
    own = (product & np.uint64(MASK)) < table.thresholds[column]
    return np.where(own, column, table.partners[column])


@functools.cache
def spans(law, p):
    """The probabilities between which the quantile function is in one piece, ascending."""
    masses = quantile_table(law, get_precision(p.name).table).masses
    ends = np.concatenate([[0.0], np.cumsum(masses)[:-1], [1.0]])
    return np.stack([ends[:-1], ends[1:]])


def inverted(law, pieces, state, p):
    """Return the quantiles at random places in pieces: the top bit of a word says which half."""
    word = np.concatenate(p.words(state))
    low, high = spans(law, p)[:, pieces]
    inside = p.place(word) * (high - low)
    upper = word >> np.uint64(p.half_bit) == 1
    return law.quantile(np.where(upper, high - inside, low + inside))


def table_draws(law, state, p):
    """Return the draws of a law without a kernel of its own, and bounds on their errors."""
    precision = get_precision(p.name)
    program, smooth, atoms = law_program(law, precision), law.without_atoms, [*law.atoms]
    own = smooth is not None and smooth.name in OWN
    pieces = 0 if smooth is None else 1 if own else spans(smooth, p).shape[1]
    choices = np.zeros(BLOCK, int)
    if pieces > 1 or atoms:
        choices = chosen(program.choice, state)
    x, errors = np.zeros(BLOCK), np.zeros(BLOCK)
    if own:
        x, errors = own_draws(smooth, state, p)
    elif smooth is not None:
        x = inverted(smooth, np.minimum(choices, pieces - 1), state, p)
        errors = precision.table.tolerance * (np.abs(x - program.location) + program.scale)
        if p is Double:  # probabilities near 1 are rounded here, and for the nodes of tables
            errors += 2.0**-50 / np.maximum(smooth.pdf(x), 2.0**-100)
        errors += p.rounding * (abs(program.location) + np.abs(x))
    if atoms:
        at = np.array(atoms)[np.maximum(choices - pieces, 0)]
        errors = np.where(choices < pieces, errors, p.rounding * np.abs(at))
        x = np.where(choices < pieces, x, at)
    return x, errors


def draws(law, state, p=Single):
    """Return a draw for each replicate of a block and bounds on errors; `state` moves on."""
    return own_draws(law, state, p) if law.name in OWN else table_draws(law, state, p)
