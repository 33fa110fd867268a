"""Hostile arguments of public functions: they are refused by name, or answered and right.

Here a fixed part of all pairs of an argument and a hostile value is tried. Warnings are errors.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math

import numpy as np
import pytest
from hostile.hostile_calls import FAMILIES, calls
from hostile.hostile_values import ENDLESS, VALUES
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import clt_sim as clt
from clt_sim import networks, plotting, theory
from clt_sim._array_validation import real_numbers
from clt_sim._validation import TooLargeError, shown

# Of each argument every one of so many values is tried, others in the next argument.
EVERY = {"engine": 9, "networks": 9, "exact": 11, "measures": 61, "plotting": 67}
MODERATE = 10**5
"""What takes long or much memory because it was asked for is left out."""
SIZES = {"draws", "size", "budget", "steps", "repetitions", "trials", "points", "n"}
REASONS = (
    ValueError,
    TypeError,
    OverflowError,
    KeyError,
    FloatingPointError,
    ImportError,
    FileNotFoundError,
)
"""The last four are those of mappings, trainings that diverge, optional packages and files."""


def sample(family):
    """Return pairs of calls and changed arguments, the same in every run."""
    labels = sorted(VALUES)
    place = 0
    for title, (function, arguments) in calls(family).items():
        for name in arguments:
            for label in labels[place % EVERY.get(family, 37) :: EVERY.get(family, 37)]:
                yield title, function, arguments, name, label
            place += 7


def is_too_much(name, value):
    """Say whether a value is right, and would take long or much memory because of its size."""
    if isinstance(value, np.ndarray) and value.size > 10**6:
        return True
    if name not in SIZES or not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return MODERATE < value <= (math.inf if name == "steps" else 2**53)


def contents(value):
    """Return what an array holds, to see whether it was changed; None of anything else."""
    return value.tobytes() if isinstance(value, np.ndarray) and value.size < 10**6 else None


def check(answer):
    """Check what must hold of any answer."""
    if isinstance(answer, clt.Estimate):
        assert not math.isnan(answer.value)
        assert not answer.stderr < 0.0  # it is nan for the mean of one value
    elif isinstance(answer, clt.Report):
        for estimate in answer.values():
            check(estimate)
        assert all(answer.unavailable.values())
        json.dumps(answer.to_dict(), allow_nan=False)
    elif isinstance(answer, clt.Verdict):
        assert answer.interval[0] <= answer.value <= answer.interval[1]
    elif isinstance(answer, clt.TestResult):
        assert 0.0 <= answer.pvalue <= 1.0
        assert not math.isnan(answer.statistic)
    elif isinstance(answer, clt.laws.Law):
        check_law(answer)
    elif dataclasses.is_dataclass(answer):
        str(answer)


def check_law(law):
    """Check the functions of a law at points of it and far out."""
    p = np.array([0.0, 0.01, 0.3, 0.5, 0.99, 1.0])
    x = law.quantile(p)
    assert not np.isnan(x).any()
    assert (x[1:] >= x[:-1]).all()
    far = np.concatenate([x[1:-1], [-1e300, 1e300, -math.inf, math.inf, 0.0]])
    heights = law.cdf(far)
    assert ((heights >= 0.0) & (heights <= 1.0)).all()
    assert heights[6:8].tolist() == [0.0, 1.0]
    assert (law.pdf(far) >= 0.0).all()
    assert (np.abs(law.characteristic_function([0.0, 0.5, -2.0])) <= 1.0 + 1e-9).all()
    assert np.isnan(law.cdf(math.nan))
    assert np.isnan(law.pdf(math.nan))


@pytest.mark.parametrize("family", FAMILIES)
def test_refused_or_right(family, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some names are taken for those of files to write
    tried, failures = 0, []
    for title, function, arguments, name, label in sample(family):
        value = VALUES[label]()
        if is_too_much(name, value):
            continue
        before = contents(value)
        note = f"{title}({name}={label})"
        try:
            answer = function(**arguments | {name: value})
            check(answer)
        except REASONS as error:
            if not str(error):
                failures.append(f"{note}: {type(error)} without a reason")
        except Exception as error:
            failures.append(f"{note}: {error!r:.300}")
        if contents(value) != before:
            failures.append(f"{note}: the argument was changed")
        tried += 1
    assert not failures, "\n".join(failures)
    assert tried > 50


EXTREMES = st.floats(allow_subnormal=True) | st.sampled_from([0.0, -0.0, 1.0, 1e300, -1e300])


@settings(derandomize=True, deadline=None, max_examples=25)
@given(arrays(np.float64, st.integers(0, 12), elements=EXTREMES))
def test_any_row_of_doubles_is_measured_or_refused(x):
    for function in (clt.gaussianity, clt.sparsity, clt.effective_size):
        before = x.copy()
        with contextlib.suppress(ValueError):
            check(function(x))
        np.testing.assert_array_equal(x, before)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(arrays(np.float64, st.integers(0, 8), elements=EXTREMES))
def test_laws_of_any_points(x):
    for name in ("normal", "arcsine", "lognormal", "student-t", "wikipedia", "rademacher"):
        law = clt.laws.get(name)
        heights, density = law.cdf(x), law.pdf(x)
        assert (np.isnan(heights) == np.isnan(x)).all()
        assert (np.isnan(density) == np.isnan(x)).all()
        assert not (heights < 0.0).any()
        assert not (heights > 1.0).any()
        assert not (density < 0.0).any()


@pytest.mark.parametrize("function", ["gaussianity", "sparsity"])
def test_the_answer_does_not_depend_on_how_numbers_are_stored(function):
    x = np.round(np.random.default_rng(3).standard_normal(30) * 64) / 64  # exact in half precision
    expected = getattr(clt, function)(x)
    stored = [
        x.astype(">f8"),
        x.astype(np.longdouble),
        x.astype(np.float16),
        np.repeat(x, 2)[::2],
        x.tolist(),
        x[::-1].copy()[::-1],
    ]
    for other in stored:
        assert getattr(clt, function)(other).to_dict() == expected.to_dict()


def test_the_answer_does_not_depend_on_the_order_of_memory():
    table = np.random.default_rng(4).standard_normal((40, 3))
    for function in (clt.gaussianity, clt.sparsity):
        rows, columns = (function(order(table), axis=0) for order in (np.array, np.asfortranarray))
        assert rows.to_dict() == columns.to_dict()


def test_points_of_many_kinds_are_doubles():
    assert real_numbers("x", [1, True, 0.5]).tolist() == [1.0, 1.0, 0.5]
    assert real_numbers("x", [10**30, 1]).tolist() == [1e30, 1.0]
    x = np.ones(3)
    assert real_numbers("x", x) is x


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("1.5", TypeError, "must be real numbers, not of dtype <U3"),
        (1j, TypeError, "must be real numbers, not of dtype complex128"),
        ([None], TypeError, "must be real numbers, not None"),
        ([[1.0], [1.0, 2.0]], ValueError, "must be a rectangular array"),
        (10**400, ValueError, "must be at most 1.797"),
        (np.longdouble("1e4000"), ValueError, "must be at most 1.797"),
        (np.ma.array([1.0], mask=[True]), TypeError, "must not be a masked array"),
        (np.datetime64("2020-01-01"), TypeError, "must be real numbers, not of dtype datetime64"),
    ],
)
def test_points_that_are_none_are_refused_by_name(value, error, message):
    for law in (clt.laws.Normal(), clt.exact(clt.WeightedSum(2, "normal", weights=1.0))):
        with pytest.raises(error, match=f"^x {message}"):
            law.cdf(value)


@pytest.mark.parametrize("t", [math.nan, math.inf, [0.0, -math.inf]])
def test_frequencies_are_finite(t):
    with pytest.raises(ValueError, match="t must be finite"):
        clt.laws.get("laplace").characteristic_function(t)


def test_frequencies_whose_angle_is_not_known():
    with pytest.raises(ValueError, match="t must be so small"):
        clt.laws.get("normal", mean=1e300).characteristic_function(1e300)
    with pytest.raises(ValueError, match=r"t must be at most .* turns too often"):
        clt.laws.get("beta").characteristic_function(1e9)


@pytest.mark.parametrize("name", ["bernoulli", "rademacher", "constant", "lognormal", "uniform"])
def test_nan_is_not_a_point(name):
    law = clt.laws.get(name)
    assert np.isnan(law.cdf([math.nan])).all()
    assert np.isnan(law.pdf([math.nan])).all()


def test_the_density_of_arcsine_at_its_ends():
    law = clt.laws.get("arcsine")
    assert law.pdf([-0.0, 0.0, 1.0]).tolist() == [math.inf] * 3
    assert law.pdf([-1e300, 1e300]).tolist() == [0.0, 0.0]


def test_moments_of_high_order_end():
    """The mean of products of knots took minutes, and orders had no bound."""
    law = clt.laws.get("triangular", low=-1.5, mode=-1, high=0.03)
    # Twice the mean of x**k over the triangle, by its two sides.
    assert law.moment(3) == pytest.approx(
        sum((-1.5) ** i * (-1.0) ** j * 0.03 ** (3 - i - j) for i in range(4) for j in range(4 - i))
        / 10
    )
    assert abs(law.moment(999)) > 1e150
    with pytest.raises(ValueError, match="k must be from 0 to 1000"):
        law.moment(10**6)
    with pytest.raises(ValueError, match="k must be from 0 to 1000"):
        clt.nonlinearities.get("relu").gaussian_moment(10**6)


def test_what_is_beyond_doubles_is_both_a_value_error_and_an_overflow():
    for ask in (lambda: clt.laws.get("normal", sd=1e200).variance, lambda: _relu_moment(1e300)):
        with pytest.raises(TooLargeError, match=r"is too large\.$") as caught:
            ask()
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, OverflowError)


def _relu_moment(variance):
    return clt.nonlinearities.get("relu").gaussian_moment(4, variance)


def test_moments_whose_powers_overflow_while_they_do_not():
    """``39**194`` is beyond doubles, ``E Z**194`` is not."""
    logarithm = 194 / 2 * math.log(2) + math.lgamma(195 / 2) - 0.5 * math.log(math.pi)
    moment = clt.nonlinearities.get("gelu").gaussian_moment(194)
    assert math.log(2.0 * moment) == pytest.approx(logarithm, rel=1e-6)


@pytest.mark.parametrize("name", clt.nonlinearities.names())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nonlinearities_at_the_ends_of_the_line(name, dtype):
    phi = clt.nonlinearities.get(name)
    largest = float(np.finfo(dtype).max)
    x = np.array([-math.inf, -largest, 0.0, largest, math.inf], dtype)
    values, slopes = phi(x), phi.derivative(x)
    ends = slice(1, 4) if name in ("sin", "cos") else slice(None)
    assert not np.isnan(values[ends]).any()
    assert not np.isnan(slopes[ends]).any()
    if phi.growth[0] == 0.0 and name not in ("sin", "cos"):
        assert values[0] == values[1]


@pytest.mark.parametrize("endless", ENDLESS)
def test_rows_without_an_end_are_refused(endless):
    with pytest.raises(ValueError, match=r"must (have|be distinct)"):
        clt.laws.Discrete(ENDLESS[endless]())
    with pytest.raises((ValueError, TypeError)):
        clt.laws.Mixture(ENDLESS[endless]())


def test_seeds_of_samples_are_whole_numbers():
    itself = []
    itself.append(itself)
    for seed in (1.5, "1", itself, [0.5], -1):
        with pytest.raises((TypeError, ValueError), match="rng must be"):
            clt.laws.get("normal").sample(2, rng=seed)
    assert clt.laws.get("normal").sample(2, rng=[1, 2]).shape == (2,)
    with pytest.raises(ValueError, match="size must be"):
        clt.laws.get("normal").sample((2**30, 2**30))


@pytest.mark.parametrize("knot", ["1e999999999", "1e-999999999", "0e9999999999", "1e400"])
def test_rational_numbers_of_absurd_size(knot):
    with pytest.raises(ValueError, match="knots"):
        clt.laws.PiecewisePolynomial(knots=(0, 1, knot))


@pytest.mark.parametrize("name", ["pareto", "gamma"])
def test_shapes_that_doubles_do_not_resolve(name):
    with pytest.raises(ValueError, match="shape must be from 1e-10 to 1e10"):
        clt.laws.get(name, shape=1e16)


def test_infinite_moments_of_scipy_are_infinite():
    law = clt.laws.Scipy("cauchy")
    assert law.tail_index == 1.0
    assert not math.isfinite(law.moment(2))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: theory.network_kurtosis(1.0),
        lambda: theory.depth_limit(clt.WeightedSum(2)),
        lambda: theory.stable_limit("sum"),
        lambda: theory.Edgeworth(0.5),
        lambda: clt.InvertedLaw(None),
        lambda: clt.WeightedSum.from_dict([1]),
        lambda: clt.gaussianity([0.0, 1.0], standardize=np.zeros(3)),
        lambda: clt.simulate(clt.WeightedSum(2), 10, characteristic_function=0.0),
        lambda: networks.Collector().add("a", 1.0),
        lambda: plotting.draw_bound(0.5),
        lambda: plotting.draw_rate(0.5, [1, 2]),
    ],
    ids=[
        "network_kurtosis",
        "depth_limit",
        "stable_limit",
        "Edgeworth",
        "InvertedLaw",
        "from_dict",
        "standardize",
        "characteristic_function",
        "Collector",
        "draw_bound",
        "draw_rate",
    ],
)
def test_other_kinds_are_refused_by_name(ask):
    with pytest.raises(TypeError, match=r"must be .*, not "):
        ask()


def test_unknown_names_of_any_kind():
    for name in (np.zeros(3), [], {}, None, 1.0, "kolmogorow", "x" * 10**6):
        with pytest.raises((ValueError, TypeError)) as caught:
            clt.is_gaussian([0.0, 1.0], measure=name)
        assert len(str(caught.value)) < 2000


def test_long_values_are_cut_in_messages():
    assert len(shown("x" * 10**6)) < 300
    assert shown(10**5000) == "an object of type int"


def test_infinite_quantiles_of_an_expansion():
    cumulants = theory.Cumulants(0.0, 1.0, (1.0, 2.0))
    ends = theory.cornish_fisher([0.0, 1.0], cumulants)
    assert ends.tolist() == [-math.inf, math.inf]
    series = theory.Edgeworth(cumulants)
    assert series.pdf([-math.inf, 1e300]).tolist() == [0.0, 0.0]
    assert series.cdf([-math.inf, math.inf]).tolist() == [0.0, 1.0]


def test_scales_whose_powers_overflow():
    law = theory.stable_next_layer("tanh", 1.5, 1.0, weight_scale=1e300)
    unit = theory.stable_next_layer("tanh", 1.5, 1.0)
    assert law.scale == pytest.approx(1e300 * unit.scale)
