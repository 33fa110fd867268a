from __future__ import annotations

import functools
import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from clt_sim import claims
from clt_sim.claims import drift
from clt_sim.claims.trained import histories
from clt_sim.experiments.trained_networks import Kind
from clt_sim.experiments.work import Work
from clt_sim.figures import shape_drift as figure

NAME = "activations-drift-more-than-pre-activations"
RELU_BATCH = Kind("relu", "batch")


@functools.cache
def draft(**parameters):
    return claims.check(NAME, **parameters)


def history():
    return histories([RELU_BATCH], None, quality="draft", seed=0, work=Work())[RELU_BATCH][0]


def test_with_batch_normalization_u_drifts_less():
    assert draft().status == "refuted"
    one_kind = draft(nonlinearities=("relu",), normalizations=("batch",))
    between, whole = (one for one in one_kind.findings if one.decides)
    assert (one_kind.status, between.status) == ("refuted", "refuted")
    assert whole.value < 0.9


def test_the_other_way_round_it_is_not_refuted(monkeypatch):
    # Negative control: signals exchanged.
    own = drift._ratio
    monkeypatch.setattr(drift, "_ratio", lambda *place: 1.0 / own(*place))
    verdict = claims.check(NAME, nonlinearities=("relu",), normalizations=("batch",))
    assert verdict.status != "refuted"
    assert verdict.findings[0].status == "holds"


@pytest.mark.parametrize("signal", ["u", "pre-activation"])
def test_drifts_are_wasserstein_distances_between_snapshots(signal):
    shapes = history().shape("hidden 3", signal)
    quantiles = shapes.few_quantiles
    assert not np.isnan(quantiles).any()

    def moved(one, other):
        each = [wasserstein_distance(a, b) for a, b in zip(one, other, strict=True)]
        return np.median(each)

    found = drift.shape_drift(shapes)
    between = [moved(one, other) for one, other in itertools.pairwise(quantiles)]
    assert found.between == pytest.approx(np.mean(between))
    assert found.whole == pytest.approx(moved(quantiles[0], quantiles[-1]))


def test_units_that_are_constant_are_left_out():
    shapes = history().shape("hidden 3", "u")
    quantiles = shapes.few_quantiles.copy()
    quantiles[3:, 2] = np.nan
    left = np.delete(shapes.few_quantiles, 2, axis=1)
    found = drift.shape_drift(replace(shapes, few_quantiles=quantiles))
    expected = drift.shape_drift(replace(shapes, few_quantiles=left))
    assert found.whole == expected.whole


def test_the_figure_has_the_same_definition():
    drawn = figure._run(history())["hidden 2, u"]
    mine = drift.shape_drift(history().shape("hidden 2", "u"))
    assert mine.between == pytest.approx(np.mean(drawn["between"]))
    assert mine.whole == pytest.approx(drawn["whole"])
