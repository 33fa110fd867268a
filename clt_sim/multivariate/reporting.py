"""The public question: how Gaussian a vector is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clt_sim._validation import check_flag, positive, whole
from clt_sim.measures import make_report, select
from clt_sim.multivariate.registry import measures as table_of_measures
from clt_sim.multivariate.sources import read

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.networks import Signal
    from clt_sim.report import Report

_MOST_DIRECTIONS = 10**6


def multivariate_gaussianity(
    x: ArrayLike | Signal,
    *,
    standardize: bool = True,
    measures: str | Iterable[str] | None = None,
    seed: int = 0,
    directions: int = 64,
    pair_budget: float | None = 1e10,
) -> Report:
    """Measure how far the joint law of several variables is from the normal law.

    Parameters
    ----------
    x : array_like of shape (draws, dimensions), or Signal
        More than ``dimensions + 1`` independent draws of a vector, one a row. Of a signal the
        inputs are the draws and the units the dimensions.
    standardize : bool
        Whether to compare the shape, whitened by the mean and the covariance matrix of the draws
        (divisor n), with N(0, I), or else the raw values. Mardia's measures are of the shape
        either way.
    measures : str, iterable of str or None
        Names of measures: ``"mardia-skewness"``, ``"mardia-kurtosis"`` (less ``d (d + 2)``),
        ``"henze-zirkler"`` (whose smoothing depends on the number of draws), ``"energy"``,
        ``"sliced-wasserstein-1"`` and ``"square-correlation"``. None for all. All are 0 for a
        normal law, but for the last, which is 0 for independent units.
    seed : int
        Of the random directions of ``"sliced-wasserstein-1"``, at least 0.
    directions : int
        How many, from 2 to 10**6.
    pair_budget : float or None
        ``"henze-zirkler"`` and ``"energy"`` take all pairs of draws, in memory that does not grow
        with their number. They are not available if ``draws**2 * dimensions`` is above this, nor
        is ``"mardia-skewness"`` if both that and ``draws * dimensions**3`` are. None for no
        limit.

    Returns
    -------
    Report
        A plug-in estimate for each measure with its standard error, by influence functions in
        closed form, the effect of the estimated mean and covariance matrix included. No plug-in
        distance of finitely many normal draws is 0: each measure states its floor.

    Raises
    ------
    TypeError
        If `x` is none of these.
    ValueError
        If a name is unknown, a number is out of range, `x` is not finite or not of two
        dimensions, has too few draws or a singular covariance matrix (the message has the rank
        and the columns to leave out).

    Examples
    --------
    >>> import clt_sim as clt
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> normal = rng.standard_normal((2000, 3))
    >>> common_scale = np.sqrt(rng.exponential(size=(2000, 1)))
    >>> multivariate_gaussianity(normal * common_scale, measures="mardia-kurtosis")
    multivariate gaussianity of standardised values: 2000 vectors of dimension 3 (whitened sample)
      mardia-kurtosis  16.8 ± 1.9
    """
    seed = whole("seed", seed, least=0)
    directions = whole("directions", directions, least=2)
    if directions > _MOST_DIRECTIONS:
        raise ValueError(f"directions must be at most {_MOST_DIRECTIONS}, not {directions}.")
    budget = None if pair_budget is None else positive("pair_budget", pair_budget)
    table = table_of_measures(seed=seed, directions=directions, pair_budget=budget)
    chosen = select("measure of multivariate gaussianity", table, measures)
    check_flag("standardize", standardize)
    scope = "standardised values" if standardize else "raw values"
    sample, ensemble, route = read(x, standardize=standardize)
    title = f"multivariate gaussianity of {scope}"
    return make_report(title, ensemble, route, chosen, lambda measure: measure.estimate(sample))
