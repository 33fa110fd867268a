"""Measures of numbers at the ends of their ranges: right, or refused."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.measures import UnavailableError

RNG = np.random.default_rng(5)
NORMAL = RNG.standard_normal(2000)
ARRAYS = {
    "normal": NORMAL,
    "exponential": RNG.exponential(size=2000),
    "zeros": np.where(RNG.random(2000) < 0.3, 0.0, NORMAL),
}
FEW = ["skewness", "excess-kurtosis", "kolmogorov", "wasserstein-1", "total-variation"]
FEW += ["negentropy-maxent", "negentropy-maxent-abs"]


def assert_equal(report, other, *, rel=1e-9, abs_=1e-11):
    """The same measures are there, with the same values and errors."""
    assert report.keys() == other.keys()
    assert report.unavailable == other.unavailable
    for name in report:
        assert report[name].value == pytest.approx(other[name].value, rel=rel, abs=abs_), name
        assert report[name].stderr == pytest.approx(other[name].stderr, rel=1e-6, abs=1e-8), name


# Arrays.


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize(
    ("dtype", "power"),
    [("float64", -1000), ("float64", 1000), ("float64", 1020), ("float32", -100), ("float32", 120)],
)
def test_no_measure_depends_on_the_scale_of_an_array(name, dtype, power):
    base = ARRAYS[name].astype(dtype)
    scaled = np.ldexp(base, power).astype(dtype)
    assert_equal(clt.gaussianity(scaled), clt.gaussianity(base))
    assert_equal(clt.sparsity(scaled), clt.sparsity(base))


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([0.0, 5e-324] * 50, [0.0, 1.0] * 50),
        ([1.0, np.nextafter(1.0, 2.0)] * 50, [0.0, 1.0] * 50),
        ([-1.7e308] * 90 + [1.7e308] * 10, [-1.0] * 90 + [1.0] * 10),
    ],
    ids=["subnormal", "neighbours", "largest"],
)
def test_arrays_of_two_values(values, shape):
    assert_equal(clt.gaussianity(values), clt.gaussianity(shape))


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("offset", [1e9, -1e12, 1e15])
def test_offsets_of_arrays_take_no_digits(name, offset):
    """The difference of neighbouring doubles is exact: it is the twin."""
    moved = ARRAYS[name] + offset
    assert_equal(clt.gaussianity(moved), clt.gaussianity(moved - offset))
    single = (ARRAYS[name] + 1e6).astype(np.float32)
    assert_equal(clt.gaussianity(single), clt.gaussianity(single.astype(np.float64) - 1e6))


@pytest.mark.parametrize("offset", [0.0, 1e9, 1e15])
def test_the_gini_index_of_offset_values_by_fractions(offset):
    values = NORMAL[:100] + offset
    exact = sorted(Fraction(abs(float(x))) for x in values)
    lead = sum((2 * k - 99) * x for k, x in enumerate(exact))
    index = float(lead / (100 * sum(exact)))
    assert clt.sparsity(values, measures="gini")["gini"].value == pytest.approx(index, rel=1e-12)


def test_whole_numbers_that_doubles_do_not_hold_are_refused():
    for x in (
        np.arange(100) + 2**55,
        -np.arange(2**53, 2**53 + 9),
        np.array([1, 2**64 - 1], np.uint64),
    ):
        with pytest.raises(ValueError, match="whole numbers are not exact in double precision"):
            clt.gaussianity(x)
    # A control: up to there they are taken.
    steps = clt.gaussianity(np.arange(100), measures=FEW)
    assert_equal(clt.gaussianity(np.arange(100) + 2**52, measures=FEW), steps)


@pytest.mark.skipif(np.finfo(np.longdouble).maxexp <= 1024, reason="no longer range than doubles")
def test_numbers_beyond_doubles_are_refused():
    x = NORMAL.astype(np.longdouble) * np.longdouble("1e4000")
    for measure in (clt.gaussianity, clt.sparsity):
        with pytest.raises(ValueError, match=r"x must be finite; x.0. is -?inf"):
            measure(x)


@pytest.mark.parametrize("size", [2.0**-1000, 2.0**300, 2.0**1000])
def test_raw_values_that_have_no_powers(size):
    report = clt.gaussianity(NORMAL * size, standardize=False)
    assert "must be from 1e-200 to 1e+70 in size" in report.unavailable["kolmogorov"]
    assert all(np.isfinite([e.value, e.stderr]).all() for e in report.values())
    assert_equal(report.shape, clt.gaussianity(NORMAL))
    # A control.
    inside = clt.gaussianity(NORMAL * 1e60, standardize=False, measures=["kolmogorov", "energy"])
    assert inside["kolmogorov"].value == pytest.approx(0.5, abs=0.05)


def test_one_value_has_no_error():
    report = clt.sparsity([5.0])
    assert all(e.value == 0.0 and math.isnan(e.stderr) for e in report.values())
    assert clt.sparsity([5.0, 4.0])["gini"].stderr >= 0.0


# Summaries.


@pytest.fixture(scope="module")
def base():
    return summary()


def summary(sd=1.0, bias=0.0):
    model = clt.WeightedSum(4, "normal", "relu", f"normal(sd={sd!r})", bias=bias)
    return clt.simulate(model, 20_000, precision="double", threads=1)


@pytest.mark.parametrize("power", [-490, -300, 300, 490])
def test_no_measure_depends_on_the_scale_of_a_summary(power, base):
    scaled = summary(sd=2.0**power)
    assert_equal(clt.gaussianity(scaled), clt.gaussianity(base))
    for signed in ("magnitude", "rectified"):
        assert_equal(clt.sparsity(scaled, signed=signed), clt.sparsity(base, signed=signed))
    for measure in ("kolmogorov", "wasserstein-1", "skewness"):
        verdicts = [clt.is_gaussian(x, measure=measure) for x in (scaled, base)]
        assert verdicts[0].interval == verdicts[1].interval


@pytest.mark.parametrize("bias", [1e9, -1e10])
def test_the_bias_of_a_summary_takes_no_digits(bias, base):
    moved = summary(bias=bias)
    assert_equal(clt.gaussianity(moved), clt.gaussianity(base))
    assert clt.is_gaussian(moved).interval == clt.is_gaussian(base).interval
    gini = clt.sparsity(moved, measures="gini")["gini"]
    x = moved.samples
    by_samples = np.abs(x[:, None] - x).mean() / (2.0 * abs(bias))
    assert gini.value == pytest.approx(by_samples, rel=0.1)


def test_raw_values_of_scaled_summaries():
    report = clt.gaussianity(summary(sd=2.0**300), standardize=False)
    assert "must be from 1e-200 to 1e+70 in size" in report.unavailable["anderson-darling"]
    assert report["skewness"] == report.shape["skewness"]


# Laws.

LAWS = {
    "laplace": "laplace(mean={mean!r}, scale={scale!r})",
    "uniform": "uniform(low={mean!r}, high={high!r})",
    "exponential": "exponential(scale={scale!r})",
    "discrete": "discrete(values=({mean!r}, {high!r}))",
}


def law(name, mean=0.0, scale=1.0):
    return clt.laws.get(LAWS[name].format(mean=mean, scale=scale, high=mean + scale))


def assert_within_errors(report, other, most):
    assert report.keys() == other.keys()
    for name in report:
        bound = report[name].stderr + other[name].stderr
        assert abs(report[name].value - other[name].value) <= bound, name
        assert bound <= most * (1.0 + abs(other[name].value)), name


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("scale", [1e-140, 1e-100, 1e-45, 1e45, 1e70])
def test_no_measure_depends_on_the_scale_of_a_law(name, scale):
    scaled, unit = law(name, scale=scale), law(name)
    assert_within_errors(
        clt.gaussianity(scaled, measures=FEW), clt.gaussianity(unit, measures=FEW), 1e-9
    )
    assert_within_errors(clt.sparsity(scaled), clt.sparsity(unit), 1e-9)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("scale", [1e-300, 1e-160])
def test_laws_that_are_too_narrow_are_refused(name, scale):
    for measure in (clt.gaussianity, clt.sparsity, clt.is_gaussian):
        with pytest.raises(ValueError, match=r"the variance of .* must be at least 1e-290, not"):
            measure(law(name, scale=scale))


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("scale", [1e160, 1e300])
def test_laws_that_are_too_wide_are_refused(name, scale):
    for measure in (clt.gaussianity, clt.sparsity, clt.is_gaussian):
        with pytest.raises(ValueError, match=r"the variance of .* is too large"):
            measure(law(name, scale=scale))


@pytest.mark.parametrize("name", ["uniform", "discrete"])
def test_laws_far_from_0_are_measured_within_their_errors(name):
    far, near = law(name, mean=1e9), law(name)
    reports = (clt.gaussianity(x, measures=FEW[1:5]) for x in (far, near))
    assert_within_errors(*reports, 1e-4)


@pytest.mark.parametrize("name", ["laplace", "uniform", "discrete"])
def test_laws_too_far_from_0_are_refused(name):
    for measure in (clt.gaussianity, clt.sparsity, clt.is_gaussian):
        with pytest.raises(ValueError, match=r"must be at most 1e\+10 standard deviations"):
            measure(law(name, mean=1e15))


def test_exact_laws_far_from_0():
    """Their biases are kept apart: the laws themselves lose nothing, only their measures."""

    def exact(bias):
        return clt.exact(clt.WeightedSum(4, "uniform", weights=1.0, bias=bias))

    x = np.array([0.25, 1.0, 1.5, 3.25])
    for bias in (1e9, 1e15):
        np.testing.assert_array_equal(exact(bias).cdf(x + bias), exact(0.0).cdf(x))
        np.testing.assert_array_equal(exact(bias).sf(x + bias), exact(0.0).sf(x))
        np.testing.assert_array_equal(exact(bias).pdf(x + bias), exact(0.0).pdf(x))
    reports = (clt.gaussianity(exact(bias), measures="kolmogorov") for bias in (1e9, 0.0))
    assert_within_errors(*reports, 1e-4)
    with pytest.raises(UnavailableError, match="standard deviations"):
        clt.gaussianity(exact(1e15))


def test_the_end_of_a_law_far_from_0():
    """The shortest half of a triangular law ends where its density falls to its start's."""
    near, far = (
        clt.sparsity(
            clt.laws.get("triangular", low=x + 1.0, mode=x + 2.0, high=x + 4.0), measures="u-theta"
        )["u-theta"]
        for x in (0.0, 1e9)
    )
    assert near.value == pytest.approx(math.sqrt(0.5), abs=near.stderr)
    assert far.value == pytest.approx(near.value, abs=far.stderr)
    assert near.stderr < 1e-13 < far.stderr < 1e-4


