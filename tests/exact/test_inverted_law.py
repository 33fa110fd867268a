from __future__ import annotations

import functools
import importlib
import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import ndtr

import clt_sim as clt
from clt_sim.exact import InvertedLaw, NoExactLaw
from clt_sim.exact.tilted_line import TiltedLine

METHOD = "characteristic-function"
MEASURES = ["kolmogorov", "wasserstein-1", "skewness", "excess-kurtosis"]


@functools.cache
def inverted(n, inputs="normal", phi="identity", weights="normal", **rest):
    model = clt.WeightedSum(n=n, inputs=inputs, nonlinearity=phi, weights=weights, **rest)
    return clt.exact(model, method=METHOD)


def largest_deviation(values, exact):
    return float(np.max(np.abs(np.asarray(values) / np.asarray(exact) - 1.0)))


def laplace_sum_tail(n, x):
    """P(S > x) of n standard Laplace numbers: a difference of two gamma numbers, x at least 0.

    Its density is ``exp(-x)/(n-1)! sum_k (n-1+k)!/(k! (n-1-k)!) x^(n-1-k) / 2^(n+k)``.
    """
    total = 0.0
    for k in range(n):
        weight = math.factorial(n - 1 + k) / math.factorial(k) / 2.0 ** (n + k)
        total += weight / math.factorial(n - 1) * stats.gamma(n - k).sf(x)
    return total


def bessel_density(n, x):
    """Of the sum of n products of two normal numbers."""
    order, x = mpmath.mpf(n - 1) / 2, abs(mpmath.mpf(x))
    scale = mpmath.sqrt(mpmath.pi) * mpmath.gamma(mpmath.mpf(n) / 2)
    return (x / 2) ** order * mpmath.besselk(order, x) / scale


@pytest.mark.parametrize(
    "model",
    [
        clt.WeightedSum(n=3, inputs="exponential(scale=2)", weights=1.0),
        clt.WeightedSum(n=5, inputs="gamma(shape=2.5)", weights=0.5, bias=-1.0),
        clt.WeightedSum(n=3, inputs="normal", weights=[1.0, -2.0, 0.5], bias=4.0),
    ],
    ids=str,
)
def test_closed_families(model):
    law, exact = clt.exact(model, method=METHOD), clt.exact(model, method="closed-family")
    x = exact.quantile([0.001, 0.05, 0.3, 0.5, 0.8, 0.99, 0.9999])
    for function in ("cdf", "sf", "pdf"):
        values, right = getattr(law, function)(x), getattr(exact, function)(x)
        np.testing.assert_allclose(values, right, rtol=0.0, atol=1e-11)
    assert law.error < 1e-11


@pytest.mark.parametrize(("n", "inputs"), [(6, "uniform"), (4, "triangular"), (6, "triangular")])
def test_piecewise_polynomials(n, inputs):
    model = clt.WeightedSum(n=n, inputs=inputs, weights=1.0)
    law, exact = clt.exact(model, method=METHOD), clt.exact(model, method="piecewise-polynomial")
    x = np.linspace(*exact.support, 83)[1:-1]
    for function in ("cdf", "sf", "pdf"):
        values, right = getattr(law, function)(x), getattr(exact, function)(x)
        np.testing.assert_allclose(values, right, rtol=0.0, atol=1e-10)
    assert law.support == pytest.approx(exact.support)


def test_tails_of_a_sum_of_uniforms():
    model = clt.WeightedSum(n=6, inputs="uniform", weights=1.0)
    law, exact = clt.exact(model, method=METHOD), clt.exact(model, method="piecewise-polynomial")
    x = np.array([1e-5, 1e-3, 0.1, 0.5])
    assert exact.cdf(1e-5) < 2e-33
    assert largest_deviation(law.cdf(x), exact.cdf(x)) < 1e-6
    assert largest_deviation(law.sf(6.0 - x), exact.sf(6.0 - x)) < 1e-4


@pytest.mark.parametrize("n", [2, 5])
def test_tails_of_a_sum_of_laplace_numbers(n):
    law = inverted(n, "laplace", weights=1.0)
    x = np.array([0.1, 1.0, 5.0, 20.0, 45.0, 70.0])
    tails = laplace_sum_tail(n, x)
    assert tails[-1] < 1e-24
    assert largest_deviation(law.sf(x), tails) < 1e-10
    assert largest_deviation(law.cdf(-x), tails) < 1e-10


