"""An output as a smooth mixture of what is near one place or another where its density is rough."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_STEEPNESS = 4.0
_HALVINGS = 15
_INSIDE = 1.0 - 2.0**-53


@dataclass(frozen=True, slots=True)
class Share:
    """The share of a density that is taken to be near one of several places.

    Densities of functions such as tanh pile up beside both ends, and those of functions that turn
    have a pole there; their transforms fall slowly, with a wave for each place. The part near one
    place has one wave, as its share goes to 0 at the others faster than any power.

    Parameters
    ----------
    below, place, above : float
        The place between its neighbours; ``-inf`` and ``inf`` where there are none.
    """

    below: float
    place: float
    above: float

    def log_share(self, y: Reals) -> Reals:
        """Return the logarithm of the share; all shares of a value add up to 1."""
        total = np.zeros(np.shape(y))
        for low, high, sign in ((self.below, self.place, 1.0), (self.place, self.above, -1.0)):
            if math.isfinite(low) and math.isfinite(high):
                position = (2.0 * y - low - high) / (high - low)
                inside = np.clip(position, -_INSIDE, _INSIDE)
                total += log_ndtr(sign * _STEEPNESS * np.arctanh(inside))
        return total


def shares(places: Sequence[float]) -> tuple[Share, ...]:
    """Return the shares of rising places."""
    fenced = [-math.inf, *places, math.inf]
    return tuple(map(Share, fenced, fenced[1:], fenced[2:]))


def transitions(places: Sequence[float]) -> Reals:
    """Return ends of intervals on which shares are polynomials to 15 digits, rising.

    Lengths are halved towards the places, until one share is all but 1. One place has none.
    """
    steps = 0.5 ** np.arange(1.0, _HALVINGS + 1.0)
    gaps = [
        np.concatenate([low + (high - low) * steps, high - (high - low) * steps])
        for low, high in pairwise(places)
    ]
    return np.unique(np.concatenate([np.zeros(0), *gaps]))


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a sum of outputs of which so many are near each place.

    Parameters
    ----------
    counts : tuple of tuple of int
        For each kind of term how many are near each of its places.
    """

    counts: tuple[tuple[int, ...], ...]

    @property
    def log_ways(self) -> float:
        """The logarithm of the number of ways to choose them."""
        return math.fsum(
            math.lgamma(sum(near) + 1.0) - math.fsum(math.lgamma(k + 1.0) for k in near)
            for near in self.counts
        )

    def place(self, places: Sequence[Sequence[float]]) -> float:
        """Return where the terms add up to, given the places of each kind."""
        pairs = zip(self.counts, places, strict=True)
        return math.fsum(k * y for near, own in pairs for k, y in zip(near, own, strict=True))


def pieces(kinds: Sequence[tuple[int, int]], most: int) -> tuple[Piece, ...]:
    """Return all pieces of a sum; none, if there are more than some number.

    Parameters
    ----------
    kinds : sequence of (count, places)
        How many terms of a kind there are, and how many places they may be near.
    most : int
        Sums of more than a few outputs have transforms that fall fast as they are.
    """
    if math.prod(math.comb(count + own - 1, own - 1) for count, own in kinds) > most:
        return ()
    every = itertools.product(*(tuple(_splits(count, own)) for count, own in kinds))
    return tuple(map(Piece, every))


def _splits(count: int, places: int) -> Iterator[tuple[int, ...]]:
    """Yield all ways to spread so many equal things over places."""
    for bars in itertools.combinations(range(count + places - 1), places - 1):
        fenced = [-1, *bars, count + places - 1]
        yield tuple(high - low - 1 for low, high in pairwise(fenced))
