"""What gaussianity takes, what it refuses, and what it says about it."""

from __future__ import annotations

import numpy as np
import pytest
import specimens
from scipy.stats import binom

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity import gaussianity, names
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.units import median
from clt_sim.networks.recording.signal import Signal

NAMES = [
    "skewness",
    "excess-kurtosis",
    "l-skewness",
    "l-kurtosis",
    "quantile-asymmetry",
    "tail-ratio-2",
    "tail-ratio",
    "tail-ratio-4",
    "tail-ratio-5",
    "tail-ratio-6",
    "kolmogorov",
    "kuiper",
    "cramer-von-mises",
    "anderson-darling",
    "wasserstein-1",
    "wasserstein-2",
    "energy",
    "epps-pulley",
    "kernel-stein",
    "total-variation",
    "hellinger",
    "negentropy",
    "negentropy-maxent",
    "negentropy-maxent-abs",
    "negentropy-cumulant",
    "negentropy-vasicek",
    "negentropy-ebrahimi",
    "negentropy-van-es",
    "negentropy-correa",
    "negentropy-debiased",
]
OF_SORTED_DRAWS = NAMES[-5:]
FEW = ["skewness", "kolmogorov", "wasserstein-1", "negentropy", "negentropy-maxent"]
OF_DENSITIES = ["total-variation", "hellinger", "negentropy"]


def test_the_table_of_measures():
    assert list(MEASURES) == NAMES
    assert names() == NAMES
    report = gaussianity(laws.Uniform())
    assert list(report) == NAMES[:-5]
    assert report.to_dict()["estimates"].keys() == set(report)
    assert list(report.unavailable) == OF_SORTED_DRAWS
    of_draws = gaussianity(laws.Uniform().sample(100, rng=1))
    assert list(of_draws) == [name for name in NAMES if name not in OF_DENSITIES]


@pytest.mark.parametrize("law", specimens.laws(), ids=str)
@pytest.mark.parametrize("standardize", [True, False])
def test_every_registered_law(law, standardize):
    if law.variance == 0.0:
        with pytest.raises(ValueError, match="x must not be constant"):
            gaussianity(law, standardize=standardize)
        return
    measures = FEW if isinstance(law, laws.Stable) else NAMES  # its cdf takes milliseconds a value
    report = gaussianity(law, standardize=standardize, measures=measures)
    assert {*report, *report.unavailable} == set(measures)
    if standardize and not np.isfinite(law.variance):
        assert set(report) <= {"l-skewness", "l-kurtosis"}
        assert np.isfinite(law.mean) == bool(report) or isinstance(law, laws.Stable)
    for name, estimate in report.items():
        if name in ("skewness", "excess-kurtosis") and np.isinf(estimate.value):
            assert law.tail_index <= 4.0
            assert estimate.stderr == 0.0
            continue
        assert np.isfinite(estimate.value), name
        # The quantile is not well defined where the density is 0.
        most = 1e-3 if name == "quantile-asymmetry" else 1e-5
        assert 0.0 <= estimate.stderr < most * max(1.0, abs(estimate.value)), name


@pytest.mark.parametrize(
    ("x", "match"),
    [
        ([0.0, np.nan, 2.0, np.inf], r"x must be finite.*2 of 4"),
        ([3.0, 3.0, 3.0], r"x must not be constant; all 3 values are 3\.0"),
        ([1.0], "constant"),
        ([], "empty"),
        (np.zeros((4, 2)), r"shape \(4, 2\): nothing is pooled silently. Give axis=0"),
        (np.zeros((4, 2, 3)), r"shape \(4, 2, 3\)"),
        (1.5, r"shape \(\)"),
    ],
)
def test_bad_values(x, match):
    with pytest.raises(ValueError, match=match):
        gaussianity(x)


@pytest.mark.parametrize(
    "x",
    ["normal", None, {"a": 1}, np.ones(3) + 1j, np.array([1, None]), object],
    ids=repr,
)
def test_what_is_no_source(x):
    with pytest.raises(TypeError, match=r"1-D array.*Summary.*ExactLaw.*Law.*Signal.*PooledSignal"):
        gaussianity(x)


def test_a_model_is_no_source():
    with pytest.raises(TypeError, match="WeightedSum"):
        gaussianity(clt.WeightedSum(n=2))


