"""The registry of laws."""

from __future__ import annotations

from clt_sim.laws.base import Law
from clt_sim.registry import Registry

registry = Registry("law", Law)  # type: ignore[type-abstract]
names = registry.names
from_description = registry.from_description
