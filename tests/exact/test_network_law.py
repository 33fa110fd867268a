from __future__ import annotations

import functools
import importlib
import itertools
import math
import pickle

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.network_law import NetworkLaw
from clt_sim.exact.network_layer import NetworkLayer
from clt_sim.exact.network_mixture import NormalScaleMixture
from clt_sim.exact.network_variance import variance_nodes


@functools.cache
def cached(widths, slope, *numbers) -> NetworkLaw:
    return NetworkLaw(tuple(NetworkLayer(n, slope) for n in widths), *numbers)


def law_of(widths, phi="linear", first=1.0, gain=1.0, bias=0.0) -> NetworkLaw:
    slope = {"linear": 1.0, "relu": 0.0}.get(phi, phi)
    return cached(tuple(widths), slope, first, gain, bias)


def product_density(widths, h, variance=1.0):
    """Zavatone-Veth & Pehlevan 2021: a linear network of independent chi-square factors."""
    with mp.workdps(30):
        sd = mp.sqrt(variance)
        h = abs(mp.mpf(h)) / sd
        halves = [mp.mpf(n) / 2 for n in widths]
        argument = h**2 / 2
        for half in halves:
            argument *= half
        norm = mp.sqrt(mp.pi) * h * sd
        for half in halves:
            norm *= mp.gamma(half)
        return mp.meijerg([[], []], [[mp.mpf(1) / 2, *halves], []], argument) / norm


def bessel_density(n, h, variance=1.0):
    with mp.workdps(30):
        root = mp.sqrt(mp.mpf(n) / mp.mpf(variance))
        order, place = mp.mpf(n - 1) / 2, root * abs(mp.mpf(h))
        scale = root / (mp.sqrt(mp.pi) * mp.gamma(mp.mpf(n) / 2))
        return scale * (place / 2) ** order * mp.besselk(order, place)


def relative(value, expected) -> float:
    return abs(float(mp.mpf(float(value)) / expected - 1))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 50, 200, 16384])
def test_one_linear_layer_is_a_bessel_law(n):
    law = law_of([n])
    for h in (1e-90, 1e-30, 1e-3, 0.5, 1.0, 3.0, 8.0, 20.0):
        expected = bessel_density(n, h)
        if expected > 1e-300:
            assert relative(law.pdf(-h), expected) < law.error < 3e-11


@pytest.mark.parametrize("n", [2, 7, 40])
def test_one_relu_layer_is_a_mixture_of_bessel_laws_and_an_atom(n):
    law = law_of([n], "relu", gain=2.0)
    for h in (1e-20, 0.1, 1.0, 6.0, 25.0):
        terms = (
            mp.binomial(n, k) * bessel_density(k, h, mp.mpf(2 * k) / n) / mp.mpf(2) ** n
            for k in range(1, n + 1)
        )
        assert relative(law.pdf(h), mp.fsum(terms)) < law.error < 5e-13
    assert law.atoms == {0.0: pytest.approx(0.5**n, rel=1e-15)}


@pytest.mark.parametrize("widths", [(2, 5), (1, 1), (3, 4, 2)])
def test_linear_layers_are_a_meijer_function(widths):
    law = law_of(widths, first=4.0)
    for h in (1e-6, 0.3, 2.0, 9.0, 60.0):
        assert relative(law.pdf(h), product_density(widths, h, 4)) < law.error < 5e-13