def test_a_constant_is_still_called_so():
    with pytest.raises(ValueError, match="x must not be constant; all the mass of constant"):
        clt.gaussianity(clt.laws.get("constant", value=3.0))
    assert clt.sparsity(clt.laws.get("constant", value=3.0))["hoyer"].value == 0.0


@pytest.mark.parametrize("power", [-1000, 1000])
@pytest.mark.parametrize("mode", [0.0, 1.0, 4.0])
def test_triangular_laws_whose_squares_leave_the_range_of_doubles(power, mode):
    def scaled(unit):
        return clt.laws.get("triangular", low=0.0, mode=mode * unit, high=4.0 * unit)

    x, p, unit = np.linspace(-1.0, 5.0, 25), np.linspace(0.0, 1.0, 21), 2.0**power
    np.testing.assert_array_equal(scaled(unit).cdf(x * unit), scaled(1.0).cdf(x))
    np.testing.assert_array_equal(scaled(unit).pdf(x * unit) * unit, scaled(1.0).pdf(x))
    np.testing.assert_allclose(scaled(unit).quantile(p), unit * scaled(1.0).quantile(p), rtol=1e-14)


@pytest.mark.parametrize("offset", [1e9, 1e15])
def test_the_effective_size_of_offset_draws(offset):
    moved, clusters = NORMAL + offset, np.arange(NORMAL.size) // 4
    for grouped in (None, clusters):
        size = clt.effective_size(moved, clusters=grouped).value
        twin = clt.effective_size(moved - offset, clusters=grouped).value
        assert size == pytest.approx(twin, rel=1e-9)


def test_measures_of_offset_vectors():
    moved = NORMAL.reshape(-1, 4)[:200] + 1e9
    assert_equal(
        clt.multivariate_gaussianity(moved), clt.multivariate_gaussianity(moved - 1e9), rel=1e-8
    )
    with pytest.raises(ValueError, match="x must have a covariance matrix of full rank"):
        clt.multivariate_gaussianity(moved + 1e15)
