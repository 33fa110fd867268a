"""Claims about several kinds of trained networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim.claims.claim import Claim
from clt_sim.claims.trained import checked_number, histories
from clt_sim.experiments.trained_networks import Kind, checked_kinds

if TYPE_CHECKING:
    from clt_sim.experiments.work import Work
    from clt_sim.networks.training.history import TrainingHistory


@dataclass(frozen=True, slots=True)
class ClaimOfTraining(Claim):
    """A claim whose experiment trains networks with each of some nonlinearities and normalizations.

    Parameters
    ----------
    nonlinearities : sequence of str
        Of the networks.
    normalizations : sequence of None or str
        Of the networks, as `train` takes them.
    networks : int, optional
        How many networks of each kind, at least 3; by default 4 for drafts and 8 for papers.
    """

    nonlinearities: tuple[str, ...] = ("sigmoid", "relu")
    normalizations: tuple[str | None, ...] = (None, "batch")
    networks: int | None = None

    def __post_init__(self) -> None:
        """Check the parameters."""
        checked_kinds(self.nonlinearities, self.normalizations)
        object.__setattr__(self, "nonlinearities", tuple(self.nonlinearities))
        object.__setattr__(self, "normalizations", tuple(self.normalizations))
        checked_number(self.networks)

    def _trained(self, quality: str, seed: int, work: Work) -> dict[Kind, list[TrainingHistory]]:
        """Return each kind with its networks, after all are trained."""
        kinds = checked_kinds(self.nonlinearities, self.normalizations)
        return histories(kinds, self.networks, quality=quality, seed=seed, work=work)
