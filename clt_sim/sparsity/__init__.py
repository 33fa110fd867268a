"""How sparse a law, a sample or a layer is, by several indices; 1 is sparse in each.

Each index is one class and one entry in the table of `registry`; each kind of source is turned
into a view of its magnitudes by `sources`.
"""

from __future__ import annotations

from clt_sim.sparsity.reporting import sparsity

__all__ = ["sparsity"]
