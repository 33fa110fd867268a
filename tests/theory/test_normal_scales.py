from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from clt_sim.theory.normal_scales import distance_of_scale


@pytest.mark.parametrize("sd", [0.3, 0.99, 1.01, math.sqrt(2.0), 7.0])
def test_the_distance_of_the_scale_is_that_of_two_normal_laws(sd):
    x = np.linspace(-10.0, 10.0, 400_001)
    brute_force = np.abs(stats.norm.cdf(x, scale=sd) - stats.norm.cdf(x)).max()
    assert distance_of_scale(sd) == pytest.approx(brute_force, rel=1e-6)


def test_the_distance_of_no_scale_is_0():
    assert distance_of_scale(1.0) == 0.0


def test_a_scale_and_its_inverse_are_as_far():
    assert distance_of_scale(3.0) == pytest.approx(distance_of_scale(1.0 / 3.0), rel=1e-14)


@pytest.mark.parametrize("sd", [0.0, -1.0, math.inf])
def test_what_is_no_scale_is_refused(sd):
    with pytest.raises(ValueError, match="sd must be"):
        distance_of_scale(sd)