def test_tails_of_a_sum_of_exponentials():
    law, exact = inverted(3, "exponential", weights=1.0), stats.gamma(3)
    x = exact.isf([0.3, 1e-5, 1e-10, 1e-20, 1e-30])
    assert largest_deviation(law.sf(x), exact.sf(x)) < 1e-10
    x = exact.ppf([0.3, 1e-5, 1e-10, 1e-20, 1e-30])
    assert largest_deviation(law.cdf(x), exact.cdf(x)) < 1e-10


@pytest.mark.parametrize("n", [2, 5])
def test_sums_of_products_of_normals(n):
    law = inverted(n)
    x = [-12.0, -1.0, 0.25, 2.0, 12.0]
    exact = [float(bessel_density(n, place)) for place in x]
    assert largest_deviation(law.pdf(x), exact) < 1e-10
    above = mpmath.quad(lambda t: bessel_density(n, t), [2, 6, 20, 60])
    assert float(law.sf(2.0)) == pytest.approx(float(above), rel=1e-10)
    assert float(law.cdf(-2.0)) == pytest.approx(float(above), rel=1e-10)


@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_the_atom_of_units_that_are_all_off(bias):
    law = inverted(4, phi="relu", bias=bias)
    assert law.atoms == {bias: 2.0**-4}
    assert float(law.cdf(bias)) == pytest.approx(0.5 + 2.0**-5, abs=1e-12)
    assert float(law.sf(bias)) == pytest.approx(0.5 - 2.0**-5, abs=1e-12)
    below = np.nextafter(bias, -math.inf)
    assert float(law.cdf(bias) - law.cdf(below)) == pytest.approx(2.0**-4, abs=1e-12)
    assert float(law.quantile(0.5)) == bias
    assert math.isnan(law.entropy)
    # At the others the sum is that of k products of normals: a mixture over k.
    x = 0.75
    parts = [math.comb(4, k) / 16 * float(bessel_density(k, x)) for k in range(1, 5)]
    assert float(law.pdf(bias + x)) == pytest.approx(math.fsum(parts), rel=1e-10)


def deviations(law, draws):
    """Empirical less exact distribution function at 20 points, in standard errors."""
    x = np.linspace(-3.0, 3.0, 20)
    exact = law.cdf(x)
    empirical = np.searchsorted(np.sort(draws), x, side="right") / draws.size
    return (empirical - exact) / np.sqrt(exact * (1.0 - exact) / draws.size)


def test_tanh_against_draws():
    """A false alarm has a probability below 20*6e-7 (5 standard errors)."""
    model = clt.WeightedSum(n=4, nonlinearity="tanh")
    draws = clt.sample(model, 1_000_000, seed=11)
    assert np.max(np.abs(deviations(inverted(4, phi="tanh"), draws))) < 5.0
    assert np.max(np.abs(deviations(inverted(5, phi="tanh"), draws))) > 20.0


@pytest.mark.parametrize(
    ("inputs", "exact"),
    [
        ("lognormal", stats.lognorm(1.0)),
        ("pareto(shape=3)", stats.pareto(3.0)),
        ("student-t(df=3)", stats.t(3.0)),
    ],
)
def test_two_heavy_terms_against_a_convolution(inputs, exact):
    law = inverted(2, inputs, weights=1.0)
    low = exact.support()[0]
    for x in (2.5, 4.0, 9.0):
        places = [-math.inf, 0.0, x, math.inf] if math.isinf(low) else [low, 0.5 * x, x - low]
        value = math.fsum(
            integrate.quad(
                lambda t, x=x: exact.pdf(t) * exact.cdf(x - t),
                a,
                b,
                epsabs=1e-13,
                epsrel=1e-12,
                limit=300,
            )[0]
            for a, b in itertools.pairwise(places)
        )
        assert float(law.cdf(x)) == pytest.approx(value, abs=1e-10)
        assert float(law.sf(x)) == pytest.approx(1.0 - value, abs=1e-10)


@pytest.mark.parametrize("weights", [(1.0, 2.0), (1.0, 1.0, 1.0, 1.0), (1.0, -2.0, 0.5, 3.0)])
def test_the_stated_error_holds_far_out_in_heavy_tails(weights):
    law, exact = inverted(len(weights), "cauchy", weights=weights), stats.cauchy(0.0)
    scale = float(np.sum(np.abs(weights)))
    x = scale * np.array([-1e4, -50.0, -2.0, -0.1, 0.0, 0.3, 1.5, 8.0, 300.0])
    assert np.max(np.abs(law.cdf(x) - exact.cdf(x / scale))) < law.error


@pytest.mark.parametrize("inputs", ["lognormal", "pareto(shape=3)"])
def test_a_law_with_a_heavy_tail_states_no_relative_error(inputs):
    law = inverted(2, inputs, weights=1.0)
    assert law.relative_error == math.inf
    assert 0.0 < law.smallest < 1e-9


