"""Sums of discrete functions of equicorrelated normal inputs: averages of lattice laws."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.common_factor import CommonFactor
from clt_sim.exact.conditional_masses import (
    PEAK,
    SidedKernel,
    masses_of_sum,
    products_of_sum,
    scaled_exponential,
)
from clt_sim.exact.discrete_terms import Masses, discrete_terms
from clt_sim.exact.lattice import ROUNDING, LatticeLaw
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.wave_panels import chunks
from clt_sim.laws import Constant, Normal
from clt_sim.models import Equicorrelated, WeightedSum
from clt_sim.nonlinearities import Sign, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

Terms = Sequence[tuple[Masses, int]]
Kernels = tuple[tuple[SidedKernel, int], ...]
Interval = tuple[float, float]
Place = tuple[Fraction, Fraction]
"""The least place of a lattice, and its step."""
_REACH = 39.0
"""In standard deviations of the common factor: beyond there is less than 1e-330."""
_FIRST = 2
"""Nodes for each of them."""
_AGREEMENT = 1e-13
_SMALLEST = 1e-300
_FEWEST_NODES, _SHARPNESS = 48.0, 2.0 / math.pi
"""Given a number of ones, the common factor has about the precision 1 + 2/pi n r/(1 - r), beside 1:
three nodes for each of its standard deviations, over sixteen of the factor's own."""
_MOST_PRODUCTS = 3 * 10**9
"""Limit on those of one rule: some seconds."""
_LEAST_SHARE = 2.0**-64
"""Nodes with a smaller share of every mass are left out."""
_FEW = 2**22
"""So many masses at nodes are kept at once, to see which matter."""
_UNIT = 2.0**-52
_RANGE = 600
"""Averages are multiplied by two to this, so that none above 1e-300 loses digits."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CommonFactorLatticeLaw(LatticeLaw):
    """A law on a lattice that is the average of laws of independent terms.

    Parameters
    ----------
    kernels : tuple of (SidedKernel, int)
        The kinds of terms in units of the step, with how many there are of each.
    factor : CommonFactor
        The nodes of what the inputs have in common.
    """

    kernels: Kernels
    factor: CommonFactor

    @property
    def last(self) -> int:
        """The number of steps from the least to the greatest place."""
        return _last(self.kernels)

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``, the average of those given the common factor."""
        return self._moment_of_deviation(k, float(self._middle))

    @property
    def variance(self) -> float:
        """The variance."""
        return self._moment_of_deviation(2, -self._moment_of_deviation(1, 0.0))

    @property
    def _middle(self) -> Fraction:
        return self.offset + self.step * self.last / 2

    def _moment_of_deviation(self, k: int, shift: float) -> float:
        """Return ``E (S - middle + shift)**k``."""
        sides = self.factor.log_sides()
        terms = []
        for kernel, count in self.kernels:
            places = float(self.step) * (np.array(kernel.places) - 0.5 * kernel.last)
            powers = places ** np.arange(k + 1.0)[:, None]
            terms.append((count, powers @ np.exp(kernel.log_masses(*sides))))
        return self.factor.moment_of_sum(terms, k, shift)


def common_factor_lattice_law(
    model: WeightedSum, lattice: Callable[[Terms], Place]
) -> CommonFactorLatticeLaw:
    """Return the exact law of a sum of discrete functions of equicorrelated normal inputs.

    Given what the inputs have in common they are independent, and sign and step of them are on one
    of two sides with probabilities that depend on it. The masses of the sum are averages of those
    given that, without a negative term: all that are above 1e-300 are right to relative error. The
    number of nodes is doubled until that changes none of them.

    Parameters
    ----------
    model : WeightedSum
        With the dependence `Equicorrelated`; weights and bias are fixed or discrete.
    lattice : callable
        Returns the least place and the step for terms, or raises NoExactLaw.

    Raises
    ------
    NoExactLaw
        If a part of the model is of another kind, or it takes too many products.
    """
    r, inputs = _checked(model)
    below, above = (discrete_terms(_with_constant_inputs(model, side)) for side in (-1.0, 1.0))
    terms = [
        ({**dict.fromkeys(low, Fraction(0)), **dict.fromkeys(high, Fraction(0))}, low, high, count)
        for (low, count), (high, _) in zip(below, above, strict=True)
    ]
    place = lattice([(places, count) for places, _, _, count in terms])
    kernels = tuple((_kernel(*term[:3], place[1]), term[3]) for term in terms)
    _check_products(kernels, _FEWEST_NODES * math.sqrt(1.0 + _SHARPNESS * model.n * r / (1.0 - r)))
    return _resolved(kernels, functools.partial(CommonFactor.of, inputs, r), place)


