"""The facts of every registered law against quadrature of its density."""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import clt_sim as clt

TAIL_POINTS = (1e-12, 1e-6, 1e-3, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-3, 1 - 1e-6, 1 - 1e-12)

BY_QUADRATURE = {"beta", "lognormal", "pareto", "student-t", "symmetric-weibull"}
"""Laws whose characteristic functions state an error of 1e-13."""
BY_INTEGRATION = {"scipy": 1e-8, "stable": 1e-8}
"""Relative errors of moments by scipy's integration, and here by that of a tail ``x**-2.3``."""
POLES = {"stable", "symmetric-weibull"}
"""Laws whose density is a power of the distance from a kink, or nearly so."""


def has_density(law):
    return law.without_atoms is not None


def average(law, function, *, low=-math.inf, high=math.inf, step=math.inf):
    """Return E[function(X); low <= X <= high] by quadrature and the sum over atoms.

    No panel is longer than `step`.
    """
    total = math.fsum(mass * function(x) for x, mass in law.atoms.items() if low <= x <= high)
    if not has_density(law):
        return total
    x, mass = masses(law, low, high, step)
    with np.errstate(over="ignore", invalid="ignore"):
        # The function may overflow where the density underflows.
        return total + math.fsum(np.where(mass > 0.0, mass * function(x), 0.0))


@functools.lru_cache(maxsize=8)
def masses(law, low, high, step):
    """Return nodes, and their weights times the density; poles have no values."""
    x, weight = nodes(panels(law, low, high, step), spread(law))
    with np.errstate(over="ignore", invalid="ignore"):
        density = law.pdf(x)
        return x, np.where((density > 0.0) & np.isfinite(density), weight * density, 0.0)


def panels(law, low, high, step):
    """Return the ends between which the density is smooth and has one scale."""
    low, high = max(low, law.support[0]), min(high, law.support[1])
    margin = 1e-4 * spread(law)  # nearer to an end, numbers are too coarse
    inner = {x for x in law.quantile(np.array(TAIL_POINTS)) if low + margin < x < high - margin}
    ends = [low, *sorted(inner | {x for x in law.kinks if low < x < high}), high]
    for a, b in itertools.pairwise(ends):
        parts = math.ceil((b - a) / step) if math.isfinite(b - a) else 1
        yield from itertools.pairwise(np.linspace(a, b, parts + 1) if parts > 1 else [a, b])


def nodes(ends, scale):
    """Return nodes and weights of the double exponential rules (Takahasi & Mori 1974).

    They take poles at the ends of panels, and tails that are powers.
    """
    u = np.arange(-6.1, 6.1, 1 / 32)
    s, slope = 0.5 * math.pi * np.sinh(u), 0.5 * math.pi * np.cosh(u) / 32
    share = 1 / (1 + np.exp(2 * np.abs(s)))
    near = np.abs(s) < 69  # a half-line is cut at 1e30 lengths
    x, weight = [np.empty(0)], [np.empty(0)]
    for a, b in ends:
        if math.isfinite(b - a):
            length = b - a
            x.append(np.where(u < 0, a + length * share, b - length * share))
            weight.append(2 * length * share * (1 - share) * slope)
        else:
            away = scale * np.exp(s[near])
            x.append(a + away if math.isfinite(a) else b - away)
            weight.append(away * slope[near])
    return np.concatenate(x), np.concatenate(weight)


def one(_):
    return 1.0


def spread(law):
    """Return the distance of the quartiles, or where they are the same of the ends, or 1."""
    quartiles = float(law.quantile(0.75) - law.quantile(0.25))
    if not quartiles and law.without_atoms not in (None, law):
        return spread(law.without_atoms)
    low, high = law.support
    return quartiles or high - low or 1.0


def coarse(law):
    """Return the mass so near to a finite end that numbers cannot resolve its density."""
    if not has_density(law):
        return 0.0
    low, high = law.support
    near_low, near_high = (np.nextafter(end, 0.5 * (low + high)) for end in (low, high))
    below = float(law.cdf(near_low) - law.cdf(low)) if low and math.isfinite(low) else 0.0
    above = float(law.cdf(high) - law.cdf(near_high)) if high and math.isfinite(high) else 0.0
    return 4.0 * (below + above)


def orders(law):
    """Return the orders from 0 to 8 of finite moments."""
    return [k for k in range(9) if k < law.tail_index]


def test_density_and_atoms_have_mass_one(law):
    assert average(law, one) == pytest.approx(1.0, rel=1e-12 + coarse(law))


def test_cdf_is_the_integral_of_density_and_atoms(law):
    for p in (0.001, 0.2, 0.5, 0.9, 0.999):
        x = float(law.quantile(p))
        # Rounding x, of size |x|, moves the probability by the density times that.
        rounding = 4e-16 * abs(x) * float(law.pdf(x)) if x else 0.0
        expected = average(law, one, high=x)
        assert abs(float(law.cdf(x)) - expected) <= 1e-11 * expected + rounding + coarse(law)


