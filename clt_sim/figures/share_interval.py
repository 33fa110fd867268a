"""Intervals for the share of hits that are alike within clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import betaincinv

CONFIDENCE = 0.95


def share_interval(hits: Sequence[bool], clusters: Sequence[str]) -> tuple[float, float]:
    """Return a 95 % interval for a share, of hits that are alike within clusters.

    That of Clopper & Pearson (1934) for an effective number of hits, as Korn & Graubard (Survey
    Methodology 24, 1998) have it: the number of independent ones whose share has the variance that
    the clusters show, at most the real number; and that of clusters where all hits are equal. Their
    correction for degrees of freedom is left out. Of one cluster the hits are taken as independent.

    Parameters
    ----------
    hits : sequence of bool
        The share is of those that are true.
    clusters : sequence of str
        Which cluster each is of; different ones are independent.

    Returns
    -------
    low, high : float
        nan for no hits.
    """
    if not len(hits):
        return math.nan, math.nan
    values, (names, which) = np.asarray(hits, float), np.unique(clusters, return_inverse=True)
    share, count = float(values.mean()), float(len(values))
    if len(names) > 1:
        count = _effective(values - share, which, len(names), share * (1.0 - share))
    yes, tail = share * count, 0.5 * (1.0 - CONFIDENCE)
    low = 0.0 if share == 0.0 else float(betaincinv(yes, count - yes + 1.0, tail))
    high = 1.0 if share == 1.0 else float(betaincinv(yes + 1.0, count - yes, 1.0 - tail))
    return low, high


def _effective(deviations: Any, which: Any, clusters: int, variance: float) -> float:
    """Return the effective number: the variance of one hit over that of their share."""
    sums = np.bincount(which, deviations)
    spread = clusters / (clusters - 1) * float(sums @ sums) / len(deviations) ** 2
    if variance == 0.0:
        return float(clusters)
    return min(float(len(deviations)), variance / spread) if spread else float(len(deviations))
