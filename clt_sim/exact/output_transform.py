"""Nonlinearity outputs phi(X), and their transforms."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.density_panels import (
    closing_in,
    density_panels,
    nodes_and_masses,
    turning_points,
    zeros,
)
from clt_sim.exact.jumps import Jumps, of_panels
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.law_transform import is_even
from clt_sim.exact.output_part import OutputPart
from clt_sim.exact.output_pieces import shares, transitions
from clt_sim.exact.output_places import piles_up, rough_places, special_values
from clt_sim.exact.transform import Transform
from clt_sim.exact.wave_panels import WavePanels
from clt_sim.nonlinearities import Erf, HardTanh, Identity, Sin, Softsign, Tanh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.nonlinearities import Nonlinearity

    Complex = NDArray[np.complex128]
    Reals = NDArray[np.float64]

_FALLEN = 40.0
"""By how much the logarithm of a tilted density falls to the end of the panels, at least."""
_DEPTH = 24
_ODD = (Erf, HardTanh, Identity, Sin, Softsign, Tanh)


@dataclass(frozen=True, slots=True)
class Output:
    """The variable phi(X) for an X with a density, given that phi is not flat at X.

    Parameters
    ----------
    law : Law
        The law of X, without atoms.
    phi : Nonlinearity
        The function.
    flat : tuple of (low, high)
        The intervals that are left out.
    mass : float
        The probability of all others.
    strip : tuple of float
        Where ``E exp(s phi(X))`` is finite; it is narrowed to what the panels can integrate.
    """

    law: Law
    phi: Nonlinearity
    flat: tuple[tuple[float, float], ...]
    mass: float
    strip: tuple[float, float]
    _ends: Reals = field(init=False, compare=False, repr=False)
    _turns: Reals = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find the panels and the turning points."""
        ends = density_panels(self.law, self.phi)
        turns = turning_points(self.phi, ends)
        object.__setattr__(
            self, "_ends", np.union1d(ends, turns[(turns > ends[0]) & (turns < ends[-1])])
        )
        object.__setattr__(self, "_turns", turns)
        low, high = self.strip
        limits = (-self._reach(-low, -1.0), self._reach(high, 1.0))
        object.__setattr__(self, "strip", limits)

    def _reach(self, bound: float, sign: float) -> float:
        """Return the largest tilt whose mass is all where the density is a number of floats."""
        if bound == 0.0:
            return 0.0
        infinite = np.isinf(np.array(self.law.support))
        y = sign * np.asarray(self.phi(self._ends), np.float64)
        with np.errstate(divide="ignore"):
            logs = np.log(self.law.pdf(self._ends))
        # Where phi is bounded or has the other sign, the mass is never at the end.
        steep = infinite & (np.array(self.phi.growth) > 0.0) & (y[[0, -1]] > 0.0)
        if not steep.any():
            return bound
        ends = np.array([0, -1])[steep]
        low, high = 0.0, min(bound, 1e3 * len(y) / float(np.std(y)) + 1e3)
        for _ in range(80):
            middle = 0.5 * (low + high)
            tilted = logs + middle * y
            inside = bool(np.all(tilted[ends] <= np.max(tilted) - _FALLEN))
            low, high = (middle, high) if inside else (low, middle)
        return low

    @property
    def even(self) -> bool:
        """Whether phi is odd and the law of X is even."""
        return isinstance(self.phi, _ODD) and is_even(self.law)

    @property
    def turns(self) -> Reals:
        """Where phi turns."""
        return self._turns

    def zeros(self) -> Reals:
        """Return where phi is 0, at the ends of flat parts too."""
        return zeros(self.phi, self._ends)

    def panels(self, depth: int) -> tuple[Reals, Reals]:
        """Return the ends of panels that close in on turning points, and as `depth` says on zeros.

        Parameters
        ----------
        depth : int
            The panels at zeros of phi are ``2**-depth`` as wide as others.
        """
        ends = self._ends
        if self._turns.size:
            # The density of y is a power -1/2 of the distance: in y, panels grow by a factor 2.
            ends = closing_in(ends, self._turns, math.sqrt(2.0), _DEPTH)
        if depth:
            ends = closing_in(ends, np.setdiff1d(self.zeros(), self._turns), 2.0, depth)
        low, high = ends[:-1], ends[1:]
        middle = 0.5 * (low + high)
        kept = np.ones(middle.shape, np.bool_)
        for start, stop in self.flat:
            kept &= ~((middle > start) & (middle < stop))
        return low[kept], high[kept]

    def waves(self, depth: int = 0) -> WavePanels:
        """Return the panels of y = phi(X)."""
        panels = WavePanels.of(self.law, self.phi, *self.panels(depth), self.mass)
        total = math.fsum(panels.masses.ravel())
        if abs(total - 1.0) > 1e-11:
            raise NoExactLaw(f"the density of {self.law} has the mass {total:.12g} by quadrature.")
        return panels

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value, infinite where phi grows without bound."""
        return _range(self.law, self.phi, self._ends)

    def rough_places(self, unit: float) -> tuple[float, ...]:
        """Return where the density of y may not be smooth, rising."""
        return rough_places(self.law, self.phi, self._turns, unit)

    def typical(self) -> tuple[float, float]:
        """Return the mean and the standard deviation of phi(X), both finite."""
        x, masses = nodes_and_masses(self.law, *self.panels(0))
        y = np.asarray(self.phi(x), np.float64)
        mean = float(np.sum(masses * y)) / self.mass
        return mean, math.sqrt(float(np.sum(masses * (y - mean) ** 2)) / self.mass)


def _range(law: Law, phi: Nonlinearity, ends: Reals) -> tuple[float, float]:
    values = np.asarray(phi(ends), np.float64)
    low, high = float(np.min(values)), float(np.max(values))
    for end, growth, side in zip(law.support, phi.growth, (-1.0, 1.0), strict=True):
        if math.isfinite(end):
            continue
        far = float(phi(np.float64(side * 1e6 if math.isfinite(growth) else side * 700.0)))
        if growth > 0.0:
            low, high = (low, math.inf) if far > 0.0 else (-math.inf, high)
        else:
            low, high = min(low, far), max(high, far)
    return low, high


@dataclass(frozen=True, slots=True)
class OutputTransform(Transform):
    """The transform of phi(X), for an X with a density.

    Parameters
    ----------
    output : Output
        The variable.
    """

    output: Output
    _panels: WavePanels = field(init=False, compare=False, repr=False)
    _rough: tuple[float, ...] | None = field(default=None, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make the panels."""
        object.__setattr__(self, "_panels", self.output.waves())

    @property
    def centre(self) -> float:
        """The mean over the panels."""
        return float(np.sum(self._panels.masses * self._panels.nodes))

    @property
    def scale(self) -> float:
        """The standard deviation over the panels."""
        deviations = (self._panels.nodes - self.centre) ** 2
        return math.sqrt(float(np.sum(self._panels.masses * deviations)))

    @property
    def support(self) -> tuple[float, float]:
        """That of phi(X)."""
        return self.output.support

    @property
    def strip(self) -> tuple[float, float]:
        """That of phi(X)."""
        return self.output.strip

    @property
    def even(self) -> bool:
        """Whether phi is odd and the law is even."""
        return self.output.even

    def jumps(self, unit: float) -> Jumps | None:
        """Return those at images of kinks and ends of the support, if phi has no turning points."""
        output, panels = self.output, self._panels
        if output.turns.size:
            return None
        places = special_values(output.law, output.phi)
        low, high, special = (ends / unit for ends in (panels.low, panels.high, places))
        return of_panels(low, high, panels.series, special.tolist())

    @property
    def rough_places(self) -> tuple[float, ...]:
        """Where the density is not smooth, rising; none where jumps say what it is there."""
        if self._rough is None:
            object.__setattr__(self, "_rough", self._found_places())
        return self._rough or ()

    def _found_places(self) -> tuple[float, ...]:
        unit = self.scale
        if not unit:
            return ()
        followed = self.jumps(unit) is not None
        if followed and not piles_up(self.output.law, self.output.phi, self.output.flat):
            return ()
        return self.output.rough_places(unit)

    def parts(self) -> tuple[OutputPart, ...]:
        """Return the parts near each of the rough places."""
        places = self.rough_places
        panels, strip = self._panels.cut(transitions(places)), self.output.strip
        near = zip(places, shares(places), strict=True)
        return tuple(OutputPart.of(strip, panels, place, share) for place, share in near)

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of an integral over the panels."""
        return self._panels.log_integral(s)
