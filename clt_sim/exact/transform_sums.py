"""Transforms of sums and mixtures of independent variables, from those of the variables."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log1p

from clt_sim.exact.jumps import Jumps, product
from clt_sim.exact.transform import USUAL_ERROR, Transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.sum_parts import SumParts

    Complex = NDArray[np.complex128]

_ROUNDING = 2.0**-51
"""Error of the logarithm of the transform of one variable."""


@dataclass(frozen=True, slots=True)
class Summand:
    """Independent variables with the same law, each times one factor.

    Parameters
    ----------
    parts : SumParts
        Of one of the variables.
    factor : float
        Not 0.
    count : int
        How many there are.
    """

    parts: SumParts
    factor: float
    count: int


@dataclass(frozen=True, slots=True)
class MixtureTransform(Transform):
    """The transform of a variable that is one of several multiples of others.

    Parameters
    ----------
    components : tuple of (probability, factor, Transform)
        Probabilities above 0 that sum to 1, and factors other than 0.
    """

    components: tuple[tuple[float, float, Transform], ...]

    @property
    def centre(self) -> float:
        """The mean of the centres."""
        return math.fsum(p * factor * part.centre for p, factor, part in self.components)

    @property
    def scale(self) -> float:
        """The root mean square of distances from the centre."""
        return math.sqrt(
            math.fsum(
                p * ((factor * part.scale) ** 2 + (factor * part.centre - self.centre) ** 2)
                for p, factor, part in self.components
            )
        )

    @property
    def support(self) -> tuple[float, float]:
        """From the least to the greatest end."""
        ends = [scaled(part.support, factor) for _, factor, part in self.components]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    def strip(self) -> tuple[float, float]:
        """Where all are finite."""
        return common([scaled(part.strip, 1.0 / factor) for _, factor, part in self.components])

    @property
    def error(self) -> float:
        """The largest error of the parts."""
        return max(part.error for _, _, part in self.components)

    def jumps(self, unit: float) -> Jumps | None:
        """Return those of all parts."""
        parts = [(p, part.jumps(unit / factor)) for p, factor, part in self.components]
        every = [own.weighted(p) for p, own in parts if own is not None]
        return Jumps.mixed(every) if len(every) == len(parts) else None

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of the mean."""
        logs = [math.log(p) + part.log(factor * s) for p, factor, part in self.components]
        return functools.reduce(_log_of_sum, logs)


@dataclass(frozen=True, slots=True)
class SumPiece:
    """A part of the law of a sum, whose transform has one wave.

    Parameters
    ----------
    place : float
        Where the terms add up to.
    log_ways : float
        The logarithm of the number of ways in which they do.
    transform : Transform
        Of the distance of the sum from the place, times the probability of one of the ways.
    """

    place: float
    log_ways: float
    transform: Transform


