from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import norm

from clt_sim import claims
from clt_sim.claims import one_input
from clt_sim.claims.one_input import distance, outputs, process_draws


@functools.cache
def draft():
    return claims.check("one-input-relu-networks-stay-non-gaussian")


def distance_of_two_slopes(right, left):
    """Of ``right max(x, 0) + left max(-x, 0)`` for positive slopes and normal x."""
    mean = (right + left) * norm.pdf(0.0)
    sd = np.sqrt(0.5 * (right**2 + left**2) - mean**2)
    y = np.linspace(-3.0, 6.0, 100_001) * max(right, left)
    cdf = np.where(y > 0.0, norm.cdf(y / right) - norm.cdf(-y / left), 0.0)
    return np.max(np.abs(cdf - norm.cdf(y, mean, sd)))


@pytest.mark.parametrize("slopes", [(1.0, 1.0), (1.0, 0.3), (0.05, 2.0)])
def test_distances_over_the_places_are_those_of_all_inputs(slopes):
    right, left = slopes
    x = one_input.one_input()[:, 0]
    values = right * np.maximum(x, 0.0) + left * np.maximum(-x, 0.0)
    assert distance(values) == pytest.approx(distance_of_two_slopes(right, left), abs=0.004)


def test_without_biases_the_output_is_two_half_lines():
    x = one_input.one_input()
    values = outputs(x, [16, 16], np.random.default_rng(0))
    right, left = values[-1] / x[-1, 0], values[0] / -x[0, 0]
    line = right * np.maximum(x[:, 0], 0.0) + left * np.maximum(-x[:, 0], 0.0)
    np.testing.assert_allclose(values, line, atol=1e-12)


def test_outputs_have_the_variance_of_the_network():
    x = np.array([[1.0], [-2.0]])
    rng = np.random.default_rng(1)
    drawn = np.array([outputs(x, [8, 8], rng, bias_variance=0.1) for _ in range(5000)])
    # A layer adds the bias variance and keeps the rest.
    assert drawn.var(axis=0) == pytest.approx([2.3, 8.3], rel=0.12)


def test_the_process_has_the_correlation_of_two_sides():
    x = one_input.one_input()
    drawn = process_draws(x, 0.0, 4000, np.random.default_rng(2))
    # Two layers: -1, then 0, then (sin t + (pi - t) cos t)/pi at t = pi/2.
    assert np.corrcoef(drawn[:, 0], drawn[:, -1])[0, 1] == pytest.approx(1.0 / np.pi, abs=0.06)
    assert drawn[:, -1].var() == pytest.approx(2.0 * x[-1, 0] ** 2, rel=0.09)


def test_the_output_of_one_input_stays_non_gaussian():
    verdict = draft()
    assert verdict.status == "holds"
    many, linear, weights = (one for one in verdict.findings if not one.decides)
    assert [many.status, linear.status, weights.status] == ["refuted"] * 3
    assert linear.value < 0.002


def test_networks_of_the_identity_refute(monkeypatch):
    def linear(inputs, widths, rng, *_, **parts):
        return outputs(inputs, widths, rng, "identity", **parts)

    monkeypatch.setattr(one_input, "outputs", linear)
    monkeypatch.setattr(one_input, "WIDTHS", (16,))
    monkeypatch.setattr(one_input, "_NETWORKS", {"draft": 20})
    assert claims.check("one-input-relu-networks-stay-non-gaussian").status == "refuted"
    with pytest.raises(ValueError, match="margin"):
        claims.get("one-input-relu-networks-stay-non-gaussian", margin=0.0)
