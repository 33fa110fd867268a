"""Which measures of sparsity meet which criteria."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._json_types import plain
from clt_sim._validation import check_text, shown, whole
from clt_sim.sparsity.criteria import CRITERIA, Change, Criterion, vectors, vectors_with_ties
from clt_sim.sparsity.published import hurley_rickard
from clt_sim.tables import Table, Tabular, data_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_TRIALS = 10**6
_MARKS = {(True, False): "yes", (True, True): "yes*", (False, True): "no"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a measure meets a criterion.

    Parameters
    ----------
    holds : bool
        False if a trial went against it. A "yes" is what all trials showed, not a proof.
    exception : Change or None
        The counterexample of a "no". Of a "yes" a vector with zeros or ties that does not
        change the measure where it should; None if there is none.
    """

    holds: bool
    exception: Change | None

    def __str__(self) -> str:
        """Return yes, no, or yes* for one with an exception."""
        return _MARKS[self.holds, self.exception is not None]


@dataclass(frozen=True, slots=True)
class AxiomTable(Tabular):
    """The criteria that measures meet in random trials.

    Parameters
    ----------
    findings : dict
        For each measure its finding by criterion.
    trials : int
        How many positive vectors without ties, and as many with zeros and ties, each criterion
        was tried on for each measure.
    seed : int
        What decided them.

    Examples
    --------
    >>> from clt_sim.sparsity import axioms
    >>> table = axioms()
    >>> table["gini"]["D4"].holds, table["hoyer"]["D4"].holds
    (True, False)
    >>> table["hoyer"]["D4"].exception.value > table["hoyer"]["D4"].exception.changed
    True
    """

    findings: dict[str, dict[str, Finding]]
    trials: int
    seed: int

    def __getitem__(self, name: str) -> dict[str, Finding]:
        """Return the findings on one measure."""
        check_text("name", name)
        return self.findings[name]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types, with exceptions; numbers that are not finite as text."""
        return {
            "trials": self.trials,
            "seed": self.seed,
            "findings": {
                name: {
                    criterion: {
                        "holds": finding.holds,
                        "exception": finding.exception and plain(asdict(finding.exception)),
                    }
                    for criterion, finding in row.items()
                }
                for name, row in self.findings.items()
            },
        }

    def to_dataframe(self) -> Any:
        """Return the table as a pandas data frame, one row a finding.

        Returns
        -------
        pandas.DataFrame
            Columns ``measure``, ``criterion``, ``holds`` and ``exception``: whether there is one.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        rows = [
            (name, criterion, finding.holds, finding.exception is not None)
            for name, row in self.findings.items()
            for criterion, finding in row.items()
        ]
        return data_frame(("measure", "criterion", "holds", "exception"), rows)

    def _as_tables(self) -> Sequence[Table]:
        rows = tuple(map(tuple, self._rows()))
        return [Table("", ("measure", *CRITERIA), rows, tuple(self._notes))]

    def _rows(self) -> list[list[str]]:
        return [[name, *map(str, row.values())] for name, row in self.findings.items()]

    @property
    def _notes(self) -> list[str]:
        return [
            f"{', '.join(f'{key} {criterion.name}' for key, criterion in CRITERIA.items())}",
            f"{self.trials} positive vectors and {self.trials} with zeros and ties each"
            f" (seed {self.seed})",
            "yes* but for equality at some vectors with zeros or ties",
        ]

    def __str__(self) -> str:
        """Return the table as text."""
        rows = [["", *CRITERIA], *self._rows()]
        width = max(len(row[0]) for row in rows)
        lines = [f"{row[0]:<{width}}" + "".join(f"  {cell:<4}" for cell in row[1:]) for row in rows]
        return "\n".join([line.rstrip() for line in lines] + self._notes)

    __repr__ = __str__


def axioms(
    measures: Mapping[str, Callable[[NDArray[np.float64]], float]] | None = None,
    *,
    trials: int = 100,
    seed: int = 0,
) -> AxiomTable:
    """Check measures of sparsity against six criteria of Hurley & Rickard on random vectors.

    D1 Robin Hood, D3 rising tide: giving from a larger to a smaller value, and adding the same to
    all, have to lower a measure; D2 scaling, D4 cloning: a factor and copies of the whole vector
    may not change it; P1 Bill Gates, P2 babies: one value that grows, once it is large enough,
    and another 0 have to raise it. Whoever does not change where it has to is a "no".

    The definitions are those of N. Hurley & S. Rickard, Comparing measures of sparsity (IEEE
    Trans. Inf. Theory 55, 2009). They find that the Gini index and the pq-mean meet all six, and
    Hoyer's index all but D4. Where this table differs:

    - D3 of constant vectors and P1 for the one value of a vector that is not 0 contradict D2, and
      are left out. With them no measure could meet all six.
    - Hoyer's index meets P2 but for vectors of one value that is not 0: it is 1 there, with any
      number of zeros ("yes*").
    - H_S and H_S' are negated here, as entropies are smaller where values are sparser.

    Parameters
    ----------
    measures : mapping of str to callable, or None
        Functions of an array of magnitudes, shape (N,), larger where sparser; None for
        `hurley_rickard`.
    trials : int
        Positive vectors without ties for each criterion, and as many with zeros and ties, of 4 to
        11 values.
    seed : int
        Decides the vectors.

    Returns
    -------
    AxiomTable
        A finding for each measure and criterion, with a counterexample for each "no".

    Examples
    --------
    >>> from clt_sim.sparsity import axioms
    >>> print(axioms({"sum": lambda c: -c.sum()}, trials=20))
         D1    D2    D3    D4    P1    P2
    sum  no    no    yes   no    no    no
    D1 Robin Hood, D2 scaling, D3 rising tide, D4 cloning, P1 Bill Gates, P2 babies
    20 positive vectors and 20 with zeros and ties each (seed 0)
    yes* but for equality at some vectors with zeros or ties
    """
    trials = whole("trials", trials, least=1, most=_MOST_TRIALS)
    seed = whole("seed", seed, least=0)
    if not isinstance(measures, Mapping | None):
        raise TypeError(f"measures must be functions by name, not {shown(measures)}.")
    chosen = hurley_rickard if measures is None else measures
    findings = {
        name: {
            key: _finding(criterion, function, trials, seed) for key, criterion in CRITERIA.items()
        }
        for name, function in chosen.items()
    }
    return AxiomTable(findings, trials, seed)


def _finding(
    criterion: Criterion,
    function: Callable[[NDArray[np.float64]], float],
    trials: int,
    seed: int,
) -> Finding:
    rng = np.random.default_rng(seed)
    for c in vectors(trials, rng):
        violation = criterion.violation(function, c, rng)
        if violation is not None:
            return Finding(False, violation)
    tie = None
    for c in vectors_with_ties(trials, rng):
        violation = criterion.violation(function, c, rng)
        if violation is not None and violation.direction != 0:
            return Finding(False, violation)
        tie = tie or violation
    return Finding(True, tie)
