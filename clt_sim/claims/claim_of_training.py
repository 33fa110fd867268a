"""Claims about several kinds of trained networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim.claims.claim import Claim, Progress
from clt_sim.claims.trained import Kind, checked_kinds, checked_number, histories, part_of

if TYPE_CHECKING:
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

    def _trained(
        self, quality: str, seed: int, progress: Progress
    ) -> Iterator[tuple[Kind, Sequence[TrainingHistory]]]:
        """Yield each kind with its networks, after they are trained."""
        kinds = checked_kinds(self.nonlinearities, self.normalizations)
        for index, kind in enumerate(kinds):
            report = part_of(progress, f"train networks: {kind}", index, len(kinds))
            networks = self.networks
            yield kind, histories(kind, networks, quality=quality, seed=seed, progress=report)
