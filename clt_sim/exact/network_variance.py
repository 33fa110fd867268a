"""The law of the variance that the layers of a random network hand on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.network_layer import REACH, NetworkLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PAIRS = 3 * 10**8
"""Limit on values of densities that one layer takes: some seconds."""
_BLOCK = 2**19
_NEGLIGIBLE = 1e-20
_FORGOTTEN = 95.0
"""How far log(K - b) is followed below the logarithms of the bias variance b and of the mean of
K - b: there is less than exp(-47) of the mass below."""
_BULK = 3.0
"""The bulk of log(K - b) begins at most so far to the left of the logarithm of its mean."""


@dataclass(frozen=True, slots=True, eq=False)
class VarianceNodes:
    """The law of K as masses at nodes, for integrals of smooth functions of log K.

    Parameters
    ----------
    log_variance : ndarray of float64, shape (m,)
        Logarithms of K at the nodes, ascending.
    mass : ndarray of float64, shape (m,)
        Their masses, all above 0; what is missing to 1 is an atom at K = 0.
    """

    log_variance: NDArray[np.float64]
    mass: NDArray[np.float64]

    def moment(self, k: int) -> float:
        """Return the sum that stands for ``E[K**k]``."""
        return math.fsum(self.mass * np.exp(k * self.log_variance))

    def relevant(self) -> VarianceNodes:
        """Leave out nodes without mass, and small K that add nothing to a density at 0.

        A normal density at 0 is ``1/sqrt(2 pi K)``, and less elsewhere.
        """
        kept = self.mass > 0.0
        log_variance, mass = self.log_variance[kept], self.mass[kept]
        heights = mass * np.exp(0.5 * (log_variance[-1] - log_variance))
        share = np.cumsum(heights) / heights.sum()
        start = int(np.searchsorted(share, _NEGLIGIBLE))
        return VarianceNodes(log_variance[start:], mass[start:])


def variance_nodes(
    layers: Sequence[NetworkLayer],
    first: float,
    gain: float,
    bias: float,
    *,
    refinement: float = 1.0,
) -> VarianceNodes:
    """Return the law of the variance K after some layers.

    Layer by layer, ``K' = b + (g/n) K Q`` with the bias variance b, the gain g and the law of Q of
    the layer. The density of log(K' - b) at a new node is the sum over the old nodes of their
    masses times that of log Q: no term is below 0, and nothing cancels.

    Parameters
    ----------
    layers : sequence of NetworkLayer
        The hidden layers.
    first : float
        The variance of the pre-activations of the first of them, above 0.
    gain, bias : float
        The numbers g, above 0, and b, at least 0.
    refinement : float
        By what the number of nodes is multiplied.

    Returns
    -------
    VarianceNodes
        The law of K.

    Raises
    ------
    NoExactLaw
        If a layer takes more than `MOST_PAIRS` values of densities.
    """
    nodes = VarianceNodes(np.array([math.log(first)]), np.ones(1))
    log_bias = math.log(bias) if bias else -math.inf
    log_mean = math.log(first)
    for layer, sharpest in zip(layers, _sharpest(layers, bias), strict=True):
        shift = math.log(gain) - math.log(layer.width)
        log_increment = shift + log_mean + math.log(layer.moment(1))
        low, high = layer.reach
        floor = min(log_bias, log_increment) - _FORGOTTEN if bias else log_increment - REACH
        grid = _Grid.of(
            max(shift + nodes.log_variance[0] + low, floor),
            log_increment - _BULK,
            shift + nodes.log_variance[-1] + high,
            sharpest=sharpest,
            refinement=refinement,
        )
        nodes = _passed(nodes, layer, grid, shift, log_bias)
        log_mean = float(np.logaddexp(log_bias, log_increment))
    return nodes


def _sharpest(layers: Sequence[NetworkLayer], bias: float) -> list[int]:
    """Return the width of the sharpest peak that is integrated over the nodes after each layer.

    It is that of log Q of the next layer, or of the density of log K itself. Without biases that is
    a sum of independent logarithms, and no sharper than that of the narrowest layer so far; biases
    can hide what was before the last layer.
    """
    widths = [layer.width for layer in layers]
    own = widths if bias else list(itertools.accumulate(widths, min))
    return [max(pair) for pair in zip(own, [*widths[1:], 0], strict=True)]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Nodes at which a density is analytic and falls exponentially on both sides.

    They are equally spaced in w under ``v = bulk + w - (1 - contraction) log(1 + exp(w))``, wide
    to the left of the bulk and narrower to the right, where peaks are. The trapezoidal rule then
    has an error that falls exponentially with the number of nodes (Trefethen & Weideman, The
    Exponentially Convergent Trapezoidal Rule, 2014).
    """

    bulk: float
    contraction: float
    step: float
    first: int
    last: int

    @classmethod
    def of(cls, low: float, bulk: float, high: float, *, sharpest: int, refinement: float) -> _Grid:
        """Cover the interval from low to high.

        A peak of the integrand in log K where a tail is 1e-300 has the second derivative 700 in its
        logarithm; the density of log Q itself has n/2. A spacing of 0.7 standard deviations of a
        normal peak integrates it to 1e-17.
        """
        left = min(0.2, 0.7 * math.sqrt(2.0 / sharpest))
        contraction = 0.7 / math.sqrt(700.0 + sharpest) / left
        step = left / refinement
        start = low - bulk if low < bulk else (low - bulk) / contraction
        end = (high - bulk + math.log(2.0)) / contraction
        return cls(bulk, contraction, step, math.floor(start / step), math.ceil(end / step))

    def nodes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ascending nodes and the lengths for which they stand."""
        w = self.step * np.arange(self.first, self.last + 1)
        missing = 1.0 - self.contraction
        nodes = self.bulk + w - missing * np.logaddexp(0.0, w)
        return nodes, self.step * (1.0 - missing * expit(w))


def _passed(
    nodes: VarianceNodes, layer: NetworkLayer, grid: _Grid, shift: float, log_bias: float
) -> VarianceNodes:
    """Return the law of K after a layer."""
    places, lengths = grid.nodes()
    mass = lengths * _density(nodes, layer, places - shift)
    log_variance = np.logaddexp(log_bias, places)
    if layer.dead and math.isfinite(log_bias):
        log_variance = np.append(log_bias, log_variance)
        mass = np.append(layer.dead * math.fsum(nodes.mass), mass)
    # Where K is the bias variance in all digits, there is one node.
    log_variance, which = np.unique(log_variance, return_inverse=True)
    merged = np.asarray(np.bincount(which, mass), np.float64)
    return VarianceNodes(log_variance, merged).relevant()


def _density(
    nodes: VarianceNodes, layer: NetworkLayer, places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the density of ``log K + log Q`` at ascending places."""
    low, high = layer.reach
    starts = np.searchsorted(nodes.log_variance, places - high)
    ends = np.searchsorted(nodes.log_variance, places - low)
    pairs = int(np.sum(ends - starts))
    if pairs > MOST_PAIRS:
        raise NoExactLaw(
            f"the layer of width {layer.width} takes {pairs} values of densities; the limit is"
            f" {MOST_PAIRS}."
        )
    density = np.empty(places.size)
    rows = max(1, _BLOCK // nodes.mass.size)
    top = 0
    while top < places.size:
        bottom = min(top + rows, int(np.searchsorted(places, places[top] + layer.span, "right")))
        some, between = slice(top, bottom), slice(starts[top], ends[bottom - 1])
        density[some] = layer.spread(nodes.log_variance[between], nodes.mass[between], places[some])
        top = bottom
    return density
