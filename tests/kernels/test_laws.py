"""The draws of every law: value by value from the same bits, and as a distribution.

Values are compared with each law's own quantile function at the same probability, or with the
formula of its kernel, in double precision.
"""

from __future__ import annotations

import functools
import math

import naive_draws
import numpy as np
import pytest
import specimens
from numba import njit
from scipy import stats

import clt_sim as clt
from clt_sim._kernels import laws as kernels
from clt_sim._kernels.compilation import source_digest
from clt_sim.engine.law_program import kernel_laws
from clt_sim.engine.precision import get_precision

DRAWS = 2**20
FALSE_ALARM = 1e-3
"""Chance that any one test of the distributions of all laws fails by accident."""
MOMENTS = (1, 2, 3, 4)
SPECIMENS = specimens.laws()
TESTS = len(SPECIMENS) * (1 + len(MOMENTS))


def draws(law, seed):
    """A sum of one input with weight 1 is the draw itself."""
    return clt.sample(clt.WeightedSum(n=1, inputs=law, weights=1.0), DRAWS, seed=seed)


def kolmogorov_pvalue(x, law):
    """The two-sided test at up to 2**15 of the values; conservative for that, and for atoms."""
    values, counts = np.unique(x, return_counts=True)
    above = np.cumsum(counts) / x.size
    some = slice(None, None, 1 + values.size // 2**15)
    values, above, counts = values[some], above[some], counts[some]
    below, at = above - counts / x.size, law.cdf(values)
    just_below = law.cdf(np.nextafter(values, -math.inf)) if law.atoms else at
    distance = max(np.abs(above - at).max(), np.abs(below - just_below).max())
    return stats.kstwo.sf(distance, x.size)


def moment_pvalue(x, law, k):
    error = math.sqrt((law.moment(2 * k) - law.moment(k) ** 2) / x.size)
    powers = functools.reduce(np.multiply, [x] * k)
    deviation = abs(float(np.mean(powers)) - law.moment(k))
    if error == 0.0:
        return float(deviation == 0.0)
    return 2.0 * stats.norm.sf(deviation / error)


@njit
def draw(fill, laws, values, words, choices, state):
    kernels.draw(fill, laws, 0, values, words, choices, state)


@functools.cache
def filler(law, precision):
    """Return a function that fills a block with draws of a law and moves a state on."""
    laws = kernel_laws([law], get_precision(precision))
    real = {"single": np.float32, "double": np.float64}[precision]
    words, choices = np.empty(1024, np.float32), np.empty(1024, np.int32)

    def fill(state):
        values = np.full(1024, np.nan, real)
        draw(kernels.fill(real), laws, values, words, choices, state.reshape(-1))
        return values

    return fill


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("law", SPECIMENS, ids=str)
def test_fill_equals_the_formula_in_double_precision(law, precision):
    fill, p = filler(law, precision), naive_draws.PRECISIONS[precision]
    state = np.random.default_rng(4).integers(0, 2**32, (4, naive_draws.LANES), np.uint32)
    reference = list(state.astype(np.uint64))
    # Quantile functions without a closed form are slow.
    for _ in range(200 if law.kernel != kernels.TABLE else 4):
        expected, bounds = naive_draws.draws(law, reference, p)
        assert np.all(np.abs(fill(state) - expected) <= bounds)
    assert np.array_equal(state, reference)


def test_another_law_is_noticed():
    law, wrong = clt.laws.get("cauchy"), clt.laws.get("cauchy(scale=1.00001)")
    state = np.random.default_rng(4).integers(0, 2**32, (4, naive_draws.LANES), np.uint32)
    expected, bounds = naive_draws.draws(law, list(state.astype(np.uint64)))
    assert np.mean(np.abs(filler(wrong, "single")(state) - expected) <= bounds) < 0.9


@njit
def results(fill, laws, values, words, choices, state):
    by_table = fill.by_table(fill.by_kernel, laws, 0, values, words, choices, state)
    return fill.by_kernel(0, values[0], values[0], values[0], values, state), by_table


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_fill_returns_the_digest(real):
    """That is how the digest becomes part of what is cached."""
    precision = get_precision("double" if real is np.float64 else "single")
    laws = kernel_laws([clt.laws.get("cauchy")], precision)
    rows = np.empty(1024, real), np.empty(1024, np.float32), np.empty(1024, np.int32)
    digests = results(kernels.fill(real), laws, *rows, np.ones(4 * 256, np.uint32))
    assert digests == (source_digest(), source_digest())


def test_ids_are_those_of_the_registry():
    for law in SPECIMENS:
        own = getattr(kernels, law.name.upper().replace("-", "_"), kernels.TABLE)
        assert law.kernel == own
        assert (own != kernels.TABLE) == (law.name in naive_draws.OWN)


def extreme_states():
    """Lanes whose next words are extreme: a + d = 0 and a = word give the word itself."""
    for word in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        state = np.zeros((4, naive_draws.LANES), np.uint32)
        state[0], state[3] = word, -word & 0xFFFFFFFF
        yield state


@pytest.mark.parametrize("precision", ["single", "double"])
def test_extreme_words_stay_in_the_support(precision):
    for law in SPECIMENS:
        fill, (low, high) = filler(law, precision), law.support
        for state in extreme_states():
            values = fill(state).astype(np.float64)
            # The ends of the support, and a draw next to them, are rounded.
            slack = 2.0**-20 * np.abs(values)
            assert np.all(np.isfinite(values))
            assert np.all((values >= low - slack) & (values <= high + slack))


@pytest.mark.parametrize("law", SPECIMENS, ids=str)
def test_distribution(law):
    x = draws(law, seed=5)
    # The error of a mean of powers is known where the moment of twice the order is finite.
    orders = [k for k in MOMENTS if 2 * k < law.tail_index]
    pvalues = [kolmogorov_pvalue(x, law), *(moment_pvalue(x, law, k) for k in orders)]
    assert min(pvalues) > FALSE_ALARM / TESTS


def test_a_slightly_wrong_law_is_noticed():
    """One per cent in the standard deviation, or a shift of one per cent of it."""
    x = draws(clt.laws.get("normal"), seed=6)
    for wrong in (clt.laws.get("normal(sd=1.01)"), clt.laws.get("normal(mean=0.01)")):
        assert kolmogorov_pvalue(x, wrong) < FALSE_ALARM / TESTS
        assert min(moment_pvalue(x, wrong, k) for k in (1, 2)) < FALSE_ALARM / TESTS
