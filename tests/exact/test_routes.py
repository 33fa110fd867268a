from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.exact import NoExactLaw, PiecewisePolynomialLaw
from clt_sim.exact.truncated_powers import TruncatedPowers
from clt_sim.laws import Piece, Uniform


class Unfinished(Uniform):
    """A law whose pieces do not hold all its mass."""

    __slots__ = ()

    @property
    def pieces(self):
        return (Piece(Fraction(0), Fraction(1, 2), (Fraction(1),)),)


@pytest.mark.parametrize("method", ["auto", "piecewise-polynomial"])
def test_both_ways_to_the_route(method):
    law = clt.exact(clt.WeightedSum(n=2, inputs="uniform", weights=1.0), method=method)
    assert isinstance(law, PiecewisePolynomialLaw)
    assert law.method == "piecewise-polynomial"


def test_unknown_method_names_the_nearest():
    with pytest.raises(ValueError, match=r"unknown method 'piecewise'.*'piecewise-polynomial'"):
        clt.exact(clt.WeightedSum(n=2, inputs="uniform", weights=1.0), method="piecewise")


@pytest.mark.parametrize("thing", ["uniform", 3, None, Uniform(), [1.0, 2.0]])
def test_what_is_not_a_model(thing):
    with pytest.raises(TypeError, match="model must be a WeightedSum, not"):
        clt.exact(thing)


@pytest.mark.parametrize("method", ["auto", "piecewise-polynomial"])
@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            clt.WeightedSum(n=2, inputs="uniform", nonlinearity="relu", weights=1.0),
            "the nonlinearity relu is not the identity.",
        ),
        (
            clt.WeightedSum(n=2, inputs="uniform", weights="normal"),
            "the weights have the law normal; they must be fixed.",
        ),
        (
            clt.WeightedSum(n=2, inputs="laplace(scale=2)", weights=1.0),
            "the inputs law laplace(scale=2.0) has no piecewise polynomial density.",
        ),
        (
            clt.WeightedSum(n=2, inputs="uniform", weights=0.0, bias=1.0),
            "all terms are 0: the sum is the bias, an atom without a density.",
        ),
        (
            clt.WeightedSum(n=2, inputs=Unfinished(), weights=1.0),
            "have mass 1/2, not 1.",
        ),
        (
            clt.WeightedSum(n=2, inputs="uniform", weights=1e308),
            "the weights are outside the range of floats: knots must be at most 1.8e+308 from 0, "
            "and 2.2e-308 apart.",
        ),
        (
            clt.WeightedSum(n=2, inputs="uniform", weights=[1.0, 1e-320]),
            "the weights are outside the range of floats",
        ),
        (
            clt.WeightedSum(n=10**6, inputs="uniform", weights=1.0),
            "the density has at least 2 knots at order 1000000, which takes at least "
            "2000000000000 exact additions; the limit is 10000000.",
        ),
    ],
)
def test_refusals_name_the_part(model, reason, method):
    with pytest.raises(NoExactLaw, match=re.escape(reason)) as caught:
        clt.exact(model, method=method)
    assert str(caught.value).startswith(f"no exact law of the {model}. Route piecewise-polynomial:")


def test_too_many_distinct_weights_are_refused_before_the_work(monkeypatch):
    weights = np.random.default_rng(0).standard_normal(30)
    model = clt.WeightedSum(n=30, inputs="uniform", weights=weights)
    monkeypatch.delattr(TruncatedPowers, "convolve")
    with pytest.raises(NoExactLaw, match=r"up to 1073741824 knots at order 30.*limit is 10000000"):
        clt.exact(model)


def test_many_distinct_weights_on_a_grid_are_not_refused():
    law = clt.exact(clt.WeightedSum(n=30, inputs="uniform", weights=np.arange(1.0, 31.0)))
    assert law.mean == 232.5
    assert len(law.kinks) <= 464


def test_weights_that_are_zero_drop_out():
    law = clt.exact(clt.WeightedSum(n=3, inputs="uniform", weights=[0.0, 1.0, -0.0]))
    assert law == clt.exact(clt.WeightedSum(n=1, inputs="uniform", weights=1.0))


def test_the_sum_of_two_uniforms_is_triangular():
    """The two laws are one, and so are the sums of 3 and of 6 of them."""
    triangular = "triangular(low=0.0, mode=1.0, high=2.0)"
    for n in (1, 3):
        sums = clt.exact(clt.WeightedSum(n, triangular, weights=1.0))
        uniforms = clt.exact(clt.WeightedSum(2 * n, "uniform", weights=1.0))
        assert sums.pieces == uniforms.pieces
