from __future__ import annotations

import importlib
import math
import pickle
import re

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, special, stats

import clt_sim as clt
from clt_sim.exact import ExactLaw, NoExactLaw


def law_of(factor: str, *, n: int = 8, weights=1.0, **options) -> ExactLaw:
    dependence = f"random-scale(factor='{factor}')"
    model = clt.WeightedSum(n, weights=weights, dependence=dependence, **options)
    return clt.exact(model, method="random-scale")


X = np.array([-60.0, -9.0, -1.0, -1e-6, 1e-12, 0.3, 2.0, 20.0, 100.0])


def test_rayleigh_scales_of_a_normal_sum_give_a_laplace_law():
    law, laplace = law_of("symmetric-weibull(shape=2)", n=3), stats.laplace(scale=math.sqrt(1.5))
    np.testing.assert_allclose(law.pdf(X), laplace.pdf(X), rtol=law.relative_error)
    np.testing.assert_allclose(law.cdf(X), laplace.cdf(X), rtol=law.relative_error)
    np.testing.assert_allclose(law.sf(X), laplace.sf(X), rtol=law.relative_error)
    p = np.array([0.0, 1e-200, 1e-9, 0.3, 0.5, 0.8, 1.0])
    np.testing.assert_allclose(law.quantile(p), laplace.ppf(p), rtol=1e-11, atol=1e-15)
    assert law.relative_error < 1e-11


def test_normal_scales_of_a_normal_sum_give_a_bessel_law():
    law, sd = law_of("normal"), math.sqrt(8.0)
    expected = special.kve(0, np.abs(X) / sd) * np.exp(-np.abs(X) / sd) / (math.pi * sd)
    np.testing.assert_allclose(law.pdf(X), expected, rtol=law.relative_error)
    assert math.isinf(law.pdf(0.0))
    assert float(law.cdf(0.0)) == pytest.approx(0.5, abs=law.error)


def test_exponential_scales_of_a_normal_sum():
    law, sd = law_of("exponential"), math.sqrt(8.0)
    for x in (0.3, 8.0, 300.0):
        with mp.workdps(20):
            ends = [0, x / 50, x / 10, x / 3, x, 10 + x, 40 + 2 * x, mp.inf]
            tail = mp.quad(lambda r, x=x: mp.exp(-r) * mp.ncdf(-x / (sd * r)), ends)
        assert float(law.sf(x)) == pytest.approx(float(tail), rel=1e-11)


def test_inverse_roots_of_chi_square_numbers_give_a_student_law():
    """Of a frozen law: ``sqrt(df/chi2)`` is a generalised gamma number with the power -2."""
    df = 3.0
    factor = stats.gengamma(0.5 * df, -2.0, scale=math.sqrt(0.5 * df))
    model = clt.WeightedSum(9, weights=1.0 / 3.0, dependence=clt.models.RandomScale(factor))
    law, student = clt.exact(model, method="random-scale"), stats.t(df)
    x = np.array([-5.0, -0.2, 0.0, 1.0, 30.0])
    np.testing.assert_allclose(law.cdf(x), student.cdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.pdf(x), student.pdf(x), rtol=1e-9)


def test_sums_of_relu_outputs():
    """At 15 places, 4.5 standard errors; without the common factor the law is further."""
    draws, x = 50_000, np.linspace(-8.0, 8.1, 15)
    options = {"nonlinearity": "relu", "weights": "normal"}
    law = law_of("exponential", n=4, **options)
    model = clt.WeightedSum(4, dependence="random-scale(factor='exponential')", **options)
    below = np.mean(clt.sample(model, draws, seed=3)[:, None] <= x, axis=0)

    def furthest(other):
        return np.max(np.abs(below - other.cdf(x)) / np.sqrt(law.cdf(x) * law.sf(x) / draws))

    assert furthest(law) < 4.5
    assert furthest(clt.exact(clt.WeightedSum(4, **options))) > 12.0
    assert dict(law.atoms) == {0.0: pytest.approx(2.0**-4, rel=1e-14)}


def test_a_bounded_scale_of_a_bounded_sum():
    """Of two uniform numbers: ``P(R T > x)`` is an integral of a polynomial."""
    law = law_of("uniform(low=1, high=2)", n=2, inputs="uniform")
    assert law.support == (0.0, 4.0)
    for x in (0.3, 2.5, 3.9):
        triangle = stats.triang(0.5, 0.0, 2.0)
        places = [p for p in (x, x / 2) if 1.0 < p < 2.0] or None
        expected, _ = integrate.quad(
            lambda r, x=x, triangle=triangle: triangle.sf(x / r), 1.0, 2.0, points=places
        )
        assert float(law.sf(x)) == pytest.approx(expected, abs=max(law.error, 1e-13))


