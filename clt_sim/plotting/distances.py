"""Distances to the normal law against the number of terms: exact, estimated, bounded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PolyCollection

from clt_sim._validation import check_text, shown
from clt_sim.plotting.against_n import logarithmic, mark_few_decades, rising_row
from clt_sim.plotting.axes import check_label, legend_above, own_style
from clt_sim.plotting.estimates import MONTE_CARLO, draw_points
from clt_sim.plotting.rates import draw_rate
from clt_sim.plotting.style import EXACT, HISTOGRAM, NORMAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clt_sim.estimate import Estimate
    from clt_sim.plotting.against_n import Numbers
    from clt_sim.theory import RateFit


def draw_distances(
    distances: Numbers,
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
    check_label("label", label)
    n, values = rising_row("distances", distances)
    ax = logarithmic(ax)
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
    check_label("label", label)
    n, values = rising_row("estimates", estimates)
    errors = np.array([estimates[key].stderr for key in sorted(estimates)], np.float64)
    if not np.all(np.isfinite(errors) & (errors >= 0.0)):
        raise ValueError(f"standard errors must be finite and at least 0, not {errors.tolist()}.")
    ax = logarithmic(ax)
    draw_points(n, values, errors, color=color, size=3.0, label=label, ax=ax)
    return ax


def draw_bound(
    bounds: Numbers, *, label: str | None = "Berry–Esseen bound", ax: Axes | None = None
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
    check_label("label", label)
    if isinstance(bounds, Mapping):
        bounds = {n: bound for n, bound in bounds.items() if bound != math.inf}
    n, values = rising_row("bounds", bounds)
    ax = logarithmic(ax)
    (line,) = ax.plot(n, values, color=HISTOGRAM, label=label, zorder=1.5)
    # Far above everything: the shade must not decide how far the axis goes.
    top = np.array([[n[-1], 1e9 * values.max()], [n[0], 1e9 * values.max()]])
    corners = np.concatenate([np.column_stack([n, values]), top])
    shade = PolyCollection([corners], facecolor=line.get_color(), alpha=0.35, zorder=1.0)
    ax.add_collection(shade, autolim=False)
    return ax


def distance_plot(
    *,
    exact: Numbers | None = None,
    monte_carlo: Mapping[int, Estimate] | None = None,
    bound: Numbers | None = None,
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
    for argument, numbers in (("exact", exact), ("monte_carlo", monte_carlo), ("bound", bound)):
        if not isinstance(numbers, Mapping | None):
            raise TypeError(f"{argument} must be a mapping from n, not {shown(numbers)}.")
    check_text("bound_label", bound_label)
    check_text("distance", distance)
    ns = sorted({*(exact or {}), *(monte_carlo or {})})
    if not ns:
        raise ValueError("exact or monte_carlo must be given, with at least one distance.")
    with own_style(ax):
        ax = logarithmic(ax)
        if exact:
            draw_distances(exact, ax=ax)
        if monte_carlo:
            draw_estimates(monte_carlo, label=MONTE_CARLO, ax=ax)
        if bound:
            draw_bound(bound, label=bound_label, ax=ax)
        if fit is not None:
            draw_rate(fit, ns if fit_ns is None else fit_ns, ax=ax)
        ax.set(xlabel="number of terms $n$", ylabel=distance)
        mark_few_decades(ns, ax)
        legend_above(ax, columns=1)
    return ax
