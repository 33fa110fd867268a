"""Moments of networks of finite width, against enumeration, exact products and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, special

import clt_sim as clt
from clt_sim.theory import output_moments
from clt_sim.theory.finite_width import (
    kernel_moments,
    mardia_kurtosis,
    network_kurtosis,
    unit_correlation,
)
from clt_sim.theory.sub_weibull import sub_weibull_index


@pytest.mark.parametrize(
    ("nonlinearity", "excess"),
    [
        ("relu", 5.0),
        ("identity", 2.0),
        ("abs", 2.0),
        ("leaky-relu(slope=0.3)", 6.0 * (1.0 + 0.3**4) / 1.09**2 - 1.0),
    ],
)
def test_products_without_biases(nonlinearity, excess):
    widths = [3, 10, 50]
    kurtosis = network_kurtosis(clt.RandomNetwork(widths, nonlinearity, inputs=[1.0, 2.0, -3.0]))
    assert kurtosis.exact
    assert kurtosis.value == pytest.approx(3.0 * math.prod(1.0 + excess / n for n in widths))


def test_relu_with_biases_is_the_recursion_of_two_moments():
    network = clt.RandomNetwork([4, 7, 9], "relu", "normal(sd=2.0)", 0.4, 0.3, inputs=[1.0, 2.0])
    gain, bias = 1.6, 0.3
    first = bias + gain * 2.5
    second = first**2
    for n in (4, 7, 9):
        first, second = (
            bias + 0.5 * gain * first,
            bias**2 + bias * gain * first + gain**2 * second * 0.25 * (1.0 + 5.0 / n),
        )
    moments = kernel_moments(network)
    assert moments.mean == pytest.approx(first, rel=1e-14)
    assert moments.variance == pytest.approx(second - first**2, rel=1e-13)
    assert network_kurtosis(network).value == pytest.approx(3.0 * second / first**2, rel=1e-14)
    assert moments.relative_variance == pytest.approx(second / first**2 - 1.0, rel=1e-13)


def outputs(network, units):
    """Return all outputs of a network with Rademacher weights, each as likely as any other."""
    x = np.atleast_2d(network.inputs.values)
    shapes = list(itertools.pairwise([*network.fan_ins, units]))
    count = sum(rows * columns for rows, columns in shapes)
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=count)))
    layer = np.repeat(x[None], len(signs), axis=0)  # (networks, rows of data, units)
    used = 0
    for k, (rows, columns) in enumerate(shapes):
        weights = signs[:, used : used + rows * columns].reshape(-1, rows, columns)
        used += rows * columns
        hidden = np.asarray(network.nonlinearity(layer), np.float64) if k else layer
        layer = math.sqrt(network.weight_variance / rows) * (hidden @ weights)
    return layer.reshape(-1, units)


@pytest.mark.parametrize("nonlinearity", ["relu", "identity", "abs", "leaky-relu(slope=-0.4)"])
@pytest.mark.parametrize("inputs", [[1.0, 2.0], [[1.0, 2.0], [0.5, -3.0]]])
@pytest.mark.parametrize("widths", [[2], [3], [2, 2]])
def test_rademacher_weights_by_enumeration(nonlinearity, inputs, widths):
    network = clt.RandomNetwork(widths, nonlinearity, "rademacher", 1.3, inputs=inputs)
    z = outputs(network, 2)
    square, product, fourth = np.mean(z[:, 0] ** 2), np.mean(z[:, 0] ** 2 * z[:, 1] ** 2), 0.0
    fourth = np.mean(z[:, 0] ** 4)
    moments = kernel_moments(network)
    assert moments.exact
    assert moments.mean == pytest.approx(square, rel=1e-12)
    assert moments.mean == pytest.approx(network.variance, rel=1e-12)
    assert moments.variance == pytest.approx(product - square**2, rel=1e-11, abs=1e-13)
    assert network_kurtosis(network).value == pytest.approx(fourth / square**2, rel=1e-12)
    assert unit_correlation(network).value == pytest.approx(
        np.corrcoef(z.T**2)[0, 1], rel=1e-11, abs=1e-13
    )
    mardia = np.mean(np.sum(z**2, axis=1) ** 2) / square**2
    assert mardia_kurtosis(network, 2).value == pytest.approx(mardia, rel=1e-12)


def test_units_that_share_a_relu_layer():
    for n in (1, 7, 100):
        network = clt.RandomNetwork([n], "relu")
        assert unit_correlation(network).value == pytest.approx(5.0 / (2 * n + 15))
        for p in (1, 2, 5):
            expected = p * (p + 2) * (1.0 + 5.0 / n)
            assert mardia_kurtosis(network, p).value == pytest.approx(expected)
    assert mardia_kurtosis(network, 1).value == pytest.approx(network_kurtosis(network).value)


SIMULATED = [
    clt.RandomNetwork([4, 6], "relu", "normal", 2.0, 0.5),
    clt.RandomNetwork([5], "tanh", "normal", 1.5, 0.1, inputs=[2.0, -1.0]),
    clt.RandomNetwork([5, 3], "step", "normal", 1.5, 0.1),
    clt.RandomNetwork([3, 4], "leaky-relu(slope=0.3)", "laplace", 1.0, 0.4, inputs=[1.0, 2.0]),
    clt.RandomNetwork(
        [3], "relu", "uniform(low=-1.0, high=1.0)", 1.0, inputs="laplace", input_width=2
    ),
    clt.RandomNetwork([2, 3], "relu", inputs="uniform(low=-1.0, high=2.0)", input_width=3),
    clt.RandomNetwork([40, 40], "tanh", "normal", 1.46, 0.013),
    clt.RandomNetwork([60, 40], "gelu", "normal", 2.0, 0.2),
]


@pytest.mark.parametrize("network", SIMULATED, ids=str)
def test_simulated_networks(network):
    """Five standard errors each, 6e-7; besides, what an expansion of order 1/width leaves out.

    That is of the order of the square of the excess, with factors that are seen to be small.
    """
    draw = clt.simulate_conditional if network.sampler == "conditional" else clt.simulate
    summary = draw(network, 400_000, seed=3)
    kurtosis, moments = network_kurtosis(network), kernel_moments(network)
    excess = kurtosis.value - 3.0
    left = 0.0 if kurtosis.exact else 0.1 * excess**2
    found, variance = summary.excess_kurtosis, summary.variance
    assert abs(found.value - excess) < 5.0 * found.stderr + left
    assert abs(variance.value - moments.mean) < 5.0 * variance.stderr + left
    assert abs(variance.value - 1.2 * moments.mean) > 5.0 * variance.stderr + left


def test_simulation_tells_neighbouring_widths_apart():
    found = clt.simulate_conditional(SIMULATED[0], 400_000, seed=3).excess_kurtosis
    wider = clt.RandomNetwork([4, 7], "relu", "normal", 2.0, 0.5)
    assert abs(found.value - network_kurtosis(wider).value + 3.0) > 5.0 * found.stderr


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_the_expansion_is_right_to_order_one_over_width(bias):
    """Where the moments are exact, the errors of the expansion fall like the square of 1/width."""
    errors = []
    for n in (50, 100, 200):
        network = clt.RandomNetwork([n, 2 * n, n], "relu", "normal", 1.8, bias)
        exact, expanded = (
            output_moments._of_linear_sides(network),
            output_moments._of_expansion(network),
        )
        assert not expanded.exact
        assert expanded.square == pytest.approx(exact.square, rel=1e-12)
        errors.append(exact.product - exact.square**2 - expanded.product + expanded.square**2)
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.05)


def test_the_expansion_of_the_mean_knows_the_curvature():
    """For the square, ``K'' = g K'^2 mean(Z^4)`` has exact moments."""
    errors = []
    for n in (100, 200):
        g, network = 0.7, clt.RandomNetwork([n, n], "square", "normal", 0.7)
        powers = [special.factorial2(4 * k - 1) for k in range(1, 3)]  # E Z^4, E Z^8
        spread = (powers[1] - powers[0] ** 2) / n
        second = g * g * g**4 * (powers[0] ** 2 + spread)  # E K'^2, with K = g
        moments = kernel_moments(network)
        assert not moments.exact
        # E K'^2 is linear in 1/n here: the first correction is all of it.
        assert moments.mean == pytest.approx(3.0 * g * second, rel=1e-12)
        flat = 3.0 * g * (3.0 * g * g * g) ** 2
        errors.append((moments.mean - flat) * n)
    assert errors[0] == pytest.approx(errors[1], rel=1e-10)
    assert errors[0] > 1.0