@pytest.mark.parametrize(
    "law",
    [
        lambda: inverted(3, "exponential", weights=1.0),
        lambda: inverted(3, "laplace", weights=(1.0, 2.0, -0.5)),
        lambda: inverted(2, "student-t(df=3)", weights=1.0),
        lambda: inverted(4, phi="tanh"),
    ],
)
def test_quantiles_lead_back(law):
    law = law()
    p = np.array([1e-9, 1e-4, 0.1, 0.4, 0.5, 0.7, 0.99, 1.0 - 2.0**-20])
    x = law.quantile(p)
    assert np.all(np.diff(x) > 0.0)
    np.testing.assert_allclose(law.cdf(x), p, rtol=1e-9, atol=2.0 * law.error)
    np.testing.assert_allclose(law.sf(x), 1.0 - p, rtol=1e-9, atol=2.0 * law.error)
    np.testing.assert_array_equal(law.quantile([0.0, 1.0]), law.support)
    assert np.isnan(law.quantile([-0.1, 1.1, math.nan])).all()


def test_the_quantile_at_an_atom_is_its_place():
    law = inverted(4, phi="relu")
    p = [0.5 - 0.9 * 2.0**-5, 0.5, 0.5 + 0.9 * 2.0**-5]
    np.testing.assert_array_equal(law.quantile(p), 0.0)
    assert float(law.quantile(0.5 - 1.1 * 2.0**-5)) < 0.0
    assert float(law.quantile(0.5 + 1.1 * 2.0**-5)) > 0.0


def test_moments_of_exponentials():
    law, exact = inverted(3, "exponential", weights=1.0), stats.gamma(3)
    for k in range(9):
        assert law.moment(k) == pytest.approx(exact.moment(k), rel=1e-10)
    assert (law.mean, law.variance) == (3.0, 3.0)


def test_moments_against_the_density():
    law = inverted(4, phi="tanh")
    for k in (2, 4, 6):
        value, _ = integrate.quad(lambda x, k=k: x**k * law.pdf(x), -25.0, 25.0, limit=100)
        assert law.moment(k) == pytest.approx(value, rel=1e-9)
    assert law.variance == law.model.variance == pytest.approx(law.moment(2))


def test_moments_that_do_not_exist():
    assert inverted(2, "student-t(df=3)", weights=1.0).moment(4) == math.inf
    assert math.isnan(inverted(2, "student-t(df=3)", weights=1.0).moment(3))
    assert inverted(2, "pareto(shape=3)", weights=1.0).moment(3) == math.inf


def test_a_bias_with_a_law_is_one_more_term():
    x = np.array([-3.0, -0.5, 0.2, 2.0, 6.0])
    law = inverted(2, "laplace", weights=1.0, bias="laplace")
    np.testing.assert_allclose(law.cdf(x), inverted(3, "laplace", weights=1.0).cdf(x), atol=1e-12)


def test_dropout_is_a_mixture():
    law = inverted(3, "exponential", weights=1.0, dropout=0.5)
    x = np.array([0.1, 1.0, 4.0, 12.0])
    parts = [math.comb(3, k) / 8 * stats.gamma(k).sf(0.5 * x) for k in (1, 2, 3)]
    np.testing.assert_allclose(law.sf(x), np.sum(parts, axis=0), rtol=1e-10)
    assert law.atoms == {0.0: 0.125}
    np.testing.assert_array_equal(law.cdf([-1.0, 0.0]), [0.0, 0.125])


def test_different_weights():
    """Partial fractions: exponentials with rates r_i have tails sum_i A_i exp(-r_i x)."""
    scales = np.array([1.0, 2.0, 0.5])
    law = inverted(3, "exponential", weights=tuple(scales.tolist()))
    x = np.array([0.3, 2.0, 10.0, 60.0])
    exact = np.zeros(x.size)
    for i in range(3):
        others = np.delete(scales, i)
        exact += np.prod(scales[i] / (scales[i] - others)) * np.exp(-x / scales[i])
    assert largest_deviation(law.sf(x), exact) < 1e-10


@pytest.mark.parametrize("n", [3, 8])
def test_entropy_of_exponentials(n):
    law = inverted(n, "exponential", weights=1.0)
    assert law.entropy == pytest.approx(float(stats.gamma(n).entropy()), abs=1e-9)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (clt.WeightedSum(n=8, inputs="exponential", weights=1.0), "closed-family"),
        (clt.WeightedSum(n=6, inputs="triangular", weights=1.0), "piecewise-polynomial"),
    ],
    ids=str,
)
def test_measures_agree_with_those_of_another_route(model, method):
    one, other = (
        clt.gaussianity(clt.exact(model, method=name), measures=MEASURES)
        for name in (METHOD, method)
    )
    for name in MEASURES:
        assert one[name].value == pytest.approx(other[name].value, abs=1e-9)


