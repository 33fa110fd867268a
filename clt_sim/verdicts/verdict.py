"""The answer to "is it Gaussian?": by a margin, with the interval that decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NoReturn

from clt_sim.tables import Facts, Table, facts_table

if TYPE_CHECKING:
    from clt_sim.verdicts.interval import Interval

MOST_NEEDED = 2**53
_SENTENCE = ("status", "explanation")
"""What the text of a verdict is made of."""


@dataclass(frozen=True, slots=True, repr=False)
class Verdict(Facts):
    """Whether a measure of gaussianity is within a margin, as far as an interval for it tells.

    Parameters
    ----------
    status : str
        ``"holds"``: the whole interval is at most the margin; ``"refuted"``: the whole interval is
        above it; ``"undecided"``: neither. Of a signed measure the absolute value counts.
    value : float
        The measure of the draws, or of the law.
    interval : tuple of float
        Where the measure of the law lies, with the confidence given.
    measure : str
        Its name.
    within : float
        The margin, above 0.
    confidence : float
        The probability, before the draws are made, that the interval covers the measure.
    count : int or None
        The number of draws; None for a law, of which nothing was drawn.
    ensemble : str
        What the measure ranges over.
    method : str
        How the interval was made.
    draws_needed : int or None
        About how many draws would decide, if the value stays where it is; None where it is
        decided already, or no number of draws would decide.
    explanation : str
        All of this in words.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.verdicts import is_gaussian
    >>> print(is_gaussian(clt.laws.get("logistic"), within=0.05))
    holds: the Kolmogorov distance to the normal law of the same mean and sd is 0.02266 (computed \
from the law, nothing was drawn), within the margin of 0.05.
    """

    status: str
    value: float
    interval: tuple[float, float]
    measure: str
    within: float
    confidence: float
    count: int | None
    ensemble: str
    method: str
    draws_needed: int | None
    explanation: str

    def __bool__(self) -> NoReturn:
        """Refuse to be one of two answers: there are three."""
        raise TypeError(
            "a verdict has three answers: compare its status with 'holds' or 'refuted'."
        )

    def __str__(self) -> str:
        """Return the verdict in words."""
        return f"{self.status}: {self.explanation}"

    __repr__ = __str__

    def _as_tables(self) -> Sequence[Table]:
        names = (field.name for field in fields(self) if field.name not in _SENTENCE)
        return [facts_table(str(self), ((name, getattr(self, name)) for name in names))]


def judge(
    interval: Interval,
    *,
    measure: str,
    noun: str,
    within: float,
    confidence: float,
    needed: int | None = None,
) -> Verdict:
    """Return the verdict that an interval gives.

    Parameters
    ----------
    interval : Interval
        Where the measure lies.
    measure, noun : str
        The name of the measure, and what it is in words.
    within, confidence : float
        As asked.
    needed : int, optional
        About how many draws would decide, where that is known better than from the interval.
    """
    low, high = interval.size
    words = f"the {noun} {_found(interval, confidence)}"
    status = "holds" if high <= within else "refuted" if low > within else "undecided"
    needed = (needed or draws_needed(interval, within)) if status == "undecided" else None
    return Verdict(
        status=status,
        value=interval.value,
        interval=(interval.low, interval.high),
        measure=measure,
        within=within,
        confidence=confidence,
        count=interval.count,
        ensemble=interval.ensemble,
        method=interval.method,
        draws_needed=needed,
        explanation=f"{words}, {_said(interval, within, needed)}.",
    )


def draws_needed(interval: Interval, within: float) -> int | None:
    """Return about how many draws would decide, if the value stays; None if none would.

    The sampling part of the interval is taken to shrink as the root of the number of draws.
    """
    if interval.count is None:
        return None
    least, most = interval.known_size
    reach = max(interval.below, interval.above)
    gap = max(within - most, least - within)
    if gap <= 0.0 or not math.isfinite(reach):
        return None
    needed = math.ceil(interval.count * (reach / gap) ** 2)
    return needed if needed <= MOST_NEEDED else None


def _found(interval: Interval, confidence: float) -> str:
    if interval.count is None:
        return f"is {interval.value:.4g} (computed from the law, nothing was drawn)"
    where = f"between {interval.low:.3g} and {interval.high:.3g}"
    draws = f"{interval.count} {interval.counted}"
    return f"is {where} with {100.0 * confidence:.6g} % confidence ({draws})"


def _said(interval: Interval, within: float, needed: int | None) -> str:
    low, high = interval.size
    margin = f"the margin of {within:g}"
    if high <= within:
        return f"within {margin}"
    if low > within:
        return f"beyond {margin}"
    if needed is not None:
        more = f"about {_round(needed)} {interval.counted} would decide it if the value stays"
        return f"with {margin} inside; {more}"
    return f"with {margin} inside, and {_hopeless(interval, within)}"


def _hopeless(interval: Interval, within: float) -> str:
    if interval.count is None:
        return "the numerical error leaves it open"
    least, most = interval.known_size
    if least <= within <= most and most > least:
        return (
            "no number of draws would decide it: the bins tell of these draws no more than that"
            f" it is between {least:.4g} and {most:.4g}"
        )
    return "no affordable number of draws would decide it"


def _round(number: int) -> str:
    """Return a whole number rounded up to two digits."""
    unit = 10 ** max(len(str(number)) - 2, 0)
    return f"{-(-number // unit) * unit:,}".replace(",", " ")
