from __future__ import annotations

import functools

import numpy as np
import pytest

from clt_sim import claims, gaussianity
from clt_sim.claims import trained_weights
from clt_sim.claims.trained import digits, histories, trained_distances
from clt_sim.experiments.trained_networks import Kind
from clt_sim.experiments.work import Work
from clt_sim.networks import permuted_weights, record

NAME = "trained-weights-keep-gaussianity"


@functools.cache
def draft(specification=NAME):
    return claims.check(specification)


def network(kind):
    return histories([kind], None, quality="draft", seed=0, work=Work())[kind][0].network


def test_trained_units_are_farther_from_normal_than_with_permuted_weights():
    assert draft().status == "refuted"
    units = [one for one in draft().findings if one.decides and "median unit" in one.question]
    assert [one.status for one in units].count("refuted") >= 1
    assert all(1.1 < one.value < 3.0 for one in units)


def test_the_factor_decides():
    one_kind = "nonlinearities=('sigmoid',), normalizations=('batch',)"
    assert draft(f"{NAME}({one_kind}, factor=5.0)").status == "holds"
    assert draft(f"{NAME}({one_kind}, factor=0.2)").status == "refuted"
    with pytest.raises(ValueError, match="factor"):
        claims.check(NAME, factor=-1.0)


@pytest.mark.parametrize("kind", [Kind("relu", "batch"), Kind("sigmoid", None)], ids=str)
def test_distances_of_a_control_are_those_of_its_record(kind):
    control = permuted_weights(network(kind), seed=7, inputs=digits().train_inputs)
    layer = record(control, digits().train_inputs).layers[1]
    found = trained_weights.control_distances(network(kind), "permuted", 7)[1].pre_activation
    expected = gaussianity(layer.pre_activation, measures=["kolmogorov"])["kolmogorov"]
    assert found.unit == pytest.approx(expected.value, abs=1e-6)


def test_a_network_compared_with_itself_has_the_ratio_one(monkeypatch):
    # Negative control: a control that leaves the weights alone finds nothing.
    monkeypatch.setattr(
        trained_weights, "control_distances", lambda network, *_: trained_distances(network)
    )
    verdict = claims.check(f"{NAME}(nonlinearities=('relu',), normalizations=('batch',))")
    ratios = [one.value for one in verdict.findings if one.decides]
    assert np.allclose(ratios, 1.0)
    assert verdict.status == "holds"
