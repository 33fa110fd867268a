"""Integrals of Legendre series times exponentials, against quadrature by many points."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim._array_kernels.wave_integrals import wave_integrals


def drawn(seed, panels, orders):
    rng = np.random.default_rng(seed)
    low = rng.normal(size=panels)
    high = low + rng.uniform(0.5, 1.0, panels) * rng.choice([-1.0, 1.0], panels)
    return low, high, rng.normal(size=(panels, orders))


def by_quadrature(s, offset, low, high, coefficients):
    """Return the integral over one panel by a rule that is exact for it."""
    x, weights = np.polynomial.legendre.leggauss(120)
    y = 0.5 * (low + high) + 0.5 * (high - low) * x
    series = np.polynomial.legendre.legval(x, coefficients)
    return weights @ (series * np.exp(s * y - offset))


@pytest.mark.parametrize("panels", [1, 3])
def test_integrals_by_quadrature(panels):
    low, high, series = drawn(panels, panels, 20)
    s = 0.7 + 1j * np.array([-120.0, 90.0])
    found = wave_integrals(s, 1.5, low, high, series)
    for value, here in zip(found, s.tolist(), strict=True):
        parts = zip(low.tolist(), high.tolist(), series.tolist(), strict=True)
        assert abs(value - sum(by_quadrature(here, 1.5, *part) for part in parts)) < 1e-13


def test_panels_are_summed_in_any_number():
    low, high, series = drawn(5, 150, 20)
    s = -0.2 + 1j * np.linspace(90.0, 120.0, 7)
    single = [
        wave_integrals(s, 0.0, low[i : i + 1], high[i : i + 1], series[i : i + 1])
        for i in range(low.size)
    ]
    np.testing.assert_allclose(
        wave_integrals(s, 0.0, low, high, series), np.sum(single, axis=0), rtol=0, atol=1e-14
    )


def test_no_panels_and_no_frequencies():
    low, high, series = drawn(1, 2, 4)
    assert wave_integrals(np.array([1.0 + 9j]), 0.0, low[:0], high[:0], series[:0]).tolist() == [0]
    assert wave_integrals(np.empty(0, complex), 0.0, low, high, series).size == 0


def test_tiny_frequencies_of_wide_panels():
    low, high, series = drawn(2, 3, 20)
    s = 1j * np.array([90.0, -120.0])
    expected = wave_integrals(s, 0.0, low, high, series)
    found = wave_integrals(s * 2.0**-700, 0.0, low * 2.0**700, high * 2.0**700, series)
    np.testing.assert_array_equal(found, expected)
