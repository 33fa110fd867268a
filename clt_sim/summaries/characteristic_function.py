"""The empirical characteristic function on a fixed grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.summaries.power_sums import exact_total, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

FREQUENCIES = 32
STEP = 0.25
"""Multiples of this, in units of 1/scale of the grid, are where the function is known."""


@dataclass(frozen=True, slots=True)
class WaveSums:
    """Sums of ``cos(t z)`` and ``sin(t z)`` for each t of the grid, exact as `PowerSums` are.

    Parameters
    ----------
    cosines, sines : tuple of int
        In units of 2**-1127.
    """

    cosines: tuple[int, ...]
    sines: tuple[int, ...]

    @classmethod
    def of_doubles(cls, rows: Iterable[tuple[Iterable[float], Iterable[float]]]) -> WaveSums:
        """Add up rows of sums that were each rounded to double precision."""
        cosines, sines = zip(*rows, strict=True)
        return cls(
            tuple(map(exact_total, zip(*cosines, strict=True))),
            tuple(map(exact_total, zip(*sines, strict=True))),
        )

    def __add__(self, other: WaveSums) -> WaveSums:
        """Merge the sums of two disjoint sets of values."""
        return WaveSums(
            tuple(a + b for a, b in zip(self.cosines, other.cosines, strict=True)),
            tuple(a + b for a, b in zip(self.sines, other.sines, strict=True)),
        )

    def means(self, count: int) -> NDArray[np.complex128]:
        """Return the means of ``exp(i t z)`` of `count` values."""
        pairs = zip(self.cosines, self.sines, strict=True)
        return np.array([complex(ratio(c, count), ratio(s, count)) for c, s in pairs])


@dataclass(frozen=True, slots=True, eq=False)
class CharacteristicFunction:
    """The mean of ``exp(i t S)`` over the draws.

    Parameters
    ----------
    t : ndarray of float64, shape (32,)
        Where it is known: multiples of a quarter, per scale of the summary's grid.
    values : ndarray of complex128, shape (32,)
        The estimates.
    stderr : ndarray of float64, shape (32,)
        ``sqrt((1 - |f|^2)/count)``, the root mean square of the modulus of the error (Feuerverger
        & Mureika, "The empirical characteristic function and its applications", 1977).
    """

    t: NDArray[np.float64]
    values: NDArray[np.complex128]
    stderr: NDArray[np.float64]
