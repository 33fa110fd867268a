"""Whether Wu+b is closer to the normal law than u."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betaincinv, ndtri

from clt_sim.claims.claim import Source, registry
from clt_sim.claims.claim_of_training import ClaimOfTraining
from clt_sim.claims.finding import CONFIDENCE, Finding, finding
from clt_sim.claims.ioffe_szegedy import BATCH_NORMALIZATION
from clt_sim.claims.trained import (
    INNER,
    Distances,
    LayerDistances,
    geometric_mean,
    layer_distances,
    over_layers,
    seeds_of,
    trained_distances,
)
from clt_sim.estimate import Estimate
from clt_sim.exact import exact
from clt_sim.experiments.trained_networks import HIDDEN, Kind
from clt_sim.experiments.work import joined
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.training.settings import TrainingSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

_PHIS = ("relu", "tanh", "sigmoid", "gelu")
_NS = {"draft": (64,), "paper": (16, 64)}
_SCALARS, _NETWORKS_OF_A_SCALAR = 2001, 12
_WORDS = {"unit": "median unit", "pooled": "all units pooled"}


@registry.register
@dataclass(frozen=True, slots=True)
class PreActivationsMoreGaussian(ClaimOfTraining):
    """The Kolmogorov distance of ``Wu + b`` to the normal law over that of u.

    In models u is ``phi(Z)`` with Z standard normal, and the distances are those of exact laws: of
    a sum of n of them with random normal weights, over weights and inputs; and with fixed weights,
    over inputs alone. These are normal draws rounded to whole numbers, as the exact law of a few
    different weights is quick. n is 64, for papers 16 as well.

    Trained networks have three hidden layers of 100 units and learn the 8x8 digits; the distances
    are over the 1397 training images. Of each network the geometric mean is taken over hidden
    layers 2 and 3, whose u is the output of another nonlinearity.

    Parameters
    ----------
    nonlinearities : sequence of str
        Of the trained networks.
    normalizations : sequence of None or str
        Of the trained networks, as `train` takes them.
    networks : int, optional
        How many networks of each kind, at least 3; by default 4 for drafts and 8 for papers.
    """

    name: ClassVar[str] = "pre-activations-more-gaussian-than-activations"
    statement: ClassVar[str] = (
        "Wu+b is closer to the normal law than u is, in models and in layers of trained networks."
    )
    source: ClassVar[Source] = Source(
        BATCH_NORMALIZATION,
        "section 3.2",
        "Wu + b is more likely to have a symmetric, non-sparse distribution, that is \u201cmore"
        " Gaussian\u201d",
    )
    rule: ClassVar[str] = (
        "Holds if in every model the Kolmogorov distance of Wu+b is below that of u, and if in"
        " every kind of trained network the geometric mean over networks of the ratio of the"
        " distances, Wu+b over u, is below 1, for the median unit and for all units pooled."
    )
    turns: ClassVar[str] = (
        "The units of a sigmoid layer that has hardly been trained are nearly normal themselves,"
        " and units of u with different means can pool to a law that is closer to normal than that"
        " of Wu+b: few and short trainings leave sigmoid networks undecided. A network of one"
        " input has no sum of many independent terms: there the median unit of a sigmoid layer is"
        " farther from normal in Wu+b than in u."
    )

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Compute the exact laws, train the networks, and look at two conditions."""
        models, training, measuring, scalars = (work.part(index, 4) for index in range(4))
        of_models = functools.partial(_models, quality=quality, seed=seed)
        found = joined(models.map(of_models, _PHIS, "exact laws of models: {}".format))
        trained = self._trained(quality, seed, training)
        networks = [(kind, one.network) for kind, of_kind in trained.items() for one in of_kind]
        measured = measuring.map(_measured, networks, "measure networks: {0[0]}".format)
        rest = iter(measured)
        for kind, of_kind in trained.items():
            found += _ratios(kind, [next(rest) for _ in of_kind])
        found += [_share(measured, which) for which in _WORDS]
        of_scalars = functools.partial(_of_a_scalar, seed=seed)
        words = "random networks of one input: {}".format
        return [*found, *joined(scalars.map(of_scalars, self.nonlinearities, words))]


