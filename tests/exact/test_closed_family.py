from __future__ import annotations

import math
import pickle

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.both_tails import check_tails, probability_between, reflected, survival
from clt_sim.exact.closed_family import ClosedFamilyLaw
from clt_sim.exact.closed_family_route import closed_family_law

WEIGHTS = [1.5, -2.0, 0.25, 0.0, 3.0]


def law_of(n=5, **parts) -> ClosedFamilyLaw:
    parts = {"weights": WEIGHTS[:n], **parts}
    return closed_family_law(clt.WeightedSum(n=n, **parts))


def characteristic_function(law: ClosedFamilyLaw, t):
    turn = np.exp(1j * law.location * t)
    return turn * law.law.characteristic_function(law.scale * t)


INDEPENDENT = [
    ("normal(mean=0.5,sd=2)", WEIGHTS, 0.25),
    ("normal", WEIGHTS, "normal(mean=-1,sd=3)"),
    ("stable(alpha=2,scale=0.5,location=1)", WEIGHTS, "normal"),
    ("cauchy(location=0.5,scale=2)", WEIGHTS, "cauchy(scale=3)"),
    ("cauchy(location=-1)", WEIGHTS, "stable(alpha=1,beta=0.5)"),
    ("stable(alpha=1.5,beta=0.5,location=0.25,scale=2)", WEIGHTS, -1.0),
    ("stable(alpha=0.75,beta=-0.25)", WEIGHTS, "stable(alpha=0.75,beta=1,scale=2)"),
    ("stable(alpha=1,beta=0.5,location=0.25,scale=2)", WEIGHTS, 1.0),
    ("stable(alpha=1,beta=-1,scale=0.125)", [1.0, 1.0, 1.0], 0.0),
    ("exponential(scale=2)", [0.5, 0.5, 0.0, 0.5], 1.0),
    ("exponential(scale=2)", [-0.5, -0.5], 1.0),
    ("gamma(shape=0.3,scale=2)", [1.5] * 7, "exponential(scale=3)"),
]


@pytest.mark.parametrize(("inputs", "weights", "bias"), INDEPENDENT)
def test_characteristic_functions_multiply(inputs, weights, bias):
    model = clt.WeightedSum(n=len(weights), inputs=inputs, weights=weights, bias=bias)
    t = np.array([-2.0, -0.3, -0.01, 0.0, 0.1, 0.5, 1.3])
    expected = (
        np.exp(1j * t * model.bias)
        if isinstance(model.bias, float)
        else model.bias.characteristic_function(t)
    )
    for weight in weights:
        expected = expected * model.inputs.characteristic_function(weight * t)
    found = characteristic_function(closed_family_law(model), t)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("inputs", ["normal(mean=0.5,sd=2)", "stable(alpha=1.5,beta=0.5)"])
@pytest.mark.parametrize(
    "dependence",
    [f"equicorrelated(correlation={r})" for r in (0.0, 0.25, 1.0)]
    + [f"autoregressive(correlation={r})" for r in (-0.9, 0.0, 0.75)],
)
def test_dependent_inputs_against_their_definition(inputs, dependence):
    """Multiply the characteristic functions of the draws that x_i are made of, by matrices."""
    model = clt.WeightedSum(5, inputs=inputs, weights=WEIGHTS, dependence=dependence, bias=0.5)
    r, n = model.dependence.correlation, 5
    if model.dependence.name == "equicorrelated":
        matrix = np.hstack([math.sqrt(1 - r) * np.eye(n), np.full((n, 1), math.sqrt(r))])
    else:
        i, j = np.indices((n, n))
        matrix = np.where(i >= j, r ** np.maximum(i - j, 0.0), 0.0)
        matrix[:, 1:] *= math.sqrt(1 - r**2)
    mean, t = model.inputs.mean, np.array([-1.0, -0.1, 0.0, 0.2, 0.7])
    factors = np.array(WEIGHTS) @ matrix
    expected = np.exp(1j * t * (0.5 + mean * (sum(WEIGHTS) - factors.sum())))
    for factor in factors:
        expected = expected * model.inputs.characteristic_function(factor * t)
    found = characteristic_function(closed_family_law(model), t)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if model.inputs.name == "normal":
        assert closed_family_law(model).variance == pytest.approx(model.variance, rel=1e-13)


