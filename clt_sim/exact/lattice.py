"""The exact law of a sum whose values lie on a lattice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, ValuesView
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.exact.cumulants import Kernel, moment_of_cumulants, summed_cumulants
from clt_sim.exact.double_double import DoubleDouble, two_sum
from clt_sim.exact.law import ExactLaw
from clt_sim.exact.steps import height_at, mass_at, step_quantile
from clt_sim.laws.base import no_density

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ROUNDING = 2.0**-51
"""Bound on the relative error of exact masses that are rounded, summed and divided by the total."""


class Atoms(Mapping[float, float]):
    """Places with their masses, kept as two arrays.

    Parameters
    ----------
    places : ndarray of float64, shape (n,)
        Rising.
    masses : ndarray of float64, shape (n,)
        Above 0.
    """

    __slots__ = ("_masses", "_places")

    def __init__(self, places: NDArray[np.float64], masses: NDArray[np.float64]) -> None:
        self._places, self._masses = places, masses

    def __getitem__(self, place: float) -> float:
        index = int(np.searchsorted(self._places, place))
        if index == self._places.size or self._places[index] != place:
            raise KeyError(place)
        return float(self._masses[index])

    def __iter__(self) -> Iterator[float]:
        return iter(self._places.tolist())

    def __len__(self) -> int:
        return int(self._places.size)

    def values(self) -> ValuesView[float]:
        """Return the masses, without a search for each."""
        return _Masses(self)

    def __repr__(self) -> str:
        return f"<{len(self)} atoms>"


class _Masses(ValuesView[float]):
    _mapping: Atoms

    def __iter__(self) -> Iterator[float]:
        return iter(self._mapping._masses.tolist())


class _Table:
    """What is computed from places and masses when it is first asked for."""

    def __init__(self, law: LatticeLaw) -> None:
        self._offset, self._step, self._first = law.offset, law.step, law.first
        self.masses = law.masses

    @cached_property
    def places(self) -> NDArray[np.float64]:
        """The places, rounded. Counted from the one nearest to 0, so that nothing cancels."""
        nearest = round(-self._offset / self._step)
        whole = np.arange(self._first - nearest, self._first - nearest + self.masses.size)
        numbers = whole.astype(np.float64)
        multiples = DoubleDouble(numbers, np.zeros_like(numbers)).times(
            DoubleDouble.of([self._step])
        )
        return multiples.plus(DoubleDouble.of([self._offset + nearest * self._step])).high

    @cached_property
    def atoms(self) -> Atoms:
        """The places with a mass that is not 0 in doubles."""
        positive = self.masses > 0.0
        return Atoms(self.places[positive], self.masses[positive])

    @cached_property
    def _sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``P(S <= x)`` and ``P(S > x)`` at the places, each summed from its own end."""
        below = _running_shares(self.masses)
        above = np.append(_running_shares(self.masses[::-1])[-2::-1], 0.0)
        return below, above

    @cached_property
    def cdf(self) -> NDArray[np.float64]:
        """``P(S <= x)`` before the first place and at each."""
        below, above = self._sums
        return np.append(0.0, np.where(below <= 0.5, below, 1.0 - above))

    @cached_property
    def sf(self) -> NDArray[np.float64]:
        """``P(S > x)`` before the first place and at each."""
        below, above = self._sums
        return np.append(1.0, np.where(above <= 0.5, above, 1.0 - below))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LatticeLaw(ExactLaw):
    """A discrete law on the places ``offset + step*k``, k from 0 to `last`.

    Every mass above 1e-300 has a small relative error, also in the far tails, and so have the
    distribution and the survival function, each summed from its own end. Masses below 1e-308 lose
    digits, and those below 1e-323 are 0, although they are not: such places are in the support and
    not among the atoms.

    Parameters
    ----------
    offset : Fraction
        The least place.
    step : Fraction
        The distance of neighbours, above 0.
    terms : tuple of (tuple of (int, Fraction), int)
        The summands in units of the step, each with the number of terms like it: whole numbers
        from 0 with their exact masses, rising.
    first : int
        The k of the first of the masses; those before and behind them are below 1e-323.
    masses : ndarray of float64
        The masses, read-only. They are 0 where there is no value or where they are too small.
    error : float
        Bound on the relative error of masses above 1e-300, of their sums in both tails, and so
        on the absolute error of ``cdf`` and ``sf``.

    Examples
    --------
    >>> from clt_sim.exact.lattice_route import lattice_law
    >>> import clt_sim as clt
    >>> law = lattice_law(clt.WeightedSum(n=3, inputs="discrete", weights=1.0))
    >>> print(law)
    lattice law on [3, 9]: 7 places in steps of 1, relative error below 4.7e-16
    >>> (27 * law.pmf([3, 4, 5, 6, 7])).round(12).tolist(), law.pmf(3.5).tolist()
    ([1.0, 3.0, 6.0, 7.0, 6.0], 0.0)
    >>> law.mean, law.variance, float(law.quantile(0.5))
    (6.0, 2.0, 6.0)
    """

    method: ClassVar[str] = "lattice"

    offset: Fraction
    step: Fraction
    terms: tuple[tuple[Kernel, int], ...]
    first: int
    masses: NDArray[np.float64]
    error: float
    _table: _Table = field(init=False)

    def __post_init__(self) -> None:
        """Protect the masses; nothing is summed yet."""
        self.masses.setflags(write=False)
        object.__setattr__(self, "_table", _Table(self))

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest place, even if its mass is 0 in doubles."""
        return float(self.offset), float(self.offset + self.last * self.step)

    @property
    def places(self) -> NDArray[np.float64]:
        """The places of the `masses`, rounded to doubles."""
        return self._table.places

    @property
    def atoms(self) -> Mapping[float, float]:
        """The places with their masses, but for those that are 0 in doubles."""
        return self._table.atoms

    @property
    def last(self) -> int:
        """The number of steps from the least to the greatest place."""
        return sum(count * kernel[-1][0] for kernel, count in self.terms)

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``, exactly rounded."""
        values = summed_cumulants(self.terms, k)
        if values:
            values[0] += self.offset / self.step
        return float(moment_of_cumulants(values) * self.step**k)

    @property
    def variance(self) -> float:
        """The variance, exactly rounded."""
        return float(summed_cumulants(self.terms, 2)[1] * self.step**2)

    def pmf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S = x)``, in the shape of `x`; 0 where x is not one of the `places`."""
        return mass_at(self.places, self.masses, x)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return 0, there is no density, all mass is in atoms; nan for nan."""
        return no_density(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``, right to relative error in the left tail."""
        return height_at(self.places, self._table.cdf, x)

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""
        return height_at(self.places, self._table.sf, x)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least place x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside."""
        return step_quantile(self.places, self._table.cdf, self.support, p)

    def __eq__(self, other: object) -> bool:
        """Compare the places and the masses."""
        return (
            isinstance(other, LatticeLaw)
            and self._lattice == other._lattice
            and np.array_equal(self.masses, other.masses)
        )

    def __hash__(self) -> int:
        """Hash the places and the masses."""
        return hash((self._lattice, self.masses.tobytes()))

    @property
    def _lattice(self) -> tuple[Fraction, Fraction, int, int]:
        return self.offset, self.step, self.last, self.first

    def __str__(self) -> str:
        """Say the law in one line."""
        low, high = self.support
        bound = 1.05 * self.error  # never less than the error once it has two digits
        count = (
            f"{self.last + 1} places in steps of {float(self.step):g}" if self.last else "1 place"
        )
        return (
            f"{self.method} law on [{low:g}, {high:g}]: {count}, relative error below {bound:.1e}"
        )

    __repr__ = __str__


def _running_shares(masses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the first, the first two, and so on, divided by the sum of all.

    With the rounding errors of all additions, which are known, so that halves are halves.
    """
    sums = np.cumsum(masses)
    _, errors = two_sum(np.append(0.0, sums[:-1]), masses)
    corrected, low = two_sum(sums, np.cumsum(errors))
    total = DoubleDouble(corrected[-1:], low[-1:])
    return DoubleDouble(corrected, low).over(total).high
