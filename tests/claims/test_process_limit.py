from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from clt_sim import claims
from clt_sim.claims import process_limit
from clt_sim.claims.process_limit import GAIN, INPUTS, output_covariances, squared_discrepancy
from clt_sim.theory import nngp_kernel


@functools.cache
def draft():
    return claims.check("networks-approach-gaussian-process")


def naive_covariances(widths, draws, rng):
    """Every weight drawn, a network at a time."""
    found = []
    for _ in range(draws):
        hidden = INPUTS.T
        for width in widths:
            weights = rng.normal(size=(width, len(hidden))) * np.sqrt(GAIN / len(hidden))
            hidden = np.maximum(weights @ hidden, 0.0)
        found.append(GAIN * hidden.T @ hidden / len(hidden))
    return np.array(found)


def discrepancy_by_characteristic_functions(width):
    """Of one ReLU layer at the input 1, from the weighted distance of both functions."""

    def integrand(t):
        on = (1.0 + 4.0 * t * t / width) ** -0.5
        difference = (0.5 + 0.5 * on) ** width - np.exp(-t * t)
        return difference**2 * norm.pdf(t, scale=0.5)  # the kernel has s^2 = 4

    return quad(integrand, -6.0, 6.0, epsabs=1e-14)[0]


@pytest.mark.parametrize("width", [2, 8])
def test_the_discrepancy_of_one_layer_is_that_of_characteristic_functions(width):
    rng, one = np.random.default_rng(width), np.ones((1, 1))
    limit = nngp_kernel(one, 1)
    blocks = [
        squared_discrepancy(output_covariances([width], one, 400, rng), limit) for _ in range(40)
    ]
    error = np.std(blocks, ddof=1) / np.sqrt(40)
    expected = discrepancy_by_characteristic_functions(width)
    assert abs(np.mean(blocks) - expected) < 4.0 * error < 0.3 * expected


def test_the_kernel_is_averaged_in_closed_form():
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(2, 2, 2))
    covariances = roots @ np.swapaxes(roots, 1, 2)
    limit = np.array([[1.0, 0.5], [0.5, 2.0]])
    x, y = (rng.normal(size=(400_000, 2)) @ root.T for root in roots)
    g, h = (rng.normal(size=(400_000, 2)) @ np.linalg.cholesky(limit).T for _ in range(2))

    def mean(a, b):
        return np.mean(np.exp(-np.sum((a - b) ** 2, axis=1) / 12.0))  # s^2 is twice the trace

    drawn = mean(x, y) - (mean(x, g) + mean(y, g)) + mean(g, h)
    assert squared_discrepancy(covariances, limit) == pytest.approx(drawn, abs=0.003)


@pytest.mark.parametrize("widths", [(5, 5, 5), (6, 2, 4)])
def test_rotated_weights_have_the_law_of_all_weights(widths):
    fast = output_covariances(widths, INPUTS, 20_000, np.random.default_rng(0))
    naive = naive_covariances(widths, 3000, np.random.default_rng(1))
    for power in (1, 2):
        both = [values.reshape(len(values), 9) ** power for values in (fast, naive)]
        error = np.hypot(*(values.std(axis=0) / np.sqrt(len(values)) for values in both))
        assert np.all(np.abs(both[0].mean(axis=0) - both[1].mean(axis=0)) < 5.0 * error)


def test_the_mean_covariance_of_one_layer_is_the_limit():
    drawn = output_covariances([5], INPUTS, 40_000, np.random.default_rng(2))
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert np.all(np.abs(drawn.mean(axis=0) - nngp_kernel(INPUTS, 1)) < 5.0 * error)


def test_networks_approach_the_process_as_all_widths_grow_and_only_then():
    verdict = draft()
    assert verdict.status == "holds"
    conditions = [one for one in verdict.findings if not one.decides]
    assert [one.status for one in conditions] == ["refuted", "refuted"]


def test_a_share_that_the_widest_network_is_above_refutes(monkeypatch):
    monkeypatch.setattr(process_limit, "WIDTHS", (5, 10))
    monkeypatch.setattr(process_limit, "_BLOCK_DRAWS", {"draft": 100})
    verdict = claims.check("networks-approach-gaussian-process", share=0.01)
    assert [one.status for one in verdict.findings[:2]] == ["holds", "refuted"]
    assert verdict.status == "refuted"
    with pytest.raises(ValueError, match="share"):
        claims.get("networks-approach-gaussian-process", share=-1.0)
