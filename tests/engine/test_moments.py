"""Mean, variance and kurtosis of every law and nonlinearity against theory.

A deviation is measured in standard errors that are themselves exact: they come from moments up
to the eighth of the summands, not from the sample.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest
import specimens
from scipy import stats

import clt_sim as clt
from clt_sim.models.expectation import expectation

DRAWS = 2**17
FALSE_ALARM = 1e-2
"""Chance, for normal deviations, that anything here fails by accident."""
SIZES = (1, 2, 64)


def first_of_each_name():
    """A specimen of every law, with its defaults where it has them."""
    found = {}
    for law in specimens.laws():
        found.setdefault(law.name, law)
    # One whose moments scipy finds by a formula: by quadrature it takes a tenth of a second each.
    found["scipy"] = clt.laws.get("scipy(distribution='gamma', shapes=(2.5,))")
    return tuple(found.values())


LAWS = first_of_each_name()
PHIS = tuple(map(clt.nonlinearities.get, clt.nonlinearities.names()))
TESTS = 3 * 2 * len(LAWS) * len(PHIS)
LIMIT = stats.norm.isf(FALSE_ALARM / TESTS / 2)
"""Of a deviation in standard errors: Bonferroni's bound."""


KINKS = sorted({kink for phi in PHIS for kink in phi.kinks})


def is_finite(law, phi, k):
    """Say whether the power k of phi(X) has a mean, from how phi grows and how X falls off."""
    for growth, end in zip(phi.growth, law.support, strict=True):
        if math.isinf(end) and math.isinf(growth):
            if math.isfinite(law.tail_index) or k >= law.exponential_index:
                return False
        elif math.isinf(end) and growth > 0.0 and k * growth >= law.tail_index:
            return False
    return True


@functools.cache
def places(law):
    """Return quantiles of a law without atoms, and weights that average over them.

    Gauss's rule in the probability, on panels that halve towards its ends: not the route of the
    models, which average over densities.
    """
    octaves = 2.0 ** -np.arange(1.0, 51.0)
    kinks = law.cdf(np.array([*law.kinks, *KINKS]))
    closing = np.concatenate([kinks[:, None] + side * octaves for side in (-1.0, 1.0)]).ravel()
    ends = np.concatenate([[0.0, 1.0], octaves, 1.0 - octaves, kinks, closing])
    ends = np.unique(np.clip(ends, 0.0, 1.0))
    ends = ends[np.diff(ends, prepend=-1.0) > 2.0**-52]
    nodes, shares = np.polynomial.legendre.leggauss(10)
    widths = np.diff(ends)
    p = ends[:-1, None] + widths[:, None] * (0.5 + 0.5 * nodes)
    inside = (p > 0.0) & (p < 1.0)
    return law.quantile(p[inside]), (0.5 * widths[:, None] * shares)[inside]


@functools.cache
def moments(law, phi):
    """Return ``E[phi(X)**k]`` for k = 0, ..., 8, or None if these are not all finite."""
    if not is_finite(law, phi, 8):
        return None
    x, masses = np.array([*law.atoms]), np.array([*law.atoms.values()])
    if law.without_atoms is not None:
        quantiles, shares = places(law.without_atoms)
        x = np.concatenate([x, quantiles])
        masses = np.concatenate([masses, (1.0 - masses.sum()) * shares])
    values = np.asarray(phi(x), np.float64)
    found = tuple(float(masses @ values**k) for k in range(9))
    assert found[0] == pytest.approx(1.0, abs=1e-12)
    return found


def is_random(law, phi):
    """Say whether phi(X) has any spread; the sign of a positive number has none."""
    m = moments(law, phi)
    return m[2] - m[1] ** 2 > 1e-10 * m[2]


def pairs(laws=LAWS):
    """Pairs that have all moments and some spread."""
    every = itertools.product(laws, PHIS)
    return [pair for pair in every if moments(*pair) is not None and is_random(*pair)]


def weights(kind, n):
    return "normal" if kind == "normal" else 1.0 / np.sqrt(np.arange(1.0, n + 1.0))


def summand_moments(model, term):
    """Moments 0 to 8 of ``w*phi(x)`` about their mean, as functions of raw moments."""
    phi = moments(model.inputs, model.nonlinearity)
    fixed = getattr(model.weights, "values", None)
    if fixed is not None:
        raw = [fixed[term] ** k * phi[k] for k in range(9)]
    else:
        raw = [model.weights.moment(k) * phi[k] for k in range(9)]
    return [
        math.fsum(math.comb(k, j) * (-raw[1]) ** (k - j) * raw[j] for j in range(k + 1))
        for k in range(9)
    ]


def sum_moments(model):
    """Central moments of the sum: those of independent summands by the binomial theorem."""
    total = [1.0] + [0.0] * 8
    for term in range(model.n):
        summand = summand_moments(model, term)
        total = [
            math.fsum(math.comb(k, j) * total[j] * summand[k - j] for j in range(k + 1))
            for k in range(9)
        ]
    return total


