"""Powers of n for the distances of a sum: what is fitted to them, and what theory says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import laws
from clt_sim.exact import ExactLaw, NoExactLaw, exact
from clt_sim.models import WeightedSum
from clt_sim.theory import fit_rate
from clt_sim.theory.leading_term import LIMITS, leading_term

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate

FEWEST = 3
"""A power of n is fitted to at least so many distances."""


def drawable(distances: dict[int, Estimate]) -> dict[int, Estimate]:
    """Return what is finite and above its own error in numbers: all but distances that are 0."""
    return {
        n: d
        for n, d in sorted(distances.items())
        if math.isfinite(d.value) and math.isfinite(d.stderr) and d.value > 1e-12
    }


def larger_half(ns: Sequence[int]) -> Sequence[int]:
    """Return the larger half of rising numbers of terms, to which a power is fitted."""
    return ns[-max(FEWEST, (len(ns) + 1) // 2) :]


def fitted_power(distances: dict[int, Estimate], theorem: float | None) -> dict[str, Any] | None:
    """Return the fitted power of n, or None for too few distances."""
    if len(distances) < FEWEST:
        return None
    values = [d.value for d in distances.values()]
    errors = [d.stderr for d in distances.values()]
    # The errors of exact distances are those of rounding, and say nothing of weights.
    sampled = min(e / d for e, d in zip(errors, values, strict=True)) > 1e-6
    fit = fit_rate(list(distances), values, errors if sampled else None, theorem_exponent=theorem)
    return {**asdict(fit), "n": list(distances)}


def leading_power(
    model: WeightedSum, law: ExactLaw | None, measure: str
) -> dict[str, float | None] | None:
    """Return the exponent and the constant of the leading power of 1/n; None if unknown.

    Parameters
    ----------
    model : WeightedSum
        The sum of the most terms.
    law : ExactLaw or None
        Its law, which knows the step of its lattice.
    measure : str
        As `clt_sim.theory.leading_term.leading_term` takes it.
    """
    discrete = False
    if LIMITS[measure].per_skewness is not None:
        try:
            discrete = _is_discrete(model)
        except NoExactLaw:
            return None
    term = leading_term(model, measure, discrete=discrete, span=_span(law))
    return None if term is None else asdict(term)


def _span(law: ExactLaw | None) -> float:
    """Return the step of a lattice law in standard deviations; nan for what is none."""
    if law is None or law.method != "lattice":
        return math.nan
    places = np.sort(np.array(list(law.atoms)))
    return float(np.min(np.diff(places))) / math.sqrt(law.variance)


def _is_discrete(model: WeightedSum) -> bool:
    """Return whether the terms have atoms only."""
    term = exact(WeightedSum(1, model.inputs, model.nonlinearity, 1.0))
    parts = [term.atoms]
    if isinstance(model.weights, laws.Law):
        parts.append(model.weights.atoms)
    return all(math.isclose(math.fsum(atoms.values()), 1.0, rel_tol=1e-9) for atoms in parts)
