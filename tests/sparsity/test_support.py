"""The share of the range that is empty: laws, values, what bins can and cannot see."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim import laws
from clt_sim.sparsity import sparsity
from clt_sim.sparsity.magnitudes import Magnitudes
from clt_sim.sparsity.registry import MEASURES

SUPPORT = MEASURES["support"]
LAWS = {
    "uniform": 0.0,
    "uniform(low=5,high=6)": 0.0,
    "normal": 0.0,
    "pareto(shape=.5)": 0.0,
    "truncated-normal(low=0,high=1000)": 0.0,
    "rademacher": 1.0,
    "constant(value=2)": 1.0,
    "discrete(values=(0,1,5),probabilities=(.5,.25,.25))": 1.0,
    "sparse(slab='uniform(low=1,high=3)',zero_probability=.25)": 1.0 / 3.0,
    "sparse(slab='laplace',zero_probability=.9)": 0.0,
    # Magnitudes: from 1 to 2 by both; from 0 to 1 and 3 to 4; from 1 to 2 and 2 to 5 of signs
    "mixture(components=('uniform(low=-2,high=-1)','uniform(low=1,high=2)'))": 0.0,
    "mixture(components=('uniform(low=-1,high=0)','uniform(low=3,high=4)'))": 0.5,
    "mixture(components=('uniform(low=-2,high=-1)','uniform(low=4,high=5)'))": 0.5,
    "mixture(components=('constant(value=0)','uniform(low=1,high=2)','constant(value=10)'))": 0.9,
}


@pytest.mark.parametrize("name", LAWS)
def test_laws(name):
    estimate = sparsity(laws.get(name))["support"]
    assert estimate.value == pytest.approx(LAWS[name], abs=1e-13)
    assert estimate.stderr < 1e-12


def test_negative_values_as_0_fill_nothing():
    law = laws.get("mixture(components=('uniform(low=-2,high=-1)','uniform(low=4,high=5)'))")
    assert sparsity(law, signed="rectified")["support"].value == pytest.approx(0.8)
    shifted = laws.get("uniform(low=-1,high=1)")
    assert sparsity(shifted, signed="rectified")["support"].value == 0.0


def test_exact_laws_of_sums():
    model = clt.WeightedSum(n=1, inputs=laws.Uniform(2.0, 3.0), weights=[1.0])
    assert sparsity(clt.exact(model))["support"].value == 0.0
    lattice = clt.WeightedSum(n=4, inputs="rademacher", weights=1.0)
    assert sparsity(clt.exact(lattice))["support"].value == 1.0


def _by_loops(values):
    """Return the share of empty bins, by the words of its definition."""
    c = sorted(abs(x) for x in values)
    width = math.sqrt(math.fsum(x * x for x in c) / len(c)) / 8.0
    bins = [math.floor(x / width) for x in c]
    filled = {b for b, x in zip(bins, c, strict=True) if c.count(x) == 1}
    return 1.0 - len(filled) / (bins[-1] - bins[0] + 1)


numbers = st.integers(0, 300).map(lambda k: k / 7.0)


@settings(max_examples=80, deadline=None)
@given(st.lists(numbers, min_size=2, max_size=30).filter(any))
def test_values_against_the_definition(row):
    # Irrational scale: so that no value is at an edge up to rounding.
    row = [x**1.1 for x in row]
    assert sparsity(row)["support"].value == pytest.approx(_by_loops(row), abs=1e-12)


def test_influence_is_the_effect_of_leaving_one_out():
    values = np.random.default_rng(3).laplace(size=40)
    values[:4] = 0.0
    magnitudes = Magnitudes.of(values)
    influence = SUPPORT.influence(magnitudes)
    whole = float(SUPPORT.of_magnitudes(magnitudes))
    left_out = []
    for index in range(40):
        rest = np.delete(magnitudes.values, index)
        # with the bins that all have
        other = Magnitudes(rest, np.full(39, 1.0 / 39.0), magnitudes.mean_square, 39)
        left_out.append(float(SUPPORT.of_magnitudes(other)))
    expected = 40.0 * (np.mean(left_out) - np.array(left_out))
    np.testing.assert_allclose(influence, expected, atol=1e-10)
    assert np.ptp(left_out) > 0.0
    assert whole > 0.0


def test_a_gap_is_seen_if_it_is_longer_than_a_bin():
    rng = np.random.default_rng(1)

    def index(gap):
        draws = rng.uniform(0.0, 2.0, size=20_000)
        return sparsity(draws + gap * (draws > 1.0))["support"].value

    assert index(0.0) == index(0.05) == 0.0
    width = math.sqrt((1.0 + 49.0 - 0.0) / 6.0) / 8.0  # close to that of the bins at gap 2
    assert index(2.0) == pytest.approx(0.5, abs=2.0 * width)


def test_bias_falls_with_the_number_of_values_unless_the_tail_is_heavy():
    rng = np.random.default_rng(2)

    def mean(draw, size):
        rows = Magnitudes.of(draw((200_000 // size, size)))
        return float(np.mean(SUPPORT.of_magnitudes(rows)))

    # As the docstring says; the sd of one is 0.1, 0.07 and 0.05.
    for size, bias in ((100, 0.16), (1_000, 0.08), (10_000, 0.05)):
        assert mean(rng.standard_normal, size) == pytest.approx(bias, abs=0.04)
    heavy = [mean(rng.standard_cauchy, size) for size in (100, 10_000)]
    assert 0.5 < heavy[0] < heavy[1]
    assert heavy[1] > 0.9


def test_ties_are_atoms():
    rng = np.random.default_rng(4)
    assert sparsity(rng.integers(0, 9, size=1_000))["support"].value == 1.0
    assert sparsity(rng.uniform(size=1_000))["support"].value == 0.0
    slab = laws.get("sparse(slab='uniform(low=1,high=3)',zero_probability=.25)")
    assert sparsity(slab.sample(20_000, rng=1))["support"].value == pytest.approx(
        1.0 / 3.0, abs=0.06
    )


def test_summaries():
    def summarise(inputs):
        return sparsity(clt.simulate(clt.WeightedSum(n=1, inputs=inputs, weights=[1.0]), 50_000))

    gap = summarise("mixture(components=('uniform(low=-1,high=0)','uniform(low=3,high=4)'))")
    assert gap["support"].value == pytest.approx(0.5, abs=0.1)
    assert abs(gap["support"].value - 0.5) <= 3.0 * gap["support"].stderr + 0.02
    assert summarise(laws.Uniform(5.0, 6.0))["support"].value == pytest.approx(0.0, abs=0.02)
    assert "heavy" in summarise("student-t(df=9)").unavailable["support"]
    assert "outside" in summarise("lognormal").unavailable["support"]
    atoms = summarise("discrete(values=(-1,0,9),probabilities=(.5,.3,.2))")
    assert 0.9 < atoms["support"].value < 1.0
