"""The exact laws of the terms of a sum whose terms are discrete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.both_tails import check_tails, reflected, relative_error, survival
from clt_sim.exact.law import NoExactLaw
from clt_sim.laws import (
    Bernoulli,
    Constant,
    Discrete,
    Empirical,
    Law,
    Mixture,
    Rademacher,
    Sparse,
)
from clt_sim.laws.probabilities import shares
from clt_sim.models import DataRows, FixedWeights, WeightedSum
from clt_sim.nonlinearities import Sign, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.nonlinearities import Nonlinearity

Masses = Mapping[Fraction, Fraction]
"""Exact places with their exact masses, which are above 0 and sum to 1."""
MOST_ATOMS = 10**5
"""Limit on the values of one term."""


def exact_masses(law: Law) -> Masses:
    """Return the values of a discrete law, as the rational numbers that floats are.

    Raises
    ------
    NoExactLaw
        If the law is not discrete, or its masses are known only as floats.

    Examples
    --------
    >>> {float(x): str(mass) for x, mass in exact_masses(Bernoulli(0.25)).items()}
    {0.0: '3/4', 1.0: '1/4'}
    """
    match law:
        case Constant():
            pairs = [(law.value, Fraction(1))]
        case Rademacher():
            pairs = [(-1.0, Fraction(1, 2)), (1.0, Fraction(1, 2))]
        case Bernoulli():
            pairs = [(0.0, 1 - Fraction(law.probability)), (1.0, Fraction(law.probability))]
        case Discrete():
            probabilities = shares(law.probabilities, len(law.values))
            pairs = list(zip(law.values, probabilities, strict=True))
        case Empirical():
            values, counts = np.unique(law.data, return_counts=True)
            chances = (Fraction(count, law.data.size) for count in counts.tolist())
            pairs = list(zip(values.tolist(), chances, strict=True))
        case Mixture():
            weights = shares(law.weights, len(law.components))
            return _mixed(zip(weights, map(exact_masses, law.components), strict=True))
        case Sparse():
            zero = Fraction(law.zero_probability)
            return _mixed([(zero, _point(Fraction(0))), (1 - zero, exact_masses(law.slab))])
        case _:
            fault = "has masses that are not exact" if law.atoms else "has no atoms"
            raise NoExactLaw(f"{law} {fault}.")
    return {Fraction(value): mass for value, mass in pairs}


def discrete_terms(model: WeightedSum) -> list[tuple[Masses, int]]:
    """Return the exact laws of the terms ``w*phi(x)``, with the number of terms of each.

    A bias that has a law is one more term.

    Raises
    ------
    NoExactLaw
        If a part of the model is not discrete, the inputs are not independent, or a term has
        more than `MOST_ATOMS` values.
    """
    if model.dependence is not None:
        raise NoExactLaw(f"the inputs are dependent, {model.dependence}.")
    terms = [(_dropped_out(term, model.dropout), count) for term, count in _products(model)]
    if isinstance(model.bias, Law):
        terms.append((_part("bias", model.bias), 1))
    return terms


def _products(model: WeightedSum) -> list[tuple[Masses, int]]:
    """Return the laws of ``w*phi(x)``, those with the same numbers taken together."""
    inputs, weights = model.inputs, model.weights
    if isinstance(inputs, DataRows):
        raise NoExactLaw("the inputs are rows of data, whose numbers are not independent.")
    if isinstance(inputs, Law):
        outputs = _outputs_of_law(model.nonlinearity, inputs)
        if isinstance(weights, Law):
            return [(_product(_part("weights", weights), outputs), model.n)]
        return [(_scaled(outputs, w), count) for w, count in _counted(weights.values)]
    values = np.asarray(model.nonlinearity(inputs.values), np.float64)
    if isinstance(weights, FixedWeights):
        rows = np.stack([weights.values, values], axis=1)
        pairs, counts = np.unique(rows, axis=0, return_counts=True)
        numbers = [Fraction(w) * Fraction(value) for w, value in pairs.tolist()]
        return [(_point(x), count) for x, count in zip(numbers, counts.tolist(), strict=True)]
    law = _part("weights", weights)
    return [(_scaled(law, value), count) for value, count in _counted(values)]


def _outputs_of_law(phi: Nonlinearity, inputs: Law) -> Masses:
    """Return the law of ``phi(x)``, which sign and step make discrete whatever the law of x is."""
    if isinstance(phi, Sign | Step):
        return _sides(phi, inputs)
    return _outputs(phi, _part("inputs", inputs))


def _sides(phi: Sign | Step, law: Law) -> Masses:
    """Return the law of a function that is constant on either side of 0."""
    if isinstance(law, Mixture):
        weights = shares(law.weights, len(law.components))
        return _mixed(
            (w, _sides(phi, part)) for w, part in zip(weights, law.components, strict=True)
        )
    if isinstance(law, Sparse):
        zero = Fraction(law.zero_probability)
        at_0 = _outputs(phi, _point(Fraction(0)))
        return _mixed([(zero, at_0), (1 - zero, _sides(phi, law.slab))])
    if law.atoms:
        return _outputs(phi, _part("inputs", law))
    check_tails(law)
    below, above = Fraction(float(law.cdf(0.0))), Fraction(float(survival(law, 0.0)))
    # The smaller of them has its digits; the other is what is left.
    below = below if below <= above else 1 - above
    sides = {Fraction(-1): below, Fraction(1): 1 - below}
    return _outputs(phi, {x: mass for x, mass in sides.items() if mass})


def error_of_masses(model: WeightedSum) -> float:
    """Return a bound on the relative error of the masses of a term: 0 where they are exact."""
    if isinstance(model.nonlinearity, Sign | Step) and isinstance(model.inputs, Law):
        return _error_of_sides(model.inputs)
    return 0.0


def _error_of_sides(law: Law) -> float:
    if isinstance(law, Mixture):
        return max(map(_error_of_sides, law.components))
    if isinstance(law, Sparse):
        return _error_of_sides(law.slab)
    return 0.0 if law.atoms or reflected(law) == law else relative_error(law)


def _part(name: str, law: Law) -> Masses:
    try:
        masses = exact_masses(law)
    except NoExactLaw as refusal:
        raise NoExactLaw(f"the law of the {name} is not discrete: {refusal}") from None
    _check_atoms(len(masses))
    return masses


def _check_atoms(count: int) -> None:
    if count > MOST_ATOMS:
        raise NoExactLaw(f"a term has up to {count} values; the limit is {MOST_ATOMS}.")


def _outputs(nonlinearity: Nonlinearity, inputs: Masses) -> Masses:
    """Return the law of ``phi(x)``, phi being evaluated in double precision."""
    with np.errstate(over="ignore"):
        values = np.asarray(nonlinearity(np.array([*map(float, inputs)])), np.float64)
    if not np.all(np.isfinite(values)):
        raise NoExactLaw(f"the nonlinearity {nonlinearity} is not finite at an input.")
    return _added(zip(map(Fraction, values.tolist()), inputs.values(), strict=True))


def _counted(values: NDArray[np.float64]) -> list[tuple[Fraction, int]]:
    numbers, counts = np.unique(values, return_counts=True)
    return [
        (Fraction(x), count) for x, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    ]


def _point(place: Fraction) -> Masses:
    return {place: Fraction(1)}


def _scaled(masses: Masses, factor: Fraction) -> Masses:
    return {factor * x: mass for x, mass in masses.items()} if factor else _point(factor)


def _product(weights: Masses, outputs: Masses) -> Masses:
    _check_atoms(len(weights) * len(outputs))
    return _added(
        (w * x, chance * mass) for w, chance in weights.items() for x, mass in outputs.items()
    )


def _dropped_out(term: Masses, dropout: float) -> Masses:
    """Return the law of a term that is 0 with a probability, otherwise divided by the rest."""
    if not dropout:
        return term
    kept = 1 - Fraction(dropout)
    return _mixed([(1 - kept, _point(Fraction(0))), (kept, _scaled(term, 1 / kept))])


def _mixed(parts: Iterable[tuple[Fraction, Masses]]) -> Masses:
    return _added((x, share * mass) for share, masses in parts for x, mass in masses.items())


def _added(pairs: Iterable[tuple[Fraction, Fraction]]) -> Masses:
    """Add masses at the same place."""
    total: defaultdict[Fraction, Fraction] = defaultdict(Fraction)
    for place, mass in pairs:
        total[place] += mass
    return dict(total)
