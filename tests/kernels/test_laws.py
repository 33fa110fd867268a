"""The draws of every law: value by value from the same bits, and as a distribution."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim._kernels import laws as kernels
from clt_sim.engine.program import sum_parameters

DRAWS = 2**20
FALSE_ALARM = 1e-3
"""Chance that any one test of the distributions of all laws fails by accident."""
MOMENTS = (1, 2, 3, 4)
TOLERANCE = 1e-6
"""Error allowed to a standard draw, beside rounding: twice the largest seen, of the normal law."""

RELATIVE = {"lognormal": 2e-6, "symmetric-weibull": 2e-6}
"""Error allowed besides, in units of the draw, where it is an exponential."""
CHANGED = {
    "bernoulli": ["bernoulli(probability=.03)"],
    "lognormal": ["lognormal(mean_log=-1,sd_log=.25)"],
    "triangular": [
        "triangular(low=-1,mode=-1,high=3)",
        "triangular(low=-1,mode=2.5,high=3)",
        "triangular(low=-1,mode=3,high=3)",
    ],
}
"""Laws whose parameters cannot all grow by the same number."""


def specimens():
    for name in clt.laws.names():
        default = clt.laws.get(name)
        yield default
        changed = {f.name: f.default + 0.75 for f in dataclasses.fields(default)}
        if name in CHANGED:
            yield from map(clt.laws.get, CHANGED[name])
        elif changed:
            yield type(default)(**changed)


SPECIMENS = list(specimens())
TESTS = len(SPECIMENS) * (1 + len(MOMENTS))


def draws(law, seed):
    """A sum of one input with weight 1 is the draw itself."""
    return clt.sample(clt.WeightedSum(n=1, inputs=law, weights=1.0), DRAWS, seed=seed)


def kolmogorov_pvalue(x, law):
    """The two-sided test; conservative for laws with atoms."""
    values, counts = np.unique(x, return_counts=True)
    above = np.cumsum(counts) / x.size
    below = above - counts / x.size
    distance = max(
        np.abs(above - law.cdf(values)).max(),
        np.abs(below - law.cdf(np.nextafter(values, -math.inf))).max(),
    )
    return stats.kstwo.sf(distance, x.size)


def moment_pvalue(x, law, k):
    error = math.sqrt((law.moment(2 * k) - law.moment(k) ** 2) / x.size)
    deviation = abs(float(np.mean(x**k)) - law.moment(k))
    if error == 0.0:
        return float(deviation == 0.0)
    return 2.0 * stats.norm.sf(deviation / error)


@pytest.mark.parametrize("law", SPECIMENS, ids=str)
def test_fill_equals_the_formula_in_double_precision(law, naive):
    parameters, _ = sum_parameters(clt.WeightedSum(n=1, inputs=law))
    state = np.random.default_rng(4).integers(0, 2**32, (4, naive.LANES), np.uint32)
    reference = list(state.astype(np.uint64))
    values = np.empty(naive.BLOCK, np.float32)
    for _ in range(200):
        kernels.fill(
            parameters.input_law,
            parameters.input_shape,
            parameters.input_location,
            parameters.input_scale,
            values,
            state,
        )
        expected = naive.draws(law, reference)
        allowed = TOLERANCE * law.standard_form[1] + 2.0**-23 * np.abs(values).max()
        allowed += RELATIVE.get(law.name, 0.0) * np.abs(expected)
        assert np.all(np.abs(values - expected) < allowed)
    assert np.array_equal(state, reference)


def test_ids_are_those_of_the_registry():
    for name in clt.laws.names():
        assert clt.laws.get(name).kernel == getattr(kernels, name.upper().replace("-", "_"))


@pytest.mark.parametrize("word", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_extreme_words_stay_in_the_support(word, naive):
    """Lanes whose next words are extreme: a + d = 0 and a = word give the word itself."""
    state = np.zeros((4, naive.LANES), np.uint32)
    state[0], state[3] = word, -word & 0xFFFFFFFF
    for law in map(clt.laws.get, clt.laws.names()):
        values = np.empty(naive.BLOCK, np.float32)
        shape, zero, one = map(np.float32, (law.kernel_shape, 0, 1))
        kernels.fill(law.kernel, shape, zero, one, values, state.copy())
        low, high = law.support
        assert np.all(np.isfinite(values))
        assert np.all((values >= low) & (values <= high))


@pytest.mark.parametrize("law", SPECIMENS, ids=str)
def test_distribution(law):
    x = draws(law, seed=5)
    pvalues = [kolmogorov_pvalue(x, law), *(moment_pvalue(x, law, k) for k in MOMENTS)]
    assert min(pvalues) > FALSE_ALARM / TESTS


def test_a_slightly_wrong_law_is_noticed():
    """One per cent in the standard deviation, or a shift of one per cent of it."""
    x = draws(clt.laws.get("normal"), seed=6)
    for wrong in (clt.laws.get("normal(sd=1.01)"), clt.laws.get("normal(mean=0.01)")):
        assert kolmogorov_pvalue(x, wrong) < FALSE_ALARM / TESTS
        assert min(moment_pvalue(x, wrong, k) for k in (1, 2)) < FALSE_ALARM / TESTS