def test_cdf_jumps_by_the_atoms(law):
    for x, mass in law.atoms.items():
        below, above = law.cdf([np.nextafter(x, -np.inf), x])
        assert above - below == pytest.approx(mass, rel=1e-12)
    assert all(mass > 0 for mass in law.atoms.values())


def test_no_mass_outside_the_support(law):
    low, high = law.support
    assert low < high or (low == high and law.atoms == {low: 1.0})
    far = 10.0 * spread(law)
    for end, side, value in ((low, -1, 0.0), (high, 1, 1.0)):
        if math.isfinite(end):
            outside = end + side * np.array([1e-9, 1.0, 5.0]) * far
            np.testing.assert_array_equal(law.pdf(outside), 0.0)
            np.testing.assert_array_equal(law.cdf(outside), value)
    np.testing.assert_array_equal(law.cdf([-np.inf, np.inf]), [0.0, 1.0])


def test_support_is_no_larger_than_needed(law):
    low, high = law.support
    step = 1e-6 * spread(law)
    assert law.cdf(max(low + step, law.quantile(1e-150))) > 0.0
    if math.isfinite(high):
        assert law.cdf(min(high - step, law.quantile(1.0 - 1e-15))) < 1.0


def test_quantile_inverts_cdf(law):
    p = np.concatenate([np.linspace(0.001, 0.999, 333), [1e-12, 1e-300]])
    x = law.quantile(p)
    if law.atoms:
        slack = 1e-9 * spread(law)
        assert np.all(law.cdf(x) >= p - 1e-15)
        assert np.all(law.cdf(x - slack) <= p)
    else:
        # At an end or a pole of the density, numbers are too coarse for this.
        inside = (x > law.support[0]) & (np.abs(x) > 1e-300) & np.isfinite(law.pdf(x))
        x, p = x[inside], p[inside]
        assert p.size > 330
        rounding = 4e-16 * np.abs(x) * law.pdf(x) / p
        np.testing.assert_array_less(np.abs(law.cdf(x) / p - 1.0), 1e-11 + rounding)


