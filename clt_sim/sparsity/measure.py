"""What an index of sparsity is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.sparsity.binned import BinnedMagnitudes
    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.draws import Draws
    from clt_sim.sparsity.magnitudes import Magnitudes


class Measure(ABC):
    """An index of the magnitudes of a law, free of their scale, that is 1 where it is sparse."""

    name: ClassVar[str]
    """The name in reports, lower case with dashes."""
    least: ClassVar[int] = 1
    """The fewest values that have the index."""
    moment: ClassVar[int] = 0
    """The order of the moment that it is relative to, which has to be finite in a simulation."""
    resolution: ClassVar[float] = 1.0
    """How many times the change under merging pairs of bins the error of the bins is."""
    of_zeros: ClassVar[float | None] = None
    """The index of values that are all 0; None where it is 0/0."""

    @abstractmethod
    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row of magnitudes."""

    @abstractmethod
    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function of the index at each value of one row."""

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the index of draws from one law and its standard error."""
        return draws.estimate_sorted(self)

    @abstractmethod
    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the index of a law with its numerical error."""

    def of_binned(self, binned: BinnedMagnitudes) -> float:
        """Return the index with every draw at the middle of its bin."""
        return float(self.of_magnitudes(binned.magnitudes()))
