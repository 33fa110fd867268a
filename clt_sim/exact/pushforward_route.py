"""The pushforward route: sums in which a single term is random."""

from __future__ import annotations

import numpy as np

from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.pushforward import PushforwardLaw
from clt_sim.laws import Law
from clt_sim.models import FixedInputs, FixedWeights, WeightedSum
from clt_sim.nonlinearities import Identity, Nonlinearity


def pushforward_law(model: WeightedSum) -> PushforwardLaw:
    """Return the exact law of a sum of one term.

    Parameters
    ----------
    model : WeightedSum
        One fixed weight, and an input with any law through any registered nonlinearity; or one
        fixed input, and a weight with any law. Terms that are always 0 do not count. The bias is a
        number.

    Returns
    -------
    PushforwardLaw
        The law of the term and the bias.

    Raises
    ------
    NoExactLaw
        If there are more terms, or a part of the model is of another kind.
    """
    if model.dependence is not None:
        raise NoExactLaw(f"the inputs are dependent, {model.dependence}.")
    if model.dropout:
        raise NoExactLaw("dropout leaves terms out at random.")
    if isinstance(model.bias, Law):
        raise NoExactLaw(f"the bias has the law {model.bias}; it must be a number.")
    law, phi, factors = _drawn(model)
    factors = factors[factors != 0.0]
    if factors.size != 1:
        raise NoExactLaw(f"{factors.size} terms are random; the route takes one.")
    return PushforwardLaw(law, phi, float(factors[0]), model.bias)


def _drawn(model: WeightedSum) -> tuple[Law, Nonlinearity, np.ndarray]:
    """Return what is drawn, through which function, and what the values are multiplied by."""
    if isinstance(model.inputs, FixedInputs) and isinstance(model.weights, Law):
        outputs = np.asarray(model.nonlinearity(model.inputs.values), np.float64)
        if not np.all(np.isfinite(outputs)):
            raise NoExactLaw(f"{model.nonlinearity} of an input is not finite.")
        return model.weights, Identity(), outputs
    if not isinstance(model.inputs, Law):
        raise NoExactLaw(f"the inputs {model.inputs} have no law.")
    if not isinstance(model.weights, FixedWeights):
        raise NoExactLaw(f"the weights have the law {model.weights}; they must be fixed.")
    return model.inputs, model.nonlinearity, model.weights.values
