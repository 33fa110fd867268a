"""What measures of every family share: names, refusals, and the making of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from clt_sim._validation import unknown_name
from clt_sim.report import Report

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)


class UnavailableError(ValueError):
    """A measure that a source cannot give; the message is the reason."""


class View(Protocol[M_contra]):
    """A source in the form that measures of one family take."""

    def estimate(self, measure: M_contra) -> Estimate:
        """Return the measure of this view, or raise `UnavailableError` with the reason."""


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
    if not isinstance(names, Iterable):
        raise TypeError(f"measures must be names, not {names!r}.")
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in table:
            raise unknown_name(kind, name, table)
    return {name: table[name] for name in chosen}


def make_report(title: str, reading: tuple[View[M], str, str], chosen: Mapping[str, M]) -> Report:
    """Return the report of the chosen measures.

    Parameters
    ----------
    title : str
        What is measured.
    reading : tuple of (View, str, str)
        The source in the form that the measures take, its ensemble and the route.
    chosen : mapping
        The measures by name.
    """
    view, ensemble, route = reading
    estimates, unavailable = {}, {}
    for name, chosen_measure in chosen.items():
        try:
            estimates[name] = view.estimate(chosen_measure)
        except UnavailableError as reason:
            unavailable[name] = str(reason)
    return Report(title, ensemble, route, estimates, unavailable)
