"""Tables of recorded layers: how Gaussian and how sparse the units are, and all units pooled."""

from __future__ import annotations

from clt_sim.layer_tables.sampling_floor import sampling_floor
from clt_sim.layer_tables.signal_measures import SignalMeasures
from clt_sim.layer_tables.table import LayerTable, layer_table

__all__ = ["LayerTable", "SignalMeasures", "layer_table", "sampling_floor"]
