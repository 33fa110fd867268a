"""Tables of quantile functions whose kinks are not known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim._kernels import tables
from clt_sim.engine.quantile_table import quantile_table

HIDDEN = {
    "trapezoid": stats.trapezoid(0.2, 0.7),
    "triang": stats.triang(0.3),
    "laplace-asymmetric": stats.laplace_asymmetric(2.0),
    "gennorm": stats.gennorm(0.5),
    "crystalball": stats.crystalball(2, 3),
}
DRAWS = 2**24


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("kind", [tables.SINGLE, tables.DOUBLE], ids=["single", "double"])
def test_pieces_make_up_the_law(name, kind):
    table = quantile_table(clt.laws.get(HIDDEN[name]), kind)
    assert math.fsum(table.masses) == pytest.approx(1.0, abs=1e-15)
    assert table.cells.shape == (table.masses.size * tables.CELLS, kind.coefficients)
    if kind is tables.DOUBLE:
        assert 2 <= table.masses.size <= 8


def test_smooth_laws_have_one_piece():
    assert quantile_table(clt.laws.get(stats.gumbel_r()), tables.DOUBLE).masses.size == 1


@pytest.mark.parametrize("precision", ["single", "double"])
def test_draws_of_a_law_with_hidden_kinks(precision):
    """Pearson's chi-square over 1000 equally likely bins: a false alarm in 1e-4 of seeds."""
    frozen = HIDDEN["trapezoid"]
    model = clt.WeightedSum(1, frozen, weights=1.0)
    draws = clt.sample(model, DRAWS, seed=5, precision=precision)
    bins = 1000
    counts = np.histogram(draws, frozen.ppf(np.linspace(0.0, 1.0, bins + 1)))[0]
    assert stats.chisquare(counts).pvalue > 1e-4
    other = stats.trapezoid(0.2, 0.71)  # the negative control
    counts = np.histogram(draws, other.ppf(np.linspace(0.0, 1.0, bins + 1)))[0]
    assert stats.chisquare(counts).pvalue < 1e-4


def test_laws_that_need_too_many_pieces_are_refused():
    rng = np.random.default_rng(2)
    knots = np.cumsum(rng.random(200))
    heights = np.tile([1.0, 3.0], 100)[:-1]
    mass = np.concatenate([[0.0], np.cumsum(heights * np.diff(knots))])

    class Hidden(clt.laws.Uniform):
        """Steps that the law does not tell of."""

        def quantile(self, p):
            return np.interp(p, mass / mass[-1], knots)

    with pytest.raises(ValueError, match="cannot be drawn: a table of its quantile function"):
        quantile_table(Hidden(), tables.DOUBLE)