def test_two_linear_units_are_a_laplace_law():
    law, laplace = law_of([2]), stats.laplace(scale=math.sqrt(0.5))
    x = np.array([-480.0, -30.0, -1.0, -1e-9, 0.0, 0.2, 3.0, 200.0, 480.0])
    np.testing.assert_allclose(law.pdf(x), laplace.pdf(x), rtol=law.error)
    np.testing.assert_allclose(law.cdf(x), laplace.cdf(x), rtol=law.error)
    np.testing.assert_allclose(law.sf(x), laplace.sf(x), rtol=law.error)
    p = np.array([1e-290, 1e-100, 1e-9, 0.3, 0.4999, 0.5, 0.50001, 0.8])
    np.testing.assert_allclose(law.quantile(p), laplace.ppf(p), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("phi", ["linear", "relu"])
@pytest.mark.parametrize("order", [-0.5, 0.7, 3.0])
def test_absolute_moments_of_any_order(phi, order):
    """E|h|^s of independent factors: a product of gamma functions, or binomial sums of them."""
    widths = (4, 2, 7)
    law = law_of(widths, phi, gain=2.0)
    factors = [2.0 ** (order / 2) * special.gamma((1 + order) / 2) / math.sqrt(math.pi)]
    for n in widths:
        degrees = np.arange(1, n + 1) if phi == "relu" else np.array([n])
        shares = special.comb(n, degrees) * 0.5**n if phi == "relu" else np.ones(1)
        ratio = np.exp(special.gammaln((degrees + order) / 2) - special.gammaln(degrees / 2))
        factors.append((4.0 / n) ** (order / 2) * float(shares @ ratio))
    value, _ = integrate.quad(
        lambda u: float(law.pdf(math.exp(u))) * math.exp((order + 1) * u),
        -80.0,
        9.0,
        points=[-20.0, -5.0, 0.0, 3.0],
        epsabs=0.0,
        epsrel=1e-10,
        limit=200,
    )
    assert 2.0 * value == pytest.approx(math.prod(factors), rel=1e-10)


@pytest.mark.parametrize(("phi", "gain", "excess"), [("relu", 2.0, 5.0), ("linear", 1.0, 2.0)])
@pytest.mark.parametrize("widths", [(1,), (10, 10, 10), (3, 20)])
def test_kurtosis_without_biases(phi, gain, excess, widths):
    law = law_of(widths, phi, gain=gain)
    expected = 3.0 * math.prod(1.0 + excess / n for n in widths)
    assert law.moment(4) / law.variance**2 == pytest.approx(expected, rel=1e-14)
    fourth, _ = integrate.quad(
        lambda x: x**4 * float(law.pdf(x)), 0.0, 400.0, points=[2, 10, 50], epsrel=1e-11, limit=200
    )
    assert 2.0 * fourth / law.variance**2 == pytest.approx(expected, rel=1e-10)


def test_kurtosis_of_relu_with_biases():
    widths, bias, gain, first, second = (3, 8, 5), 0.3, 1.7, 2.0, 4.0
    law = law_of(widths, "relu", first=first, gain=gain, bias=bias)
    for n in widths:
        second = bias**2 + bias * gain * first + gain**2 * second * (1.0 + 5.0 / n) / 4.0
        first = bias + gain * first / 2.0
    assert law.variance == pytest.approx(first, rel=1e-15)
    assert law.moment(4) == pytest.approx(3.0 * second, rel=1e-14)
    value, _ = integrate.quad(
        lambda x: x**4 * float(law.pdf(x)), 0.0, 400.0, points=[5, 20, 80], epsrel=1e-11, limit=200
    )
    assert 2.0 * value == pytest.approx(3.0 * second, rel=1e-10)
    assert (law.moment(0), law.moment(3), law.mean) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("bias", [1e-3, 0.5, 30.0])
def test_one_relu_layer_with_biases(bias):
    n, law = 4, law_of([4], "relu", first=1.5, gain=2.0, bias=bias)
    for x in (0.0, 0.7, 4.0, 30.0):
        parts = [stats.norm.pdf(x, scale=math.sqrt(bias)) / 2**n]
        tails = [stats.norm.sf(x, scale=math.sqrt(bias)) / 2**n]
        for k in range(1, n + 1):

            def average(function, k=k, x=x):
                def integrand(u):
                    sd = math.sqrt(bias + 0.75 * math.exp(u))
                    chi2 = math.exp(0.5 * k * (u - math.log(2)) - 0.5 * math.exp(u))
                    return chi2 / math.gamma(0.5 * k) * function(x, scale=sd)

                ends = (-90.0, -20.0, -5.0, 0.0, 2.0, 4.0, 5.0, 7.4)
                return sum(
                    integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0]
                    for a, b in itertools.pairwise(ends)
                )

            parts.append(math.comb(n, k) / 2**n * average(stats.norm.pdf))
            tails.append(math.comb(n, k) / 2**n * average(stats.norm.sf))
        assert float(law.pdf(x)) == pytest.approx(math.fsum(parts), rel=1e-10)
        assert float(law.sf(x)) == pytest.approx(math.fsum(tails), rel=1e-10)
    assert dict(law.atoms) == {}
    assert law.kinks == ()


