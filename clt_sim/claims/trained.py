"""Trained networks and their numbers, which the claims about training share.

A network is trained once in a process for all claims. The seeds of different kinds of networks are
different, so that networks are independent of each other within a kind and between kinds.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim._validation import whole
from clt_sim.claims.finding import CONFIDENCE, Finding
from clt_sim.experiments.student_interval import student_interval
from clt_sim.experiments.trained_networks import HIDDEN, Kind
from clt_sim.networks.data_sets.digits import load_digits
from clt_sim.networks.training.run import train
from clt_sim.networks.training.unit_shapes import kolmogorov_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work
    from clt_sim.networks.data_sets.dataset import Dataset
    from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
    from clt_sim.networks.training.history import TrainingHistory

INNER = (1, 2)
"""Indices of the hidden layers whose u is the output of another nonlinearity."""
STEPS = {"draft": 400, "paper": 2000}
LEARNING_RATES = {"draft": 0.5, "paper": 0.1}
"""Drafts take fewer and larger steps: 400 small ones leave plain sigmoid networks untrained."""
NETWORKS = {"draft": 4, "paper": 8}
SNAPSHOTS = {"draft": 8, "paper": 20}


def checked_number(networks: int | None) -> int | None:
    """Return the number of networks, or None for that of the quality.

    Raises
    ------
    TypeError, ValueError
        If it is no whole number of at least 3, fewer than which have no useful interval.
    """
    return None if networks is None else whole("networks", networks, least=3)


class _Training(NamedTuple):
    """What decides a trained network."""

    kind: Kind
    quality: str
    seed: int
    records: int

    def __str__(self) -> str:
        """Say what is done."""
        return f"train networks: {self.kind}"


_MOST_KEPT = 128
_HISTORIES: dict[_Training, TrainingHistory] = {}
"""What this process has trained, or had trained; so many are kept."""


def histories(
    kinds: Sequence[Kind],
    networks: int | None,
    *,
    quality: str,
    seed: int,
    work: Work,
    records: int = 1,
) -> dict[Kind, list[TrainingHistory]]:
    """Train networks of some kinds on the digits, or return those that this process has trained.

    Parameters
    ----------
    kinds : sequence of Kind
        Nonlinearity and normalization; three hidden layers of 100 units.
    networks : int or None
        How many of each kind, by default 4 for drafts and 8 for papers.
    quality : str
        ``"draft"``: 400 steps of learning rate 0.5, and 8 snapshots of shapes; ``"paper"``: 2000
        steps of learning rate 0.1, and 20 snapshots.
    seed : int
        Decides, with the kind, the seeds of the networks.
    work : Work
        Where they are trained, one a piece. About a megabyte comes back of each.
    records : int
        How often percentiles are recorded, as `train` takes it; most claims are about the trained
        network and the shapes alone.

    Returns
    -------
    dict of Kind to list of TrainingHistory
        The networks of each kind.
    """
    number = networks or NETWORKS[quality]
    asked = {
        kind: [
            _Training(kind, quality, each, records) for each in seeds_of(str(kind), number, seed)
        ]
        for kind in kinds
    }
    trainings = [one for of_kind in asked.values() for one in of_kind]
    missing = [one for one in trainings if one not in _HISTORIES]
    _HISTORIES.update(zip(missing, work.map(_trained, missing, str), strict=True))
    found = {kind: [_HISTORIES[one] for one in of_kind] for kind, of_kind in asked.items()}
    while len(_HISTORIES) > _MOST_KEPT:
        del _HISTORIES[next(iter(_HISTORIES))]
    return found


def seeds_of(what: str, number: int, seed: int) -> list[int]:
    """Return seeds for an experiment, other ones for any other name."""
    source = np.random.SeedSequence([seed, *what.encode()])
    return [int(word) for word in source.generate_state(number)]


@functools.cache
def digits() -> Dataset:
    """Return the digits, read once."""
    return load_digits()


def _trained(training: _Training) -> TrainingHistory:
    kind, quality, seed, records = training
    return train(
        data=digits(),
        hidden=HIDDEN,
        nonlinearity=kind.nonlinearity,
        normalization=kind.normalization,
        steps=STEPS[quality],
        learning_rate=LEARNING_RATES[quality],
        seed=seed,
        records=records,
        snapshots=SNAPSHOTS[quality],
    )


class Distances(NamedTuple):
    """Kolmogorov distances of a signal to the normal law with its mean and variance."""

    unit: float
    """Of the median unit; units that are constant are left out."""
    pooled: float
    """Of the values of all units together."""


class LayerDistances(NamedTuple):
    """The distances of a layer, over a fixed set of inputs."""

    u: Distances
    pre_activation: Distances


@functools.lru_cache(maxsize=512)
def trained_distances(network: MultilayerPerceptron) -> tuple[LayerDistances, ...]:
    """Return the distances of every layer over the 1397 training images.

    They are those of the laws over these images. Where a signal is close to the normal law, they
    are larger than over all images that could be: the median of truly normal units would show
    about 0.016. This makes ratios of distances too near to 1, never too far from it.
    """
    return layer_distances(network, digits().train_inputs)


def layer_distances(
    network: MultilayerPerceptron, inputs: NDArray[np.floating]
) -> tuple[LayerDistances, ...]:
    """Return the distances of every layer over `inputs`, one a row."""
    return tuple(
        LayerDistances(_distances(layer.u), _distances(layer.pre_activation))
        for layer in network.propagate(inputs)
    )


def _distances(values: NDArray[np.floating]) -> Distances:
    units, pooled = kolmogorov_distances(values)
    return Distances(float(np.median(units[~np.isnan(units)])), pooled)


def geometric_mean(
    question: str,
    values: Sequence[float],
    side: str,
    threshold: float,
    *,
    decides: bool = True,
) -> Finding:
    """Return the finding of the geometric mean over networks, one positive value for each.

    The interval is that of Student's t for the mean of the logarithms: the networks are the
    sample.

    Examples
    --------
    >>> print(geometric_mean("ratio", [0.5, 0.52, 0.48, 0.5], "below", 1.0))
    holds: ratio 0.4998 [0.4047, 0.6173], below 1
    """
    value, low, high = map(math.exp, student_interval(np.log(values), CONFIDENCE)[:3])
    return Finding(question, value, low, high, side, threshold, decides)


def over_layers(values: Sequence[float]) -> float:
    """Return the geometric mean of one network's layers."""
    return math.exp(float(np.mean(np.log(values))))
