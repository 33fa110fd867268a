"""Intervals by the normal law of an estimate in large samples, where it can be relied on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, stdtrit

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError
from clt_sim.verdicts.degrees_of_freedom import (
    TooFewDrawsError,
    degrees_of_freedom,
    least_deciding,
)
from clt_sim.verdicts.interval import Interval
from clt_sim.verdicts.inversion import (
    GrowingNoise,
    furthest,
    kolmogorov_interval,
    wasserstein_interval,
)
from clt_sim.verdicts.process import LEAST_COUNTS, MOST_CONFIDENCE, FittedProcess

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.measure import Measure
    from clt_sim.gaussianity.views.sample import Sample

LEAST_CLUSTERS = 1000
LEAST_DECIDING_SCALE = 8.0
"""Draws that the error of the variance rests on: where they are fewer, there may be far draws that
are too rare to be seen, and the interval of a distance is as long as any law may need."""
LEAST_DECIDING_CLUSTERS = 50.0
"""For clusters, of whose sums L-moments of single draws do not tell."""
OF_CLUSTERS = "standard error over clusters (large samples)"
PROCESS = "Gaussian limit of the standardised empirical process (large samples)"


def by_standard_error(
    measure: Measure,
    sample: Sample,
    confidence: float,
    ensemble: str,
    given: Estimate | None = None,
) -> Interval:
    """Return the interval of as many standard errors as Student's t has for a confidence.

    The standard error is itself an estimate, with fewer degrees of freedom the heavier the tails
    are (`degrees_of_freedom`). It rests on ``(sum of influence^2)^2 / sum of influence^4`` draws: n
    for influence of constant size, 1 where a far draw decides. Of draws in clusters their
    clusters count; these must be many, and the normal law has the place of Student's.

    Parameters
    ----------
    measure : Measure
        With an influence function that does not vanish: a moment.
    sample : Sample
        Draws, independent but for its clusters.
    confidence : float
        Of the interval.
    ensemble : str
        What the draws range over.
    given : Estimate, optional
        The measure from elsewhere, where `sample` is a histogram's. Its standard error is infinite
        where the model has not the moments that it takes.

    Raises
    ------
    UnavailableError
        If there are too few draws, or too few of them decide.
    """
    value, influence = measure.of_sample(sample)
    sums, numbers, counted = _independent_parts(sample, influence)
    count = round(float(numbers.sum()))
    estimate = given or Estimate(value, sample.stderr(influence))
    if not math.isfinite(estimate.stderr):
        raise UnavailableError(
            "its standard error is infinite: the tails of the model are too heavy"
        )
    if sample.clusters is None:
        degrees = degrees_of_freedom(measure.name, sample, known_tails=given is not None)
        least, method = least_deciding(measure.name), _method(degrees)
    else:
        degrees, least, method = math.inf, LEAST_DECIDING_CLUSTERS, OF_CLUSTERS
        if count < LEAST_CLUSTERS:
            raise TooFewDrawsError(
                f"its interval needs at least {LEAST_CLUSTERS} clusters; there are {count}",
                LEAST_CLUSTERS,
            )
    effective = deciding(sums, numbers)
    if effective < least:
        raise UnavailableError(
            f"its standard error rests on {effective:.0f} of the {count} {counted}, and should"
            f" on at least {least:.0f}"
        )
    reach = critical_value(confidence, degrees) * estimate.stderr
    value = estimate.value
    return Interval(value, value, value, reach, reach, -math.inf, count, ensemble, method, counted)


def critical_value(confidence: float, degrees: float) -> float:
    """Return what the absolute value of a Student variable exceeds with 1 - confidence.

    Examples
    --------
    >>> round(critical_value(0.95, 4.0), 3), round(critical_value(0.95, math.inf), 3)
    (2.776, 1.96)
    """
    level = 0.5 + 0.5 * confidence
    return float(ndtri(level) if math.isinf(degrees) else stdtrit(degrees, level))


def _method(degrees: float) -> str:
    number = f"{degrees:.1f}" if degrees < 10.0 else f"{degrees:.0f}"
    return f"standard error, with {number} degrees of freedom as the L-moments tell"


def _independent_parts(
    sample: Sample, influence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Return sums of influence over what is independent, how many there are of each, and a noun."""
    if sample.clusters is None:
        return influence, sample.weights * sample.count, "draws"
    _, cluster = np.unique(sample.clusters.cluster, return_inverse=True)
    sums = np.bincount(cluster, influence[sample.clusters.position]).astype(np.float64)
    return sums, np.ones(sums.size), "clusters"


