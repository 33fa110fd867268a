"""Power sums are exact: against rational numbers, in any order, of any size."""

from __future__ import annotations

import functools
import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clt_sim.summaries import PowerSums
from clt_sim.summaries.power_sums import _UNIT_BITS

finite = st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.lists(finite, min_size=8, max_size=8), min_size=1, max_size=6)
samples = st.lists(st.integers(-1000, 1000), min_size=1, max_size=30)


def exact(power_sums):
    return [Fraction(total, 2**_UNIT_BITS) for total in power_sums.sums]


def of_integers(values):
    return PowerSums.of_doubles(len(values), [[float(v) ** k for k in range(1, 9)] for v in values])


@given(rows)
def test_sums_are_those_of_rational_numbers(table):
    found = exact(PowerSums.of_doubles(1, table))
    assert found == [sum(map(Fraction, column)) for column in zip(*table, strict=True)]


def test_sizes_far_apart_do_not_swallow_each_other():
    values = [1.7e308, 5e-324, -1.7e308, 1.0, 2.0**-1074]
    found = exact(PowerSums.of_doubles(5, [[value] * 8 for value in values]))[0]
    assert found == 1 + 2 * Fraction(2) ** -1074
    assert found != Fraction(math.fsum(values[:1] + values[3:] + values[2:3]))


@given(rows, st.randoms(use_true_random=False))
def test_any_order_of_merging_gives_the_same(table, order):
    whole = PowerSums.of_doubles(len(table), table)
    parts = [PowerSums.of_doubles(1, [row]) for row in table]
    order.shuffle(parts)
    assert functools.reduce(operator.add, parts) == whole
    middle = order.randrange(len(parts))
    if middle > 0:
        left = functools.reduce(operator.add, parts[:middle])
        assert left + functools.reduce(operator.add, parts[middle:]) == whole


def test_floating_point_sums_would_depend_on_the_order():
    values = [10.0**k for k in range(-20, 20)] * 3
    np.random.default_rng(0).shuffle(values)
    # Not by `sum`, which makes up for roundings since Python 3.12.
    sums = [functools.reduce(operator.add, order) for order in (values, sorted(values))]
    assert sums[0] != sums[1]


@given(samples)
def test_moments_are_those_of_rational_numbers(values):
    # Eighth powers of whole numbers up to 1000 are rounded, each as a double: so are these.
    powers = [[Fraction(float(v) ** k) for v in values] for k in range(9)]
    raw = [sum(column) / len(values) for column in powers]
    sums = of_integers(values)
    assert list(sums.raw_moments()) == raw
    for k, moment in enumerate(sums.central_moments()):
        expected = sum(math.comb(k, j) * (-raw[1]) ** (k - j) * raw[j] for j in range(k + 1))
        assert moment == float(expected)


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=30), st.integers(-20, 20))
def test_central_moments_do_not_feel_a_shift(values, shift):
    """Up to 80**8 every power is an exact double."""
    shifted = of_integers([value + shift for value in values])
    assert of_integers(values).central_moments() == shifted.central_moments()


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(OverflowError, match="too large for double precision"):
        PowerSums.of_doubles(1, [[value] * 8])


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="zip"):
        PowerSums.of_doubles(2, [[1.0] * 8, [1.0] * 7])
