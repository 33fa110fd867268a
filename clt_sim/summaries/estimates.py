"""How results of draws show their estimates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from clt_sim.tables import Table, Tabular, data_frame, facts_table

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate
    from clt_sim.summaries.runs import Run


class Estimates(Tabular):
    """A result of the draws of a model, with estimates among its attributes."""

    __slots__ = ()

    _names: ClassVar[tuple[str, ...]]
    """Of the attributes that are estimates."""
    runs: tuple[Run, ...]
    precision: str

    @property
    @abstractmethod
    def ensemble(self) -> str:
        """What the draws range over, and how many there are."""

    @abstractmethod
    def _facts(self) -> Mapping[str, object]:
        """Return what is shown, by name."""

    def _estimates(self) -> dict[str, Estimate]:
        return {name: getattr(self, name) for name in self._names}

    def to_dataframe(self) -> Any:
        """Return the estimates as a pandas data frame.

        Returns
        -------
        pandas.DataFrame
            Columns ``measure``, ``value`` and ``stderr``, a row for each estimate.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        rows = [(name, one.value, one.stderr) for name, one in self._estimates().items()]
        return data_frame(("measure", "value", "stderr"), rows)

    def _as_tables(self) -> Sequence[Table]:
        seeds = ", ".join(str(run.seed) for run in self.runs)
        title = f"{self.ensemble}, seed {seeds}, {self.precision} precision"
        return [facts_table(title, self._facts().items())]

    def __str__(self) -> str:
        """Return the estimates as a table of text."""
        return str(self._as_tables()[0])

    __repr__ = __str__
