"""The upper tail of a law that has only a distribution function."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre, integrate_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law

RELATIVE_ERROR = 1e-13
"""Bound of that of the tail where it is above 1e-25."""
_START = 1.0 - 2.0**-20
"""Probability below the tail; there the rounding of 1 is 1e-10 of the rest."""
_OCTAVES = 400
_PER_OCTAVE = 4
_LEAST_DENSITY = 1e-300
"""Below it densities have lost their digits."""


@dataclass(frozen=True, slots=True, eq=False)
class UpperTail:
    """``P(X > x)`` by integrals of the density, from a high quantile on.

    A distribution function near 1 has lost the digits of its tail; the density has not.

    Parameters
    ----------
    law : Law
        Without kinks and atoms in the tail.
    median : float
        The distance from it is the argument of the tail.
    ends : ndarray of float64, shape (m,)
        Ends of panels, ascending; the first is where the tail starts.
    masses : ndarray of float64, shape (m,)
        The probability beyond each end.
    """

    law: Law
    median: float
    ends: NDArray[np.float64]
    masses: NDArray[np.float64]

    @classmethod
    @functools.lru_cache(maxsize=16)
    def of(cls, law: Law) -> UpperTail | None:
        """Integrate the density, or return None where the tail is bounded or not smooth.

        What was integrated for one measure is kept for the others.
        """
        median, start = law.quantile([0.5, _START]).tolist()
        special = [*law.kinks, *law.atoms]
        if math.isfinite(law.support[1]) or start <= max([median, *special]):
            return None
        steps = np.exp2(np.arange(_OCTAVES * _PER_OCTAVE + 1) / _PER_OCTAVE)
        ends = median + (start - median) * steps
        ends = ends[law.pdf(ends) > _LEAST_DENSITY]
        nodes, weights = gauss_legendre(ends[:-1], ends[1:])
        parts = np.sum(weights * law.pdf(nodes), axis=1)
        rest = integrate_tail(
            law.pdf, median, float(ends[-1]), precision=RELATIVE_ERROR, allowed=0.0
        )
        masses = np.cumsum(np.append(parts, rest.value)[::-1])[::-1]
        return cls(law, median, ends, masses)

    @property
    def start(self) -> float:
        """Where the tail starts."""
        return float(self.ends[0])

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(X > x)`` for x from `start` on.

        Beyond the last end, which hardly any tail lighter than a power reaches, it is continued as
        the power of the distance that has the same density there.
        """
        last = float(self.ends[-1])
        panel = np.minimum(np.searchsorted(self.ends, x), self.ends.size - 1)
        nodes, weights = gauss_legendre(np.minimum(x, last).ravel(), self.ends[panel].ravel())
        part = np.sum(weights * self.law.pdf(nodes), axis=1).reshape(x.shape)
        power = (last - self.median) * float(self.law.pdf(last)) / float(self.masses[-1])
        growth = (np.maximum(x, last) - self.median) / (last - self.median)
        return np.asarray((self.masses[panel] + part) * growth**-power)
