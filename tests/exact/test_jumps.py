"""Jumps of densities: asymptotic series of transforms, and inversion without them."""

from __future__ import annotations

import importlib
import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

import clt_sim as clt
from clt_sim.exact.jump_line import JumpLine
from clt_sim.exact.jumps import MOST_PLACES, ORDER, Jumps, of_panels, product
from clt_sim.exact.law_transform import ClosedTransform
from clt_sim.exact.sum_transform import sum_transform
from clt_sim.laws import Exponential, Laplace, Uniform

METHOD = "characteristic-function"
DEPENDENT = "equicorrelated(correlation=0.5)"


def inverted(n: int, **options):
    return clt.exact(clt.WeightedSum(n, **{"weights": 1.0, **options}), method=METHOD)


def series_at(jumps: Jumps, s: complex) -> complex:
    powers = s ** -np.arange(ORDER + 1.0)
    return complex(np.exp(s * jumps.places) @ (jumps.coefficients @ powers))


def test_of_uniform_numbers():
    """``((exp(s) - 1)/s)**n`` is the whole transform."""
    jumps = ClosedTransform(Uniform(0.0, 1.0)).jumps(1.0).power(5)
    np.testing.assert_allclose(jumps.places, np.arange(6.0))
    expected = [math.comb(5, k) * (-1) ** (5 - k) for k in range(6)]
    np.testing.assert_allclose(jumps.coefficients[:, 5], expected)
    assert not jumps.coefficients[:, [0, 1, 2, 3, 4, 6, 7, 8]].any()


@pytest.mark.parametrize("law", [Uniform(-1.0, 3.0), Exponential(scale=2.0), Laplace(1.0, 0.5)])
@pytest.mark.parametrize("unit", [0.7, -2.0])
def test_of_closed_transforms(law, unit):
    jumps, s = ClosedTransform(law).jumps(unit), 40.0j * unit
    exact = complex(np.exp(ClosedTransform(law).log(np.array([s / unit]))[0]))
    assert series_at(jumps, s) == pytest.approx(exact, rel=1e-8)


def test_of_panels_with_a_density():
    """The normal density on [-1, 1/2] in two panels, against its integral."""
    edges = np.array([-1.0, -0.3, 0.5])
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half, middle = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    density = stats.norm.pdf(middle[:, None] + half[:, None] * nodes) * half[:, None]
    basis = np.polynomial.legendre.legvander(nodes, 19) * (np.arange(20) + 0.5)
    series = (density * weights) @ basis
    jumps = of_panels(edges[:-1], edges[1:], series, [-1.0, 0.5])
    assert jumps.places.tolist() == [-1.0, 0.5]
    for s in (25.0j, 3.0 + 50.0j):
        exact = complex(mp.quad(lambda x, s=s: mp.npdf(x) * mp.exp(s * x), np.linspace(-1, 0.5, 9)))
        assert series_at(jumps, s) == pytest.approx(exact, abs=400.0 * abs(s) ** -9 * math.exp(2))
    narrow = np.array([-1.0, -0.9999, 0.5])
    assert of_panels(narrow[:-1], narrow[1:], series, [-1.0]) is None
    assert of_panels(edges[:-1], edges[1:], np.full_like(series, np.nan), [-1.0]) is None


def test_too_many_places_are_not_followed():
    two = Jumps.of_atoms({0.0: 0.5, 1.0: 0.5})
    assert two.power(MOST_PLACES - 1).places.size == MOST_PLACES
    assert two.power(MOST_PLACES) is None
    assert product([two, None]) is None


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_functions_on_a_line_have_the_transform(side):
    coefficients = np.zeros((2, ORDER + 1))
    coefficients[:, 1:4] = [[0.3, -1.0, 2.0], [-0.2, 0.5, 1.0]]
    line = JumpLine.of(Jumps(np.array([-1.0, 0.5]), coefficients), side * 0.4, 0.1, 0.8, side)
    t = np.array([0.0, 0.7, 3.0])
    expected = line.transform(t, 0.0)
    places = [*line.places.tolist(), 60.0, -60.0]
    grid = np.unique(np.concatenate([np.linspace(-60.0, 60.0, 1001), places]))
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(grid)[:, None]
    y = (0.5 * (grid[1:] + grid[:-1])[:, None] + half * nodes).ravel()
    values = line.functions(y) * (half * weights).ravel()
    np.testing.assert_allclose(values @ np.exp(1j * np.outer(y, t)), expected, atol=1e-11)


