"""Hostile arguments of public functions: they are refused by name, or answered and right.

Here a fixed part of all pairs of an argument and a hostile value is tried. Warnings are errors.
"""

from __future__ import annotations

import contextlib
import decimal
import math

import mpmath
import numpy as np
import pytest
from hostile.hostile_calls import FAMILIES, calls, history, power, record, summary
from hostile.hostile_values import ENDLESS, VALUES
from hostile.hostile_verdicts import check, complaint, is_too_much
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure

import clt_sim as clt
from clt_sim import claims, figures, models, networks, plotting, theory
from clt_sim._array_validation import real_numbers
from clt_sim._validation import TooLargeError, shown
from clt_sim.sparsity import hurley_rickard

# Of each argument every one of so many values is tried, others in the next argument.
EVERY = {"engine": 9, "networks": 9, "exact": 11, "measures": 61, "plotting": 67}


def sample(family):
    """Return pairs of calls and changed arguments, the same in every run."""
    labels = sorted(VALUES)
    place = 0
    for title, (function, arguments) in calls(family).items():
        for name in arguments:
            for label in labels[place % EVERY.get(family, 37) :: EVERY.get(family, 37)]:
                yield title, function, arguments, name, label
            place += 7


@pytest.mark.parametrize("family", FAMILIES)
def test_refused_or_right(family, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some names are taken for those of files to write
    tried, failures = 0, []
    for title, function, arguments, name, label in sample(family):
        value = VALUES[label]()
        if is_too_much(name, value):
            continue
        fault = complaint(function, arguments | {name: value})
        if fault:
            failures.append(f"{title}({name}={label}): {fault}")
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


def test_moments_beyond_doubles_are_no_nan():
    """``inf - inf`` and ``0 * inf`` were returned for moments that are finite, or 0."""
    for law in (clt.laws.Normal(), clt.exact(clt.WeightedSum(3, "normal", weights=1.0))):
        assert law.moment(301) == 0.0
        with pytest.raises(TooLargeError, match="moment of order 400"):
            law.moment(400)


@pytest.mark.parametrize("k", [15, 20, 100, 170])
def test_moments_that_the_quadrature_of_scipy_misses(k):
    """Of the Gumbel law, from its cumulants; SciPy's were off by a factor of 8 for k = 20."""
    with mpmath.workdps(50):
        cumulants = [mpmath.euler, *(mpmath.fac(j - 1) * mpmath.zeta(j) for j in range(2, k + 1))]
        moments = [mpmath.mpf(1)]
        for n in range(1, k + 1):
            terms = (
                mpmath.binomial(n - 1, j) * cumulants[j] * moments[n - 1 - j] for j in range(n)
            )
            moments.append(mpmath.fsum(terms))
        expected = float(moments[k])
    assert clt.laws.Scipy("gumbel_r").moment(k) == pytest.approx(expected, rel=1e-12)


def test_high_moments_of_sums_are_right_or_not_known():
    """Of three logistic terms, from cumulants; beyond the tails that are known they were wrong."""
    law = clt.exact(clt.WeightedSum(3, "logistic", weights=1.0))
    with mpmath.workdps(50):
        moments = [mpmath.mpf(1)]
        for n in range(1, 57):
            terms = (
                mpmath.binomial(n - 1, j - 1) * 6 * mpmath.fac(j - 1) * mpmath.zeta(j) * moments[-j]
                for j in range(2, n + 1, 2)
            )
            moments.append(mpmath.fsum(terms))
    for k in (8, 20, 40, 56):
        assert law.moment(k) == pytest.approx(float(moments[k]), rel=1e-10)
    for k in (100, 161):
        assert math.isnan(law.moment(k))


def test_characteristic_functions_far_out_are_0():
    for alpha, beta in ((1.5, 0.0), (1.5, 0.5), (1.0, 0.5), (0.5, -1.0)):
        law = clt.laws.Stable(alpha, beta, scale=1e300)
        assert law.characteristic_function([1e300, -1e300]).tolist() == [0.0, 0.0]


def test_truncated_laws_far_from_their_centre():
    law = clt.laws.TruncatedNormal(location=-3588.0, scale=0.001, high=10898.0, low=0.0)
    assert law.mean == pytest.approx(1e-6 / 3588.0, rel=1e-6)  # Mills's ratio


def test_averages_over_pairs_of_any_scale():
    """The panels took gigabytes; that of the sign is ``2/pi asin r``."""
    for variances in ((1e224, 2e266), (1e20, 2e26), (1.0, 1e300)):
        found = theory.dual_activation("tanh", [0.3, 8.85e-321], variances)
        assert found[1] == pytest.approx(0.0, abs=1e-15)
        if min(variances) > 1.0:
            assert found[0] == pytest.approx(2.0 / math.pi * math.asin(0.3), rel=1e-9)


def test_averages_and_covariances_beyond_doubles():
    with pytest.raises(TooLargeError, match="the average of exp is too large"):
        theory.dual_activation("exp", 1.0, (1e3, 1e3))
    with pytest.raises(TooLargeError, match="too large"):
        theory.nngp_kernel([[1.0]], 132, "exp")


def test_layers_whose_variance_vanishes():
    network = clt.RandomNetwork([3] * 6, "square", weight_variance=1e-6, inputs=[1.0])
    with pytest.raises(ValueError, match="is always 0"):
        theory.kernel_moments(network)


def test_scales_of_weights_whose_squares_overflow():
    small = np.random.default_rng(5).standard_normal((4, 3))
    ((drawn, *_),) = networks.random_weights([(small, None, None)])
    ((huge, *_),) = networks.random_weights([(small * 2.0**700, None, None)])
    np.testing.assert_array_equal(huge, drawn * 2.0**700)


def test_densities_of_mixtures_at_infinity():
    mixture = clt.simulate_conditional(clt.RandomNetwork([1], "relu"), draws=1000)
    assert mixture.pdf([-math.inf, math.inf]).tolist() == [0.0, 0.0]
    assert np.isnan(mixture.pdf(math.nan))


def test_edges_of_histograms_are_finite():
    with pytest.raises(ValueError, match="edges must be finite"):
        plotting.draw_histogram([0.0, math.inf], [1.0])
    for edges, densities in ((210.0, np.zeros((0, 3))), ([0.0, 1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match="densities must be a row of one fewer than edges"):
            plotting.draw_histogram(edges, densities)


@pytest.mark.parametrize("path", [0, True, np.zeros(3)], ids=["number", "flag", "array"])
def test_files_have_names(path):
    """A number was taken for that of an open file, such as the standard input."""
    for load in (networks.load_digits, networks.load_idx, networks.load_data):
        with pytest.raises(TypeError, match=r"(path|data) must be|os.PathLike"):
            load(path)


def test_names_of_signals_and_data_are_texts():
    with pytest.raises(TypeError, match="layer must be text, not 1"):
        networks.Signal("u", 1, np.ones((2, 2)))
    with pytest.raises(TypeError, match="signal must be text, not None"):
        history().shape("hidden 1", None)
    with pytest.raises(TypeError, match="scaling must be text, not None"):
        networks.Dataset([[1.0]], [0], [[1.0]], [0], name="one", scaling=None)


def test_laws_of_tiny_weights():
    law = clt.PushforwardLaw(clt.laws.Normal(), clt.nonlinearities.ReLU(), 5e-324, 0.0)
    assert law.pdf([-1.0, 1.0]).tolist() == [0.0, 0.0]


def test_which_tail_is_a_flag():
    for model in (clt.WeightedSum(3, "normal", "relu"), clt.WeightedSum(3, "normal", weights=1.0)):
        with pytest.raises(TypeError, match="upper must be True or False"):
            clt.exact(model).density_and_tail(0.5, upper=1.0)


def test_laws_whose_quantiles_are_beyond_the_precision():
    beta = clt.WeightedSum(1, clt.laws.Beta(a=9e-4), weights=1.0)
    with pytest.raises(ValueError, match=r"beta.* cannot be drawn in single precision"):
        clt.sample(beta, 10)
    assert clt.sample(beta, 10, precision="double").shape == (10,)
    with pytest.raises(ValueError, match=r"cannot be drawn|do not fit"):
        clt.sample(clt.WeightedSum(1, clt.laws.Pareto(shape=1e-4), weights=1.0), 10)


def test_logarithms_of_magnitudes_of_any_size():
    c = np.array([3e221, 2.0, 0.0])
    expected = 2.0 * math.log(3e221) + math.log(5.0)
    assert hurley_rickard["-log"](c) == pytest.approx(-expected, rel=1e-15)


def test_truncated_laws_whose_ends_are_far():
    """Quantiles were computed from the far end, and lost all digits."""
    near = clt.laws.TruncatedNormal(low=0.0, high=None)
    p = np.array([0.1, 0.5, 0.7, 0.99])
    for scale in (1.0, 3e-65):
        law = clt.laws.TruncatedNormal(scale=scale, low=0.0, high=1e17)
        np.testing.assert_allclose(law.quantile(p), scale * near.quantile(p), rtol=1e-12)
        mirrored = clt.laws.TruncatedNormal(scale=scale, low=-1e17, high=0.0)
        np.testing.assert_allclose(mirrored.quantile(1.0 - p), -scale * near.quantile(p), rtol=1e-9)
    with pytest.raises(ValueError, match="low and high must be apart in units of scale"):
        clt.laws.TruncatedNormal(location=-1e292, low=-2.0, high=2.0)
    with pytest.raises(ValueError, match="one of them not 1e\\+150 units from it"):
        clt.laws.TruncatedNormal(scale=1e-149, low=-3e294, high=-5e90)
    with pytest.raises(ValueError, match="t must be so small"):
        clt.laws.TruncatedNormal(low=-2.0, high=2.0).characteristic_function(1.7e308)


def test_characteristic_functions_of_very_heavy_tails():
    """The transform of the one took petabytes; that of the other was not a number."""
    with pytest.raises(ValueError, match="no characteristic function for sd_log above"):
        clt.laws.Lognormal(sd_log=1e14).characteristic_function(1.0)
    law = clt.laws.SymmetricWeibull(shape=7e-4, scale=187.0)
    # Half of all values are below exp(-500), and about as many beyond exp(500).
    assert 0.3 < law.characteristic_function(1.0).real < 0.7
    assert clt.laws.SymmetricWeibull().characteristic_function(1.79e308) == 0.0


@pytest.mark.parametrize("shape", [1e6, 1e10])
def test_characteristic_functions_of_very_light_tails(shape):
    """Those of Pareto laws lost digits: with ``X = 1 + E/shape``, E is exponential in the limit."""
    t = np.array([0.5, -2.0, 100.0])
    found = clt.laws.Pareto(shape=shape).characteristic_function(t)
    assert np.abs(found - np.exp(1j * t) / (1.0 - 1j * t / shape)).max() < 2e-13 + 500.0 / shape**2


def test_probabilities_below_the_end_are_1():
    for mode in (0.8601562500000001, 0.1, 1.0 / 3.0):
        law = clt.laws.Triangular(low=-2881.25, mode=mode)
        assert law.cdf([-math.inf, 1.0, math.inf]).tolist() == [0.0, 1.0, 1.0]
        assert np.isnan(law.cdf(math.nan))


@pytest.mark.parametrize("name", ["equicorrelated", "autoregressive", "random-scale"])
def test_dependences_take_laws_and_rows(name):
    dependence = models.dependence.get(name)
    for ask in (dependence.first_moment, dependence.second_moment, dependence.keeps_law):
        with pytest.raises(TypeError, match="inputs must be a Law, not 'normal'"):
            ask("normal")
    with pytest.raises(ValueError, match=r"weights must be a row of numbers, not of shape \(\)"):
        dependence.variance(1.0, clt.laws.Normal())
    assert dependence.variance([1e200, 1e200], clt.laws.Uniform()) == math.inf
    model = clt.WeightedSum(2, "uniform", weights=[1e200, 1e200], dependence=dependence)
    with pytest.raises(TooLargeError, match=r"the variance of .* is too large"):
        _ = model.variance
    row = dependence.variance(np.array([1.0, 2.0]), clt.laws.Uniform())
    assert dependence.variance([1, 2], clt.laws.Uniform()) == row > 0.0


def test_prefixes_are_of_terms_that_there_are():
    """The slice of a negative or a too large number was returned."""
    for fixed in (models.FixedWeights([1.0, 2.0]), models.DataRows([[1.0, 2.0], [3.0, 5.0]])):
        assert fixed.prefix(1).terms == 1
        for n in (-1, 0, 3):
            with pytest.raises(ValueError, match="n must be from 1 to 2"):
                fixed.prefix(n)


def test_layers_are_normalized_by_rows_of_their_units():
    """A row of one number was taken for two units."""
    normalization = networks.LayerNormalization([1.0, 1.0], [0.0, 1.0])
    with pytest.raises(ValueError, match=r"rows of 2 units, not of shape \(3, 1\)"):
        normalization(np.ones((3, 1)))
    rows = normalization([[3.0, 5.0]])
    np.testing.assert_array_equal(rows, normalization(np.array([[3.0, 5.0]])))
    assert normalization(np.ones((1, 2), np.float32)).dtype == np.float64


def test_signals_of_recorded_layers_have_names():
    layer = record()["hidden 1"]
    with pytest.raises(ValueError, match=r"unknown signal 'pre-activation'\. Did you mean"):
        layer.moments("pre-activation")
    with pytest.raises(TypeError, match="unsupported operand"):
        layer + 1.0


def test_tails_of_multiples():
    tails = theory.TailConstants(1.5, 1.0, 2.0)
    assert tails.times(-4.0) == theory.TailConstants(1.5, 16.0, 8.0)
    with pytest.raises(ValueError, match="factor must be finite"):
        tails.times(math.nan)
    with pytest.raises(TooLargeError, match=r"a constant of the tails of 1e\+300\*X is too large"):
        tails.times(1e300)


@pytest.mark.parametrize("result", ["summary", "study", "record", "history"])
def test_folders_are_not_written_as_files(result, tmp_path, monkeypatch):
    """The empty path is that of the current folder; the system said that it was busy."""
    monkeypatch.chdir(tmp_path)
    kept = {"summary": summary, "study": power, "record": record, "history": history}[result]()
    for path in ("", ".", tmp_path):
        with pytest.raises(IsADirectoryError):
            kept.save(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("tests", "itself", "nested too deeply"),
        ("repetitions", decimal.Decimal("sNaN"), "repetitions must be a whole number"),
        ("n", np.array([20]), "n must be a row of numbers"),
    ],
)
def test_descriptions_of_studies(part, value, message):
    if value == "itself":
        value = []
        value.append(value)
    with pytest.raises((ValueError, TypeError), match=message):
        clt.PowerStudy.from_dict(power().to_dict() | {part: value})


def test_what_a_study_does_not_have():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    study = power()
    with pytest.raises(ValueError, match="unknown alternative of the study 'an object of type"):
        study.power("jarque-bera", nested, 20)
    with pytest.raises(TypeError, match="n must be a whole number"):
        study.power("jarque-bera", "uniform", nested)
    with pytest.raises(ValueError, match="n must be one of 20, not 21"):
        study.power("jarque-bera", "uniform", 21)
    with pytest.raises(KeyError, match="an object of type list"):
        study[nested]


def test_findings_are_findings():
    claim = claims.get(claims.names()[0])
    with pytest.raises(TypeError, match=r"findings\[1\] must be a Finding, not 'holds'"):
        claim.status(
            [claims.finding("q", clt.Estimate(0.5, 0.1), side="above", threshold=0.1), "holds"]
        )


@pytest.mark.parametrize(
    "ask",
    [
        clt.nonlinearities.UserFunction,
        lambda nested: clt.train(hidden=(3,), steps=1, batch_size=4, normalization=nested),
        lambda nested: figures.get("layers", record=nested),
        lambda nested: figures.get("layers", record="a.npz", names=[nested]),
        lambda nested: figures.get("sum-of-n", normal=nested),
        lambda nested: figures.get("tails", terms=[nested]),
        lambda nested: plotting.note(["a"], align=nested, ax=Figure().subplots()),
    ],
    ids=["UserFunction", "train", "layers", "names", "sum-of-n", "tails", "note"],
)
def test_lists_too_deep_to_be_shown(ask):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises((TypeError, ValueError), match="object of type list"):
        ask(nested)


def test_signals_without_rows_have_units():
    """The unit of none but a row was looked for in the shape."""
    with pytest.raises(TypeError, match="statistics must be UnitMoments"):
        networks.Signal("u", "hidden", np.zeros((0, 3)), statistics=np.zeros((0, 3)))
    statistics = record()["hidden 1"].moments("u")
    assert networks.Signal("u", "hidden", np.zeros((0, 64)), statistics=statistics).units == 64
    with pytest.raises(ValueError, match="u of hidden must"):
        networks.Signal("u", "hidden", [], statistics=statistics)


def test_rows_that_were_left_out_are_counted():
    for left_out in (-1, 0.5, decimal.Decimal("sNaN")):
        with pytest.raises((TypeError, ValueError), match="left_out must be"):
            networks.Signal("u", "hidden", np.ones((2, 2)), left_out=left_out)
