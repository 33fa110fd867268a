from __future__ import annotations

import cmath
import math
import time

import mpmath
import numpy as np
import pytest
from scipy import integrate, special

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.law_transform import ClosedTransform, has_closed_form, log_sinhc, strip
from clt_sim.exact.sum_parts import convolution_power, convolved
from clt_sim.exact.sum_transform import sum_transform

T = np.array([0.0, 1e-6, 1e-3, 0.3, 1.0, 3.0, 30.0, 1e3, 1e6])


def whole(model, s):
    """E exp(s S) from the atoms and the transform of the rest."""
    s = np.asarray(s, np.complex128)
    parts = sum_transform(model)
    total = sum((mass * np.exp(s * x) for x, mass in parts.atoms.items()), np.zeros_like(s))
    if parts.transform is not None:
        total = total + parts.mass * np.exp(parts.transform.log(s))
    return total


def term(inputs, phi="identity", weights=1.0):
    return clt.WeightedSum(n=1, inputs=inputs, nonlinearity=phi, weights=weights)


@pytest.mark.parametrize("z", [1e-9, 0.3 + 0.2j, 0.5, -2 + 3j, 0.1 + 40j, 700 + 1j, -800 - 3j])
def test_log_sinhc(z):
    exact = mpmath.sinh(mpmath.mpc(z)) / mpmath.mpc(z)
    value = complex(log_sinhc(np.array([z], np.complex128))[0])
    assert abs(complex(mpmath.exp(value) / exact) - 1.0) < 3e-15 * (1.0 + abs(z))


CLOSED = {
    "normal(mean=1,sd=2)": lambda s: cmath.exp(s + 2 * s * s),
    "uniform(low=-1,high=3)": lambda s: (cmath.exp(3 * s) - cmath.exp(-s)) / (4 * s),
    "exponential(scale=.5)": lambda s: 1 / (1 - s / 2),
    "gamma(shape=2.5,scale=.5)": lambda s: (1 - s / 2) ** -2.5,
    "laplace(mean=1,scale=.5)": lambda s: cmath.exp(s) / (1 - s * s / 4),
    "logistic(mean=1,scale=.5)": lambda s: (
        cmath.exp(s) * math.pi * s / 2 / cmath.sin(math.pi * s / 2)
    ),
}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("theta", [0.0, 0.7, -1.1])
def test_closed_forms_and_their_strips(name, theta):
    law = clt.laws.get(name)
    assert has_closed_form(law)
    assert strip(law)[0] < theta < strip(law)[1]
    s = theta + 1j * np.array([0.01, 0.5, 4.0, 11.0])
    expected = [CLOSED[name](point) for point in s.tolist()]
    np.testing.assert_allclose(np.exp(ClosedTransform(law).log(s)), expected, rtol=1e-13)


LIGHT = [
    "arcsine(low=-1,high=3)",
    "beta(a=.25,b=6,high=3)",
    "triangular(low=-1.5,mode=-1,high=3.25)",
    "wikipedia",
    "truncated-normal(low=0,high=None)",
    "symmetric-weibull(shape=1.5)",
    "mixture(components=('normal','laplace(mean=3)'),weights=(.3,.7))",
    "sparse(slab='uniform(low=1,high=3)',zero_probability=.25)",
    "stable(alpha=1.3,beta=-.7,location=2,scale=.5)",
    "student-t(df=2.5)",
    "discrete(values=(-1,0,1),probabilities=(.25,.5,.25))",
]


@pytest.mark.parametrize("name", LIGHT)
def test_characteristic_functions_of_all_kinds_of_laws(name):
    law = clt.laws.get(name)
    t = np.array([0.0, 0.01, 0.7, 5.0, 60.0, 900.0])
    np.testing.assert_allclose(
        whole(term(name), 1j * t), law.characteristic_function(t), atol=3e-14
    )


