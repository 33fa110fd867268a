"""Histograms, the grids they stand on, and the distribution function read off them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.summaries import Grid
from clt_sim.summaries.histogram import BINS, HALF_RANGE

DRAWS = 100_000
P = np.array([0.0, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.9, 0.999, 1.0])
MODELS = [
    clt.WeightedSum(1, "exponential", weights=1.0),
    clt.WeightedSum(1, "exponential", weights=-4.0, bias=1.0),
    clt.WeightedSum(1, "normal", "relu", "laplace"),
    clt.WeightedSum(3, "rademacher", weights=1.0),
    clt.WeightedSum(64, "normal", "tanh", "normal"),
]
means = st.floats(-1e12, 1e12)
sds = st.floats(1e-12, 1e12)


@given(means, sds)
def test_the_scale_is_the_least_power_of_two_above_the_deviation(mean, sd):
    grid = Grid.around(mean, sd)
    assert math.frexp(grid.scale)[0] == 0.5
    assert sd <= grid.scale < 2.0 * sd


@given(means, sds)
def test_the_location_is_the_nearest_multiple_of_a_sixteenth(mean, sd):
    grid = Grid.around(mean, sd)
    assert (grid.location / grid.scale * 16.0).is_integer()
    assert abs(grid.location - mean) <= grid.scale / 32.0 * (1.0 + 1e-12)


@given(st.floats(-100.0, 100.0), st.floats(0.01, 100.0))
def test_last_bits_do_not_move_the_grid(mean, sd):
    scale = Grid.around(mean, sd).scale
    place = mean / scale * 16.0
    # Away from the ties, where any rounding has to decide.
    if abs(place % 1.0 - 0.5) > 1e-6 and abs(sd / scale - 1.0) > 1e-6 and sd / scale > 0.5 + 1e-6:
        for factor in (1.0 - 1e-12, 1.0 + 1e-12):
            assert Grid.around(mean * factor, sd * factor) == Grid.around(mean, sd)


def test_powers_of_two_are_their_own_scale():
    assert Grid.around(0.0, 0.25) == Grid(0.0, 0.25)
    assert Grid.around(0.0, np.nextafter(0.25, 1.0)).scale == 0.5
    assert Grid.around(2.5, 0.0) == Grid(2.5, 1.0)


def test_edges_are_exact():
    edges = Grid(3.0, 2.0).edges
    assert edges.shape == (BINS + 1,)
    assert (edges[0], edges[-1]) == (3.0 - 2.0 * HALF_RANGE, 3.0 + 2.0 * HALF_RANGE)
    assert np.all(np.diff(edges) == 2.0 * 2.0 * HALF_RANGE / BINS)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_counts_inside_and_outside_are_those_of_the_sample(model):
    histogram = clt.simulate(model, DRAWS, seed=1).histogram
    x, edges = clt.sample(model, DRAWS, seed=1), histogram.edges
    assert histogram.underflow == np.sum(x < edges[0])
    assert histogram.overflow == np.sum(x >= edges[-1])
    assert histogram.total == DRAWS


def test_what_lies_outside_is_counted_on_the_right_side():
    above, below = (clt.simulate(model, DRAWS).histogram for model in MODELS[:2])
    assert above.underflow == 0 < above.overflow
    assert below.overflow == 0 < below.underflow


@pytest.mark.parametrize("merge", [1, 2, 64, 2048])
def test_densities_sum_to_the_share_inside(merge):
    histogram = clt.simulate(MODELS[0], DRAWS).histogram
    edges, densities = histogram.density(merge)
    assert edges.shape == (BINS // merge + 1,)
    assert densities.shape == (BINS // merge,)
    inside = 1.0 - (histogram.underflow + histogram.overflow) / DRAWS
    assert inside < 1.0
    assert (densities * np.diff(edges)).sum() == pytest.approx(inside, rel=1e-12)


@pytest.mark.parametrize("merge", [0, -1, 3, 4096])
def test_bins_that_cannot_be_merged(merge):
    with pytest.raises(ValueError, match=f"merge must divide 2048, not be {merge}"):
        clt.simulate(MODELS[0], 100).histogram.density(merge)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_cdf_is_right_to_the_width_of_a_bin(model):
    summary, x = clt.simulate(model, DRAWS, seed=2), np.sort(clt.sample(model, DRAWS, seed=2))
    inside = summary.histogram.edges[[0, -1]]
    width = summary.scale * 2.0 * HALF_RANGE / BINS
    points = np.linspace(*np.clip([x[0], x[-1]], *inside), 999)
    found = summary.cdf(points)
    assert np.all(found >= np.searchsorted(x, points - width, side="left") / DRAWS - 1e-12)
    assert np.all(found <= np.searchsorted(x, points + width, side="right") / DRAWS + 1e-12)
    assert np.all(np.diff(found) >= 0.0)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_cdf_at_the_edges_is_exact(model):
    summary, x = clt.simulate(model, DRAWS, seed=2), np.sort(clt.sample(model, DRAWS, seed=2))
    edges = summary.histogram.edges
    edges = edges[(edges > x[0]) & (edges < x[-1])]
    assert np.array_equal(summary.cdf(edges), np.searchsorted(x, edges, side="left") / DRAWS)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_quantiles_are_right_to_the_width_of_a_bin(model):
    summary, x = clt.simulate(model, DRAWS, seed=3), np.sort(clt.sample(model, DRAWS, seed=3))
    width = summary.scale * 2.0 * HALF_RANGE / BINS
    # Between the histogram's ends and the extremes there are no bins.
    outside = (summary.histogram.underflow / DRAWS, 1.0 - summary.histogram.overflow / DRAWS)
    p = np.array([0.0, *P[(outside[0] < P) & (outside[1] > P)], 1.0])
    found = summary.quantile(p)
    assert np.all(np.searchsorted(x, found + width, side="right") / DRAWS >= p)
    assert np.all(np.searchsorted(x, found - width, side="left") / DRAWS <= p)
    assert (found[0], found[-1]) == (x[0], x[-1])


def test_quantiles_agree_with_numpy():
    model = MODELS[-1]
    summary, x = clt.simulate(model, DRAWS), clt.sample(model, DRAWS)
    width = summary.scale * 2.0 * HALF_RANGE / BINS
    np.testing.assert_allclose(summary.quantile(P), np.quantile(x, P), atol=width)


def test_outside_of_everything():
    summary = clt.simulate(MODELS[0], DRAWS)
    assert summary.cdf([-math.inf, -1.0, summary.maximum, math.inf]).tolist() == [0, 0, 1, 1]
    assert np.all(np.isnan(summary.quantile([-0.1, 1.1, math.nan])))
    assert summary.cdf(1.0).shape == summary.quantile(0.5).shape == ()


def test_a_single_atom():
    summary = clt.simulate(clt.WeightedSum(1, weights=0.0, bias=2.5), 100)
    assert summary.cdf([2.4, 2.5, 2.6]).tolist() == [0.0, 1.0, 1.0]
    assert np.all(summary.quantile(P) == 2.5)
