"""Checks of arguments."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clt_sim._validation import finite, positive, unknown_name, whole


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int8(2), Fraction(2)])
@pytest.mark.parametrize("check", [finite, positive])
def test_real_numbers_become_floats(check, value):
    result = check("x", value)
    assert type(result) is float
    assert result == 2.0


@pytest.mark.parametrize("value", ["2", None, True, np.True_, 2j, [2], np.ones(1), b"2"])
@pytest.mark.parametrize("check", [finite, positive])
def test_other_kinds_are_refused(check, value):
    with pytest.raises(TypeError, match=r"^x must be a real number, not "):
        check("x", value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
@pytest.mark.parametrize("check", [finite, positive])
def test_numbers_out_of_range(check, value):
    with pytest.raises(ValueError, match=r"^x must be (finite|at most)"):
        check("x", value)


@pytest.mark.parametrize("value", [0, -0.0, -1, -5e-324])
def test_positive_is_above_zero(value):
    with pytest.raises(ValueError, match=r"^x must be above 0, not -?\d"):
        positive("x", value)


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.uint8(3), np.float64(3.0)])
def test_whole_numbers_become_ints(value):
    result = whole("k", value, least=0)
    assert type(result) is int
    assert result == 3


@pytest.mark.parametrize("value", [0.5, "3", None, True, math.nan, math.inf, 3j, [3]])
def test_not_whole(value):
    with pytest.raises(TypeError, match=r"^k must be a whole number, not "):
        whole("k", value, least=0)


@given(st.integers(), st.integers(), st.integers())
def test_whole_keeps_its_range(value, least, most):
    if least <= value <= most:
        assert whole("k", value, least=least, most=most) == value
    else:
        with pytest.raises(ValueError, match=rf"^k must be from {least} to {most}, not {value}\.$"):
            whole("k", value, least=least, most=most)


def test_whole_without_an_upper_end():
    assert whole("k", 10**30, least=0) == 10**30
    with pytest.raises(ValueError, match=r"^k must be at least 1, not 0\.$"):
        whole("k", 0, least=1)


def test_unknown_name():
    error = unknown_name("law", "normale", ["uniform", "normal"])
    assert str(error) == "unknown law 'normale'. Did you mean 'normal'? Known: normal, uniform."
    assert "Did you mean" not in str(unknown_name("law", "zzz", ["uniform", "normal"]))
