"""The simulation engine."""

from __future__ import annotations

from clt_sim.engine.conditional import simulate_conditional
from clt_sim.engine.simulation import sample, simulate, simulate_path

__all__ = ["sample", "simulate", "simulate_conditional", "simulate_path"]
