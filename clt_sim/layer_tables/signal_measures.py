"""All measures of one recorded signal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clt_sim._json_types import plain
from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
from clt_sim.gaussianity.views.units import median
from clt_sim.layer_tables.sampling_floor import sampling_floor
from clt_sim.layer_tables.signal_views import SignalViews, sizes
from clt_sim.sparsity.registry import MEASURES as SPARSITY

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate
    from clt_sim.networks.recording.signal import Signal

KINDS = ("unit", "size", "pooled", "population", "floor", "population_size", "population_floor")
"""What a number is over."""
AXES = ("lifetime", "population", "both")
"""What measures of gaussianity are over: units over inputs, inputs over units."""


@dataclass(frozen=True, slots=True, eq=False)
class SignalMeasures:
    """The measures of one signal.

    Parameters
    ----------
    layer, signal : str
        Which layer, and ``"u"``, ``"pre-activation"`` or ``"normalized"``.
    ensemble : str
        What the numbers range over: how many units, rows and inputs of how many.
    rows, units, constant_units, non_finite : int
        The numbers of rows and units that were measured, and of all units those that are
        constant and of all values those that are not finite.
    effective_rows : float or None
        How many independent rows the mean of the median unit is worth: fewer than `rows` where
        positions of one input are alike. None where there is no such number.
    effective_values : float or None
        The same for all values pooled.
    unit : dict of str to Estimate
        The median over the units that vary, with an error from their spread.
    size : dict of str to Estimate
        Of measures of gaussianity, the median over those units of the size of the measure: where
        units have skewness of both signs, their median says nothing, and that of the size does.
    pooled : dict of str to Estimate
        All values together, with errors that count inputs, not values.
    population : dict of str to Estimate
        The median over rows of the measure of all units in one row, with an error that takes all
        rows of one input for one.
    floor : dict of str to Estimate
        What `size` would be for normal units: see `sampling_floor`; at `effective_rows`, if
        those are fewer.
    population_size, population_floor : dict of str to Estimate
        The same as `size` and `floor` for rows, of as many values as there are units.
    unavailable : dict of str to str
        The reason for each number that there is not, by ``"measure, unit"``, ``"measure,
        pooled"`` and so on.
    """

    layer: str
    signal: str
    ensemble: str
    rows: int
    units: int
    constant_units: int
    non_finite: int
    effective_rows: float | None
    effective_values: float | None
    unit: Mapping[str, Estimate]
    size: Mapping[str, Estimate]
    pooled: Mapping[str, Estimate]
    population: Mapping[str, Estimate]
    floor: Mapping[str, Estimate]
    population_size: Mapping[str, Estimate] = field(default_factory=dict)
    population_floor: Mapping[str, Estimate] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, Mapping[str, Estimate]]:
        """The numbers by what they are over."""
        return {kind: getattr(self, kind) for kind in KINDS}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""
        return {
            "layer": self.layer,
            "signal": self.signal,
            "ensemble": self.ensemble,
            "rows": self.rows,
            "units": self.units,
            "constant_units": self.constant_units,
            "non_finite": self.non_finite,
            "effective_rows": plain(self.effective_rows),
            "effective_values": plain(self.effective_values),
            **{
                kind: {name: estimate.to_dict() for name, estimate in estimates.items()}
                for kind, estimates in self.kinds.items()
            },
            "unavailable": dict(self.unavailable),
        }


def measured(signal: Signal, measures: Iterable[str], axis: str = "lifetime") -> SignalMeasures:
    """Measure one signal.

    Parameters
    ----------
    signal : Signal
        A recorded signal.
    measures : iterable of str
        Names of measures of gaussianity and of sparsity.
    axis : {"lifetime", "population", "both"}
        What measures of gaussianity are over.
    """
    views = SignalViews(signal)
    kinds: dict[str, dict[str, Estimate]] = {kind: {} for kind in KINDS}
    unavailable: dict[str, str] = {}
    for name in measures:
        for kind, ask in _questions(views, name, axis).items():
            try:
                kinds[kind][name] = ask()
            # What is constant is refused with a plain ValueError.
            except ValueError as reason:
                unavailable[f"{name}, {kind}"] = str(reason)
    return SignalMeasures(
        signal.layer,
        signal.name,
        signal.ensemble,
        signal.rows,
        signal.units,
        signal.constant_units,
        signal.non_finite,
        views.effective_rows,
        views.effective_values,
        **kinds,
        unavailable=unavailable,
    )


def _questions(views: SignalViews, name: str, axis: str) -> dict[str, Callable[[], Estimate]]:
    """Return what there is to ask of a measure, and how."""
    if name in GAUSSIANITY:
        return {
            **(_of_units(views, name) if axis != "population" else {}),
            "pooled": lambda: views.pooled.estimate(GAUSSIANITY[name]),
            **(_of_rows(views, name) if axis != "lifetime" else {}),
        }
    sparse = SPARSITY[name]
    return {
        "unit": lambda: median(views.sparsities(sparse, "unit")),
        "pooled": lambda: views.pooled_magnitudes.estimate(sparse),
        "population": lambda: views.counting_inputs(median(views.sparsities(sparse, "population"))),
    }


def _of_units(views: SignalViews, name: str) -> dict[str, Callable[[], Estimate]]:
    measure = GAUSSIANITY[name]
    return {
        "unit": lambda: views.units.estimate(measure),
        "size": lambda: median(sizes(views.units, measure)),
        "floor": lambda: sampling_floor(name, views.floor_rows),
    }


def _of_rows(views: SignalViews, name: str) -> dict[str, Callable[[], Estimate]]:
    measure, counting = GAUSSIANITY[name], views.counting_inputs
    return {
        "population": lambda: counting(views.population.estimate(measure)),
        "population_size": lambda: counting(median(sizes(views.population, measure))),
        "population_floor": lambda: sampling_floor(name, views.floor_units),
    }
