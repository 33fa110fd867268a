"""How normal what batch normalization makes of a batch is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import Finding, finding
from clt_sim.claims.ioffe_szegedy import BATCH_NORMALIZATION
from clt_sim.claims.trained import (
    INNER,
    checked_number,
    digits,
    geometric_mean,
    histories,
    seeds_of,
)
from clt_sim.experiments.trained_networks import HIDDEN, Kind, checked_kinds
from clt_sim.gaussianity import gaussianity
from clt_sim.networks.perceptron.batch_normalization import BatchNormalization, standardize_batch
from clt_sim.networks.training.unit_shapes import shape_numbers
from clt_sim.theory import batch_normalization_law

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work
    from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron

BATCH_SIZE = 60
"""That of the training."""
_PASSES = {"draft": 2, "paper": 5}


class BatchDistances(NamedTuple):
    """Kolmogorov distances to N(0,1) of values that are normalized by their batch."""

    in_batch: float
    """Of the values of a unit in one batch, mean over units and batches."""
    over_batches: float
    """Of the values of a unit in all batches, median over units."""


@registry.register
@dataclass(frozen=True, slots=True)
class BatchNormalizedCloseToNormal(Claim):
    """How far BN(Wu+b) in a batch is from N(0,1), against normal pre-activations.

    Batches of 60 images, cut from shuffled passes over the training set as in training, go through
    a trained network with the means and variances of the batch. Looked at is the output of the
    normalization before its scale gamma and its shift beta. In a batch of 60 even normal
    pre-activations are some way from N(0,1), because they are only 60 and because
    the normalization makes their law a beta law. So the same is done with them, once more for each
    network: one normal number for each image and unit, in the same batches.

    Parameters
    ----------
    nonlinearities : sequence of str
        Of the networks.
    margin : float
        What the ratio of the distances in a batch, trained over normal, must be below.
    networks : int, optional
        How many networks of each kind, at least 3; by default 4 for drafts and 8 for papers.
    """

    name: ClassVar[str] = "batch-normalized-close-to-standard-normal"
    statement: ClassVar[str] = (
        "In a batch, BN(Wu+b) of a trained network is as close to N(0,1) as normal pre-activations"
        " would be."
    )
    source: ClassVar[Source] = Source(
        BATCH_NORMALIZATION,
        "section 3.3, where it is assumed of the inputs and outputs of a layer",
    )
    rule: ClassVar[str] = (
        "Holds if in hidden layers 2 and 3 the Kolmogorov distance to N(0,1) in a batch of 60, mean"
        " over units and batches and geometric mean over layers and networks, is below 1.1 times"
        " that of normal pre-activations, for every nonlinearity."
    )
    turns: ClassVar[str] = (
        "A batch of 60 shows little of a difference that is plain over many batches, so that larger"
        " batches would show more. It is smaller in the first layer, whose units sum pixels."
    )

    nonlinearities: tuple[str, ...] = ("sigmoid", "relu")
    margin: float = 1.1
    networks: int | None = None

    def __post_init__(self) -> None:
        """Check the parameters."""
        checked_kinds(self.nonlinearities, (None,))
        object.__setattr__(self, "nonlinearities", tuple(self.nonlinearities))
        object.__setattr__(self, "margin", positive("margin", self.margin))
        checked_number(self.networks)

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Train the networks, and normalize by batches what is in them and what is normal."""
        kinds = [Kind(phi, "batch") for phi in self.nonlinearities]
        trained = histories(kinds, self.networks, quality=quality, seed=seed, work=work.part(0, 2))
        pieces = [
            (kind, history.network, each)
            for kind, of_kind in trained.items()
            for history, each in zip(
                of_kind, seeds_of(f"batches, {kind}", len(of_kind), seed), strict=True
            )
        ]
        run = functools.partial(_network_ratios, passes=_PASSES[quality])
        ratios = iter(work.part(1, 2).map(run, pieces, "normalize batches: {0[0]}".format))
        found: list[Finding] = []
        for kind, of_kind in trained.items():
            found += self._of(kind.nonlinearity, np.array([next(ratios) for _ in of_kind]))
        return [*found, _floor()]

    def _of(self, phi: str, ratios: NDArray[np.float64]) -> Iterator[Finding]:
        """Yield what the ratios of each network, layer and distance come to."""
        inner = np.exp(np.log(ratios[:, INNER]).mean(axis=1))
        question = f"distance of BN(Wu+b) over that of normal units, {phi}"
        in_batch, over_batches = inner.T.tolist()
        yield geometric_mean(f"{question}, in a batch", in_batch, "below", self.margin)
        first = f"{question}, in a batch, first layer"
        yield geometric_mean(first, ratios[:, 0, 0].tolist(), "below", self.margin, decides=False)
        many = f"{question}, over all batches"
        yield geometric_mean(many, over_batches, "below", self.margin, decides=False)