def _measured(piece: tuple[Kind, MultilayerPerceptron]) -> tuple[LayerDistances, ...]:
    return trained_distances(piece[1])


def _models(phi: str, quality: str, seed: int) -> list[Finding]:
    """Return the ratios of exact distances of the sums of one nonlinearity."""
    found = []
    of_u = _distance(WeightedSum(1, "normal", phi, 1.0))
    for n in _NS[quality]:
        for words, weights in (
            ("random normal weights", "normal"),
            ("fixed weights", _fixed_weights(n, seed)),
        ):
            of_sum = _distance(WeightedSum(n, "normal", phi, weights))
            ratio = of_sum.value / of_u.value
            error = (of_sum.stderr + ratio * of_u.stderr) / of_u.value
            question = f"distance of Wu+b over that of u, model: {phi}, n = {n}, {words}"
            found.append(finding(question, Estimate(ratio, error), "below", 1.0))
    return found


def _fixed_weights(n: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seeds_of(f"weights {n}", 1, seed))
    return np.round(rng.standard_normal(n))


def _distance(model: WeightedSum) -> Estimate:
    return gaussianity(exact(model), measures=["kolmogorov"])["kolmogorov"]


def _ratios(kind: Kind, networks: Sequence[tuple[LayerDistances, ...]]) -> Iterator[Finding]:
    """Yield the ratios of the inner layers, which decide, and those of the first layer."""
    for which, words in _WORDS.items():
        question = f"distance of Wu+b over that of u, {words}, {kind}"
        inner = [_inner_ratio(layers, which) for layers in networks]
        yield geometric_mean(question, inner, "below", 1.0)
        first = [_ratio(layers[0], which) for layers in networks]
        question += ", first layer alone, u is the image"
        yield geometric_mean(question, first, "below", 1.0, decides=False)


def _inner_ratio(layers: tuple[LayerDistances, ...], which: str) -> float:
    return over_layers([_ratio(layers[index], which) for index in INNER])


def _ratio(layer: LayerDistances, which: str) -> float:
    u: Distances = layer.u
    return float(getattr(layer.pre_activation, which) / getattr(u, which))


def _share(networks: Sequence[tuple[LayerDistances, ...]], which: str) -> Finding:
    """Return in how many networks the distance falls in every inner layer.

    The interval is that of Clopper & Pearson 1934 for independent networks.
    """
    falls = [all(_ratio(layers[index], which) < 1.0 for index in INNER) for layers in networks]
    count, hits = len(falls), sum(falls)
    tail = 0.5 * (1.0 - CONFIDENCE)
    low = float(betaincinv(hits, count - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, count - hits, 1.0 - tail)) if hits < count else 1.0
    question = f"share of the networks in which it falls in both layers, {_WORDS[which]}"
    return Finding(question, hits / count, low, high, "above", 0.5, decides=False)


def _of_a_scalar(phi: str, seed: int) -> list[Finding]:
    """Return the ratios in random networks whose input is one number, over a normal input."""
    inputs = ndtri((np.arange(_SCALARS) + 0.5) / _SCALARS)[:, None]
    seeds = seeds_of(f"scalar {phi}", _NETWORKS_OF_A_SCALAR, seed)
    networks = [layer_distances(_random_network(phi, each), inputs) for each in seeds]
    found = []
    for which, words in _WORDS.items():
        values = [_inner_ratio(layers, which) for layers in networks]
        question = f"distance of Wu+b over that of u, {words}, random {phi} network of one input"
        found.append(geometric_mean(question, values, "below", 1.0, decides=False))
    return found


def _random_network(phi: str, seed: int) -> MultilayerPerceptron:
    """Return a network at the start of training, but of one input."""
    rng = np.random.default_rng(seed)
    settings = TrainingSettings(HIDDEN, phi, None, 1, 1, 0.1, None, 0)
    layers = [
        DenseLayer(
            rng.standard_normal((fan_in, width)) * settings.weight_sd(fan_in), np.zeros(width)
        )
        for fan_in, width in zip((1, *HIDDEN), HIDDEN, strict=False)
    ]
    return MultilayerPerceptron(layers, settings.nonlinearity)
