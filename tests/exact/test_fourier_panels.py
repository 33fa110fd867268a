from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy.special import wofz

from clt_sim._array_kernels.filon import fourier_integrals, turns
from clt_sim.exact.fourier_panels import FourierPanels, panels_between

BESSEL_ARGUMENTS = np.concatenate(
    [10.0 ** np.arange(-12.0, 5.0), [0.05, np.nextafter(0.05, 0), np.pi, 16.0, 16.5, 4.4934], [0.3]]
)
SIZES = 10.0 ** np.arange(-6, 7)
FREQUENCIES = np.concatenate([-SIZES[::-1], [0.0], SIZES])
TOLERANCE = 1e-14
FAST_AND_SLOW = {
    "exponential": (lambda t: np.exp(-t), lambda y: 1.0 / (1.0 + 1j * y)),
    "normal": (
        lambda t: np.exp(-0.5 * t * t),
        lambda y: math.sqrt(0.5 * math.pi) * wofz(-y / math.sqrt(2.0)),
    ),
    "wave": (lambda t: np.exp((5j - 1.0) * t), lambda y: 1.0 / (1.0 + 1j * (y - 5.0))),
}


def expanded(*functions, noise=1e-15):
    return FourierPanels.of(
        lambda t: np.stack([np.asarray(f(t), np.complex128) for f in functions]),
        (TOLERANCE,) * len(functions),
        noise,
    )


@pytest.mark.parametrize("name", FAST_AND_SLOW)
def test_closed_forms_at_frequencies_of_thirteen_decades(name):
    function, exact = FAST_AND_SLOW[name]
    values = expanded(function).integrals(FREQUENCIES)[0]
    np.testing.assert_allclose(values, exact(FREQUENCIES), rtol=0.0, atol=2e-15)


def test_high_frequencies_are_right_to_relative_error():
    values = expanded(FAST_AND_SLOW["exponential"][0]).integrals(SIZES)[0]
    np.testing.assert_allclose(values, 1.0 / (1.0 + 1j * SIZES), rtol=1e-13)


def test_a_power_against_the_exponential_integral():
    """What is cut off is stated, and the rest is right."""
    panels = expanded(lambda t: (1.0 + t) ** -3.0)
    values = panels.integrals(FREQUENCIES)[0]
    exact = [
        0.5 if y == 0.0 else complex(mpmath.exp(1j * y) * mpmath.expint(3, 1j * y))
        for y in FREQUENCIES.tolist()
    ]
    cut = 0.5 * (1.0 + panels.end) ** -2.0
    assert cut < panels.remainder[0] < 100.0 * cut
    assert panels.remainder[0] < 1e-16
    assert np.max(np.abs(values - exact)) < 1e-15


def test_functions_together_are_as_alone():
    functions = [function for function, _ in FAST_AND_SLOW.values()]
    together = expanded(*functions).integrals(FREQUENCIES)
    alone = [expanded(function).integrals(FREQUENCIES)[0] for function in functions]
    np.testing.assert_allclose(together, alone, rtol=0.0, atol=2e-15)


def test_no_panels_are_spent_on_noise():
    """A function with an error in its phase looks rough; what it hides is not resolved."""
    draws = np.random.default_rng(3)

    def noisy(t):
        return np.exp(-t) * np.exp(1e-11j * t * draws.standard_normal(t.shape))

    panels = expanded(noisy, noise=1e-10)
    assert panels.half.size < 4 * expanded(FAST_AND_SLOW["exponential"][0]).half.size
    values = panels.integrals(FREQUENCIES)[0]
    np.testing.assert_allclose(values, 1.0 / (1.0 + 1j * FREQUENCIES), atol=1e-10)


def test_faster_waves_take_more_panels():
    counts = [
        panels_between(lambda t, q=q: np.exp(1j * q * t)[None], 64.0, (TOLERANCE,), 1e-16)
        for q in (0.0, 1.0, 8.0)
    ]
    assert counts[0] == 1
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_legendre_polynomials_give_spherical_bessel_functions(sign):
    """The integral of ``P_k(t) exp(-i t y)`` over [-1, 1] is ``2 (-i)^k j_k(y)``."""
    orders = np.arange(16)
    with mpmath.workdps(40):
        exact = [
            [
                float(mpmath.sqrt(mpmath.pi / (2 * x)) * mpmath.besselj(k + mpmath.mpf(1) / 2, x))
                for x in map(mpmath.mpf, BESSEL_ARGUMENTS.tolist())
            ]
            for k in orders.tolist()
        ]
    values = fourier_integrals(
        np.zeros(1), np.ones(1), np.eye(16)[:, None] * turns(16), sign * BESSEL_ARGUMENTS
    )
    expected = 2.0 * (-1j * sign) ** orders[:, None] * np.array(exact)
    np.testing.assert_allclose(values, expected, rtol=0.0, atol=5e-16)
