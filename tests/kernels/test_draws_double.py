"""Draws in double precision: value by value from the same bits, with 50 digits and with NumPy."""

from __future__ import annotations

import functools
import math

import mpmath
import numpy as np
import pytest
from numba import njit
from scipy import stats

from clt_sim._kernels import draws, draws_double

SHAPES = {
    "bernoulli": [0.3, 1.0],
    "triangular": [0.0, 0.3, 1.0],
    "lognormal_pair": [0.25, 2.0],
    "symmetric_weibull": [0.5, 4.0],
}
"""What is passed as the shape, where a law has one."""
EXTREMES = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
FALSE_ALARM = 1e-3


def words(count, seed):
    """High and low words, the first ones every pair of extremes."""
    random = np.random.default_rng(seed).integers(0, 2**32, (2, count), np.uint32)
    corners = np.array(np.meshgrid(EXTREMES, EXTREMES), np.uint32).reshape(2, -1)
    return np.concatenate([corners, random], axis=1)


@functools.cache
def by_word(name):
    draw = getattr(draws_double, name)

    @njit(error_model="numpy")
    def loop(high, low, shape, out):
        for j in range(high.size):
            out[j] = draw(high[j], low[j], shape)

    def apply(high, low, shape):
        out = np.empty(high.size)
        loop(high, low, shape, out)
        return out

    return apply


@functools.cache
def by_pair(name):
    draw = getattr(draws_double, name)

    @njit(error_model="numpy")
    def loop(first, second, shape, out):
        for j in range(out.shape[1]):
            a, b = first[:, j], second[:, j]
            out[0, j], out[1, j] = draw(a[0], a[1], b[0], b[1], shape)

    def apply(first, second, shape):
        out = np.empty((2, first.shape[1]))
        loop(first, second, shape, out)
        return out

    return apply


# The definitions, in numbers of mpmath: u is a fraction, low the lower word.


def integer(high, low):
    return (int(high) << 32) | int(low)


def exact_uniform(high, low):
    return (mpmath.mpf(integer(high, low) >> 12) + 0.5) / 2**52


def sign(word, bit):
    return -1 if int(word) >> bit & 1 else 1


def exact_triangular(u, mode):
    return mpmath.sqrt(u * mode) if u < mode else 1 - mpmath.sqrt((1 - u) * (1 - mode))


EXACT = {
    "uniform": lambda u, high, low, shape: u,
    "rademacher": lambda u, high, low, shape: sign(high, 31),
    "exponential": lambda u, high, low, shape: -mpmath.log(u),
    "laplace": lambda u, high, low, shape: -sign(low, 0) * mpmath.log(u),
    "wikipedia": lambda u, high, low, shape: mpmath.sqrt(2 * u) if u < 0.5 else 2 * u,
    "constant": lambda u, high, low, shape: 1,
    "bernoulli": lambda u, high, low, shape: int(u <= shape),
    "triangular": lambda u, high, low, shape: exact_triangular(u, shape),
    "logistic": lambda u, high, low, shape: mpmath.log(u / (1 - u)),
    "symmetric_weibull": lambda u, high, low, shape: sign(low, 0) * (-mpmath.log(u)) ** shape,
}


def exact_normal_pair(first, second, shape):
    radius = mpmath.sqrt(-2 * mpmath.log(exact_uniform(*first)))
    angle = exact_uniform(*second) * mpmath.pi / 2
    return (
        sign(second[1], 0) * radius * mpmath.cos(angle),
        sign(second[1], 1) * radius * mpmath.sin(angle),
    )


def exact_lognormal_pair(first, second, shape):
    return tuple(mpmath.exp(shape * z) for z in exact_normal_pair(first, second, shape))


EXACT_PAIRS = {"normal_pair": exact_normal_pair, "lognormal_pair": exact_lognormal_pair}


def share_of_allowed(name, value, true, shape, u=None):
    """Return the error of a value in units of what the table in the module allows."""
    error, allowed = abs(value - true), stated(name, true, shape, u)
    if allowed:
        return error / allowed
    return math.inf if error else 0.0


def stated(name, value, shape, u):
    size = abs(value)
    if name in {"exponential", "laplace", "wikipedia"}:
        return 2.5e-16 * size
    if name == "symmetric_weibull":
        return (2.5e-16 + shape * 3e-16 * max(1, abs(mpmath.log(-mpmath.log(u))))) * size
    return {
        "normal_pair": 3e-15,
        "lognormal_pair": (2.5e-16 + shape * 4e-15) * size,
        "triangular": 2.5e-16,
        "logistic": 3e-16 * max(1, size),
    }.get(name, 0)


def cases(names):
    return [(name, shape) for name in names for shape in SHAPES.get(name, [0.0])]


def largest_share(name, shape, got):
    """Return the largest error of draws from ``words(3000, 1)``, in units of what is allowed."""
    shares = []
    with mpmath.workdps(50):
        for high, low, value in zip(*words(3000, 1), got.tolist(), strict=True):
            u = exact_uniform(high, low)
            true = EXACT[name](u, high, low, shape)
            shares.append(share_of_allowed(name, value, true, shape, u))
    return float(max(shares))


