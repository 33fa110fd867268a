"""The distribution function of binned draws, joined by chords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws


@dataclass(frozen=True, slots=True, eq=False)
class Chords:
    """A distribution function that is linear between knots and may jump at them.

    It is 0 below the first knot and 1 above the last.

    Parameters
    ----------
    knots : ndarray of float64, shape (m + 1,)
        Ascending places.
    start, end : ndarray of float64, shape (m,)
        Its values at the ends of each segment.
    """

    knots: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def of(cls, binned: BinnedDraws) -> Chords:
        """Spread the draws evenly in their bins, or put them in the middle of one with an atom."""
        is_atom = binned.holds_atom()
        atoms = np.flatnonzero(is_atom)
        knots = np.insert(binned.edges, atoms + 1, binned.midpoints().values[atoms])
        cdf = binned.cdf()
        start, end = np.repeat(cdf[:-1], 1 + is_atom), np.repeat(cdf[1:], 1 + is_atom)
        before = atoms + np.arange(atoms.size)  # the segment from the lower edge to the step
        end[before], start[before + 1] = start[before], end[before + 1]
        return cls(knots, start, end)

    def split(self, places: NDArray[np.float64]) -> Chords:
        """Return the same function with knots at these ascending places as well."""
        inside = places[(places > self.knots[0]) & (places < self.knots[-1])]
        segment = np.searchsorted(self.knots, inside) - 1
        share = (inside - self.knots[segment]) / np.diff(self.knots)[segment]
        level = self.start[segment] + share * (self.end - self.start)[segment]
        return Chords(
            np.insert(self.knots, segment + 1, inside),
            np.insert(self.start, segment + 1, level),
            np.insert(self.end, segment, level),
        )

    def nodes(
        self, count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return nodes of a Gauss-Legendre rule on each segment.

        Parameters
        ----------
        count : int
            Nodes in each segment.

        Returns
        -------
        places, weights, levels : ndarray of float64, shape (m, count)
            Sums of weights times values at the nodes are integrals; the levels are the values
            of the distribution function there.
        """
        rule, weights = np.polynomial.legendre.leggauss(count)
        share, width = 0.5 * (1.0 + rule), np.diff(self.knots)[:, None]
        places = self.knots[:-1, None] + width * share
        levels = self.start[:, None] + (self.end - self.start)[:, None] * share
        return places, 0.5 * width * weights, levels
