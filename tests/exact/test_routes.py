from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.truncated_powers import TruncatedPowers
from clt_sim.laws import Piece, Uniform


class Unfinished(Uniform):
    """A law whose pieces do not hold all its mass."""

    __slots__ = ()

    @property
    def pieces(self):
        return (Piece(Fraction(0), Fraction(1, 2), (Fraction(1),)),)


ROUTES = [
    "piecewise-polynomial",
    "closed-family",
    "lattice",
    "atoms",
    "pushforward",
    "characteristic-function",
    "random-scale",
]
EXPECTED = [
    (clt.WeightedSum(n=2, inputs="uniform", weights=1.0), "piecewise-polynomial"),
    (clt.WeightedSum(n=3, inputs="triangular", weights=[1.0, -2.0, 0.5]), "piecewise-polynomial"),
    (clt.WeightedSum(n=4, inputs="normal", weights=1.0), "closed-family"),
    (clt.WeightedSum(n=3, inputs="exponential", weights=2.0), "closed-family"),
    (clt.WeightedSum(n=2, inputs="cauchy", weights=[1.0, 2.0]), "closed-family"),
    (clt.WeightedSum(n=3, nonlinearity="square", weights=1.0), "closed-family"),
    (clt.WeightedSum(n=2, inputs=[1.0, 2.0], nonlinearity="exp"), "closed-family"),
    (
        clt.WeightedSum(n=3, weights=1.0, dependence="equicorrelated(correlation=.5)"),
        "closed-family",
    ),
    (clt.WeightedSum(n=5, inputs="rademacher", weights=1.0), "lattice"),
    (
        clt.WeightedSum(n=4, inputs="bernoulli", nonlinearity="relu", weights="rademacher"),
        "lattice",
    ),
    (clt.WeightedSum(n=3, inputs="discrete", nonlinearity="tanh", weights=1.0), "atoms"),
    (clt.WeightedSum(n=1, nonlinearity="tanh", weights=2.0), "pushforward"),
    (clt.WeightedSum(n=1, inputs="lognormal", nonlinearity="square", weights=1.0), "pushforward"),
    (clt.WeightedSum(n=4, nonlinearity="relu"), "characteristic-function"),
    (clt.WeightedSum(n=3, inputs="laplace", weights=1.0), "characteristic-function"),
    (clt.WeightedSum(n=2, weights=1.0, dropout=0.5), "characteristic-function"),
    (clt.RandomNetwork([8, 8], "relu"), "random-network"),
]


@pytest.mark.parametrize(("model", "route"), EXPECTED, ids=str)
def test_auto_takes_the_first_route_that_leads_there(model, route):
    law = clt.exact(model)
    assert law.method == route
    assert clt.exact(model, method=route) == law


def test_the_order_in_which_routes_are_tried():
    """All are named, in their order, when none leads there."""
    heavy = "scipy(distribution='t',shapes=(3.0,))"
    model = clt.WeightedSum(n=3, nonlinearity="tanh", weights=heavy)
    with pytest.raises(NoExactLaw) as caught:
        clt.exact(model)
    message = str(caught.value)
    assert re.findall(r"Route ([a-z-]+):", message) == ROUTES
    for reason in (
        "the nonlinearity tanh is not the identity",
        f"the weights have the law {model.weights}; they must be fixed",
        "the law of the inputs is not discrete",
        f"the tails of the weights law {model.weights} are too heavy for quadrature",
    ):
        assert reason in message


@pytest.mark.parametrize(
    ("model", "routes"),
    [
        (
            clt.WeightedSum(n=1, inputs="uniform", weights=2.0),
            ["piecewise-polynomial", "closed-family", "pushforward"],
        ),
        (clt.WeightedSum(n=1, weights=-2.0, bias=1.0), ["closed-family", "pushforward"]),
        (
            clt.WeightedSum(n=5, inputs="triangular", weights=0.5),
            ["piecewise-polynomial", "characteristic-function"],
        ),
        (
            clt.WeightedSum(n=5, inputs="gamma(shape=2)", weights=0.5, bias=1.0),
            ["closed-family", "characteristic-function"],
        ),
        (
            clt.WeightedSum(n=1, nonlinearity="softplus", weights=1.0),
            ["pushforward", "characteristic-function"],
        ),
    ],
    ids=str,
)
def test_routes_agree_where_more_than_one_leads_there(model, routes):
    laws = [clt.exact(model, method=route) for route in routes]
    assert [law.method for law in laws] == routes
    assert len(set(map(type, laws))) == len(laws)
    x = laws[0].quantile([0.001, 0.05, 0.3, 0.5, 0.8, 0.95, 0.9999])
    for law in laws[1:]:
        np.testing.assert_allclose(law.cdf(x), laws[0].cdf(x), rtol=0.0, atol=1e-10)
        np.testing.assert_allclose(law.pdf(x), laws[0].pdf(x), rtol=0.0, atol=1e-9)
        assert law.variance == pytest.approx(laws[0].variance, rel=1e-10)


def test_a_network_and_a_sum_have_routes_of_their_own():
    model = clt.WeightedSum(n=2, inputs="uniform", weights=1.0)
    with pytest.raises(NoExactLaw, match="Route random-network is for other models"):
        clt.exact(model, method="random-network")
    network = clt.RandomNetwork([8, 8], "relu")
    for route in ROUTES:
        with pytest.raises(NoExactLaw, match=f"Route {route} is for other models"):
            clt.exact(network, method=route)


def test_unknown_method_names_the_nearest():
    with pytest.raises(ValueError, match=r"unknown method 'piecewise'.*'piecewise-polynomial'"):
        clt.exact(clt.WeightedSum(n=2, inputs="uniform", weights=1.0), method="piecewise")


@pytest.mark.parametrize("thing", ["uniform", 3, None, Uniform(), [1.0, 2.0]])
def test_what_is_not_a_model(thing):
    with pytest.raises(TypeError, match="model must be a WeightedSum or a RandomNetwork, not"):
        clt.exact(thing)


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
def test_refusals_of_piecewise_polynomials_name_the_part(model, reason):
    with pytest.raises(NoExactLaw, match=re.escape(reason)) as caught:
        clt.exact(model, method="piecewise-polynomial")
    assert str(caught.value).startswith(f"no exact law of the {model}. Route piecewise-polynomial:")


def test_too_many_distinct_weights_are_refused_before_the_work(monkeypatch):
    weights = np.random.default_rng(0).standard_normal(30)
    model = clt.WeightedSum(n=30, inputs="uniform", weights=weights)
    monkeypatch.delattr(TruncatedPowers, "convolve")
    with pytest.raises(NoExactLaw, match=r"up to 1073741824 knots at order 30.*limit is 10000000"):
        clt.exact(model, method="piecewise-polynomial")


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
