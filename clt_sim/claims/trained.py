"""Trained networks and their numbers, which the claims about training share.

A network is trained once in a process for all claims. The seeds of different kinds of networks are
different, so that networks are independent of each other within a kind and between kinds.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtrit

from clt_sim._validation import whole
from clt_sim.claims.finding import CONFIDENCE, Finding
from clt_sim.networks.data_sets.digits import load_digits
from clt_sim.networks.training.run import train
from clt_sim.networks.training.settings import TrainingSettings
from clt_sim.networks.training.unit_shapes import shape_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.claims.claim import Progress
    from clt_sim.networks.data_sets.dataset import Dataset
    from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
    from clt_sim.networks.training.history import TrainingHistory

HIDDEN = (100, 100, 100)
INNER = (1, 2)
"""Indices of the hidden layers whose u is the output of another nonlinearity."""
STEPS = {"draft": 400, "paper": 2000}
LEARNING_RATES = {"draft": 0.5, "paper": 0.1}
"""Drafts take fewer and larger steps: 400 small ones leave plain sigmoid networks untrained."""
NETWORKS = {"draft": 4, "paper": 8}
SNAPSHOTS = {"draft": 8, "paper": 20}
WORDS = {
    None: "no normalization",
    "batch": "BN(Wu+b)",
    "batch-u": "BN(u)",
    "batch-both": "BN(u) and BN(Wu+b)",
    "layer": "LN(Wu+b)",
    "noisy-batch": "noisy BN(Wu+b)",
}


class Kind(NamedTuple):
    """What networks differ in, apart from their seeds."""

    nonlinearity: str
    normalization: str | None

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.nonlinearity}, {WORDS[self.normalization]}"


def checked_kinds(
    nonlinearities: Sequence[str], normalizations: Sequence[str | None]
) -> tuple[Kind, ...]:
    """Return all kinds of networks.

    Raises
    ------
    TypeError, ValueError
        If there is none, one is there twice, or a name is unknown.
    """
    for name, names in (("nonlinearities", nonlinearities), ("normalizations", normalizations)):
        if isinstance(names, str) or not len(names):
            raise ValueError(f"{name} must be a sequence of at least one, not {names!r}.")
        if len(set(names)) < len(names):
            raise ValueError(f"{name} must be different, not {tuple(names)}.")
    kinds = [(phi, normalization) for phi in nonlinearities for normalization in normalizations]
    checked = [
        TrainingSettings(HIDDEN, phi, normalization, 1, 60, 0.1, None, 0)
        for phi, normalization in kinds
    ]
    return tuple(Kind(str(one.nonlinearity), one.normalization) for one in checked)


def checked_number(networks: int | None) -> int | None:
    """Return the number of networks, or None for that of the quality.

    Raises
    ------
    TypeError, ValueError
        If it is no whole number of at least 3, fewer than which have no useful interval.
    """
    return None if networks is None else whole("networks", networks, least=3)


def part_of(progress: Progress, what: str, index: int, parts: int) -> Callable[[float], None]:
    """Return what reports the share of one of several parts."""
    return lambda share: progress(what, (index + share) / parts)


def histories(
    kind: Kind,
    networks: int | None,
    *,
    quality: str,
    seed: int,
    progress: Callable[[float], None],
) -> list[TrainingHistory]:
    """Train networks of a kind on the digits, or return those that this process has trained.

    Parameters
    ----------
    kind : Kind
        Nonlinearity and normalization; three hidden layers of 100 units.
    networks : int or None
        How many, by default 4 for drafts and 8 for papers.
    quality : str
        ``"draft"``: 400 steps of learning rate 0.5, and 8 snapshots of shapes; ``"paper"``: 2000
        steps of learning rate 0.1, and 20 snapshots.
    seed : int
        Decides, with the kind, the seeds of the networks.
    progress : callable
        Called as ``progress(share)``, with the share of the networks that are trained.
    """
    number = networks or NETWORKS[quality]
    seeds = seeds_of(str(kind), number, seed)
    found = []
    for count, each in enumerate(seeds):
        progress(count / number)
        found.append(_trained(kind, quality, each))
    return found


def seeds_of(what: str, number: int, seed: int) -> list[int]:
    """Return seeds for an experiment, other ones for any other name."""
    source = np.random.SeedSequence([seed, *what.encode()])
    return [int(word) for word in source.generate_state(number)]


@functools.cache
def digits() -> Dataset:
    """Return the digits, read once."""
    return load_digits()


@functools.lru_cache(maxsize=128)
def _trained(kind: Kind, quality: str, seed: int) -> TrainingHistory:
    return train(
        data=digits(),
        hidden=HIDDEN,
        nonlinearity=kind.nonlinearity,
        normalization=kind.normalization,
        steps=STEPS[quality],
        learning_rate=LEARNING_RATES[quality],
        seed=seed,
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
    numbers = shape_numbers(values)
    distances = numbers["kolmogorov"]
    unit = float(np.median(distances[~np.isnan(distances)]))
    return Distances(unit, float(numbers["pooled_kolmogorov"]))


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
    logarithms = np.log(values)
    count = len(logarithms)
    stderr = float(logarithms.std(ddof=1)) / math.sqrt(count)
    half = float(stdtrit(count - 1, 0.5 + 0.5 * CONFIDENCE)) * stderr
    middle = float(logarithms.mean())
    value, low, high = (math.exp(number) for number in (middle, middle - half, middle + half))
    return Finding(question, value, low, high, side, threshold, decides)


def over_layers(values: Sequence[float]) -> float:
    """Return the geometric mean of one network's layers."""
    return math.exp(float(np.mean(np.log(values))))