def test_one_hidden_layer_is_exact_for_any_nonlinearity():
    network = clt.RandomNetwork([6], "sigmoid", "normal", 2.0, 0.3, inputs=[1.0, 3.0])
    sd = math.sqrt(0.3 + 2.0 * 5.0)

    def average(k):
        return integrate.quad(
            lambda z: special.expit(sd * z) ** k * math.exp(-0.5 * z * z) / math.sqrt(math.tau),
            -12.0,
            12.0,
            epsabs=1e-13,
        )[0]

    moments = kernel_moments(network)
    assert moments.exact
    assert moments.mean == pytest.approx(0.3 + 2.0 * average(2), rel=1e-10)
    variance = 4.0 * (average(4) - average(2) ** 2) / 6
    assert moments.variance == pytest.approx(variance, rel=1e-9)


def test_saturated_units():
    sign = network_kurtosis(clt.RandomNetwork([5, 5], "sign"))
    assert sign.exact
    assert sign.value == pytest.approx(3.0, rel=1e-14)
    with_bias = network_kurtosis(clt.RandomNetwork([5, 4], "step", "normal", 1.5, 0.1))
    assert with_bias.exact
    assert with_bias.value == pytest.approx(3.0 + 3.0 * 1.5**2 / 16.0 / 0.85**2)
    # A layer that is all 0 makes the next one all 1, since step(0) is 1.
    assert not network_kurtosis(clt.RandomNetwork([5, 4], "step")).exact
    dead = network_kurtosis(clt.RandomNetwork([5, 5], "sigmoid", inputs=[0.0]))
    assert dead.value > 3.0