def test_the_rest_of_a_transform_falls_fast():
    """Like a power -9; the transform itself like the first."""
    transform = sum_transform(clt.WeightedSum(3, nonlinearity="hard-tanh", weights=1.0)).transform
    jumps = transform.jumps(1.0)
    rest = []
    for t in (40.0, 80.0):
        exact = complex(np.exp(transform.log(np.array([0.3 + 1j * t]))[0]))
        rest.append(abs(exact - series_at(jumps, 0.3 + 1j * t)))
        assert abs(exact) > 1e-4
    assert rest[1] < 1e-12
    assert rest[1] < 2.0**-7 * rest[0]


def clipped_pair(r: float, x: float) -> float:
    """P(h(u) + h(v) > x) for clipped normal u and v, by an integral over u."""
    spread = math.sqrt(1.0 - r * r)

    def integrand(u):
        rest = x - min(max(u, -1.0), 1.0)
        given = (
            1.0 if rest < -1.0 else 0.0 if rest >= 1.0 else stats.norm.sf((rest - r * u) / spread)
        )
        return stats.norm.pdf(u) * given

    breaks = sorted({-40.0, -1.0, 1.0, 40.0, *(y for y in (x - 1.0, x + 1.0) if abs(y) < 1.0)})
    parts = itertools.pairwise(breaks)
    return sum(integrate.quad(integrand, a, b, epsabs=1e-14, limit=200)[0] for a, b in parts)


@pytest.mark.parametrize(("r", "dependence"), [(0.0, None), (0.5, DEPENDENT)])
def test_two_clipped_numbers(r, dependence):
    law = inverted(2, nonlinearity="hard-tanh", dependence=dependence)
    assert law.error < 1e-12
    assert law.relative_error < 1e-7
    for x in (-1.5, -0.3, 0.4, 1.0, 1.9):
        assert float(law.sf(x)) == pytest.approx(clipped_pair(r, x), abs=1e-12)
    assert law.kinks == (0.0,)
    assert law.support == (-2.0, 2.0)


def test_eight_clipped_numbers():
    law = inverted(8, nonlinearity="hard-tanh", dependence=DEPENDENT)
    assert law.error < 1e-12
    x = np.linspace(0.1, 7.9, 20)
    np.testing.assert_allclose(law.sf(x), law.cdf(-x), atol=1e-13)  # symmetric
    assert law.moment(2) == pytest.approx(law.variance, rel=1e-12)
    edges = np.arange(-8.0, 9.0)
    body = sum(
        integrate.quad(lambda y: y * y * float(law.pdf(y)), a, a + 1.0)[0] for a in edges[:-1]
    )
    atoms = sum(mass * place**2 for place, mass in law.atoms.items())
    assert body + atoms == pytest.approx(law.variance, rel=1e-9)


def test_one_uniform_number():
    law = inverted(1, inputs="uniform(low=0,high=2)")
    x = np.array([0.1, 0.5, 1.7])
    np.testing.assert_allclose(law.cdf(x), 0.5 * x, atol=1e-13)
    np.testing.assert_allclose(law.pdf(x), 0.5, atol=1e-11)


def test_a_steep_side():
    """The leaky ReLU with the slope 0.01: density and derivatives jump by factors of 100 at 0."""
    law = inverted(1, nonlinearity="leaky-relu")
    assert law.error < 1e-12
    for x in (-0.02, -1e-4, 0.3, 2.0):
        expected = stats.norm.cdf(x / 0.01 if x < 0.0 else x)
        assert float(law.cdf(x)) == pytest.approx(expected, rel=1e-11)


def test_without_the_jumps_the_transform_falls_slowly(monkeypatch):
    """Negative control."""
    module = importlib.import_module("clt_sim.exact.tilted_line")

    class Nothing:
        of = staticmethod(lambda *_: None)

    monkeypatch.setattr(module, "JumpLine", Nothing)
    assert inverted(2, nonlinearity="hard-tanh").error > 1e-6


@pytest.mark.parametrize("weights", [1e-300, (1e-300, 1.0, 1e300), (1e-30, 1.0, 1e30)])
def test_scales_at_the_ends_of_floats(weights):
    """Without overflow; the largest weights are all that matters."""
    law = inverted(3, inputs="laplace", weights=weights)
    largest = np.max(weights)
    if np.ndim(weights):
        expected = float(Laplace().cdf(-1.5))
        assert float(law.cdf(-1.5 * largest)) == pytest.approx(expected, rel=1e-11)
    else:
        three = inverted(3, inputs="laplace")
        assert float(law.cdf(-1.5 * largest)) == pytest.approx(float(three.cdf(-1.5)), rel=1e-11)
