"""Terms of a sum given the common draw of their inputs, for many values of it at once."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from clt_sim.exact.conditional_panels import ConditionalPanels
from clt_sim.exact.conditional_waves import Waves
from clt_sim.exact.jumps import Jumps
from clt_sim.exact.law_transform import ClosedTransform
from clt_sim.exact.output_pieces import shares
from clt_sim.exact.product_transform import average, turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.common_factor import CommonFactor
    from clt_sim.laws import Law
    from clt_sim.nonlinearities import Nonlinearity

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]
    Flat = tuple[tuple[float, float, float], ...]

LEAST_SHARE = 2.0**-70
"""Nodes with a smaller share of a tilted law are left out."""
_DEEPEST = 40
_FAR = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalTerm(ABC):
    """Terms ``w phi(x)`` of one kind, for each of the nodes of a common factor.

    Parameters
    ----------
    phi : Nonlinearity
        The function.
    factor : CommonFactor
        The nodes, of which there are K.
    flat : tuple of (low, high, value)
        The intervals on which phi is constant.
    count : int
        How many such terms there are.
    kept : float
        The probability that dropout leaves a term in.
    """

    phi: Nonlinearity
    factor: CommonFactor
    flat: Flat
    count: int
    kept: float

    @property
    @abstractmethod
    def atoms(self) -> Mapping[float, Reals]:
        """Places with their masses, each an array of shape (K,)."""

    @property
    def ends(self) -> tuple[float, float]:
        """Where a term is that has an input far below or far above; nan if it is random."""
        return math.nan, math.nan

    def jumps(self, unit: float) -> Jumps | None:  # noqa: ARG002 - for terms that know them
        """Return the jumps of a term over a unit, for each of the nodes; None if not known."""
        return None

    @abstractmethod
    def tilted(self, theta: float) -> TiltedTerm:
        """Return the terms with the densities ``exp(theta y)`` times theirs."""

    @abstractmethod
    def moments(self, most: int) -> Reals:
        """Return raw moments of a term, from order 0 on, in an array of shape (most + 1, K)."""

    def flat_masses(self) -> dict[float, Reals]:
        """Return the masses of the constant values of phi."""
        masses: dict[float, Reals] = {}
        for low, high, value in self.flat:
            mass = self.factor.probabilities_between(low, high)
            masses[value] = masses.get(value, 0.0) + mass
        return masses

    def with_dropout(self, atoms: Mapping[float, Reals]) -> dict[float, Reals]:
        """Return atoms of the terms that are left in, and 0 for those left out."""
        result = {place: self.kept * mass for place, mass in atoms.items()}
        if self.kept < 1.0:
            left_out = np.full(self.factor.size, 1.0 - self.kept)
            result[0.0] = result.get(0.0, 0.0) + left_out
        return result


class TiltedTerm(ABC):
    """The transform of terms along one line, relative to that at its real point.

    Attributes
    ----------
    log_norms : ndarray of float64, shape (K,)
        Logarithms of ``E exp(theta w phi(x))`` for each node.
    places : ndarray of float64, shape (atoms,)
        Of the atoms.
    masses : ndarray of float64, shape (atoms, K)
        Of the tilted atoms.
    """

    def __init__(self, theta: float, atoms: Mapping[float, Reals], log_smooth: Reals) -> None:
        self.theta = theta
        self.places = np.array([*atoms])
        with np.errstate(divide="ignore"):
            logs = np.log(np.array([*atoms.values()]).reshape(len(atoms), log_smooth.size))
        logs = logs + theta * self.places[:, None]
        self.log_norms = np.asarray(logsumexp(np.vstack([logs, log_smooth]), axis=0))
        self._divisors = np.where(np.isfinite(self.log_norms), self.log_norms, 0.0)
        self.masses = np.exp(logs - self._divisors)
        self.smooth_mass = np.minimum(np.exp(log_smooth - self._divisors), 1.0)

    def at_atoms(self, t: Reals, nodes: NDArray[np.intp]) -> Complex:
        """Return the part of the atoms at ``theta + i t``, shape (t.size, nodes.size)."""
        turned = np.multiply.outer(t, self.places)
        masses = self.masses[:, nodes]
        return np.asarray(np.cos(turned) @ masses + 1j * (np.sin(turned) @ masses))

    @abstractmethod
    def smooth(self, t: Reals, nodes: NDArray[np.intp]) -> Complex:
        """Return the part without atoms there; sizes of t differ by no more than sqrt(2)."""

    def smooth_half(self, t: Reals, nodes: NDArray[np.intp], half: int) -> Complex:
        """Return the lower half (0) or the upper half (1) of a term that is bounded."""
        raise AssertionError(f"no half {half} at {t.size} points of {nodes.size} laws")


@dataclass(frozen=True, slots=True, eq=False)
class FixedTerm(ConditionalTerm):
    """Terms with a fixed weight, or with one of several at random.

    Parameters
    ----------
    weights : tuple of (float, float)
        The weights with their probabilities.
    panels : ConditionalPanels
        Panels on which the density of phi(x) is a polynomial.
    """

    weights: tuple[tuple[float, float], ...]
    panels: ConditionalPanels
    _waves: tuple[Waves, ...] = field(init=False)
    _half_waves: dict[int, Waves] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Find what turns on the panels."""
        waves = tuple(
            Waves(self.panels, weight, math.log(self.kept * share))
            for weight, share in self.weights
            if weight
        )
        object.__setattr__(self, "_waves", waves)

    @property
    def atoms(self) -> Mapping[float, Reals]:
        """The weights times the constant values; 0 where the weight is."""
        masses: dict[float, Reals] = {}
        for weight, share in self.weights:
            values = self.flat_masses() if weight else {0.0: np.ones(self.factor.size)}
            for y, mass in values.items():
                place = weight * y + 0.0
                masses[place] = masses.get(place, 0.0) + share * mass
        return self.with_dropout(masses)

    def jumps(self, unit: float) -> Jumps | None:
        """Return those at the weights times the images of kinks."""
        atoms = {place / unit: mass for place, mass in self.atoms.items()}
        parts = [Jumps.of_atoms(atoms)] if atoms else []
        for weight, share in self.weights:
            own = self.panels.jumps(unit / weight) if weight else None
            if own is not None:
                parts.append(own.weighted(self.kept * share))
            elif weight:
                return None
        return Jumps.mixed(parts)

    def tilted(self, theta: float) -> TiltedTerm:
        """Return the tilted terms."""
        return _TiltedWaves(theta, self)

    def moments(self, most: int) -> Reals:
        """Return the sums over the panels and the atoms."""
        orders = np.arange(most + 1.0)[:, None]
        powers = sum(place**orders * mass for place, mass in self.atoms.items())
        for waves in self._waves:
            powers = powers + waves.values**orders @ np.exp(waves.logs + waves.log_share)
        return np.asarray(powers)

    @property
    def ends(self) -> tuple[float, float]:
        """The weight times the limits of phi; nan if there are several weights."""
        weight = self.weights[0][0] if len(self.weights) == 1 else math.nan
        low, high = (weight * float(self.phi(np.float64(side * _FAR))) for side in (-1.0, 1.0))
        return low, high

    def half_waves(self, half: int) -> Waves:
        """Return the panels with the densities of a half."""
        if half not in self._half_waves:
            ends = [float(self.phi(np.float64(side * _FAR))) for side in (-1.0, 1.0)]
            weight, share = self.weights[0][0], shares(ends)[half]
            self._half_waves[half] = Waves(self.panels, weight, math.log(self.kept), share)
        return self._half_waves[half]

    @property
    def waves(self) -> tuple[Waves, ...]:
        """The panels with their densities, for each weight that is not 0."""
        return self._waves


