from __future__ import annotations

import math
import re

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.exact import ExactLaw, NoExactLaw
from clt_sim.exact.network_law import NetworkLaw
from clt_sim.exact.network_route import random_network_law


def refused(model: clt.WeightedSum) -> ExactLaw:
    raise NoExactLaw(f"no exact law of the {model}.")


def law_of(*arguments, **options) -> NetworkLaw:
    law = random_network_law(clt.RandomNetwork(*arguments, **options), refused)
    assert isinstance(law, NetworkLaw)
    return law


@pytest.mark.parametrize("phi", ["identity", "abs", "relu"])
@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_variance_is_that_of_the_model(phi, bias):
    options = {"weight_variance": 1.3, "bias_variance": bias, "inputs": [1.0, -2.0, 0.5]}
    network = clt.RandomNetwork([3, 8], phi, "normal(sd=2)", **options)
    law = random_network_law(network, refused)
    assert law.variance == pytest.approx(network.variance, rel=1e-14)
    assert law.method == "random-network"


def test_absolute_value_has_the_law_of_the_identity():
    assert law_of([3, 2], "abs") == law_of([3, 2], "identity")
    assert law_of([3, 2], "relu") != law_of([3, 2], "identity")


@pytest.mark.parametrize("slope", [0.25, -0.25, 4.0, -4.0])
def test_leaky_relu_of_any_slope(slope):
    """The side of 0 with the greater slope is taken as the one with the slope 1."""
    network = clt.RandomNetwork([3, 2], f"leaky-relu(slope={slope})", bias_variance=0.5)
    law = law_of([3, 2], network.nonlinearity, bias_variance=0.5)
    assert law.variance == pytest.approx(network.variance, rel=1e-14)
    assert {layer.slope for layer in law.layers} == {0.25}
    kurtosis = clt.theory.network_kurtosis(network)
    assert law.moment(4) / law.variance**2 == pytest.approx(kurtosis.value, rel=1e-12)


def test_leaky_relu_without_a_slope_is_relu():
    assert law_of([3, 2], "leaky-relu(slope=0)") == law_of([3, 2], "relu")
    assert law_of([3, 2], "leaky-relu(slope=-1)") == law_of([3, 2], "abs")


def test_biases_alone_at_an_input_of_zeros():
    law = law_of([3], "relu", bias_variance=0.5, inputs=[0.0, 0.0])
    assert law.first_variance == 0.5
    assert law.variance == pytest.approx(1.0)


@pytest.mark.parametrize("bias", [0.0, 0.09])
def test_one_layer_of_another_nonlinearity_is_a_weighted_sum(bias):
    models = []

    def law_of_sum(model):
        models.append(model)
        return law_of([2])

    options = {"weight_variance": 1.5, "bias_variance": bias, "inputs": [2.0, 0.0]}
    network = clt.RandomNetwork([6], "tanh", **options)
    assert random_network_law(network, law_of_sum) == law_of([2])
    (model,) = models
    assert model == clt.WeightedSum(
        6,
        clt.laws.Normal(sd=math.sqrt(bias + 1.5 * 2.0)),
        "tanh",
        clt.laws.Normal(sd=math.sqrt(1.5 / 6)),
        clt.laws.Normal(sd=0.3) if bias else 0.0,
    )


def test_the_weighted_sum_has_the_law_of_the_network():
    """Against draws of the sum, with 4 standard errors; a network without the bias is further."""
    models = []

    def law_of_sum(model):
        models.append(model)
        return law_of([2])

    options = {"weight_variance": 1.5, "bias_variance": 0.5}
    network = clt.RandomNetwork([6], "silu", **options)
    random_network_law(network, law_of_sum)
    drawn = clt.simulate_conditional(models[0], 100_000, seed=2)
    error = drawn.variance.stderr
    square = network.nonlinearity.gaussian_moment(2, 0.5 + 1.5)
    assert abs(drawn.variance.value - 0.5 - 1.5 * square) < 4.0 * error
    assert abs(drawn.variance.value - 1.5 * square) > 20.0 * error


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (
            ([3],),
            {"inputs": "normal", "input_width": 2},
            "the inputs have the law normal; they must be fixed.",
        ),
        (([3],), {"inputs": np.eye(2)}, "the inputs are rows of data; they must be one fixed row."),
        (
            ([3],),
            {"inputs": "normal", "input_width": 2, "weight_seed": 1},
            "the weights are fixed by their seed.",
        ),
        (([3], "relu", "uniform(low=-1, high=1)"), {}, "which is not normal."),
        (([3],), {"normalization": "layer"}, "there is layer normalization."),
        (([3],), {"normalization": "rms"}, "there is rms normalization."),
        (
            ([3, 3], "tanh"),
            {},
            "the nonlinearity tanh has a route for one hidden layer only, not for 2.",
        ),
        (
            ([3], "tanh"),
            {},
            "one hidden layer makes it a weighted sum, but no exact law of the sum of 3 terms",
        ),
        (([3],), {"inputs": [0.0]}, "the inputs are 0, and so are all pre-activations"),
        (
            ([3], "leaky-relu(slope=1e-05)"),
            {},
            "the slope of leaky-relu(slope=1e-05) is of size 1e-05; it must be 0, or from 0.0001",
        ),
        (([3],), {"inputs": [1e200]}, "outside the range of floats."),
    ],
)
def test_refusals_name_the_part(arguments, options, reason):
    with pytest.raises(NoExactLaw, match=re.escape(reason)):
        law_of(*arguments, **options)


@pytest.mark.parametrize(("n", "published"), [(1, 0.3769), (2, 0.2423), (3, 0.1627), (10, 0.0442)])
def test_published_kolmogorov_distances(n, published):
    """Wolinski & Arbel 2025, networks [n, n, 1] of ReLU: 200,000 draws against N(0, 1)."""
    law = law_of([n, n], "relu")
    report = clt.gaussianity(law, measures=["kolmogorov"], standardize=False)
    assert report["kolmogorov"].value == pytest.approx(published, abs=0.002)
