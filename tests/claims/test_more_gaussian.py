from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy.stats import binomtest, kstest, norm

from clt_sim import claims
from clt_sim.claims import more_gaussian
from clt_sim.claims.finding import CONFIDENCE
from clt_sim.claims.trained import Distances, LayerDistances

NAME = "pre-activations-more-gaussian-than-activations"


@functools.cache
def draft():
    return claims.check(NAME)


def found(verdict, *words):
    """The one finding whose question has all words."""
    (one,) = [each for each in verdict.findings if all(word in each.question for word in words)]
    return one


def test_sigmoid_networks_leave_it_undecided_and_relu_networks_do_not():
    # Four short trainings: the median unit of a sigmoid layer is nearly normal itself.
    assert draft().status == "undecided"
    assert all(one.status == "holds" for one in draft().findings if "model" in one.question)
    units = [one for one in draft().findings if one.decides and "median unit, relu" in one.question]
    assert [one.status for one in units] == ["holds", "holds"]
    assert all(one.value < 0.4 for one in units)
    assert (
        claims.check(f"{NAME}(nonlinearities=('relu',), normalizations=('batch',))").status
        == "holds"
    )


def test_relu_against_its_closed_forms():
    # u: half of its mass is an atom at 0, where the fitted normal law has Phi(-mean/sd).
    mean, variance = 1 / math.sqrt(2 * math.pi), 0.5 - 0.5 / math.pi
    of_u = 0.5 - norm.cdf(-mean / math.sqrt(variance))
    # The sum of 64: first term of Edgeworth's expansion, excess kurtosis 15/64.
    x = np.linspace(-4.0, 4.0, 4001)
    of_sum = (15 / 64) / 24 * np.abs((x**3 - 3 * x) * norm.pdf(x)).max()
    ratio = found(draft(), "model: relu", "random normal weights")
    assert ratio.value == pytest.approx(of_sum / of_u, rel=0.03)


def test_fixed_weights_against_draws():
    weights = more_gaussian._fixed_weights(64, 0)
    assert set(weights) <= set(range(-4, 5))
    rng = np.random.default_rng(5)
    u = np.maximum(rng.standard_normal((100_000, 64), np.float32), 0.0)
    sums = (u @ weights.astype(np.float32)).astype(np.float64)
    mean = weights.sum() / math.sqrt(2 * math.pi)
    sd = math.sqrt(np.square(weights).sum() * (0.5 - 0.5 / math.pi))
    drawn = kstest((sums - mean) / sd, "norm").statistic
    exact = found(draft(), "model: relu", "fixed weights").value * 0.2528
    assert drawn == pytest.approx(exact, abs=2.0 / math.sqrt(100_000))
    # Negative control: the distance of another kind of u is farther off than that.
    assert abs(drawn - found(draft(), "model: sigmoid", "fixed weights").value) > 0.01


@pytest.mark.parametrize(("hits", "count"), [(0, 5), (3, 5), (5, 5), (13, 16)])
def test_the_share_has_the_interval_of_clopper_and_pearson(hits, count):
    near, far = Distances(0.1, 0.1), Distances(0.2, 0.2)
    falls, rises = LayerDistances(far, near), LayerDistances(near, far)
    networks = [(rises, falls, falls)] * hits + [(falls, falls, rises)] * (count - hits)
    one = more_gaussian._share(networks, "unit")
    expected = binomtest(hits, count).proportion_ci(CONFIDENCE, method="exact")
    assert one.value == hits / count
    assert (one.low, one.high) == pytest.approx((expected.low, expected.high))


def test_networks_of_one_input_against_a_naive_pass():
    network = more_gaussian._random_network("relu", 3)
    x = norm.ppf((np.arange(501) + 0.5) / 501)
    first, second = (layer.weights for layer in network.layers[:2])
    by_hand = np.maximum(x[:, None] * first, 0.0) @ second
    assert list(network.propagate(x[:, None]))[1].pre_activation == pytest.approx(by_hand)
    assert second.std() == pytest.approx(math.sqrt(2 / 100), rel=0.05)
    assert found(draft(), "median unit, random sigmoid network").status == "refuted"


def test_parameters_are_refused_before_work():
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        claims.check(NAME, nonlinearities=("rellu",))
    with pytest.raises(ValueError, match="networks must be"):
        claims.check(NAME, networks=2)
    with pytest.raises(ValueError, match="sequence of at least one, not 'relu'"):
        claims.check(NAME, nonlinearities="relu")
