from __future__ import annotations

import numpy as np
import pytest

from clt_sim.exact.end_series import EndSeries

DISTANCE = np.linspace(0.05, 0.5, 40)


def tail_and_density(distance, power):
    """A power times a smooth function, and its derivative."""
    tail = distance**power * np.exp(0.3 - 0.5 * distance)
    return tail, np.exp(0.3 - 0.5 * distance) * (power - 0.5 * distance) * distance ** (power - 1.0)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5, 2.5])
def test_a_power_times_a_smooth_function_is_followed_to_its_end(power):
    tail, density = tail_and_density(DISTANCE, power)
    series = EndSeries.of(DISTANCE, density, tail)
    assert series.power == power
    nearer = np.array([1e-12, 1e-6, 1e-3, 0.3])
    expected = tail_and_density(nearer, power)
    np.testing.assert_allclose(series.density_and_tail(nearer)[::-1], expected, rtol=1e-10)


def test_the_last_place_before_the_end_has_no_overflow_but_a_pole():
    tail, density = tail_and_density(DISTANCE, 0.5)
    series = EndSeries.of(DISTANCE, density, tail)
    nearest = series.density_and_tail(np.array([5e-324]))
    assert np.all(nearest >= 0.0)
    assert nearest[0, 0] > 1e150


@pytest.mark.parametrize("power", [-1.0, -90.0])
def test_a_tail_that_grows_towards_the_end_has_no_series(power):
    tail, density = tail_and_density(DISTANCE, power)
    assert EndSeries.of(DISTANCE, np.abs(density), tail) is None


def test_a_tail_that_falls_fast_needs_no_series():
    tail, density = tail_and_density(DISTANCE, 3.0)
    assert EndSeries.of(DISTANCE, density, tail) is None


def test_another_form_is_refused():
    assert (
        EndSeries.of(DISTANCE, np.exp(-1.0 / DISTANCE) / DISTANCE**2, np.exp(-1.0 / DISTANCE))
        is None
    )
