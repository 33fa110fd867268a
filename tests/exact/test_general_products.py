"""Products of a random weight with a nonlinearity output, for laws without closed transforms."""

from __future__ import annotations

import functools
import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.density_panels import nodes_and_masses
from clt_sim.exact.general_product import GeneralProduct
from clt_sim.exact.output_transform import Output
from clt_sim.exact.panel_density import PanelDensity
from clt_sim.exact.product_density import product_panels
from clt_sim.exact.sum_transform import sum_transform

METHOD = "characteristic-function"
EVERYWHERE = (-math.inf, math.inf)
_, SHARES = np.polynomial.legendre.leggauss(20)


@functools.cache
def inverted(n, inputs, phi, weights, **rest):
    model = clt.WeightedSum(n=n, inputs=inputs, nonlinearity=phi, weights=weights, **rest)
    return clt.exact(model, method=METHOD)


def panels(law, phi="identity"):
    """The panels of phi(X), of a law whose outputs are flat nowhere."""
    output = Output(clt.laws.get(law), clt.nonlinearities.get(phi), (), 1.0, EVERYWHERE)
    return PanelDensity.of(output)


def product(first, second, *, tilted=False):
    """Places and densities of a product at the nodes of its panels."""
    found = product_panels(first, second, tilted=tilted)
    wide = found.high > found.low
    density = found.masses[wide] / (0.5 * (found.high - found.low)[wide, None] * SHARES)
    return found.nodes[wide], density, found


@pytest.mark.parametrize(
    ("first", "second", "density"),
    [
        ("uniform", "uniform", lambda z: -np.log(z)),
        ("beta", "uniform", lambda z: 3.0 * (1.0 - z) ** 2),
        (
            "pareto(shape=3)",
            "pareto(shape=3)",
            lambda z: 9.0 * np.log(z) * z**-4.0,
        ),
        ("lognormal", "lognormal", stats.lognorm(math.sqrt(2.0)).pdf),
    ],
)
def test_densities_of_products_in_closed_form(first, second, density):
    """Relative to the density itself, from next to 0 far into the tails."""
    z, values, found = product(panels(first), panels(second))
    inside = (found.masses.sum(axis=1) > 1e-15)[: len(z)]
    z, values = z[inside], values[inside]
    exact = density(z)
    clear = exact > 1e-3 * exact.max(axis=1, keepdims=True)  # a panel has one absolute error
    assert np.max(np.abs(values[clear] / exact[clear] - 1.0)) < 1e-8
    assert np.median(np.abs(values[clear] / exact[clear] - 1.0)) < 2e-13
    assert float(found.masses.sum()) == pytest.approx(1.0, abs=1e-13)


def test_two_normals_have_the_bessel_density_into_the_tails():
    z, values, _ = product(panels("normal"), panels("normal"))
    some = (np.abs(z) > 1e-12) & (np.abs(z) < 35.0)
    exact = np.array([float(mpmath.besselk(0, abs(y)) / mpmath.pi) for y in z[some][::40].tolist()])
    assert exact.min() < 1e-14
    np.testing.assert_allclose(values[some][::40], exact, rtol=1e-9)


def test_a_pole_at_the_end_of_one_factor():
    """Of a uniform number and the sine of a random phase: ``arcosh(1/|z|)/pi``."""
    z, values, found = product(panels("uniform"), panels("arcsine(low=-1)"))
    exact = np.arccosh(1.0 / np.abs(z)) / math.pi
    inside = np.abs(z) < 0.999
    np.testing.assert_allclose(values[inside], exact[inside], rtol=1e-8)
    assert float(found.masses.sum()) == pytest.approx(1.0, abs=1e-12)


TWO_SIDED = clt.laws.Mixture(("uniform(low=-3,high=-1)", "exponential"), (0.3, 0.7))
PAIRS = [
    ("student-t(df=5)", "uniform(low=-1,high=2)", "tanh"),
    ("triangular", "laplace", "gelu"),
    ("arcsine(low=-1)", "exponential", "tanh"),
    ("arcsine", "normal", "gelu"),  # both with poles that are not at 0
    ("normal(mean=100)", "normal", "tanh"),
    (TWO_SIDED, "normal", "abs"),
]


@pytest.mark.parametrize(("weights", "inputs", "phi"), PAIRS, ids=str)
def test_transforms_against_averages_over_both_laws(weights, inputs, phi):
    """Sums over pairs of nodes of both laws, for waves that are slow where there is mass."""
    model = clt.WeightedSum(n=1, inputs=inputs, nonlinearity=phi, weights=weights)
    part = sum_transform(model).transform.summands[0].parts.transform
    assert isinstance(part, GeneralProduct)
    sides = []
    for variable in (part.weight, part.output):
        x, masses = nodes_and_masses(variable.law, *variable.panels(12))
        kept = masses > 1e-16
        sides.append((np.asarray(variable.phi(x[kept])), masses[kept]))
    (w, p), (v, q) = sides
    t = np.array([0.7]) / max(1.0, abs(part.weight.law.quantile(0.5)))
    waves = [np.exp(1j * s * np.multiply.outer(w, v)) @ q @ p for s in t.tolist()]
    np.testing.assert_allclose(np.exp(part.log(1j * t)), waves, rtol=0.0, atol=1e-11)