@pytest.mark.parametrize(
    ("widths", "phi", "bias"),
    [
        ((1,), "relu", 0.0),
        ((5, 3), "relu", 0.2),
        ((40, 6), "linear", 0.0),
        ((300,), "relu", 1e-6),
        ((2, 400, 5), "relu", 0.0),
        ((2, 400, 5), 0.05, 0.1),
    ],
)
def test_twice_as_many_nodes_change_nothing(widths, phi, bias):
    law = law_of(widths, phi, first=2.0, gain=1.5, bias=bias)
    nodes = variance_nodes(law.layers, 2.0, 1.5, bias, refinement=2.0)
    finer = NormalScaleMixture.of(nodes)
    x = math.sqrt(law.variance) * np.geomspace(1e-90, 1e4, 200)
    for values, reference in ((law.pdf(x), finer.density(x)), (law.sf(x), finer.tail(x))):
        shown = reference > 1e-300
        np.testing.assert_allclose(values[shown], reference[shown], rtol=law.error)
    coarser = NormalScaleMixture.of(variance_nodes(law.layers, 2.0, 1.5, bias, refinement=0.12))
    bulk = x < 3.0 * math.sqrt(law.variance)
    assert np.max(np.abs(coarser.tail(x[bulk]) / finer.tail(x[bulk]) - 1.0)) > law.error


@pytest.mark.parametrize("bias", [0.0, 0.2])
def test_simulation_agrees(bias):
    """At 40 places, 4.5 standard errors: false alarms in less than one of 3000 runs."""
    draws, x = 200_000, np.linspace(-3.9, 3.9, 40)
    network = clt.RandomNetwork([3, 4], "relu", bias_variance=bias)
    mixture = clt.simulate_conditional(network, draws, seed=5)

    def furthest(widths):
        law = law_of(widths, "relu", first=2.0 + bias, gain=2.0, bias=bias)
        above = law.sf(x)
        # Averages over the variance have less spread than shares of draws.
        return np.max(np.abs(mixture.cdf(x) - law.cdf(x)) / np.sqrt(above * (1 - above) / draws))

    assert furthest([3, 4]) < 4.5
    assert furthest([4, 4]) > 10.0


def of_the_sum(n, phi, gain=2.0):
    """The same law by inversion of its characteristic function."""
    model = clt.WeightedSum(n, "normal", phi, clt.laws.Normal(sd=math.sqrt(gain / n)))
    return clt.exact(model, method="characteristic-function")


@pytest.mark.parametrize(
    ("n", "slope"), [(6, 0.5), (200, 0.3), (200, 0.0), (2000, 0.0), (1500, 1e-3)]
)
def test_one_layer_agrees_with_inversion(n, slope):
    law, other = law_of([n], slope, gain=2.0), of_the_sum(n, f"leaky-relu(slope={slope})")
    x = math.sqrt(law.variance) * np.array([-10.0, -3.0, -0.3, 0.01, 0.5, 2.0, 5.0, 8.0])
    error = law.error + other.relative_error
    assert error < 1e-10
    for function in ("pdf", "cdf", "sf"):
        values, expected = getattr(law, function)(x), getattr(other, function)(x)
        np.testing.assert_allclose(values, expected, rtol=error)
    assert abs(law_of([n], slope + 0.1, gain=2.0).sf(x[5]) / other.sf(x[5]) - 1.0) > 1e-3


@pytest.mark.parametrize("slope", [1e-4, 0.01, 0.4])
@pytest.mark.parametrize("widths", [(4,), (10, 10, 10), (3, 5000, 20)])
def test_kurtosis_of_leaky_relu(slope, widths):
    law = law_of(widths, slope)
    excess = 6.0 * (1.0 + slope**4) / (1.0 + slope**2) ** 2 - 1.0
    expected = 3.0 * math.prod(1.0 + excess / n for n in widths)
    assert law.moment(4) / law.variance**2 == pytest.approx(expected, rel=1e-14)
    assert law.error < 1e-10
    assert dict(law.atoms) == {}