@pytest.mark.parametrize(
    ("name", "theta"),
    [("wikipedia", 3.0), ("wikipedia", -40.0), ("truncated-normal(low=-1,high=.5)", 25.0)],
)
def test_tilted_densities(name, theta):
    law = clt.laws.get(name)
    low, high = law.support
    edge = high if theta > 0 else low
    for t in (0.0, 2.0, 11.0):
        parts = [
            integrate.quad(
                lambda x, f=f, t=t: law.pdf(x) * math.exp(theta * (x - edge)) * f(t * (x - edge)),
                low,
                high,
                points=sorted(law.kinks) or None,
                epsabs=1e-15,
                epsrel=1e-12,
                limit=200,
            )[0]
            for f in (math.cos, math.sin)
        ]
        value = np.exp(sum_transform(term(name)).transform.log(np.array([theta + 1j * t])))
        value = value[0] * cmath.exp(-(theta + 1j * t) * edge)
        assert value == pytest.approx(complex(*parts), rel=1e-9, abs=1e-14)


def test_relu_with_normal_weights():
    root = np.sqrt(1.0 + T * T)
    parts = sum_transform(term("normal", "relu", "normal"))
    assert parts.atoms == {0.0: 0.5}
    assert parts.mass == 0.5
    # Relative, over 6 decades of t
    np.testing.assert_allclose(np.exp(parts.transform.log(1j * T)), 1.0 / root, rtol=3e-15)


def test_product_of_normals_in_its_strip():
    transform = sum_transform(term("normal(sd=2)", weights="normal(sd=.5)")).transform
    np.testing.assert_allclose(
        np.exp(transform.log(1j * T)), 1.0 / np.sqrt(1.0 + T * T), rtol=3e-15
    )
    low, high = transform.strip
    assert low == -high
    assert 0.9 < high < 1.0
    for theta in (0.5, 0.999 * high, 0.999 * low):
        s = theta + 1j * T[:-1]
        np.testing.assert_allclose(np.exp(transform.log(s)), (1.0 - s * s) ** -0.5, rtol=1e-13)


@pytest.mark.parametrize(
    ("weights", "transform"),
    [
        ("laplace", lambda y: 1.0 / (1.0 + y * y)),
        ("exponential", lambda y: 1.0 / (1.0 - 1j * y)),
        ("gamma(shape=2.5)", lambda y: (1.0 - 1j * y) ** -2.5),
        ("normal(mean=2)", lambda y: np.exp(2j * y - 0.5 * y * y)),
        ("logistic", lambda y: math.pi * y / np.sinh(np.minimum(math.pi * y, 600.0))),
        ("uniform(low=-.5,high=2)", lambda y: (np.exp(2j * y) - np.exp(-0.5j * y)) / (2.5j * y)),
    ],
)
@pytest.mark.parametrize("phi", ["tanh", "gelu", "square", "exp"])
def test_products_against_composite_quadrature(weights, transform, phi):
    function = clt.nonlinearities.get(phi)
    model = term("triangular(low=-2,mode=0,high=2.5)", phi, weights)
    nodes, shares = np.polynomial.legendre.leggauss(7)
    ends = np.concatenate([np.linspace(-2.0, 0.0, 4001), np.linspace(0.0, 2.5, 5001)[1:]])
    half = 0.5 * np.diff(ends)[:, None]
    x = 0.5 * (ends[1:] + ends[:-1])[:, None] + half * nodes
    masses = model.inputs.pdf(x) * half * shares
    t = np.array([0.5, 6.0, 50.0])
    values = whole(model, 1j * t)
    exact = [np.sum(masses * transform(q * function(x))) for q in t.tolist()]
    np.testing.assert_allclose(values, exact, atol=3e-14)


@pytest.mark.parametrize(
    ("phi", "function"),
    [
        ("tanh", mpmath.tanh),
        ("gelu", lambda x: x * mpmath.ncdf(x)),
        ("sin", mpmath.sin),
        ("sigmoid", lambda x: 1 / (1 + mpmath.exp(-x))),
    ],
)
@pytest.mark.parametrize("s", [20j, 0.4 + 1j, -1.5 + 7j])
def test_fixed_weights_against_mpmath(phi, function, s):
    places = np.linspace(-10.0, 10.0, 21).tolist()
    exact = mpmath.quad(lambda x: mpmath.npdf(x) * mpmath.exp(s * function(x)), places, maxdegree=4)
    assert whole(term("normal", phi), [s])[0] == pytest.approx(complex(exact), abs=2e-14)


