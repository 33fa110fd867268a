"""From a model to its exact law, by the first route that leads there."""

from __future__ import annotations

from collections.abc import Callable

from clt_sim._validation import unknown_name
from clt_sim.exact.convolution import piecewise_polynomial_law
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.models import WeightedSum

_ROUTES: dict[str, Callable[[WeightedSum], ExactLaw]] = {
    "piecewise-polynomial": piecewise_polynomial_law,
}
"""Routes by name, in the order in which they are tried; each raises NoExactLaw with its reason."""


def exact(model: WeightedSum, *, method: str = "auto") -> ExactLaw:
    """Return the exact law of a model.

    Parameters
    ----------
    model : WeightedSum
        The model.
    method : str
        The name of a route, or ``"auto"`` for the first that leads to the law:

        - ``"piecewise-polynomial"``: fixed weights, the identity, and inputs whose density is
          piecewise polynomial (``law.pieces``), by exact rational convolution.

    Returns
    -------
    ExactLaw
        The law, with its route as ``method`` and its error bound as ``error``.

    Raises
    ------
    NoExactLaw
        If no route leads to the law; the message names the part of the model in the way.
    ValueError
        If `method` is unknown.
    TypeError
        If `model` is not a model.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law = clt.exact(clt.WeightedSum(n=2, inputs="wikipedia", weights=1.0))
    >>> law.mean == 13 / 6
    True
    >>> clt.exact(clt.WeightedSum(n=2, inputs="laplace", weights=1.0))
    Traceback (most recent call last):
    ...
    clt_sim.exact.law.NoExactLaw: no exact law of the sum of 2 terms w*x, x ~ laplace, w fixed, \
all 1. Route piecewise-polynomial: the inputs law laplace has no piecewise polynomial density.
    """
    if method != "auto" and method not in _ROUTES:
        raise unknown_name("method", method, ["auto", *_ROUTES])
    if not isinstance(model, WeightedSum):
        raise TypeError(f"model must be a WeightedSum, not {model!r}.")
    refusals = []
    for name in _ROUTES if method == "auto" else [method]:
        try:
            return _ROUTES[name](model)
        except NoExactLaw as refusal:
            refusals.append(f"Route {name}: {refusal}")
    raise NoExactLaw(f"no exact law of the {model}. {' '.join(refusals)}")