@pytest.mark.parametrize(("widths", "bias"), [((5, 2), 0.0), ((2, 300), 0.3), ((1500, 2), 0.0)])
def test_simulation_of_leaky_relu_agrees(widths, bias):
    """At 20 places, 4.5 standard errors: false alarms in less than one of 6000 runs."""
    draws, x = 20_000, np.linspace(-3.9, 3.9, 20)
    options = {"weight_variance": 1.5, "bias_variance": bias}
    network = clt.RandomNetwork(widths, "leaky-relu(slope=-0.4)", **options)
    drawn = clt.simulate_conditional(network, draws, seed=5).cdf(x)

    def furthest(slope):
        law = law_of(widths, slope, first=1.5 + bias, gain=1.5, bias=bias)
        return np.max(np.abs(drawn - law.cdf(x)) / np.sqrt(law.cdf(x) * law.sf(x) / draws))

    assert furthest(0.4) < 4.5
    assert furthest(0.7) > 9.0


def test_wide_layers_beside_narrow_ones():
    """Without biases the order of layers does not matter, but the nodes are other ones."""
    first, second = law_of([2, 4000, 5], "relu", gain=2.0), law_of([5, 2, 4000], "relu", gain=2.0)
    x = np.geomspace(1e-20, 300.0, 100)
    np.testing.assert_allclose(first.pdf(x), second.pdf(x), rtol=2e-11)
    np.testing.assert_allclose(first.sf(x), second.sf(x), rtol=2e-11)
    assert abs(law_of([2, 4000, 6], "relu", gain=2.0).sf(1.0) / first.sf(1.0) - 1.0) > 1e-3


def test_moments_of_a_layer():
    """Over the binomial number k of units above 0; ``E chi2_k^2`` is ``k (k + 2)``."""
    n, slope = 7, 0.3
    k = np.arange(n + 1)
    shares, c = special.comb(n, k) * 0.5**n, slope**2
    second = k * (k + 2) + 2 * c * k * (n - k) + c**2 * (n - k) * (n - k + 2)
    moments = NetworkLayer(n, slope).moments(2)
    assert moments == pytest.approx([1.0, n * (1 + c) / 2, float(shares @ second)], rel=1e-15)
    assert NetworkLayer(3, 1.0).moments(4) == pytest.approx([1, 3, 15, 105, 945], rel=1e-15)


@pytest.mark.parametrize("widths", [(1,), (4, 2), (80,)])
def test_the_atom(widths):
    law = law_of(widths, "relu", gain=2.0)
    (mass,) = law.atoms.values()
    alive = math.prod(1.0 - 0.5**n for n in widths)
    assert mass == pytest.approx(1.0 - alive if min(widths) < 20 else 0.5**80, rel=1e-14)
    assert float(law.cdf(0.0)) == pytest.approx(1.0 - 0.5 * alive, rel=1e-13)
    assert float(law.sf(0.0)) == pytest.approx(0.5 * alive, rel=1e-13)
    assert float(law.cdf(-1e-300)) == pytest.approx(0.5 * alive, rel=1e-13)
    if min(widths) < 20:
        inside = [0.5 * alive * (1 + 1e-9), 0.5, 1.0 - 0.5 * alive * (1 + 1e-9)]
        np.testing.assert_array_equal(law.quantile(inside), 0.0)


@pytest.mark.parametrize(
    ("widths", "phi", "bias", "infinite"),
    [
        ((1, 5), "linear", 0.0, True),
        ((2, 5), "linear", 0.0, False),
        ((6,), "relu", 0.0, True),
        ((200,), "relu", 0.0, False),
        ((1, 5), "linear", 0.1, False),
    ],
)
def test_poles(widths, phi, bias, infinite):
    law = law_of(widths, phi, bias=bias)
    assert math.isinf(law.pdf(0.0)) is infinite
    assert math.isfinite(law.pdf(5e-324))
    if not infinite:
        assert float(law.pdf(0.0)) == pytest.approx(float(law.pdf(1e-40)), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    p=st.floats(1e-280, 1.0, exclude_max=True),
    case=st.sampled_from(
        [((1, 2), "relu", 0.0), ((3,), "linear", 0.0), ((3, 2), "relu", 1.0), ((9,), "relu", 0.0)]
    ),
)
def test_quantiles_invert(p, case):
    widths, phi, bias = case
    law = law_of(widths, phi, bias=bias)
    x = float(law.quantile(p))
    if x < 0.0:
        assert float(law.cdf(x)) == pytest.approx(p, rel=1e-12)
    elif x > 0.0:
        assert float(law.sf(x)) == pytest.approx(1.0 - p, rel=1e-12)
    else:
        assert float(law.cdf(-5e-324)) <= p * (1 + law.error)
        assert p <= float(law.cdf(0.0)) * (1 + law.error)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_shapes_are_kept(shape):
    law, x = law_of([3], "relu"), np.full(shape, 0.4)
    for function in (law.pdf, law.cdf, law.sf, law.logpdf, law.quantile):
        assert function(x).shape == shape
        assert function(x).dtype == np.float64


