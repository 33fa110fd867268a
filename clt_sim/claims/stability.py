"""What the normalization of u and that of Wu+b make stable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.drift import shape_drift
from clt_sim.claims.ioffe_szegedy import BATCH_NORMALIZATION
from clt_sim.claims.trained import (
    INNER,
    checked_number,
    geometric_mean,
    histories,
    over_layers,
)
from clt_sim.experiments.trained_networks import Kind, checked_kinds

if TYPE_CHECKING:
    from clt_sim.claims.finding import Finding
    from clt_sim.experiments.work import Work
    from clt_sim.networks.training.history import TrainingHistory

_COMPARED = {"BN(u)": "batch-u", "BN(Wu+b)": "batch", "none": None}
_RECORDS = 100
"""Steps at which the percentiles are recorded: the instability is along the whole training."""


@registry.register
@dataclass(frozen=True, slots=True)
class BatchNormalizedActivationsNotStable(Claim):
    """The wandering of what enters the nonlinearity, with BN(u) against BN(Wu+b).

    The instability of a unit of the last hidden layer is the range, along training, of the median
    over the test images of what enters its nonlinearity, in units of the final distance from the
    15th to the 85th percentile (the percentiles of Ioffe & Szegedy 2015, Figure 1). Of a network
    the median over the units is taken. With BN(u), ``W BN(u) + b`` enters; with BN(Wu+b), that.

    Parameters
    ----------
    nonlinearities : sequence of str
        Of the networks.
    networks : int, optional
        How many networks of each kind, at least 3; by default 4 for drafts and 8 for papers.
    """

    name: ClassVar[str] = "batch-normalized-activations-not-stable"
    statement: ClassVar[str] = (
        "Normalizing u in place of Wu+b does not give what enters the nonlinearity a distribution"
        " as stable."
    )
    source: ClassVar[Source] = Source(
        BATCH_NORMALIZATION,
        "section 3.2",
        "constraining its first and second moments would not eliminate the covariate shift",
    )
    rule: ClassVar[str] = (
        "Holds if the geometric mean over networks of the ratio of the instabilities, BN(u) over"
        " BN(Wu+b), is above 1 for every nonlinearity; refuted if it is below 1 for one."
    )
    turns: ClassVar[str] = (
        "Stable is said of the median of a unit, in units of its spread. The shape of the"
        " distribution is another question, as is stability between one step and the next: the"
        " percentiles are of the whole training, its first steps included."
    )

    nonlinearities: tuple[str, ...] = ("sigmoid",)
    networks: int | None = None

    def __post_init__(self) -> None:
        """Check the parameters."""
        checked_kinds(self.nonlinearities, (None,))
        object.__setattr__(self, "nonlinearities", tuple(self.nonlinearities))
        checked_number(self.networks)

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Train the networks of the three kinds."""
        kinds = {
            phi: {words: Kind(phi, how) for words, how in _COMPARED.items()}
            for phi in self.nonlinearities
        }
        asked = [kind for of_phi in kinds.values() for kind in of_phi.values()]
        trained = histories(
            asked, self.networks, quality=quality, seed=seed, work=work, records=_RECORDS
        )
        found: list[Finding] = []
        for phi, of_phi in kinds.items():
            networks = {words: trained[kind] for words, kind in of_phi.items()}
            found += [*_instabilities(phi, networks), *_drifts(phi, networks)]
        return found


def _instabilities(phi: str, trained: dict[str, list[TrainingHistory]]) -> Iterator[Finding]:
    """Yield the ratios of instabilities of each two of the three kinds.

    The networks of different kinds are independent; pairs of them are as good a sample as the
    networks.
    """
    numbers = {words: [_instability(one) for one in of] for words, of in trained.items()}
    for above, below, side in (
        ("BN(u)", "BN(Wu+b)", "above"),
        ("BN(u)", "none", "below"),
        ("BN(Wu+b)", "none", "below"),
    ):
        ratios = _ratios(numbers[above], numbers[below])
        question = f"instability of the median unit, {above} over {below}, {phi}"
        yield geometric_mean(question, ratios, side, 1.0, decides=side == "above")


def _instability(history: TrainingHistory) -> float:
    instability = history.instability
    return float(np.median(instability[~np.isnan(instability)]))


def _drifts(phi: str, trained: dict[str, list[TrainingHistory]]) -> Iterator[Finding]:
    """Yield by how much the shape of what is normalized moves, u under BN(u) first."""
    of_u = [_drift(history, "u") for history in trained["BN(u)"]]
    of_pre_activation = [_drift(history, "pre-activation") for history in trained["BN(Wu+b)"]]
    question = (
        "drift from first to last of the shape of what is normalized, u with BN(u) over Wu+b with"
        f" BN(Wu+b), {phi}"
    )
    ratios = _ratios(of_u, of_pre_activation)
    yield geometric_mean(question, ratios, "above", 1.0, decides=False)


def _drift(history: TrainingHistory, signal: str) -> float:
    layers = [f"hidden {index + 1}" for index in INNER]
    return over_layers([shape_drift(history.shape(layer, signal)).whole for layer in layers])


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(above, below, strict=True)]
