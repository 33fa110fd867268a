"""Whether the shape of u moves more in training than that of Wu+b."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from clt_sim.claims.claim import Source, registry
from clt_sim.claims.claim_of_training import ClaimOfTraining
from clt_sim.claims.ioffe_szegedy import BATCH_NORMALIZATION
from clt_sim.claims.trained import (
    INNER,
    geometric_mean,
    over_layers,
)

if TYPE_CHECKING:
    from clt_sim.claims.finding import Finding
    from clt_sim.experiments.trained_networks import Kind
    from clt_sim.experiments.work import Work
    from clt_sim.networks.training.history import TrainingHistory
    from clt_sim.networks.training.unit_shapes import UnitShapes

_INNER = tuple(f"hidden {index + 1}" for index in INNER)
_WORDS = {"between": "between snapshots", "whole": "from first to last"}


class Drift(NamedTuple):
    """How far the shapes of a signal of a layer moved in one training.

    A drift is the Wasserstein-1 distance between the standardised quantile functions of a unit at
    two steps; the median over the units with quantile functions of their own is taken, those left
    out that are constant.
    """

    between: float
    """Mean over consecutive snapshots."""
    whole: float
    """From the first snapshot to the last."""


def shape_drift(shapes: UnitShapes) -> Drift:
    """Return how far the shapes of one signal moved."""
    return Drift(float(np.mean(shapes.median_drift)), shapes.whole_drift)


@registry.register
@dataclass(frozen=True, slots=True)
class ActivationsDriftMore(ClaimOfTraining):
    """The drift of the standardised shape of u over that of ``Wu + b``, in the same layer.

    Networks have three hidden layers of 100 units and learn the 8x8 digits; the shapes are over
    the 400 test images, the same at every snapshot, so that sampling adds no drift of its own. Of
    each network the geometric mean is taken over hidden layers 2 and 3, whose u is the output of
    another nonlinearity.

    Parameters
    ----------
    nonlinearities : sequence of str
        Of the networks.
    normalizations : sequence of None or str
        Of the networks, as `train` takes them.
    networks : int, optional
        How many networks of each kind, at least 3; by default 4 for drafts and 8 for papers.
    """

    name: ClassVar[str] = "activations-drift-more-than-pre-activations"
    statement: ClassVar[str] = (
        "The shape of the distribution of u changes more during training than that of Wu+b."
    )
    source: ClassVar[Source] = Source(
        BATCH_NORMALIZATION,
        "section 3.2",
        "since u is likely the output of another nonlinearity, the shape of its distribution is"
        " likely to change during training",
    )
    rule: ClassVar[str] = (
        "Holds if in every kind of network, without normalization and with BN(Wu+b), the geometric"
        " mean over networks of the ratio of the drifts, u over Wu+b, is above 1, both between"
        " consecutive snapshots and from the first to the last."
    )
    turns: ClassVar[str] = (
        "Shapes are without means and scales, which move as well. It depends on the"
        " nonlinearity, on the normalization and on whether the way is measured or its ends: each"
        " is a finding of its own."
    )

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Train the networks."""
        trained = self._trained(quality, seed, work)
        return [one for kind, histories in trained.items() for one in _ratios(kind, histories)]


def _ratios(kind: Kind, trained: Sequence[TrainingHistory]) -> Iterator[Finding]:
    """Yield the ratios of the inner layers, which decide, and those of the output layer."""
    for which, words in _WORDS.items():
        question = f"drift of u over that of Wu+b, {words}, {kind}"
        for layers, where in ((_INNER, ""), (("output",), ", output layer")):
            ratios = [
                over_layers([_ratio(history, layer, which) for layer in layers])
                for history in trained
            ]
            decides = layers == _INNER
            yield geometric_mean(question + where, ratios, "above", 1.0, decides=decides)


def _ratio(history: TrainingHistory, layer: str, which: str) -> float:
    u, pre_activation = (
        shape_drift(history.shape(layer, signal)) for signal in ("u", "pre-activation")
    )
    return float(getattr(u, which) / getattr(pre_activation, which))
