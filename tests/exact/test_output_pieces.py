"""Sums of a few bounded outputs, whose densities pile up beside the ends of the support."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
from scipy import optimize, stats

import clt_sim as clt
from clt_sim import laws, nonlinearities
from clt_sim.exact.output_pieces import Piece, pieces, shares, transitions
from clt_sim.exact.output_transform import Output
from clt_sim.exact.sum_transform import sum_transform
from clt_sim.laws import Exponential, Normal, Uniform

METHOD = "characteristic-function"
DEPENDENT = "equicorrelated(correlation=0.5)"


def model(n: int, weights=1.0, phi: str = "tanh", **options) -> clt.WeightedSum:
    return clt.WeightedSum(n, nonlinearity=phi, weights=weights, **options)


def test_the_shares_add_up_and_vanish_at_other_places():
    y = np.array([-2.0, -1.0, -0.999, -0.2, 0.0, 0.7, 3.0, 3.5, 9.0])
    parts = [np.exp(share.log_share(y)) for share in shares([-1.0, 3.0, 4.0])]
    np.testing.assert_allclose(sum(parts), 1.0, rtol=1e-15)
    assert parts[0][:2].tolist() == [1.0, 1.0]
    assert parts[1][2] < 1e-30
    np.testing.assert_allclose([parts[1][6], parts[2][8]], 1.0, rtol=1e-15)
    assert np.all(np.concatenate([parts[0][6:], parts[1][[1, 8]], parts[2][:7]]) < 1e-290)


def test_shares_are_polynomials_between_transitions():
    """The 20 coefficients of the Legendre series have come to their end."""
    places = [-1.0, 0.5]
    edges = np.array([places[0], *transitions(places), places[1]])
    nodes, weights = np.polynomial.legendre.leggauss(20)
    matrix = np.polynomial.legendre.legvander(nodes, 19) * (np.arange(20) + 0.5)
    half = 0.5 * np.diff(edges)[:, None]
    y = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes
    for share in shares(places):
        series = (np.exp(share.log_share(y)) * weights) @ matrix
        assert np.abs(series[:, -3:]).max() < 1e-13


def test_the_ways_of_all_pieces():
    found = pieces([(2, 2), (1, 3)], 9)
    assert len(found) == 9
    assert sum(math.exp(piece.log_ways) for piece in found) == pytest.approx(12.0)
    assert {piece.counts for piece in found if piece.counts[1] == (0, 1, 0)} == {
        ((2, 0), (0, 1, 0)),
        ((1, 1), (0, 1, 0)),
        ((0, 2), (0, 1, 0)),
    }
    assert Piece(((1, 1), (1, 0, 0))).place([(-1.0, 1.0), (-3.0, 0.0, 3.0)]) == -3.0
    assert pieces([(2, 2), (1, 3)], 8) == ()


@pytest.mark.parametrize(
    ("law", "phi", "places"),
    [
        (Normal(), "tanh", (-1.0, 1.0)),
        (Normal(), "sin", (-1.0, 1.0)),
        (Exponential(), "sin", (-1.0, 0.0, 1.0)),
        (Uniform(-1.0, 2.0), "square", (0.0, 1.0, 4.0)),
        (Exponential(), "sigmoid", (0.5, 1.0)),
        (Normal(), "hard-swish", (-0.375, 0.0, 3.0)),
        (Normal(), "elu", (-1.0, 0.0)),
    ],
)
def test_rough_places(law, phi, places):
    output = Output(law, nonlinearities.get(phi), (), 1.0, (0.0, 0.0))
    np.testing.assert_allclose(output.rough_places(1.0), places, atol=1e-15)


@pytest.mark.parametrize(
    ("law", "phi", "known"),
    [("normal", "hard-tanh", True), ("normal", "elu", True), ("normal", "gelu", False)],
)
def test_where_jumps_are_known_there_are_no_parts(law, phi, known):
    transform = sum_transform(clt.WeightedSum(2, law, phi, 1.0)).transform
    assert (transform.piece_places == ()) == known


@pytest.mark.parametrize("phi", ["gelu", "hard-swish", "cos"])
@pytest.mark.parametrize("options", [{}, {"dropout": 0.2}, {"bias": 0.7}])
def test_pieces_of_functions_that_turn(phi, options):
    """With atoms of the function or of dropout, at a rough place or elsewhere."""
    transform = sum_transform(model(3, phi=phi, **options)).transform
    s = 0.3 + 1j * np.array([0.0, 1.5, 9.0, 200.0])
    assert len(transform.piece_places) >= 4
    parts = [
        np.exp(transform.log_piece(i, s) + s * place)
        for i, place in enumerate(transform.piece_places)
    ]
    np.testing.assert_allclose(sum(parts), np.exp(transform.log(s)), atol=1e-13)


@pytest.mark.parametrize("dependence", [None, DEPENDENT])
@pytest.mark.parametrize("weights", [1.0, (1.0, 0.3)])
def test_the_pieces_add_up_to_the_transform(dependence, weights):
    transform = sum_transform(model(2, weights, dependence=dependence)).transform
    s = 0.4 + 1j * np.array([0.0, 1.5, 9.0, 200.0])
    parts = [
        np.exp(transform.log_piece(i, s) + s * place)
        for i, place in enumerate(transform.piece_places)
    ]
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


def by_convolution(inputs: str, phi: str, y: float) -> float:
    """P(f(u) + f(v) <= y) by an integral over u, the panels closing in on all rough places."""
    law, function = laws.get(inputs), nonlinearities.get(phi)
    one = clt.exact(clt.WeightedSum(1, law, phi, 1.0), method="pushforward")
    rough = np.array([*one.kinks, *one.atoms, *(end for end in one.support if math.isfinite(end))])
    low, high = law.quantile([1e-15, 1.0 - 1e-15]).tolist()
    ends = [
        end if math.isfinite(end) else far
        for end, far in zip(law.support, (low, high), strict=True)
    ]
    grid = np.linspace(*ends, 4001)
    special = [*law.kinks, *function.kinks, *ends]
    for place in rough:  # where y - f(u) is there
        values = np.asarray(function(grid)) - (y - place)
        special.extend(
            optimize.brentq(
                lambda u, place=place: float(function(np.float64(u))) - (y - place),
                grid[at],
                grid[at + 1],
                xtol=1e-16,
            )
            for at in np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0.0)
        )
    special = np.unique([x for x in special if ends[0] <= x <= ends[1]])
    edges = [np.linspace(*ends, 60)]
    for x in special:
        steps = (ends[1] - ends[0]) * 0.5 ** np.arange(1.0, 50.0)
        edges += [x + steps, x - steps, [x]]
    edges = np.unique(np.clip(np.concatenate(edges), *ends))
    nodes, rule = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(edges)[:, None]
    u = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes
    return float(np.sum(half * rule * law.pdf(u) * one.cdf(y - np.asarray(function(u)))))


@pytest.mark.parametrize(
    ("inputs", "phi", "y"),
    [
        ("normal", "gelu", 0.4),
        ("normal", "silu", -0.3),
        ("normal", "hard-swish", -0.2),
        ("uniform(low=-1,high=2)", "square", 2.2),
        ("exponential", "sigmoid", 1.37),
        ("normal", "cos", 0.6),
    ],
)
def test_two_outputs_with_poles_and_jumps(inputs, phi, y):
    law = clt.exact(clt.WeightedSum(2, inputs, phi, 1.0), method=METHOD)
    assert law.error < (1e-7 if phi == "hard-swish" else 1e-11)
    assert float(law.cdf(y)) == pytest.approx(by_convolution(inputs, phi, y), abs=2e-11)


@pytest.mark.parametrize(("inputs", "error"), [("arcsine", 1e-10), ("normal", 1e-10)])
def test_three_outputs_of_gelu(inputs, error):
    """A pole, a jump and a logarithm; refused, or off by 1e-6, without parts."""
    assert clt.exact(clt.WeightedSum(3, inputs, "gelu", 1.0)).error < error


def test_a_rough_place_with_an_atom_beside_others():
    """Hard-swish is 0 up to -3: the sum of three is 0 with the probability cubed."""
    law = clt.exact(clt.WeightedSum(3, "normal", "hard-swish", 1.0))
    assert law.atoms[0.0] == pytest.approx(stats.norm.cdf(-3.0) ** 3, rel=1e-12)
    assert float(law.sf(20.0)) < 1e-30
    assert float(law.cdf(0.0)) + float(law.sf(0.0)) == pytest.approx(1.0, abs=1e-15)


def test_beside_the_end_of_the_support():
    """Without warnings, though distances from a pole have few digits there; the tail is a power."""
    law = clt.exact(model(2, phi="gelu"), method=METHOD)
    assert law.relative_error < 1e-4
    low = law.support[0]
    ratio = float(law.cdf(low + 2e-7) / law.cdf(low + 1e-7))
    assert ratio == pytest.approx(2.0, rel=1e-5)  # two poles make a jump


def test_one_rough_place_and_an_atom_elsewhere():
    """Half of the squares are 1: given how many, the rest are chi-squared."""
    inputs = laws.Mixture(["normal", "constant(value=1)"])
    law = clt.exact(model(2, phi="square", inputs=inputs), method=METHOD)
    assert law.error < 1e-5  # beside 1, where the pole of one term is
    for x in (0.3, 1.2, 4.0):
        expected = sum(
            share * (stats.chi2.sf(x - ones, 2 - ones) if ones < 2 else float(x < 2.0))
            for ones, share in ((0, 0.25), (1, 0.5), (2, 0.25))
        )
        assert float(law.sf(x)) == pytest.approx(expected, abs=1e-11)


def test_in_one_piece_too_much_is_left(monkeypatch):
    """Negative control."""
    module = importlib.import_module("clt_sim.exact.sum_pieces")
    monkeypatch.setattr(module, "_MOST", 0)
    assert clt.exact(model(2), method=METHOD).error > 1e-9
    assert clt.exact(model(3, phi="gelu"), method=METHOD).error > 1e-7
