"""Intervals for Kolmogorov distances that hold for every law and every number of draws.

For n independent draws with distribution function F and their empirical one F_n,

    ``P(sup |F_n - F| > e) <= 2 exp(-2 n e^2)``

(Dvoretzky, Kiefer & Wolfowitz 1956; the constant by Massart, "The tight constant in the
Dvoretzky-Kiefer-Wolfowitz inequality", Annals of Probability 18, 1990). By the triangle inequality
the distance of F from any fixed normal law is then within e of that of F_n, and so is the least
distance from all normal laws: ``inf sup |F - Phi_ms| <= inf (sup |F_n - Phi_ms| + e)`` and the
other way round, with the infimum over all means m and sds s. The distance to the normal law of F's
own mean and sd is one to a fixed law where a model tells them. Where they are estimated no such
bound exists: a part of the mass that is too small to be seen can move them as far as you like.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.verdicts.interval import Interval
from clt_sim.verdicts.nearest import nearest_normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.verdicts.steps import KnownSteps

METHOD = "Dvoretzky-Kiefer-Wolfowitz-Massart certificate"
CLUSTER_METHOD = "certificate for clusters by McDiarmid's inequality"
_MEAN = math.sqrt(0.5 * math.log(2.0)) + math.sqrt(0.5 * math.pi) * math.erfc(
    math.sqrt(math.log(2.0))
)
"""The integral of ``min(1, 2 exp(-2 t^2))``, 0.8883."""
_ROUNDING = 1e-12


def radius(count: int, alpha: float) -> float:
    """Return the e that ``sup |F_n - F|`` exceeds with a probability of at most alpha.

    Parameters
    ----------
    count : int
        Number of independent draws, at least 1.
    alpha : float
        Probability, between 0 and 1.

    Examples
    --------
    >>> round(radius(10_000, 0.05), 5)
    0.01358
    """
    return math.sqrt(math.log(2.0 / alpha) / (2.0 * count))


def radius_of_clusters(sizes: NDArray[np.integer], alpha: float) -> float:
    """Return an e that ``sup |F_n - F|`` exceeds with a probability of at most alpha.

    The values are in G independent clusters, in which they may depend on each other in any way; F
    is the average of their laws. With m the number of values of a cluster and n of all:

    - Another cluster in the place of one moves ``D = sup |F_n - F|`` by at most m/n, so that
      ``P(D > E[D] + t) <= exp(-2 t^2/sum (m/n)^2)`` (McDiarmid, "On the method of bounded
      differences", 1989).
    - The j-th values of the clusters that have so many, G_j in number, are independent. F_n is the
      average of their distribution functions with weights G_j/n, and D at most that of their
      ``D_j``, for which ``E[D_j] = integral P(D_j > t) dt`` is at most the integral of
      ``min(1, 2 exp(-2 G_j t^2))``, which is ``0.8883 G_j^(-1/2)``.

    Parameters
    ----------
    sizes : ndarray of int, shape (G,)
        Numbers of values of the clusters, which are draws of one law for each size.
    alpha : float
        Probability, between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> round(radius_of_clusters(np.full(10_000, 5), 0.05), 5)
    0.02112
    """
    if sizes.max() == 1:
        return radius(sizes.size, alpha)
    n = float(sizes.sum())
    least_size = np.arange(1, int(sizes.max()) + 1)
    having = sizes.size - np.searchsorted(np.sort(sizes), least_size)
    mean = _MEAN * float(np.sum(np.sqrt(having))) / n
    return mean + math.sqrt(-0.5 * math.log(alpha) * float(np.sum((sizes / n) ** 2)))


def certificate(
    steps: KnownSteps,
    count: int,
    alpha: float,
    ensemble: str,
    *,
    nearest: bool = False,
    clusters: NDArray[np.integer] | None = None,
) -> Interval:
    """Return the interval for the distance from N(0, 1), or from the nearest normal law.

    Parameters
    ----------
    steps : KnownSteps
        What is known of F_n, standardised by constants that the draws have no part in; for the
        nearest normal law by anything.
    count : int
        Number of independent draws.
    alpha : float
        Probability that the interval misses.
    ensemble : str
        What the draws range over.
    nearest : bool
        Which of the two.
    clusters : ndarray of int or None
        The sizes of the clusters of draws that may depend on each other.

    Returns
    -------
    Interval
        Its value is the largest difference where F_n is known.
    """
    least, most = nearest_normal(steps) if nearest else steps.bounds()
    if clusters is None:
        reach = radius(count, alpha) + _ROUNDING
        return Interval(least, least, most, reach, reach, 0.0, count, ensemble, METHOD)
    reach = radius_of_clusters(clusters, alpha) + _ROUNDING
    groups = clusters.size
    return Interval(
        least, least, most, reach, reach, 0.0, groups, ensemble, CLUSTER_METHOD, "clusters"
    )