def test_names_of_measures():
    with pytest.raises(ValueError, match="Did you mean 'kolmogorov'"):
        gaussianity([0.0, 1.0, 3.0], measures=["kolmogorow"])
    report = gaussianity([0.0, 1.0, 3.0], measures=["wasserstein-1", "skewness"])
    assert list(report) == ["wasserstein-1", "skewness"]
    assert list(gaussianity([0.0, 1.0, 3.0], measures="skewness")) == ["skewness"]


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, np.bool_])
def test_other_dtypes(dtype):
    row = np.array([0, 1, 1, 0, 1]).astype(dtype)
    assert gaussianity(row).estimates == gaussianity(row.astype(np.float64)).estimates


def test_source_is_not_changed():
    row = np.array([3.0, 1.0, 2.0, 8.0])
    gaussianity(row)
    assert row.tolist() == [3.0, 1.0, 2.0, 8.0]


def _signal(values):
    return Signal("u", "hidden 1", values)


def test_signal_is_measured_by_unit():
    values = np.random.default_rng(1).exponential(size=(50, 7)) * np.arange(1, 8)
    report = gaussianity(_signal(values))
    by_hand = [gaussianity(column)["kolmogorov"].value for column in values.T]
    assert report["kolmogorov"].value == np.median(by_hand)
    # 7 units: from the 3rd to the 5th of them cover the median with 1 - 2 P(Bin(7,1/2) < 3)
    ordered = np.sort(by_hand)
    assert 1.0 - 2.0 * binom.cdf(2, 7, 0.5) < 0.6827 < 1.0 - 2.0 * binom.cdf(1, 7, 0.5)
    assert report["kolmogorov"].stderr == pytest.approx(0.5 * (ordered[5] - ordered[1]))
    assert "median over 7 units" in report.ensemble
    assert "constant" not in report.ensemble
    assert set(report.unavailable) == set(OF_DENSITIES)


def test_constant_units_are_left_out_and_counted():
    values = np.random.default_rng(1).exponential(size=(50, 6))
    values[:, [1, 4]] = [0.0, 5.0]
    report = gaussianity(_signal(values))
    assert "median over 4 units (2 constant units left out)" in report.ensemble
    kept = gaussianity(_signal(values[:, [0, 2, 3, 5]]))
    assert report.estimates == kept.estimates
    with pytest.raises(ValueError, match="all 3 units"):
        gaussianity(_signal(np.ones((4, 3))))


def test_too_few_units_for_a_spread():
    report = gaussianity(_signal(np.random.default_rng(1).random((30, 2))))
    assert not report.estimates
    assert "at least 3 units; there are 2" in report.unavailable["skewness"]


def test_pooled_signal_has_errors_of_clusters():
    rng = np.random.default_rng(3)
    shared = rng.exponential(size=(300, 1))
    pooled = gaussianity(_signal(np.repeat(shared, 4, axis=1)).pooled)
    alone = gaussianity(shared[:, 0])
    # What rests on few draws, or on the number of all, is another matter.
    for name in set(alone) - {"quantile-asymmetry", *NAMES[5:10], *OF_SORTED_DRAWS}:
        assert pooled[name].value == pytest.approx(alone[name].value, abs=1e-9)
        assert pooled[name].stderr == pytest.approx(alone[name].stderr, rel=1e-6)
    assert "pooled" in pooled.ensemble
    assert "1200 values in 300 clusters, for the mean worth 300 independent" in pooled.route


def test_pooled_signal_of_one_input_is_refused():
    with pytest.raises(ValueError, match="at least 2 inputs"):
        gaussianity(_signal(np.arange(5.0)[None, :]).pooled)


@pytest.mark.parametrize("units", [5, 20, 101])
def test_median_interval_covers(units):
    # The interval has at least 68.3 % coverage; that of the normal error on 4000 repeats has a
    # standard error of 0.7 %. The bound below is 4 sigma off.
    rng = np.random.default_rng(units)
    draws = rng.exponential(size=(4000, units)) ** 2
    low_high = np.array([_interval(row) for row in draws])
    true = np.log(2.0) ** 2
    coverage = np.mean((low_high[:, 0] <= true) & (true <= low_high[:, 1]))
    assert coverage > 0.6827 - 0.03
    assert coverage < 0.95


