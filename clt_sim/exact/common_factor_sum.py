"""Sums of equicorrelated normal inputs behind a nonlinearity, or with random weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.common_factor import CommonFactor
from clt_sim.exact.common_factor_transform import CommonFactorTransform, moment
from clt_sim.exact.conditional_panels import ConditionalPanels
from clt_sim.exact.conditional_terms import ConditionalTerm, FixedTerm, RandomTerm
from clt_sim.exact.density_panels import flat_parts
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.product_transform import is_damped
from clt_sim.exact.sum_parts import SumParts
from clt_sim.exact.transform_sums import common, scaled
from clt_sim.laws import Law, Normal
from clt_sim.models import Equicorrelated, FixedWeights, WeightedSum

if TYPE_CHECKING:
    from clt_sim.exact.output_transform import Output

_COARSE, _FIRST, _FINEST = 2, 4, 64
"""Nodes for each standard deviation of the common factor."""
_AGREEMENT = 2e-14
_LARGEST_OFF = 1e-9
_MOST_WEIGHTS = 16
_TILTS = (0.0, 0.7, -0.7, 3.0, -3.0)
_TURNS = np.concatenate([np.linspace(0.0, 8.0, 13), np.geomspace(8.0, 512.0, 20)[1:]])
"""Where rules are compared, in inverse standard deviations of the sum."""
_LARGEST_TILT = 1e9
_BISECTIONS = 8
_NEARLY = 0.999
"""Of a limit where the transform need not be finite."""


def common_factor_parts(
    model: WeightedSum,
    output: Callable[[Law], Output],
    product_strip: Callable[[Law, Output], tuple[float, float]],
) -> SumParts:
    """Return the atoms of a sum of equicorrelated normal inputs, and the transform of the rest.

    Given what the inputs have in common they are independent normal numbers, with means that
    depend on it: the transform is an average of products. The number of nodes is doubled until
    twice as many change the transform by no more than roundings.

    Parameters
    ----------
    model : WeightedSum
        With the dependence `Equicorrelated`.
    output : callable
        Returns phi(x) for the law of x, with its strip.
    product_strip : callable
        Returns where the transform of its product with a random weight is finite.

    Raises
    ------
    NoExactLaw
        If a part of the model is of another kind, or the inputs are so nearly one number that it
        takes too many nodes.
    """
    r, law = _checked(model)
    given = output(Normal(law.mean, math.sqrt(1.0 - r) * law.sd))
    flat = tuple(flat_parts(Normal(law.mean, law.sd), model.nonlinearity))
    if given.mass <= 0.0 and not _is_continuous(model.weights):
        raise NoExactLaw("all its mass is in atoms.")

    def rule(per_unit: int, strip: tuple[float, float]) -> CommonFactorTransform:
        factor = CommonFactor.of(law, r, per_unit)
        terms = _terms(model, factor, flat)
        mean = moment(factor, terms, 1, 0.0)
        place = mean, math.sqrt(moment(factor, terms, 2, -mean))
        return CommonFactorTransform(factor, terms, strip, _support(model, given), place)

    strip = _reached(rule(_COARSE, _strip(model, given, product_strip)))
    transform = _resolved(lambda per_unit: rule(per_unit, strip))
    return SumParts(transform, transform.atoms(), math.exp(transform.log_mass))


def _checked(model: WeightedSum) -> tuple[float, Normal]:
    """Return the correlation and the law of the inputs, or refuse."""
    dependence, inputs, weights = model.dependence, model.inputs, model.weights
    if not isinstance(dependence, Equicorrelated):
        raise NoExactLaw(f"the inputs are dependent, {dependence}.")
    if not isinstance(inputs, Normal):
        raise NoExactLaw(f"the inputs are dependent, {dependence}, and have not the law normal.")
    if dependence.correlation == 1.0:
        raise NoExactLaw("the inputs are dependent: all are one number.")
    if isinstance(weights, FixedWeights):
        if not weights.values.any():
            raise NoExactLaw("all its mass is in atoms.")
        if np.unique(weights.values).size > _MOST_WEIGHTS:
            raise _too_many_weights()
    elif weights.without_atoms is None:
        if len(weights.atoms) > _MOST_WEIGHTS:
            raise _too_many_weights()
    elif weights.atoms or not is_damped(weights):
        raise NoExactLaw(
            f"the inputs are dependent, with weights of the law {weights}: it must be normal,"
            " laplace, logistic, exponential or gamma, and not far from 0, or discrete."
        )
    return dependence.correlation, inputs


def _too_many_weights() -> NoExactLaw:
    return NoExactLaw(
        f"the inputs are dependent, with more than {_MOST_WEIGHTS} different weights."
    )


def _is_continuous(weights: Law | FixedWeights) -> bool:
    return isinstance(weights, Law) and weights.without_atoms is not None


def _terms(
    model: WeightedSum, factor: CommonFactor, flat: tuple[tuple[float, float, float], ...]
) -> tuple[ConditionalTerm, ...]:
    phi, weights, kept = model.nonlinearity, model.weights, 1.0 - model.dropout
    if isinstance(weights, Law) and _is_continuous(weights):
        return (RandomTerm(phi, factor, flat, model.n, kept, weights),)
    panels = ConditionalPanels.of(phi, factor, flat).split_for_waves()
    if isinstance(weights, Law):
        shares = tuple((weight / kept, share) for weight, share in weights.atoms.items())
        return (FixedTerm(phi, factor, flat, model.n, kept, shares, panels),)
    return tuple(
        FixedTerm(phi, factor, flat, count, kept, ((number, 1.0),), panels)
        for number, count in _factors(model)
    )


def _factors(model: WeightedSum) -> list[tuple[float, int]]:
    """Return different weights with their numbers; for random ones the ends of their support."""
    kept = 1.0 - model.dropout
    if not isinstance(model.weights, FixedWeights):
        return [(end / kept, model.n) for end in model.weights.support]
    numbers, counts = np.unique(model.weights.values / kept, return_counts=True)
    pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
    return [(number, count) for number, count in pairs if number]


def _support(model: WeightedSum, given: Output) -> tuple[float, float]:
    """Return the smallest interval that holds all the mass."""
    values = [*given.support, *(value for _, _, value in flat_parts(given.law, given.phi))]
    if model.dropout:
        values.append(0.0)
    ends = min(values), max(values)
    every = [
        (count * _times(factor, ends[0]), count * _times(factor, ends[1]))
        for factor, count in _factors(model)
    ]
    if not isinstance(model.weights, FixedWeights):
        places = [place for pair in every for place in pair]
        return min(places), max(places)
    return sum(min(pair) for pair in every), sum(max(pair) for pair in every)


def _times(factor: float, end: float) -> float:
    return factor * end if factor and end else 0.0


def _strip(
    model: WeightedSum,
    given: Output,
    product_strip: Callable[[Law, Output], tuple[float, float]],
) -> tuple[float, float]:
    """Return where the transform is surely finite, given the common factor."""
    if isinstance(model.weights, Law) and _is_continuous(model.weights):
        return scaled(product_strip(model.weights, given), 1.0 - model.dropout)
    factors = [factor for factor, _ in _factors(model) if factor]
    return common([scaled(given.strip, 1.0 / factor) for factor in factors])


def _reached(transform: CommonFactorTransform) -> tuple[float, float]:
    """Return the strip in which the nodes go beyond all that matters."""
    low, high = transform.finite
    return -_reach(transform, -1.0, -low), _reach(transform, 1.0, high)


def _reach(transform: CommonFactorTransform, sign: float, limit: float) -> float:
    if not limit:
        return 0.0
    inside, outside = 1e-3 / transform.scale, 0.1 / transform.scale
    while outside < min(limit, _LARGEST_TILT / transform.scale):
        if not transform.reaches(sign * outside):
            break
        inside, outside = outside, 8.0 * outside
    else:
        if limit > outside or transform.reaches(sign * _NEARLY * limit):
            return limit
        outside = limit
    for _ in range(_BISECTIONS):
        middle = math.sqrt(inside * outside)
        inside, outside = (
            (middle, outside) if transform.reaches(sign * middle) else (inside, middle)
        )
    return inside


def _resolved(rule: Callable[[int], CommonFactorTransform]) -> CommonFactorTransform:
    """Double the nodes until they are enough."""
    transform, per_unit = rule(_FIRST), _FIRST
    while True:
        finer = rule(2 * per_unit)
        off = _distance(transform, finer)
        if off <= max(_AGREEMENT, transform.error):
            return replace(transform, off=off)
        if per_unit == _FINEST:
            break
        transform, per_unit = finer, 2 * per_unit
    if off > _LARGEST_OFF:
        raise NoExactLaw(
            f"the average over what the inputs have in common is only known to {off:.0e}."
        )
    return replace(transform, off=off)


def _distance(transform: CommonFactorTransform, other: CommonFactorTransform) -> float:
    """Return how far two rules are from each other on some lines."""
    low, high = transform.finite
    tilts = {tilt / transform.scale for tilt in _TILTS}
    inside = [tilt for tilt in sorted(tilts) if not tilt or 0.9 * low < tilt < 0.9 * high]
    t = _TURNS / transform.scale
    return max(transform.distance(other, theta, t) for theta in inside)
