from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest, t

from clt_sim.claims import trained
from clt_sim.claims.finding import CONFIDENCE
from clt_sim.experiments.trained_networks import WORDS, Kind, checked_kinds
from clt_sim.experiments.work import Work
from clt_sim.networks import record

RELU_BATCH = Kind("relu", "batch")


def networks(kind=RELU_BATCH):
    return trained.histories([kind], None, quality="draft", seed=0, work=Work())[kind]


def fitted_distance(values):
    """The distance by scipy, of float64 values, to the normal law fitted to them."""
    values = np.asarray(values, np.float64).ravel()
    return kstest((values - values.mean()) / values.std(), "norm").statistic


def test_distances_are_those_of_scipy_over_the_recorded_signals():
    network = networks()[0].network
    layer = record(network, trained.digits().train_inputs).layers[2]
    found = trained.trained_distances(network)[2]
    for signal, distances in ((layer.u, found.u), (layer.pre_activation, found.pre_activation)):
        varying = [column for column in signal.values.T if np.ptp(column) > 0.0]
        unit = np.median([fitted_distance(column) for column in varying])
        assert distances.unit == pytest.approx(unit, abs=1e-6)
        assert distances.pooled == pytest.approx(fitted_distance(signal.values), abs=1e-6)


def test_constant_units_are_left_out():
    images = trained.digits().train_inputs
    assert (np.ptp(images, axis=0) == 0.0).any()
    assert math.isfinite(trained.trained_distances(networks()[0].network)[0].u.unit)


def test_networks_are_trained_once_and_are_all_different():
    again, other = networks(), networks(Kind("relu", None))
    assert [id(one) for one in networks()] == [id(one) for one in again]
    seeds = [one.settings["seed"] for one in (*again, *other)]
    assert len(set(seeds)) == len(seeds) == 8
    assert len(set(trained.seeds_of("a", 4, 0) + trained.seeds_of("a", 4, 1))) == 8


def test_the_interval_is_that_of_student_for_the_logarithms():
    values = [0.5, 0.7, 0.4, 0.9, 0.6]
    one = trained.geometric_mean("x", values, "below", 1.0)
    logarithms = np.log(values)
    stderr = logarithms.std(ddof=1) / math.sqrt(5)
    low, high = t.interval(CONFIDENCE, 4, logarithms.mean(), stderr)
    assert (one.low, one.high) == pytest.approx((math.exp(low), math.exp(high)))
    assert one.value == pytest.approx(np.prod(values) ** 0.2)
    assert trained.over_layers([2.0, 8.0]) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("nonlinearities", "normalizations", "message"),
    [
        ("relu", (None,), "nonlinearities must be a sequence of at least one, not 'relu'"),
        ((), (None,), "nonlinearities must be a sequence"),
        (("relu",), ("batch", "batch"), "normalizations must be different"),
        (("rellu",), (None,), "Did you mean 'relu'"),
        (("relu",), ("bach",), "Did you mean 'batch'"),
    ],
)
def test_kinds_that_are_not_there_are_refused(nonlinearities, normalizations, message):
    with pytest.raises(ValueError, match=message):
        checked_kinds(nonlinearities, normalizations)


def test_two_networks_have_no_useful_interval():
    with pytest.raises(ValueError, match="networks must be"):
        trained.checked_number(2)


def test_kinds_have_words_for_every_normalization():
    kinds = checked_kinds(("relu",), tuple(WORDS))
    assert len({str(kind) for kind in kinds}) == len(WORDS)
    assert str(RELU_BATCH) == "relu, BN(Wu+b)"