class _TiltedWaves(TiltedTerm):
    def __init__(self, theta: float, term: FixedTerm) -> None:
        self._term = term
        self._waves = term.waves
        logs = [waves.log_mass(theta) for waves in self._waves]
        super().__init__(theta, term.atoms, np.asarray(logsumexp(logs, axis=0)))

    def smooth(self, t: Reals, nodes: NDArray[np.intp]) -> Complex:
        parts = [waves.integral(self.theta, t, self._divisors, nodes) for waves in self._waves]
        return functools.reduce(np.add, parts)

    def smooth_half(self, t: Reals, nodes: NDArray[np.intp], half: int) -> Complex:
        return self._term.half_waves(half).integral(self.theta, t, self._divisors, nodes)


@dataclass(frozen=True, slots=True, eq=False)
class RandomTerm(ConditionalTerm):
    """Terms with random weights, whose transform dies down.

    Parameters
    ----------
    weight : Law
        One for which `clt_sim.exact.product_transform.is_damped`.
    """

    weight: Law
    _rules: dict[int, tuple[Reals, Reals]] = field(default_factory=dict, init=False)

    @property
    def atoms(self) -> Mapping[float, Reals]:
        """Where phi is 0 throughout."""
        return self.with_dropout({y: mass for y, mass in self.flat_masses().items() if not y})

    def tilted(self, theta: float) -> TiltedTerm:
        """Return the tilted terms."""
        return _TiltedAverages(theta, self)

    def moments(self, most: int) -> Reals:
        """Return products of moments."""
        y, logs = self.rule(0.0)
        masses, atoms = np.exp(logs), self.atoms
        powers = []
        for k in range(most + 1):
            of_weight = self.weight.moment(k) / self.kept**k if k else 1.0
            at_atoms = sum(place**k * mass for place, mass in atoms.items())
            powers.append(of_weight * (y**k @ masses) + at_atoms)
        return np.array(powers)

    def rule(self, largest: float) -> tuple[Reals, Reals]:
        """Return values of phi(x) with logarithms of their masses, for s up to some size."""
        wide = math.sqrt(self.weight.moment(2)) * largest
        depth = min(max(3, math.ceil(math.log2(max(wide, 1.0) * 8.0))), _DEEPEST)
        if depth not in self._rules:
            panels = ConditionalPanels.of(self.phi, self.factor, self.flat, depth)
            y, logs = panels.cut(max(1, math.ceil(turns(self.weight) / 3.0))).rule()
            others = {value: mass for value, mass in self.flat_masses().items() if value}
            with np.errstate(divide="ignore"):
                flats = np.log(np.array([*others.values()]).reshape(len(others), self.factor.size))
            every = np.vstack([logs, flats]) + math.log(self.kept)
            self._rules[depth] = np.append(y, [*others]), every
        return self._rules[depth]