def test_nearly_equal_dependent_inputs_do_not_cancel():
    r = 1.0 - 2.0**-40
    law = law_of(2, weights=[1.0, -1.0], dependence=f"autoregressive(correlation={r})")
    assert law.variance == pytest.approx(2.0 * 2.0**-40, rel=1e-14)


@pytest.mark.parametrize("phi", ["identity", "tanh", "relu", "square"])
def test_fixed_inputs_with_normal_weights_are_normal_through_anything(phi):
    x = [0.5, -1.0, 2.0]
    model = clt.WeightedSum(3, inputs=x, nonlinearity=phi, weights="normal(mean=1,sd=2)")
    u = clt.nonlinearities.get(phi)(x)
    law = closed_family_law(model).law
    assert isinstance(law, clt.laws.Normal)
    assert law.mean == pytest.approx(math.fsum(u), rel=1e-15)
    assert law.variance == pytest.approx(4.0 * math.fsum(u * u), rel=1e-15)


def test_squares_of_normal_inputs_are_chi_squared():
    law = law_of(5, inputs="normal", nonlinearity="square", weights=1.0)
    x = np.array([1e-10, 0.1, 1.0, 5.0, 30.0, 300.0])
    np.testing.assert_allclose(law.cdf(x), stats.chi2(5).cdf(x), rtol=1e-13)
    np.testing.assert_allclose(law.sf(x), stats.chi2(5).sf(x), rtol=1e-13)
    np.testing.assert_allclose(law.pdf(x), stats.chi2(5).pdf(x), rtol=1e-12)


def test_a_rayleigh_scale_makes_normal_inputs_laplace():
    dependence = "random-scale(factor='symmetric-weibull(shape=2,scale=3)')"
    law = law_of(2, inputs="normal(sd=2)", weights=[3.0, -4.0], dependence=dependence)
    assert isinstance(law.law, clt.laws.Laplace)
    x = np.array([-50.0, -3.0, 0.5, 20.0])
    scale_density = stats.weibull_min(2, scale=3)
    for place, density in zip(x, law.pdf(x), strict=True):
        expected = mp.quad(
            lambda r, place=place: scale_density.pdf(float(r)) * mp.npdf(place, 0, 10 * r),
            [0, 0.5, 1, 2, 4, 8, 16, 30],
        )
        assert density == pytest.approx(float(expected), rel=1e-9)


def test_a_scale_of_few_values_makes_a_mixture():
    dependence = "random-scale(factor='discrete(values=(-1,2,1),probabilities=(.25,.5,.25))')"
    law = law_of(2, weights=[3.0, 4.0], dependence=dependence, bias=1.0)
    x = np.linspace(-20.0, 20.0, 9)
    expected = 0.5 * stats.norm(1, 5).sf(x) + 0.5 * stats.norm(1, 10).sf(x)
    np.testing.assert_allclose(law.sf(x), expected, rtol=1e-13)
    single = law_of(2, weights=[3.0, 4.0], dependence="random-scale(factor='rademacher')")
    assert single.law == clt.laws.Normal(0.0, 5.0)


@pytest.mark.parametrize("scale", [2.0, -0.5])
@pytest.mark.parametrize(
    ("law", "reference"),
    [
        ("laplace(mean=0.5)", stats.laplace(0.5)),
        ("logistic(mean=-1,scale=2)", stats.logistic(-1, 2)),
        ("lognormal(mean_log=0.5)", stats.lognorm(1, scale=math.exp(0.5))),
        ("pareto(shape=2.5)", stats.pareto(2.5)),
        ("student-t(df=3)", stats.t(3)),
        ("beta(a=0.5,b=3)", stats.beta(0.5, 3)),
        ("triangular(low=-1,mode=0,high=3)", stats.triang(0.25, -1, 4)),
        ("truncated-normal(low=0.5,high=None)", stats.truncnorm(0.5, np.inf)),
        ("arcsine", stats.arcsine()),
        ("wikipedia", None),
        ("symmetric-weibull(shape=0.75)", stats.dweibull(0.75)),
        ("mixture(components=('normal','laplace'))", None),
    ],
)
def test_a_single_term_is_its_law_scaled(law, reference, scale):
    found = law_of(3, inputs=law, weights=[0.0, scale, 0.0], bias=0.0)
    p = np.array([0.0, 1e-6, 0.01, 0.3, 0.4, 0.9, 0.999, 1.0])
    x = found.quantile(p)
    assert tuple(x[[0, -1]]) == found.support
    np.testing.assert_allclose(found.cdf(x), p, rtol=1e-4)
    np.testing.assert_allclose(found.sf(x) + found.cdf(x), 1.0, rtol=1e-15)
    if reference is not None:
        z = x[1:-1] / scale
        below, above = (reference.cdf(z), reference.sf(z))[:: 1 if scale > 0.0 else -1]
        np.testing.assert_allclose(found.cdf(x[1:-1]), below, rtol=1e-7)
        np.testing.assert_allclose(found.sf(x[1:-1]), above, rtol=1e-7)
        np.testing.assert_allclose(found.pdf(x[1:-1]), reference.pdf(z) / abs(scale), rtol=1e-9)


