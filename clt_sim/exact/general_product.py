"""The transform of a product of a random weight with a nonlinearity output, of any two laws."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.panel_density import PanelDensity
from clt_sim.exact.product_density import product_panels
from clt_sim.exact.transform import USUAL_ERROR, Transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.output_transform import Output
    from clt_sim.exact.wave_panels import WavePanels

    Complex = NDArray[np.complex128]

_MOST_LOST = 1e-11
"""Of the mass, as a sum over panels, beside 1."""


@dataclass(frozen=True, slots=True)
class GeneralProduct(Transform):
    """The transform of ``W phi(X)`` by the density of that product.

    The density is found first, without any wave, on panels on which it is a polynomial
    (`product_panels`); its transform is then that of any density. It asks nothing of the laws but
    their densities.

    Parameters
    ----------
    weight : Output
        The variable W, through the identity.
    output : Output
        The variable phi(X).
    finite : tuple of float
        The strip, where the transform is surely finite; (0, 0) if there is none.

    Raises
    ------
    NoExactLaw
        If the density takes too many panels, or has poles that they do not resolve.
    """

    weight: Output
    output: Output
    finite: tuple[float, float]
    _panels: WavePanels = field(init=False, compare=False, repr=False)
    _lost: float = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find the density, and whether it has all the mass."""
        first, second = PanelDensity.of(self.output), PanelDensity.of(self.weight)
        panels = product_panels(first, second, tilted=self.finite != (0.0, 0.0))
        mass = float(np.sum(panels.masses))
        if not abs(mass - 1.0) <= _MOST_LOST:
            raise NoExactLaw(
                f"the density of the weights law {self.weight.law} times {self.output.phi} of the"
                f" inputs law {self.output.law} has poles that leave an error of"
                f" {abs(mass - 1.0):.0e}."
            )
        scaled = replace(panels, masses=panels.masses / mass, series=panels.series / mass)
        object.__setattr__(self, "_panels", scaled)
        object.__setattr__(self, "_lost", abs(mass - 1.0))

    @property
    def error(self) -> float:
        """The usual error, and the mass that the panels lack or have too much."""
        return USUAL_ERROR + self._lost

    def _quantiles(self, probabilities: list[float]) -> list[float]:
        places, masses = self._panels.nodes.ravel(), self._panels.masses.ravel()
        rising = np.argsort(places)
        index = np.searchsorted(np.cumsum(masses[rising]), probabilities)
        return [float(place) for place in places[rising][index]]

    @property
    def centre(self) -> float:
        """The median, about."""
        return self._quantiles([0.5])[0]

    @property
    def scale(self) -> float:
        """The distance of the quartiles, about."""
        lower, upper = self._quantiles([0.25, 0.75])
        return upper - lower

    @property
    def support(self) -> tuple[float, float]:
        """The products of the ends; all is infinite if one of them is."""
        with np.errstate(invalid="ignore"):
            products = np.multiply.outer(np.array(self.weight.support), self.output.support)
        products[np.isnan(products)] = 0.0  # 0 times infinity
        return float(products.min()), float(products.max())

    @property
    def strip(self) -> tuple[float, float]:
        """Where the transform is surely finite."""
        return self.finite

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of an integral over the panels."""
        flat = np.ravel(s)
        offset = self._panels.offset(float(flat.real[0])) if flat.size else 0.0
        with np.errstate(divide="ignore"):
            logs = np.log(self._panels.integral(flat, offset)) + offset
        return np.asarray(logs.reshape(s.shape))
