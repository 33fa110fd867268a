"""What a measure of multivariate gaussianity is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate
    from clt_sim.multivariate.sample import MultivariateSample


class Measure(ABC):
    """A functional of the joint law of several variables."""

    name: ClassVar[str]
    """The name in reports, lower case with dashes."""

    @abstractmethod
    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the plug-in value of a sample with its standard error.

        Raises
        ------
        UnavailableError
            If the sample cannot give it.
        """