def normal_tails(law):
    return lambda x: mp.ncdf((x - law.mean) / law.sd), lambda x: mp.ncdf((law.mean - x) / law.sd)


def gamma_tails(law):
    return (
        lambda x: mp.gammainc(law.shape, 0, x / law.scale, regularized=True),
        lambda x: mp.gammainc(law.shape, x / law.scale, mp.inf, regularized=True),
    )


@pytest.mark.parametrize(
    ("law", "tails"),
    [
        (law_of(inputs="normal(mean=0.5)"), normal_tails),
        (law_of(3, inputs="exponential", weights=0.5), gamma_tails),
        (law_of(50, inputs="gamma(shape=0.3)", weights=2.0), gamma_tails),
        (law_of(1000, inputs="exponential", weights=1.0), gamma_tails),
    ],
)
def test_both_tails_keep_the_stated_relative_error(law, tails):
    mean, sd = law.mean, math.sqrt(law.variance)
    places = mean + sd * np.array([-35.0, -15.0, -5.0, -1.0, 0.5, 2.0, 8.0, 20.0, 35.0])
    low, _ = law.support
    with mp.workdps(40):
        below, above = tails(law.law)
        for x in places[places > low].tolist() + [low + 1e-3 * sd] * math.isfinite(low):
            exact = mp.mpf(x)
            # Rounding moves x and the parameters by a few units in the last place.
            move = 4 * 2.0**-53 * (abs(exact) + abs(mean))
            for function, tail, sign in ((law.cdf, below, 1), (law.sf, above, -1)):
                least, most = tail(exact - sign * move), tail(exact + sign * move)
                if least < law.smallest:
                    continue
                value = mp.mpf(float(function(x)))
                assert least * (1 - law.relative_error) <= value
                assert value <= most * (1 + law.relative_error)


@pytest.mark.parametrize("n", [3, 1000, 100_000])
def test_densities_of_large_shapes_keep_the_stated_relative_error(n):
    law = law_of(n, inputs="exponential", weights=0.5)
    with mp.workdps(40):
        for x in 0.5 * n + 0.5 * math.sqrt(n) * np.array([-1.5, 0.0, 3.0, 20.0, 30.0]):
            z = mp.mpf(float(x)) / mp.mpf("0.5")
            expected = 2 * mp.exp((n - 1) * mp.log(z) - z - mp.loggamma(n))
            assert abs(mp.mpf(float(law.pdf(x))) / expected - 1) < law.relative_error


def test_the_check_of_tails_sees_a_wrong_law():
    law, x = law_of(inputs="normal"), 20.0
    below = normal_tails(clt.laws.Normal(0.0, law.law.sd * (1 + 1e-10)))[1]
    assert abs(float(law.sf(x)) / float(below(x)) - 1.0) > law.relative_error


@pytest.mark.parametrize(
    "law", ["normal", "laplace", "beta(a=2,b=5)", "gamma(shape=3)", "wikipedia"]
)
def test_narrow_intervals_do_not_cancel(law):
    law = clt.laws.get(law)
    low = law.quantile([0.3, 0.6, 0.9])
    width = 2.0**-40
    found = probability_between(law, low, low + width)
    np.testing.assert_allclose(found, width * law.pdf(low + 0.5 * width), rtol=1e-11)