def _floor() -> Finding:
    """Return the distance to N(0,1) of the exact law of normal pre-activations in a batch."""
    law = batch_normalization_law(BATCH_SIZE)
    distance = gaussianity(law, measures=["kolmogorov"], standardize=False)["kolmogorov"]
    question = f"distance to N(0,1) of the exact law of a normal unit in a batch of {BATCH_SIZE}"
    return finding(question, distance, "below", 0.01, decides=False)


def _network_ratios(
    piece: tuple[Kind, MultilayerPerceptron, int], passes: int
) -> list[tuple[float, float]]:
    """Return for each hidden layer both distances, over those of normal units."""
    _, network, seed = piece
    rng = np.random.default_rng(seed)
    batches = shuffled_batches(len(digits().train_inputs), passes, rng)
    normal = rng.standard_normal((len(digits().train_inputs), HIDDEN[0]))
    floor = batch_distances(batches, lambda batch: [standardize_batch(normal[batch])[0]])[0]
    inputs = digits().train_inputs
    layers = batch_distances(batches, lambda batch: training_pass(network, inputs[batch]))
    return [
        (layer.in_batch / floor.in_batch, layer.over_batches / floor.over_batches)
        for layer in layers
    ]


def shuffled_batches(rows: int, passes: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return the batches of some passes over so many rows, each as indices of rows.

    Each pass is shuffled and cut into batches of 60; the rest, too small for a batch, is left.
    """
    batches: list[NDArray[np.int64]] = []
    for _ in range(passes):
        order = rng.permutation(rows)
        batches += np.split(order[: rows - rows % BATCH_SIZE], rows // BATCH_SIZE)
    return batches


def training_pass(
    network: MultilayerPerceptron, batch: NDArray[np.floating]
) -> Iterator[NDArray[np.floating]]:
    """Yield for each hidden layer the standardised ``Wu + b`` of a batch, as in training.

    Parameters
    ----------
    network : MultilayerPerceptron
        With batch normalization of ``Wu + b``; the means and variances stored in it are not used.
    batch : ndarray of floats, shape (batch, features)
        The inputs.

    Yields
    ------
    ndarray of floats, shape (batch, units)
        Before the scale gamma and the shift beta.

    Raises
    ------
    ValueError
        If the network has no batch normalization of ``Wu + b``.
    """
    u = batch
    for layer in network.layers[:-1]:
        normalization = layer.normalization
        if not isinstance(normalization, BatchNormalization):
            raise ValueError(f"network must have batch normalization of Wu + b, not {network}.")
        standardized, _ = standardize_batch(u @ layer.weights + layer.bias)
        yield standardized
        u = network.nonlinearity(normalization.gamma * standardized + normalization.beta)


def batch_distances(
    batches: Sequence[NDArray[np.int64]],
    layers_of: Callable[[NDArray[np.int64]], Iterable[NDArray[np.floating]]],
) -> list[BatchDistances]:
    """Return the distances of each layer, of which `layers_of` gives the values in a batch."""
    values = zip(*(list(layers_of(batch)) for batch in batches), strict=True)
    return [_distances(np.stack(layer)) for layer in values]


def _distances(values: NDArray[np.floating]) -> BatchDistances:
    """Return the distances of standardised values of the shape (batches, rows, units)."""
    in_batch = [_of_units(batch) for batch in values]
    over_batches = _of_units(values.reshape(-1, values.shape[-1]))
    return BatchDistances(float(np.mean(in_batch)), float(np.median(over_batches)))


def _of_units(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distances of the units that are not constant.

    To the normal law of their own mean and variance, which here is N(0,1) but for the number that
    is added to the variance of a batch.
    """
    distances = shape_numbers(values)["kolmogorov"]
    return distances[~np.isnan(distances)]
