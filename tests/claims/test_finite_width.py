from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy.stats import binom, chi2, norm

import clt_sim as clt
from clt_sim import claims
from clt_sim.claims import finite_width
from clt_sim.claims.finite_width import relu_kurtosis


@functools.cache
def draft(name):
    verdict = claims.check(name)
    return verdict, {one.question: one for one in verdict.findings}


def distance_of_one_relu_layer(width):
    """By the number of units that are on: their squares sum to a chi-squared number."""
    x = np.linspace(1e-9, 4.0, 400)
    levels = (np.arange(10_000) + 0.5) / 10_000
    cdf = np.full(x.size, binom.pmf(0, width, 0.5))
    for on in range(1, width + 1):
        sds = np.sqrt(2.0 / width * chi2.ppf(levels, on))
        cdf += binom.pmf(on, width, 0.5) * norm.cdf(x[:, None] / sds).mean(axis=1)
    return np.max(np.abs(cdf - norm.cdf(x)))


def test_finite_networks_are_not_gaussian():
    verdict, findings = draft("finite-networks-not-gaussian")
    assert verdict.status == "holds"
    found = findings["standardised distance, 1 ReLU layer of width 10"]
    assert found.value == pytest.approx(distance_of_one_relu_layer(10), abs=2e-4)


def test_simulated_tanh_networks_agree_with_their_exact_law():
    _, findings = draft("finite-networks-not-gaussian")
    network = clt.RandomNetwork([10], "tanh", weight_variance=1.46, bias_variance=0.013)
    law = clt.gaussianity(clt.exact(network), measures=["kolmogorov"])["kolmogorov"]
    found = findings["standardised distance, 1 tanh layer of width 10"]
    assert found.low <= law.value <= found.high


def test_where_networks_are_gaussian_and_what_scale_alone_makes():
    _, findings = draft("finite-networks-not-gaussian")
    places = math.sqrt(2.0 * math.log(2.0))  # where the densities of both are equal
    scale = norm.cdf(places) - norm.cdf(places / math.sqrt(2.0))
    raw = "raw distance to N(0,1), 1 ReLU layer of width 1000, variance {}"
    assert findings[raw.format(2)].value == pytest.approx(scale, abs=5e-4)
    assert findings[raw.format(2)].status == "holds"
    assert findings[raw.format(1)].status == "refuted"
    start = findings["standardised distance before the first nonlinearity, 10 fixed inputs"]
    assert start.status == "refuted"
    assert findings["standardised distance, 1 ReLU layer of width 1000"].status == "refuted"


def test_a_margin_beyond_all_distances_refutes(monkeypatch):
    monkeypatch.setattr(finite_width, "_RELU_SHAPES", ((10, 3),))
    monkeypatch.setattr(finite_width, "_TANH_SHAPES", ((10, 1, True),))
    assert claims.check("finite-networks-not-gaussian", margin=0.3).status == "refuted"
    with pytest.raises(ValueError, match="margin"):
        claims.get("finite-networks-not-gaussian", margin=0.0)


@pytest.mark.parametrize("widths", [(1,), (10,), (3, 7), (20, 10, 5)])
def test_the_formula_is_that_of_chi_squared_numbers(widths):
    kurtosis = 3.0
    for width in widths:
        on = np.arange(width + 1)
        weights = binom.pmf(on, width, 0.5)
        kurtosis *= weights @ (on * (on + 2.0)) / (weights @ on) ** 2
    assert relu_kurtosis(widths) == pytest.approx(kurtosis, rel=1e-12)


def test_the_kurtosis_of_relu_networks_is_the_product():
    verdict, findings = draft("kurtosis-of-relu-networks")
    assert verdict.status == "holds"
    assert findings["relative difference from 6.75, weight variance 1"].status == "holds"


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("biases of variance 1", {"bias_variance": 1.0}),
        ("10 normal inputs", {"inputs": "normal", "input_width": 10}),
        ("uniform weights", {"weights": "uniform(low=-1, high=1)"}),
    ],
)
def test_other_networks_have_other_kurtoses(words, parts):
    _, findings = draft("kurtosis-of-relu-networks")
    found = findings[f"relative difference from 6.75, {words}"]
    kurtosis = clt.theory.network_kurtosis(clt.RandomNetwork([10, 10], **parts)).value
    assert found.low <= abs(kurtosis / 6.75 - 1.0) <= found.high
    assert found.status == "refuted"


def test_the_formula_of_linear_layers_is_refuted(monkeypatch):
    def linear(widths):
        return 3.0 * math.prod(1.0 + 2.0 / width for width in widths)

    monkeypatch.setattr(finite_width, "relu_kurtosis", linear)
    monkeypatch.setattr(finite_width, "_KURTOSIS_DRAWS", {"draft": 100_000})
    assert claims.check("kurtosis-of-relu-networks").status == "refuted"
