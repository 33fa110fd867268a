"""Reports: what was measured, on what, and what could not be measured and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clt_sim._validation import unknown_name
from clt_sim.estimate import Estimate
from clt_sim.tables import Table, Tabular, data_frame


@dataclass(frozen=True, slots=True)
class Report(Tabular, Mapping[str, Estimate]):
    """A mapping from the names of measures to estimates.

    Parameters
    ----------
    title : str
        What was measured, such as ``"gaussianity"``.
    ensemble : str
        What the numbers range over: which draws, units or inputs, and how many.
    route : str
        How the numbers were made, such as ``"sorted sample"``.
    estimates : dict
        The measures that the source could give.
    unavailable : dict
        The reason for each measure that it could not give.
    shape : Report or None
        Where raw values were measured: the same measures of the standardised values, which
        location and scale have no part in.

    Examples
    --------
    >>> report = Report("gaussianity", "1000 draws", "sorted sample",
    ...                 {"skewness": Estimate(0.1, 0.02)}, {"negentropy": "needs a density"})
    >>> print(report)
    gaussianity: 1000 draws (sorted sample)
      skewness    0.100 ± 0.020
      negentropy  not available: needs a density
    """

    title: str
    ensemble: str
    route: str
    estimates: dict[str, Estimate]
    unavailable: dict[str, str] = field(default_factory=dict)
    shape: Report | None = None

    def __getitem__(self, name: str) -> Estimate:
        """Return an estimate; the error for one that is absent says why."""
        if name in self.estimates:
            return self.estimates[name]
        if name in self.unavailable:
            raise KeyError(f"{name} is not available: {self.unavailable[name]}")
        raise KeyError(str(unknown_name("measure", name, [*self.estimates, *self.unavailable])))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the available measures."""
        return iter(self.estimates)

    def __len__(self) -> int:
        """Return the number of available measures."""
        return len(self.estimates)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""
        return {
            "title": self.title,
            "ensemble": self.ensemble,
            "route": self.route,
            "estimates": {name: estimate.to_dict() for name, estimate in self.estimates.items()},
            "unavailable": dict(self.unavailable),
            **({} if self.shape is None else {"shape": self.shape.to_dict()}),
        }

    def to_dataframe(self) -> Any:
        """Return the report as a pandas data frame, one row a measure.

        Returns
        -------
        pandas.DataFrame
            Columns ``measure``, ``value``, ``stderr`` and ``unavailable``: the reason for a
            measure without a value, else None. Of raw values also ``shape_value`` and
            ``shape_stderr``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        shape = () if self.shape is None else ("shape_value", "shape_stderr")
        rows = [
            (name, *_numbers(self.get(name)), self.unavailable.get(name), *self._of_shape(name))
            for name in (*self.estimates, *self.unavailable)
        ]
        return data_frame(("measure", "value", "stderr", "unavailable", *shape), rows)

    def _of_shape(self, name: str) -> tuple[float, ...]:
        return () if self.shape is None else _numbers(self.shape.get(name))

    def _as_tables(self) -> Sequence[Table]:
        return [Table(self._title(), ("measure", "value"), tuple(self._rows()))]

    def _title(self) -> str:
        return f"{self.title}: {self.ensemble} ({self.route})"

    def _rows(self) -> list[tuple[str, str]]:
        available = [
            (name, f"{estimate}{self._beside_shape(name, estimate)}")
            for name, estimate in self.estimates.items()
        ]
        missing = [(name, f"not available: {why}") for name, why in self.unavailable.items()]
        return available + missing

    def _beside_shape(self, name: str, raw: Estimate) -> str:
        """Say what the shape alone gives, and which part of a distance it leaves."""
        shape = None if self.shape is None else self.shape.get(name)
        if shape is None or shape == raw:
            return ""
        text = f"; of its shape {shape}"
        if 0.0 <= shape.value <= raw.value:
            text += f"; location and scale {100.0 * (1.0 - shape.value / raw.value):.3g} %"
        return text

    def __str__(self) -> str:
        """Return the report as a table of text."""
        rows = self._rows()
        width = max((len(name) for name, _ in rows), default=0)
        return "\n".join([self._title(), *(f"  {name:<{width}}  {text}" for name, text in rows)])

    __repr__ = __str__


def _numbers(estimate: Estimate | None) -> tuple[float, float]:
    return (math.nan, math.nan) if estimate is None else (estimate.value, estimate.stderr)
