"""Kernels of infinitely wide networks: closed forms, quadrature, and simulated networks."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

import clt_sim as clt
from clt_sim.nonlinearities import UserFunction
from clt_sim.theory.kernels import dual_activation, nngp_kernel
from clt_sim.theory.normal_pairs import pair_average

CLOSED = [
    "abs",
    "cos",
    "erf",
    "identity",
    "leaky-relu(slope=-0.3)",
    "leaky-relu(slope=0.3)",
    "relu",
    "sign",
    "sin",
    "square",
    "step",
]
BY_QUADRATURE = sorted(
    set(clt.nonlinearities.names()) - {name.split("(")[0] for name in CLOSED} - {"exp"}
)
CORRELATIONS = (-1.0, -1.0 + 1e-12, -0.9, 0.0, 1e-9, 0.3, 0.999, 1.0 - 1e-10, 1.0)
VARIANCES = ((1.0, 1.0), (0.01, 4.0), (25.0, 0.3), (100.0, 100.0), (1e-6, 1.0))


def size(phi, variances):
    return math.sqrt(math.prod(phi.gaussian_moment(2, q) for q in variances))


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_are_what_quadrature_gives(name):
    phi = clt.nonlinearities.get(name)
    for variances in VARIANCES:
        closed = dual_activation(phi, CORRELATIONS, variances)
        numbers = [pair_average(phi, r, *variances) for r in CORRELATIONS]
        np.testing.assert_allclose(closed, numbers, rtol=0.0, atol=1e-12 * size(phi, variances))


@pytest.mark.parametrize("name", BY_QUADRATURE)
def test_correlations_of_0_and_1_are_moments_of_one_variable(name):
    phi = clt.nonlinearities.get(name)
    for q1, q2 in VARIANCES:
        product = phi.gaussian_moment(1, q1) * phi.gaussian_moment(1, q2)
        tolerance = 1e-12 * size(phi, (q1, q2))
        assert abs(dual_activation(phi, 0.0, (q1, q2)) - product) < tolerance
        second = phi.gaussian_moment(2, q1)
        for r in (1.0, 1.0 - 1e-15):
            # The second moment of a difference is of the order of 1 - r, times squared slopes.
            assert dual_activation(phi, r, (q1, q1)) == pytest.approx(second, rel=1e-11)


@pytest.mark.parametrize("name", BY_QUADRATURE)
def test_the_order_of_the_variables_does_not_matter(name):
    """The panels are different ones: those of the first variable and of what is left."""
    phi = clt.nonlinearities.get(name)
    for q1, q2 in ((1.0, 3.0), (0.01, 20.0)):
        for r in (-0.9, 0.3, 0.999, 1.0 - 1e-6):
            difference = pair_average(phi, r, q1, q2) - pair_average(phi, r, q2, q1)
            assert abs(difference) < 1e-12 * size(phi, (q1, q2))


@pytest.mark.parametrize(
    ("name", "correlation", "variances"),
    [
        ("tanh", 0.5, (1.0, 1.0)),
        ("tanh", -0.8, (9.0, 0.5)),
        ("sigmoid", 0.6, (2.0, 3.0)),
        ("gelu", 0.9, (1.0, 2.0)),
        ("mish", -0.4, (4.0, 1.0)),
    ],
)
def test_smooth_functions_against_adaptive_quadrature_in_two_dimensions(
    name, correlation, variances
):
    phi = clt.nonlinearities.get(name)
    sd1, sd2 = map(math.sqrt, variances)
    rest = math.sqrt(1.0 - correlation**2)

    # Another route: QUADPACK, in polar coordinates of the independent normals.
    def integrand(angle, radius):
        u, v = radius * math.cos(angle), radius * math.sin(angle)
        values = phi([sd1 * u, sd2 * (correlation * u + rest * v)])
        return radius * math.exp(-0.5 * radius**2) / math.tau * values[0] * values[1]

    expected, _ = integrate.dblquad(integrand, 0.0, 9.0, 0.0, math.tau, epsabs=1e-10, epsrel=1e-10)
    assert dual_activation(name, correlation, variances) == pytest.approx(expected, abs=3e-10)


def test_hard_tanh_against_its_hermite_series():
    """By parts, ``E phi He_k = E phi' He_(k-1)``, and phi' is 1 from -1 to 1."""
    hermite = [1.0, 1.0]  # He_j(1)
    for j in range(1, 120):
        hermite.append(hermite[j] - j * hermite[j - 1])
    density, r = math.exp(-0.5) / math.sqrt(math.tau), 0.7
    squares = {k: (2.0 * density * hermite[k - 2]) ** 2 for k in range(3, 120, 2)}
    series = math.erf(math.sqrt(0.5)) ** 2 * r + math.fsum(
        math.exp(math.log(square) + k * math.log(r) - math.lgamma(k + 1))
        for k, square in squares.items()
    )
    assert dual_activation("hard-tanh", r) == pytest.approx(series, abs=1e-12)


def test_functions_of_the_users_own():
    cube = UserFunction(numba.njit(lambda x: x**3), growth=(3.0, 3.0))
    np.testing.assert_allclose(
        dual_activation(cube, [-1.0, 0.4, 1.0]), [-15.0, 9 * 0.4 + 6 * 0.4**3, 15.0], rtol=1e-13
    )


def test_constant_arguments():
    for name in ("relu", "sigmoid", "step", "sign", "tanh"):
        phi = clt.nonlinearities.get(name)
        both = dual_activation(phi, 0.3, (0.0, [0.0, 2.0]))
        at_zero = float(phi(0.0))
        np.testing.assert_allclose(both, [at_zero**2, at_zero * phi.gaussian_moment(1, 2.0)])


def test_large_arguments_do_not_overflow():
    assert dual_activation("sin", 1.0, (1e4, 1e4)) == pytest.approx(0.5, rel=1e-14)
    assert dual_activation("sin", -1.0, (1e4, 1e4)) == pytest.approx(-0.5, rel=1e-14)
    assert dual_activation("cos", 0.5, (1e4, 1e4)) == 0.0
    assert dual_activation("sin", 1e-12) == pytest.approx(1e-12 / math.e, rel=1e-10)
    assert dual_activation("exp", 0.5, (1.0, 4.0)) == pytest.approx(math.exp(3.5), rel=1e-14)


@given(
    st.sampled_from(["relu", "tanh", "erf", "step", "elu"]),
    st.integers(1, 3),
    st.lists(st.lists(st.floats(-3.0, 3.0), min_size=2, max_size=2), min_size=1, max_size=3),
)
@settings(max_examples=15, deadline=None)
def test_kernels_are_positive_semidefinite(name, depth, inputs):
    kernel = nngp_kernel(inputs, depth, name, 1.5, 0.1)
    assert np.array_equal(kernel, kernel.T)
    assert np.linalg.eigvalsh(kernel).min() > -1e-9 * np.trace(kernel)
    alone = nngp_kernel(inputs[:1], depth, name, 1.5, 0.1)
    assert kernel[0, 0] == pytest.approx(float(alone[0, 0]), rel=1e-12)


def test_diagonals_are_variances_of_networks():
    for name in ("relu", "abs", "leaky-relu(slope=0.2)"):
        network = clt.RandomNetwork([7, 5], name, "normal", 1.7, 0.3, inputs=[1.0, -2.0])
        kernel = nngp_kernel([[1.0, -2.0]], 2, name, 1.7, 0.3)
        assert kernel[0, 0] == pytest.approx(network.variance, rel=1e-13)


def test_covariances_of_networks_with_one_hidden_layer_of_any_width():
    """Simulated with all weights, five standard errors: false alarms 6e-7 each."""
    inputs, draws, width = np.array([[1.0, 0.5], [-0.3, 2.0]]), 200_000, 3
    rng = np.random.default_rng(11)
    first = rng.normal(size=(draws, width, 2)) * math.sqrt(1.3 / 2)
    bias = rng.normal(size=(draws, width, 1)) * math.sqrt(0.2)
    hidden = np.tanh(first @ inputs.T + bias)
    last = rng.normal(size=(draws, 1, width)) * math.sqrt(1.3 / width)
    outputs = (last @ hidden)[:, 0] + rng.normal(size=(draws, 1)) * math.sqrt(0.2)
    products = outputs[:, :, None] * outputs[:, None, :]
    error = products.std(axis=0) / math.sqrt(draws)
    away = np.abs(products.mean(axis=0) - nngp_kernel(inputs, 1, "tanh", 1.3, 0.2)) / error
    assert np.all(away < 5.0)
    control = np.abs(products.mean(axis=0) - nngp_kernel(inputs, 2, "tanh", 1.3, 0.2)) / error
    assert np.all(np.diag(control) > 10.0)


def test_depth_0_is_the_kernel_of_the_inputs():
    np.testing.assert_allclose(
        nngp_kernel([[1.0, 2.0], [0.0, 1.0]], 0, "tanh", 3.0, 0.5), [[8.0, 3.5], [3.5, 2.0]]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dual_activation("rely", 0.0), "Did you mean 'relu'"),
        (
            lambda: dual_activation(
                UserFunction(numba.njit(lambda x: math.exp(x) - 1.0), growth=(0.0, math.inf)), 0.0
            ),
            "no precise quadrature",
        ),
        (lambda: dual_activation("relu", 1.1), "correlation must be from -1 to 1, not 1.1"),
        (lambda: dual_activation("relu", math.nan), "correlation must be finite"),
        (lambda: dual_activation("relu", 0.0, (1.0, -1.0)), r"variances\[1\] must be at least"),
        (lambda: nngp_kernel([[1.0]], -1), "depth must be at least 0"),
        (lambda: nngp_kernel([1.0], 1), "inputs must have 2 dimensions"),
        (lambda: nngp_kernel([[1.0]], 1, weight_variance=0.0), "weight_variance must be above 0"),
        (lambda: nngp_kernel([[1.0]], 1, bias_variance=-1.0), "bias_variance must be at least 0"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_correlations_are_numbers():
    with pytest.raises(TypeError, match="correlation must be real numbers"):
        dual_activation("relu", "high")
