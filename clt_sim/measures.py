"""What measures of every family share: names, refusals, and the making of a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from clt_sim._validation import check_name, checked_row
from clt_sim.report import Report

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)
LEAST_VARIANCE = 1e-290
"""Smaller ones, and their products with small numbers, lose digits."""
FARTHEST = 1e10
"""A double this many standard deviations from 0 resolves a millionth of one."""


class UnavailableError(ValueError):
    """A measure that a source cannot give; the message is the reason."""


class OfValues(Protocol):
    """A measure that says how many values it takes."""

    least: ClassVar[int]
    """The fewest that say anything."""


class View(Protocol[M_contra]):
    """A source in the form that measures of one family take."""

    def estimate(self, measure: M_contra) -> Estimate:
        """Return the measure of this view, or raise `UnavailableError` with the reason."""


class Moments(Protocol):
    """A law, of which these are known."""

    @property
    def mean(self) -> float:
        """The expectation."""

    @property
    def variance(self) -> float:
        """The variance."""


def check_count(measure: OfValues, count: int) -> None:
    """Raise `UnavailableError` if a measure takes more than `count` values."""
    if count < measure.least:
        raise UnavailableError(f"needs at least {measure.least} values; there are {count}")


def check_resolution(law: Moments) -> None:
    """Raise if doubles do not resolve a law: if it is too narrow, or too far from 0.

    Parameters
    ----------
    law : Law or ExactLaw
        Not a constant.

    Raises
    ------
    UnavailableError
        If they do not.
    """
    if law.variance < LEAST_VARIANCE:
        raise UnavailableError(
            f"the variance of {law} must be at least {LEAST_VARIANCE:g}, not {law.variance:.3g},"
            " for double precision; rescale the law"
        )
    sd = math.sqrt(law.variance)
    if math.isfinite(sd) and abs(law.mean) > FARTHEST * sd:
        raise UnavailableError(
            f"the mean of {law}, {law.mean:g}, must be at most {FARTHEST:g} standard deviations,"
            f" of {sd:.3g} each, from 0, for doubles to resolve it; shift the law"
        )


def select(kind: str, table: Mapping[str, M], names: str | Iterable[str] | None) -> dict[str, M]:
    """Return the entries of a table that have these names, all of them for None.

    Parameters
    ----------
    kind : str
        What the entries are, for the message: ``"measure of sparsity"``.
    table : mapping
        The measures by name.
    names : str, iterable of str or None
        Which of them, in which order.

    Raises
    ------
    TypeError
        If `names` is not made of names.
    ValueError
        If a name is unknown, with the nearest match.

    Examples
    --------
    >>> select("letter", {"a": 1, "b": 2}, "b")
    {'b': 2}
    """
    if names is None:
        return dict(table)
    asked = [names] if isinstance(names, str) else names
    chosen = checked_row("measures", asked, what="row of names")
    for name in chosen:
        check_name(kind, name, table)
    return {name: table[name] for name in chosen}


def make_report(
    title: str,
    ensemble: str,
    route: str,
    chosen: Mapping[str, M],
    estimate: Callable[[M], Estimate],
) -> Report:
    """Return the report of the chosen measures.

    Parameters
    ----------
    title : str
        What is measured.
    ensemble : str
        What it ranges over.
    route : str
        How it is measured.
    chosen : mapping
        The measures by name.
    estimate : callable
        Returns the estimate of a measure, or raises `UnavailableError` with the reason.
    """
    estimates, unavailable = {}, {}
    for name, chosen_measure in chosen.items():
        try:
            estimates[name] = estimate(chosen_measure)
        except UnavailableError as reason:
            unavailable[name] = str(reason)
    return Report(title, ensemble, route, estimates, unavailable)
