from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import special

from clt_sim.exact.squares_density import log_density_of_squares


def chi_square(n, log_q):
    """The logarithm of the density of the logarithm of a chi-square number."""
    half = mp.mpf(n) / 2
    return half * log_q - mp.exp(mp.mpf(log_q)) / 2 - half * mp.log(2) - mp.loggamma(half)


@pytest.mark.parametrize("n", [1, 2, 9, 200, 16384])
def test_equal_slopes_are_a_chi_square_law(n):
    log_q = math.log(n) + np.array([-20.0, -1.0, 0.0, 0.4, 1.0])
    expected = np.array([float(chi_square(n, w)) for w in log_q])
    # Logarithms of this size are what the digits of n times something small can give.
    atol = 1e-14 + 1e-15 * n
    np.testing.assert_allclose(log_density_of_squares(log_q, n, 1.0), expected, 1e-15, atol)


@pytest.mark.parametrize("n", [1, 2, 9, 150, 700])
def test_relu_is_a_binomial_mixture(n):
    log_q = math.log(n / 2) + np.array([-400.0, -20.0, -1.0, 0.0, 0.4, 1.5])
    expected = []
    with mp.workdps(30):
        for w in log_q:
            parts = (mp.binomial(n, k) * mp.exp(chi_square(k, w)) for k in range(1, n + 1))
            expected.append(float(mp.log(mp.fsum(parts)) - n * mp.log(2)))
    np.testing.assert_allclose(log_density_of_squares(log_q, n, 0.0), expected, 1e-15, 1e-14 * n)


@pytest.mark.parametrize("slope", [0.9, 0.3, 0.01, 1e-4])
def test_one_leaky_term(slope):
    log_q = np.concatenate([np.linspace(-40.0, 5.0, 100), [-400.0]])
    expected = np.logaddexp(
        [float(chi_square(1, w)) for w in log_q],
        [float(chi_square(1, w - 2.0 * math.log(slope))) for w in log_q],
    )
    found = log_density_of_squares(log_q, 1, slope**2)
    np.testing.assert_allclose(found, expected - math.log(2.0), rtol=1e-15, atol=5e-13)


@pytest.mark.parametrize("slope", [0.9, 0.3, 0.01, 1e-4])
def test_two_leaky_terms(slope):
    """A square and c times another have ``exp(-q (1+c)/(4c)) I0(q (1-c)/(4c))/(2 sqrt c)``."""
    c, log_q = slope**2, np.linspace(-40.0, 2.0, 100)
    q = np.exp(log_q)
    mixed = np.log(special.ive(0, q * (1 - c) / (4 * c)) / math.sqrt(c)) - 0.5 * q + log_q
    first = np.array([float(chi_square(2, w)) for w in log_q])
    # Far out it is 0, and its logarithm no number that others can be added to.
    second = np.array([max(float(chi_square(2, w - math.log(c))), -1e6) for w in log_q])
    expected = np.logaddexp(np.logaddexp(first, second), mixed) - math.log(4.0)
    found = log_density_of_squares(log_q, 2, c)
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=5e-13)


@pytest.mark.parametrize(("n", "slope"), [(3, 0.2), (12, 1e-4), (100, 0.05)])
@pytest.mark.parametrize("order", [-0.4, 0.7])
def test_moments_of_any_order(n, slope, order):
    """``E Q^s`` over the binomial number of terms above 0, by a series of Gauss for two sums.

    ``E (A + cB)^s`` of chi-square A and B with j and k degrees is ``2^s G((n+2s)/2)/G(n/2)`` times
    ``2F1(-s, k/2; n/2; 1 - c)``.
    """
    c, log_q = slope**2, np.linspace(-70.0, math.log(n) + 5.0, 4001)
    density = np.exp(log_density_of_squares(log_q, n, c) + order * log_q)
    k = np.arange(n + 1)
    shares = np.exp(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))
    ratio = np.exp(special.gammaln(0.5 * n + order) - special.gammaln(0.5 * n))
    with mp.workdps(20):
        series = [float(mp.hyp2f1(-order, 0.5 * j, 0.5 * n, 1 - mp.mpf(c))) for j in k.tolist()]
    expected = 2.0**order * ratio * float((shares * 0.5**n) @ series)
    assert float(density.sum() * (log_q[1] - log_q[0])) == pytest.approx(expected, rel=1e-11)
