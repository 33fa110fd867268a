"""How far a law or a sample is from the normal law, by several measures.

Each measure is one class in one module and one entry in the table of `registry`; each kind of
source is turned into a view (a sample, binned draws, a distribution, units) by `sources`.
"""

from __future__ import annotations

from clt_sim.gaussianity.reporting import gaussianity, names

__all__ = ["gaussianity", "names"]
