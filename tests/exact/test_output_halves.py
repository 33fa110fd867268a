"""Sums of a few bounded outputs, whose densities pile up beside the ends of the support."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.exact.output_halves import Half, Piece, pieces
from clt_sim.exact.sum_transform import sum_transform

METHOD = "characteristic-function"
DEPENDENT = "equicorrelated(correlation=0.5)"


def model(n: int, weights=1.0, phi: str = "tanh", **options) -> clt.WeightedSum:
    return clt.WeightedSum(n, nonlinearity=phi, weights=weights, **options)


def test_the_shares_add_up_and_vanish_at_the_other_end():
    y = np.array([-1.0, -0.999, -0.2, 0.0, 0.7, 3.0])
    lower, upper = (np.exp(Half(-1.0, 3.0, side).log_share(y)) for side in (-1.0, 1.0))
    np.testing.assert_allclose(lower + upper, 1.0, rtol=1e-15)
    assert upper[0] < 1e-290
    assert upper[1] < 1e-13
    assert (Half(-1.0, 3.0, -1.0).end, Half(-1.0, 3.0, 1.0).end) == (-1.0, 3.0)


def test_the_ways_of_all_pieces():
    found = pieces([2, 1])
    assert len(found) == 6
    assert sum(math.exp(piece.log_ways) for piece in found) == pytest.approx(8.0)
    assert Piece((1, 0), (1, 1)).place([(-1.0, 1.0), (-3.0, 3.0)]) == -3.0
    assert pieces([8]) == ()
    assert pieces([2, 2]) == ()


@pytest.mark.parametrize("dependence", [None, DEPENDENT])
@pytest.mark.parametrize("weights", [1.0, (1.0, 0.3)])
def test_the_pieces_add_up_to_the_transform(dependence, weights):
    transform = sum_transform(model(2, weights, dependence=dependence)).transform
    s = 0.4 + 1j * np.array([0.0, 1.5, 9.0, 200.0])
    parts = [np.exp(transform.log_piece(i, s)) for i in range(len(transform.piece_places))]
    assert len(parts) == (3 if weights == 1.0 else 4)
    np.testing.assert_allclose(sum(parts), np.exp(transform.log(s)), atol=1e-13)


def pair(weights: tuple[float, float], r: float, x: float) -> float:
    """P(a tanh u + b tanh v > x) for normal u and v, by an integral over u.

    The panels close in on both ends of the part in which v decides.
    """
    (a, b), spread = weights, math.sqrt(1.0 - r * r)
    low, high = (math.atanh(y) if abs(y) < 1.0 else 12.0 * y for y in ((x - b) / a, (x + b) / a))
    low, high = max(low, -12.0), min(high, 12.0)
    shares = 2.0 ** -np.arange(1.0, 50.0)
    edges = np.concatenate([[0.0], shares[::-1], 1.0 - shares[1:], [1.0]])
    nodes, rule = np.polynomial.legendre.leggauss(20)
    half = 0.5 * (high - low) * np.diff(edges)[:, None]
    u = low + 0.5 * (high - low) * (edges[1:] + edges[:-1])[:, None] + half * nodes
    rest = np.clip((x - a * np.tanh(u)) / b, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        given = stats.norm.sf((np.arctanh(rest) - r * u) / spread)
    return float(np.sum(half * rule * stats.norm.pdf(u) * given)) + float(stats.norm.sf(high))


@pytest.mark.parametrize(
    ("weights", "r"), [((1.0, 1.0), 0.0), ((1.0, 0.3), 0.0), ((1.0, 1.0), 0.5)]
)
def test_two_outputs_of_tanh(weights, r):
    law = clt.exact(model(2, weights, dependence=DEPENDENT if r else None), method=METHOD)
    assert law.error < 1e-12
    for x in (-0.9, 0.0, 0.45, 1.1):
        assert float(law.sf(x)) == pytest.approx(pair(weights, r, x), abs=1e-13)


def test_one_output():
    law = clt.exact(model(1), method=METHOD)
    x = np.array([-0.999, -0.4, 0.1, 0.99, 0.9999])
    assert law.error < 1e-12
    np.testing.assert_allclose(law.cdf(x), stats.norm.cdf(np.arctanh(x)), rtol=1e-8)
    np.testing.assert_allclose(law.cdf(x), stats.norm.cdf(np.arctanh(x)), atol=1e-12)


def test_in_one_piece_too_much_is_left(monkeypatch):
    """Negative control."""
    module = importlib.import_module("clt_sim.exact.output_halves")
    monkeypatch.setattr(module, "_MOST_OF_EQUAL", 0)
    assert clt.exact(model(2), method=METHOD).error > 1e-9
