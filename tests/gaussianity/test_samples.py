"""Measures of samples: against naive formulas, contamination, and repeated samples."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clt_sim import laws
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.draws import Draws
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.measures import UnavailableError

OF_SAMPLES = [
    "skewness",
    "excess-kurtosis",
    "kolmogorov",
    "wasserstein-1",
    "wasserstein-2",
    "negentropy-maxent",
]
DISTANCES = ["kolmogorov", "wasserstein-1", "wasserstein-2"]

SAMPLES = {
    "exponential": np.random.default_rng(1).exponential(size=37),
    "ties": np.repeat([-1.0, 0.0, 0.25, 3.0], [5, 9, 1, 3]),
    "uniform": np.random.default_rng(2).random(200) - 40.0,
    "two": np.array([0.0, 0.0, 1.0, 1.0, 1.0]),
}


def _naive(values):
    """Return all measures of a standardised sample by plain definitions."""
    z = (values - values.mean()) / values.std()
    ordered = np.sort(z)
    steps = scipy.stats.ecdf(z).cdf

    def gap(t):
        return abs(steps.evaluate(t) - scipy.stats.norm.cdf(t))

    # In steps between jumps the integrand has one corner at most, which points can name.
    total = 0.0
    for low, high in zip(
        np.concatenate([[-12.0], ordered]), np.concatenate([ordered, [12.0]]), strict=True
    ):
        if high > low:
            corner = scipy.stats.norm.ppf(steps.evaluate(0.5 * (low + high)))
            inside = [corner] if low < corner < high else None
            middle = 0.5 * (low + high)
            level = steps.evaluate(middle)
            total += scipy.integrate.quad(
                lambda t, level=level: abs(level - scipy.stats.norm.cdf(t)),
                low, high, points=inside, epsabs=1e-13,
            )[0]  # fmt: skip
    return {
        "skewness": scipy.stats.skew(z),
        "excess-kurtosis": scipy.stats.kurtosis(z),
        "kolmogorov": scipy.stats.kstest(z, "norm").statistic,
        "wasserstein-1": total,
        "negentropy-maxent": 36.0
        / (8.0 * math.sqrt(3.0) - 9.0)
        * np.mean(z * np.exp(-(z**2) / 2)) ** 2
        + 24.0 / (16.0 * math.sqrt(3.0) - 27.0) * (np.mean(np.exp(-(z**2) / 2)) - 2**-0.5) ** 2,
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_values_are_those_of_the_definitions(name):
    report = gaussianity(SAMPLES[name])
    assert set(OF_SAMPLES) <= set(report)
    for measure, expected in _naive(SAMPLES[name]).items():
        assert report[measure].value == pytest.approx(expected, abs=1e-11), measure


def test_raw_distances():
    values = SAMPLES["exponential"]
    report = gaussianity(values, standardize=False)
    expected = scipy.stats.kstest(values, "norm").statistic
    assert report["kolmogorov"].value == pytest.approx(expected, abs=1e-14)
    # W1 is the L1 distance of quantile functions; all draws here are above 0.
    level = np.arange(1, values.size) / values.size
    cut = np.concatenate([[-np.inf], scipy.stats.norm.ppf(level), [np.inf]])
    expected = sum(
        scipy.integrate.quad(
            lambda t, x=x: abs(x - t) * scipy.stats.norm.pdf(t),
            max(low, -15.0), min(high, 15.0), points=[x] if low < x < high else None, epsabs=1e-13,
        )[0]
        for x, low, high in zip(np.sort(values), cut[:-1], cut[1:], strict=True)
    )  # fmt: skip
    assert report["wasserstein-1"].value == pytest.approx(expected, abs=1e-11)
    shape = gaussianity(values)
    assert report["skewness"] == shape["skewness"]
    assert report["kolmogorov"].value > 2.0 * shape["kolmogorov"].value


def test_density_measures_are_refused():
    report = gaussianity(SAMPLES["uniform"])
    for name in ("total-variation", "negentropy"):
        assert "needs a density" in report.unavailable[name]
        with pytest.raises(KeyError, match="needs a density"):
            report[name]


@pytest.mark.parametrize(
    ("name", "standardize"),
    [*((name, True) for name in OF_SAMPLES), *((name, False) for name in DISTANCES)],
)
def test_influence_is_the_derivative_under_contamination(name, standardize):
    draws = np.random.default_rng(3).exponential(size=60) - 0.3
    sample = Sample.of(draws)
    viewed = sample.standardize() if standardize else sample
    _, influence = MEASURES[name].of_sample(viewed)
    assert viewed.weights @ influence == pytest.approx(0.0, abs=1e-12)
    step = 1e-7
    for index in (0, 3, 30, 55, 59):
        values = []
        for share in (-step, step):
            weights = sample.weights * (1.0 - share)
            weights[index] += share
            moved = dataclasses.replace(sample, weights=weights)
            values.append(
                MEASURES[name].of_sample(moved.standardize() if standardize else moved)[0]
            )
        derivative = (values[1] - values[0]) / (2.0 * step)
        assert influence[index] == pytest.approx(derivative, rel=1e-5, abs=1e-6)


LAWS = {
    "uniform": laws.Uniform().sample,
    "wikipedia": laws.Wikipedia().sample,
    "exponential": laws.Exponential().sample,
    "folded normal": lambda size, rng: np.abs(laws.Normal().sample(size, rng=rng)),
}
# Moments of exponential draws need more than 400 of them; the Kolmogorov error is too large
# where no single place stands out.
NO_PEAK = ["uniform", "wikipedia", "folded normal"]
LEFT_OUT = {
    ("exponential", "excess-kurtosis"),
    ("exponential", "skewness"),
    *((law, "kolmogorov") for law in NO_PEAK),
}
CASES = [(law, name) for law in LAWS for name in OF_SAMPLES if (law, name) not in LEFT_OUT]
REPEATS, DRAWS = 600, 400


@pytest.fixture(scope="module")
def repeated():
    """Estimates from repeated samples of each law: {law: {measure: (values, errors)}}."""
    result = {}
    for name, sample in LAWS.items():
        draws = sample((REPEATS, DRAWS), rng=11)
        reports = [gaussianity(row) for row in draws]
        result[name] = {
            measure: (
                np.array([report[measure].value for report in reports]),
                np.array([report[measure].stderr for report in reports]),
            )
            for measure in OF_SAMPLES
        }
    return result


@pytest.mark.parametrize(("law", "measure"), CASES)
def test_standard_errors_match_the_spread_of_repeated_samples(repeated, law, measure):
    # The sd of 600 values has a standard error of 3 % or a little more: 15 % is above 4 sigma,
    # a false alarm in less than 1e-3 of seeds for all cases together.
    values, errors = repeated[law][measure]
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.15)


@pytest.mark.parametrize("law", NO_PEAK)
def test_kolmogorov_error_is_too_large_without_a_peak_but_not_by_much(repeated, law):
    values, errors = repeated[law]["kolmogorov"]
    assert 1.05 < np.sqrt(np.mean(errors**2)) / values.std(ddof=1) < 1.45


@pytest.mark.parametrize("measure", DISTANCES)
def test_negative_control_errors_without_the_fit_of_mean_and_sd_are_wrong(repeated, measure):
    values, _ = repeated["exponential"][measure]
    naive = []
    for row in laws.Exponential().sample((100, DRAWS), rng=12):
        sample = dataclasses.replace(Sample.of(row).standardize(), standardized=False)
        naive.append(sample.stderr(MEASURES[measure].of_sample(sample)[1]))
    ratio = float(np.sqrt(np.mean(np.square(naive)))) / values.std(ddof=1)
    assert not 0.85 < ratio < 1.15


def test_errors_and_floor_of_a_normal_sample():
    report = gaussianity(laws.Normal().sample(10_000, rng=5))
    assert report["skewness"].stderr == pytest.approx(math.sqrt(6.0 / 10_000), rel=0.1)
    assert report["excess-kurtosis"].stderr == pytest.approx(math.sqrt(24.0 / 10_000), rel=0.25)
    assert 0.0 < report["kolmogorov"].value < 0.01  # the floor of sampling
    assert report["wasserstein-1"].value < 0.02


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_clusters_of_copies_count_once(name):
    draws = np.random.default_rng(7).exponential(size=80)
    alone = gaussianity(draws)[name]
    clustered = gaussianity(np.repeat(draws, 5), clusters=np.repeat(np.arange(80), 5))[name]
    assert clustered.value == pytest.approx(alone.value, abs=1e-12)
    assert clustered.stderr == pytest.approx(alone.stderr, rel=1e-9)
    ignored = gaussianity(np.repeat(draws, 5))[name]
    assert ignored.stderr == pytest.approx(alone.stderr / math.sqrt(5.0), rel=1e-9)


finite_rows = hnp.arrays(
    np.float64, st.integers(4, 30), elements=st.integers(-1000, 1000).map(lambda k: k / 8.0)
).filter(lambda row: np.ptp(row) > 0.0)


@settings(max_examples=60, deadline=None)
@given(finite_rows, st.sampled_from([0.25, 3.0, 1e6]), st.sampled_from([0.0, -7.0, 1e9]))
def test_shape_does_not_depend_on_location_scale_and_order(row, scale, shift):
    before = gaussianity(row)
    after = gaussianity((row * scale + shift)[::-1])
    tolerance = 1e-9 + 1e-15 * shift / scale * 1e3
    for name in OF_SAMPLES:
        assert after[name].value == pytest.approx(before[name].value, rel=1e-6, abs=tolerance)


@settings(max_examples=60, deadline=None)
@given(finite_rows)
def test_mirror_image(row):
    before, after = gaussianity(row), gaussianity(-row)
    assert after["skewness"].value == pytest.approx(-before["skewness"].value, abs=1e-9)
    for name in OF_SAMPLES[1:]:
        assert after[name].value == pytest.approx(before[name].value, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(finite_rows)
def test_kolmogorov_and_wasserstein_are_bounded(row):
    report = gaussianity(row)
    assert 0.5 / row.size <= report["kolmogorov"].value <= 1.0
    assert 0.0 < report["wasserstein-1"].value <= 2.0 * math.sqrt(2.0)


def test_huge_and_tiny_values():
    row = np.array([1.0, 2.0, 4.0, 5.0])
    plain = gaussianity(row)
    for scale in (1e300, 1e-300):
        for name in OF_SAMPLES:
            assert gaussianity(row * scale)[name].value == pytest.approx(
                plain[name].value, rel=1e-9
            )


def test_too_few_values():
    report = gaussianity([0.0, 1.0, 5.0])
    assert report.unavailable["excess-kurtosis"] == "needs at least 4 values; there are 3"
    assert "skewness" in report
    assert not gaussianity([0.0, 1.0]).estimates
    with pytest.raises(UnavailableError, match="at least 3"):
        Draws(np.array([0.0, 1.0]), standardized=True).estimate(MEASURES["kolmogorov"])


ONE_PASS = [
    "skewness",
    "excess-kurtosis",
    "negentropy-maxent",
    "negentropy-maxent-abs",
    "negentropy-cumulant",
]


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_moments_in_one_pass_are_those_of_the_sorted_sample(offset):
    row = np.random.default_rng(8).exponential(size=200_000) + offset
    draws = Draws(row, standardized=True)
    tolerance = 1e-6
    for name in ONE_PASS:
        value, influence = MEASURES[name].of_sample(draws.sample)
        estimate = draws.estimate(MEASURES[name])
        assert estimate.value == pytest.approx(value, rel=tolerance if offset else 1e-12)
        assert estimate.stderr == pytest.approx(draws.sample.stderr(influence), rel=1e-6)