def double_quadrature(weight, x, kinks, value):
    """P(W X <= value) for X above 0, over the law of X, from scipy's distribution of W."""
    places = [x.support()[0], *kinks, x.support()[1]]
    return math.fsum(
        integrate.quad(
            lambda y: x.pdf(y) * weight.cdf(value / y), a, b, epsabs=1e-13, epsrel=1e-12, limit=400
        )[0]
        for a, b in itertools.pairwise(places)
    )


@pytest.mark.parametrize(
    ("weights", "weight", "inputs", "x", "places"),
    [
        (
            "student-t(df=5)",
            stats.t(5.0),
            "uniform(low=1,high=2)",
            stats.uniform(1.0, 1.0),
            (-9.0, -1.0, 0.3, 2.0, 30.0),
        ),
        (
            "lognormal",
            stats.lognorm(1.0),
            "exponential",
            stats.expon(),
            (0.05, 0.7, 3.0, 20.0),
        ),
        (
            "truncated-normal(low=-1,high=2)",
            stats.truncnorm(-1.0, 2.0),
            "gamma(shape=3)",
            stats.gamma(3.0),
            (-3.0, -0.5, 0.4, 2.0, 9.0),
        ),
    ],
)
def test_one_product_against_quadrature(weights, weight, inputs, x, places):
    law = inverted(1, inputs, "leaky-relu(slope=1)", weights)
    for value in places:
        exact = double_quadrature(
            weight, x, [1.5, 1.9] if inputs[0] == "u" else [0.1, 1.0, 9.0], value
        )
        assert float(law.cdf(value)) == pytest.approx(exact, abs=1e-10)
    assert law.error < 1e-10


def test_two_products_against_their_convolution():
    """The law of two is that of one, in closed form, averaged over the other."""
    law = inverted(2, "lognormal", "identity", "lognormal")
    one = stats.lognorm(math.sqrt(2.0))
    for value in (0.5, 2.0, 15.0, 80.0):
        exact, _ = integrate.quad(
            lambda y, value=value: one.pdf(y) * one.cdf(value - y),
            0.0,
            value,
            points=[0.01, 0.1, 0.5 * value, 0.95 * value],
            epsabs=1e-13,
            limit=400,
        )
        assert float(law.cdf(value)) == pytest.approx(exact, abs=1e-10)


def test_tails_of_bounded_weights_to_relative_accuracy():
    """The density of a triangular times a gamma number is a single integral."""
    z, values, _ = product(
        panels("gamma(shape=3)"), panels("triangular(low=-1,mode=0,high=1)"), tilted=True
    )
    for value in (-90.0, -0.01, 1.0, 40.0, 200.0):
        place = np.unravel_index(np.argmin(np.abs(z - value)), z.shape)
        near = abs(z[place])
        exact, _ = integrate.quad(
            lambda w, near=near: (1.0 - w) * stats.gamma(3.0).pdf(near / w) / w,
            0.0,
            1.0,
            points=[min(0.5, near / 20.0), 0.9, 0.99],
            epsabs=0.0,
            epsrel=1e-11,
            limit=400,
        )
        assert values[place] == pytest.approx(exact, rel=1e-9)
    assert exact < 1e-80


@pytest.mark.parametrize(
    ("weights", "inputs", "phi"),
    [
        ("student-t(df=5)", "uniform", "relu"),
        ("lognormal", "normal", "tanh"),
        ("arcsine", "exponential", "leaky-relu(slope=1)"),
        ("truncated-normal", "normal", "relu"),
    ],
)
def test_sums_against_draws(weights, inputs, phi):
    """Kolmogorov's distance; 5e-6 is the probability of a false alarm of each (2.5 roots)."""
    law = inverted(4, inputs, phi, weights)
    draws = np.sort(clt.sample(law.model, 40_000, seed=5))
    x = np.linspace(draws[20], draws[-20], 500)
    steps = np.searchsorted(draws, x, side="right") / draws.size
    assert np.max(np.abs(steps - law.cdf(x))) < 2.5 / math.sqrt(draws.size)
    # The law of six is told from that of four.
    other = inverted(6, inputs, phi, weights)
    assert np.max(np.abs(steps - other.cdf(x))) > 5.0 / math.sqrt(draws.size)
    assert law.error < 1e-10


def test_the_atom_and_moments():
    law = inverted(4, "uniform(low=-1,high=1)", "relu", "student-t(df=9)")
    assert law.atoms == {0.0: pytest.approx(2.0**-4, rel=1e-14)}
    second = integrate.quad(lambda x: x * x * law.pdf(x), -60.0, 60.0, points=[0.0], limit=300)[0]
    assert law.variance == pytest.approx(second, rel=1e-6)


def test_poles_that_meet_are_refused():
    with pytest.raises(NoExactLaw, match="has poles that leave an error of"):
        inverted(2, "beta(a=.3,b=.2)", "leaky-relu(slope=1)", "beta(a=.3,b=.2)")


@pytest.mark.parametrize("inputs", ["pareto", "pareto(shape=1.0)"])
def test_outputs_beyond_the_range_of_doubles_are_refused(inputs):
    with pytest.raises(NoExactLaw, match=r"exp of the inputs reaches beyond 1e\+150"):
        clt.exact(clt.WeightedSum(8, inputs, "exp", "normal"))
    with pytest.raises(NoExactLaw, match=r"exp of pareto.* reaches beyond floats"):
        clt.exact(clt.WeightedSum(8, inputs, "exp", 1.0))
