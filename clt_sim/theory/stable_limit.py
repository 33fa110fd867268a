"""Sums of heavy-tailed terms: the stable laws that they come near to."""

from __future__ import annotations

import math

from clt_sim.laws import Cauchy, Law, Stable, StudentT
from clt_sim.models import FixedWeights, WeightedSum
from clt_sim.models.model import checked_sum
from clt_sim.nonlinearities import Identity
from clt_sim.theory.tail_constants import TailConstants, stable_tail_constant, tail_constants

_LEAST_ALPHA = 0.3
"""Below, the package has no stable law."""


def stable_limit(model: WeightedSum) -> Stable:
    """Return the stable law that a weighted sum of heavy-tailed terms comes near to.

    The generalised central limit theorem (Gnedenko & Kolmogorov, "Limit Distributions for Sums of
    Independent Random Variables", 1954, section 35): with tail constants
    r and l of index alpha below 2, the sum of n terms is stable with the scale
    ``(n (r + l)/C)**(1/alpha)``, C being the `stable_tail_constant`, and the skewness
    ``(r - l)/(r + l)``. It grows like ``n**(1/alpha)``, not like the root of n. With fixed weights
    the constants of all ``w_i phi(x_i)`` add up; the largest must be a small part of that sum.
    For stable inputs and the identity it is the exact law for every n. The limit is far away where
    alpha is near 2: sums of Pareto variables of index 1.5 come near to it like ``n**(-1/3)``.

    Parameters
    ----------
    model : WeightedSum
        Fixed weights; independent inputs of a law and a nonlinearity that `tail_constants` takes,
        with an index from 0.3 and below 2; a bias that is a number; no dropout.

    Returns
    -------
    Stable
        The law of the sum as it is, neither centred nor scaled.

    Raises
    ------
    ValueError
        If a part of the model is of another kind, or the index is 1 and the terms are not symmetric
        about a centre.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law = stable_limit(clt.WeightedSum(1000, "pareto(shape=1.5)", weights=1.0))
    >>> law.alpha, law.beta, law.mean
    (1.5, 1.0, 3000.0)
    >>> round(law.scale / 1000 ** (1 / 1.5), 4)  # (1/C)**(1/alpha)
    1.8453
    """
    model = checked_sum(model)
    if model.dependence is not None:
        raise _refusal(f"dependent inputs, {model.dependence}")
    if model.dropout:
        raise _refusal("dropout, which leaves terms out at random")
    if isinstance(model.bias, Law):
        raise _refusal(f"a bias of the law {model.bias}")
    if not isinstance(model.weights, FixedWeights):
        raise _refusal(f"random weights, {model.weights}")
    if not isinstance(model.inputs, Law):
        raise _refusal(f"inputs {model.inputs}")
    tails = tail_constants(model.inputs, model.nonlinearity)
    alpha = tails.index
    if not _LEAST_ALPHA <= alpha < 2.0:
        raise _refusal(f"terms with tails of index {alpha:g}, which is not from 0.3 and below 2")
    weights = model.weights.values
    parts = [tails.times(weight) for weight in weights[weights != 0.0].tolist()]
    if not parts:
        raise _refusal("weights that are all 0")
    right, left = (math.fsum(getattr(part, side) for part in parts) for side in ("right", "left"))
    scale = ((right + left) / stable_tail_constant(alpha)) ** (1.0 / alpha)
    location = _location(model, model.inputs, math.fsum(weights), tails)
    return Stable(alpha, (right - left) / (right + left), location, scale)


def _location(model: WeightedSum, law: Law, weight: float, tails: TailConstants) -> float:
    """Return the mean, or the sum of the centres, which is next to nothing below index 1."""
    if tails.index > 1.0:
        return model.mean
    centred = isinstance(law, Cauchy | StudentT | Stable) and tails.right == tails.left
    identity = isinstance(model.nonlinearity, Identity)
    if tails.index == 1.0 and not (centred and identity):
        raise _refusal(f"{model.nonlinearity} of inputs {law}, of index 1 and not symmetric")
    if not identity or not isinstance(law, Cauchy | StudentT | Stable):
        return model.constant_bias
    return weight * law.location + model.constant_bias


def _refusal(part: str) -> ValueError:
    return ValueError(f"there is no stable limit for {part}.")