@dataclass(frozen=True, slots=True)
class SumTransform(Transform):
    """The transform of a sum of independent variables, given that not all are at an atom.

    Parameters
    ----------
    summands : tuple of Summand
        The variables.
    shift : float
        A constant that is added.
    place : tuple of two float
        A centre and a scale of the sum.
    log_mass : float
        Logarithm of the probability that not all are at an atom.
    pieces : tuple of SumPiece
        What the sum is made of near some places, if it is known in pieces.
    """

    summands: tuple[Summand, ...]
    shift: float
    place: tuple[float, float]
    log_mass: float
    pieces: tuple[SumPiece, ...] = ()
    _jumps: dict[float, Jumps | None] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def centre(self) -> float:
        """The mean, or where it does not exist a point in the bulk."""
        return 0.0 if self.even else self.place[0]

    @property
    def scale(self) -> float:
        """The standard deviation, or where it is infinite a length of the bulk."""
        return self.place[1]

    @property
    def support(self) -> tuple[float, float]:
        """The sum of the supports."""
        low = high = self.shift
        for summand in self.summands:
            ends = [*summand.parts.atoms]
            if summand.parts.transform is not None:
                ends.extend(summand.parts.transform.support)
            first, last = scaled((min(ends), max(ends)), summand.factor)
            low, high = low + summand.count * first, high + summand.count * last
        return low, high

    @property
    def error(self) -> float:
        """That of a logarithm, a rounding of 1 for each variable that is added.

        Where the transform of a variable has a greater error than usual, its excess is added as
        often.
        """
        error = USUAL_ERROR
        for summand in self.summands:
            transform = summand.parts.transform
            excess = 0.0 if transform is None else transform.error - USUAL_ERROR
            error += summand.count * (_ROUNDING + max(excess, 0.0))
        return error

    @property
    def strip(self) -> tuple[float, float]:
        """Where the transforms of all are finite."""
        return common(
            [
                scaled(summand.parts.transform.strip, 1.0 / summand.factor)
                for summand in self.summands
                if summand.parts.transform is not None
            ]
        )

    @property
    def even(self) -> bool:
        """Whether all variables are, and nothing is added."""
        return not self.shift and all(_is_even(summand.parts) for summand in self.summands)

    def jumps(self, unit: float) -> Jumps | None:
        """Return those of the sum: the product of the series."""
        if unit not in self._jumps:
            self._jumps[unit] = self._product_of_jumps(unit)
        return self._jumps[unit]

    def _product_of_jumps(self, unit: float) -> Jumps | None:
        every = product(_jumps(summand, unit) for summand in self.summands)
        if every is None:
            return None
        return every.moved(self.shift / unit).without_atoms.weighted(math.exp(-self.log_mass))

    @property
    def piece_places(self) -> tuple[float, ...]:
        """Where a few outputs add up to, each near one of its places."""
        return tuple(self.shift + piece.place for piece in self.pieces)

    def log_piece(self, piece: int, s: Complex) -> Complex:
        """Return the logarithm of the part of which so many outputs are near each place."""
        found = self.pieces[piece]
        return found.transform.log(s) + found.log_ways

    def log(self, s: Complex) -> Complex:
        """Return the logarithm; that of all less that of the atoms.

        With a the transform of the atoms of one variable and M that of all of it, the logarithm of
        ``prod M - prod a`` is ``sum log M + log(1 - exp(-sum log(M/a)))``. Each ``M/a`` is 1 and
        something, whose logarithm keeps its digits where the atoms are nearly all there is.
        """
        total = np.asarray(self.shift * s, np.complex128)
        over_atoms: Complex | None = np.zeros(np.shape(s), np.complex128)
        for summand in self.summands:
            whole, over = _logs(summand.parts, summand.factor * s)
            total = total + _times(summand.count, whole)
            if over is None or over_atoms is None:
                over_atoms = None
            else:
                over_atoms = over_atoms + _times(summand.count, over)
        if over_atoms is None:
            return total - self.log_mass
        present = np.isfinite(over_atoms.real)
        rest = -np.expm1(-np.where(present, over_atoms, 1.0))
        with np.errstate(divide="ignore"):
            return np.asarray(total + np.log(np.where(present, rest, 1.0)) - self.log_mass)


def _is_even(parts: SumParts) -> bool:
    atoms = parts.atoms
    return (parts.transform is None or parts.transform.even) and all(
        atoms.get(-place) == mass for place, mass in atoms.items()
    )


def _jumps(summand: Summand, unit: float) -> Jumps | None:
    parts = summand.parts
    own_unit = unit / summand.factor
    every = Jumps.of_atoms({place / own_unit: mass for place, mass in parts.atoms.items()})
    if parts.transform is not None:
        smooth = parts.transform.jumps(own_unit)
        if smooth is None:
            return None
        every = Jumps.mixed([every, smooth.weighted(parts.mass)])
    return every.power(summand.count)


def _logs(parts: SumParts, s: Complex) -> tuple[Complex, Complex | None]:
    """Return the logarithms of the transform M of a variable and of M over that of its atoms."""
    if not parts.atoms:
        return math.log(parts.mass) + _transform(parts).log(s), None
    atoms = parts.log_atoms(s)
    if parts.transform is None:
        return atoms, np.zeros(s.shape, np.complex128)
    rest = math.log(parts.mass) + parts.transform.log(s)
    whole = _log_of_sum(atoms, rest)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        less = rest.real < atoms.real
        over = np.where(less, log1p(np.exp(np.where(less, rest - atoms, 0.0))), whole - atoms)
    return whole, np.where(np.isneginf(atoms.real), np.inf + 0j, over)


def _times(count: int, logs: Complex) -> Complex:
    """Return the product, by parts: infinity times a complex 1 is no number."""
    product = np.empty(logs.shape, np.complex128)
    product.real, product.imag = count * logs.real, count * logs.imag
    return product


def _transform(parts: SumParts) -> Transform:
    if parts.transform is None:
        raise AssertionError("a variable without atoms has a transform")
    return parts.transform


def _log_of_sum(first: Complex, second: Complex) -> Complex:
    """Return a logarithm of the sum of two exponentials."""
    swap = second.real > first.real
    larger, smaller = np.where(swap, second, first), np.where(swap, first, second)
    nothing = np.isneginf(smaller.real)
    with np.errstate(under="ignore", divide="ignore"):
        share = np.exp(np.where(nothing, 0.0, smaller - np.where(nothing, 0.0, larger)))
        return np.asarray(np.where(nothing, larger, larger + log1p(share)))


def scaled(interval: tuple[float, float], factor: float) -> tuple[float, float]:
    """Return an interval times a number other than 0."""
    first, last = interval[0] * factor, interval[1] * factor
    return (first, last) if factor > 0.0 else (last, first)


def common(intervals: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the intersection of intervals that hold 0."""
    return (
        max((low for low, _ in intervals), default=-math.inf),
        min((high for _, high in intervals), default=math.inf),
    )
