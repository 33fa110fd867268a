"""The exact law of a sum with finitely many values that need not lie on a lattice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.exact.cumulants import Kernel, moment_of_cumulants, summed_cumulants
from clt_sim.exact.lattice import Atoms
from clt_sim.exact.law import ExactLaw
from clt_sim.exact.steps import height_at, mass_at, step_quantile
from clt_sim.laws.base import no_density

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_HIGHEST_EXACT = 20
"""The order to which moments are exact; the time that takes grows with its third power."""
_DOUBLES_IN_1 = 1 << 1074
"""All doubles are whole multiples of the inverse of this."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DiscreteLaw(ExactLaw):
    """A discrete law of finitely many places, which need not lie on a lattice.

    Every mass above 1e-300 has a small relative error, and so have the distribution and the
    survival function in both tails: they are exact sums of the masses from their own end, rounded.
    Masses below 2.3e-308 lose digits, and those below 5e-324 are 0, although they are not: such
    places are in the support and not among the atoms.

    Places are exact sums, rounded to doubles. Different sums that are so close that roundings of
    their terms may be all that keeps them apart, which is within ``2**-50`` of the sum of the
    absolute values of the terms, are one atom; `place_error` says whether there are such. Mean,
    variance and moments to the order 20 are those of the exact sums.

    Parameters
    ----------
    offset : Fraction
        What is added to all sums.
    unit : Fraction
        The unit in which the terms are whole numbers, above 0.
    terms : tuple of (tuple of (int, Fraction), int)
        The random summands in that unit, each with the number of terms like it: whole numbers
        with their exact masses, rising.
    places : ndarray of float64, shape (n,)
        Where the atoms are, rising, read-only.
    masses : ndarray of float64, shape (n,)
        Their masses, above 0, read-only.
    error : float
        Bound on the relative error of masses above 1e-300, of their sums in both tails, and so
        on the absolute error of ``cdf`` and ``sf`` between the places.
    place_error : float
        Bound on how far an atom is from the sums that it stands for, before it is rounded to a
        double: relative to the sum of the absolute values of their terms, at most ``2**-51`` for
        each addition on the way. 0 if no two different sums are one atom.

    Examples
    --------
    >>> from clt_sim.exact.atomic_route import discrete_law
    >>> import clt_sim as clt
    >>> law = discrete_law(clt.WeightedSum(n=2, inputs="rademacher", weights=[1.0, 2.0**0.5]))
    >>> print(law)
    atoms law on [-2.41421, 2.41421]: 4 atoms, relative error below 2.4e-15
    >>> law.places.round(3).tolist(), law.pmf(law.places).tolist()
    ([-2.414, -0.414, 0.414, 2.414], [0.25, 0.25, 0.25, 0.25])
    >>> law.mean, law.quantile([0.25, 0.5]).round(3).tolist()
    (0.0, [-2.414, -0.414])
    """

    method: ClassVar[str] = "atoms"

    offset: Fraction
    unit: Fraction
    terms: tuple[tuple[Kernel, int], ...]
    places: NDArray[np.float64]
    masses: NDArray[np.float64]
    error: float
    place_error: float
    _below: NDArray[np.float64] = field(init=False)
    _above: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Protect the arrays and add up the masses."""
        below, above = _exact_shares(self.masses)
        for name, heights in (("_below", below), ("_above", above)):
            object.__setattr__(self, name, heights)
        for array in (self.places, self.masses):
            array.setflags(write=False)

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value, even if its mass is 0 in doubles."""
        low = sum(count * kernel[0][0] for kernel, count in self.terms)
        high = sum(count * kernel[-1][0] for kernel, count in self.terms)
        return float(self.offset + low * self.unit), float(self.offset + high * self.unit)

    @property
    def atoms(self) -> Mapping[float, float]:
        """The places with their masses, but for those that are 0 in doubles."""
        return Atoms(self.places, self.masses)

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``, exactly rounded to the order 20, then from the atoms."""
        if k > _HIGHEST_EXACT:
            return self._moment_of_atoms(k)
        values = summed_cumulants(self.terms, k)
        if values:
            values[0] += self.offset / self.unit
        return float(moment_of_cumulants(values) * self.unit**k)

    def _moment_of_atoms(self, k: int) -> float:
        """Return ``E[S**k]`` by powers of places, in a unit in which none overflows."""
        size = float(np.max(np.abs(self.places))) or 1.0
        share = math.fsum(self.masses * (self.places / size) ** k)
        moment = share * size ** (k // 2) * size ** (k - k // 2)
        if not math.isfinite(moment):
            raise OverflowError
        return moment

    def _variance(self) -> float:
        """Return the variance, exactly rounded."""
        return float(summed_cumulants(self.terms, 2)[1] * self.unit**2)

    def pmf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S = x)``, in the shape of `x`; 0 where x is not one of the `places`."""
        return mass_at(self.places, self.masses, x)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return 0, there is no density, all mass is in atoms; nan for nan."""
        return no_density(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``, right to relative error in the left tail."""
        return height_at(self.places, self._below, x)

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""
        return height_at(self.places, self._above, x)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least place x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside."""
        return step_quantile(self.places, self._below, self.support, p)

    def __eq__(self, other: object) -> bool:
        """Compare the places and the masses."""
        return (
            isinstance(other, DiscreteLaw)
            and np.array_equal(self.places, other.places)
            and np.array_equal(self.masses, other.masses)
        )

    def __hash__(self) -> int:
        """Hash the places and the masses."""
        return hash((self.places.tobytes(), self.masses.tobytes()))

    def __str__(self) -> str:
        """Say the law in one line."""
        low, high = self.support
        count = "1 atom" if self.places.size == 1 else f"{self.places.size} atoms"
        # Two digits of 1.05 times a bound are never less than the bound.
        said = f"{self.method} law on [{low:g}, {high:g}]: {count}"
        said += f", relative error below {1.05 * self.error:.1e}"
        if not self.place_error:
            return said
        return f"{said}, places within {1.05 * self.place_error:.1e} of the size of their terms"

    __repr__ = __str__


def _exact_shares(masses: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of the masses up to none, the first, the first two, and beyond them.

    Sums of doubles are exact as whole numbers, and Python rounds their quotients correctly.
    """
    sums = [0, *accumulate(map(_whole, masses.tolist()))]
    total = sums[-1]
    below = np.array([part / total for part in sums])
    above = np.array([(total - part) / total for part in sums])
    return below, above


def _whole(mass: float) -> int:
    """Return a double as a multiple of the least one."""
    numerator, power_of_2 = mass.as_integer_ratio()
    return numerator * (_DOUBLES_IN_1 // power_of_2)
