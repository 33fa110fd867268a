"""Sums of waves against mpmath, and against sums of NumPy's own functions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from clt_sim._array_kernels.wave_sums import damped_wave_sums, wave_sums


def drawn(seed, points):
    rng = np.random.default_rng(seed)
    masses = rng.uniform(size=points)
    return rng.normal(size=points), rng.exponential(size=points), masses / masses.sum()


@pytest.mark.parametrize("points", [1, 63, 64, 65, 200])
def test_sums_of_mpmath(points):
    """Phases are rounded once: an error of half a unit in their last place."""
    places, damping, masses = drawn(points, points)
    frequencies = np.array([0.0, -0.3, 7.0, 1e4])
    found = wave_sums(frequencies, places, masses)
    damped = damped_wave_sums(frequencies, places, 1e-4 * damping, masses)
    with mpmath.workdps(40):
        for f, plain, fallen in zip(frequencies.tolist(), found, damped, strict=True):
            waves = [
                m * mpmath.expj(mpmath.mpf(f) * x) for x, m in zip(places, masses, strict=True)
            ]
            sizes = [mpmath.exp(-(mpmath.mpf(f) ** 2) * mpmath.mpf(1e-4 * d)) for d in damping]
            both = mpmath.fsum(wave * size for wave, size in zip(waves, sizes, strict=True))
            bound = 2e-15 + 2.0**-52 * abs(f) * np.abs(places).max()
            assert abs(complex(mpmath.fsum(waves)) - plain) < bound
            assert abs(complex(both) - fallen) < 2.0 * bound


def test_what_falls_soon_is_nothing():
    places, damping, masses = drawn(1, 100)
    found = damped_wave_sums(np.array([0.0, 1e10]), places, damping + 1.0, masses)
    assert found[0] == pytest.approx(1.0, rel=1e-15)
    assert found[1] == 0.0


def test_slices_of_arrays():
    places, damping, masses = drawn(2, 300)
    frequencies = np.linspace(-3.0, 3.0, 14)
    expected = damped_wave_sums(
        frequencies[::2].copy(), places[::3].copy(), damping[::3].copy(), masses[::3].copy()
    )
    found = damped_wave_sums(frequencies[::2], places[::3], damping[::3], masses[::3])
    np.testing.assert_array_equal(found, expected)


def test_no_points_and_no_frequencies():
    empty, one = np.empty(0), np.ones(1)
    assert wave_sums(one, empty, empty).tolist() == [0.0]
    assert wave_sums(empty, one, one).size == 0
