"""How sparse a law, a sample or a layer is, by several indices; 1 is sparse in each.

Each index is one class and one entry in the table of `registry`; each kind of source is turned
into a view of its magnitudes by `sources`. `hurley_rickard` has published measures as functions of
magnitudes, most of which depend on scale or number, and `axioms` says which criteria they meet.
"""

from __future__ import annotations

from clt_sim.sparsity.axiom_table import AxiomTable, axioms
from clt_sim.sparsity.published import PublishedMeasure, hurley_rickard
from clt_sim.sparsity.reporting import sparsity

__all__ = ["AxiomTable", "PublishedMeasure", "axioms", "hurley_rickard", "sparsity"]
