"""Fitted powers of n."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from clt_sim._validation import finite_row, shown
from clt_sim.plotting.against_n import logarithmic, rising_row
from clt_sim.plotting.axes import check_label
from clt_sim.plotting.style import NORMAL
from clt_sim.theory import RateFit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_rate(
    fit: RateFit, ns: Sequence[int], *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a fitted power of n, with its interval beside the theorem's exponent in the legend.

    Parameters
    ----------
    fit : RateFit
        As `clt_sim.theory.fit_rate` returns it.
    ns : sequence of int
        From the least to the greatest of which the line goes: those that were fitted.
    label : str, optional
        Entry in the legend; by default the exponents.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        If there is no n, or one is not above 0.

    Examples
    --------
    >>> from clt_sim.theory import fit_rate
    >>> fit = fit_rate([10, 100, 1000], [0.03, 0.0096, 0.003], theorem_exponent=0.5)
    >>> print(draw_rate(fit, [10, 1000]).lines[0].get_label())
    fit $n^{-0.50}$ (95 %: 0.46 to 0.54), theorem $n^{-1/2}$
    """
    if not isinstance(fit, RateFit):
        raise TypeError(f"fit must be a RateFit, not {shown(fit)}.")
    check_label("label", label)
    places: dict[Any, float] = dict.fromkeys(finite_row("ns", ns), 1.0)
    n, _ = rising_row("ns", places)
    ends = n[[0, -1]]
    ax = logarithmic(ax)
    ax.plot(
        ends,
        fit.constant * ends**-fit.exponent,
        color=NORMAL,
        linewidth=0.8,
        linestyle=(0, (4, 2)),
        label=_exponents(fit) if label is None else label,
        zorder=3.5,
    )
    return ax


def _exponents(fit: RateFit) -> str:
    """Return the exponents for a legend, to the digit in which the interval has its width."""
    low, high = fit.interval
    half = 0.5 * (high - low)
    decimals = min(max(-math.floor(math.log10(half)), 1), 4) if half > 0.0 else 4
    exponent, low_text, high_text = (f"{value:.{decimals}f}" for value in (fit.exponent, low, high))
    text = (
        f"fit $n^{{{_negated(exponent)}}}$ ({fit.confidence * 100:g} %: {low_text} to {high_text})"
    )
    if fit.theorem_exponent is None:
        return text
    return f"{text}, theorem $n^{{{_negated(_simple(fit.theorem_exponent))}}}$"


def _negated(text: str) -> str:
    return text[1:] if text.startswith("-") else f"-{text}"


def _simple(value: float) -> str:
    """Return a fraction with a small denominator as such."""
    fraction = Fraction(value).limit_denominator(12)
    return str(fraction) if math.isclose(fraction, value, rel_tol=1e-12) else f"{value:.4g}"
