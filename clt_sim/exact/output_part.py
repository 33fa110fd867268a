"""Transforms of the parts of nonlinearity outputs that are near one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.transform import Transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.output_pieces import Share
    from clt_sim.exact.wave_panels import WavePanels

    Complex = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class OutputPart(Transform):
    """The transform of ``phi(X) - place`` where phi(X) is near a place, as a share says.

    At a distance of 0 floats are as fine as can be, so that poles are followed far out on a line.

    Parameters
    ----------
    panels : WavePanels
        Those of the distance, with a mass of 1.
    tilts : tuple of float
        The strip.
    place : float
        The place.
    mass : float
        The probability.
    """

    panels: WavePanels
    tilts: tuple[float, float]
    place: float
    mass: float

    @classmethod
    def of(
        cls, tilts: tuple[float, float], panels: WavePanels, place: float, share: Share
    ) -> OutputPart:
        """Take the part of the law on some panels."""
        part = panels.times(lambda y: np.exp(share.log_share(y)))
        mass = math.fsum(part.masses.ravel())
        return cls(part.from_place(place).over(mass), tilts, place, mass)

    @property
    def centre(self) -> float:
        """The place itself."""
        return 0.0

    @property
    def scale(self) -> float:
        """The root mean square of distances from it."""
        return math.sqrt(float(np.sum(self.panels.masses * self.panels.nodes**2)))

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest distance on panels."""
        ends = np.append(self.panels.low, self.panels.high)
        return float(ends.min()), float(ends.max())

    @property
    def strip(self) -> tuple[float, float]:
        """That of all of phi(X)."""
        return self.tilts

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of an integral over the panels."""
        return self.panels.log_integral(s, resolved=False)
