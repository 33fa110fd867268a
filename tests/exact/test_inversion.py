from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy import special, stats

import clt_sim as clt
from clt_sim.exact.inversion import Inversion
from clt_sim.exact.transform import Transform

LEFT = 10.0 ** -np.array([40.0, 30.0, 20.0, 10.0, 5.0, 2.0, 1.0])
RIGHT = 10.0 ** -np.array([0.5, 1.0, 3.0, 10.0, 20.0, 30.0, 39.0])


class Known(Transform):
    """A transform written out."""

    def __init__(self, log, *, centre, scale, support, strip):
        self._log, self._centre, self._scale = log, centre, scale
        self._support, self._strip = support, strip

    centre = property(lambda self: self._centre)
    scale = property(lambda self: self._scale)
    support = property(lambda self: self._support)
    strip = property(lambda self: self._strip)

    def log(self, s):
        return self._log(s)


def gamma(shape):
    return Known(
        lambda s: -shape * np.log1p(-s),
        centre=shape,
        scale=math.sqrt(shape),
        support=(0.0, math.inf),
        strip=(-math.inf, 1.0),
    )


def product_of_normals(n):
    """The sum of n products of two normal numbers."""
    return Known(
        lambda s: -0.5 * n * np.log1p(-s * s),
        centre=0.0,
        scale=math.sqrt(n),
        support=(-math.inf, math.inf),
        strip=(-1.0, 1.0),
    )


def inverse_gaussian(mean):
    """With shape 1."""
    return Known(
        lambda s: (1.0 - np.sqrt(1.0 - 2.0 * mean * mean * s)) / mean,
        centre=mean,
        scale=mean**1.5,
        support=(0.0, math.inf),
        strip=(-math.inf, 0.5 / mean**2),
    )


def noncentral_chi_squared(df, shift):
    return Known(
        lambda s: shift * s / (1.0 - 2.0 * s) - 0.5 * df * np.log1p(-2.0 * s),
        centre=df + shift,
        scale=math.sqrt(2.0 * (df + 2.0 * shift)),
        support=(0.0, math.inf),
        strip=(-math.inf, 0.5),
    )


def student_t_3():
    """Its characteristic function is ``(1 + sqrt(3)|t|) exp(-sqrt(3)|t|)``."""

    def log(s):
        size = math.sqrt(3.0) * np.abs(s.imag)
        return np.log1p(size) - size + 0j

    return Known(
        log, centre=0.0, scale=math.sqrt(3.0), support=(-math.inf, math.inf), strip=(0.0, 0.0)
    )


def largest_deviation(values, exact):
    return float(np.max(np.abs(np.asarray(values) / np.asarray(exact) - 1.0)))


@pytest.mark.parametrize(
    ("shape", "tolerance"), [(1.0, 2e-13), (2.0, 1e-13), (5.0, 1e-13), (100.0, 3e-12)]
)
def test_gamma_laws_down_to_1e_40(shape, tolerance):
    law, exact = Inversion(gamma(shape), (0.0,)), stats.gamma(shape)
    left, right = exact.ppf(LEFT), exact.isf(RIGHT)
    assert largest_deviation(law.cdf(left), exact.cdf(left)) < tolerance
    assert largest_deviation(law.sf(right), exact.sf(right)) < tolerance
    x = np.concatenate([left, right])
    assert largest_deviation(law.pdf(x), exact.pdf(x)) < tolerance
    np.testing.assert_allclose(law.cdf(x) + law.sf(x), 1.0, rtol=0.0, atol=law.error)
    assert law.tilted
    assert law.error < 1e-11
    assert law.smallest < 1e-15
    assert law.relative_error < 1e-10
    left, right = (x[tail > law.smallest] for x, tail in ((left, LEFT), (right, RIGHT)))
    assert largest_deviation(law.cdf(left), exact.cdf(left)) < law.relative_error
    assert largest_deviation(law.sf(right), exact.sf(right)) < law.relative_error


def test_inverse_gaussian_law():
    law, exact = Inversion(inverse_gaussian(1.0), (0.0,)), stats.invgauss(1.0)
    left, right = np.array([0.01, 0.1, 0.5]), np.array([1.0, 5.0, 20.0, 60.0, 110.0])
    assert largest_deviation(law.cdf(left), exact.cdf(left)) < 1e-10
    assert largest_deviation(law.sf(right), exact.sf(right)) < 1e-10
    x = np.concatenate([left, right])
    assert largest_deviation(law.pdf(x), exact.pdf(x)) < 1e-10


def test_noncentral_chi_squared_against_poisson_mixture():
    df, shift = 6.0, 9.0
    law = Inversion(noncentral_chi_squared(df, shift), (0.0,))
    k = np.arange(400.0)
    masses = stats.poisson(0.5 * shift).pmf(k)
    x = np.array([1e-8, 1e-4, 0.1, 1.0, 10.0, 20.0, 60.0, 150.0, 200.0])
    halves = 0.5 * df + k
    exact = special.gammainc(halves, 0.5 * x[:, None]) @ masses
    above = special.gammaincc(halves, 0.5 * x[:, None]) @ masses
    assert largest_deviation(law.cdf(x), exact) < 1e-11
    assert largest_deviation(law.sf(x), above) < 1e-11


def test_laplace_law_with_its_kink():
    law = Inversion(product_of_normals(2), (0.0,))
    x = np.array([-90.0, -30.0, -2.0, -1e-3, 1e-6, 0.5, 3.0, 40.0, 90.0])
    tail = 0.5 * np.exp(-np.abs(x))
    np.testing.assert_allclose(law.pdf(x), tail, rtol=1e-11)
    np.testing.assert_allclose(law.cdf(x[x < 0.0]), tail[x < 0.0], rtol=1e-12)
    np.testing.assert_allclose(law.sf(x[x > 0.0]), tail[x > 0.0], rtol=1e-12)