@pytest.mark.parametrize("theta", [0.0, 2.0, -3.0])
def test_half_normal_and_chi_squared_at_any_frequency(theta):
    s = theta + 1j * T
    half = np.exp(sum_transform(term("normal", "relu")).transform.log(s))
    # E exp(s |Z|) by the Faddeeva function; the tilt sets the size of rounding errors.
    size = special.wofz(-1j * theta / math.sqrt(2.0)).real
    np.testing.assert_allclose(half, special.wofz(-1j * s / math.sqrt(2.0)), atol=2e-15 * size)
    theta = min(theta, 0.4)
    s = theta + 1j * T
    chi = whole(term("normal", "square"), s)
    size = (1.0 - 2.0 * theta) ** -0.5
    np.testing.assert_allclose(chi, (1.0 - 2.0 * s) ** -0.5, atol=2e-14 * size)


def test_uniform_weights_agree_with_the_other_order():
    one = term("normal", "leaky-relu(slope=1)", "uniform(low=-1,high=2)")
    other = term("uniform(low=-1,high=2)", "identity", "normal")
    for theta in (0.0, 1.5):
        s = theta + 1j * T
        expected = whole(other, s)
        np.testing.assert_allclose(whole(one, s), expected, atol=1e-15 * abs(expected[0]))


def test_atoms_of_relu_sums():
    for n in (1, 7, 64):
        parts = sum_transform(clt.WeightedSum(n=n, nonlinearity="relu", bias=3.0))
        assert parts.atoms == {3.0: 2.0**-n}
        assert parts.mass == pytest.approx(1.0 - 2.0**-n, rel=1e-15)
        rest = np.exp(parts.transform.log(1j * T))
        all_of_it = (0.5 + 0.5 / np.sqrt(1.0 + T * T)) ** n
        exact = np.exp(3j * T) * (all_of_it - 2.0**-n) / (1.0 - 2.0**-n)
        np.testing.assert_allclose(rest, exact, atol=3e-15 * n)


def test_rest_keeps_its_digits_beside_large_atoms():
    # One term in a million is there at all: the rest is nearly the law of that one.
    model = clt.WeightedSum(n=3, inputs="normal", weights=1.0, dropout=1.0 - 2.0**-20)
    parts = sum_transform(model)
    t = np.array([0.0, 0.5, 4.0]) / 2.0**20
    with mpmath.workdps(40):
        p = mpmath.mpf(2) ** -20
        values = [
            ((1 - p + p * mpmath.exp(-((mpmath.mpf(x) / p) ** 2) / 2)) ** 3 - (1 - p) ** 3)
            / (1 - (1 - p) ** 3)
            for x in t.tolist()
        ]
    np.testing.assert_allclose(
        np.exp(parts.transform.log(1j * t)).real, [float(v) for v in values], rtol=1e-12
    )


def test_atoms_of_discrete_sums():
    parts = sum_transform(clt.WeightedSum(n=3, inputs="rademacher", weights=[1.0, 2.0, 2.0]))
    assert parts.transform is None
    assert parts.mass == 0.0
    assert parts.atoms == {
        x: 0.125 * (1 + (abs(x) == 1)) for x in (-5.0, -3.0, -1.0, 1.0, 3.0, 5.0)
    }
    clipped = sum_transform(clt.WeightedSum(n=2, nonlinearity="hard-tanh", weights=0.5)).atoms
    tail = special.ndtr(-1.0)
    assert clipped == pytest.approx({-1.0: tail**2, 0.0: 2 * tail**2, 1.0: tail**2})


def test_atoms_that_rounding_moves_are_one():
    atoms = convolution_power({0.1: 0.5, 0.2: 0.5}, 3)
    assert [*atoms] == pytest.approx([0.3, 0.4, 0.5, 0.6])
    assert [*atoms.values()] == [0.125, 0.375, 0.375, 0.125]
    assert len(convolved({0.1: 1.0, 0.3: 1.0}, {0.2: 1.0, 0.0: 1.0})) == 3


