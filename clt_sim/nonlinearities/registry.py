"""The registry of nonlinearities."""

from __future__ import annotations

from typing import Any

from clt_sim.nonlinearities.base import Nonlinearity
from clt_sim.nonlinearities.user_function import UserFunction, is_compiled
from clt_sim.registry import Registry

registry: Registry[Nonlinearity] = Registry(
    "nonlinearity",
    Nonlinearity,  # type: ignore[type-abstract]
)
names = registry.names


def get(specification: Any, **parameters: object) -> Nonlinearity:
    """Return the nonlinearity that a specification names, as `Registry.get` does.

    A function that is compiled by ``numba.njit`` becomes a `UserFunction`.
    """
    if is_compiled(specification) and not parameters:
        return UserFunction(specification)
    return registry.get(specification, **parameters)
