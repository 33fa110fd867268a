"""Sums less their bias, which moves or convolves the law of the rest."""

from __future__ import annotations

from clt_sim.models import WeightedSum


def without_bias(model: WeightedSum) -> WeightedSum:
    """Return the model of a weighted sum with the bias 0.

    Examples
    --------
    >>> print(without_bias(WeightedSum(2, weights=1.0, bias=3.0)))
    sum of 2 terms w*x, x ~ normal, w fixed, all 1
    """
    return WeightedSum(
        model.n,
        model.inputs,
        model.nonlinearity,
        model.weights,
        dependence=model.dependence,
        dropout=model.dropout,
    )
