from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import kurtosis

import clt_sim as clt
from clt_sim import claims
from clt_sim.claims import unit_dependence
from clt_sim.claims.unit_dependence import correlation, correlation_over_inputs, unit_pairs


@functools.cache
def draft():
    verdict = claims.check("units-uncorrelated-yet-dependent")
    return verdict, {one.question: one for one in verdict.findings}


def test_the_correlation_has_the_error_of_the_jackknife():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    y = 0.5 * x + rng.laplace(size=300)
    left_out = [np.corrcoef(np.delete(x, i), np.delete(y, i))[0, 1] for i in range(300)]
    found = correlation(x, y)
    assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.stderr == pytest.approx(np.sqrt(299.0 * np.var(left_out)), rel=0.03)


def test_the_correlation_of_squares_is_the_multivariate_measure():
    units = unit_pairs(10, 20_000, np.random.default_rng(0))
    report = clt.multivariate_gaussianity(
        units.T, measures=["square-correlation"], standardize=False
    )
    found, known = correlation(*units**2), report["square-correlation"]
    assert found.value == pytest.approx(known.value)
    assert found.stderr == pytest.approx(known.stderr, rel=1e-3)


def test_units_have_the_moments_of_the_network():
    units = unit_pairs(10, 400_000, np.random.default_rng(1))
    assert np.var(units, axis=1) == pytest.approx([2.0, 2.0], abs=0.03)
    assert kurtosis(units, axis=1) == pytest.approx([1.5, 1.5], abs=0.15)
    normal = unit_pairs(10, 400_000, np.random.default_rng(1), normalized=True)
    assert kurtosis(normal, axis=1) == pytest.approx([0.0, 0.0], abs=0.05)


def test_the_correlation_over_inputs_is_that_of_draws():
    exact = correlation_over_inputs(4, 6, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    first, second = rng.standard_normal((6, 4)), rng.standard_normal((2, 6))
    inputs = rng.standard_normal((4, 400_000))
    drawn = np.corrcoef(second @ np.maximum(first @ inputs, 0.0))[0, 1]
    assert exact == pytest.approx(drawn, abs=0.006)


def test_units_are_uncorrelated_yet_dependent():
    verdict, findings = draft()
    assert verdict.status == "holds"
    for width in (10, 100):
        found = findings[f"correlation of the squares of units over weights, width {width}"]
        assert found.low <= 5.0 / (2.0 * width + 15.0) <= found.high


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("divided by the root mean square", "refuted"),
        ("1 ReLU layer of width 1000", "refuted"),
        ("5 ReLU layers of width 100", "holds"),
        ("power of 1/width", "holds"),
        ("over 10 normal inputs", "refuted"),
    ],
)
def test_where_the_claim_turns(words, status):
    _, findings = draft()
    (found,) = (one for question, one in findings.items() if words in question)
    assert not found.decides
    assert found.status == status


def test_one_normal_number_stands_for_the_weights_of_a_unit():
    rng = np.random.default_rng(4)
    hidden = np.maximum(np.sqrt(2.0) * rng.normal(size=(200_000, 10)), 0.0)
    weights = rng.normal(size=(2, 200_000, 10)) * np.sqrt(0.2)
    naive = np.einsum("kij,ij->ki", weights, hidden)
    fast = unit_pairs(10, 200_000, np.random.default_rng(5))
    both = [correlation(*units**2) for units in (naive, fast)]
    error = np.hypot(both[0].stderr, both[1].stderr)
    assert abs(both[0].value - both[1].value) < 4.0 * error < 0.05


def test_normalized_units_refute(monkeypatch):
    monkeypatch.setattr(unit_dependence, "_DRAWS", {"draft": 100_000})
    normalized = functools.partial(unit_pairs, normalized=True)
    monkeypatch.setattr(unit_dependence, "unit_pairs", lambda *parts, **_: normalized(*parts))
    assert claims.check("units-uncorrelated-yet-dependent").status == "refuted"
    with pytest.raises(ValueError, match="uncorrelated"):
        claims.get("units-uncorrelated-yet-dependent", uncorrelated=0.0)
