"""Transforms of sums of terms that are independent given a common factor."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.common_factor_line import SIDES, CommonFactorLine
from clt_sim.exact.jumps import Jumps, product
from clt_sim.exact.output_pieces import Piece, pieces
from clt_sim.exact.sum_parts import SumParts, check_atoms, merged
from clt_sim.exact.transform import USUAL_ERROR, Transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.common_factor import CommonFactor
    from clt_sim.exact.conditional_terms import ConditionalTerm

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]

_ROUNDING = 2.0**-51
_MOST_PIECES, _MOST_OF_EQUAL = 8, 5
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
    _lines: dict[float, CommonFactorLine] = field(default_factory=dict, init=False)
    _jumps: dict[float, Jumps | None] = field(default_factory=dict, init=False)

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

    def jumps(self, unit: float) -> Jumps | None:
        """Return the average of those given the common factor."""
        if unit not in self._jumps:
            terms = ((term.jumps(unit), term.count) for term in self.terms)
            every = product(None if own is None else own.power(count) for own, count in terms)
            shares = np.exp(self.factor.log_shares - self.log_mass)
            self._jumps[unit] = None if every is None else every.averaged(shares).without_atoms
        return self._jumps[unit]

    @property
    def piece_places(self) -> tuple[float, ...]:
        """Where bounded terms without jumps add up to, if few or many are at one of their ends.

        Densities of functions such as tanh pile up there. A few terms are in the halves of their
        supports in many ways. Of more only the common factor brings all to one end: there are two
        pieces, for the lower and the upper half of its values.
        """
        if not all(map(math.isfinite, self.ends)) or any(term.atoms for term in self.terms):
            return ()
        jumps, ends = self.jumps(self.scale), [term.ends for term in self.terms]
        if jumps is None or jumps.places.size or np.isnan(ends).any():
            return ()
        return tuple(piece.place(ends) for piece in self._pieces() or self._extremes())

    def _pieces(self) -> tuple[Piece, ...]:
        most = _MOST_OF_EQUAL if len(self.terms) == 1 else _MOST_PIECES
        return pieces([(term.count, 2) for term in self.terms], most)

    def _extremes(self) -> tuple[Piece, Piece]:
        """Return the pieces with all terms at their lower ends, and all at their upper ends."""
        counts = [term.count for term in self.terms]
        return Piece(tuple((k, 0) for k in counts)), Piece(tuple((0, k) for k in counts))

    def log_piece(self, piece: int, s: Complex) -> Complex:
        """Return the logarithm of the average of one piece, or over half of the nodes."""
        flat = np.ravel(s)
        place = self.piece_places[piece]
        line = self._line(float(flat.real[0]))
        few = self._pieces()
        if few:
            values = line.relative(flat.imag, functools.partial(line.piece, few[piece]))
        else:
            values = line.relative(flat.imag, functools.partial(line.on_side, SIDES[piece]))
        with np.errstate(divide="ignore"):
            logs = np.log(values) + (line.log_norm - self.log_mass) - flat * place
        return np.asarray(logs.reshape(s.shape))

    def _line(self, theta: float) -> CommonFactorLine:
        """Return the line through a real point; that through 0 and the last one are kept."""
        if theta not in self._lines:
            for other in [*self._lines]:
                if other:
                    del self._lines[other]
            self._lines[theta] = CommonFactorLine(self.factor, self.terms, theta)
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


def moment(factor: CommonFactor, terms: tuple[ConditionalTerm, ...], k: int, shift: float) -> float:
    """Return ``E (S + shift)**k`` of a sum of terms, the average of those at the nodes."""
    return factor.moment_of_sum([(term.count, term.moments(k)) for term in terms], k, shift)


def moment_of_parts(parts: SumParts, k: int) -> float:
    """Return ``E S**k`` of a sum with a `CommonFactorTransform`, or with atoms alone."""
    if isinstance(parts.transform, CommonFactorTransform):
        return parts.transform.moment(k)
    return math.fsum(mass * place**k for place, mass in parts.atoms.items())


def _convolved(first: Mapping[float, Reals], second: Mapping[float, Reals]) -> dict[float, Reals]:
    total: dict[float, Reals] = {}
    for a, of_a in first.items():
        for b, of_b in second.items():
            total[a + b] = total.get(a + b, 0.0) + of_a * of_b
    check_atoms(len(total))
    return total
