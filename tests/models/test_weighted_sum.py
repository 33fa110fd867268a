"""The weighted sum as a value, and its mean and variance."""

from __future__ import annotations

import copy
import itertools
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.models import FixedWeights

MODELS = [
    clt.WeightedSum(n=1),
    clt.WeightedSum(n=64, inputs="normal", nonlinearity="relu", weights="normal", bias=-0.5),
    clt.WeightedSum(n=3, inputs="laplace(mean=1,scale=0.1)", weights=[0.1, -2.0, 1e-3]),
    clt.WeightedSum(n=10**6, inputs="uniform(low=-1)", weights="rademacher"),
    clt.WeightedSum(n=7, inputs="wikipedia", weights=1 / 3, bias=1e-300),
    clt.WeightedSum(n=5, inputs="exponential", nonlinearity="leaky-relu(slope=0.3)"),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=str)


class TestMessages:
    @pytest.mark.parametrize(
        ("part", "given", "nearest"),
        [
            ("inputs", "laplac", "laplace"),
            ("weights", "norml", "normal"),
            ("nonlinearity", "rellu", "relu"),
            ("inputs", "laplace(scal=2)", "scale"),
        ],
    )
    def test_unknown_name(self, part, given, nearest):
        with pytest.raises(ValueError, match=rf"unknown .* Did you mean '{nearest}'\?.* Known: "):
            clt.WeightedSum(n=3, **{part: given})

    @pytest.mark.parametrize("n", [0, -1, 10**6 + 1, 10**30, 1e12])
    def test_n_out_of_range(self, n):
        with pytest.raises(ValueError, match=r"^n must be from 1 to 1000000, not -?\d+\.$"):
            clt.WeightedSum(n=n)

    @pytest.mark.parametrize("n", [2.5, "3", None, True, math.nan, math.inf, [3], 3j])
    def test_n_not_whole(self, n):
        with pytest.raises(TypeError, match=r"^n must be a whole number"):
            clt.WeightedSum(n=n)

    def test_whole_floats_and_numpy_integers_are_whole(self):
        assert clt.WeightedSum(n=3.0) == clt.WeightedSum(n=np.int32(3)) == clt.WeightedSum(n=3)

    @pytest.mark.parametrize("weights", [[1.0, 2.0], [1.0] * 4, np.ones(2), FixedWeights([1.0])])
    def test_wrong_number_of_weights(self, weights):
        with pytest.raises(ValueError, match=r"^weights must be n = 3 numbers, not \d\.$"):
            clt.WeightedSum(n=3, weights=weights)

    @pytest.mark.parametrize("weights", [[], np.ones((3, 1)), np.ones((1, 3)), [[1, 2, 3]]])
    def test_weights_not_a_row(self, weights):
        with pytest.raises(ValueError, match=r"^weights must be a row of numbers, not of shape \("):
            clt.WeightedSum(n=3, weights=weights)

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_weights_not_finite(self, bad):
        with pytest.raises(ValueError, match=r"weights\[1\] is (nan|inf|-inf) \(2 of 3 are not\)"):
            clt.WeightedSum(n=3, weights=[1.0, bad, bad])
        with pytest.raises(ValueError, match=r"^weights must be finite"):
            clt.WeightedSum(n=3, weights=bad)

    @pytest.mark.parametrize(
        "weights",
        [None, 1j, [1j, 2, 3], np.array([1j, 2, 3]), ["a", "b", "c"], [None] * 3, [1, [2], 3], {}],
    )
    def test_weights_not_numbers(self, weights):
        with pytest.raises((TypeError, ValueError), match=r"^weights must be"):
            clt.WeightedSum(n=3, weights=weights)

    @pytest.mark.parametrize(
        ("bias", "error"), [(math.nan, ValueError), (math.inf, ValueError), ("0", TypeError)]
    )
    def test_bias(self, bias, error):
        with pytest.raises(error, match=r"^bias must be"):
            clt.WeightedSum(n=3, bias=bias)

    @pytest.mark.parametrize("part", ["inputs", "nonlinearity"])
    @pytest.mark.parametrize("value", [None, 3, np.tanh])
    def test_part_of_the_wrong_kind(self, part, value):
        with pytest.raises(TypeError, match="is given by name or value"):
            clt.WeightedSum(n=3, **{part: value})

    def test_unknown_description(self):
        with pytest.raises(ValueError, match="not the description of a weighted sum"):
            clt.WeightedSum.from_dict({"model": "random-network", "n": 3})


