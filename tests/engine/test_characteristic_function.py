"""The empirical characteristic function: that of the sample, merged exactly, kept in files."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import tasks
from clt_sim.summaries import Summary
from clt_sim.summaries.characteristic_function import FREQUENCIES, STEP

MODELS = [
    clt.WeightedSum(1, "exponential", weights=1.0, bias=-3.0),
    clt.WeightedSum(3, "normal", "relu", "normal"),
    clt.WeightedSum(2, "cauchy", weights=[1.0, 2.0]),
    clt.WeightedSum(2, "rademacher", weights=1.0),
]
DRAWS = 2 * driver.CHUNK + 333
LIMIT = 5.0
"""Standard errors of the modulus, which is exceeded with a probability of exp(-25) or less."""


def simulated(model, draws=DRAWS, seed=1):
    return clt.simulate(model, draws, seed=seed, characteristic_function=True)


def saved(summary, folder):
    summary.save(folder / "summary.npz")
    return (folder / "summary.npz").read_bytes()


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("draws", [1, 100, 1025, DRAWS])
def test_values_are_the_means_over_the_sample(model, draws):
    summary, x = simulated(model, draws), clt.sample(model, draws, seed=1)
    function = summary.characteristic_function
    assert function.t.shape == function.values.shape == function.stderr.shape == (32,)
    np.testing.assert_array_equal(function.t, STEP * np.arange(1, FREQUENCIES + 1) / summary.scale)
    # Turned back by the location, as it is computed: phases of large sums lose no digits then.
    expected = [np.exp(1j * t * (x - summary.location)).mean() for t in function.t]
    expected *= np.exp(1j * function.t * summary.location)
    # Angles of far draws are rounded relative to their size.
    worst = np.abs(x - summary.location).mean() / summary.scale * 1e-14
    np.testing.assert_allclose(function.values, expected, atol=1e-11 + worst)
    spread = np.sqrt(np.clip(1.0 - np.abs(expected) ** 2, 0.0, None) / draws)
    np.testing.assert_allclose(function.stderr, spread, atol=1e-6)


@pytest.mark.parametrize("law", ["normal", "uniform", "cauchy", "rademacher", "stable(alpha=1.5)"])
def test_values_are_near_those_of_the_law(law):
    law = clt.laws.get(law)
    model = clt.WeightedSum(2, law, weights=[1.0, 0.5])
    function = simulated(model, 2**20).characteristic_function
    exact = law.characteristic_function(function.t) * law.characteristic_function(0.5 * function.t)
    assert np.all(np.abs(function.values - exact) < LIMIT * function.stderr + 1e-6)
    shifted = exact * np.exp(0.03j * function.t)
    assert np.any(np.abs(function.values - shifted) > LIMIT * function.stderr + 1e-6)


def test_the_stated_error_is_the_spread_over_seeds():
    """Of 200 runs, to within a tenth for each frequency together."""
    functions = [simulated(MODELS[1], 1000, seed).characteristic_function for seed in range(200)]
    values = np.array([function.values for function in functions])
    spread = (np.abs(values - values.mean(0)) ** 2).mean(0)
    stated = np.mean([function.stderr**2 for function in functions], axis=0)
    assert np.mean(spread / stated) == pytest.approx(1.0, rel=0.1)


def test_it_is_not_kept_unless_asked_for():
    assert clt.simulate(MODELS[0], 10).characteristic_function is None


@pytest.mark.parametrize("threads", [1, 2])
def test_nothing_else_depends_on_it(threads, tmp_path):
    with_one, without = (
        clt.simulate(MODELS[1], DRAWS, threads=threads, characteristic_function=asked).to_dict()
        for asked in (True, False)
    )
    changed = {name for name in with_one if with_one[name] != without.get(name)}
    assert changed <= {"characteristic_function"}


def test_parts_merge_in_any_order_to_the_same_bytes(tmp_path, monkeypatch):
    model = MODELS[1]
    parts = [simulated(model, 40_000 + seed, seed) for seed in range(3)]
    merged = {saved(a + b + c, tmp_path) for a, b, c in itertools.permutations(parts)}
    merged.add(saved(parts[0] + (parts[1] + parts[2]), tmp_path))
    assert len(merged) == 1
    whole = saved(simulated(model), tmp_path)
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    assert saved(simulated(model), tmp_path) == whole


def test_summaries_with_and_without_one_do_not_merge():
    with_one, without = simulated(MODELS[1], 100), clt.simulate(MODELS[1], 100, seed=2)
    for a, b in ((with_one, without), (without, with_one)):
        with pytest.raises(ValueError, match="with and without a characteristic function"):
            a + b


def test_a_file_keeps_it(tmp_path):
    summary = simulated(MODELS[0])
    loaded_bytes = saved(summary, tmp_path)
    loaded = Summary.load(tmp_path / "summary.npz")
    np.testing.assert_array_equal(
        loaded.characteristic_function.values, summary.characteristic_function.values
    )
    assert saved(loaded, tmp_path) == loaded_bytes
    json.dumps(loaded.to_dict(), allow_nan=False)


def test_a_checkpoint_goes_on_with_it(tmp_path, monkeypatch):
    path, model = tmp_path / "run.npz", MODELS[1]
    expected = saved(simulated(model, DRAWS), tmp_path)
    simulated_part = {"seed": 1, "checkpoint": path, "characteristic_function": True}
    clt.simulate(model, driver.CHUNK, **simulated_part)
    clt.simulate(model, DRAWS, **simulated_part)
    assert path.read_bytes() == expected
    monkeypatch.setattr(driver, "sample_chunks", None)
    with pytest.raises(ValueError, match="only one of both has a characteristic function"):
        clt.simulate(model, DRAWS, seed=1, checkpoint=path)
    assert path.read_bytes() == expected
