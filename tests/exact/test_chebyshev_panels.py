from __future__ import annotations

import numpy as np
import pytest

from clt_sim.exact.chebyshev_panels import ChebyshevPanels

FUNCTIONS = {
    "entire": lambda u: np.exp(np.sin(3.0 * u)),
    "pole nearby": lambda u: 1.0 / (1.0 + 400.0 * u * u),
    "waves": lambda u: np.cos(60.0 * u),
    "tail": lambda u: np.exp(-8.0 * (u - 1.0)),
}
POINTS = np.linspace(-1.0, 2.0, 1009)


def panels_of(*functions, edges=(-1.0, 2.0), noise=0.0):
    return ChebyshevPanels.of(
        lambda u: np.stack([f(u) for f in functions]), np.asarray(edges, np.float64), noise
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_smooth_functions(name):
    function = FUNCTIONS[name]
    panels = panels_of(function)
    exact = function(POINTS)
    assert np.max(np.abs(panels.at(POINTS)[0] - exact)) < 3e-13 * np.max(np.abs(exact))
    assert panels.error <= 1e-13 * np.max(np.abs(exact))


def test_functions_share_the_panels():
    panels = panels_of(*FUNCTIONS.values())
    exact = np.stack([function(POINTS) for function in FUNCTIONS.values()])
    assert panels.coefficients.shape[0] == len(FUNCTIONS)
    assert panels.coefficients.shape[1] == panels.edges.size - 1
    assert np.max(np.abs(panels.at(POINTS) - exact)) < 3e-13 * np.max(np.abs(exact))


def test_polynomials_of_degree_15_take_one_panel():
    polynomial = np.polynomial.Polynomial([1.0, -2.0, *([0.0] * 11), 0.5])
    panels = panels_of(polynomial)
    np.testing.assert_array_equal(panels.edges, [-1.0, 2.0])
    scale = np.max(np.abs(polynomial(POINTS)))
    assert np.max(np.abs(panels.at(POINTS)[0] - polynomial(POINTS))) < 1e-14 * scale


def test_jumps_at_edges_cost_nothing():
    panels = panels_of(np.sign, edges=[-1.0, 0.0, 2.0])
    assert panels.edges.size == 3
    u = POINTS[POINTS != 0.0]
    np.testing.assert_allclose(panels.at(u)[0], np.sign(u), rtol=1e-14)


def test_jumps_elsewhere_are_closed_in_upon():
    place = 0.3
    panels = panels_of(lambda u: np.where(u < place, 0.0, 1.0))
    assert np.min(np.diff(panels.edges)) < 1e-11
    away = POINTS[np.abs(POINTS - place) > 1e-3]
    np.testing.assert_allclose(panels.at(away)[0], away > place, atol=1e-12)
    assert panels.error < 1e-10


def test_a_branch_point_states_its_error():
    panels = panels_of(lambda u: np.sqrt(np.abs(u)))
    away = POINTS[np.abs(POINTS) > 1e-6]  # at it the error is the root of the last width
    errors = np.abs(panels.at(away)[0] - np.sqrt(np.abs(away)))
    assert np.mean(errors) < 1e-13 + 10.0 * panels.error


def test_no_panels_are_spent_on_noise():
    draws = np.random.default_rng(0)
    clean = panels_of(FUNCTIONS["entire"])
    noisy = panels_of(
        lambda u: FUNCTIONS["entire"](u) + 1e-10 * draws.standard_normal(u.shape), noise=1e-9
    )
    assert noisy.edges.size <= clean.edges.size
    assert np.max(np.abs(noisy.at(POINTS)[0] - FUNCTIONS["entire"](POINTS))) < 1e-8


def test_ends_of_the_interval():
    panels = panels_of(FUNCTIONS["entire"])
    ends = np.array([-1.0, 2.0])
    np.testing.assert_allclose(panels.at(ends)[0], FUNCTIONS["entire"](ends), rtol=1e-13)
    assert panels.at(ends[:0]).shape == (1, 0)
