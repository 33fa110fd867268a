from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from clt_sim.figures.share_interval import share_interval


def test_hits_of_one_network_have_the_interval_of_clopper_and_pearson():
    for hits in ([True] * 7 + [False] * 3, [True] * 5, [False] * 5):
        expected = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="exact")
        found = share_interval(hits, ["a"] * len(hits))
        assert found == pytest.approx((expected.low, expected.high))


def test_copies_of_a_hit_count_once():
    """A share p over C clusters of equal hits has the variance p (1 - p) / (C - 1)."""
    hits, clusters = [True] * 24 + [False] * 8, [str(i // 4) for i in range(32)]
    low, high = share_interval(hits, clusters)
    assert low == pytest.approx(stats.beta.ppf(0.025, 0.75 * 7, 0.25 * 7 + 1))
    assert high == pytest.approx(stats.beta.ppf(0.975, 0.75 * 7 + 1, 0.25 * 7))
    everywhere = share_interval([True] * 32, clusters)
    assert everywhere == pytest.approx(stats.binomtest(8, 8).proportion_ci(method="exact"))
    assert np.isnan(share_interval([], [])).all()


def test_the_interval_covers_the_share_of_clustered_hits():
    """400 sets; a coverage of 95 % gives fewer than 369 with probability 0.005.

    The interval for independent hits must fail.
    """
    rng = np.random.default_rng(11)
    clusters = np.repeat(np.arange(24).astype(str), 4)
    covered = np.zeros(2)
    for _ in range(400):
        hits = rng.random(96) < np.repeat(rng.beta(1.2, 0.4, 24), 4)
        intervals = share_interval(hits, clusters), share_interval(hits, ["a"] * 96)
        covered += [low <= 0.75 <= high for low, high in intervals]
    assert covered[0] >= 369
    assert covered[1] < 360