class TestValues:
    def test_scalar_weight_is_n_equal_weights(self):
        model = clt.WeightedSum(n=4, weights=0.5)
        assert model.weights == FixedWeights([0.5] * 4)
        for same in (1, np.float32(1.0), np.array(1.0), np.ones(4), (1, 1, 1, 1)):
            assert clt.WeightedSum(n=4, weights=same) == clt.WeightedSum(n=4, weights=1.0)

    def test_names_and_values_make_equal_models(self):
        by_name = clt.WeightedSum(
            n=3, inputs="laplace(scale=2)", nonlinearity="tanh", weights="normal"
        )
        by_value = clt.WeightedSum(
            n=3,
            inputs=clt.laws.Laplace(scale=2),
            nonlinearity=clt.nonlinearities.Tanh(),
            weights=clt.laws.Normal(),
        )
        assert by_name == by_value
        assert hash(by_name) == hash(by_value)

    def test_fixed_weights_are_compared_by_contents(self):
        first, second = (clt.WeightedSum(n=3, weights=[1.0, 2.0, 3.0]) for _ in range(2))
        assert first == second
        assert hash(first) == hash(second)
        assert first != clt.WeightedSum(n=3, weights=[1.0, 2.0, 3.5])
        assert first != clt.WeightedSum(n=3, weights="normal")
        assert FixedWeights([1.0]) != [1.0]

    def test_signed_zeros_are_equal_weights(self):
        assert FixedWeights([0.0, 1.0]) == FixedWeights([-0.0, 1.0])
        assert hash(FixedWeights([0.0, 1.0])) == hash(FixedWeights([-0.0, 1.0]))

    def test_weights_are_a_read_only_copy(self):
        given = np.array([1.0, 2.0])
        model = clt.WeightedSum(n=2, weights=given)
        given[0] = 7.0
        assert model.weights.values.tolist() == [1.0, 2.0]
        with pytest.raises(ValueError, match="read-only"):
            model.weights.values[0] = 7.0
        with pytest.raises(AttributeError, match="cannot be changed"):
            model.weights.values = given

    @every_model
    def test_models_are_frozen(self, model):
        with pytest.raises(AttributeError):
            model.n = 5

    @every_model
    def test_copies_are_equal(self, model):
        for again in (
            pickle.loads(pickle.dumps(model)),  # noqa: S301 - our own bytes
            copy.deepcopy(model),
            clt.WeightedSum.from_dict(model.to_dict()),
            clt.WeightedSum.from_dict(json.loads(json.dumps(model.to_dict()))),
        ):
            assert again == model
            assert hash(again) == hash(model)
            assert str(again) == str(model)

    def test_description_is_left_alone(self):
        description = clt.WeightedSum(n=3).to_dict()
        clt.WeightedSum.from_dict(description)
        assert description["model"] == "weighted-sum"

    @given(st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=8), st.floats(-1e300, 1e300))
    def test_any_numbers_survive_json(self, weights, bias):
        model = clt.WeightedSum(n=len(weights), weights=weights, bias=bias)
        assert clt.WeightedSum.from_dict(json.loads(json.dumps(model.to_dict()))) == model


class TestText:
    @pytest.mark.parametrize(
        ("model", "text"),
        [
            (MODELS[0], "sum of 1 terms w*x, x ~ normal, w ~ normal"),
            (MODELS[1], "sum of 64 terms w*relu(x), x ~ normal, w ~ normal, plus -0.5"),
            (MODELS[2], "sum of 3 terms w*x, x ~ laplace(mean=1.0, scale=0.1), w fixed, 3 numbers"),
            (clt.WeightedSum(n=2, weights=0.5), "sum of 2 terms w*x, x ~ normal, w fixed, all 0.5"),
        ],
    )
    def test_model(self, model, text):
        assert str(model) == text

    def test_fixed_weights(self):
        assert repr(FixedWeights([1.0, 2.0])) == "FixedWeights([1. 2.])"
        assert len(repr(FixedWeights(np.arange(10**5)))) < 100

    def test_ensemble(self):
        assert MODELS[0].ensemble == "over weights and inputs"
        assert MODELS[2].ensemble == "over inputs, at fixed weights"