MODELS = [
    clt.WeightedSum(n=4, nonlinearity="tanh", dropout=0.25),
    clt.WeightedSum(n=3, inputs="student-t(df=3)", nonlinearity="gelu", weights="laplace"),
    clt.WeightedSum(
        n=5, inputs=[0.5, -1.0, 2.0, 0.0, 2.0], nonlinearity="relu", weights="logistic"
    ),
    clt.WeightedSum(n=3, inputs="cauchy", weights=[1.0, -2.0, 0.5], bias="exponential"),
    clt.WeightedSum(n=2, inputs="pareto(shape=1.5)", weights="normal(mean=.5)", bias=-1.0),
    clt.WeightedSum(n=3, inputs="laplace", nonlinearity="hard-tanh", weights="rademacher"),
    clt.WeightedSum(n=3, inputs="sparse", nonlinearity="sigmoid", weights="sparse"),
    clt.WeightedSum(n=4, inputs="normal(mean=.5)", nonlinearity="silu", weights="uniform(low=-1)"),
    clt.WeightedSum(n=3, inputs="bernoulli", nonlinearity="identity", weights="beta"),
    clt.WeightedSum(n=2, inputs=1.0 + np.arange(2), weights=[1.0, 2.0], dropout=0.5, bias="gamma"),
]


def deviations(model, t, samples):
    """How far empirical means of cos and sin are from the transform, in standard errors."""
    exact = whole(model, 1j * t)
    turns = np.multiply.outer(t, samples)
    pairs = [(np.cos(turns), exact.real), (np.sin(turns), exact.imag)]
    return np.array(
        [(v.mean(1) - e) / (v.std(1) / math.sqrt(samples.size) + 1e-9) for v, e in pairs]
    )


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_against_draws(model):
    """A single false alarm has a probability below 10*8*6e-7 (5 standard errors)."""
    samples = clt.sample(model, 100_000, seed=5)
    t = np.array([0.3, 0.9, 2.0, 4.0])
    assert np.max(np.abs(deviations(model, t, samples))) < 5.0
    assert np.max(np.abs(deviations(model, t, 1.05 * samples + 0.05))) > 5.0


@pytest.mark.parametrize(
    "model",
    [
        MODELS[0],
        clt.WeightedSum(n=3, inputs="normal", nonlinearity="softplus", weights=[1.0, -2.0, 0.5]),
        clt.WeightedSum(n=2, inputs="laplace", weights=1.0, bias="exponential(scale=3)"),
        MODELS[7],
    ],
    ids=str,
)
def test_derivatives_at_0_are_moments(model):
    parts = sum_transform(model)
    assert parts.transform.centre == model.mean
    assert parts.transform.scale == math.sqrt(model.variance)
    h = 1e-3 / math.sqrt(model.variance)
    less, zero, more = np.exp(1j * 0) * whole(model, np.array([-1j, 0, 1j]) * h)
    assert abs(zero - 1.0) < parts.transform.error  # of four logarithms, about 1e-14
    assert ((more - less) / (2j * h)).real == pytest.approx(model.mean, rel=1e-4, abs=1e-9)
    second = -((more - 2 * zero + less) / h**2).real
    assert second == pytest.approx(model.variance + model.mean**2, rel=1e-4)


