"""What every view asks of a measure before it gives it."""

from __future__ import annotations

from typing import ClassVar, Protocol

from clt_sim.measures import OfValues


class Traits(OfValues, Protocol):
    """Those of a measure, as `clt_sim.gaussianity.measure.Measure` describes them."""

    of_shape: ClassVar[bool]
    needs_variance: ClassVar[bool]
