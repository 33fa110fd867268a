"""The random-scale route: one factor that all inputs of a sum share."""

from __future__ import annotations

from collections.abc import Callable

from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.scale_mixture import ScaleMixtureLaw
from clt_sim.laws import Law
from clt_sim.models import RandomScale, WeightedSum
from clt_sim.nonlinearities import Abs, Identity, LeakyReLU, ReLU


def random_scale_law(
    model: WeightedSum, law_of_sum: Callable[[WeightedSum], ExactLaw]
) -> ScaleMixtureLaw:
    """Return the exact law of a sum whose inputs share a random factor R.

    Where ``phi(r x) = r phi(x)``, the sum is R times the sum without it.

    Parameters
    ----------
    model : WeightedSum
        With the dependence ``"random-scale"``, and the identity; or, for a factor that is not
        below 0, also ReLU, leaky ReLU or the absolute value.
    law_of_sum : callable
        Returns the exact law of the sum without the factor, or raises NoExactLaw.

    Returns
    -------
    ScaleMixtureLaw
        The law of the sum.

    Raises
    ------
    NoExactLaw
        If a part of the model is of another kind; the message names it.
    """
    if not isinstance(model.dependence, RandomScale):
        raise NoExactLaw("the inputs have no random scale.")
    factor, phi = model.dependence.factor, model.nonlinearity
    if isinstance(model.bias, Law):
        raise NoExactLaw(f"the bias has the law {model.bias}, beside a random scale.")
    if not isinstance(phi, Identity | ReLU | LeakyReLU | Abs):
        raise NoExactLaw(f"the random scale does not come out of {phi}.")
    if not isinstance(phi, Identity) and factor.support[0] < 0.0:
        raise NoExactLaw(f"the random scale {factor} may be below 0, and is in {phi}.")
    alone = WeightedSum(model.n, model.inputs, phi, model.weights, dropout=model.dropout)
    try:
        base = law_of_sum(alone)
    except NoExactLaw as refusal:
        raise NoExactLaw(f"given the scale it is a scaled sum, but {refusal}") from refusal
    return ScaleMixtureLaw(base, factor, model.bias)
