"""The limit of depth in proportion to width, against exact moments and simulated products."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import clt_sim as clt
from clt_sim.laws import Lognormal
from clt_sim.theory.depth_limit import depth_limit


@pytest.mark.parametrize(
    ("nonlinearity", "rate"),
    [("relu", 5.0), ("identity", 2.0), ("abs", 2.0), ("leaky-relu(slope=0.5)", 3.08)],
)
def test_rates_and_means(nonlinearity, rate):
    network = clt.RandomNetwork([10, 20, 40], nonlinearity, weight_variance=1.7, inputs=[1.0, 2.0])
    limit = depth_limit(network)
    assert limit.inverse_width == pytest.approx(0.175, rel=1e-15)
    assert limit.rate == pytest.approx(rate, rel=1e-13)
    assert limit.kernel.mean == pytest.approx(network.variance, rel=1e-13)
    assert limit.kurtosis == pytest.approx(
        3.0 * limit.kernel.moment(2) / limit.kernel.mean**2, rel=1e-13
    )


def test_kurtosis_of_relu_networks_tends_to_the_limit_like_one_over_width():
    errors = []
    for width in (100, 200, 400):
        limit = depth_limit(clt.RandomNetwork([width] * (width // 4), "relu"))
        errors.append(limit.kurtosis - 3.0 * (1.0 + 5.0 / width) ** (width // 4))
    assert min(errors) > 0.0
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.03)
    assert errors[1] / errors[2] == pytest.approx(2.0, rel=0.02)


def test_cumulants_of_the_logarithm_of_linear_networks():
    """Exactly, log K is a sum of logarithms of chi-squared variables over their means."""
    for width, tolerance in ((100, 0.01), (1000, 0.001)):
        depth = width // 2
        kernel = depth_limit(clt.RandomNetwork([width] * depth, "identity", "normal", 1.0)).kernel
        mean = depth * (special.digamma(width / 2) - math.log(width / 2))
        variance = depth * special.polygamma(1, width / 2)
        assert kernel.mean_log == pytest.approx(-0.5, rel=1e-12)
        assert kernel.sd_log**2 == pytest.approx(1.0, rel=1e-12)
        assert kernel.mean_log == pytest.approx(mean, rel=tolerance)
        assert kernel.sd_log**2 == pytest.approx(variance, rel=tolerance)


def test_simulated_relu_networks_have_the_lognormal_law_and_no_other():
    width, depth, draws = 400, 200, 20_000
    rng = np.random.default_rng(5)
    log = np.zeros(draws)
    # A layer of ReLUs of standard normals: as many squares as are above 0.
    for _ in range(depth):
        log += np.log(2.0 / width * rng.chisquare(rng.binomial(width, 0.5, draws)))
    limit = depth_limit(clt.RandomNetwork([width] * depth, "relu", weight_variance=2.0))
    places = np.sort(2.0 * np.exp(log))  # K of the first layer is 2
    steps = (np.arange(draws) + 0.5) / draws
    noise = math.sqrt(math.log(2.0 / 1e-6) / (2.0 * draws))  # false alarms: 1e-6
    bias = 0.005  # what is left at this width: the mean of the logarithm is off by a hundredth
    kernel = limit.kernel
    assert np.max(np.abs(kernel.cdf(places) - steps)) < noise + bias
    linear = Lognormal(math.log(2.0) - limit.inverse_width, math.sqrt(2.0 * limit.inverse_width))
    shifted = Lognormal(math.log(2.0), kernel.sd_log)
    for other in (linear, shifted):
        assert np.max(np.abs(other.cdf(places) - steps)) > 3.0 * (noise + bias)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"nonlinearity": "tanh"}, "tanh, which is not linear"),
        ({"weights": "laplace"}, "weights laplace"),
        ({"bias_variance": 0.5}, "biases, here of variance 0.5"),
        ({"normalization": "rms"}, "rms normalization"),
        ({"inputs": "normal", "input_width": 3}, "random inputs, normal"),
        ({"inputs": [0.0, 0.0]}, "an input that is 0"),
    ],
)
def test_refusals(changed, message):
    with pytest.raises(ValueError, match=message):
        depth_limit(clt.RandomNetwork([10, 10], **changed))