def test_what_it_says():
    law = inverted(4, phi="tanh")
    assert isinstance(law, InvertedLaw)
    assert law.method == METHOD
    assert str(law).startswith("characteristic-function law of the sum of 4 terms w*tanh(x)")
    assert repr(law) == str(law)
    assert law == clt.exact(law.model, method=METHOD)
    assert law != inverted(5, phi="tanh")


def test_refusals():
    with pytest.raises(NoExactLaw, match="all its mass is in atoms"):
        inverted(3, "rademacher", weights=1.0)
    with pytest.raises(NoExactLaw, match="the inputs are dependent"):
        inverted(3, dependence="autoregressive(correlation=.5)")


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_sums_of_very_many_terms_are_where_edgeworth_puts_them(n):
    """What is left beyond the first term of the expansion is of the order 1/n of it."""
    model = clt.WeightedSum(n, nonlinearity="relu")
    law = clt.exact(model, method="characteristic-function")
    z = np.array([1.0, 3.0, 5.0])
    lead = law.sf(z * math.sqrt(model.variance)) - ndtr(-z)
    kurtosis = 15.0 / n
    expected = kurtosis / 24.0 * (z**3 - 3.0 * z) * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    assert law.error < 1e-8
    np.testing.assert_allclose(lead, expected, rtol=150.0 / n, atol=law.error)


@pytest.mark.parametrize(("df", "n"), [(2.5, 256), (6.0, 16), (12.0, 64)])
def test_sums_of_student_numbers(df, n):
    """By Gil-Pelaez's integral over the Bessel form, in the middle, in 20 digits."""
    law, x = inverted(n, f"student-t(df={df})", weights=1.0), 0.7 * math.sqrt(n)
    with mpmath.workdps(20):
        order, unit = mpmath.mpf(df) / 2, mpmath.sqrt(df)

        def integrand(t):
            y = unit * t
            bessel = y**order * mpmath.besselk(order, y) / (2 ** (order - 1) * mpmath.gamma(order))
            return bessel**n * mpmath.sin(t * x) / t

        ends = [mpmath.mpf(end) / mpmath.sqrt(n) for end in (1e-12, 0.5, 1, 2, 4, 8, 16)]
        below = 0.5 + (ends[0] * x + mpmath.quad(integrand, ends)) / mpmath.pi
    assert float(law.cdf(x)) == pytest.approx(float(below), abs=1e-11)
    assert law.error < 2e-12


@pytest.mark.parametrize("n", [1, 4, 64])
def test_tails_that_fall_to_nothing_but_errors(n):
    """Of heavier tails than an exponential, lighter than a power: all places have a probability."""
    law = inverted(n, "normal", "relu", "laplace")
    x = np.geomspace(1.0, 1e9, 200)
    assert np.all(np.diff(law.sf(x)) <= 0.0)
    assert np.all(law.sf(x) >= 0.0)
    np.testing.assert_allclose(law.cdf(-x), law.sf(x), rtol=1e-3, atol=1e-14)
    report = clt.gaussianity(law, measures="wasserstein-1")
    assert 0.0 < report["wasserstein-1"].value < 1.0


@pytest.mark.parametrize("n", [4, 16])
def test_relu_sums_beside_their_lower_end(n):
    """Near 0 one unit is on, or two: ``n h y + n (n - 1)/2 (h y)^2/2`` with the density h at 0.

    The next term is of the third order, as the density of |x| has no slope at 0.
    """
    law, h = inverted(n, "normal", "relu", 1.0), 2.0 * stats.norm.pdf(0.0)
    y = np.array([1e-5, 1e-9, 1e-15, 1e-30, 1e-38])
    tail = law._parts.mass * law._inversion.cdf(y)  # the atom hides it
    expected = 0.5**n * n * h * y * (1.0 + 0.25 * (n - 1) * h * y)
    np.testing.assert_allclose(tail[1:], expected[1:], rtol=law.relative_error)
    density = 0.5**n * n * h * (1.0 + 0.5 * (n - 1) * h * y)
    np.testing.assert_allclose(law.pdf(y[1:]), density[1:], rtol=1e-10)
    assert tail[0] == pytest.approx(expected[0], rel=1e-7)
    assert law.smallest < 1e-30
    assert law.relative_error < 1e-10


