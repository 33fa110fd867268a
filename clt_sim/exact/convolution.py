"""The piecewise-polynomial route: sums of independent terms with piecewise polynomial densities."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.piecewise_polynomial import PiecewisePolynomialLaw
from clt_sim.exact.truncated_powers import (
    TruncatedPowers,
    common_step,
    greatest_common_divisor,
    scaled,
)
from clt_sim.laws import Law
from clt_sim.models import FixedInputs, FixedWeights, WeightedSum
from clt_sim.nonlinearities import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Piece

MOST_ADDITIONS = 10**7
"""Limit on knots times squared order: some seconds of additions of long integers."""


def piecewise_polynomial_law(model: WeightedSum) -> PiecewisePolynomialLaw:
    """Return the exact law of a sum with fixed weights of inputs with polynomial pieces.

    Weights and bias are taken as the rational numbers that floats are. Weights that are 0 drop
    out; those below 0 reflect the law of the input.

    Parameters
    ----------
    model : WeightedSum
        Inputs with ``law.pieces``, the nonlinearity identity and fixed weights.

    Returns
    -------
    PiecewisePolynomialLaw
        The law of the sum.

    Raises
    ------
    NoExactLaw
        If a part of the model is of another kind, all weights are 0, the support is outside
        the range of floats, or there would be more than `MOST_ADDITIONS`.
    """
    pieces, counts = _parts(model)
    _check_order(pieces, counts)
    terms = {weight: scaled(pieces, weight) for weight in counts}
    step = reduce(greatest_common_divisor, (common_step(term) for term in terms.values()))
    _check_knots(terms, counts, step)
    _check_range(terms, counts, step, Fraction(model.constant_bias))
    factors = [
        TruncatedPowers.from_pieces(terms[weight], step)
        for weight, count in counts.items()
        for _ in range(count)
    ]
    # One factor after the other, not by squaring: a single term has a handful of truncated
    # powers, so this multiplies long by short, where squaring multiplies long by long.
    return PiecewisePolynomialLaw(
        reduce(TruncatedPowers.convolve, factors).shifted(Fraction(model.constant_bias))
    )


def _parts(model: WeightedSum) -> tuple[Sequence[Piece], dict[Fraction, int]]:
    """Return the pieces of what is drawn, and how often each factor other than 0 occurs."""
    if model.dependence is not None:
        raise NoExactLaw(f"the inputs are dependent, {model.dependence}.")
    if model.dropout:
        raise NoExactLaw("dropout leaves terms out at random.")
    if isinstance(model.bias, Law):
        raise NoExactLaw(f"the bias has the law {model.bias}; it must be a number.")
    name, law, values = _drawn_and_fixed(model)
    pieces = law.pieces
    if pieces is None:
        raise NoExactLaw(f"the {name} law {law} has no piecewise polynomial density.")
    mass = TruncatedPowers.from_pieces(pieces).moment(0)
    if mass != 1:
        raise NoExactLaw(f"the pieces of the {name} law {law} have mass {mass}, not 1.")
    factors, counts = np.unique(values, return_counts=True)
    occurrences = zip(factors.tolist(), counts.tolist(), strict=True)
    numbers = {Fraction(factor): count for factor, count in occurrences if factor}
    if not numbers:
        raise NoExactLaw("all terms are 0: the sum is the bias, an atom without a density.")
    return pieces, numbers


def _drawn_and_fixed(model: WeightedSum) -> tuple[str, Law, NDArray[np.float64]]:
    """Return which factor of a term has a law, that law, and the numbers of the other factor."""
    if isinstance(model.inputs, FixedInputs) and isinstance(model.weights, Law):
        outputs = np.asarray(model.nonlinearity(model.inputs.values), np.float64)
        return "weights", model.weights, outputs
    if not isinstance(model.inputs, Law):
        raise NoExactLaw(f"the inputs {model.inputs} have no law.")
    if not isinstance(model.nonlinearity, Identity):
        raise NoExactLaw(f"the nonlinearity {model.nonlinearity} is not the identity.")
    if not isinstance(model.weights, FixedWeights):
        raise NoExactLaw(f"the weights have the law {model.weights}; they must be fixed.")
    return "inputs", model.inputs, model.weights.values


def _order(pieces: Sequence[Piece], counts: Mapping[Fraction, int]) -> int:
    return sum(counts.values()) * max(len(piece.coefficients) for piece in pieces)


def _check_order(pieces: Sequence[Piece], counts: Mapping[Fraction, int]) -> None:
    """Refuse an order that is out of reach with the fewest knots, before looking at weights."""
    order = _order(pieces, counts)
    _check_additions(2, order, "at least")


def _check_knots(
    terms: Mapping[Fraction, Sequence[Piece]], counts: Mapping[Fraction, int], step: Fraction
) -> None:
    """Bound the number of knots by combinations and by the steps on the support."""
    combinations = 1
    length = 0
    for weight, pieces in terms.items():
        ends = {end for piece in pieces for end in (piece.low, piece.high)}
        count = counts[weight]
        steps = count * int((max(ends) - min(ends)) / step)
        combinations *= min(math.comb(count + len(ends) - 1, count), steps + 1)
        length += steps
    order = _order(next(iter(terms.values())), counts)
    _check_additions(min(combinations, length + 1), order, "up to")


def _check_additions(knots: int, order: int, bound: str) -> None:
    additions = knots * order**2
    if additions > MOST_ADDITIONS:
        raise NoExactLaw(
            f"the density has {bound} {knots} knots at order {order}, which takes {bound}"
            f" {additions} exact additions; the limit is {MOST_ADDITIONS}."
        )


def _check_range(
    terms: Mapping[Fraction, Sequence[Piece]],
    counts: Mapping[Fraction, int],
    step: Fraction,
    bias: Fraction,
) -> None:
    """Refuse knots that are too far away or too close together for floats of full precision."""
    low = bias + sum(count * terms[weight][0].low for weight, count in counts.items())
    high = bias + sum(count * terms[weight][-1].high for weight, count in counts.items())
    if max(abs(low), abs(high)) > sys.float_info.max or step < sys.float_info.min:
        raise NoExactLaw(
            "the weights are outside the range of floats: knots must be at most"
            f" {sys.float_info.max:.2g} from 0, and {sys.float_info.min:.2g} apart."
        )
