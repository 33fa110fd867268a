"""Densities of theory over each other: exact, Edgeworth, saddlepoint, normal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._validation import check_name, positive, shown, whole
from clt_sim.exact import exact
from clt_sim.laws import Normal
from clt_sim.plotting.axes import axes_or_new, legend_above, own_style
from clt_sim.plotting.style import EXACT, NORMAL, UNIT
from clt_sim.theory import Edgeworth, Saddlepoint, sum_cumulants

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from clt_sim.models import WeightedSum

    _Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

# Wide below narrow, so that an approximation is seen where it covers the exact line; orders get
# darker and have dashes of their own, so that they differ in grey, too.
_LOOKS: dict[str, dict[str, Any]] = {
    "exact": {"color": EXACT, "linewidth": 2.6, "alpha": 0.45, "zorder": 2.0},
    "normal": {"color": NORMAL, "linewidth": 0.8, "linestyle": (0, (4, 2)), "zorder": 2.1},
    "edgeworth-1": {"color": "#8ec3ee", "linestyle": (0, (1, 1)), "zorder": 2.2},
    "edgeworth-2": {"color": UNIT, "linestyle": (0, (4, 1, 1, 1)), "zorder": 2.3},
    "edgeworth-3": {"color": "#174a7c", "linewidth": 0.9, "zorder": 2.4},
    "saddlepoint": {"color": "#832db6", "linestyle": (0, (5, 3)), "zorder": 2.5},
}
_LABELS = {
    "normal": "N(0,1)",
    **{f"edgeworth-{order}": f"Edgeworth, order {order}" for order in (1, 2, 3)},
}
DENSITIES = tuple(_LOOKS)
"""The curves that `theory_densities` knows, in the order of the legend."""

_FARTHEST = 1e6


def theory_densities(
    model: WeightedSum,
    names: Sequence[str] = DENSITIES,
    *,
    reach: float = 4.0,
    points: int = 401,
) -> dict[str, _Curve]:
    """Return the exact density of a sum and what theory puts in its place.

    Nothing is drawn at random: this is quadrature and closed forms. An exact density that is an
    integral at every place can take a minute.

    Parameters
    ----------
    model : WeightedSum
        A sum with a density and a finite variance.
    names : sequence of str
        Which of ``"exact"``, ``"normal"`` (the Edgeworth expansion of order 0), ``"edgeworth-1"``,
        ``"edgeworth-2"``, ``"edgeworth-3"`` and ``"saddlepoint"``.
    reach : float
        How far the curves go from the mean, in standard deviations.
    points : int
        How many places there are, at least 2. The exact density has two more at each of its kinks
        and ends, for the limits from both sides.

    Returns
    -------
    dict of str to (ndarray of float64, ndarray of float64)
        For each name the places and the densities, in units of the standardised sum. The exact
        one is of the part without atoms, such as those of ReLU, of which a saddlepoint density
        has a smooth version. An Edgeworth expansion may be negative; a saddlepoint density is
        nan where there is none.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If a name is unknown, or the model has no such density; the message names the part of it.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(4, "exponential", weights=1.0)
    >>> curves = theory_densities(model, ["exact", "saddlepoint"], points=3)
    >>> curves["saddlepoint"][0], curves["saddlepoint"][1].round(4)
    (array([-4.,  0.,  4.]), array([0.    , 0.3989, 0.0036]))
    """
    for name in names:
        check_name("density", name, DENSITIES)
    if positive("reach", reach) > _FARTHEST:
        raise ValueError(f"reach must be at most {_FARTHEST:g}, not {reach}.")
    reach, points = positive("reach", reach), whole("points", points, least=2)
    cumulants = sum_cumulants(model, order=2)
    mean, sd = cumulants.mean, math.sqrt(cumulants.variance)
    if not math.isfinite(sd):
        raise ValueError(f"the variance of the sum must be finite to standardise by, not {sd}.")
    curves = {}
    for name in names:
        pdf, ends = _density(model, name)
        # Two places beside each jump, in the units of the sum: in others they may round together.
        inside = [end for end in ends if abs(end - mean) < reach * sd]
        sides = [np.nextafter(inside, side) for side in (-math.inf, math.inf)]
        grid = mean + sd * np.linspace(-reach, reach, points)
        x = np.unique(np.concatenate([grid, *sides]))
        curves[name] = ((x - mean) / sd, pdf(x) * sd)
    return curves


def _density(
    model: WeightedSum, name: str
) -> tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], Sequence[float]]:
    """Return a density, and where it may jump."""
    if name == "exact":
        law = exact(model)
        if math.isclose(math.fsum(law.atoms.values()), 1.0, rel_tol=1e-12):
            raise ValueError(f"the law of the sum is discrete, without a density: {model}.")
        return law.pdf, (*law.support, *law.kinks, *law.atoms)
    if name == "saddlepoint":
        return Saddlepoint(model).pdf, ()
    order = 0 if name == "normal" else int(name[-1])
    return Edgeworth(sum_cumulants(model, order=2 + order), order).pdf, ()


def density_overlay(
    curves: Mapping[str, _Curve], *, log: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw densities over each other, each in its own look, with a legend above the panel.

    Parameters
    ----------
    curves : mapping of str to (array_like, array_like)
        Places and densities, by names of `theory_densities`.
    log : bool
        Whether densities have a logarithmic axis, on which tails are seen; what is not above 0,
        as an Edgeworth expansion may be, breaks the line there.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        If a name is unknown, or there is nothing to draw.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(4, "exponential", weights=1.0)
    >>> ax = density_overlay(theory_densities(model), log=True)
    >>> [text.get_text() for text in ax.get_legend().get_texts()][:2]
    ['exact', 'N(0,1)']
    """
    if not isinstance(curves, Mapping):
        raise TypeError(f"curves must be densities by name, not {shown(curves)}.")
    if not curves:
        raise ValueError("curves must be at least one.")
    for name in curves:
        check_name("density", name, DENSITIES)
    with own_style(ax):
        ax = axes_or_new(ax)
        for name in sorted(curves, key=DENSITIES.index):
            x, y = (np.asarray(values, np.float64) for values in curves[name])
            visible = np.where(y > 0.0, y, np.nan) if log else y
            ax.plot(x, visible, label=_LABELS.get(name, name), **_LOOKS[name])
        reach = max(float(np.abs(x).max()) for x, _ in curves.values())
        ax.set(xlim=(-reach, reach), xlabel="standardised sum", ylabel="density")
        if log:
            # A tenth of the normal density at the edge: an exact density may fall to any depth.
            ax.set(yscale="log", ylim=(0.1 * float(Normal().pdf(reach)), 2.0 * _tallest(curves)))
        legend_above(ax, columns=3)
    return ax


def _tallest(curves: Mapping[str, _Curve]) -> float:
    """Return the greatest density that is finite, or 1 if none is above 0."""
    heights = np.concatenate([np.asarray(y, np.float64) for _, y in curves.values()])
    above = heights[np.isfinite(heights) & (heights > 0.0)]
    return float(above.max()) if above.size else 1.0
