"""Distances to the normal law against the number of terms, with bounds and fitted rates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import LogLocator, NullLocator

from clt_sim.plotting.axes import axes_or_new, legend_above, own_style
from clt_sim.plotting.style import EXACT, HISTOGRAM, NORMAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.theory import RateFit

    _Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
    _Numbers = Mapping[int, float | Estimate]

BARS = 2.0
"""Error bars reach so many standard errors to either side."""


def draw_distances(
    distances: _Numbers,
    *,
    label: str | None = "exact",
    color: str = EXACT,
    ax: Axes | None = None,
) -> Axes:
    """Draw known distances against n as a line, on logarithmic axes.

    Parameters
    ----------
    distances : mapping of int to float or Estimate
        The distance for each n, above 0; errors are not drawn.
    label : str, optional
        Entry in the legend.
    color : str
        Of the line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        If there is no distance, or an n or a distance is not finite and above 0.

    Examples
    --------
    >>> ax = draw_distances({1: 0.159, 4: 0.0667, 16: 0.0332})
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    """
    n, values = _row("distances", distances)
    ax = _logarithmic(ax)
    ax.plot(n, values, color=color, label=label, zorder=3)
    return ax


def draw_estimates(
    estimates: Mapping[int, Estimate],
    *,
    label: str | None = "Monte Carlo (MC)",
    color: str = NORMAL,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimated distances against n as points with bars of 2 standard errors either side.

    Parameters
    ----------
    estimates : mapping of int to Estimate
        The distance for each n, above 0, with its standard error. A bar that goes to 0 or below
        goes to the lower edge.
    label, color, ax
        As for `draw_distances`.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        As `draw_distances`; or if a standard error is not finite or below 0.

    Examples
    --------
    >>> import clt_sim as clt
    >>> ax = draw_estimates({1: clt.Estimate(0.1587, 0.0003), 4: clt.Estimate(0.0669, 0.0003)})
    >>> len(ax.containers)
    1
    """
    n, values = _row("estimates", estimates)
    errors = np.array([estimates[key].stderr for key in sorted(estimates)], np.float64)
    if not np.all(np.isfinite(errors) & (errors >= 0.0)):
        raise ValueError(f"standard errors must be finite and at least 0, not {errors.tolist()}.")
    ax = _logarithmic(ax)
    ax.errorbar(
        n,
        values,
        yerr=BARS * errors,
        color=color,
        label=label,
        linestyle="none",
        marker="o",
        markersize=3.0,
        markerfacecolor="white",
        markeredgewidth=0.8,
        elinewidth=0.8,
        capsize=1.5,
        zorder=4,
    )
    return ax


def draw_bound(
    bounds: _Numbers, *, label: str | None = "Berry–Esseen bound", ax: Axes | None = None
) -> Axes:
    """Draw an upper bound against n, and shade what it excludes.

    Parameters
    ----------
    bounds : mapping of int to float
        The bound for each n, above 0; those that are infinite are left out of the line.
    label, ax
        As for `draw_distances`.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        If there is no bound, or an n or a bound is not above 0.

    Examples
    --------
    >>> ax = draw_bound({4: 0.464, 16: 0.232, 64: 0.116})
    >>> len(ax.lines), len(ax.collections)
    (1, 1)
    """
    n, values = _row("bounds", {k: v for k, v in bounds.items() if float(v) != math.inf})
    ax = _logarithmic(ax)
    (line,) = ax.plot(n, values, color=HISTOGRAM, label=label, zorder=1.5)
    # Far above everything: the shade must not decide how far the axis goes.
    top = np.array([[n[-1], 1e9 * values.max()], [n[0], 1e9 * values.max()]])
    corners = np.concatenate([np.column_stack([n, values]), top])
    shade = PolyCollection([corners], facecolor=line.get_color(), alpha=0.35, zorder=1.0)
    ax.add_collection(shade, autolim=False)
    return ax


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
    n, _ = _row("ns", dict.fromkeys(ns, 1.0))
    ends = n[[0, -1]]
    ax = _logarithmic(ax)
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


def distance_plot(
    *,
    exact: _Numbers | None = None,
    monte_carlo: Mapping[int, Estimate] | None = None,
    bound: _Numbers | None = None,
    fit: RateFit | None = None,
    fit_ns: Sequence[int] | None = None,
    bound_label: str = "Berry–Esseen bound",
    distance: str = "Kolmogorov distance",
    ax: Axes | None = None,
) -> Axes:
    """Draw distances against n: exact, estimated, their certified bound, and the fitted rate.

    The legend is above the panel.

    Parameters
    ----------
    exact, monte_carlo, bound : mapping of int to float or Estimate, optional
        What `draw_distances`, `draw_estimates` and `draw_bound` draw.
    fit : RateFit, optional
        What `draw_rate` draws.
    fit_ns : sequence of int, optional
        The n that were fitted; by default all of the distances.
    bound_label : str
        Whose bound it is.
    distance : str
        Which distance it is.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        If there are no distances, or a number is out of range.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.theory import berry_esseen_bound
    >>> models = {n: clt.WeightedSum(n, "exponential", weights=1.0) for n in (1, 4, 16, 64)}
    >>> ax = distance_plot(
    ...     exact={n: clt.gaussianity(clt.exact(m))["kolmogorov"] for n, m in models.items()},
    ...     bound={n: berry_esseen_bound(m) for n, m in models.items()},
    ... )
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['exact', 'Berry–Esseen bound']
    """
    ns = sorted({*(exact or {}), *(monte_carlo or {})})
    if not ns:
        raise ValueError("exact or monte_carlo must be given, with at least one distance.")
    with own_style(ax):
        ax = _logarithmic(ax)
        if exact:
            draw_distances(exact, ax=ax)
        if monte_carlo:
            draw_estimates(monte_carlo, label=f"Monte Carlo ± {BARS:g} s.e.", ax=ax)
        if bound:
            draw_bound(bound, label=bound_label, ax=ax)
        if fit is not None:
            draw_rate(fit, ns if fit_ns is None else fit_ns, ax=ax)
        ax.set(xlabel="number of terms $n$", ylabel=distance)
        if ns[-1] < 100 * ns[0]:  # powers of ten would be too few marks
            ax.xaxis.set_major_locator(LogLocator(2))
            ax.xaxis.set_major_formatter("{x:g}")
            ax.xaxis.set_minor_locator(NullLocator())
        legend_above(ax, columns=1)
    return ax


def _logarithmic(ax: Axes | None) -> Axes:
    ax = axes_or_new(ax)
    ax.set(xscale="log", yscale="log")
    return ax


def _row(argument: str, numbers: _Numbers) -> _Curve:
    """Return rising n and their values."""
    if not numbers:
        raise ValueError(f"{argument} must be at least one.")
    n = np.array(sorted(numbers), np.float64)
    values = np.array([float(numbers[key]) for key in sorted(numbers)])
    for what, row in (("each n", n), (f"each of {argument}", values)):
        if not np.all(np.isfinite(row) & (row > 0.0)):
            raise ValueError(f"{what} must be finite and above 0, not {row.tolist()}.")
    return n, values


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
