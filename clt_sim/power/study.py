"""The result of a study of power: shares of samples that tests reject, with errors."""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from clt_sim import __version__
from clt_sim._files import read_file, replace_file
from clt_sim._json_types import parsed, plain
from clt_sim._validation import check_name, finite, shown, whole
from clt_sim.engine.simulation import MOST_SEED
from clt_sim.estimate import Estimate
from clt_sim.normality_tests.registry import STATISTICS
from clt_sim.power.specification import MOST_REPETITIONS, MOST_VALUES, label
from clt_sim.tables import Table, Tabular, data_frame

FORMAT = "clt_sim power study 1"
_MOST_BYTES = 2**24
"""Larger files are not read."""


@dataclass(frozen=True, slots=True)
class PowerStudy(Tabular, Mapping[tuple[str, str, int], Estimate]):
    """How often tests of normality reject samples of laws and models.

    It is a mapping from ``(test, alternative, n)`` to estimates. Standard errors are half the
    width of Wilson's interval for one standard deviation: they are binomial, and not 0 where no
    sample or every sample was rejected. All tests see the same samples, so that the difference of
    two is mostly better known than two errors would say.

    Parameters
    ----------
    tests : tuple of str
        Names of tests of normality.
    alternatives : tuple of str
        Labels of what samples were drawn from; the first is the normal law, whose numbers are the
        size of the tests.
    sources : tuple of str
        What each alternative is.
    n : tuple of int
        Numbers of values in a sample, ascending.
    rejections : tuple of tuple of tuple of int
        How many samples were rejected, by alternative, test and n.
    level : float
        A sample is rejected where its p-value is below this.
    repetitions : int
        Samples of each alternative and n.
    seed : int
        What decided the samples.
    version : str
        The version of the package that made it.

    Raises
    ------
    ValueError
        If a test is unknown, or the rejections do not fit to the rest.
    """

    tests: tuple[str, ...]
    alternatives: tuple[str, ...]
    sources: tuple[str, ...]
    n: tuple[int, ...]
    rejections: tuple[tuple[tuple[int, ...], ...], ...]
    level: float
    repetitions: int
    seed: int
    version: str = __version__

    def __post_init__(self) -> None:
        """Check that everything fits together."""
        for test in self.tests:
            check_name("test of normality", test, STATISTICS)
        whole("repetitions", self.repetitions, least=1, most=MOST_REPETITIONS)
        shape = len(self.alternatives), len(self.tests), len(self.n)
        counts = np.array(self.rejections)
        if counts.shape != shape or len(self.sources) != shape[0]:
            raise ValueError(f"rejections must have the shape {shape}, not {counts.shape}.")
        if counts.dtype.kind != "i" or counts.min() < 0 or counts.max() > self.repetitions:
            raise ValueError(
                f"each of rejections must be a whole number from 0 to {self.repetitions}."
            )

    def power(self, test: str, alternative: object, n: int) -> Estimate:
        """Return the share of samples that a test rejects.

        Parameters
        ----------
        test : str
            The name of the test.
        alternative : str, Law, WeightedSum or RandomNetwork
            The alternative, or its label.
        n : int
            The number of values in a sample.

        Raises
        ------
        ValueError
            If the study has no such test, alternative or n.
        """
        row = _place("alternative of the study", label(alternative), self.alternatives)
        column = _place("test of the study", test, self.tests)
        if whole("n", n, least=1) not in self.n:
            raise ValueError(f"n must be one of {', '.join(map(str, self.n))}, not {shown(n)}.")
        return self._estimate(self.rejections[row][column][self.n.index(n)])

    def _estimate(self, rejected: int) -> Estimate:
        total = self.repetitions
        width = math.sqrt(rejected * (total - rejected) / total + 0.25) / (total + 1.0)
        return Estimate(rejected / total, width)

    def __getitem__(self, key: tuple[str, str, int]) -> Estimate:
        """Return the power for a test, an alternative and an n."""
        try:
            test, alternative, n = key
            return self.power(test, alternative, n)
        except (ValueError, TypeError) as error:
            raise KeyError(f"{shown(key)}: {error}") from None

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        """Iterate over tests, alternatives and numbers of values, the last fastest."""
        return itertools.product(self.tests, self.alternatives, self.n)

    def __len__(self) -> int:
        """Return the number of estimates."""
        return len(self.tests) * len(self.alternatives) * len(self.n)

    def table(self, n: int) -> dict[str, dict[str, Estimate]]:
        """Return the powers for one n: by alternative, then by test.

        Raises
        ------
        ValueError
            If the study has no such n.
        """
        return {
            alternative: {test: self.power(test, alternative, n) for test in self.tests}
            for alternative in self.alternatives
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types."""
        return {"format": FORMAT, **{key: plain(value) for key, value in asdict(self).items()}}

    def to_dataframe(self) -> Any:
        """Return the study as a pandas data frame, one row an estimate.

        Returns
        -------
        pandas.DataFrame
            Columns ``test``, ``alternative``, ``n``, ``power`` and ``stderr``, in shares of 1.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        rows = [(*key, estimate.value, estimate.stderr) for key, estimate in self.items()]
        return data_frame(("test", "alternative", "n", "power", "stderr"), rows)

    @classmethod
    def from_dict(cls, content: Any) -> PowerStudy:
        """Return the study that `to_dict` returned, before or after it was JSON.

        Raises
        ------
        ValueError
            If it is something else.
        """
        if not isinstance(content, Mapping) or content.get("format") != FORMAT:
            raise ValueError(f"not of the format {FORMAT!r}.")
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in content]
        if missing:
            raise ValueError(f"{missing[0]} is missing.")
        try:
            parts = {name: _tuples(content[name]) for name in names}
        except RecursionError:
            raise ValueError("it is nested too deeply.") from None
        study = cls(**parts)
        study._check_values()
        return study

    def _check_values(self) -> None:
        """Raise if names are no text, or numbers are outside of what a study can have."""
        texts: tuple[Any, ...] = (self.tests, self.alternatives, self.sources, (self.version,))
        for names in texts:
            if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
                raise ValueError(f"names must be texts, not {names!r}.")
        if not 0.0 < finite("level", self.level) < 1.0:
            raise ValueError(f"level must be above 0 and below 1, not {self.level}.")
        whole("seed", self.seed, least=0, most=MOST_SEED)
        if not isinstance(self.n, tuple):
            raise ValueError(f"n must be a row of numbers, not {shown(self.n)}.")
        sizes = [whole("each n", n, least=1, most=MOST_VALUES) for n in self.n]
        if sizes != sorted({*sizes}):
            raise ValueError(f"n must ascend: {self.n}.")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON file; equal studies give equal bytes."""
        replace_file(path, (json.dumps(self.to_dict(), indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PowerStudy:
        """Read a file that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not a study of power or is damaged.
        """
        try:
            return cls.from_dict(parsed(read_file(path, _MOST_BYTES)))
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(
                f"{os.fspath(path)!r} is not a study of power of clt_sim: {error}"
            ) from error

    def __str__(self) -> str:
        """Return a table for each n, in percent."""
        blocks = [self._block(n) for n in self.n]
        return "\n".join([self._title(), *itertools.chain.from_iterable(blocks), self._symbols()])

    __repr__ = __str__

    def _symbols(self) -> str:
        return ", ".join(f"{STATISTICS[test].symbol} {test}" for test in self.tests)

    def _title(self) -> str:
        error = 100.0 * max(estimate.stderr for estimate in self.values())
        return (
            f"power of tests of normality at level {self.level:g}, in %: {self.repetitions}"
            f" samples each, standard errors up to {error:.2g} %, seed {self.seed}"
        )

    def _block(self, n: int) -> list[str]:
        names = [f"n = {n}", *self.alternatives]
        width = max(map(len, names))
        heads = [STATISTICS[test].symbol for test in self.tests]
        rows = [heads, *self._percentages(n)]
        return [
            f"{name:<{width}}" + "".join(f"{cell:>7}" for cell in row)
            for name, row in zip(names, rows, strict=True)
        ]

    def _percentages(self, n: int) -> list[list[str]]:
        table = self.table(n)
        return [[f"{100.0 * e.value:.1f}" for e in row.values()] for row in table.values()]

    def _as_tables(self) -> Sequence[Table]:
        columns = ("", *(STATISTICS[test].symbol for test in self.tests))
        align = "l" + "r" * len(self.tests)
        tables = [Table(f"n = {n}", columns, tuple(self._rows(n)), align=align) for n in self.n]
        return [Table(self._title(), (), ()), *tables, Table("", (), (), (self._symbols(),))]

    def _rows(self, n: int) -> list[tuple[str, ...]]:
        rows = zip(self.alternatives, self._percentages(n), strict=True)
        return [(name, *cells) for name, cells in rows]


def _place(kind: str, name: str, known: Sequence[str]) -> int:
    check_name(kind, name, known)
    return known.index(name)


def _tuples(value: Any) -> Any:
    """Return lists within lists as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
