"""What sparsity takes, what it refuses, and what it says about it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim import laws
from clt_sim.networks.recording.signal import Signal
from clt_sim.sparsity import sparsity
from clt_sim.sparsity.binned import BinnedMagnitudes
from clt_sim.sparsity.registry import MEASURES

NAMES = ["near-zero", "exact-zero", "hoyer", "gini", "treves-rolls"]
OF_DRAWS = ["near-zero", "hoyer", "gini", "treves-rolls"]
DRAWS = 200_000

WITH_LAWS = {
    "uniform": clt.WeightedSum(n=1, inputs=laws.Uniform(-1.0, 1.0), weights=1.0),
    "wikipedia": clt.WeightedSum(n=2, inputs="wikipedia", weights=1.0),
    "triangle": clt.WeightedSum(
        n=2, inputs=laws.Uniform(-1.0, 2.0), weights=[1.0, -1.0], bias=0.25
    ),
}
KINDS = {
    **WITH_LAWS,
    "heavy": clt.WeightedSum(n=1, inputs="laplace", weights="laplace"),
    "lattice": clt.WeightedSum(n=4, inputs="rademacher", weights=1.0),
    "atom at 0": clt.WeightedSum(n=2, inputs="normal", nonlinearity="relu", weights="normal"),
}


def _worst(summary, law):
    report, exact = sparsity(summary), sparsity(law)
    pairs = [(report[name], exact[name]) for name in OF_DRAWS]
    return max(abs(a.value - b.value) / math.hypot(a.stderr, b.stderr) for a, b in pairs)


@pytest.mark.parametrize("name", WITH_LAWS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_summary_agrees_with_the_exact_law(name, seed):
    # 36 comparisons; beyond 4.2 sigma each has 3e-5: a false alarm in 1e-3 of seeds.
    summary = clt.simulate(WITH_LAWS[name], DRAWS, seed=seed)
    assert _worst(summary, clt.exact(WITH_LAWS[name])) < 4.2


def test_negative_control_another_law_is_told_apart():
    summary = clt.simulate(WITH_LAWS["uniform"], DRAWS, seed=1)
    assert _worst(summary, laws.Uniform(-1.0, 1.2)) > 4.2


@pytest.mark.parametrize("name", KINDS)
def test_summary_and_values_of_the_same_draws(name):
    summary = clt.simulate(KINDS[name], 50_000, seed=6)
    values = sparsity(clt.sample(KINDS[name], 50_000, seed=6))
    binned = sparsity(summary)
    assert set(OF_DRAWS) <= set(binned)
    assert binned["exact-zero"].value == pytest.approx(values["exact-zero"].value, abs=1e-12)
    # The formula for N values is larger than its limit by these factors.
    stretch = {"hoyer": 1.0 / (1.0 - 50_000**-0.5), "treves-rolls": 1.0 / (1.0 - 1.0 / 50_000)}
    for measure in OF_DRAWS:
        gap = values[measure].value / stretch.get(measure, 1.0) - binned[measure].value
        assert abs(gap) <= 1.5 * binned[measure].stderr, measure


ATOMS = {
    "inside": clt.WeightedSum(n=4, inputs="sparse(zero_probability=0.7)", weights=1.0),
    "relu": clt.WeightedSum(n=2, inputs="normal", nonlinearity="relu", weights=1.0),
    "none": clt.WeightedSum(n=2, inputs="normal", weights=1.0),
}
SHARES = {"inside": (0.2401, 0.5 + 0.5 * 0.2401), "relu": (0.25, 0.25), "none": (0.0, 0.5)}


@pytest.mark.parametrize("name", ATOMS)
def test_zeros_of_a_summary_are_counted_apart_from_the_bins(name):
    summary = clt.simulate(ATOMS[name], 50_000, seed=3)
    draws = clt.sample(ATOMS[name], 50_000, seed=3)
    for signed, share in zip(("magnitude", "rectified"), SHARES[name], strict=True):
        found = sparsity(summary, signed=signed)["exact-zero"]
        values = sparsity(draws, signed=signed)["exact-zero"]
        assert found.value == pytest.approx(values.value, abs=1e-12)
        assert found.stderr == pytest.approx(values.stderr, rel=1e-6)
        assert abs(found.value - share) <= 4.5 * found.stderr
        other = 0.8 * share + 0.02
        assert abs(found.value - other) > 4.5 * found.stderr


def test_draws_outside_the_bins_count():
    summary = clt.simulate(KINDS["heavy"], 100_000, seed=2)
    assert summary.histogram.overflow > 0
    binned = BinnedMagnitudes.of(summary)
    magnitudes = binned.magnitudes()
    assert magnitudes.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert magnitudes.values.max() > summary.histogram.edges[-1]
    draws = clt.sample(KINDS["heavy"], 100_000, seed=2)
    assert binned.mean_square == pytest.approx(np.mean(draws**2), rel=1e-6)


def test_rectified_normal_draws_agree_with_the_population_values():
    draws = np.maximum(np.random.default_rng(3).normal(size=200_000), 0.0)
    report = sparsity(draws)
    expected = {
        "exact-zero": 0.5,
        "gini": 1.0 / math.sqrt(2.0),
        "hoyer": (1.0 - 1.0 / math.sqrt(math.pi)) / (1.0 - 200_000**-0.5),
        "treves-rolls": 1.0 - 1.0 / math.pi,
    }
    for name, value in expected.items():
        assert abs(report[name].value - value) < 4.0 * report[name].stderr


def test_axes_of_an_array():
    values = np.random.default_rng(5).laplace(size=(30, 8))
    lifetime, population = sparsity(values, axis=0), sparsity(values, axis=1)
    for name in NAMES:
        by_unit = [sparsity(column)[name].value for column in values.T]
        by_input = [sparsity(row)[name].value for row in values]
        for report, each in ((lifetime, by_unit), (population, by_input)):
            assert report[name].value == pytest.approx(np.mean(each), abs=1e-14)
            expected = np.std(each, ddof=1) / math.sqrt(len(each))
            assert report[name].stderr == pytest.approx(expected, abs=1e-14)
    assert "axis 0" in lifetime.ensemble
    signal = Signal("u", "hidden 1", values)
    assert sparsity(signal, axis="lifetime").estimates == lifetime.estimates
    assert sparsity(signal, axis="population").estimates == population.estimates
    assert "population" in sparsity(signal, axis="population").ensemble


def test_lifetime_and_population_differ():
    selective = np.diag([1.0, 2.0, 3.0, 4.0]) + 1e-3  # each unit for one input
    gains = np.outer(np.ones(4), [1.0, 0.01, 0.01, 0.01])  # one strong unit, constant
    assert sparsity(selective, axis=0)["hoyer"].value > 0.9
    assert sparsity(gains, axis=0)["hoyer"].value == pytest.approx(0.0, abs=1e-12)
    assert sparsity(gains, axis=1)["hoyer"].value > 0.9


def test_dead_units_count_as_zeros_and_are_named():
    values = np.abs(np.random.default_rng(6).normal(size=(20, 5)))
    values[:, 2] = 0.0
    report = sparsity(Signal("u", "hidden 1", values), axis="lifetime")
    kept = sparsity(values[:, [0, 1, 3, 4]], axis=0)
    assert report["exact-zero"].value == pytest.approx(0.2)
    assert report["gini"] == kept["gini"]
    assert "(1 that are all 0 count in near-zero and exact-zero" in report.ensemble


def test_pooled_signal():
    values = np.random.default_rng(7).normal(size=(40, 6))
    signal = Signal("u", "hidden 1", values)
    pooled, flat = sparsity(signal.pooled), sparsity(values.ravel())
    for name in NAMES:
        assert pooled[name].value == pytest.approx(flat[name].value, rel=1e-13)
    assert pooled.route == "magnitudes of 240 in 40 clusters"
    with pytest.raises(ValueError, match="at least 2 inputs"):
        sparsity(Signal("u", "hidden 1", values[:1]).pooled)


@pytest.mark.parametrize("axis", [None, 0, "units"])
def test_a_signal_needs_one_of_the_two_axes(axis):
    signal = Signal("u", "hidden 1", np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"'lifetime' or 'population'.*Willmore.*pooled"):
        sparsity(signal, axis=axis)


@pytest.mark.parametrize("axis", [None, 2, -1, True, "lifetime"])
def test_an_array_needs_one_of_the_two_axes(axis):
    with pytest.raises(ValueError, match=r"axis must be 0 or 1.*Willmore"):
        sparsity(np.ones((3, 2)), axis=axis)


def test_an_axis_where_there_is_none():
    pooled = Signal("u", "hidden 1", np.ones((3, 2))).pooled
    for source in (laws.Uniform(), pooled, [1.0, 2.0]):
        with pytest.raises(ValueError, match="axis must be None"):
            sparsity(source, axis=0)


@pytest.mark.parametrize(
    ("x", "axis", "match"),
    [
        ([1.0, np.nan], None, r"x must be finite.*1 of 2"),
        ([0.0, 0.0], None, "x must not be all 0"),
        (np.zeros((2, 2)), 0, "x must not be all 0"),
        ([], None, "empty"),
        (np.ones((2, 2, 2)), 0, "1 or 2 dimensions"),
        (2.0, None, "1 or 2 dimensions"),
    ],
)
def test_bad_values(x, axis, match):
    with pytest.raises(ValueError, match=match):
        sparsity(x, axis=axis)


@pytest.mark.parametrize("x", ["normal", None, np.ones(2) * 1j, object], ids=repr)
def test_what_is_no_source(x):
    with pytest.raises(TypeError, match=r"array of real numbers.*Summary.*ExactLaw.*PooledSignal"):
        sparsity(x)


def test_names_and_too_few_values():
    with pytest.raises(ValueError, match="Did you mean 'hoyer'"):
        sparsity([1.0, 2.0], measures=["hoier"])
    report = sparsity([-3.0])
    assert {"near-zero", "exact-zero", "gini"} <= set(report)
    assert report.unavailable["hoyer"] == "needs at least 2 values; there are 1"
    assert list(sparsity(laws.Normal())) == list(MEASURES)
    single = sparsity(np.array([[1.0, 2.0]]), axis=1)
    assert "at least 2 rows" in single.unavailable["gini"]


def test_all_zero_draws_are_refused():
    model = clt.WeightedSum(n=1, inputs=laws.Uniform(-2.0, -1.0), nonlinearity="relu", weights=1.0)
    with pytest.raises(ValueError, match="all 0"):
        sparsity(clt.simulate(model, 100))


def test_summaries_of_models_without_the_moment_that_an_index_is_relative_to():
    def indices(inputs):
        model = clt.WeightedSum(n=2, inputs=inputs, weights=1.0)
        return sparsity(clt.simulate(model, 20_000, seed=1))

    cauchy, student, other = (
        indices(law) for law in ("cauchy", "student-t(df=1.5)", "student-t(df=2.5)")
    )
    assert list(cauchy) == ["exact-zero"]
    assert "no finite moment of order 1" in cauchy.unavailable["gini"]
    assert set(student) == {"exact-zero", "gini", "shannon-entropy-of-magnitudes"}
    assert "no finite moment of order 2" in student.unavailable["near-zero"]
    assert set(OF_DRAWS) <= set(other)


def test_nan_is_left_out_on_request_and_counted():
    row = np.array([0.0, 1.0, 5.0, 0.0])
    report = sparsity(np.insert(row, 2, np.nan), nan_policy="omit")
    assert report.estimates == sparsity(row).estimates
    assert report.ensemble == "4 values (1 NaN left out)"
    with pytest.raises(ValueError, match=r"x\[1\] is inf \(1 of 2 are not\)"):
        sparsity([1.0, np.inf, np.nan], nan_policy="omit")
    with pytest.raises(ValueError, match="all its 2 values are NaN"):
        sparsity([np.nan, np.nan], nan_policy="omit")
    with pytest.raises(ValueError, match="must be 'raise' for a table"):
        sparsity(np.ones((2, 2)), axis=0, nan_policy="omit")
    with pytest.raises(ValueError, match="Did you mean 'omit'"):
        sparsity(row, nan_policy="omitt")
