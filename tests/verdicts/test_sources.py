"""What is_gaussian takes and refuses, and the intervals of each source."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import bdtr, ndtr

import clt_sim as clt
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.networks.recording.signal import Signal
from clt_sim.verdicts import is_gaussian
from clt_sim.verdicts.certificate import METHOD, radius, radius_of_clusters
from clt_sim.verdicts.sources import OF_DRAWS, median_interval

DRAWS = np.random.default_rng(0).standard_normal(3000)
MODEL = clt.WeightedSum(n=4, inputs="uniform", weights=1.0)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"within": 0.0}, ValueError, r"within must be above 0, not 0\.0"),
        ({"within": np.inf}, ValueError, "within must be finite"),
        ({"within": "0.1"}, TypeError, "within must be a real number"),
        ({"confidence": 1.0}, ValueError, "confidence must be between 0 and 1"),
        ({"confidence": 0.0}, ValueError, "confidence must be between 0 and 1"),
        ({"confidence": 0.9999}, ValueError, r"confidence can be at most 0\.999, not 0\.9999"),
        ({"measure": "kolmogorow"}, ValueError, "Did you mean 'kolmogorov'"),
        ({"measure": "wasserstein-2"}, ValueError, "wasserstein-2 is not available.*coverage"),
        ({"measure": "wasserstein-1", "standardize": False}, ValueError, "raw draws"),
    ],
)
def test_bad_arguments(arguments, error, match):
    with pytest.raises(error, match=match):
        is_gaussian(DRAWS, **arguments)


@pytest.mark.parametrize(
    ("x", "measure", "match"),
    [
        (DRAWS[:20], "kolmogorov", "300 draws; there are 20; ask for .kolmogorov-nearest."),
        (DRAWS[:499], "wasserstein-1", "at least 500 draws; there are 499"),
        (DRAWS[:690], "skewness", "at least 700 draws; there are 690"),
        (np.exp(2.0 * DRAWS), "skewness", r"takes about \d+ draws; there are 3000"),
        (DRAWS, "excess-kurtosis", "at least 5000 draws; there are 3000; ask for 'l-kurtosis'"),
        (np.append(DRAWS, 40.0), "skewness", "rests on 1 of the 3001 draws, and should"),
        (Signal("u", "hidden", DRAWS.reshape(-1, 3)).pooled, "kolmogorov", "draws in clusters"),
        (
            Signal("u", "hidden", DRAWS.reshape(-1, 5)).pooled,
            "skewness",
            "1000 clusters; there are",
        ),
        (Signal("u", "hidden", DRAWS.reshape(-1, 3)), "kolmogorov", "more than 3 units"),
        (MODEL, "wasserstein-1", "models are drawn to decide"),
        (clt.WeightedSum(n=2, inputs="cauchy"), "kolmogorov", "kolmogorov-nearest"),
        (clt.laws.get("cauchy"), "kolmogorov", "no finite mean and variance"),
    ],
)
def test_what_has_no_interval(x, measure, match):
    with pytest.raises(ValueError, match=f"{measure} is not available: .*{match}"):
        is_gaussian(x, measure=measure)


def test_what_is_no_source():
    with pytest.raises(TypeError, match="x must be"):
        is_gaussian("normal")
    with pytest.raises(ValueError, match="constant"):
        is_gaussian(np.ones(100))


def test_raw_values_have_the_certificate():
    verdict = is_gaussian(DRAWS, standardize=False, within=0.06)
    value = clt.gaussianity(DRAWS, standardize=False)["kolmogorov"].value
    reach = np.sqrt(np.log(2.0 / 0.05) / (2.0 * DRAWS.size))
    assert verdict.value == pytest.approx(value, abs=1e-12)
    assert verdict.interval == pytest.approx((max(0.0, value - reach), value + reach), abs=1e-9)
    assert (verdict.status, verdict.method, verdict.count) == ("holds", METHOD, 3000)
    assert is_gaussian(DRAWS + 1.0, standardize=False, within=0.05).status == "refuted"


@pytest.mark.parametrize("measure", [name for name in OF_DRAWS if name in MEASURES])
def test_values_are_those_of_gaussianity(measure):
    draws = np.random.default_rng(1).uniform(size=5000)
    verdict = is_gaussian(draws, measure=measure)
    assert verdict.value == pytest.approx(clt.gaussianity(draws)[measure].value, abs=1e-12)
    low, high = verdict.interval
    assert low < verdict.value < high
    assert verdict.status == ("undecided" if "skewness" in measure else "refuted")
    summary = clt.simulate(MODEL, draws=10**6)
    of_summary = is_gaussian(summary, measure=measure)
    truth = clt.gaussianity(clt.exact(MODEL))[measure].value
    assert of_summary.interval[0] <= truth <= of_summary.interval[1]
    assert of_summary.ensemble == summary.ensemble


def test_the_nearest_is_no_further():
    exact = clt.exact(MODEL)
    truth = is_gaussian(exact, measure="kolmogorov-nearest").value
    assert truth < is_gaussian(exact).value
    for x in (clt.simulate(MODEL, draws=10**6), clt.sample(MODEL, 20_000)):
        low, high = is_gaussian(x, measure="kolmogorov-nearest").interval
        assert low <= truth <= high


@pytest.mark.parametrize("df", [1.0, 1.5, 2.0])
def test_the_nearest_of_a_law_without_a_variance(df):
    law = clt.laws.get("student-t", df=df)
    z = np.linspace(0.0, 30.0, 60_001)
    above = law.cdf(z)  # symmetric: the nearest normal law has its centre, and half suffices

    def distance(logarithm):
        return float(np.abs(above - ndtr(z * np.exp(-logarithm))).max())

    nearest = minimize_scalar(distance, bounds=(-1.0, 2.0), method="bounded")
    verdict = is_gaussian(law, measure="kolmogorov-nearest")
    low, high = verdict.interval
    assert low - 1e-6 < nearest.fun < high + 1e-6
    assert high - low < 2e-4
    assert verdict.status == "refuted"


def test_laws_are_decided_by_numerical_error():
    law = clt.laws.get("laplace")
    value = clt.gaussianity(law)["negentropy"].value
    assert is_gaussian(law, measure="negentropy", within=value + 1e-6).status == "holds"
    assert is_gaussian(law, measure="negentropy", within=value - 1e-6).status == "refuted"
    infinite = is_gaussian(clt.laws.get("student-t", df=3.5), measure="excess-kurtosis")
    assert (infinite.status, infinite.value, infinite.count) == ("refuted", np.inf, None)
    assert is_gaussian(clt.laws.get("normal"), within=1e-9).status == "holds"


def test_units_of_a_signal():
    values = np.random.default_rng(2).standard_normal((200, 25))
    verdict = is_gaussian(Signal("u", "hidden", values), measure="skewness", within=0.5)
    ordered = np.sort([clt.gaussianity(column)["skewness"].value for column in values.T])
    assert verdict.interval == pytest.approx((ordered[7], ordered[17]))  # 8th and 18th of 25
    assert (verdict.status, verdict.count) == ("holds", 25)
    assert "25 units" in verdict.explanation


@pytest.mark.parametrize("m", [6, 25, 100])
def test_the_interval_of_a_median(m):
    low, high = median_interval(np.arange(1.0, m + 1.0), 0.95)
    assert low + high == m + 1.0
    assert 1.0 - 2.0 * bdtr(low - 1.0, m, 0.5) >= 0.95
    assert 1.0 - 2.0 * bdtr(low, m, 0.5) < 0.95


def test_the_radius():
    for alpha in (0.5, 0.05, 1e-6):
        assert 2.0 * np.exp(-2.0 * 500 * radius(500, alpha) ** 2) == pytest.approx(alpha)


def test_clusters_count_as_one_where_all_is_repeated():
    """Ten copies of each value are worth as much as one, whatever the number of values."""
    draws = np.random.default_rng(8).random(3000)
    labels = np.repeat(np.arange(draws.size), 10)
    for measure in ("skewness", "kolmogorov-nearest"):
        ask = {"measure": measure, "within": 0.2}
        alone = is_gaussian(draws, **ask)
        copies = is_gaussian(np.repeat(draws, 10), clusters=labels, **ask)
        naive = is_gaussian(np.repeat(draws, 10), **ask)
        assert copies.count == alone.count == naive.count / 10
        assert copies.value == pytest.approx(alone.value, abs=2e-6)
        widths = [v.interval[1] - v.value for v in (alone, copies, naive)]
        # Those of clusters have no degrees of freedom.
        assert 0.98 * widths[0] <= widths[1] < 1.6 * widths[0]
        assert widths[2] < 0.33 * widths[0]


def test_pooled_signals_are_in_clusters_by_input():
    values = np.random.default_rng(3).uniform(size=(1200, 4))
    pooled = Signal("u", "hidden", values).pooled
    rows = np.repeat(np.arange(1200), 4)
    for measure in ("skewness", "kolmogorov-nearest"):
        first = is_gaussian(pooled, measure=measure, within=0.1)
        assert first.count == 1200
        again = is_gaussian(values.ravel(), measure=measure, within=0.1, clusters=rows)
        assert first.interval == again.interval


def test_the_radius_of_clusters_holds():
    """Rows of 4 equal values, unequal rows: the 95 % radius is missed by fewer than 5 %."""
    rng = np.random.default_rng(4)
    sizes = np.tile([1, 2, 5], 40)
    reach = radius_of_clusters(sizes, 0.05)
    uniform = np.sort(rng.random((400, sizes.size)), axis=1)
    order = rng.permuted(np.tile(sizes, (400, 1)), axis=1)
    above = np.cumsum(order, axis=1) / sizes.sum()
    largest = np.maximum(above - uniform, uniform - above + order / sizes.sum()).max(axis=1)
    assert np.mean(largest > reach) < 0.05
    assert np.quantile(largest, 0.95) > 0.5 * reach  # and it is no wild overestimate
    assert np.mean(largest > radius(int(sizes.sum()), 0.05)) > 0.05  # what values alone would give
    assert radius_of_clusters(np.ones(50, int), 0.05) == radius(50, 0.05)
