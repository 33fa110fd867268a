from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy.stats import kurtosis

import clt_sim as clt
from clt_sim import claims
from clt_sim.claims import rms_normalization
from clt_sim.claims.rms_normalization import pre_activations
from clt_sim.models.fixed import FixedInputs

NAME = "rms-norm-restores-gaussianity"


@functools.cache
def draft():
    verdict = claims.check(NAME)
    return verdict, {one.question: one for one in verdict.findings}


def condition(words):
    (found,) = (one for question, one in draft()[1].items() if words in question)
    assert not found.decides
    return found


@pytest.mark.parametrize("phi", ["relu", "tanh", "sigmoid", "gelu"])
def test_at_normalised_units_the_exact_law_is_always_standard_normal(phi):
    rng = np.random.default_rng(0)
    for width in (2, 7):
        units = clt.nonlinearities.get(phi)(np.abs(rng.normal(size=width)))
        units = units / np.sqrt(np.mean(units**2))
        weights = clt.laws.Normal(sd=1.0 / math.sqrt(width))
        law = clt.exact(clt.WeightedSum(width, FixedInputs(units), "identity", weights))
        report = clt.gaussianity(law, measures=["kolmogorov"], standardize=False)
        assert report["kolmogorov"].value < 1e-12


def test_without_normalisation_the_kurtosis_is_that_of_the_network():
    values = pre_activations("relu", (12, 12), 100_000, np.random.default_rng(1), normalize=False)
    assert values.var() == pytest.approx(1.0, abs=0.04)
    assert kurtosis(values, fisher=False) == pytest.approx(3.0 * (1.0 + 5.0 / 12.0) ** 2, abs=0.8)


def test_pre_activations_of_normalised_units_are_gaussian():
    verdict, _ = draft()
    assert verdict.status == "holds"
    assert [one.decides for one in verdict.findings].count(True) == 4


def test_dead_layers_leave_an_atom():
    found = condition("2 layers of 2")
    # Half of the mass of the atom, where both units of one of the two layers are off.
    assert found.low <= 0.5 * (1.0 - 0.75**2) <= found.high
    assert found.status == "refuted"


def test_the_norm_before_relu_leaves_a_kurtosis():
    found = condition("RMS norm of Wu before ReLU")
    # With k of n units on, the sum of their squares over that of all has the law Beta(k/2,
    # (n - k)/2); a layer before that is dead, with the probability 2^-n, makes K = 0.
    n, alive = 8, 1.0 - 2.0**-8
    expected = 3.0 * (n + 5.0) / (n + 2.0) / alive - 3.0
    assert found.low <= expected <= found.high
    assert found.status == "refuted"
    bare = condition("ReLU, no normalisation")
    assert bare.low <= 3.0 * (1.0 + 5.0 / 8.0) ** 2 - 3.0 <= bare.high


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("biases of variance 1/2", "holds"),
        ("LayerNorm", "holds"),
        ("batch norm", "refuted"),
        ("uniform weights", "refuted"),
        ("relu, 2 layers of 12, no normalisation", "refuted"),
    ],
)
def test_where_the_claim_turns(words, status):
    assert condition(words).status == status


def test_units_that_are_not_divided_refute(monkeypatch):
    monkeypatch.setattr(rms_normalization, "_divided", lambda units: units)
    monkeypatch.setattr(rms_normalization, "_DRAWS", {"draft": 20_000})
    assert claims.check(NAME).status == "refuted"
    with pytest.raises(ValueError, match="within"):
        claims.get(NAME, within=0.0)
