"""Stable limits, against exact characteristic functions, distribution functions and quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

import clt_sim as clt
from clt_sim.laws import Cauchy, Pareto, Stable, StudentT
from clt_sim.theory.stable_layers import stable_next_layer, stable_norming, stable_output
from clt_sim.theory.stable_limit import stable_limit
from clt_sim.theory.tail_constants import TailConstants, stable_tail_constant, tail_constants

T = np.array([-3.0, -1.0, -0.3, 0.2, 0.7, 1.5])


@pytest.mark.parametrize("alpha", [0.4, 0.8, 1.0, 1.5, 1.9])
def test_the_constant_is_the_tail_of_the_stable_law(alpha):
    law = Stable(alpha)
    far = 1e9 ** (1.0 / alpha)
    assert 2.0 * law.cdf(-far) * 1e9 == pytest.approx(stable_tail_constant(alpha), rel=1e-5)


@pytest.mark.parametrize(
    "law",
    [
        Pareto(shape=1.5, scale=2.0),
        Cauchy(location=3.0, scale=2.0),
        StudentT(df=1.3, scale=0.7),
        StudentT(df=0.6),
        Stable(alpha=1.4, beta=0.6, scale=3.0),
        Stable(alpha=0.7, beta=-0.5, scale=0.2),
    ],
    ids=str,
)
def test_constants_of_laws_are_those_of_their_distribution_functions(law):
    tails = tail_constants(law)
    errors = []
    for level in (1e4, 1e6):
        far = level ** (1.0 / tails.index)
        # Not in units of one rounding of 1, as the right tail of a distribution function is.
        right = 1.0 - float(law.cdf(far))
        assert right * level == pytest.approx(tails.right, rel=0.1, abs=1e-9)
        left = float(law.cdf(-far))
        errors.append(abs(left * level - tails.left))
    assert errors[1] <= 0.2 * errors[0] + 1e-9
    assert errors[1] <= 0.01 * tails.left


@pytest.mark.parametrize(
    ("nonlinearity", "right", "left"),
    [
        ("identity", 4.0, 1.0),
        ("relu", 4.0, 0.0),
        ("abs", 5.0, 0.0),
        ("leaky-relu(slope=0.25)", 4.0, 0.5),
        ("leaky-relu(slope=-0.25)", 4.5, 0.0),
    ],
)
def test_constants_of_linear_sides(nonlinearity, right, left):
    # Index 1/2: a share of 4/5 to the right, and a scale that makes the sum 5.
    scale = (5.0 / stable_tail_constant(0.5)) ** 2
    tails = tail_constants(Stable(alpha=0.5, beta=0.6, scale=scale), nonlinearity)
    assert tails.right == pytest.approx(right, rel=1e-13)
    assert tails.left == pytest.approx(left, rel=1e-13)


def difference(law, n, weights):
    """Return how far the exact characteristic function of a sum is from that of its limit."""
    limit = stable_limit(clt.WeightedSum(n * len(weights), law, "identity", np.tile(weights, n)))
    t = T / limit.scale
    parts = [law.characteristic_function(weight * t) for weight in weights]
    # The location grows with n, and turns both functions alike.
    exact = np.prod(parts, axis=0) * np.exp(-1j * limit.location * t / n)
    centred = Stable(limit.alpha, limit.beta, 0.0, limit.scale)
    return float(np.max(np.abs(exact**n - centred.characteristic_function(t))))


@pytest.mark.parametrize(
    ("law", "weights", "rate"),
    [
        # What is next after |t|**alpha, of order t**2 for alpha > 1; or the second term of the
        # exponential, of order 1/n.
        (Pareto(shape=1.5), (1.0,), 1.0 / 3.0),
        (Pareto(shape=1.5), (1.0, -2.0, 0.5), 1.0 / 3.0),
        (Pareto(shape=0.5), (1.0,), 1.0),
        (StudentT(df=1.2), (1.0, 3.0), 2.0 / 3.0),
        (StudentT(df=0.8, location=2.0), (1.0,), 1.0),
    ],
    ids=str,
)
def test_exact_sums_come_near_to_their_limits_at_the_known_rate(law, weights, rate):
    coarse, fine = (difference(law, n, weights) for n in (2**10, 2**16))
    assert fine < 0.1
    assert math.log2(coarse / fine) / 6.0 == pytest.approx(rate, rel=0.15)


def test_wrong_constants_do_not_come_near():
    law = Pareto(shape=1.5)
    limit = stable_limit(clt.WeightedSum(2**16, law, "identity", 1.0))
    t = T / limit.scale
    exact = (law.characteristic_function(t) * np.exp(-1j * law.mean * t)) ** (2**16)
    near = np.max(np.abs(exact - Stable(1.5, 1.0, 0.0, limit.scale).characteristic_function(t)))
    for other in (
        Stable(1.5, 0.0, 0.0, limit.scale),
        Stable(1.5, 1.0, 0.0, 1.1 * limit.scale),
        Stable(1.5, 1.0, 0.1 * limit.scale, limit.scale),
    ):
        assert np.max(np.abs(exact - other.characteristic_function(t))) > 2.0 * near


@pytest.mark.parametrize(
    "law",
    [
        Cauchy(location=1.0, scale=2.0),
        Stable(alpha=1.0, scale=3.0),
        Stable(alpha=1.6, beta=-0.7, location=2.0, scale=0.5),
        Stable(alpha=0.6, beta=1.0, location=-1.0),
    ],
    ids=str,
)
def test_sums_of_stable_inputs_are_exact(law):
    weights = [1.0, -0.5, 2.0, 0.0]
    limit = stable_limit(clt.WeightedSum(4, law, "identity", weights, bias=0.7))
    t = T / limit.scale
    exact = np.prod([law.characteristic_function(w * t) for w in weights], axis=0) * np.exp(
        0.7j * t
    )
    np.testing.assert_allclose(limit.characteristic_function(t), exact, rtol=1e-12, atol=1e-13)


def test_sums_of_rectified_inputs_by_simulation():
    """Sums of ReLUs of Student draws of index 1/2: only the right tail is left."""
    n, draws = 300, 10_000
    sums = np.maximum(np.random.default_rng(2).standard_t(0.5, (draws, n)), 0.0).sum(axis=1)
    steps = (np.arange(draws) + 0.5) / draws
    noise = math.sqrt(math.log(2.0 / 1e-6) / (2.0 * draws))  # false alarms: 1e-6
    bias = 0.01  # what n = 300 is from the limit, of order 1/n
    for nonlinearity in ("relu", "abs"):
        limit = stable_limit(clt.WeightedSum(n, StudentT(df=0.5), nonlinearity, 1.0))
        distance = np.max(np.abs(limit.cdf(np.sort(sums)) - steps))
        if nonlinearity == "relu":
            assert distance < noise + bias
        else:
            assert distance > 3.0 * (noise + bias)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.7, 2.0])
def test_outputs_with_stable_weights_are_exact(alpha):
    hidden = np.array([0.0, 0.3, -2.0, 5.0])
    law = stable_output(hidden, alpha, weight_scale=1.5, bias_scale=0.4)
    weights, bias = Stable(alpha, 0.0, 0.0, 1.5), Stable(alpha, 0.0, 0.0, 0.4)
    t = T / law.scale
    parts = [weights.characteristic_function(t * h * 4 ** (-1.0 / alpha)) for h in hidden]
    exact = np.prod([bias.characteristic_function(t), *parts], axis=0)
    np.testing.assert_allclose(law.characteristic_function(t), exact, rtol=1e-12)
    assert stable_output(1e300 * hidden, alpha).scale == pytest.approx(
        1e300 * stable_output(hidden, alpha).scale, rel=1e-12
    )


def test_normal_weights_are_the_member_of_index_2():
    law = stable_output([1.0, 2.0], 2.0, weight_scale=math.sqrt(0.5))  # weights of variance 1
    assert law.variance == pytest.approx(2.5, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "alpha"), [("tanh", 0.6), ("hard-tanh", 1.5), ("sigmoid", 1.5), ("step", 1.0)]
)
def test_layers_of_bounded_functions(name, alpha):
    """By parts: ``E g(z) = G(0)/2 + int P(z > x) dG(x)`` with ``G(x) = g(x) + g(-x)``."""
    units, phi = Stable(alpha, 0.0, 0.0, 0.8), clt.nonlinearities.get(name)
    root = np.linspace(1e-10, 7.0, 2001)  # so that places are dense beside 0
    x, middle = root**3, (0.5 * (root[1:] + root[:-1])) ** 3
    both = np.abs(phi(x)) ** alpha + np.abs(phi(-x)) ** alpha
    average = 0.5 * both[0] + float(units.cdf(-middle) @ np.diff(both))
    scale = (0.3**alpha + 2.0**alpha * average) ** (1.0 / alpha)
    law = stable_next_layer(name, alpha, 0.8, weight_scale=2.0, bias_scale=0.3)
    assert law.scale == pytest.approx(scale, rel=1e-5)
    assert stable_norming(100, alpha, name) == pytest.approx(100 ** (-1.0 / alpha))


@pytest.mark.parametrize("alpha", [0.7, 1.5])
@pytest.mark.parametrize(("name", "slopes"), [("relu", 1.0), ("identity", 2.0)])
def test_layers_of_linear_functions_need_a_logarithm(alpha, name, slopes):
    """For ``Y = |phi(z)|**alpha`` of tail c/y, ``E[1 - exp(-s Y)]`` is ``c s log(1/s) + O(s)``.

    With s = v/(n log n), n times that tends to c v: the sum of n, over n log n, tends to c.
    """
    units = Stable(alpha, 0.0, 0.0, 0.8)

    def average(s):
        def integrand(log):
            y = np.exp(log)
            return s * y * np.exp(-s * y) * slopes * units.cdf(-(y ** (1.0 / alpha)))

        logs = np.linspace(-30.0, math.log(60.0 / s), 4001)
        return float(integrate.simpson(integrand(logs), x=logs))

    c = (average(1e-9) / 1e-9 - average(1e-7) / 1e-7) / math.log(100.0)
    law = stable_next_layer(name, alpha, 0.8, weight_scale=2.0, bias_scale=0.3)
    assert law.scale**alpha == pytest.approx(0.3**alpha + 2.0**alpha * c, rel=1e-3)
    assert stable_norming(100, alpha, name) == pytest.approx(460.517 ** (-1.0 / alpha), rel=1e-5)


def test_factors_below_0_swap_the_tails():
    assert TailConstants(0.5, 3.0, 1.0).times(-4.0) == TailConstants(0.5, 2.0, 6.0)


PARETO = "pareto(shape=1.5)"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"inputs": "normal", "weights": 1.0}, "tail constants for the law normal"),
        ({"inputs": PARETO, "nonlinearity": "tanh", "weights": 1.0}, "tail constants for tanh"),
        ({"inputs": PARETO}, "random weights, normal"),
        ({"inputs": PARETO, "weights": 0.0}, "weights that are all 0"),
        ({"inputs": PARETO, "weights": 1.0, "dropout": 0.5}, "dropout"),
        ({"inputs": PARETO, "weights": 1.0, "bias": "normal"}, "a bias of the law normal"),
        ({"inputs": [1.0, 2.0, 3.0]}, "random weights, normal"),
        ({"inputs": "pareto(shape=2.0)", "weights": 1.0}, "tails of index 2,"),
        ({"inputs": "pareto(shape=0.2)", "weights": 1.0}, "tails of index 0.2,"),
        ({"inputs": "pareto(shape=1.0)", "weights": 1.0}, "of index 1 and not symmetric"),
        (
            {"inputs": "cauchy", "nonlinearity": "abs", "weights": 1.0},
            "of index 1 and not symmetric",
        ),
        (
            {"inputs": PARETO, "weights": 1.0, "dependence": "equicorrelated(correlation=0.5)"},
            "dependent inputs",
        ),
    ],
)
def test_refusals_of_sums(model, message):
    with pytest.raises(ValueError, match=message):
        stable_limit(clt.WeightedSum(3, **model))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stable_tail_constant(2.0), "alpha must be above 0 and below 2, not 2"),
        (lambda: stable_norming(1, 1.5, "relu"), "n must be at least 2"),
        (lambda: stable_norming(10, 1.5, "square"), "square, which is not bounded or linear"),
        (lambda: stable_norming(10, 1.5, "sin"), "is periodic"),
        (lambda: stable_next_layer("tanh", 0.2, 1.0), "alpha must be from 0.3 and below 2"),
        (lambda: stable_next_layer("tanh", 1.0, 0.0), "unit_scale must be above 0"),
        (lambda: stable_output([0.0], 1.5), "hidden must not be all 0"),
        (lambda: stable_output([1.0], 1.5, bias_scale=-1.0), "bias_scale must be at least 0"),
        (lambda: stable_output([1.0], 2.5), "alpha must be from 0.3 to 2"),
        (lambda: tail_constants("stable(alpha=2.0)"), "no tail constants for the law stable"),
        (lambda: tail_constants(Stable(0.5, -1.0), "relu"), "has no tails"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
