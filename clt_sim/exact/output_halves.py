"""A bounded output as a smooth mixture of what is near one end of its support or the other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_STEEPNESS = 2.0
_MOST_PIECES, _MOST_OF_EQUAL = 8, 5
"""Sums of more than a few bounded outputs have transforms that fall fast as they are."""
_INSIDE = 1.0 - 2.0**-53


@dataclass(frozen=True, slots=True)
class Half:
    """The share of the density that is taken to be near one end of an interval.

    Densities of functions such as tanh pile up beside both ends; their transforms fall slowly, with
    waves of two frequencies. Each half has one of these, as its share goes to 0 at the other end
    faster than any power.

    Parameters
    ----------
    low, high : float
        The ends.
    side : float
        1 for the upper half, -1 for the lower; both shares add up to 1.
    """

    low: float
    high: float
    side: float

    @property
    def end(self) -> float:
        """The end that the half is near to."""
        return self.high if self.side > 0.0 else self.low

    def log_share(self, y: Reals) -> Reals:
        """Return the logarithm of the share at values in the interval."""
        place = (2.0 * y - self.low - self.high) / (self.high - self.low)
        inside = np.clip(place, -_INSIDE, _INSIDE)
        return np.asarray(log_ndtr(self.side * _STEEPNESS * np.arctanh(inside)))


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a sum of bounded outputs of which so many are in the upper half.

    Parameters
    ----------
    upper, lower : tuple of int
        How many terms of each kind are in the halves.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]

    @property
    def log_ways(self) -> float:
        """The logarithm of the number of ways to choose them."""
        ways = (math.comb(k + m, k) for k, m in zip(self.upper, self.lower, strict=True))
        return math.log(math.prod(ways))

    def place(self, ends: Sequence[tuple[float, float]]) -> float:
        """Return where the terms are, whose lower and upper halves are near some ends."""
        counts = zip(self.upper, self.lower, ends, strict=True)
        return math.fsum(k * high + m * low for k, m, (low, high) in counts)


def pieces(counts: Sequence[int]) -> tuple[Piece, ...]:
    """Return all pieces of a sum with so many terms of each kind; none, if these are many."""
    limit = _MOST_OF_EQUAL if len(counts) == 1 else _MOST_PIECES
    if math.prod(count + 1 for count in counts) > limit:
        return ()
    every = itertools.product(*(range(count + 1) for count in counts))
    return tuple(
        Piece(upper, tuple(count - k for count, k in zip(counts, upper, strict=True)))
        for upper in every
    )
