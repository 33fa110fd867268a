"""A signal in the forms that measures take, each made once."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.effective_size import effective_size
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.views.arrays import draws_of, units_of
from clt_sim.measures import UnavailableError, check_count
from clt_sim.sparsity.draws import Draws as PooledMagnitudes
from clt_sim.sparsity.magnitudes import Magnitudes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.measure import Measure as GaussianityMeasure
    from clt_sim.gaussianity.views.draws import Draws
    from clt_sim.gaussianity.views.units import Units
    from clt_sim.networks.recording.signal import Signal
    from clt_sim.sparsity.measure import Measure as SparsityMeasure

_LEAST_ROWS = _LEAST_UNITS = 2


@dataclass(frozen=True, eq=False)
class SignalViews:
    """The views of one signal.

    Parameters
    ----------
    signal : Signal
        The signal.
    """

    signal: Signal

    @functools.cached_property
    def _values(self) -> NDArray[np.float64]:
        if self.signal.rows < _LEAST_ROWS:
            raise UnavailableError(f"needs at least 2 rows; {self.signal.rows} were kept")
        return self.signal.values.astype(np.float64)

    @functools.cached_property
    def _clusters(self) -> NDArray[np.intp]:
        """The input of each value."""
        groups = self.signal.clusters
        if groups is None:
            groups = np.arange(self.signal.rows)
        if np.ptp(groups) == 0:
            raise UnavailableError("errors rest on the spread between inputs; there is only one")
        return np.repeat(groups, self.signal.units)

    @functools.cached_property
    def units(self) -> Units:
        """The units that vary, for measures of gaussianity.

        Raises
        ------
        ValueError
            If none varies, or there are fewer than 2 rows.
        """
        return units_of([*self._values.T], standardize=True)[0]

    @functools.cached_property
    def population(self) -> Units:
        """The rows that vary over units, for measures of gaussianity.

        Raises
        ------
        ValueError
            If none varies, or there are fewer than 2 rows or units.
        """
        self._check_units()
        return units_of([*self._values], standardize=True)[0]

    def counting_inputs(self, estimate: Estimate) -> Estimate:
        """Return an estimate from the spread between rows with an error that counts inputs.

        Positions of one input may be alike: the error of independent rows is multiplied by the
        square root of the rows of one input, which is enough for copies.
        """
        alike = math.sqrt(self.signal.rows / self.signal.inputs)
        return Estimate(estimate.value, alike * estimate.stderr)

    @functools.cached_property
    def pooled(self) -> Draws:
        """All values, as clusters by input, for measures of gaussianity.

        Raises
        ------
        ValueError
            If they are all the same, or of fewer than 2 rows or inputs.
        """
        return draws_of(self._values.ravel(), self._clusters, standardize=True)

    @functools.cached_property
    def pooled_magnitudes(self) -> PooledMagnitudes:
        """All values, as clusters by input, for measures of sparsity.

        Raises
        ------
        ValueError
            If they are all 0, or of fewer than 2 rows or inputs.
        """
        if not self._values.any():
            raise UnavailableError("all values are 0: sparsity is of their relative size")
        return PooledMagnitudes.of(self._values.ravel(), self._clusters)

    @functools.cached_property
    def _magnitudes(self) -> dict[str, Magnitudes]:
        """Magnitudes of the units that vary over rows, and of the rows that vary over units."""
        found = {}
        for kind, values in (("unit", self._values.T), ("population", self._values)):
            varying = values[(values != values[:, :1]).any(axis=1)]
            if len(varying):
                found[kind] = Magnitudes.of(varying)
        return found

    def sparsities(self, measure: SparsityMeasure, kind: str) -> list[float]:
        """Return a measure of sparsity of each unit or row that varies.

        Parameters
        ----------
        measure : Measure
            A measure of sparsity.
        kind : {"unit", "population"}
            Of each unit over rows, or of each row over units.

        Raises
        ------
        UnavailableError
            If none varies or they are too short.
        """
        if kind not in self._magnitudes:
            raise UnavailableError("none of them varies")
        magnitudes = self._magnitudes[kind]
        check_count(measure, magnitudes.values.shape[-1])
        return list(np.asarray(measure.of_magnitudes(magnitudes)).tolist())

    @functools.cached_property
    def effective_values(self) -> float | None:
        """How many independent values the pooled mean is worth; None if there is no such number."""
        try:
            return _size_of(self._values.ravel(), self._clusters)
        except UnavailableError:
            return None

    @functools.cached_property
    def effective_rows(self) -> float | None:
        """How many independent rows the mean of the median unit is worth, or None."""
        if self.signal.rows < _LEAST_ROWS:
            return None
        if self.signal.clusters is None:
            return float(self.signal.rows)
        sizes = [_size_of(unit, self.signal.clusters) for unit in self.signal.values.T]
        known = [size for size in sizes if size is not None]
        return float(np.median(known)) if known else None

    @property
    def floor_units(self) -> int:
        """The number of units at which normal rows are compared.

        Raises
        ------
        UnavailableError
            If there is only one.
        """
        self._check_units()
        return self.signal.units

    def _check_units(self) -> None:
        if self.signal.units < _LEAST_UNITS:
            raise UnavailableError("a row over units needs at least 2 units; there is only one")

    @property
    def floor_rows(self) -> int:
        """The number of independent rows at which normal units are compared."""
        rows = self.signal.rows
        effective = rows if self.effective_rows is None else round(self.effective_rows)
        return max(_LEAST_ROWS, min(rows, effective))


def sizes(units: Units, measure: GaussianityMeasure) -> list[float]:
    """Return the absolute value of a measure of gaussianity of each unit or row that varies.

    Raises
    ------
    UnavailableError
        If one does not have the measure.
    """
    return [abs(draws.estimate(measure).value) for draws in units.units]


def _size_of(values: NDArray[np.floating], clusters: NDArray[np.intp]) -> float | None:
    try:
        return effective_size(values, clusters=clusters).value
    except ValueError:  # the values, or their means over inputs, are all the same
        return None
