"""Transforms of sums of terms that are independent given a common factor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log1p, logsumexp

from clt_sim.exact.conditional_terms import LEAST_SHARE, ConditionalTerm
from clt_sim.exact.cumulants import cumulants_of_moments, moment_of_cumulants
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.sum_parts import MOST_ATOMS, merged
from clt_sim.exact.transform import USUAL_ERROR, Transform
from clt_sim.exact.wave_panels import chunks, groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.common_factor import CommonFactor

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]

_ROUNDING = 2.0**-51
_COLUMNS = 2**11
"""Chunks of s are as long as if so many numbers were found for each."""
_MOSTLY_ATOMS = 0.7
_LEAST_END = 2.0**-60


@dataclass(frozen=True, slots=True, eq=False)
class CommonFactorTransform(Transform):
    """The average over a common factor of the transform of the sum given that factor.

    With T the transform of a term at a node and A that of its atoms, it is the average of
    ``prod T^count - prod A^count``, over the probability that not all terms are at atoms.

    Parameters
    ----------
    factor : CommonFactor
        The nodes.
    terms : tuple of ConditionalTerm
        The kinds of terms.
    finite : tuple of float
        The strip.
    ends : tuple of float
        Those of the smallest interval that holds all the mass.
    place : tuple of float
        The mean and the standard deviation of all, atoms too.
    off : float
        How far averages over the nodes are from those over twice as many.
    """

    factor: CommonFactor
    terms: tuple[ConditionalTerm, ...]
    finite: tuple[float, float]
    ends: tuple[float, float]
    place: tuple[float, float]
    off: float = 0.0
    _lines: dict[float, _Line] = field(default_factory=dict, init=False)

    @property
    def strip(self) -> tuple[float, float]:
        """Where the transform is surely finite for every node."""
        return self.finite

    @property
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds all the mass."""
        return self.ends

    @property
    def error(self) -> float:
        """A rounding for every term, and the error of averages over the nodes."""
        return USUAL_ERROR + sum(term.count for term in self.terms) * _ROUNDING + self.off

    @property
    def log_mass(self) -> float:
        """The logarithm of the probability that not all terms are at atoms."""
        return self._line(0.0).log_norm

    @property
    def centre(self) -> float:
        """The mean."""
        return self.place[0]

    @property
    def scale(self) -> float:
        """The standard deviation."""
        return self.place[1]

    def moment(self, k: int, shift: float = 0.0) -> float:
        """Return ``E (S + shift)**k``, atoms too."""
        return moment(self.factor, self.terms, k, shift)

    def distance(self, other: CommonFactorTransform, theta: float, t: Reals) -> float:
        """Return how far another transform is from this one, beside its value at theta."""
        lines = self._line(theta), other._line(theta)
        off = np.abs(lines[0].relative(t) - lines[1].relative(t)).max()
        return float(off) + abs(math.expm1(lines[0].log_norm - lines[1].log_norm))

    def reaches(self, theta: float) -> bool:
        """Return whether the nodes go beyond all that matters of a tilted law."""
        shares = self._line(theta).all_shares
        return bool(max(shares[0], shares[-1]) < _LEAST_END * shares.max())

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of the average."""
        flat = np.ravel(s)
        if not flat.size:
            return np.zeros(s.shape, np.complex128)
        line = self._line(float(flat.real[0]))
        values = line.relative(flat.imag)
        with np.errstate(divide="ignore"):
            logs = np.log(values) + (line.log_norm - self.log_mass)
        return np.asarray(logs.reshape(s.shape))

    def _line(self, theta: float) -> _Line:
        """Return the line through a real point; that through 0 and the last one are kept."""
        if theta not in self._lines:
            for other in [*self._lines]:
                if other:
                    del self._lines[other]
            self._lines[theta] = _Line(self.factor, self.terms, theta)
        return self._lines[theta]

    def atoms(self) -> dict[float, float]:
        """Return the places of atoms of the sum with their masses."""
        if not all(term.atoms for term in self.terms):
            return {}
        total = {0.0: np.ones(self.factor.size)}
        for term in self.terms:
            for _ in range(term.count):
                total = _convolved(total, term.atoms)
        return merged((place, self.factor.average(mass)) for place, mass in total.items())


class _Line:
    """The transform along one line, relative to that at its real point, which is ``log_norm``."""

    def __init__(
        self, factor: CommonFactor, terms: tuple[ConditionalTerm, ...], theta: float
    ) -> None:
        self._theta = theta
        self._terms = [(term.tilted(theta), term.count) for term in terms]
        self._atomic = all(term.places.size for term, _ in self._terms)
        logs = factor.log_shares.copy()
        self._beyond = np.full(factor.size, np.inf)
        if self._atomic:
            self._beyond = np.zeros(factor.size)
            for term, count in self._terms:
                with np.errstate(divide="ignore"):
                    self._beyond -= count * np.log1p(-term.smooth_mass)
        for term, count in self._terms:
            logs += count * term.log_norms
        with np.errstate(divide="ignore"):
            logs += np.log(-np.expm1(-self._beyond))
        self.log_norm = float(logsumexp(logs))
        self.all_shares = np.exp(logs - self.log_norm)
        self._nodes = np.flatnonzero(self.all_shares > LEAST_SHARE * self.all_shares.max())
        self._shares = self.all_shares[self._nodes]

    def relative(self, t: Reals) -> Complex:
        """Return the transform at points of the line over that at its real point."""
        values = np.empty(t.shape, np.complex128)
        for group in groups(np.asarray(self._theta + 1j * t, np.complex128)):
            for rows in chunks(group.size, _COLUMNS):
                values[group[rows]] = self._relative(t[group[rows]])
        return values

    def _relative(self, t: Reals) -> Complex:
        """Return this for points of about one size."""
        whole: Complex = np.ones((t.size, self._nodes.size), np.complex128)
        atoms = whole.copy()
        ratios = []
        for term, count in self._terms:
            smooth = term.smooth(t, self._nodes)
            if not term.places.size:
                whole *= _power(smooth, count)
                continue
            own = term.at_atoms(t, self._nodes)
            whole *= _power(smooth + own, count)
            if self._atomic:
                atoms *= _power(own, count)
                ratios.append((smooth, own, count))
        if self._atomic:
            whole = self._without_atoms(whole, atoms, ratios)
        return np.asarray(whole @ self._shares)

    def _without_atoms(
        self, whole: Complex, atoms: Complex, ratios: list[tuple[Complex, Complex, int]]
    ) -> Complex:
        """Return the difference from the atoms, over that at the real point."""
        beyond = self._beyond[self._nodes]
        rest = (whole - atoms) / -np.expm1(-beyond)
        few = beyond < _MOSTLY_ATOMS
        if few.any():  # where the difference would cancel
            logs = sum(count * log1p(smooth[:, few] / own[:, few]) for smooth, own, count in ratios)
            accurate = whole[:, few] * np.expm1(-logs) / np.expm1(-beyond[few])
            rest[:, few] = np.where(np.isfinite(accurate), accurate, rest[:, few])
        return np.asarray(rest)


def moment(factor: CommonFactor, terms: tuple[ConditionalTerm, ...], k: int, shift: float) -> float:
    """Return ``E (S + shift)**k`` of a sum: the average of those at the nodes.

    Parameters
    ----------
    factor : CommonFactor
        The nodes.
    terms : tuple of ConditionalTerm
        The kinds of terms.
    k : int
        The order.
    shift : float
        What is added to the sum.
    """
    if not k:
        return 1.0
    of_terms = [term.count * np.array(cumulants_of_moments([*term.moments(k)])) for term in terms]
    cumulants = np.sum(of_terms, axis=0)
    cumulants[0] += shift
    return factor.average(moment_of_cumulants([*cumulants]))


def _power(base: Complex, exponent: int) -> Complex:
    """Return a power by squaring, faster than by logarithms and with no branch to choose."""
    result: Complex | None = None
    while True:
        if exponent % 2:
            result = base.copy() if result is None else result * base
        exponent //= 2
        if not exponent:
            return base if result is None else result
        base = base * base


def _convolved(first: Mapping[float, Reals], second: Mapping[float, Reals]) -> dict[float, Reals]:
    total: dict[float, Reals] = {}
    for a, of_a in first.items():
        for b, of_b in second.items():
            total[a + b] = total.get(a + b, 0.0) + of_a * of_b
    if len(total) > MOST_ATOMS:
        raise NoExactLaw(f"the sum has more than {MOST_ATOMS} atoms.")
    return total
