"""One signal of one layer, for many inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import cluster_indices, finite_array, real_floats
from clt_sim._validation import check_text, shown, whole
from clt_sim.networks.recording.unit_moments import UnitMoments

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PooledSignal:
    """All units of a signal taken together.

    The values keep their rows: units share their inputs, so the values of one row are not
    independent, and an error that is to hold must resample whole inputs.

    Parameters
    ----------
    name : str
        Which signal, such as ``"u"``.
    layer : str
        Which layer, such as ``"hidden 2"``.
    values : ndarray of floats, shape (rows, units)
        Finite numbers, stored read-only.
    clusters : array_like of int, shape (rows,), or None
        As for `Signal`.
    ensemble : str
        What the values range over, and how many they are; made from their shape if not given.
    """

    name: str
    layer: str
    values: NDArray[np.floating] = field(repr=False)
    clusters: NDArray[np.intp] | None = field(default=None, repr=False)
    ensemble: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check the values and store them read-only."""
        _check_texts(self)
        check_text("ensemble", self.ensemble)
        values = finite_array(_place(self), self.values, ndim=2)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "clusters", _checked_clusters(self.clusters, len(values)))
        if not self.ensemble:
            rows, units = values.shape
            text = f"{_count(units, 'unit')} and {_count(rows, 'input')} pooled"
            object.__setattr__(self, "ensemble", f"{_place(self)}, {text}")

    @property
    def groups(self) -> NDArray[np.intp]:
        """Which input each row is of; values of different inputs are independent."""
        return np.arange(len(self.values)) if self.clusters is None else self.clusters


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One signal of one layer for many inputs.

    Parameters
    ----------
    name : str
        Which signal: ``"u"``, ``"pre-activation"`` or ``"normalized"``.
    layer : str
        Which layer, such as ``"hidden 2"``.
    values : ndarray of floats, shape (rows, units)
        Finite numbers, one row for each input, or for each position of an input; stored
        read-only. A sample, where there were more rows or units.
    clusters : array_like of int, shape (rows,), or None
        Which input each row is of, where several positions of one input may depend on each
        other; None where every row is an input of its own.
    unit_indices : ndarray of int, shape (units,), or None
        Which units of the layer the columns are; None for all.
    statistics : UnitMoments or None
        Statistics of all units over all rows, those that were not kept included.
    seen : int or None
        The number of all rows; None for those that are given.
    left_out : int
        How many of them were not kept since a value of the layer was NaN or infinite.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If they have no two dimensions or one is not finite, or another argument does not fit
        them.

    Examples
    --------
    >>> signal = Signal("u", "hidden 1", [[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])
    >>> signal.ensemble
    'u of hidden 1, each of 2 units over 3 inputs'
    >>> signal.constant_units
    1
    >>> signal.unit(1)
    array([1., 2., 4.])
    """

    name: str
    layer: str
    values: NDArray[np.floating] = field(repr=False)
    clusters: NDArray[np.intp] | None = field(default=None, repr=False)
    unit_indices: NDArray[np.intp] | None = field(default=None, repr=False)
    statistics: UnitMoments | None = field(default=None, repr=False)
    seen: int | None = None
    left_out: int = 0

    def __post_init__(self) -> None:
        """Check the values and store them read-only."""
        _check_texts(self)
        if not isinstance(self.statistics, UnitMoments | None):
            raise TypeError(f"statistics must be UnitMoments, not {shown(self.statistics)}.")
        values = self._checked_values()
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "clusters", _checked_clusters(self.clusters, len(values)))
        object.__setattr__(self, "left_out", whole("left_out", self.left_out, least=0))
        if self.seen is not None:
            object.__setattr__(self, "seen", whole("seen", self.seen, least=0))
        else:
            object.__setattr__(self, "seen", len(values) + self.left_out)
        if self.unit_indices is not None and np.shape(self.unit_indices) != values.shape[1:]:
            raise ValueError(
                f"unit_indices must be one for each of {_count(self.units, 'unit')} of"
                f" {_place(self)}; their shape is {np.shape(self.unit_indices)}."
            )

    def _checked_values(self) -> NDArray[np.floating]:
        shape = np.shape(self.values)
        if self.statistics is not None and len(shape) == 2 and shape[0] == 0:
            # No row was finite: the statistics say so.
            return real_floats(_place(self), self.values)
        return finite_array(_place(self), self.values, ndim=2)

    @property
    def rows(self) -> int:
        """The number of rows kept."""
        return int(self.values.shape[0])

    @property
    def inputs(self) -> int:
        """The number of different inputs that the rows are of."""
        return self.rows if self.clusters is None else int(np.unique(self.clusters).size)

    @property
    def units(self) -> int:
        """The number of units kept."""
        return int(self.values.shape[1])

    @property
    def all_units(self) -> int:
        """The number of units of the layer."""
        return self.units if self.statistics is None else self.statistics.units

    @property
    def constant_units(self) -> int:
        """The number of units that have the same value for all inputs, and so no shape.

        Of all units over all rows where there are statistics, or else of those kept.
        """
        if self.statistics is not None:
            return int(np.count_nonzero(self.statistics.constant))
        return int((self.values == self.values[0]).all(axis=0).sum())

    @property
    def non_finite(self) -> int:
        """The number of values that were NaN or infinite."""
        return 0 if self.statistics is None else int(self.statistics.non_finite.sum())

    @property
    def ensemble(self) -> str:
        """What the values range over, and how many they are."""
        return f"{_place(self)}, each of {self._units_text()} over {self._rows_text()}"

    @property
    def pooled(self) -> PooledSignal:
        """All units together."""
        ensemble = f"{_place(self)}, {self._units_text()} and {self._rows_text()} pooled"
        return PooledSignal(self.name, self.layer, self.values, self.clusters, ensemble)

    def unit(self, index: int) -> NDArray[np.floating]:
        """Return the values of one unit.

        Parameters
        ----------
        index : int
            Which of those kept, from 0 to ``units - 1``.

        Returns
        -------
        ndarray of floats, shape (rows,)
            A copy.

        Raises
        ------
        TypeError, ValueError
            If there is no such unit.
        """
        return self.values[:, whole("index", index, least=0, most=self.units - 1)].copy()

    def _units_text(self) -> str:
        return _part(self.units, self.all_units, "unit")

    def _rows_text(self) -> str:
        seen = self.rows if self.seen is None else self.seen
        if self.clusters is None:
            text = _part(self.rows, seen, "input")
        else:
            text = f"{_part(self.rows, seen, 'position')} of {_count(self.inputs, 'input')}"
        if self.left_out:
            text += f" ({self.left_out} with values that are not finite left out)"
        return text


def _checked_clusters(clusters: object, rows: int) -> NDArray[np.intp] | None:
    if clusters is None:
        return None
    indices = cluster_indices("clusters", clusters, size=rows)  # type: ignore[arg-type]
    indices.setflags(write=False)
    return indices


def _check_texts(signal: Signal | PooledSignal) -> None:
    check_text("name", signal.name)
    check_text("layer", signal.layer)


def _place(signal: Signal | PooledSignal) -> str:
    return f"{signal.name} of {signal.layer}"


def _part(number: int, total: int, noun: str) -> str:
    return _count(number, noun) if number == total else f"{number} of {_count(total, noun)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
