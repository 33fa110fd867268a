"""Quadrature on panels against integrals in closed form."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from clt_sim._quadrature import graded_panels, integrate, legendre_rule


@pytest.mark.parametrize("degree", [0, 1, 20, 39])
def test_polynomials_are_exact_on_one_panel(degree):
    value = integrate(lambda x: x**degree, [], 0.0, 2.0)
    assert value == pytest.approx(2.0 ** (degree + 1) / (degree + 1), rel=1e-13)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("centre", [0.0, -7.0])
def test_scales(scale, centre):
    ends = graded_panels(centre * scale, scale)
    bell = integrate(lambda x: np.exp(-((x / scale - centre) ** 2)), ends, -np.inf, np.inf)
    assert bell == pytest.approx(scale * math.sqrt(math.pi), rel=1e-14)
    cauchy = integrate(lambda x: 1 / (1 + (x / scale - centre) ** 2), ends, -np.inf, np.inf)
    assert cauchy == pytest.approx(scale * math.pi, rel=1e-14)


def test_kinks_must_be_ends():
    value = integrate(np.abs, [0.1], -1.0, 2.0)
    assert value != pytest.approx(2.5, rel=1e-6)
    assert integrate(np.abs, [0.0], -1.0, 2.0) == pytest.approx(2.5, rel=1e-15)


def test_ends_outside_the_interval_do_not_matter():
    ends = [5.0, -3.0, *graded_panels(0.0, 1.0)]
    assert integrate(np.exp, ends, 0.0, 1.0) == pytest.approx(math.e - 1, rel=1e-15)


@pytest.mark.parametrize("count", [1, 2, 12, 16, 20])
def test_the_legendre_rule_is_rounded_correctly(count):
    """Against mpmath; NumPy's own weights are off by 1e-15."""
    nodes, weights = legendre_rule(count)
    with mp.workdps(40):
        for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
            x = mp.findroot(lambda t: mp.legendre(count, t), node)
            slope = count * (x * mp.legendre(count, x) - mp.legendre(count - 1, x)) / (x * x - 1)
            assert abs(x - node) <= 2.0**-53
            assert abs(2 / ((1 - x * x) * slope**2) - weight) <= 2.0**-53
