"""Indices of independent draws that are not sorted, against the same by influence functions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clt_sim import sparsity
from clt_sim.sparsity.draws import Draws
from clt_sim.sparsity.registry import MEASURES

UNSORTED = (
    "near-zero",
    "exact-zero",
    "hoyer",
    "treves-rolls",
    "effective-dimension",
    "kurtosis",
)
RNG = np.random.default_rng(20)
ROWS = {
    "normal": RNG.normal(size=5000),
    "laplace": RNG.laplace(size=300),
    "relu": np.maximum(RNG.normal(size=4097), 0.0),
    "cauchy": RNG.standard_cauchy(100_000),
    "lognormal": np.exp(2.0 * RNG.normal(size=70_000)),
    "nearly constant": 1.0 + 1e-7 * RNG.normal(size=1000),
    "a far offset": 1e9 + RNG.normal(size=1000),
    "two values": RNG.integers(1, 3, 64).astype(float),
    "a spike": np.eye(1, 400)[0],
    "signs": RNG.choice([-3.0, 3.0], 50),
    "two": np.array([1.0, -4.0]),
    "tiny": 1e-300 * RNG.normal(size=500),
    "huge": 1e300 * RNG.normal(size=500),
    "single precision": RNG.normal(size=5000).astype(np.float32),
    "whole numbers": RNG.integers(-9, 9, 900),
    "every third": RNG.normal(size=3000)[::3],
}


@pytest.mark.parametrize("name", UNSORTED)
@pytest.mark.parametrize("row", ROWS)
def test_indices_and_errors_are_those_of_the_influence_function(row, name):
    values = ROWS[row].astype(np.float64)
    found = sparsity(ROWS[row], measures=[name])[name]
    expected = Draws.of(values).estimate_sorted(MEASURES[name])
    # The influence function, made of differences from 1, has lost what is below 1e-15 of it.
    rounding = 1e-15 / math.sqrt(values.size)
    assert found.value == pytest.approx(expected.value, rel=1e-12, abs=1e-14)
    assert found.stderr == pytest.approx(expected.stderr, rel=1e-9, abs=rounding)


def test_nothing_is_sorted():
    draws = Draws.of(ROWS["normal"])
    for name in UNSORTED:
        draws.estimate(MEASURES[name])
    assert "magnitudes" not in vars(draws)
    draws.estimate(MEASURES["gini"])
    assert "magnitudes" in vars(draws)


def test_nearly_equal_magnitudes_keep_their_digits():
    # To first order in the deviations d from 1, hoyer is proportional to mean d^2.
    rng = np.random.default_rng(3)
    deviation = rng.normal(size=2000)
    deviation -= deviation.mean()
    size = deviation.size
    for step in (1e-3, 1e-5, 1e-7):
        found = sparsity(1.0 + step * deviation, measures=["hoyer", "kurtosis"])
        spread = step**2 * float(np.mean(deviation**2))
        expected = 0.5 * spread / (1.0 - 1.0 / math.sqrt(size))
        assert found["hoyer"].value == pytest.approx(expected, rel=10.0 * step)
        assert found["kurtosis"].value == pytest.approx(4.0 * spread, rel=10.0 * step + 1e-3)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=2, max_size=60).filter(any),
    st.sampled_from([1.0, 1e-200, 1e200]),
)
def test_any_values(row, scale):
    draws = Draws.of(scale * np.array(row))
    if not draws.values.any():
        return
    for name in UNSORTED:
        found = draws.estimate(MEASURES[name])
        expected = draws.estimate_sorted(MEASURES[name])
        if name == "near-zero":  # a value may be at the threshold to the last bit
            threshold = 0.1 * math.sqrt(float(draws.magnitudes.mean_square))
            distances = np.abs(
                np.divide.outer(draws.magnitudes.values, [0.5, 1.0, 1.5]) - threshold
            )
            if distances.min() < 1e-14 * threshold:
                continue
        assert found.value == pytest.approx(expected.value, rel=1e-9, abs=1e-12), name
        assert found.stderr == pytest.approx(expected.stderr, rel=1e-6, abs=1e-8), name


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("signed", ["magnitude", "rectified"])
def test_what_is_not_finite_is_refused_with_its_place(bad, signed):
    row = np.random.default_rng(1).normal(size=300)
    row[77] = bad
    with pytest.raises(ValueError, match=rf"x\[77\] is {bad} \(1 of 300 are not\)"):
        sparsity(row, signed=signed, measures=["hoyer"])


def test_sums_that_leave_the_range_are_of_finite_values():
    row = np.full(256 * 40, 1e-3)  # the pilot takes every 40th, and the scale from them
    row[1] = 1e305
    assert sparsity(row, measures=["hoyer"])["hoyer"].value == pytest.approx(1.0, abs=1e-12)


def test_the_array_stays_as_it_is():
    row = np.array([3.0, -1.0, 0.0])
    sparsity(row)
    assert row.tolist() == [3.0, -1.0, 0.0]