def test_moments_and_measures():
    """``E R^4/(E R^2)^2`` is 6 for exponential scales: an excess kurtosis of 15 for every n."""
    law = law_of("exponential", n=100, bias=3.0)
    assert law.mean == 3.0
    assert law.variance == pytest.approx(200.0, rel=1e-14)
    report = clt.gaussianity(law, measures=["excess-kurtosis", "kolmogorov"])
    assert report["excess-kurtosis"].value == pytest.approx(15.0, rel=1e-12)
    few = clt.gaussianity(law_of("exponential", n=2), measures=["kolmogorov"])
    assert report["kolmogorov"].value == pytest.approx(few["kolmogorov"].value, abs=1e-9)


def test_a_table_gives_the_values_of_averages():
    law, fresh = law_of("gamma(shape=2.5)"), law_of("gamma(shape=2.5)")
    x = np.concatenate([-np.geomspace(1e-15, 300.0, 300), np.geomspace(1e-15, 300.0, 300)])
    for name in ("pdf", "cdf", "sf"):
        one_by_one = np.concatenate([getattr(fresh, name)(some) for some in np.split(x, 100)[::9]])
        together = np.concatenate(np.split(getattr(law, name)(x), 100)[::9])
        np.testing.assert_allclose(together, one_by_one, rtol=law.relative_error)


def test_a_coarse_table_is_not_used(monkeypatch):
    """Where it is taken nevertheless, it is off by more than the stated error."""
    module = importlib.import_module("clt_sim.exact.scale_mixture")
    panels = importlib.import_module("clt_sim.exact.chebyshev_panels")
    monkeypatch.setattr(module, "_PANELS_INWARD", 8.0 * np.arange(1.0, 5.0))
    monkeypatch.setattr(panels, "_TOLERANCE", 1e-9)  # no panel is split
    x, off = np.geomspace(0.01, 10.0, 300), []
    for most in (module._MOST_OFF, 1e-5):
        monkeypatch.setattr(module, "_MOST_OFF", most)
        law, fresh = law_of("gamma(shape=2.5)"), law_of("gamma(shape=2.5)")
        few = np.concatenate([fresh.sf(some) for some in np.split(x, 100)[::9]])
        many = np.concatenate(np.split(law.sf(x), 100)[::9])
        off.append(float(np.max(np.abs(many / few - 1.0))))
    assert off[0] < 1e-11 < 1e-10 < off[1]


def test_scales_with_atoms():
    law = law_of("bernoulli(probability=0.25)", n=4)
    assert dict(law.atoms) == {0.0: 0.75}
    np.testing.assert_allclose(
        law.sf([-1.0, 1.0]),
        [0.75 + 0.25 * stats.norm.cdf(0.5), 0.25 * stats.norm.sf(0.5)],
        rtol=1e-11,
    )


@pytest.mark.parametrize(
    ("factor", "options", "reason"),
    [
        ("exponential", {"nonlinearity": "tanh"}, "the random scale does not come out of tanh."),
        ("normal", {"nonlinearity": "relu"}, "may be below 0, and is in relu."),
        ("exponential", {"bias": "normal"}, "the bias has the law normal, beside a random scale."),
        ("exponential", {"inputs": "rademacher"}, "the sum has atoms at other places than 0"),
        ("normal", {"dropout": 0.5}, "the sum has an atom, and the scale may be below 0."),
        (
            "exponential",
            {"weights": "pareto(shape=3)", "inputs": "bernoulli"},
            "given the scale it is a scaled sum, but no exact law",
        ),
    ],
)
def test_refusals_name_the_part(factor, options, reason):
    with pytest.raises(NoExactLaw, match=re.escape(reason)):
        law_of(factor, n=3, **options)


def test_other_models_are_refused():
    with pytest.raises(NoExactLaw, match=r"the inputs have no random scale\."):
        clt.exact(clt.WeightedSum(2), method="random-scale")


def test_a_law_is_a_value():
    first, second = law_of("exponential"), law_of("exponential")
    assert first == second
    assert hash(first) == hash(second)
    assert first != law_of("exponential", bias=1.0)
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301
    assert str(first).startswith("random-scale law of R T, R ~ exponential, T the closed-family")


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_shapes_are_kept(shape):
    law, x = law_of("exponential"), np.full(shape, 0.4)
    for function in (law.pdf, law.cdf, law.sf, law.logpdf, law.quantile):
        assert function(x).shape == shape
        assert function(x).dtype == np.float64