def bessel_density(n, x):
    """``|x/2|^v K_v(|x|) / (sqrt(pi) Gamma(n/2))`` with ``v = (n - 1)/2``."""
    order, x = mpmath.mpf(n - 1) / 2, abs(mpmath.mpf(x))
    scale = mpmath.sqrt(mpmath.pi) * mpmath.gamma(mpmath.mpf(n) / 2)
    return (x / 2) ** order * mpmath.besselk(order, x) / scale


@pytest.mark.parametrize("n", [3, 6])
def test_bessel_laws(n):
    law = Inversion(product_of_normals(n), (0.0,))
    x = np.array([-85.0, -20.0, -1.5, -0.01, 0.2, 4.0, 30.0, 85.0])
    exact = [float(bessel_density(n, place)) for place in x.tolist()]
    assert largest_deviation(law.pdf(x), exact) < 1e-10
    tails = [
        float(
            mpmath.quad(
                lambda t: bessel_density(n, t), [abs(q), abs(q) + 3, abs(q) + 30, mpmath.inf]
            )
        )
        for q in (-20.0, -1.5)
    ]
    assert largest_deviation(law.cdf([-20.0, -1.5]), tails) < 1e-10
    assert largest_deviation(law.sf([20.0, 1.5]), tails) < 1e-10


def test_a_heavy_tail_is_right_to_absolute_error_and_goes_on_smoothly():
    law, exact = Inversion(student_t_3()), stats.t(3.0)
    x = np.concatenate([-np.geomspace(1e-3, 1e3, 30), [0.0], np.geomspace(1e-3, 1e3, 30)])
    assert np.max(np.abs(law.cdf(x) - exact.cdf(x))) < 1e-12
    assert np.max(np.abs(law.sf(x) - exact.sf(x))) < 1e-12
    assert np.max(np.abs(law.pdf(x) - exact.pdf(x))) < 1e-12
    assert not law.tilted
    assert law.relative_error == math.inf
    far = np.geomspace(1e2, 1e8, 400)
    tail = law.sf(far)
    assert np.all(np.diff(tail) < 0.0)
    np.testing.assert_allclose(np.diff(np.log(tail)) / np.diff(np.log(far)), -3.0, atol=0.02)
    np.testing.assert_allclose(tail, exact.sf(far), rtol=0.05)


def test_an_error_that_both_lines_see_is_noticed():
    """Not a logarithm of a transform: it is not 1 at 0, so the two sides do not sum to 1."""
    good = gamma(5.0)
    wrong = Known(
        lambda s: good.log(s) + 1e-6,
        centre=5.0,
        scale=math.sqrt(5.0),
        support=(0.0, math.inf),
        strip=(-math.inf, 1.0),
    )
    assert Inversion(good, (0.0,)).error < 1e-12
    assert Inversion(wrong, (0.0,)).error > 1e-6


def test_shapes_and_points_outside():
    law = Inversion(gamma(5.0), (0.0,))
    grid = np.linspace(0.5, 9.0, 12).reshape(3, 4)
    for function in (law.pdf, law.cdf, law.sf):
        assert function(grid).shape == (3, 4)
        assert np.shape(function(2.0)) == ()
        assert function(grid[:0]).shape == (0, 4)
        assert math.isnan(float(function(math.nan)))
    np.testing.assert_array_equal(law.pdf([-1.0, 0.0]), 0.0)
    np.testing.assert_array_equal(law.cdf([-math.inf, -1.0, 0.0]), 0.0)
    np.testing.assert_array_equal(law.sf([-math.inf, -1.0, 0.0]), 1.0)
    assert float(law.sf(math.inf)) == 0.0
    assert float(law.cdf(math.inf)) == 1.0


def test_reach_is_where_the_tails_are_smallest():
    law = Inversion(gamma(5.0), (0.0,))
    low, high = law.reach
    exact = stats.gamma(5.0)
    assert max(exact.cdf(low), exact.sf(high)) == pytest.approx(law.smallest, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "even"),
    [
        ({}, True),
        ({"nonlinearity": "relu"}, True),  # normal weights
        ({"nonlinearity": "tanh", "weights": (1.0, -0.3)}, True),
        ({"inputs": "laplace", "weights": 1.0}, True),
        ({"inputs": "laplace(mean=1)", "weights": 1.0}, False),
        ({"nonlinearity": "relu", "weights": 1.0}, False),
        ({"inputs": "exponential", "weights": "normal(mean=1)"}, False),
        ({"bias": "exponential"}, False),
        ({"bias": "laplace"}, True),
        ({"inputs": "student-t(df=3)", "weights": 1.0}, True),
    ],
)
def test_one_side_of_a_symmetric_law_is_the_other(options, even, monkeypatch):
    """What is found by symmetry is what lines on both sides find."""
    model = clt.WeightedSum(2, **options)
    law = clt.exact(model, method="characteristic-function")
    assert law._parts.transform.even == even
    monkeypatch.setattr(type(law._parts.transform), "even", False)
    both = clt.exact(model, method="characteristic-function")
    x = np.array([-9.0, -2.5, -0.4, 0.0, 0.3, 1.7, 12.0])
    np.testing.assert_allclose(law.cdf(x), both.cdf(x), rtol=1e-9, atol=1e-12)
    x = x[x != 0.0]
    np.testing.assert_allclose(law.pdf(x), both.pdf(x), rtol=1e-8, atol=1e-11)
    if math.isfinite(both.relative_error):
        assert law.relative_error < 10.0 * both.relative_error + 1e-11
        low, high = law._inversion.reach
        assert not even or low == -high