def _interval(row):
    """Return the order statistics whose half distance `median` gives as error."""
    ordered, half = np.sort(row), median(list(row)).stderr
    k = next(
        k for k in range(row.size // 2, 0, -1)
        if np.isclose(0.5 * (ordered[row.size - k] - ordered[k - 1]), half)
    )  # fmt: skip
    return ordered[k - 1], ordered[row.size - k]


def test_a_masked_array_is_refused():
    with pytest.raises(TypeError, match=r"x must not be a masked array; pass x\.compressed\(\)"):
        gaussianity(np.ma.array([1.0, 2.0, 3.0, 99.0], mask=[0, 0, 0, 1]))


def test_measures_must_be_names():
    with pytest.raises(TypeError, match="measures must be a row of names, not 3"):
        gaussianity([1.0, 2.0, 3.0], measures=3)
    with pytest.raises(ValueError, match="unknown measure of gaussianity 3"):
        gaussianity([1.0, 2.0, 3.0], measures=[3])


def test_columns_and_rows_of_a_table():
    table = np.random.default_rng(3).exponential(size=(60, 5))
    by_column, by_row = gaussianity(table, axis=0), gaussianity(table.T, axis=1)
    assert by_column.estimates == by_row.estimates
    assert by_column.estimates == gaussianity(_signal(table)).estimates
    assert by_column.ensemble == "array of shape (60, 5), each column; median over 5 units"
    with pytest.raises(ValueError, match="axis must be 0 or 1"):
        gaussianity(table, axis=2)
    with pytest.raises(ValueError, match="axis must be None for a row of numbers, not 0"):
        gaussianity(table[0], axis=0)
    with pytest.raises(ValueError, match="clusters must be None with an axis"):
        gaussianity(table, axis=0, clusters=np.arange(60))


def test_nan_is_left_out_on_request_and_counted():
    row = np.random.default_rng(3).exponential(size=60)
    holey = np.insert(row, [0, 20, 60], np.nan)
    report = gaussianity(holey, nan_policy="omit")
    assert report.estimates == gaussianity(row).estimates
    assert report.ensemble == "60 values (3 NaN left out)"
    with pytest.raises(ValueError, match=r"x\[0\] is nan \(3 of 63 are not\)"):
        gaussianity(holey)
    with pytest.raises(ValueError, match=r"x\[1\] is inf \(1 of 2 are not\)"):
        gaussianity([np.nan, np.inf], nan_policy="omit")
    with pytest.raises(ValueError, match="all its 2 values are NaN"):
        gaussianity([np.nan, np.nan], nan_policy="omit")
    with pytest.raises(ValueError, match="Did you mean 'omit'"):
        gaussianity(row, nan_policy="omitt")
    table = np.stack([row, row[::-1]])
    table[0, 3] = np.nan
    assert "(1 NaN left out)" in gaussianity(table.T, axis=0, nan_policy="omit").ensemble


def test_clusters():
    rng = np.random.default_rng(4)
    shared = np.repeat(rng.normal(size=200), 10) + 0.1 * rng.normal(size=2000)
    labels = np.repeat(np.arange(200), 10)
    report = gaussianity(shared, clusters=labels)
    alone = gaussianity(shared)
    worth = clt.effective_size(shared, clusters=labels).value
    assert 190.0 < worth < 210.0
    assert report.ensemble == (
        f"2000 values in 200 clusters, for the mean worth {worth:.4g} independent draws"
    )
    assert report["skewness"].value == pytest.approx(alone["skewness"].value)
    assert 2.5 < report["skewness"].stderr / alone["skewness"].stderr < 4.0  # about sqrt(10)
    for bad, message in (
        (labels[:5], "one label for each"),
        (np.zeros(2000, int), "at least 2"),
    ):
        with pytest.raises(ValueError, match=message):
            gaussianity(shared, clusters=bad)
    with pytest.raises(ValueError, match="clusters must be None for a Normal"):
        gaussianity(laws.Normal(), clusters=labels)


def test_raw_values_are_shown_beside_their_shape():
    wide = gaussianity(laws.Normal(sd=2.0), standardize=False)
    assert wide["wasserstein-1"].value == pytest.approx(np.sqrt(2.0 / np.pi))
    assert wide.shape["wasserstein-1"].value == pytest.approx(0.0, abs=1e-12)
    assert gaussianity(laws.Normal()).shape is None
    assert wide.shape.estimates == gaussianity(laws.Normal(sd=2.0)).estimates
