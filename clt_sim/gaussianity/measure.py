"""What a measure of gaussianity is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.draws import Draws
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture


class Measure(ABC):
    """A functional of a law that is 0 for N(0, 1), and how each view of a source gives it.

    A method raises `UnavailableError`, with the reason, where its view cannot give the value.
    """

    name: ClassVar[str]
    """The name in reports, lower case with dashes."""
    least: ClassVar[int] = 3
    """The fewest values of a sample that say anything."""
    of_shape: ClassVar[bool] = False
    """Whether raw values are standardised as well."""
    needs_variance: ClassVar[bool] = True
    """Whether the value takes a variance; or else a mean, and does not change with the scale."""

    @abstractmethod
    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the plug-in value and its influence function at ``sample.values``."""

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the plug-in value and its standard error; by default from the sorted sample."""
        value, influence = self.of_sample(draws.sample)
        return Estimate(value, draws.sample.stderr(influence))

    @abstractmethod
    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value with an error of sampling and resolution."""

    @abstractmethod
    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the value with its numerical error."""

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:  # noqa: ARG002
        """Return the value with an error of sampling and resolution; by default refuse."""
        raise UnavailableError("has no form for draws of a variance")
