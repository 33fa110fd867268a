from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from clt_sim import claims
from clt_sim.claims import symmetry

NAME = symmetry.PreActivationsSymmetric.name
RELU_SKEWNESS = (
    math.sqrt(2 / math.pi) - 3 * 0.5 / math.sqrt(2 * math.pi) + 2 / (2 * math.pi) ** 1.5
) / (0.5 - 1 / (2 * math.pi)) ** 1.5


@functools.cache
def draft():
    return claims.check(NAME)


def found(*words):
    (one,) = [f for f in draft().findings if all(word in f.question for word in words)]
    return one


def median_skewness(weights, n, seed=1, vectors=4000):
    rows = weights(np.random.default_rng(seed), (vectors, n))
    ratios = (rows**3).sum(axis=1) / (rows**2).sum(axis=1) ** 1.5
    return RELU_SKEWNESS * np.median(np.abs(ratios))


def test_it_holds_over_weights_and_at_fixed_weights():
    verdict = draft()
    assert verdict.status == "holds"
    assert sum(one.decides for one in verdict.findings) == 15


def test_u_is_skewed_as_its_moments_say():
    """The least asymmetry of relu and of sigmoid is the L-skewness: by quadrature of quantiles."""
    for phi, inputs, words in (
        (lambda z: max(z, 0.0), stats.norm(), "u = relu"),
        (lambda z: 1 / (1 + math.exp(-z)), stats.norm(1.0), "u = sigmoid(x), x ~ normal(mean"),
    ):
        weighted = [
            integrate.quad(
                lambda p, k=k, phi=phi, inputs=inputs: phi(inputs.ppf(p)) * legendre(k, p),
                0.0,
                1.0,
                points=[0.5],
                limit=200,
            )[0]
            for k in (1, 2)
        ]
        assert found("least asymmetry", words).value == pytest.approx(
            abs(weighted[1] / weighted[0]), rel=1e-5
        )


def legendre(k, p):
    return (2 * p - 1) if k == 1 else 6 * p**2 - 6 * p + 1


def test_over_symmetric_weights_it_is_exactly_symmetric():
    sums = [one for one in draft().findings if "largest asymmetry" in one.question and one.decides]
    assert len(sums) == 3
    assert all(one.value < 1e-9 for one in sums)


def test_weights_with_a_mean_keep_the_skewness_of_cumulants():
    """Third central moment of w relu(x) over its variance to 3/2, over the root of n."""
    w = stats.norm(0.5)
    m = [math.nan, 1 / math.sqrt(2 * math.pi), 0.5, math.sqrt(2 / math.pi)]
    first, second, third = (w.moment(k) * m[k] for k in (1, 2, 3))
    variance = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
    one = found("largest asymmetry", "normal(mean=0.5)")
    assert one.value == pytest.approx(skewness / 8.0, rel=1e-9)
    assert one.status == "refuted"


def test_medians_at_fixed_weights_are_those_of_sums_of_cubes():
    for weights, n, words in (
        (lambda rng, size: rng.standard_normal(size), 64, "w ~ normal"),
        (lambda rng, size: rng.standard_normal(size), 4, "w ~ normal"),
        (lambda rng, size: rng.laplace(size=size), 64, "w ~ laplace"),
        (lambda rng, size: rng.normal(0.5, size=size), 64, "w ~ normal(mean=0.5)"),
    ):
        (one,) = [
            f
            for f in draft().findings
            if f.question.startswith("median |skewness|")
            and f"sum of {n} terms w*relu(x)" in f.question
            and f.question.endswith(words)
        ]
        expected = median_skewness(weights, n)
        assert one.low <= expected <= one.high


def test_the_powers_are_those_between_dozens_and_thousands_of_terms():
    laplace, shifted = found("power of 1/n", "laplace"), found("power of 1/n", "mean=0.5")
    for one, weights, status in (
        (laplace, lambda rng, size: rng.laplace(size=size), "holds"),
        (shifted, lambda rng, size: rng.normal(0.5, size=size), "refuted"),
    ):
        few, many = (median_skewness(weights, n, vectors=1000) for n in (64, 4096))
        assert one.low <= math.log(few / many) / math.log(64) <= one.high
        assert one.status == status


def test_measured_asymmetries_are_those_of_plain_draws():
    """L-skewness of ReLU sums at fixed weights, by sorted draws of numpy."""
    rng = np.random.default_rng(2)
    values = []
    for _ in range(60):
        x = np.sort(np.maximum(rng.standard_normal((10_000, 64)), 0.0) @ rng.standard_normal(64))
        p = (np.arange(x.size) + 0.5) / x.size
        values.append(abs((x * legendre(2, p)).mean() / (x * legendre(1, p)).mean()))
    one = found("|l-skewness|", "relu")
    assert one.low <= np.median(values) <= one.high


def test_symmetric_outputs_have_nothing_to_gain():
    for phi in ("sigmoid", "tanh"):
        (one,) = [f for f in draft().findings if f.question.endswith(f"u = {phi}(x), x ~ normal")]
        assert one.value == pytest.approx(0.0, abs=1e-9)
        assert one.status == "refuted"


@pytest.fixture
def small(monkeypatch):
    """One nonlinearity and few vectors of weights."""
    monkeypatch.setattr(symmetry, "_SKEWED", (("relu", "normal"),))
    monkeypatch.setattr(symmetry, "_WEIGHT_VECTORS", {"draft": 15})
    monkeypatch.setattr(symmetry, "_KNOWN_VECTORS", {"draft": 101})
    monkeypatch.setattr(symmetry, "_DRAWS", {"draft": 2000})


@pytest.mark.usefixtures("small")
def test_weights_with_a_mean_refute(monkeypatch):
    """The negative control."""
    monkeypatch.setattr(symmetry.PreActivationsSymmetric, "_conditions", lambda *_: ())
    assert claims.check(NAME, weights="normal(mean=1.0)").status == "refuted"


@pytest.mark.usefixtures("small")
def test_a_repeated_question_is_asked_once():
    questions = [one.question for one in claims.check(NAME, weights="laplace").findings]
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n": 1}, "n must be"),
        ({"weights": "student-t(df=3)"}, "finite third moment"),
        ({"within": -1.0}, "within"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        claims.get(NAME, **parameters)