def test_quantile_at_and_outside_the_ends(law):
    np.testing.assert_array_equal(law.quantile([0.0, 1.0]), law.support)
    outside = law.quantile([-1e-9, 1 + 1e-9, -np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(outside, np.nan)


def test_moments_are_integrals(law):
    largest = max((abs(end) for end in law.support if math.isfinite(end)), default=0.0)
    for k in orders(law):
        size = average(law, lambda x, k=k: abs(x) ** k)
        error = abs(law.moment(k) - average(law, lambda x, k=k: x**k))
        assert error <= BY_INTEGRATION.get(law.name, 1e-10) * size + coarse(law) * largest**k


def test_moments_from_the_tail_index_on_are_not_finite(law):
    if math.isinf(law.tail_index):
        pytest.skip("all moments are finite")
    low, high = law.support
    for k in range(math.ceil(law.tail_index), 9):
        odd_on_both_sides = k % 2 == 1 and low == -math.inf and high == math.inf
        expected = math.nan if odd_on_both_sides else math.inf
        assert law.moment(k) == pytest.approx(expected, nan_ok=True)


def test_mean_and_variance_are_integrals(law):
    if law.tail_index <= 2:
        assert law.mean == pytest.approx(law.moment(1), nan_ok=True)
        assert not math.isfinite(law.variance)
        return
    assert law.mean == pytest.approx(law.moment(1), rel=1e-15)
    central = average(law, lambda x: (x - law.mean) ** 2)
    assert law.variance == pytest.approx(central, rel=1e-11 + 9.0 * coarse(law))


@pytest.mark.parametrize("k", [-1, 1.5, "2", None, True])
def test_moment_refuses_other_orders(law, k):
    with pytest.raises((TypeError, ValueError), match=r"^k must be"):
        law.moment(k)


@pytest.mark.parametrize("turns", [0.0, 1e-8, 0.01, 0.5, 1.0, -1.7, 4.0, 12.0])
def test_characteristic_function_is_an_integral(law, turns):
    if math.isfinite(law.tail_index):
        pytest.skip("too many turns in the tail")
    t = turns / spread(law)
    low, high = law.quantile([1e-12, 1 - 1e-12])  # what is cut off weighs 2e-12
    cosine, sine = (
        average(law, lambda x, f=f: f(t * x), low=low, high=high, step=20 / (abs(t) or 1e-9))
        for f in (np.cos, np.sin)
    )
    error = abs(law.characteristic_function(t) - complex(cosine, sine))
    assert error < 1e-11 + 2.0 * coarse(law)


def test_characteristic_function_near_zero(law):
    """Taylor: 1 + i m1 t - m2 t^2/2, the rest at most E|X|^3 t^3/6."""
    if law.tail_index <= 3:
        pytest.skip("no third moment")
    third = average(law, lambda x: abs(x) ** 3) or 1.0
    t = np.geomspace(1e-6, 1e-3, 7) / third ** (1 / 3)
    taylor = 1.0 + 1j * law.moment(1) * t - law.moment(2) * t**2 / 2
    stated = 1e-13 if law.name in BY_QUADRATURE else 1e-15
    for sign in (1, -1):
        value = law.characteristic_function(sign * t)
        expected = taylor if sign == 1 else taylor.conj()
        assert np.all(np.abs(value - expected) <= third * t**3 / 6 + stated)


def test_derivative_of_characteristic_function_at_zero_is_i_times_mean(law):
    if law.tail_index <= 3:
        pytest.skip("no third moment")
    third = average(law, lambda x: abs(x) ** 3) or 1.0
    h = 1e-4 / third ** (1 / 3)
    up, down = law.characteristic_function([h, -h])
    stated = 1e-13 if law.name in BY_QUADRATURE else 1e-15
    assert abs((up - down) / (2 * h) - 1j * law.mean) <= third * h**2 / 6 + stated / h


def test_density_is_smooth_between_kinks(law):
    """Every jump of the density or of its slope inside the support is announced."""
    if not has_density(law):
        pytest.skip("no density")
    step = 1e-4 * spread(law.without_atoms)
    x = np.arange(*law.without_atoms.quantile([0.1, 0.9]), step)
    density = law.pdf(x)
    bend = np.abs(np.diff(density, 2)) / np.median(density)
    # In a step a smooth density bends by about 1e-8, a kink by 1e-4, a power of the distance from
    # an end by the square of steps over distance.
    ends = np.array([end for end in law.support if math.isfinite(end)])
    distance = np.abs(np.subtract.outer(x[1:-1], ends)).min(axis=1, initial=np.inf)
    power = 4.0 * (step / distance) ** 2 * density[:-2] / np.median(density)
    rough = x[1:-1][bend > 3e-5 + power]
    reach = 400 * step if law.name in POLES else 2 * step
    assert all(min((abs(r - k) for k in law.kinks), default=np.inf) < reach for r in rough)
    for kink in law.kinks:
        assert law.support[0] < kink < law.support[1]
        if law.name not in POLES and x[1] < kink < x[-2]:
            assert any(abs(r - kink) < reach for r in rough)


def test_pieces_agree_with_the_density(law):
    if law.pieces is None:
        pytest.skip("no polynomial pieces")
    assert (law.pieces[0].low, law.pieces[-1].high) == law.support
    total = 0
    for piece in law.pieces:
        powers = [
            c * (piece.high ** (k + 1) - piece.low ** (k + 1)) / (k + 1)
            for k, c in enumerate(piece.coefficients)
        ]
        total += sum(powers)
        width = piece.high - piece.low
        for share in range(8):
            x = piece.low + width * share / 8 if share else piece.low
            value = sum(c * Fraction(float(x)) ** k for k, c in enumerate(piece.coefficients))
            assert float(law.pdf(float(x))) == pytest.approx(float(value), rel=1e-15, abs=0)
    assert total == 1
    for left, right in itertools.pairwise(law.pieces):
        assert left.high == right.low


@pytest.mark.parametrize("method", ["pdf", "cdf", "quantile", "characteristic_function"])
def test_results_have_the_shape_of_the_argument(law, method):
    call = getattr(law, method)
    assert np.shape(call(0.5)) == ()
    assert np.shape(call([0.5, 0.25])) == (2,)
    assert np.shape(call(np.full((2, 3), 0.5, np.float32))) == (2, 3)
    kind = np.complex128 if method == "characteristic_function" else np.float64
    assert np.asarray(call([1])).dtype == kind
    assert np.asarray(call(np.float32(0.5))).dtype == kind


def test_wikipedia_numbers():
    law = clt.laws.Wikipedia()
    mean, variance = law.mean, law.variance
    assert mean == 13 / 12
    assert variance == 35 / 144
    m = [law.moment(k) for k in range(5)]
    third = m[3] - 3 * mean * m[2] + 2 * mean**3
    fourth = m[4] - 4 * mean * m[3] + 6 * mean**2 * m[2] - 3 * mean**4
    assert third / variance**1.5 == pytest.approx(118 * math.sqrt(35) / 6125, rel=1e-13)
    assert fourth / variance**2 - 3 == pytest.approx(-6078 / 6125, rel=1e-13)


def test_wikipedia_characteristic_function_where_its_series_ends():
    law = clt.laws.Wikipedia()
    t = np.array([0.9, 1 - 1e-12, 1.0, 1 + 1e-12, 1.1])
    x, weight = np.polynomial.legendre.leggauss(30)
    first, second = (1 + x) / 2, (3 + x) / 2
    turns = np.exp(1j * np.multiply.outer(t, [first, second]))
    expected = 0.5 * (turns[:, 0] @ (weight * first) + turns[:, 1] @ (weight * 0.5))
    np.testing.assert_allclose(law.characteristic_function(t), expected, rtol=0, atol=2e-15)