def deciding(influence: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return ``(sum of influence^2)^2/sum of influence^4``, on how many draws an error rests.

    Parameters
    ----------
    influence : ndarray of float64, shape (m,)
        At distinct draws, or the sums over clusters.
    weights : ndarray of float64, shape (m,)
        How many draws there are of each.

    Examples
    --------
    >>> import numpy as np
    >>> deciding(np.array([1.0, -1.0, 0.0]), np.array([20.0, 30.0, 50.0]))
    50.0
    """
    largest = float(np.max(np.abs(influence)))
    if largest == 0.0:
        return math.inf
    squares = (influence / largest) ** 2
    return float((weights @ squares) ** 2 / (weights @ squares**2))


def by_process(
    measure: Measure,
    sample: Sample,
    confidence: float,
    ensemble: str,
    *,
    given: float | None = None,
    resolution: float = 0.0,
) -> Interval:
    """Return the interval for a distance of shape, by tests with draws of the limit process.

    Parameters
    ----------
    measure : Measure
        ``"kolmogorov"`` or ``"wasserstein-1"``.
    sample : Sample
        Independent draws, standardised by their own mean and sd.
    confidence : float
        Of the interval.
    ensemble : str
        What the draws range over.
    given : float, optional
        The distance from elsewhere, where `sample` is a histogram's.
    resolution : float
        How far that may be off because of bins.

    Raises
    ------
    UnavailableError
        If there are too few draws, or the confidence is too close to 1.
    """
    least = LEAST_COUNTS[measure.name]
    if sample.count < least:
        raise UnavailableError(
            f"its interval needs at least {least} draws; there are {sample.count}; ask for"
            " 'kolmogorov-nearest', whose certificate takes any number"
        )
    if confidence > MOST_CONFIDENCE:
        raise UnavailableError(f"its confidence can be at most {MOST_CONFIDENCE}, not {confidence}")
    value, influence = measure.of_sample(sample)
    value = value if given is None else given
    process = FittedProcess.of(sample)
    paths = process.paths(1.0 - confidence)
    root = math.sqrt(sample.count)
    stderr, skewness = sample.stderr(influence), _skewness(sample, influence)
    noise = GrowingNoise(root * value, root * stderr, skewness / root)
    if measure.name == "kolmogorov":
        low, high = kolmogorov_interval(process, paths[0], noise, confidence)
    else:
        low, high = wasserstein_interval(process, paths, noise, confidence)
    if deciding(sample.values**2 - 1.0, sample.weights * sample.count) < LEAST_DECIDING_SCALE:
        reach = furthest(process, paths[0], measure.name, confidence)
        low, high = min(low, value - reach), max(high, value + reach)
    return Interval(
        value,
        value - resolution,
        value + resolution,
        max(0.0, value - low),
        max(0.0, high - value),
        0.0,
        sample.count,
        ensemble,
        PROCESS,
    )


def _skewness(sample: Sample, influence: NDArray[np.float64]) -> float:
    """Return the skewness of an influence function, 0 where that is constant."""
    variance = float(sample.weights @ influence**2)
    third = float(sample.weights @ influence**3)
    return third / variance**1.5 if variance > 0.0 else 0.0
