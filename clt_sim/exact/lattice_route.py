"""The lattice route: sums of independent discrete terms whose values lie on one lattice."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.binomial_masses import binomial_masses
from clt_sim.exact.common_factor_lattice import common_factor_lattice_law
from clt_sim.exact.discrete_terms import Masses, discrete_terms, error_of_masses
from clt_sim.exact.lattice import ROUNDING, LatticeLaw
from clt_sim.exact.lattice_powers import power, product
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.scaled_masses import ScaledMasses
from clt_sim.exact.truncated_powers import greatest_common_divisor
from clt_sim.models import Equicorrelated, WeightedSum

if TYPE_CHECKING:
    from clt_sim.exact.cumulants import Kernel

MOST_PLACES = 4 * 10**6
"""Limit on the places of the sum's lattice."""
MOST, LEAST = 1e290, 1e-270
"""Limits on the places and on the step: beyond, products of floats lose digits."""


def lattice_law(model: WeightedSum) -> LatticeLaw:
    """Return the exact law of a sum of discrete terms with values on one lattice.

    Inputs, weights and bias are each fixed or have one of the laws Rademacher, Bernoulli,
    discrete, empirical, constant, or a mixture of these or one with zeros (`Sparse`). Inputs of any
    law are discrete behind sign and step; their masses have the error of its functions. So are
    equicorrelated normal inputs (`clt_sim.exact.common_factor_lattice`). Numbers are taken as the
    rational numbers that floats are, and phi at the inputs as the floats that it returns in double
    precision.

    Parameters
    ----------
    model : WeightedSum
        With independent inputs, or equicorrelated normal ones; dropout is allowed.

    Returns
    -------
    LatticeLaw
        The law of the sum.

    Raises
    ------
    NoExactLaw
        If a part of the model is not discrete, or the smallest lattice that holds all values has
        more than `MOST_PLACES` places, or such as floats do not tell apart or cannot reach.

    Examples
    --------
    >>> import clt_sim as clt
    >>> coins = lattice_law(clt.WeightedSum(n=100_000, inputs="rademacher", weights=1.0))
    >>> print(coins)
    lattice law on [-100000, 100000]: 100001 places in steps of 2, relative error below 4.7e-16
    >>> float(coins.sf(10_000))  # doctest: +ELLIPSIS
    3.517...e-220
    """
    if isinstance(model.dependence, Equicorrelated):
        return common_factor_lattice_law(model, lambda terms: _lattice(terms, model.constant_bias))
    terms = discrete_terms(model)
    offset, step = _lattice(terms, model.constant_bias)
    groups: Counter[Kernel] = Counter()
    for term, count in terms:
        groups[_kernel(term, step)] += count
    masses = product(_sum_of_equal(kernel, count) for kernel, count in groups.items())
    parts = tuple(sorted(groups.items()))
    error = masses.error + ROUNDING + model.n * error_of_masses(model)
    return LatticeLaw(offset, step, parts, masses.first, masses.masses, error)


def _lattice(terms: Sequence[tuple[Masses, int]], bias: float) -> tuple[Fraction, Fraction]:
    """Return the least place and the step, of places that floats tell apart."""
    step = _step(terms)
    offset = Fraction(bias) + sum((count * min(term) for term, count in terms), Fraction(0))
    last = sum(int(count * _span(term) / step) for term, count in terms)
    _check_floats(offset, step, last)
    return offset, step


def _step(terms: Sequence[tuple[Masses, int]]) -> Fraction:
    """Return the largest step that divides all differences of values within a term."""
    span = sum((count * _span(term) for term, count in terms), Fraction(0))
    step = Fraction(0)
    for term, _ in terms:
        least = min(term)
        step = reduce(greatest_common_divisor, (x - least for x in term), step)
        if step and span / step >= MOST_PLACES:
            raise NoExactLaw(
                f"the values lie on no lattice of at most {MOST_PLACES} places: over their range of"
                f" {_said(span)} the step is at most {_said(step)}."
            )
    return step or Fraction(1)


def _span(term: Masses) -> Fraction:
    return max(term) - min(term)


def _said(number: Fraction) -> str:
    """Return a number that may be outside the range of floats, to 6 digits."""
    try:
        return f"{float(number):g}"
    except OverflowError:
        return f"more than {sys.float_info.max:g}"


def _check_floats(offset: Fraction, step: Fraction, last: int) -> None:
    """Refuse places that floats do not tell apart or cannot reach."""
    farthest = max(abs(offset), abs(offset + last * step))
    if farthest > MOST or step < LEAST or farthest > 2**52 * step:
        raise NoExactLaw(
            f"the places reach {_said(farthest)} from 0 in steps of {_said(step)}; steps must be at"
            f" least {LEAST:g} and 2^-52 of the reach, which must be at most {MOST:g}."
        )


def _kernel(term: Masses, step: Fraction) -> Kernel:
    least = min(term)
    return tuple((int((x - least) / step), term[x]) for x in sorted(term))


def _sum_of_equal(kernel: Kernel, count: int) -> ScaledMasses:
    """Return the masses of the sum of `count` numbers, computed on the lattice of their own."""
    stride = int(np.gcd.reduce([place for place, _ in kernel])) or 1
    own = {place // stride: mass for place, mass in kernel}
    is_binomial = len(own) == 2
    masses = binomial_masses(count, own[1]) if is_binomial else power(ScaledMasses.of(own), count)
    return masses.moved(stride * masses.first).spread(stride)