@pytest.mark.parametrize(
    ("widths", "nonlinearity", "index"),
    [([3], "identity", 1.0), ([2, 4], "identity", 1.5), ([2, 5, 3], "identity", 2.0)],
)
def test_linear_networks_have_the_moments_of_their_index(widths, nonlinearity, index):
    """``z = Z prod sqrt(chi2_n/n)``: the slope of log ||z||_k against log k tends to the index."""

    def log_norm(k):
        log = special.gammaln(0.5 * (k + 1)) + sum(
            special.gammaln(0.5 * (n + k)) - special.gammaln(0.5 * n) for n in widths
        )
        return log / k

    slope = (log_norm(4e6) - log_norm(1e6)) / math.log(4.0)
    assert slope == pytest.approx(index, abs=1e-4)
    assert sub_weibull_index(clt.RandomNetwork(widths, nonlinearity)) == index
    assert abs(slope - index - 0.5) > 0.1


def test_other_indices():
    # A square of one unit: |z| = Z'^2 |Z|, whose norms grow like k^(1 + 1/2).
    assert sub_weibull_index(clt.RandomNetwork([1], "square")) == 1.5
    assert sub_weibull_index(clt.RandomNetwork([1, 1], "square")) == 3.5
    assert sub_weibull_index(clt.RandomNetwork([9] * 3, "relu")) == 2.0
    assert sub_weibull_index(clt.RandomNetwork([9] * 3, "relu", normalization="layer")) == 0.5
    assert sub_weibull_index(clt.RandomNetwork([9] * 3, "tanh")) == 0.5
    drawn = clt.RandomNetwork([9], "relu", inputs="uniform", input_width=2)
    assert sub_weibull_index(drawn) == 1.0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"normalization": "rms"}, "for rms normalization"),
        ({"inputs": "normal", "input_width": 2, "weight_seed": 1}, "for fixed weights"),
        ({"nonlinearity": "tanh", "weights": "laplace"}, "for weights laplace, which are not norm"),
        ({"nonlinearity": "tanh", "inputs": "normal", "input_width": 2}, "for random inputs"),
        ({"nonlinearity": "exp"}, "fourth moment of .* is not known to be finite"),
        ({"weights": "student-t(df=4.0)"}, "fourth moment of .* is not known to be finite"),
        ({"weights": clt.laws.Discrete((-1.0, 2.0), (2 / 3, 1 / 3))}, "not known to be symmetric"),
        ({"inputs": [0.0, 0.0]}, "is always 0"),
        ({"inputs": [0.0], "nonlinearity": "tanh"}, "is always 0"),
    ],
)
def test_refusals(changed, message):
    network = clt.RandomNetwork([10, 10], **changed)
    for function in (network_kurtosis, kernel_moments, unit_correlation):
        with pytest.raises(ValueError, match=message):
            function(network)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weights": "laplace"}, "weights laplace"),
        ({"nonlinearity": "exp"}, "exp, which grows like the exponential"),
        ({"inputs": "normal", "input_width": 2}, "inputs of the law normal, which has no bounds"),
        ({"inputs": "normal", "input_width": 2, "weight_seed": 1}, "fixed weights"),
    ],
)
def test_refusals_of_an_index(changed, message):
    with pytest.raises(ValueError, match=message):
        sub_weibull_index(clt.RandomNetwork([10, 10], **changed))


def test_dimension_and_constant_squares():
    network = clt.RandomNetwork([10], "relu")
    with pytest.raises(ValueError, match="dimension must be at least 1"):
        mardia_kurtosis(network, 0)
    constant = clt.RandomNetwork([1], "abs", "rademacher")
    with pytest.raises(ValueError, match=r"square of the output of .* is constant"):
        unit_correlation(constant)
