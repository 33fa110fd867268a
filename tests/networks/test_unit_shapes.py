"""Shapes along training against SciPy, plain recomputation and the law of the sample."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from clt_sim.networks import load_digits, train
from clt_sim.networks.training.unit_shapes import (
    LEVELS,
    kolmogorov_distances,
    shape_numbers,
    sorted_quantiles,
)


def values(rows=60):
    rng = np.random.default_rng(0)
    ties = rng.integers(0, 3, rows)
    columns = [rng.normal(3, 2, rows), rng.exponential(size=rows), ties, np.full(rows, 0.3)]
    return np.stack(columns, axis=1).astype(np.float32)


def test_numbers_of_units_are_those_of_scipy():
    sample = values()
    found = shape_numbers(sample)
    for unit in range(3):
        column = sample[:, unit].astype(np.float64)
        fitted = stats.norm(column.mean(), column.std())
        assert found["kolmogorov"][unit] == pytest.approx(stats.kstest(column, fitted.cdf)[0])
        assert found["excess_kurtosis"][unit] == pytest.approx(stats.kurtosis(column))
        z = (column - column.mean()) / column.std()
        assert found["few_quantiles"][unit] == pytest.approx(np.quantile(z, LEVELS))
    middle = np.median(found["few_quantiles"][:3], axis=0)
    assert found["quantiles"] == pytest.approx(middle)
    assert np.isnan(found["kolmogorov"][3])
    assert np.isnan(found["few_quantiles"][3]).all()


def test_pooled_numbers_are_those_of_all_values():
    sample = values()
    pooled = sample.astype(np.float64).ravel()
    fitted = stats.norm(pooled.mean(), pooled.std())
    found = shape_numbers(sample)
    assert found["pooled_kolmogorov"] == pytest.approx(stats.kstest(pooled, fitted.cdf)[0])
    assert found["pooled_excess_kurtosis"] == pytest.approx(stats.kurtosis(pooled))
    z = (pooled - pooled.mean()) / pooled.std()
    assert found["pooled_quantiles"] == pytest.approx(np.quantile(z, LEVELS))


def test_distances_alone_are_those_of_the_shapes():
    units, pooled = kolmogorov_distances(values())
    found = shape_numbers(values())
    assert np.array_equal(units, found["kolmogorov"], equal_nan=True)
    assert pooled == found["pooled_kolmogorov"]


@pytest.mark.parametrize("rows", [1, 2, 7, 400])
def test_quantiles_of_sorted_rows_are_those_of_numpy(rows):
    ordered = np.sort(np.random.default_rng(1).normal(size=(3, rows)).astype(np.float32), axis=1)
    levels = np.array([0.0, 0.15, 0.5, 0.85, 1.0])
    expected = np.quantile(ordered.astype(np.float64), levels, axis=1).T
    assert sorted_quantiles(ordered, levels) == pytest.approx(expected, rel=1e-14)
    equal = np.full((1, rows), 0.3, np.float32)
    assert set(sorted_quantiles(equal, levels)[0]) == {float(np.float32(0.3))}


def test_a_layer_of_constants_has_no_shape():
    found = shape_numbers(np.full((5, 2), 7.0))
    for name in ("kolmogorov", "quantiles", "pooled_kolmogorov", "pooled_quantiles"):
        assert np.isnan(found[name]).all()


@pytest.fixture(scope="module")
def history():
    return train(hidden=(30, 20), normalization="batch", steps=50, snapshots=5, seed=1)


def test_history_has_the_shapes_of_the_trained_network(history):
    assert [(shape.layer, shape.signal) for shape in history.shapes] == [
        (layer, signal)
        for layer in ("hidden 1", "hidden 2", "output")
        for signal in ("u", "pre-activation")
    ]
    images = load_digits().test_inputs
    for layer, values_ in zip(
        ("hidden 1", "hidden 2", "output"), history.network.propagate(images), strict=True
    ):
        for signal, array in (("u", values_.u), ("pre-activation", values_.pre_activation)):
            shape = history.shape(layer, signal)
            assert shape.rows == 400
            assert shape.steps.tolist() == [0, 2, 8, 18, 32, 50]
            assert shape.kolmogorov.shape == (6, array.shape[1])
            for name, number in shape_numbers(array).items():
                assert getattr(shape, name)[-1] == pytest.approx(number, abs=1e-6, nan_ok=True)
    assert history.shape("hidden 2", "u").constant_units.tolist() == [0] * 6
    assert history.shape("hidden 1", "u").constant_units.min() > 0
    assert history.shape("hidden 2", "u").few.tolist() == [0, 4, 8, 12, 17, 21, 25, 29]


def test_the_floor_is_that_of_other_normal_draws(history):
    shape = history.shape("hidden 2", "u")
    found = shape_numbers(np.random.default_rng(9).standard_normal((shape.rows, 300)))
    # Two medians with relative standard errors of 2 % each, and 6 % each.
    assert np.median(found["kolmogorov"]) == pytest.approx(shape.floor.kolmogorov, rel=0.1)
    sizes = np.abs(found["excess_kurtosis"])
    assert np.median(sizes) == pytest.approx(shape.floor.excess_kurtosis, rel=0.3)
    uniform = shape_numbers(np.random.default_rng(9).random((shape.rows, 300)))
    assert np.median(uniform["kolmogorov"]) > 1.2 * shape.floor.kolmogorov


def test_drift_is_the_wasserstein_distance_of_shapes(history):
    shape = history.shape("hidden 2", "pre-activation")
    assert shape.drift.shape == (5, 8)
    expected = stats.wasserstein_distance(shape.few_quantiles[3, 5], shape.few_quantiles[4, 5])
    assert shape.drift[3, 5] == pytest.approx(expected)


def test_percentiles_are_those_of_the_input_of_the_last_sigmoid(history):
    _, last, _ = history.network.propagate(load_digits().test_inputs)
    expected = [stats.scoreatpercentile(last.normalized, level) for level in (15, 50, 85)]
    assert np.isclose(history.percentiles[-1].mean(axis=1), expected, atol=0.5).all()
    for unit in (0, 7, 19):
        column = last.normalized[:, unit].astype(np.float64)
        scores = [stats.scoreatpercentile(column, level) for level in (15, 50, 85)]
        assert history.percentiles[-1, :, unit] == pytest.approx(scores)


def test_instability_and_the_typical_unit(history):
    wandered = np.ptp(history.percentiles[:, 1], axis=0)
    width = history.percentiles[-1, 2] - history.percentiles[-1, 0]
    assert history.instability == pytest.approx(wandered / width)
    typical = history.instability[history.typical_unit]
    assert np.sum(history.instability < typical) == 9
    assert np.sum(history.instability > typical) == 10


def test_all_is_json(history):
    described = json.loads(json.dumps(history.to_dict(), allow_nan=False))
    assert described["shapes"][0]["kolmogorov"][0][0] == "nan"
    assert described["shapes"][2]["floor"]["kolmogorov"] == history.shapes[2].floor.kolmogorov
    with pytest.raises(ValueError, match="no shapes of v of hidden 1"):
        history.shape("hidden 1", "v")


def test_wide_layers_are_measured_at_evenly_spaced_units():
    history = train(hidden=(600,), steps=1, snapshots=1)
    assert history.units[[0, -1]].tolist() == [0, 599]
    assert history.percentiles.shape == (2, 3, 256)
    shape = history.shape("hidden 1", "pre-activation")
    assert np.array_equal(shape.units, history.units)
    assert train(hidden=(5,), steps=1, snapshots=0).shapes == ()