def largest_share_of_pairs(name, shape, got):
    """Return the same for pairs, from ``words(1500, 2)`` and ``words(1500, 3)`` reversed."""
    firsts, seconds = words(1500, 2).T, words(1500, 3)[:, ::-1].T
    shares = []
    with mpmath.workdps(50):
        for first, second, pair in zip(firsts, seconds, got.T.tolist(), strict=True):
            for value, true in zip(pair, EXACT_PAIRS[name](first, second, shape), strict=True):
                shares.append(share_of_allowed(name, value, true, shape))
    return float(max(shares))


def pairs(name, shape):
    return by_pair(name)(words(1500, 2), words(1500, 3)[:, ::-1].copy(), shape)


@pytest.mark.parametrize(("name", "shape"), cases(EXACT))
def test_error_is_as_stated(name, shape):
    got = by_word(name)(*words(3000, 1), shape)
    assert largest_share(name, shape, got) < 1.0


@pytest.mark.parametrize(("name", "shape"), cases(EXACT_PAIRS))
def test_error_of_pairs_is_as_stated(name, shape):
    assert largest_share_of_pairs(name, shape, pairs(name, shape)) < 1.0


def test_a_larger_error_is_noticed():
    """One part in 10^15."""
    for name in ("uniform", "exponential"):
        values = by_word(name)(*words(3000, 1), 0.0)
        assert largest_share(name, 0.0, values * (1.0 + 1e-15)) > 1.0
    normal = pairs("normal_pair", 0.0)
    assert largest_share_of_pairs("normal_pair", 0.0, normal * (1.0 + 1e-15)) > 1.0


def test_the_laws_are_those_of_single_precision():
    def laws(module):
        return {
            name
            for name, item in vars(module).items()
            if getattr(item, "__module__", None) == module.__name__ and not name.startswith("_")
        }

    assert laws(draws_double) <= laws(draws)
    assert laws(draws_double) == {*EXACT, *EXACT_PAIRS}


def naive_uniform(high, low):
    k = (high.astype(np.uint64) << np.uint64(20)) | (low.astype(np.uint64) >> np.uint64(12))
    return (k.astype(np.float64) + 0.5) * 2.0**-52


def naive_normals(first, second):
    radius = np.sqrt(-2.0 * np.log(naive_uniform(*first)))
    angle = naive_uniform(*second) * (math.pi / 2)
    signs = 1.0 - 2.0 * np.stack([second[1] & 1, second[1] >> 1 & 1])
    return signs * radius * np.stack([np.cos(angle), np.sin(angle)])


@pytest.fixture(scope="module")
def many():
    return words(2**20, 4), words(2**20, 5)


def test_uniform_and_normals_equal_naive_ones(many):
    first, second = many
    assert np.array_equal(by_word("uniform")(*first, 0.0), naive_uniform(*first))
    got = by_pair("normal_pair")(first, second, 0.0)
    assert np.abs(got - naive_normals(first, second)).max() < 3e-15


def test_distribution_of_normals(many):
    """Both members of a pair, their signs and their independence."""
    x, y = by_pair("normal_pair")(*(each[:, len(EXTREMES) ** 2 :] for each in many), 0.0)
    quadrants = np.bincount(2 * (x > 0) + (y > 0), minlength=4)
    pvalues = [
        stats.kstest(x, "norm").pvalue,
        stats.kstest(y, "norm").pvalue,
        stats.kstest((x + y) / math.sqrt(2.0), "norm").pvalue,
        stats.kstest(np.arctan2(y, x) / (2.0 * math.pi) + 0.5, "uniform").pvalue,
        stats.chisquare(quadrants).pvalue,
    ]
    assert min(pvalues) > FALSE_ALARM / len(pvalues)
    assert stats.kstest(1.01 * x, "norm").pvalue < FALSE_ALARM / len(pvalues)


def test_bits_below_the_uniform_do_not_change_it():
    high, low = words(1000, 6)
    uniform = by_word("uniform")
    assert np.array_equal(uniform(high, low, 0.0), uniform(high, low ^ np.uint32(0xFFF), 0.0))
    turned = uniform(high, low ^ np.uint32(0x1000), 0.0) - uniform(high, low, 0.0)
    assert np.all(np.abs(turned) == 2.0**-52)


@pytest.mark.parametrize(("name", "shape"), cases(EXACT))
def test_extreme_words_stay_in_the_support(name, shape):
    high, low = np.array(np.meshgrid(EXTREMES, EXTREMES), np.uint32).reshape(2, -1)
    values = by_word(name)(high, low, shape)
    limits = {"exponential": 36.8, "laplace": 36.8, "logistic": 36.8, "wikipedia": 2.0}
    assert np.all(np.isfinite(values))
    assert np.abs(values).max() <= limits.get(name, 36.8**shape)
    if name == "uniform":
        assert 0.0 < values.min() < values.max() < 1.0


def test_extreme_words_give_finite_normals():
    first = np.array([[0, 0xFFFFFFFF], [0, 0xFFFFFFFF]], np.uint32)
    for word in EXTREMES:
        got = by_pair("normal_pair")(first, np.full((2, 2), word, np.uint32), 0.0)
        assert np.all(np.hypot(*got) <= 8.58)
        assert np.hypot(*got)[0] == pytest.approx(math.sqrt(2.0 * 53.0 * math.log(2.0)))
