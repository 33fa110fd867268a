"""Frozen distributions of scipy.stats, wherever a model takes a law."""

from __future__ import annotations

import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.models import RandomScale

GUMBEL = clt.laws.Scipy("gumbel_r", scale=2.0)


@pytest.mark.parametrize("part", ["inputs", "weights", "bias"])
def test_parts_of_a_sum(part):
    model = clt.WeightedSum(3, **{part: stats.gumbel_r(scale=2)})
    assert getattr(model, part) == GUMBEL
    assert model == clt.WeightedSum(3, **{part: GUMBEL})
    assert clt.WeightedSum.from_dict(model.to_dict()) == model


def test_the_factor_of_a_random_scale():
    dependence = RandomScale(stats.gumbel_r(scale=2))
    assert dependence.factor == GUMBEL
    model = clt.WeightedSum(3, dependence=dependence)
    assert clt.WeightedSum.from_dict(model.to_dict()) == model


def test_others_are_refused():
    with pytest.raises(ValueError, match="unknown univariate distribution"):
        clt.WeightedSum(3, inputs=stats.multivariate_normal())
    with pytest.raises(TypeError):
        clt.WeightedSum(3, bias=stats.gumbel_r)
