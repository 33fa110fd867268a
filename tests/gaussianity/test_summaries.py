"""Measures of summaries: against the exact law and against the same draws, sorted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

import clt_sim as clt
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.measures.spacings import SpacingNegentropy
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.binned import BinnedDraws

OF_SORTED_DRAWS = {
    name for name, measure in MEASURES.items() if isinstance(measure, SpacingNegentropy)
}
OF_DENSITIES = {"total-variation", "hellinger", "negentropy"}
OF_SHAPE = {"negentropy-maxent", "negentropy-maxent-abs", "negentropy-cumulant"}
OF_DRAWS = [name for name in MEASURES if name not in OF_SORTED_DRAWS | OF_DENSITIES]
DRAWS = 200_000

WITH_EXACT_LAWS = {
    "wikipedia 1": clt.WeightedSum(n=1, inputs="wikipedia", weights=1.0),
    "wikipedia 2": clt.WeightedSum(n=2, inputs="wikipedia", weights=1.0),
    "uniform 1": clt.WeightedSum(n=1, inputs="uniform", weights=1.0),
    "uniform 2": clt.WeightedSum(n=2, inputs="uniform", weights=[1.0, 3.0]),
    "uniform 3": clt.WeightedSum(n=3, inputs="uniform", weights=[1.0, 0.5, 0.25], bias=2.0),
}
ALL_KINDS = {
    **WITH_EXACT_LAWS,
    "exponential": clt.WeightedSum(n=2, inputs="exponential", weights=1.0),
    "heavy": clt.WeightedSum(n=1, inputs="laplace", weights="laplace"),
    "lattice": clt.WeightedSum(n=5, inputs="rademacher", weights=1.0),
    "fine lattice": clt.WeightedSum(n=400, inputs="rademacher", weights=1.0),
    "atom at 0": clt.WeightedSum(n=2, inputs="normal", nonlinearity="relu", weights="normal"),
}


def _worst(model, law_of, *, standardize=True):
    """Return the largest |difference|/error over measures and three seeds."""
    law = gaussianity(clt.exact(law_of), standardize=standardize)
    worst = 0.0
    for seed in (1, 2, 3):
        summary = clt.simulate(model, DRAWS, seed=seed)
        report = gaussianity(summary, standardize=standardize)
        for name in report:
            gap = abs(report[name].value - law[name].value)
            worst = max(worst, gap / math.hypot(report[name].stderr, law[name].stderr))
    return worst


@pytest.mark.parametrize("name", WITH_EXACT_LAWS)
@pytest.mark.parametrize("standardize", [True, False])
def test_summary_agrees_with_the_exact_law(name, standardize):
    # 150 comparisons in all; beyond 4.5 sigma each has 7e-6: a false alarm in 1e-3 of seeds.
    model = WITH_EXACT_LAWS[name]
    assert _worst(model, model, standardize=standardize) < 4.5


def test_negative_control_a_law_that_is_nearly_right_is_told_apart():
    model = WITH_EXACT_LAWS["uniform 3"]
    other = clt.WeightedSum(n=3, inputs="uniform", weights=[1.0, 0.6, 0.25], bias=2.0)
    assert _worst(model, other) > 4.5


@pytest.mark.parametrize("name", ALL_KINDS)
@pytest.mark.parametrize("standardize", [True, False])
def test_summary_and_sorted_sample_of_the_same_draws(name, standardize):
    model = ALL_KINDS[name]
    summary = clt.simulate(model, 50_000, seed=4)
    draws = clt.sample(model, 50_000, seed=4)
    binned = gaussianity(summary, standardize=standardize)
    sample = gaussianity(draws, standardize=standardize)
    assert set(binned) == set(sample) - OF_SORTED_DRAWS
    assert set(binned) == {*OF_DRAWS} - (set() if standardize else OF_SHAPE)
    for measure in binned:
        # The draws are the same: what differs is resolution, which the error must cover.
        assert abs(binned[measure].value - sample[measure].value) < 1.5 * binned[measure].stderr
        assert binned[measure].stderr > 0.8 * sample[measure].stderr


@pytest.mark.parametrize(
    "measure", ["kolmogorov", "wasserstein-1", "wasserstein-2", "negentropy-maxent"]
)
def test_resolution_is_a_small_part_of_the_error_for_a_smooth_law(measure):
    model = ALL_KINDS["exponential"]
    binned = gaussianity(clt.simulate(model, 50_000, seed=5))[measure]
    sample = gaussianity(clt.sample(model, 50_000, seed=5))[measure]
    assert binned.stderr == pytest.approx(sample.stderr, rel=0.15)


def test_kolmogorov_of_a_lattice_takes_both_limits():
    model = ALL_KINDS["lattice"]
    estimate = gaussianity(clt.simulate(model, DRAWS, seed=1))["kolmogorov"]
    # P(S <= 1) = 13/16 at z = 1/sqrt 5, from the left 1/2
    left = float(ndtr(1.0 / math.sqrt(5.0))) - 0.5
    assert abs(estimate.value - left) < 4.5 * estimate.stderr
    edges_only = 0.5 * left
    assert abs(estimate.value - edges_only) > 10.0 * estimate.stderr


def test_draws_outside_the_bins_are_kept():
    summary = clt.simulate(ALL_KINDS["heavy"], 100_000, seed=2)
    assert summary.histogram.underflow > 0
    assert summary.histogram.overflow > 0
    binned = BinnedDraws.of(summary, standardize=True)
    assert binned.mass.sum() == pytest.approx(1.0, abs=1e-12)
    sd = math.sqrt(summary.variance.value)
    assert binned.edges[0] == pytest.approx((summary.minimum - summary.mean.value) / sd)
    assert binned.edges[-1] == pytest.approx((summary.maximum - summary.mean.value) / sd)
    assert binned.outer_spread() > 0.0
    coarser = binned.coarser()
    assert coarser.mass.size == 1024 + 2
    assert coarser.mass[[0, -1]] == pytest.approx(binned.mass[[0, -1]])
    assert coarser.mass[1] == pytest.approx(binned.mass[1:3].sum())
    assert np.isin(coarser.edges, binned.edges).all()


def test_moments_are_those_of_the_summary():
    summary = clt.simulate(ALL_KINDS["heavy"], 10_000, seed=2)
    report = gaussianity(summary)
    assert report["skewness"] == summary.skewness
    assert report["excess-kurtosis"] == summary.excess_kurtosis
    assert report.ensemble == summary.ensemble
    assert report.route == "histogram of 2048 bins and moments of 10000 draws"
    assert set(report.unavailable) == OF_SORTED_DRAWS | OF_DENSITIES


@pytest.mark.parametrize("inputs", ["cauchy", "student-t(df=2)", "stable(alpha=1.5)"])
def test_models_without_a_variance(inputs):
    summary = clt.simulate(clt.WeightedSum(n=2, inputs=inputs, weights=1.0), 20_000, seed=1)
    shape, raw = gaussianity(summary), gaussianity(summary, standardize=False)
    assert not shape.estimates
    assert "no finite mean and variance" in shape.unavailable["kolmogorov"]
    assert {"kolmogorov", "kuiper", "cramer-von-mises", "epps-pulley"} <= set(raw)
    assert set(raw) <= set(OF_DRAWS) - {"skewness", "l-skewness", "negentropy-maxent"}
    assert "no finite mean and variance" in raw.unavailable["skewness"]
    assert summary.variance.stderr == summary.skewness.stderr == math.inf
    if inputs == "cauchy":
        assert "is infinite: the model has no finite mean" in raw.unavailable["wasserstein-1"]
        # F(x) - Phi(x) of 2 Cauchy variables is largest where the densities meet.
        exact = gaussianity(clt.laws.Cauchy(scale=2.0), standardize=False)["kolmogorov"]
        assert abs(raw["kolmogorov"].value - exact.value) < 4.5 * raw["kolmogorov"].stderr


def test_models_with_just_a_variance_are_measured():
    model = clt.WeightedSum(n=2, inputs="student-t(df=2.5)", weights=1.0)
    assert set(gaussianity(clt.simulate(model, 20_000, seed=1))) == set(OF_DRAWS)


def test_constant_draws_and_too_few():
    model = clt.WeightedSum(n=1, inputs="uniform", weights=1.0)
    with pytest.raises(ValueError, match="x must not be constant; all 1 draws"):
        gaussianity(clt.simulate(model, 1))
    report = gaussianity(clt.simulate(model, 2), measures=OF_DRAWS)
    assert not report.estimates
    assert "there are 2" in report.unavailable["kolmogorov"]
    assert set(MEASURES) >= set(report.unavailable)