@pytest.mark.parametrize("n", [1, 4])
def test_symmetric_uniform_weights_of_relu(n):
    """Given that k units are on, sums of ``w |x|``: for one, an integral over the weight."""
    law = inverted(n, "normal", "relu", "uniform(low=-1)")
    assert dict(law.atoms) == {0.0: pytest.approx(0.5**n, rel=1e-14)}
    if n == 1:
        expected, _ = integrate.quad(lambda w: ndtr(-1.5 / w), 0.0, 1.0, epsabs=1e-14)
        assert float(law.sf(1.5)) == pytest.approx(0.5 * expected, abs=1e-10)
    else:
        draws = clt.sample(law.model, 40_000, seed=1)
        share = np.mean(draws > 0.8)
        off = abs(share - float(law.sf(0.8))) / math.sqrt(share / draws.size)
        assert off < 4.5
        other = float(inverted(5, "normal", "relu", "uniform(low=-1)").sf(0.8))
        assert abs(share - other) / math.sqrt(share / draws.size) > 8.0


def tail_of_squares(weights, x):
    """Of a sum of four weighted squares of normal numbers, by integrals along the branch cuts.

    The line of integration of the inversion is laid around the cuts of
    ``prod((1 - 2*w*s)**-0.5)``, from the first branch point to the second and the third to the
    fourth.
    """
    points = sorted(1 / (2 * mpmath.mpf(weight)) for weight in weights)

    def jump(s):
        size = mpmath.sqrt(abs(mpmath.fprod(1 - s / point for point in points)))
        return mpmath.exp(-s * x) / (s * size)

    first, second = (
        mpmath.quad(jump, [low, (low + high) / 2, high]) for low, high in (points[:2], points[2:])
    )
    return float((first - second) / mpmath.pi)


@pytest.mark.parametrize(
    ("weights", "error"), [([1.0, 0.7, 0.4, 0.2], 1e-9), ([1.0, 0.9, 0.8, 0.5], 1e-6)]
)
def test_tails_of_squares_with_different_weights(weights, error):
    """Tilts near the branch point show that the squares are cut off; they are not used."""
    law = clt.exact(clt.WeightedSum(4, "normal", "square", weights))
    assert law.smallest < 1e-30
    assert law.relative_error < 1e-4
    for x in (5.0, 20.0, 40.0, 80.0, 120.0):
        assert law.sf(x) == pytest.approx(tail_of_squares(weights, x), rel=error)


def test_density_and_tail_at_once():
    law, x = inverted(4, phi="relu"), np.array([[-3.0, 0.0], [0.5, 30.0]])
    for upper, tail in ((True, law.sf), (False, law.cdf)):
        both = law.density_and_tail(x, upper=upper)
        np.testing.assert_array_equal(both, [law.pdf(x), tail(x)])


def test_a_transform_that_falls_too_slowly_is_refused_after_one_line(monkeypatch):
    lines = []
    module = importlib.import_module("clt_sim.exact.inversion")

    class Counted:
        @staticmethod
        def of(transform, law):
            lines.append(law.side)
            return TiltedLine.of(transform, law)

    monkeypatch.setattr(module, "TiltedLine", Counted)
    monkeypatch.setattr(importlib.import_module("clt_sim.exact.sum_pieces"), "_MOST", 0)
    with pytest.raises(NoExactLaw, match="falls too slowly: an error of"):
        inverted(1, "arcsine", weights=1.0)
    assert len(lines) == 1


@pytest.mark.parametrize("sd", [0.01, 0.025])
def test_a_law_whose_ends_are_many_standard_deviations_away(sd):
    """Beside the ends of the support all masses are below doubles."""
    law = inverted(2, clt.laws.TruncatedNormal(scale=sd), weights=1.0)
    x = np.array([0.3, 3.0, 9.0]) * math.sqrt(2.0) * sd
    np.testing.assert_allclose(law.sf(x), stats.norm.sf(x, scale=math.sqrt(2.0) * sd), rtol=1e-10)


def test_atoms_that_a_large_bias_rounds_to_one_place():
    """Their masses add up: half of the terms are at 1, 2 or 3."""
    inputs = clt.laws.Mixture([clt.laws.Discrete(), clt.laws.Normal()], [0.5, 0.5])
    law = clt.exact(clt.WeightedSum(2, inputs, weights=1.0, bias=1e17))
    assert dict(law.atoms) == {1e17: pytest.approx(0.25, rel=1e-14)}
    assert law.cdf(1e18) == law.sf(0.0) == pytest.approx(1.0, abs=1e-14)
