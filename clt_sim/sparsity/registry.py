"""The table of indices, in the order of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.sparsity.concentration import Hoyer, TrevesRolls
from clt_sim.sparsity.gini import Gini
from clt_sim.sparsity.zeros import ExactZero, NearZero

if TYPE_CHECKING:
    from clt_sim.sparsity.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure for measure in (NearZero(), ExactZero(), Hoyer(), Gini(), TrevesRolls())
}
