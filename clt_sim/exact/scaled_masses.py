"""Masses on the whole numbers over more powers of two than doubles have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.double_double import DoubleDouble

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEAK = 480
"""The largest value lies below two to this: products of two, and their sums, are doubles."""
LEAST = -640
"""Values below two to this, 1120 octaves under the peak, are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class ScaledMasses:
    """Masses ``2**exponent * (high + low)`` of `first`, `first` + 1 and so on.

    Doubles end at 1e-308, and masses above 1e-300 are sums of products of smaller ones. So
    the largest value is kept near two to the `PEAK`, and what is smaller by 1e-337 is left out:
    it cannot be seen in masses above 1e-300.

    Parameters
    ----------
    first : int
        The least whole number with a value, which is above 0.
    values : DoubleDouble
        At least one, not below 0.
    exponent : int
        The power of two that they are multiplied by.
    error : float
        Bound on the relative error of every value; 0 as long as it is below 1e-25 and `low` counts.
    """

    first: int
    values: DoubleDouble
    exponent: int
    error: float

    @classmethod
    def of(cls, masses: Mapping[int, Fraction]) -> ScaledMasses:
        """Return exact masses above 0, rounded once."""
        first, last = min(masses), max(masses)
        exact = [*masses.values()]
        exponent = max(_octave(mass) for mass in exact)
        scale = Fraction(2) ** (PEAK - exponent)
        rounded = DoubleDouble.of(mass * scale for mass in exact)
        places = np.array([place - first for place in masses])
        high, low = np.zeros((2, last - first + 1))
        high[places], low[places] = rounded.high, rounded.low
        return cls.scaled(first, DoubleDouble(high, low), exponent - PEAK, 0.0)

    @classmethod
    def scaled(cls, first: int, values: DoubleDouble, exponent: int, error: float) -> ScaledMasses:
        """Return values brought to the `PEAK`, without those below the `LEAST` at the ends."""
        shift = PEAK - int(np.frexp(values.high.max())[1])
        high, low = np.ldexp(values.high, shift), np.ldexp(values.low, shift)
        kept = high >= 2.0**LEAST
        high, low = np.where(kept, high, 0.0), np.where(kept, low, 0.0)
        places = np.flatnonzero(kept)
        some = slice(int(places[0]), int(places[-1]) + 1)
        parts = DoubleDouble(high[some], low[some])
        return cls(first + int(places[0]), parts, exponent - shift, error)

    @property
    def size(self) -> int:
        """The number of places from the first to the last value."""
        return int(self.values.high.size)

    @property
    def is_double_double(self) -> bool:
        """Whether the values are right to more than a double."""
        return self.error == 0.0

    @property
    def normalized(self) -> ScaledMasses:
        """The same masses divided by their sum, which should be 1."""
        high = self.values.high / np.ldexp(self.values.high.sum(), self.exponent)
        values = DoubleDouble(high, np.zeros_like(high))
        return ScaledMasses.scaled(self.first, values, self.exponent, self.error)

    def spread(self, stride: int) -> ScaledMasses:
        """Return the masses with each distance from the first place `stride` times as long."""
        if stride == 1:
            return self
        high, low = np.zeros((2, (self.size - 1) * stride + 1))
        high[::stride], low[::stride] = self.values.high, self.values.low
        return ScaledMasses(self.first, DoubleDouble(high, low), self.exponent, self.error)

    def gathered(self, stride: int) -> ScaledMasses:
        """Return the masses with each distance from the first place divided by `stride`."""
        if stride == 1:
            return self
        values = DoubleDouble(self.values.high[::stride], self.values.low[::stride])
        return ScaledMasses(self.first, values, self.exponent, self.error)

    def moved(self, first: int) -> ScaledMasses:
        """Return the same masses from another first place on."""
        return ScaledMasses(first, self.values, self.exponent, self.error)

    @property
    def masses(self) -> NDArray[np.float64]:
        """The masses as doubles; those below 1e-308 lose digits, and below 1e-323 are 0."""
        return np.ldexp(self.values.high, self.exponent)


def _octave(mass: Fraction) -> int:
    """Return an exponent of two that is above the mass, by less than two octaves."""
    return mass.numerator.bit_length() - mass.denominator.bit_length() + 1
