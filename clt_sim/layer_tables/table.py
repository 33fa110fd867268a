"""The table of all layers of a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clt_sim._validation import check_name, shown
from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
from clt_sim.layer_tables.rendering import Block, as_tables, as_text, layer_block
from clt_sim.layer_tables.signal_measures import AXES, SignalMeasures, measured
from clt_sim.measures import select
from clt_sim.sparsity.registry import MEASURES as SPARSITY
from clt_sim.tables import Table, Tabular, data_frame

if TYPE_CHECKING:
    from clt_sim.networks.recording.layer_record import LayerRecord

DEFAULT = (
    "kolmogorov",
    "wasserstein-1",
    "negentropy-debiased",
    "skewness",
    "excess-kurtosis",
    "near-zero",
    "exact-zero",
    "hoyer",
)


@dataclass(frozen=True, slots=True, eq=False)
class LayerTable(Tabular):
    """Measures of every signal of every layer.

    Parameters
    ----------
    title : str
        What was recorded.
    measures : tuple of str
        The measures in order.
    layers : tuple of tuple of SignalMeasures
        The signals of each layer.
    normalizations : tuple of (str or None)
        What the normalised signal of each layer is.
    axis : {"lifetime", "population", "both"}
        What measures of gaussianity are over, as for `layer_table`.
    """

    title: str
    measures: tuple[str, ...]
    layers: tuple[tuple[SignalMeasures, ...], ...]
    normalizations: tuple[str | None, ...]
    axis: str = "lifetime"

    def __iter__(self) -> Iterator[SignalMeasures]:
        """Iterate over the signals of all layers."""
        return (signal for layer in self.layers for signal in layer)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""
        return {
            "title": self.title,
            "axis": self.axis,
            "measures": list(self.measures),
            "layers": [
                {"normalization": kind, "signals": [signal.to_dict() for signal in layer]}
                for kind, layer in zip(self.normalizations, self.layers, strict=True)
            ],
        }

    def to_dataframe(self) -> Any:
        """Return the table as a pandas data frame, one row a number.

        Returns
        -------
        pandas.DataFrame
            Columns ``layer``, ``signal``, ``measure``, ``over`` (``"unit"``, ``"size"``,
            ``"pooled"``, ``"population"``, ``"floor"``, ``"population_size"`` or
            ``"population_floor"``), ``value`` and ``stderr``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        numbers = [
            (signal.layer, signal.signal, name, kind, estimate.value, estimate.stderr)
            for signal in self
            for kind, estimates in signal.kinds.items()
            for name, estimate in estimates.items()
        ]
        return data_frame(("layer", "signal", "measure", "over", "value", "stderr"), numbers)

    def __str__(self) -> str:
        """Return the table as text, the signals of a layer side by side."""
        return as_text(self.title, self.axis, self._blocks())

    __repr__ = __str__

    def _as_tables(self) -> Sequence[Table]:
        return as_tables(self.title, self.axis, self._blocks())

    def _blocks(self) -> Iterator[Block]:
        for layer, kind in zip(self.layers, self.normalizations, strict=True):
            yield layer_block(layer, kind, self.measures, self.axis)


def layer_table(
    record: LayerRecord, *, measures: str | Iterable[str] = DEFAULT, axis: str = "lifetime"
) -> LayerTable:
    """Measure every signal of every layer of a record, unit by unit and pooled.

    Pooled values and those of the median unit are different questions and may point in opposite
    directions, so that both are given; and beside the median unit what it would be for units
    that are truly normal.

    Parameters
    ----------
    record : LayerRecord
        The recorded layers.
    measures : str or iterable of str
        Names of measures of gaussianity, of standardised values, and of sparsity.
    axis : {"lifetime", "population", "both"}
        What measures of gaussianity are over, apart from the pooled values: each unit over the
        inputs, at fixed weights, or each input (or position of one) over the units, which is over
        the weights. Batch normalization works along the first, layer normalization along the
        second. Measures of sparsity are given over both in any case. Units differ in mean and
        scale, and rows hold those differences.

    Returns
    -------
    LayerTable
        To be printed, or taken as numbers.

    Raises
    ------
    TypeError
        If `record` is no record.
    ValueError
        If a measure or the axis is unknown.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.networks import load_digits
    >>> network = clt.train(steps=20).network
    >>> record = clt.record(network, load_digits().test_inputs)
    >>> table = layer_table(record, measures=["kolmogorov", "near-zero"])
    >>> first = next(iter(table))
    >>> first.ensemble, first.constant_units
    ('u of hidden 1, each of 64 units over 400 inputs', 6)
    >>> round(first.floor["kolmogorov"].value, 2)
    0.03
    >>> of_inputs = layer_table(record, measures="kolmogorov", axis="population")
    >>> round(next(iter(of_inputs)).population_floor["kolmogorov"].value, 2)
    0.07
    """
    layers = getattr(record, "layers", None)
    if layers is None:
        raise TypeError(f"record must be a LayerRecord, not {shown(record)}.")
    check_name("axis", axis, AXES)
    chosen = tuple(select("measure", {**GAUSSIANITY, **SPARSITY}, measures))
    return LayerTable(
        str(record).splitlines()[0],
        chosen,
        tuple(
            tuple(measured(signal, chosen, axis) for signal in layer.signals) for layer in layers
        ),
        tuple(layer.normalization for layer in layers),
        axis,
    )