def _checked(model: WeightedSum) -> tuple[float, Normal]:
    """Return the correlation and the law of the inputs, or refuse."""
    dependence, inputs, phi = model.dependence, model.inputs, model.nonlinearity
    if not (isinstance(dependence, Equicorrelated) and isinstance(phi, Sign | Step)):
        raise NoExactLaw(f"the inputs are dependent, {dependence}.")
    if not isinstance(inputs, Normal):
        raise NoExactLaw(f"the inputs are dependent, {dependence}, and have not the law normal.")
    if dependence.correlation == 1.0:
        raise NoExactLaw("the inputs are dependent: all are one number.")
    return dependence.correlation, inputs


def _with_constant_inputs(model: WeightedSum, value: float) -> WeightedSum:
    """Return the model of which all inputs are on one side."""
    inputs = Constant(value)
    weights, bias, dropout = model.weights, model.bias, model.dropout
    return WeightedSum(model.n, inputs, model.nonlinearity, weights, bias, dropout=dropout)


def _kernel(places: Masses, below: Masses, above: Masses, step: Fraction) -> SidedKernel:
    rising = sorted(places)
    zero = Fraction(0)
    return SidedKernel(
        tuple(int((place - rising[0]) / step) for place in rising),
        tuple(below.get(place, zero) for place in rising),
        tuple(above.get(place, zero) for place in rising),
    )


def _last(kernels: Kernels) -> int:
    return sum(count * kernel.last for kernel, count in kernels)


def _check_products(kernels: Kernels, nodes: float) -> None:
    """Refuse where averages over so many nodes take too long."""
    products = nodes * products_of_sum(kernels)
    if products > _MOST_PRODUCTS:
        raise NoExactLaw(
            f"the average over what the inputs have in common takes {products:.0e} products, for"
            f" {_last(kernels) + 1} places at {nodes:.0f} nodes; the limit is"
            f" {_MOST_PRODUCTS:.0e}."
        )


def _resolved(
    kernels: Kernels, rule: Callable[[int, Interval], CommonFactor], place: Place
) -> CommonFactorLatticeLaw:
    """Double the nodes until they are enough."""
    interval, per_unit = (-_REACH, _REACH), _FIRST
    before = _Average.of(kernels, rule(per_unit, interval))
    while True:
        _check_products(kernels, 2.0 * before.factor.size)
        interval, per_unit = before.interval(per_unit), 2 * per_unit
        after = _Average.of(kernels, rule(per_unit, interval))
        off = after.distance(before)
        if off <= max(_AGREEMENT, after.rounding):
            return after.law(kernels, place, off)
        before = after


@dataclass(frozen=True, slots=True, eq=False)
class _Average:
    """Masses by one rule for averages over the common factor.

    Parameters
    ----------
    factor : CommonFactor
        The rule.
    used : ndarray of bool, shape (nodes,)
        Which nodes matter to one of the masses.
    masses : ndarray of float64
        Times two to the `_RANGE`.
    rounding : float
        Bound on the relative error of those above 1e-300, but for that of the rule.
    """

    factor: CommonFactor
    used: NDArray[np.bool_]
    masses: Reals
    rounding: float

    @classmethod
    def of(cls, kernels: Kernels, factor: CommonFactor) -> _Average:
        total, sums = np.zeros(_last(kernels) + 1), 0.0
        sides = factor.log_sides()
        shares = scaled_exponential(factor.log_shares, _RANGE - PEAK)
        used = np.ones(factor.size, np.bool_)
        few = factor.size * total.size <= _FEW
        for some in [slice(None)] if few else chunks(factor.size, total.size):
            masses, sums = masses_of_sum(kernels, sides[0][some], sides[1][some])
            total += masses @ shares[some]
            if few:
                used = np.any(masses * shares > _LEAST_SHARE * total[:, None], axis=0)
        # The logarithms of what makes up a mass add up to about its own, and that of its number.
        least = float(total[_counted(total)].min())
        logarithm = _RANGE * math.log(2.0) - math.log(least)
        terms = sum(count for _, count in kernels)
        return cls(factor, used, total, sums + _UNIT * (3.0 * terms + logarithm))

    def interval(self, per_unit: int) -> Interval:
        """Return where the nodes matter, in standard deviations of the common factor."""
        z = self.factor.z[self.used]
        return float(z[0]) - 1.0 / per_unit, float(z[-1]) + 1.0 / per_unit

    def distance(self, other: _Average) -> float:
        """Return the largest relative difference of masses that count."""
        some = _counted(self.masses)
        return float(np.abs(other.masses[some] / self.masses[some] - 1.0).max())

    def law(self, kernels: Kernels, place: Place, off: float) -> CommonFactorLatticeLaw:
        """Return the law, with how far another rule is off."""
        doubles = np.ldexp(self.masses, -_RANGE)
        kept = np.flatnonzero(doubles)
        first, last = int(kept[0]), int(kept[-1])
        doubles = doubles[first : last + 1].copy()
        error = off + self.rounding + ROUNDING
        return CommonFactorLatticeLaw(*place, (), first, doubles, error, kernels, self.factor)


def _counted(masses: Reals) -> NDArray[np.bool_]:
    return np.asarray(masses > _SMALLEST * 2.0**_RANGE)