class _TiltedAverages(TiltedTerm):
    def __init__(self, theta: float, term: RandomTerm) -> None:
        self._term = term
        self._tilted: dict[int, tuple[Reals, Reals]] = {}
        _, logs = self._rule(theta, 0.0)
        super().__init__(theta, term.atoms, np.asarray(logsumexp(logs, axis=0)))

    def _rule(self, theta: float, largest: float) -> tuple[Reals, Reals]:
        """Return values and logarithms of tilted masses."""
        y, logs = self._term.rule(largest)
        if y.size not in self._tilted:
            own = ClosedTransform(self._term.weight).log(
                np.asarray(theta / self._term.kept * y, np.complex128)
            )
            self._tilted[y.size] = y, logs + own.real[:, None]
        return self._tilted[y.size]

    def smooth(self, t: Reals, nodes: NDArray[np.intp]) -> Complex:
        kept = self._term.kept
        y, logs = self._rule(self.theta, float(np.hypot(self.theta, np.abs(t).max())) / kept)
        masses = np.exp(logs[:, nodes] - self._divisors[nodes])
        used = masses.max(axis=1) > LEAST_SHARE
        values = average(
            self._term.weight, self.theta / kept, t[:, None] / kept, y[used], masses[used]
        )
        return np.asarray(values, np.complex128)
