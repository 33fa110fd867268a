"""From a model to its exact law, by the first route that leads there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from clt_sim._validation import check_name, shown
from clt_sim.exact.atomic_route import discrete_law
from clt_sim.exact.closed_family_route import closed_family_law
from clt_sim.exact.convolution import piecewise_polynomial_law
from clt_sim.exact.independent_draws import in_independent_draws
from clt_sim.exact.inverted_law import InvertedLaw
from clt_sim.exact.lattice_route import lattice_law
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.network_route import random_network_law
from clt_sim.exact.pushforward_route import pushforward_law
from clt_sim.exact.random_scale_route import random_scale_law
from clt_sim.models import RandomNetwork, WeightedSum

Model = TypeVar("Model", WeightedSum, RandomNetwork)

_ROUTES: dict[str, Callable[[WeightedSum], ExactLaw]] = {
    "piecewise-polynomial": piecewise_polynomial_law,
    "closed-family": closed_family_law,
    "lattice": lattice_law,
    "atoms": discrete_law,
    "pushforward": pushforward_law,
    "characteristic-function": InvertedLaw,
    "random-scale": lambda model: random_scale_law(model, exact),
}
"""Routes by name, in the order in which they are tried; each raises NoExactLaw with its reason."""
_NETWORK = "random-network"


def exact(model: WeightedSum | RandomNetwork, *, method: str = "auto") -> ExactLaw:
    """Return the exact law of a model.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        The model.
    method : str
        The name of a route, or ``"auto"`` for the first that leads to the law:

        - ``"piecewise-polynomial"``: fixed weights, the identity, and inputs whose density is
          piecewise polynomial (``law.pieces``), by exact rational convolution.
        - ``"closed-family"``: the sum is of a known family: normal, stable, gamma, or a fixed
          multiple of one law.
        - ``"lattice"``: everything that is random is discrete, and all sums are on one lattice.
        - ``"atoms"``: everything that is random is discrete, and the sum has at most 4096 values.
        - ``"pushforward"``: one term, through any nonlinearity that is monotone in parts.
        - ``"characteristic-function"``: independent terms with fixed or random weights, or
          equicorrelated normal inputs, by Fourier integrals along tilted lines.
        - ``"random-scale"``: inputs that share a random factor, which comes out of the sum; an
          average over it of the law by any other route.
        - ``"random-network"``: a random network with normal weights at a fixed input: any depth
          with the identity, abs, relu or leaky relu, one hidden layer with any nonlinearity.

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
    >>> law = clt.exact(clt.RandomNetwork([8, 8], "relu"))
    >>> abs(law.atoms[0.0] - (1 - (1 - 2**-8) ** 2)) < 1e-17
    True
    >>> rows = [[1.0, 2.0], [3.0, 4.0]]
    >>> clt.exact(clt.WeightedSum(2, rows, weights="laplace"), method="characteristic-function")
    Traceback (most recent call last):
    ...
    clt_sim.exact.law.NoExactLaw: no exact law of the sum of 2 terms w*x, x one of 2 rows of data, \
w ~ laplace. Route characteristic-function: the inputs are rows of data, which the terms share.
    """
    names = ["auto", *_ROUTES, _NETWORK]
    check_name("method", method, names)
    if isinstance(model, RandomNetwork):
        routes = {_NETWORK: lambda network: random_network_law(network, exact)}
        return _first(model, routes, method)
    if isinstance(model, WeightedSum):
        independent = in_independent_draws(model)
        return _first(
            model, {name: _of(route, independent) for name, route in _ROUTES.items()}, method
        )
    raise TypeError(f"model must be a WeightedSum or a RandomNetwork, not {shown(model)}.")


def _of(
    route: Callable[[WeightedSum], ExactLaw], independent: WeightedSum
) -> Callable[[WeightedSum], ExactLaw]:
    """Return a route that takes a sum of independent terms in the place of the model."""
    return lambda _: route(independent)


def _first(
    model: Model, routes: Mapping[str, Callable[[Model], ExactLaw]], method: str
) -> ExactLaw:
    """Return the law by the first of the routes, or by the one that is asked for."""
    if method != "auto" and method not in routes:
        raise NoExactLaw(f"no exact law of the {model}. Route {method} is for other models.")
    refusals = []
    for name in routes if method == "auto" else [method]:
        try:
            return routes[name](model)
        except NoExactLaw as refusal:
            refusals.append(f"Route {name}: {refusal}")
    raise NoExactLaw(f"no exact law of the {model}. {' '.join(refusals)}")
