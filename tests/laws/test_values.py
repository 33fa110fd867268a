"""Laws as values: made, compared, shown, copied, refused."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.laws.base import TABLE
from clt_sim.laws.registry import registry

HUGE = 10**400


def test_names_are_sorted_lower_case_with_dashes():
    names = clt.laws.names()
    assert list(names) == sorted(names)
    assert all(name == name.lower() and "_" not in name for name in names)


def test_kernels_are_distinct():
    kernels = [registry.class_of(name).kernel for name in clt.laws.names()]
    kernels = [kernel for kernel in kernels if kernel != TABLE]
    assert len(set(kernels)) == len(kernels)


def test_text_makes_an_equal_law(law):
    again = clt.laws.get(str(law))
    assert again == law
    assert hash(again) == hash(law)
    assert str(again) == str(law)


def test_a_law_is_returned_as_it_is(law):
    assert clt.laws.get(law) is law
    with pytest.raises(TypeError, match="has its parameters already"):
        clt.laws.get(law, scale=2)


def test_copies_are_equal(law):
    assert copy.deepcopy(law) == law
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301 - our own bytes


def test_laws_are_frozen(law):
    for name in (*(field.name for field in dataclasses.fields(law)), "kernel", "unknown"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(law, name, 1.0)
    with pytest.raises(TypeError):
        law.atoms[0.0] = 1.0


def test_different_parameters_are_different_laws():
    assert clt.laws.Normal(sd=2) != clt.laws.Normal()
    assert clt.laws.Normal(sd=2) == clt.laws.Normal(sd=2.0)
    assert clt.laws.Laplace() != clt.laws.Normal()
    assert hash(clt.laws.Normal(mean=-0.0)) == hash(clt.laws.Normal())


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(mean=finite, sd=finite.filter(lambda x: x > 0))
def test_any_float_survives_its_text(mean, sd):
    law = clt.laws.Normal(mean, sd)
    assert clt.laws.get(str(law)) == law


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("normal", "sd"),
        ("laplace", "scale"),
        ("exponential", "scale"),
        ("logistic", "scale"),
        ("lognormal", "sd_log"),
        ("beta", "a"),
        ("beta", "b"),
        ("cauchy", "scale"),
        ("gamma", "shape"),
        ("gamma", "scale"),
        ("pareto", "shape"),
        ("pareto", "scale"),
        ("student-t", "df"),
        ("student-t", "scale"),
        ("truncated-normal", "scale"),
        ("symmetric-weibull", "shape"),
        ("symmetric-weibull", "scale"),
    ],
)
@pytest.mark.parametrize("value", [0, -1, -0.0, float("inf"), float("nan"), -HUGE, HUGE])
def test_scales_out_of_range(name, parameter, value):
    with pytest.raises(ValueError, match=rf"^{parameter} must be "):
        clt.laws.get(name, **{parameter: value})


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("normal", "mean"),
        ("laplace", "mean"),
        ("uniform", "low"),
        ("uniform", "high"),
        ("constant", "value"),
        ("bernoulli", "probability"),
        ("triangular", "low"),
        ("triangular", "mode"),
        ("triangular", "high"),
        ("logistic", "mean"),
        ("lognormal", "mean_log"),
        ("arcsine", "low"),
        ("arcsine", "high"),
        ("beta", "low"),
        ("beta", "high"),
        ("cauchy", "location"),
        ("student-t", "location"),
        ("truncated-normal", "location"),
    ],
)
class TestLocations:
    @pytest.mark.parametrize("value", [float("inf"), float("nan"), HUGE])
    def test_not_finite(self, name, parameter, value):
        with pytest.raises(ValueError, match=rf"^{parameter} must be "):
            clt.laws.get(name, **{parameter: value})

    @pytest.mark.parametrize("value", ["a", None, True, 1j, [1.0], ()])
    def test_not_a_number(self, name, parameter, value):
        with pytest.raises(TypeError, match=rf"^{parameter} must be a real number"):
            clt.laws.get(name, **{parameter: value})


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (0.0, -0.0)])
def test_empty_interval(low, high):
    with pytest.raises(ValueError, match="low must be below high"):
        clt.laws.Uniform(low, high)
    for name in ("arcsine", "beta", "truncated-normal"):
        with pytest.raises(ValueError, match="low must be below high"):
            clt.laws.get(name, low=low, high=high)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), HUGE])
def test_an_end_is_finite_or_none(value):
    for name in ("low", "high"):
        with pytest.raises(ValueError, match=rf"^{name} must be "):
            clt.laws.get("truncated-normal", **{name: value})
    assert str(clt.laws.get("truncated-normal(high=None)")) == "truncated-normal(high=None)"


def test_a_moment_beyond_the_range_of_doubles_is_named():
    with pytest.raises(OverflowError, match="the moment of order 171 of exponential is too large"):
        clt.laws.get("exponential").moment(171)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, 1.1])
def test_probability_out_of_range(probability):
    with pytest.raises(ValueError, match="probability must be above 0 and below 1"):
        clt.laws.Bernoulli(probability)


@pytest.mark.parametrize(
    ("low", "mode", "high", "message"),
    [(1, 1, 1, "low must be below high"), (0, -1, 1, "mode must be from"), (0, 2, 1, "mode must")],
)
def test_no_triangle(low, mode, high, message):
    with pytest.raises(ValueError, match=message):
        clt.laws.Triangular(low, mode, high)
