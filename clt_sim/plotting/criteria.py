"""Which measures of sparsity meet which criteria, as a map of yes and no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import ListedColormap

from clt_sim.plotting.axes import axes_or_new, own_style
from clt_sim.sparsity.criteria import CRITERIA

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SAYS = {
    "D1": "giving lowers",
    "D2": "no change",
    "D3": "adding lowers",
    "D4": "no change",
    "P1": "outliers raise",
    "P2": "zeros raise",
}
"""What the criteria ask of a measure of sparsity, in two words."""
_MARKS = {"no": 0, "yes*": 1, "yes": 2}
_COLOURS = ListedColormap(["#eceef1", "#8ec3ee", "#174a7c"])
_TEXT_COLOURS = {"no": "#5b6066", "yes*": "black", "yes": "white"}


def criteria_map(
    findings: Mapping[str, Mapping[str, str]], trials: int, *, ax: Axes | None = None
) -> Axes:
    """Draw a map of yes and no, with the names of measures that meet all criteria in bold.

    Parameters
    ----------
    findings : mapping of str to mapping of str to str
        For each measure and each criterion, such as ``"D1"``, one of ``"no"``, ``"yes*"`` and
        ``"yes"``: the findings of `clt_sim.sparsity.axioms` as text.
    trials : int
        Of how many pairs of random vectors they are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Examples
    --------
    >>> ax = criteria_map({"gini": {"D1": "yes", "D3": "yes"}, "l0": {"D1": "no", "D3": "yes"}}, 9)
    >>> [label.get_fontweight() for label in ax.get_yticklabels()]
    ['bold', 'normal']
    """
    marks = np.array([[_MARKS[mark] for mark in row.values()] for row in findings.values()])
    with own_style(ax):
        ax = axes_or_new(ax)
        ax.pcolormesh(marks, cmap=_COLOURS, vmin=0, vmax=2, edgecolors="white", linewidth=0.8)
        for row, answers in enumerate(findings.values()):
            for column, answer in enumerate(answers.values()):
                ax.text(
                    column + 0.5,
                    row + 0.5,
                    answer,
                    ha="center",
                    va="center_baseline",
                    fontsize=6.0,
                    color=_TEXT_COLOURS[answer],
                )
        _name_rows_and_columns(findings, ax)
        words = f"tried on {2 * trials} random vectors each"
        if np.any(marks == _MARKS["yes*"]):
            words += "\nyes*: but for equality at some with zeros or ties"
        ax.set_xlabel(words, fontsize=6.5)
    return ax


def _name_rows_and_columns(findings: Mapping[str, Mapping[str, str]], ax: Axes) -> None:
    ax.set_ylim(len(findings), 0)
    ax.xaxis.tick_top()
    labels = [f"{key} {CRITERIA[key].name}\n{_SAYS[key]}" for key in next(iter(findings.values()))]
    ax.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=90, linespacing=1.1)
    ax.set_yticks(np.arange(len(findings)) + 0.5, [_with_minus(name) for name in findings])
    for label, answers in zip(ax.get_yticklabels(), findings.values(), strict=True):
        label.set_fontweight("normal" if "no" in answers.values() else "bold")
    ax.tick_params(length=0.0)
    ax.spines[:].set_visible(False)


def _with_minus(name: str) -> str:
    """Return a name with minus signs, and no hyphens, at its ends."""
    inner = name.strip("-")
    return name.replace("-", "−") if "-" not in inner else name.replace("-" + inner, "−" + inner)