@pytest.mark.parametrize("name", sorted(clt.laws.names()))
def test_reflection_and_survival_over_the_registry(name):
    if name == "empirical":
        return
    law = clt.laws.get(name)
    if law.atoms or name == "scipy":
        with pytest.raises(NoExactLaw):
            ClosedFamilyLaw(law)
        return
    check_tails(law)
    x = law.quantile([0.01, 0.3, 0.5, 0.8, 0.99])
    np.testing.assert_allclose(survival(law, x), 1.0 - law.cdf(x), rtol=1e-11)
    if reflected(law) is not None:
        np.testing.assert_allclose(reflected(law).pdf(-x), law.pdf(x), rtol=1e-11)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"inputs": "uniform"}, "sums of draws of the law uniform are in no known family"),
        ({"inputs": "exponential"}, "the scales of gamma terms differ: 4 values"),
        ({"bias": "cauchy"}, "sums of draws of the law normal and cauchy are in no"),
        ({"weights": "normal"}, "the weights have the law normal; they must be fixed"),
        ({"nonlinearity": "relu"}, "relu of inputs with the law normal is in no family"),
        ({"dropout": 0.5}, "dropout leaves terms out"),
        ({"weights": 0.0}, "all terms are 0"),
        ({"inputs": [[1.0] * 5] * 2, "weights": "normal"}, "one of 2 rows of data have no law"),
        ({"dependence": "random-scale"}, "the random scale exponential are in no known family"),
        ({"dependence": "random-scale(factor='bernoulli')"}, "may be 0, where the sum has an atom"),
        (
            {"inputs": "laplace", "dependence": "equicorrelated"},
            "the inputs, with the law laplace, are dependent, equicorrelated",
        ),
        ({"inputs": "normal(sd=1e308)"}, "outside the range of floats"),
        ({"inputs": "cauchy(scale=1e-320)", "weights": 1e-10}, "outside the range of floats"),
    ],
)
def test_refusals_name_the_part(model, reason):
    with pytest.raises(NoExactLaw, match=reason):
        law_of(**model)


def test_equal_sums_are_equal_laws():
    first, second = law_of(2, weights=[3.0, 4.0]), law_of(2, weights=[-4.0, 3.0])
    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301
    assert str(first) == "closed-family law: normal(sd=5.0), relative error below 2.1e-12"


def test_moments_of_a_shifted_law():
    law = law_of(3, inputs="exponential", weights=-2.0, bias=0.5)
    reference = stats.gamma(3, scale=2)
    assert law.mean == -5.5
    assert law.variance == 12.0
    expected = sum(
        math.comb(4, j) * 0.5 ** (4 - j) * (-1) ** j * reference.moment(j) for j in range(5)
    )
    assert law.moment(4) == pytest.approx(expected, rel=1e-14)
    assert math.isnan(law_of(inputs="cauchy").mean)


def test_measures_of_closed_families():
    report = clt.gaussianity(law_of(3, inputs="exponential", weights=-1.0))
    assert report["skewness"].value == pytest.approx(-2.0 / math.sqrt(3.0), rel=1e-10)
    entropy = stats.gamma(3).entropy()
    negentropy = 0.5 * math.log(2.0 * math.pi * math.e * 3.0) - entropy
    assert report["negentropy"].value == pytest.approx(negentropy, abs=1e-11)
    for value in clt.gaussianity(law_of()).values():
        assert abs(value.value) <= value.stderr + 1e-12


@pytest.mark.parametrize(
    ("inputs", "agrees"), [("exponential", True), ("exponential(scale=1.01)", False)]
)
def test_simulation(inputs, agrees):
    """Four standard errors of a share at each of 9 deciles: a false alarm in 2000 runs."""
    summary = clt.simulate(clt.WeightedSum(4, inputs=inputs, weights=0.5), draws=1_000_000)
    law = law_of(4, inputs="exponential", weights=0.5)
    p = np.arange(1, 10) / 10.0
    shares = np.array([summary.cdf(float(x)) for x in law.quantile(p)])
    within = np.abs(shares - p) < 4.0 * np.sqrt(p * (1.0 - p) / 1_000_000) + 1e-4
    assert within.all() == agrees