def theoretical_excess_kurtosis(model):
    """Fixed weights: exk(phi) sum w^4/(sum w^2)^2; normal: (3 m4/m2^2 - 3)/n, raw moments."""
    phi = moments(model.inputs, model.nonlinearity)
    fixed = getattr(model.weights, "values", None)
    if fixed is None:
        return (3.0 * phi[4] / phi[2] ** 2 - 3.0) / model.n
    variance = phi[2] - phi[1] ** 2
    fourth = phi[4] - 4 * phi[1] * phi[3] + 6 * phi[1] ** 2 * phi[2] - 3 * phi[1] ** 4
    share = (fixed**4).sum() / (fixed**2).sum() ** 2
    return (fourth / variance**2 - 3.0) * share


def deviations(summary, model):
    """Mean, second and fourth moment about the model's mean, in exact standard errors."""
    m = sum_moments(model)
    shift = (model.mean - summary.location) / summary.scale
    raw = summary.raw_moments
    found = [
        summary.scale**k
        * math.fsum(math.comb(k, j) * (-shift) ** (k - j) * raw[j] for j in range(k + 1))
        for k in (1, 2, 4)
    ]
    expected = [0.0, model.variance, (3.0 + theoretical_excess_kurtosis(model)) * m[2] ** 2]
    spread = [m[2], m[4] - m[2] ** 2, m[8] - m[4] ** 2]
    # Moments that are certain, as of a sign, are right to single precision.
    rounding = [1e-6 * math.sqrt(m[2]), 1e-6 * m[2], 1e-6 * m[4]]
    return [
        abs(a - b) / max(math.sqrt(max(v, 0.0) / summary.count), r)
        for a, b, v, r in zip(found, expected, spread, rounding, strict=True)
    ]


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_moments_agree_with_theory(law):
    """Every nonlinearity with each kind of weights, at one of the sizes in turn."""
    worst = {}
    for turn, (_, phi) in enumerate(pairs([law])):
        for shift, kind in enumerate(("normal", "fixed")):
            n = SIZES[(turn + shift) % len(SIZES)]
            model = clt.WeightedSum(n, law, phi, weights(kind, n))
            worst[str(model)] = max(deviations(clt.simulate(model, DRAWS, seed=17), model))
    assert {name: value for name, value in worst.items() if not value < LIMIT} == {}


def test_only_pairs_that_grow_are_left_out():
    left_out = [pair for pair in itertools.product(LAWS, PHIS) if moments(*pair) is None]
    assert all(max(phi.growth) > 0.0 for _, phi in left_out)
    assert len(left_out) < len(LAWS) * len(PHIS) / 5


@pytest.mark.parametrize("law", ["normal", "exponential", "sparse", "beta", "discrete"])
def test_two_routes_to_the_moments_agree(law):
    law = clt.laws.get(law)
    for _, phi in pairs([law]):
        for k in (1, 2, 4):
            exact = expectation(law, phi, k)
            assert moments(law, phi)[k] == pytest.approx(exact, rel=2e-5, abs=1e-9)


def test_two_routes_to_the_kurtosis_agree():
    for (law, phi), n, kind in itertools.product(pairs()[::4], (2, 5), ("normal", "fixed")):
        model = clt.WeightedSum(n, law, phi, weights(kind, n))
        m = sum_moments(model)
        exact = m[4] / m[2] ** 2 - 3.0
        assert exact == pytest.approx(theoretical_excess_kurtosis(model), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_certain_terms_have_a_certain_sum(law):
    certain = [phi for phi in PHIS if moments(law, phi) is not None and not is_random(law, phi)]
    for phi in certain:
        model = clt.WeightedSum(5, law, phi, weights=2.0)
        summary = clt.simulate(model, 1000, seed=17)
        assert summary.variance.value == 0.0
        assert summary.mean.value == pytest.approx(model.mean, rel=1e-6, abs=1e-6)
        assert summary.minimum == summary.maximum


def test_three_per_cent_of_variance_are_noticed():
    model = clt.WeightedSum(64, "normal", "relu", "normal")
    wrong = clt.WeightedSum(64, "normal", "relu", f"normal(sd={math.sqrt(1.03)})")
    summary = clt.simulate(wrong, DRAWS, seed=17)
    assert deviations(summary, model)[1] > LIMIT
    assert max(deviations(summary, wrong)) < LIMIT


@pytest.mark.parametrize("bias", [1e9, -1e9])
def test_a_large_bias_takes_no_digits_from_the_sums(bias):
    model = clt.WeightedSum(4)
    summary = clt.simulate(clt.WeightedSum(4, bias=bias), 10_000, seed=1)
    alone = clt.simulate(model, 10_000, seed=1)
    assert summary.variance == alone.variance
    assert summary.excess_kurtosis == alone.excess_kurtosis
    assert summary.mean.value == pytest.approx(bias + alone.mean.value, rel=1e-15)
    assert np.array_equal(summary.histogram.counts, alone.histogram.counts)


def test_an_offset_at_the_limit_does_not_show():
    """Rounding of 32 offsets against the distance of normal draws: 4 errors, false alarm 6e-5."""
    model = clt.WeightedSum(31, "normal(mean=1000.0)", weights=1.0)
    summary = clt.simulate(model, 1_000_000, seed=1)
    distance = clt.gaussianity(summary, measures=["kolmogorov"])["kolmogorov"]
    assert distance.value < 4 * distance.stderr