def brute_force(model):
    """Return mean and variance of a sum of atoms by listing every outcome."""
    terms = []
    for i in range(model.n):
        fixed = isinstance(model.weights, FixedWeights)
        weights = {model.weights.values[i]: 1.0} if fixed else model.weights.atoms
        pairs = itertools.product(weights.items(), model.inputs.atoms.items())
        terms.append([(w * float(model.nonlinearity(x)), p * q) for (w, p), (x, q) in pairs])
    outcomes = [
        (model.bias + sum(value for value, _ in row), math.prod(p for _, p in row))
        for row in itertools.product(*terms)
    ]
    mean = math.fsum(s * p for s, p in outcomes)
    return mean, math.fsum((s - mean) ** 2 * p for s, p in outcomes)


@pytest.mark.parametrize("phi", clt.nonlinearities.names())
@pytest.mark.parametrize("weights", ["rademacher", [0.5, -2.0, 1.0, 3.0]], ids=str)
def test_mean_and_variance_of_all_outcomes(phi, weights):
    model = clt.WeightedSum(n=4, inputs="rademacher", nonlinearity=phi, weights=weights, bias=0.25)
    mean, variance = brute_force(model)
    assert model.mean == pytest.approx(mean, rel=1e-14)
    assert model.variance == pytest.approx(variance, rel=1e-13)


@pytest.mark.parametrize("law", ["exponential", "wikipedia", "laplace(mean=1)", "normal(mean=2)"])
@pytest.mark.parametrize("weights", ["uniform", "normal(mean=-1)", 0.7, [1.0, -0.5, 2.0]], ids=str)
@pytest.mark.parametrize("phi", ["tanh", "gelu"])
def test_mean_and_variance_of_draws(law, weights, phi):
    """Within 5 standard errors: 64 comparisons raise a false alarm with probability 4e-5."""
    model = clt.WeightedSum(n=3, inputs=law, nonlinearity=phi, weights=weights, bias=0.25)
    rng = np.random.default_rng(1733)
    shape = (40_000, model.n)
    fixed = isinstance(model.weights, FixedWeights)
    w = model.weights.values if fixed else model.weights.sample(shape, rng=rng)
    sums = (w * model.nonlinearity(model.inputs.sample(shape, rng=rng))).sum(axis=1) + model.bias
    squares = (sums - sums.mean()) ** 2
    root = math.sqrt(shape[0])
    assert abs(sums.mean() - model.mean) < 5 * sums.std() / root
    assert abs(squares.mean() - model.variance) < 5 * squares.std() / root
    # The negative control: a tenth of a standard deviation, or a tenth of the variance, is seen.
    assert abs(sums.mean() - model.mean - 0.1 * sums.std()) > 5 * sums.std() / root
    assert abs(squares.mean() - 1.2 * model.variance) > 5 * squares.std() / root


def test_identity_models_in_closed_form():
    model = clt.WeightedSum(n=5, inputs="uniform(low=1,high=3)", weights="exponential", bias=-4)
    assert model.mean == pytest.approx(5 * 1 * 2 - 4, rel=1e-15)
    # E[w^2] E[x^2] - (E[w] E[x])^2 = 2 (4 + 1/3) - 4
    assert model.variance == pytest.approx(5 * (2 * 13 / 3 - 4), rel=1e-14)


def test_variance_does_not_cancel():
    model = clt.WeightedSum(n=2, inputs=clt.laws.Uniform(1e8, 1e8 + 1), weights=1.0)
    assert model.variance == pytest.approx(1 / 6, rel=1e-12)


def test_terms_are_independent():
    assert clt.WeightedSum(2, dependence=None) == clt.WeightedSum(2)
    with pytest.raises(ValueError, match="dependence must be None, for independent terms"):
        clt.WeightedSum(2, dependence="equicorrelated")
