"""A sample of bounded size that merges exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 1024
"""So many draws are kept, or all if there are fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Reservoir:
    """The draws with the least random words, which are a uniform sample of all draws.

    Every draw has a word of 32 bits that does not depend on its value. Those with the least
    words are kept; where words are equal, those of the lesser seed, and then the earlier ones. The
    least of two sets are among the least of each, so that parts merge to the same sample in any
    order.

    Parameters
    ----------
    words : ndarray of uint32, shape (m,)
        The random words, ascending.
    seeds : ndarray of uint64, shape (m,)
        The seeds of the runs the draws are of.
    places : ndarray of int64, shape (m,)
        Their places in the runs.
    values : ndarray of float64, shape (m,)
        The draws.
    """

    words: NDArray[np.uint32]
    seeds: NDArray[np.uint64]
    places: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def least(
        cls,
        words: NDArray[np.uint32],
        seeds: NDArray[np.uint64],
        places: NDArray[np.int64],
        values: NDArray[np.float64],
    ) -> Reservoir:
        """Return the reservoir of the given draws."""
        order = np.lexsort((places, seeds, words))[:SIZE]
        kept = cls(words[order], seeds[order], places[order], values[order])
        for part in kept.arrays():
            part.setflags(write=False)
        return kept

    def __add__(self, other: Reservoir) -> Reservoir:
        """Merge the reservoirs of two disjoint sets of draws."""
        pairs = zip(self.arrays(), other.arrays(), strict=True)
        return Reservoir.least(*(np.concatenate(pair) for pair in pairs))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Return words, seeds, places and values."""
        return self.words, self.seeds, self.places, self.values
