"""The atoms route: sums of discrete terms with few values in all, on a lattice or on none."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.atomic_law import DiscreteLaw
from clt_sim.exact.discrete_terms import Masses, discrete_terms, error_of_masses, exact_masses
from clt_sim.exact.lattice_route import lattice_law
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.sum_parts import MOST_ATOMS, check_atoms
from clt_sim.exact.without_bias import without_bias
from clt_sim.laws import Law
from clt_sim.models import Equicorrelated, WeightedSum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.cumulants import Kernel

_SAME = 50
"""Sums of terms are one if they differ by less than 2 to minus this of the size of the terms.

Two numbers that are meant, each a product of two rounded ones, are off by 2^-52 each.
"""
_FINER = 2**16
"""Parts of the unit that the values need, so that values can be joined in their middle."""
_ROUNDING = 2.0**-53


def discrete_law(model: WeightedSum) -> DiscreteLaw:
    """Return the exact law of a sum of discrete terms that has few values.

    The parts of the model are those of the lattice route (`clt_sim.exact.lattice_route`), but the
    values need not lie on a lattice; of equicorrelated inputs those of the sum must, but for its
    bias. Numbers are taken as the rational numbers that floats are. Sums are added up exactly, and
    those that only roundings of their terms may keep apart, such as 0.1 + 0.2 and 0.3, are one atom
    (see `DiscreteLaw`).

    Parameters
    ----------
    model : WeightedSum
        With independent inputs, or equicorrelated normal ones; dropout is allowed.

    Returns
    -------
    DiscreteLaw
        The law of the sum.

    Raises
    ------
    NoExactLaw
        If a part of the model is not discrete, the sum has more than 4096 atoms, or doubles
        do not tell its atoms apart or cannot reach them.

    Notes
    -----
    A sum of N random terms takes at most 4N roundings of each mass: of the masses of the terms,
    of products, and of sums, which are rounded once each. Dividing by the total takes as many
    again and five more. The bound adds them up, with the errors of masses of terms that are not
    exact (of sign and step).

    Examples
    --------
    >>> import clt_sim as clt
    >>> dice = "discrete(values=(0, 1, 2.5), probabilities=(0.2, 0.3, 0.5))"
    >>> law = discrete_law(clt.WeightedSum(n=3, inputs=dice, nonlinearity="tanh", weights=1.0))
    >>> print(law)
    atoms law on [0, 2.95984]: 10 atoms, relative error below 3.4e-15
    >>> print(discrete_law(clt.WeightedSum(2, "discrete(values=(.1, .2, .3))", weights=1.0)))
    atoms law on [0.2, 0.6]: 5 atoms, relative error below 2.4e-15, places within 3.6e-17 of the \
