"""Intervals for a measure from every kind of source."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, ndtr

from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.gaussianity.views.draws import Draws
from clt_sim.gaussianity.views.sources import read
from clt_sim.gaussianity.views.units import Units
from clt_sim.measures import UnavailableError
from clt_sim.summaries import NormalMixture, Summary
from clt_sim.verdicts.certificate import certificate
from clt_sim.verdicts.interval import Interval
from clt_sim.verdicts.large_sample import by_process, by_standard_error
from clt_sim.verdicts.nearest import nearest_normal
from clt_sim.verdicts.steps import KnownSteps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.models import Model

NEAREST = "kolmogorov-nearest"
MOMENTS = ("skewness", "excess-kurtosis", "l-skewness", "l-kurtosis")
"""Measures of either sign, whose estimates are normal in large samples."""
OF_DRAWS = ("kolmogorov", NEAREST, "wasserstein-1", *MOMENTS)
"""Measures that have an interval for draws."""
_POINTS_PER_PANEL = 500


def interval_of(
    x: object,
    name: str,
    confidence: float,
    *,
    standardize: bool,
    clusters: ArrayLike | None = None,
) -> Interval:
    """Return the interval for a measure of a source that is there already.

    Parameters
    ----------
    x : array_like, Summary, ExactLaw, Law, Signal or PooledSignal
        The source.
    name : str
        One of the measures of `gaussianity`, or ``"kolmogorov-nearest"``.
    confidence : float
        Between 0 and 1.
    standardize, clusters
        As for `gaussianity`.

    Raises
    ------
    TypeError, ValueError
        If `x` is not a source, or has no interval for the measure: `UnavailableError` with the
        reason.
    """
    if isinstance(x, NormalMixture):
        raise UnavailableError("draws of a variance have no interval; simulate() the model instead")
    view, ensemble, route = read(x, standardize=standardize, clusters=clusters)
    if isinstance(view, Distribution):
        return _of_law(view, name, ensemble, route)
    if name not in OF_DRAWS:
        raise UnavailableError(
            "draws have no interval for it whose coverage is known; they do for"
            f" {', '.join(OF_DRAWS)}"
        )
    if isinstance(view, Units):
        return _of_units(view, name, confidence, ensemble)
    if isinstance(view, BinnedDraws) and isinstance(x, Summary):
        return _of_summary(x, view, name, confidence)
    if isinstance(view, Draws):
        return _of_sample(view.sample, name, confidence, ensemble, standardize=standardize)
    raise UnavailableError(f"this source has no interval ({route})")


def _of_law(law: Distribution, name: str, ensemble: str, route: str) -> Interval:
    if name == NEAREST:
        least, most = nearest_normal(_steps_of_law(_with_scale(law)))
        value, error = 0.5 * (least + most), 0.5 * (most - least) + law.precision
    else:
        estimate = law.estimate(MEASURES[name])
        value, error = estimate.value, estimate.stderr
    floor = -math.inf if name in MOMENTS else 0.0
    return Interval(
        value, value - error, value + error, 0.0, 0.0, floor, None, ensemble, f"{route}, its error"
    )


def _with_scale(law: Distribution) -> Distribution:
    """Return the law in units of its quantiles where it has no mean or no variance."""
    if math.isfinite(law.location) and math.isfinite(law.scale):
        return law
    low, middle, high = law.law.quantile(ndtr([-1.0, 0.0, 1.0])).tolist()
    return Distribution(law.law, middle, 0.5 * (high - low), standardized=False)


def _steps_of_law(law: Distribution) -> KnownSteps:
    """Return the distribution function at many places, both limits at atoms."""
    breaks = law.breaks()
    parts = np.arange(_POINTS_PER_PANEL) / _POINTS_PER_PANEL
    fine = (breaks[:-1, None] + np.diff(breaks)[:, None] * parts).ravel()
    places = np.unique(np.concatenate([fine, breaks[-1:]]))
    right = np.maximum.accumulate(law.law.cdf(places))
    mass = np.zeros(places.size)
    for place, share in law.law.atoms.items():
        mass[places == place] = share
    return KnownSteps(law.z(places), np.maximum(right - mass, 0.0), right, between=True)


def _of_sample(
    sample: Sample, name: str, confidence: float, ensemble: str, *, standardize: bool
) -> Interval:
    if name in MOMENTS:
        return by_standard_error(MEASURES[name], sample, confidence, ensemble)
    if name == NEAREST or (name == "kolmogorov" and not standardize):
        sizes = None
        if sample.clusters is not None:
            _, sizes = np.unique(sample.clusters.cluster, return_counts=True)
        return certificate(
            KnownSteps.of_sample(sample),
            sample.count,
            1.0 - confidence,
            ensemble,
            nearest=name == NEAREST,
            clusters=sizes,
        )
    if sample.clusters is not None:
        raise UnavailableError(
            f"draws in clusters have no interval for it; they do for {NEAREST} and for moments"
        )
    _check_shape(standardize=standardize)
    return by_process(MEASURES[name], sample, confidence, ensemble)


def _of_summary(summary: Summary, binned: BinnedDraws, name: str, confidence: float) -> Interval:
    ensemble = summary.ensemble
    if name in ("kolmogorov", NEAREST):
        raw = BinnedDraws.of(summary, standardize=False)
        bins = KnownSteps.of_bins(raw.edges, raw.cdf())
        if name == "kolmogorov" and binned.standardized:
            bins = bins.transformed(*known_moments(summary.model))
        alpha = 1.0 - confidence
        return certificate(bins, summary.count, alpha, ensemble, nearest=name == NEAREST)
    middle = binned.midpoints()
    measure = MEASURES[name]
    estimate = binned.estimate(measure)
    if name in MOMENTS:
        return by_standard_error(measure, middle, confidence, ensemble, estimate)
    _check_shape(standardize=binned.standardized)
    if binned.tail_index <= 4.0:
        raise UnavailableError("the model has no fourth moment, which its interval takes")
    merged = abs(measure.of_binned(binned.coarser()).value - estimate.value)
    return by_process(
        measure,
        middle.standardize(),
        confidence,
        ensemble,
        given=estimate.value,
        resolution=merged + binned.outer_spread(),
    )


def known_moments(model: Model) -> tuple[float, float]:
    """Return the mean and sd of a model, which no draw has a part in.

    Raises
    ------
    UnavailableError
        If it has none, or no formula for them.
    """
    mean, variance = model.mean, model.variance
    if not (math.isfinite(mean) and 0.0 < variance < math.inf):
        raise UnavailableError(
            f"the mean and variance of the model, {mean} and {variance}, are not both known and"
            f" finite; ask for {NEAREST!r}, which needs neither"
        )
    return mean, math.sqrt(variance)


def _check_shape(*, standardize: bool) -> None:
    if not standardize:
        raise UnavailableError("raw draws have no interval for it; standardised ones do")


def _of_units(units: Units, name: str, confidence: float, ensemble: str) -> Interval:
    """Return the interval of the median over units, taken as independent given the inputs."""
    if name == NEAREST:
        steps = (KnownSteps.of_sample(draws.sample) for draws in units.units)
        values = [nearest_normal(known)[0] for known in steps]
    else:
        values = [draws.estimate(MEASURES[name]).value for draws in units.units]
    ordered: NDArray[np.float64] = np.sort(values)
    low, high = median_interval(ordered, confidence)
    middle = float(np.median(ordered))
    floor = -math.inf if name in MOMENTS else 0.0
    method = "order statistics of the values of units, each over these inputs"
    return Interval(
        middle,
        middle,
        middle,
        middle - low,
        high - middle,
        floor,
        ordered.size,
        ensemble,
        method,
        "units",
    )


def median_interval(ordered: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the shortest interval between order statistics that covers the median.

    That between the k-th smallest and the k-th largest of m independent values does with
    probability ``1 - 2 P(Bin(m, 1/2) < k)`` or more, whatever their law (David & Nagaraja, Order
    Statistics, 3rd ed., section 7.1).

    Raises
    ------
    UnavailableError
        If there are too few values.

    Examples
    --------
    >>> median_interval(np.arange(1.0, 11.0), 0.95)
    (2.0, 9.0)
    """
    m = ordered.size
    ranks = np.arange(1, m // 2 + 1)
    covering = ranks[1.0 - 2.0 * bdtr(ranks - 1, m, 0.5) >= confidence]
    if covering.size == 0:
        raise UnavailableError(f"an interval of the median needs more than {m} units")
    k = int(covering[-1])
    return float(ordered[k - 1]), float(ordered[m - k])
