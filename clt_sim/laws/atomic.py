"""Laws whose mass is all in finitely many atoms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim.laws.base import Law, angles, no_density

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_AT_ONCE = 2**20


class Steps:
    """Where a distribution function jumps.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Where it jumps, rising.
    masses : ndarray of float64, shape (n,)
        By how much, above 0.
    heights : ndarray of float64, shape (n,)
        The function at the values; the last is 1.
    """

    def __init__(
        self,
        values: NDArray[np.float64],
        masses: NDArray[np.float64],
        heights: NDArray[np.float64],
    ) -> None:
        self.values, self.masses, self.heights = values, masses, heights

    @cached_property
    def atoms(self) -> Mapping[float, float]:
        """The masses by their locations."""
        return MappingProxyType(dict(zip(self.values.tolist(), self.masses.tolist(), strict=True)))


class AtomicLaw(Law):
    """A law whose mass is all in finitely many atoms."""

    __slots__ = ()

    @property
    @abstractmethod
    def _steps(self) -> Steps:
        """The jumps of the distribution function, kept from call to call."""

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value."""
        return float(self._steps.values[0]), float(self._steps.values[-1])

    @property
    def atoms(self) -> Mapping[float, float]:
        """The values with their probabilities."""
        return self._steps.atoms

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return 0, all mass is in atoms; nan for nan."""
        return no_density(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, a step at every value."""
        x = real_numbers("x", x)
        # nan would be sorted behind everything.
        heights = np.concatenate([[0.0], self._steps.heights])
        below = np.searchsorted(self._steps.values, x, side="right")
        return np.where(np.isnan(x), np.nan, heights[below])

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least value at which the distribution function is at least `p`."""
        p = real_numbers("p", p)
        inside = (p >= 0.0) & (p <= 1.0)
        index = np.searchsorted(self._steps.heights, np.where(inside, p, 0.0))
        return np.where(inside, self._steps.values[index], np.nan)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``1 + sum m (exp(i t x) - 1)`` over the atoms, which is exact at 0."""
        t = finite_numbers("t", t)
        values, masses = self._steps.values, self._steps.masses
        rows = max(1, _MOST_AT_ONCE // values.size)
        flat = t.ravel()
        result = np.ones(flat.size, np.complex128)
        for start in range(0, flat.size, rows):
            some = slice(start, start + rows)
            result[some] += np.expm1(1j * angles(values, flat[some, None])) @ masses
        return result.reshape(t.shape)
