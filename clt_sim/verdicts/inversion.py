"""Intervals for distances by the inversion of tests.

A distance is in the interval if a law at this distance gives samples of which the distance is at
least that of the sample in more than alpha/2 of cases, and at most that in more than alpha/2; next
to 0, where hardly a sample is too near to the normal law, the first share goes up to alpha
(`boundary`). The lead of such a law is taken from the sample (`hypotheses`), its noise from draws
of the process. This needs no limit law of the distance, which changes next to the normal law:
where the sample is no further away than normal ones are, the interval begins at 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from clt_sim.verdicts.boundary import lower_share
from clt_sim.verdicts.hypotheses import hypothetical_leads, shrunken_lead

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from clt_sim.verdicts.process import FittedProcess

_PRECISION = 1e-3
"""Of the ends, as a share of the length of the interval, about."""
_MOST_STEPS = 60
_MOST_VARIANCE = 4.0
"""Of the noise at a greater distance: to first order it may grow without end, where few draws are
what makes the distance."""
_ACCELERATION = 2.0
"""How fast noise is taken to grow with the distance, in units of what the influence says: samples
of heavy tails show less of their skewness than there is."""


@dataclass(frozen=True, slots=True)
class GrowingNoise:
    """How noise grows with the distance of a law.

    Laws at a greater distance have more noise where far draws are what makes the distance. Along
    the family that weights draws by ``1 + t influence`` the distance grows by ``t sigma^2`` and the
    variance sigma^2 of the influence by ``t`` times its third moment (Efron, "Better bootstrap
    confidence intervals", Journal of the American Statistical Association 82, 1987, of which this
    is the acceleration). It is taken to grow twice as fast, and to be at most four times as large.
    That less noise at smaller distances would do is not relied on.

    Parameters
    ----------
    distance, stderr : float
        Of the sample, in units of ``n^(-1/2)``.
    skewness : float
        Of its influence function, times ``n^(-1/2)``.
    """

    distance: float
    stderr: float
    skewness: float

    def at(self, hypothesis: float) -> float:
        """Return the sd of the noise at a distance, that of the sample being 1.

        Examples
        --------
        >>> noise = GrowingNoise(distance=2.0, stderr=0.5, skewness=0.1)
        >>> [round(noise.at(distance), 3) for distance in (1.0, 2.0, 3.0, 100.0)]
        [1.0, 1.0, 1.183, 2.0]
        """
        if self.skewness <= 0.0 or self.stderr == 0.0 or hypothesis <= self.distance:
            return 1.0
        growth = _ACCELERATION * self.skewness * (hypothesis - self.distance) / self.stderr
        return math.sqrt(min(1.0 + growth, _MOST_VARIANCE))


def kolmogorov_interval(
    process: FittedProcess, heights: NDArray[np.float32], noise: GrowingNoise, confidence: float
) -> tuple[float, float]:
    """Return the ends of the interval for the Kolmogorov distance.

    Parameters
    ----------
    process : FittedProcess
        Of the sample.
    heights : ndarray of float32, shape (m, paths)
        Draws of it: the first of its `paths` for this confidence.
    noise : GrowingNoise
        From the distance of the sample.
    confidence : float
        Of the interval.
    """
    alpha, root = 1.0 - confidence, math.sqrt(process.count)
    lead, known = shrunken_lead(root * process.lead, process.places, process.widths(), heights)
    lead_at = hypothetical_leads(lead, known, heights, process.at_atoms())
    moved = np.empty_like(heights)

    def draws(hypothesis: float) -> NDArray[np.float32]:
        sd = noise.at(hypothesis)
        hypothetical = lead_at(hypothesis) / sd
        above = (hypothetical + process.unseen).astype(np.float32)
        below = (hypothetical - process.unseen).astype(np.float32)
        highest = np.add(heights, above[:, None], out=moved).max(axis=0)
        lowest = np.add(heights, below[:, None], out=moved).min(axis=0)
        return np.asarray(np.float32(sd) * np.maximum(highest, -lowest))

    low, high = invert(draws, noise.distance, alpha)
    return low / root, high / root


def wasserstein_interval(
    process: FittedProcess,
    paths: tuple[NDArray[np.float32], NDArray[np.float64]],
    noise: GrowingNoise,
    confidence: float,
) -> tuple[float, float]:
    """Return the ends of the interval for the Wasserstein-1 distance.

    The leads of hypothetical laws are multiples of one. The distance of a sample is that of its
    process, ``integral |lead + h|``, in units of its own sd.

    Parameters
    ----------
    process : FittedProcess
        Of the sample.
    paths : tuple of ndarray
        Draws of it: its `paths` for this confidence.
    noise : GrowingNoise
        From the distance of the sample.
    confidence : float
        Of the interval.
    """
    alpha, root = 1.0 - confidence, math.sqrt(process.count)
    heights, scale = paths[0], paths[1] - 1.0
    widths = process.widths()
    lead, _ = shrunken_lead(root * process.lead, process.places, widths, heights)
    lead /= float(np.abs(lead) @ widths)
    weights = widths.astype(np.float32)
    moved = np.empty_like(heights)

    def draws(hypothesis: float) -> NDArray[np.float64]:
        sd = noise.at(hypothesis)
        np.multiply(heights, np.float32(sd), out=moved)
        np.add(moved, (hypothesis * lead).astype(np.float32)[:, None], out=moved)
        return np.asarray((weights @ np.abs(moved, out=moved)) * (1.0 + sd * scale))

    low, high = invert(draws, noise.distance, alpha)
    return low / root, high / root


def furthest(
    process: FittedProcess, heights: NDArray[np.float32], measure: str, confidence: float
) -> float:
    """Return how far the distance of a sample and that of its law are apart at most.

    By the triangle inequality that is ``sup |h|`` or ``integral |h|``, wherever the lead is large.
    For laws of which a sample tells little, as those with rare far draws.

    Parameters
    ----------
    process : FittedProcess
        Of the sample.
    heights : ndarray of float32, shape (m, paths)
        Draws of it.
    measure : str
        ``"kolmogorov"`` or ``"wasserstein-1"``.
    confidence : float
        With which it holds.
    """
    sizes = np.abs(heights)
    if measure == "kolmogorov":
        sizes += process.unseen.astype(np.float32)[:, None]
        largest = sizes.max(axis=0)
    else:
        largest = process.widths().astype(np.float32) @ sizes
    return float(np.quantile(largest, confidence)) / math.sqrt(process.count)


def invert(
    draws: Callable[[float], NDArray[np.floating]], observed: float, alpha: float
) -> tuple[float, float]:
    """Return the least and the greatest hypothesis that is not refuted by what was observed.

    Next to 0 less than half of alpha is on the lower side (`lower_share`). What counts is how often
    that which could be observed is above the median of what could be under 0: as often as a normal
    draw is above 0, whose mean is then how far the hypothesis is from 0. Nor is it more than the
    share of what could be observed that is below the hypothesis: above it nothing refutes as too
    near, for the interval contains what was observed.

    Parameters
    ----------
    draws : callable
        From a hypothesis, 0 or more, to draws of what could be observed if it held. They grow with
        the hypothesis.
    observed : float
        At least 0. The interval contains it in any case.
    alpha : float
        The probability of a false refutation.

    Examples
    --------
    >>> normal = np.random.default_rng(0).standard_normal(100_000)
    >>> low, high = invert(lambda mean: mean + normal, 7.0, 0.05)
    >>> round(low, 1), round(high, 1)
    (5.0, 9.0)
    """
    of_null = draws(0.0)
    middle = np.median(of_null)

    def ends(hypothesis: float) -> tuple[float, float]:
        """Return how far both ends of what does not refute are above what was observed."""
        drawn = draws(hypothesis) if hypothesis > 0.0 else of_null
        beyond = np.count_nonzero(drawn > middle) / drawn.size
        nearer = np.count_nonzero(drawn < hypothesis) / drawn.size
        below = min(lower_share(float(ndtri(beyond)), alpha), nearer)
        low, high = np.quantile(drawn, [below, 1.0 - alpha + below]) - observed
        return float(low), float(high)

    low, (gap, reach) = 0.0, ends(observed)
    tolerance = _PRECISION * (reach - gap)
    if reach > 0.0 and observed > 0.0 and (least := ends(0.0)[1]) < 0.0:
        bracket = (0.0, least), (observed, reach)
        low = _root(lambda x: ends(x)[1], *bracket, tolerance)
    if gap >= 0.0:
        return low, observed
    left, place = (observed, gap), observed - 1.5 * gap
    while (value := ends(place)[0]) < 0.0:
        left, place = (place, value), place + 2.0 * (place - observed)
    return low, _root(lambda x: ends(x)[0], left, (place, value), tolerance)


def _root(
    function: Callable[[float], float],
    left: tuple[float, float],
    right: tuple[float, float],
    tolerance: float,
) -> float:
    """Return where an ascending function is 0, by false position (the Illinois variant).

    Parameters
    ----------
    function : callable
        With a sign change.
    left, right : tuple of float
        Places on either side, and the values there.
    tolerance : float
        The greatest absolute value of the function that is taken for 0, and distance of places that
        are taken for one.
    """
    (a, below), (b, above) = left, right
    before = 0.0
    for _ in range(_MOST_STEPS):
        x = (a * above - b * below) / (above - below)
        value = function(x)
        if abs(value) <= tolerance or b - a <= tolerance:
            break
        if value < 0.0:
            a, below = x, value
            above *= 0.5 if before < 0.0 else 1.0
        else:
            b, above = x, value
            below *= 0.5 if before > 0.0 else 1.0
        before = value
    return x