def test_place_of_a_heavy_tail():
    transform = sum_transform(
        clt.WeightedSum(n=4, inputs="cauchy(location=1000)", weights=1.0)
    ).transform
    assert transform.centre == pytest.approx(4000.0, rel=1e-3)
    assert 2.0 < transform.scale < 16.0
    assert transform.strip == (0.0, 0.0)
    assert transform.support == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("model", "support", "ends"),
    [
        (term("normal", "tanh"), (-1.0, 1.0), (-math.inf, math.inf)),
        (term("exponential", "relu", -2.0), (-math.inf, 0.0), (-0.47, math.inf)),
        (term("laplace", "square"), (0.0, math.inf), (-math.inf, 0.0)),
        (term("normal", "square", 2.0), (0.0, math.inf), (-math.inf, 0.235)),
        (term("normal", "tanh", "laplace"), (-math.inf, math.inf), (-1.0, 1.0)),
        (term("laplace", "relu", "normal"), (-math.inf, math.inf), (0.0, 0.0)),
        (term("uniform", "square", 3.0), (0.0, 3.0), (-math.inf, math.inf)),
    ],
    ids=str,
)
def test_supports_and_strips(model, support, ends):
    transform = sum_transform(model).transform
    assert transform.support == pytest.approx(support)
    assert transform.strip == pytest.approx(ends, rel=0.02)


@pytest.mark.parametrize(
    ("model", "theta"),
    [
        (term("normal(mean=-17,sd=24)", "relu"), 1.0),
        (term("normal", "relu", "uniform(low=-1)"), -1.0),
        (term("laplace(scale=3)", "softplus"), 1.0),
        (term("normal(mean=2,sd=.5)", "square"), 1.0),
        (term("exponential(scale=24)", "square"), -1.0),
        (term("student-t(df=3)", "abs"), 0.0),
        (term("lognormal", "gelu", "uniform"), 0.0),
        (term("cauchy(scale=.03)", "gelu", "rademacher"), 0.0),
    ],
    ids=str,
)
def test_tilted_laws_have_no_greater_transform_off_the_real_axis(model, theta):
    transform = sum_transform(model).transform
    low, high = transform.strip
    tilt = 0.99 * (max(low, -50.0) if theta < 0 else min(high, 50.0)) if theta else 0.0
    t = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 40)])
    logs = transform.log(tilt + 1j * t)
    assert logs[0].imag == pytest.approx(0.0, abs=1e-13)
    assert np.max(logs.real) <= logs.real[0] + 1e-13
    assert not np.isnan(logs).any()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            clt.WeightedSum(n=2, dependence="autoregressive(correlation=.5)"),
            "the inputs are dependent, autoregressive",
        ),
        (
            clt.WeightedSum(n=2, dependence="random-scale"),
            "the inputs are dependent, random-scale",
        ),
        (clt.WeightedSum(n=2, inputs=[[1.0, 2.0]]), "the inputs are rows of data"),
        (
            term("normal", "tanh", "scipy(distribution='t',shapes=(3.0,))"),
            "the tails of the weights law .* are too heavy for quadrature",
        ),
        (term("scipy(distribution='t',shapes=(3.0,))"), "too heavy for quadrature"),
        (clt.WeightedSum(n=60, inputs="discrete", weights=2.0 ** -np.arange(60.0)), "atoms"),
    ],
    ids=str,
)
def test_refusals_name_the_part(model, reason):
    with pytest.raises(NoExactLaw, match=reason):
        sum_transform(model)


def test_user_functions_are_refused():
    numba = pytest.importorskip("numba")
    cube = numba.njit(lambda x: x * x * x)
    with pytest.raises(NoExactLaw, match=r"where the nonlinearity user-function .* is not known"):
        sum_transform(term("normal", cube, "normal"))


def test_shapes_and_branches():
    transform = sum_transform(clt.WeightedSum(n=3, nonlinearity="tanh")).transform
    s = 1j * np.linspace(0.0, 9.0, 12).reshape(3, 4)
    assert transform.log(s).shape == (3, 4)
    assert transform.log(s[:0]).shape == (0, 4)
    np.testing.assert_array_equal(transform.log(s).ravel(), transform.log(s.ravel()))


@pytest.mark.parametrize("theta", [0.0, 2.0])
def test_speed_of_four_terms(theta):
    """The goal is 0.03 s at low load."""
    transform = sum_transform(clt.WeightedSum(n=4, nonlinearity="tanh")).transform
    s = theta + 1j * np.linspace(0.0, 30.0, 1000)
    times = []
    for _ in range(3):
        start = time.process_time()
        transform.log(s)
        times.append(time.process_time() - start)
    assert min(times) < 0.3
