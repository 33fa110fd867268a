from __future__ import annotations

import functools
import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim import claims
from clt_sim.claims import non_sparsity

NAME = non_sparsity.PreActivationsNotSparse.name


@functools.cache
def draft():
    return claims.check(NAME)


def found(*words):
    (one,) = [f for f in draft().findings if all(word in f.question for word in words)]
    return one


def test_it_holds_in_each_meaning():
    verdict = draft()
    assert verdict.status == "holds"
    deciding = [one for one in verdict.findings if one.decides]
    assert len(deciding) == 3 * 7 + 2 * 6 + 6
    for meaning in non_sparsity.MEANINGS:
        assert any(one.question.startswith(meaning) for one in deciding)


def test_differences_are_those_of_moments():
    """Kurtosis indices 1 - (E s^2)^2/E s^4 of normal weights times ReLU, dropout and sigmoid."""
    x, weights = np.polynomial.hermite_e.hermegauss(80)
    sigmoid = 1 / (1 + np.exp(-x))
    ratio = (weights @ sigmoid**4) * weights.sum() / (weights @ sigmoid**2) ** 2
    for words, kurtosis in (
        (", 64 relu(normal)", 18.0),
        (", 64 relu(normal) with dropout 0.5", 36.0),
        (", 64 sigmoid(normal)", 3.0 * ratio),
    ):
        (one,) = [
            f
            for f in draft().findings
            if f.question == f"kurtosis of Wu+b less that of a normal law{words}"
        ]
        of_sum = 3.0 + (kurtosis - 3.0) / 64.0
        assert one.value == pytest.approx(1.0 / 3.0 - 1.0 / of_sum, rel=1e-7)


def test_indices_of_u_are_those_of_half_normal_variables():
    """Of relu: Gini 1 - (1 - g)/2 with g = sqrt 2 - 1 of the half-normal law; zeros 1/2, 3/4."""
    normal = math.sqrt(2.0) - 1.0
    for share, words in ((0.5, ", 64 relu(normal)"), (0.25, ", 64 relu(normal) with dropout 0.5")):
        (gini,) = [
            f for f in draft().findings if f.question == f"gini of Wu+b less that of u{words}"
        ]
        (above,) = [
            f
            for f in draft().findings
            if f.question == f"gini of Wu+b less that of a normal law{words}"
        ]
        of_u = 1.0 - share * (1.0 - normal)
        assert above.value - gini.value == pytest.approx(of_u - normal, abs=1e-9)
        (zeros,) = [
            f for f in draft().findings if f.question == f"exact-zero of Wu+b less that of u{words}"
        ]
        assert zeros.value == pytest.approx((1.0 - share) ** 64 - (1.0 - share), abs=1e-9)


def test_medians_at_fixed_weights_are_those_of_plain_draws():
    rng = np.random.default_rng(5)
    ginis = []
    for _ in range(60):
        x = np.maximum(rng.standard_normal((10_000, 64)), 0.0) @ rng.standard_normal(64)
        c = np.sort(np.abs(x))
        k = np.arange(1, c.size + 1)
        ginis.append(1.0 - 2.0 * (c * (c.size - k + 0.5)).sum() / (c.sum() * c.size))
    one = found("gini at fixed weights")
    assert one.low <= np.median(ginis) - (math.sqrt(2.0) - 1.0) <= one.high


def test_where_sums_are_sparse():
    expected = {
        "exact-zero of the sum of 4": 1 / 16,
        "1 of 128 terms active": (1.0 - 1.0 / 128.0) ** 64,
        "equal weights": 1.0,
        "gini of a normal law": math.sqrt(2.0) - 1.0,
        "hoyer of a normal law": 1.0 - math.sqrt(2.0 / math.pi),
        "treves-rolls of a normal law": 1.0 - 2.0 / math.pi,
    }
    for words, value in expected.items():
        one = found(words) if "normal law" not in words else found(words + " itself")
        assert one.value == pytest.approx(value, rel=1e-9)
        assert one.status == "refuted"
    assert found("support", "normal weights").status == "holds"


def test_sums_of_tanh_have_a_larger_kurtosis_than_tanh():
    x, weights = np.polynomial.hermite_e.hermegauss(150)
    t = np.tanh(x)
    ratio = (weights @ t**4) * weights.sum() / (weights @ t**2) ** 2
    one = found("excess kurtosis")
    assert one.value == pytest.approx((3.0 * ratio - 3.0) / 64.0 - (ratio - 3.0), rel=1e-4)
    assert one.status == "refuted"


def test_four_terms_have_a_larger_kurtosis_than_one():
    """Of w relu(x) for four normal weights: 3 + 15/4; of relu(x): E x^4/(E x^2)^2 = 6."""
    one = found("kurtosis of the sum of 4")
    assert one.value == pytest.approx(1.0 / 6.0 - 1.0 / 6.75, rel=1e-6)
    assert one.status == "refuted"


def test_sums_of_mostly_zeros_keep_a_peak():
    """Of w x with a fifth of the x not 0: 5 * 9 for one term, 3 + 42/64 for the sum."""
    one = found("80% of them 0")
    assert one.value == pytest.approx(1.0 / 3.0 - 1.0 / (3.0 + 42.0 / 64.0), rel=1e-6)
    assert one.status == "refuted"


def test_a_narrow_margin_refutes():
    """The negative control: what is above a normal law is small, and there."""
    narrow = claims.get(NAME, within=0.005)
    of_sum = non_sparsity._indices(clt.exact(non_sparsity._SPARSE["relu(normal)"].sum(64)))
    normal = non_sparsity._indices(clt.laws.get("normal"))
    above = list(narrow._above_normal("relu", of_sum, normal))
    assert narrow.status(above) == "refuted"
    refuted = [one.question.split()[0] for one in above if one.status == "refuted"]
    assert refuted == ["hoyer", "gini", "treves-rolls", "kurtosis"]


def test_parameters_are_checked():
    with pytest.raises(ValueError, match="n must be"):
        claims.get(NAME, n=0)
    with pytest.raises(ValueError, match="within"):
        claims.get(NAME, within=0.0)