def test_special_places():
    law = law_of([3], bias=1.0)
    x = [-math.inf, math.inf, math.nan]
    np.testing.assert_array_equal(law.pdf(x), [0.0, 0.0, math.nan])
    np.testing.assert_array_equal(law.cdf(x), [0.0, 1.0, math.nan])
    np.testing.assert_array_equal(law.sf(x), [1.0, 0.0, math.nan])
    p = [0.0, 1.0, -0.1, 1.1, math.nan]
    np.testing.assert_array_equal(law.quantile(p), [-math.inf, math.inf, *[math.nan] * 3])


def test_a_law_is_a_value():
    first = law_of([3, 2], "relu")
    second = NetworkLaw(first.layers, 1.0, 1.0, 0.0)
    assert first == second
    assert hash(first) == hash(second)
    assert first != law_of([3, 2], "relu", bias=0.1)
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301
    text = str(first)
    assert text == repr(first)
    assert text.startswith("random-network law of ReLU layers 3-2, variance 0.25, relative error")
    assert float(text.rsplit(" ", 1)[1]) >= first.error


def test_measures_take_it():
    """The negentropy and the Kolmogorov distance of the Laplace law are known."""
    report = clt.gaussianity(law_of([2]))
    assert report["negentropy"].value == pytest.approx(0.5 * math.log(math.pi / math.e), abs=1e-11)
    assert report["excess-kurtosis"].value == pytest.approx(3.0, abs=1e-11)


def test_scale_and_range():
    x = np.array([0.01, 1.0, 20.0])
    small, unit = law_of([4, 3], first=1e-80, gain=1e-8), law_of([4, 3])
    scale = math.sqrt(1e-80 * 1e-16)
    np.testing.assert_allclose(scale * small.pdf(scale * x), unit.pdf(x), rtol=1e-11)
    with pytest.raises(NoExactLaw, match="outside the range of floats"):
        law_of([4], first=1e200)
    with pytest.raises(OverflowError, match="the moment of order 400"):
        unit.moment(400)


@pytest.mark.parametrize("phi", ["linear", "relu"])
def test_weights_that_biases_hide(phi):
    """With K - b far below the rounding of b the law is N(0, b)."""
    law, x = law_of([1, 3], phi, first=4.0, gain=1e-60, bias=4.0), np.array([0.0, 3.0, 60.0])
    np.testing.assert_allclose(law.pdf(x), stats.norm.pdf(x, scale=2.0), rtol=law.error)
    np.testing.assert_allclose(law.sf(x), stats.norm.sf(x, scale=2.0), rtol=law.error)


def test_too_many_nodes_are_refused(monkeypatch):
    module = importlib.import_module("clt_sim.exact.network_variance")
    monkeypatch.setattr(module, "MOST_PAIRS", 1000)
    with pytest.raises(NoExactLaw, match=r"layer of width 3 takes \d+ values.*limit is 1000"):
        law_of([2, 3])


def test_the_error_counts_a_coarse_table(monkeypatch):
    """With wide panels the density of a leaky layer between its two scales is wrong, and said so.

    One unit of slope c is a mixture of two linear ones, of scales 1 and c.
    """
    x, layers = np.geomspace(1e-12, 30.0, 400), (NetworkLayer(1, 1e-4),)
    linear = law_of([1])
    expected = 0.5 * (linear.pdf(x) + 1e4 * linear.pdf(1e4 * x))
    module = importlib.import_module("clt_sim.exact.network_layer")
    errors = {}
    for panel in (module._PANEL, 1.0):
        monkeypatch.setattr(module, "_PANEL", panel)
        module._table.cache_clear()
        law = NetworkLaw(layers, 1.0, 1.0, 0.0)
        off = float(np.max(np.abs(law.pdf(x) / expected - 1.0)))
        assert off < law.error
        errors[panel] = off, law.error
    module._table.cache_clear()
    (fine, stated), (coarse, _) = errors.values()
    assert stated < 1e-11 < 1e-9 < coarse
    assert fine < 1e-11
