"""Models: specifications of a random sum, with no computation in them."""

from __future__ import annotations

from clt_sim.models.weighted_sum import FixedWeights, WeightedSum

__all__ = ["FixedWeights", "WeightedSum"]
