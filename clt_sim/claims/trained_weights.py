"""Whether training leaves Wu+b as close to the normal law as its number of terms makes it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clt_sim._validation import positive
from clt_sim.claims.claim import Source, registry
from clt_sim.claims.claim_of_training import ClaimOfTraining
from clt_sim.claims.trained import (
    INNER,
    Distances,
    LayerDistances,
    digits,
    geometric_mean,
    layer_distances,
    over_layers,
    seeds_of,
    trained_distances,
)
from clt_sim.networks.controls import permuted_weights, random_weights

if TYPE_CHECKING:
    from clt_sim.claims.finding import Finding
    from clt_sim.experiments.trained_networks import Kind
    from clt_sim.experiments.work import Work
    from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron

    _Compared = tuple[tuple[LayerDistances, ...], dict[str, tuple[LayerDistances, ...]]]

_CONTROLS = {"permuted": permuted_weights, "random": random_weights}
_COMPARISONS = (
    ("permuted", INNER, ""),
    ("permuted", (-1,), ", output layer"),
    ("random", INNER, ""),
)
"""Control, layers, and the words for them; the first one decides."""
_WORDS = {"unit": "median unit", "pooled": "all units pooled"}


@registry.register
@dataclass(frozen=True, slots=True)
class TrainedWeightsKeepGaussianity(ClaimOfTraining):
    """The Kolmogorov distance of ``Wu + b`` with trained weights over that of controls.

    The central limit theorem speaks of weights that know nothing of u. Training makes W depend on
    the data, and so on u. The controls are the same network with the entries of each weight matrix
    permuted, which keeps the law of the weights, and with normal weights of the same mean square;
    means and variances of batch normalization are computed anew. All layers are changed, u
    with them. Networks have three hidden layers of 100 units and learn the 8x8 digits; distances
    are over the 1397 training images. Of each network the geometric mean is taken over hidden
    layers 2 and 3.

    Parameters
    ----------
    nonlinearities : sequence of str
        Of the networks.
    normalizations : sequence of None or str
        Of the networks, as `train` takes them.
    networks : int, optional
        How many networks of each kind, at least 3; by default 4 for drafts and 8 for papers.
    factor : float
        What the ratio of the distances, trained over permuted, must be below.
    """

    name: ClassVar[str] = "trained-weights-keep-gaussianity"
    statement: ClassVar[str] = (
        "Training leaves Wu+b about as close to the normal law as the same weights in random order"
        " make it."
    )
    source: ClassVar[Source] = Source(
        "stats.stackexchange 207932, Why do we normalize the pre-synaptic values rather than the"
        " output of the activation function when using batch normalization?",
        "the objection that the gradient changes W",
    )
    rule: ClassVar[str] = (
        "Holds if in every kind of network the geometric mean over networks of the ratio of the"
        " distances of Wu+b, trained over permuted weights, is below 1.5, for the median unit and"
        " for all units pooled."
    )
    turns: ClassVar[str] = (
        "Units part classes when they are trained, those of the output layer above all, and are"
        " then farther from normal; pooled over units it is another question. Distances near the"
        " floor of sampling make ratios too near to 1."
    )

    factor: float = 1.5

    def __post_init__(self) -> None:
        """Check the parameters."""
        ClaimOfTraining.__post_init__(self)
        object.__setattr__(self, "factor", positive("factor", self.factor))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Train the networks and change their weights."""
        trained = self._trained(quality, seed, work.part(0, 2))
        pairs = [
            (kind, history.network, each)
            for kind, of_kind in trained.items()
            for history, each in zip(
                of_kind, seeds_of(f"controls, {kind}", len(of_kind), seed), strict=True
            )
        ]
        distances = iter(work.part(1, 2).map(_compared, pairs, "change weights: {0[0]}".format))
        found: list[Finding] = []
        for kind, of_kind in trained.items():
            found += self._of(kind, [next(distances) for _ in of_kind])
        return found

    def _of(self, kind: Kind, networks: Sequence[_Compared]) -> Iterator[Finding]:
        """Yield the ratios of one kind: against permuted weights those that decide."""
        for name, layers, where in _COMPARISONS:
            for which, words in _WORDS.items():
                question = f"distance of Wu+b, trained over {name} weights, {words}, {kind}{where}"
                ratios = [
                    over_layers([_ratio(own[index], of[name][index], which) for index in layers])
                    for own, of in networks
                ]
                decides = (name, layers) == ("permuted", INNER)
                yield geometric_mean(question, ratios, "below", self.factor, decides=decides)


def _compared(piece: tuple[Kind, MultilayerPerceptron, int]) -> _Compared:
    """Return the distances of a network, and those of its controls by name."""
    _, network, seed = piece
    of = {name: control_distances(network, name, seed) for name in _CONTROLS}
    return trained_distances(network), of


@functools.lru_cache(maxsize=512)
def control_distances(
    network: MultilayerPerceptron, control: str, seed: int
) -> tuple[LayerDistances, ...]:
    """Return the distances of every layer of a control over the training images.

    Parameters
    ----------
    network : MultilayerPerceptron
        The trained network.
    control : str
        ``"permuted"`` or ``"random"``.
    seed : int
        Decides the weights.
    """
    images = digits().train_inputs
    return layer_distances(_CONTROLS[control](network, seed=seed, inputs=images), images)


def _ratio(above: LayerDistances, below: LayerDistances, which: str) -> float:
    one: Distances = above.pre_activation
    return float(getattr(one, which) / getattr(below.pre_activation, which))
