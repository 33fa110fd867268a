"""The verdict on a claim, with the findings that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NoReturn

from clt_sim.claims.finding import Finding
from clt_sim.tables import Table, Tabular, data_frame, facts_table

if TYPE_CHECKING:
    from clt_sim.claims.claim import Claim

_COLUMNS = ("verdict", "question", "found", "99.9 % interval", "claimed")
_HEADINGS = ("decides", "conditions")


@dataclass(frozen=True, slots=True, repr=False)
class ClaimVerdict(Tabular):
    """Whether a claim holds, as far as its experiment tells.

    Parameters
    ----------
    claim : Claim
        What was checked.
    status : str
        ``"holds"``, ``"refuted"`` or ``"undecided"``.
    findings : tuple of Finding
        The numbers, first those that decide.
    quality, seed
        Of the experiment.

    Examples
    --------
    >>> import clt_sim as clt
    >>> verdict = clt.check("sums-approach-normal")
    >>> verdict.status, len(verdict.findings)
    ('holds', 8)
    """

    claim: Claim
    status: str
    findings: tuple[Finding, ...]
    quality: str
    seed: int

    @property
    def explanation(self) -> str:
        """The verdict in words: the findings that made it, and where it turns."""
        deciding = [one for one in self.findings if one.decides]
        reasons = [one for one in deciding if one.status == self.status] or deciding
        count = f"{len(reasons)} of {len(deciding)} numbers that decide say so"
        return f"{count}; among them: {reasons[0]}. {self.claim.turns}"

    def __bool__(self) -> NoReturn:
        """Refuse to be one of two answers: there are three."""
        raise TypeError(
            "a verdict has three answers: compare its status with 'holds' or 'refuted'."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""
        return {
            "claim": self.claim.name,
            "specification": str(self.claim),
            "statement": self.claim.statement,
            "source": str(self.claim.source),
            "rule": self.claim.rule,
            "turns": self.claim.turns,
            "status": self.status,
            "explanation": self.explanation,
            "quality": self.quality,
            "seed": self.seed,
            "findings": [one.to_dict() for one in self.findings],
        }

    def to_dataframe(self) -> Any:
        """Return the findings as a pandas data frame, one row a finding.

        Returns
        -------
        pandas.DataFrame
            Columns ``claim``, and what `Finding.to_dict` has: ``question``, ``value``, ``low``,
            ``high``, ``side``, ``threshold``, ``decides`` and ``status``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        columns = (*(field.name for field in fields(Finding)), "status")
        rows = [
            (str(self.claim), *(getattr(one, name) for name in columns)) for one in self.findings
        ]
        return data_frame(("claim", *columns), rows)

    def _lines(self) -> dict[str, str]:
        return {
            "claim": self.claim.statement,
            "source": str(self.claim.source),
            "rule": self.claim.rule,
            "turns": self.claim.turns,
        }

    def _rows(self, *, decides: bool) -> list[tuple[str, ...]]:
        return [
            (
                one.status,
                one.question,
                f"{one.value:.4g}",
                f"{one.low:.4g} to {one.high:.4g}",
                f"{one.side} {one.threshold:.4g}",
            )
            for one in self.findings
            if one.decides == decides
        ]

    def _title(self) -> str:
        return f"{self.claim.name}: {self.status} ({self.quality}, seed {self.seed})"

    def __str__(self) -> str:
        """Return the verdict as a table of text."""
        lines = [self._title()]
        lines += [f"  {name:<7} {text}" for name, text in self._lines().items()]
        deciding, conditions = (self._rows(decides=decides) for decides in (True, False))
        widths = [
            max(len(row[column]) for row in (_COLUMNS, *deciding, *conditions))
            for column in range(len(_COLUMNS))
        ]
        for heading, rows in zip(_HEADINGS, (deciding, conditions), strict=True):
            if rows:
                lines += [f"  {heading}:", *(_aligned(row, widths) for row in (_COLUMNS, *rows))]
        return "\n".join(lines)

    __repr__ = __str__

    def _as_tables(self) -> Sequence[Table]:
        tables = [facts_table(self._title(), self._lines().items())]
        for heading, decides in zip(_HEADINGS, (True, False), strict=True):
            rows = tuple(self._rows(decides=decides))
            if rows:
                tables.append(Table(heading, _COLUMNS, rows))
        return tables


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
    return ("    " + "  ".join(cells)).rstrip()
