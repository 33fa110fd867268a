"""The registry of nonlinearities."""

from __future__ import annotations

from clt_sim.nonlinearities.base import Nonlinearity
from clt_sim.registry import Registry

registry: Registry[Nonlinearity] = Registry(
    "nonlinearity",
    Nonlinearity,  # type: ignore[type-abstract]
)
get = registry.get
names = registry.names