size of their terms
    """
    terms, error_of_terms = _terms(model)
    random = [(term, count) for term, count in terms if len(term) > 1]
    # There are at least so many: raise one term after the other from its least value on.
    check_atoms(1 + sum(count * (len(term) - 1) for term, count in random))
    fixed = (count * place for term, count in terms if len(term) == 1 for place in term)
    offset = sum(fixed, Fraction(model.constant_bias))
    common = math.lcm(*(place.denominator for term, _ in random for place in term))
    unit = Fraction(1, _FINER * common)
    groups: Counter[Kernel] = Counter()
    for term, count in random:
        groups[_kernel(term, unit)] += count
    parts = tuple(sorted(groups.items()))
    sums = reduce(_Sums.plus, (_Sums.of(kernel).times(count) for kernel, count in parts), _ZERO)
    places, masses = _atoms(sums, offset, unit)
    roundings = (8 * groups.total() + 5) * _ROUNDING
    error = math.expm1(error_of_terms + roundings)
    return DiscreteLaw(offset, unit, parts, places, masses, error, sums.place_error)


def _terms(model: WeightedSum) -> tuple[list[tuple[Masses, int]], float]:
    """Return the laws of independent terms with their counts, and the error of all their masses.

    The sum of dependent terms, which a bias may take off its lattice, is one term.
    """
    if not isinstance(model.dependence, Equicorrelated):
        return discrete_terms(model), model.n * error_of_masses(model)
    biases = [(_masses_of_bias(model.bias), 1)] if isinstance(model.bias, Law) else []
    law = lattice_law(without_bias(model))
    check_atoms(law.masses.size)
    total = sum(map(Fraction, law.masses.tolist()))
    masses = {
        law.offset + (law.first + k) * law.step: Fraction(mass) / total
        for k, mass in enumerate(law.masses.tolist())
        if mass > 0.0
    }
    return [(masses, 1), *biases], 2.0 * law.error


def _masses_of_bias(bias: Law) -> Masses:
    try:
        return exact_masses(bias)
    except NoExactLaw as refusal:
        raise NoExactLaw(f"the law of the bias is not discrete: {refusal}") from None


def _kernel(term: Masses, unit: Fraction) -> Kernel:
    return tuple((int(x / unit), term[x]) for x in sorted(term))


@dataclass(frozen=True, slots=True)
class _Sums:
    """The values of a sum of terms, in a unit in which they are whole numbers.

    Parameters
    ----------
    masses : mapping of int to float
        The values, rising, with their masses.
    sizes : mapping of int to int
        By values, the sum of the absolute values of the terms, the largest that leads there.
    place_error : float
        How far values may be from the sums that they stand for, relative to their sizes.
    """

    masses: Mapping[int, float]
    sizes: Mapping[int, int]
    place_error: float

    @classmethod
    def of(cls, kernel: Kernel) -> _Sums:
        """Return the values of one term."""
        masses = {place: [float(mass)] for place, mass in kernel}
        return cls._joined(masses, {place: abs(place) for place in masses}, 0.0)

    def plus(self, other: _Sums) -> _Sums:
        """Return the values of the sum with an independent one."""
        masses: defaultdict[int, list[float]] = defaultdict(list)
        sizes: dict[int, int] = {}
        checked = MOST_ATOMS
        for first, mass in self.masses.items():
            for second, share in other.masses.items():
                place, size = first + second, self.sizes[first] + other.sizes[second]
                masses[place].append(mass * share)
                if size > sizes.get(place, -1):
                    sizes[place] = size
            if len(sizes) > checked:  # too many are refused long before all are there
                check_atoms(sum(1 for _ in _clusters(sizes)))
                checked = 2 * len(sizes)
        return self._joined(masses, sizes, max(self.place_error, other.place_error))

    def times(self, count: int) -> _Sums:
        """Return the values of the sum of independent copies, at least 1, by squaring."""
        if count == 1:
            return self
        half = self.times(count // 2)
        square = half.plus(half)
        return square.plus(self) if count % 2 else square

    @classmethod
    def _joined(
        cls, masses: Mapping[int, list[float]], sizes: Mapping[int, int], place_error: float
    ) -> _Sums:
        """Add up masses of one value, and join values that are not to be told apart."""
        joined, largest, off = {}, {}, 0.0
        for cluster in _clusters(sizes):
            low, high = cluster[0], cluster[-1]
            middle = (low + high) // 2
            joined[middle] = math.fsum(mass for place in cluster for mass in masses[place])
            largest[middle] = max(sizes[place] for place in cluster)
            if high > low:
                off = max(off, (high - middle) / largest[middle])
        check_atoms(len(joined))
        return cls(joined, largest, place_error + off)


_ZERO = _Sums({0: 1.0}, {0: 0}, 0.0)


def _clusters(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Part rising values where roundings of terms of their sizes are not all that is between."""
    cluster: list[int] = []
    largest = 0
    for place in sorted(sizes):
        largest = max(largest, sizes[place])
        if cluster and place - cluster[0] > largest >> _SAME:
            yield cluster
            cluster, largest = [], sizes[place]
        cluster.append(place)
    yield cluster


def _atoms(
    sums: _Sums, offset: Fraction, unit: Fraction
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places and masses as doubles; masses too small for these are left out."""
    exact = {offset + place * unit: mass for place, mass in sums.masses.items() if mass > 0.0}
    try:
        places = np.array([*map(float, exact)])
    except OverflowError:
        raise NoExactLaw("the places are beyond the range of doubles.") from None
    if np.any(np.diff(places) <= 0.0):
        raise NoExactLaw(
            f"doubles do not tell the {places.size} places from {places[0]:g} to {places[-1]:g}"
            " apart."
        )
    masses = np.array([*exact.values()])
    return places, masses / math.fsum(masses)
