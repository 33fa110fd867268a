"""The registry of laws."""

from __future__ import annotations

from clt_sim.laws.base import Law
from clt_sim.registry import Registry

registry: Registry[Law] = Registry("law", Law)  # type: ignore[type-abstract]
get = registry.get
names = registry.names
