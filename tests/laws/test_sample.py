"""Samples follow the distribution function."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

DRAWS = 50_000
FALSE_ALARM = 1e-6
# Dvoretzky, Kiefer & Wolfowitz 1956 with Massart's constant; it holds for laws with atoms too.
CRITICAL = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * DRAWS))


@functools.cache
def sample_of(law):
    return law.sample(DRAWS, rng=20070611)


def kolmogorov_distance(sample, law, shift=0.0):
    """Return the distance of the sample from the law, both sides of every step."""
    x, counts = np.unique(sample, return_counts=True)
    steps = np.concatenate([[0], np.cumsum(counts)]) / sample.size
    at = law.cdf(x - shift)
    below = at - [law.atoms.get(value - shift, 0.0) for value in x.tolist()]
    return max(np.abs(steps[1:] - at).max(), np.abs(steps[:-1] - below).max())


def test_sample_follows_the_cdf(law):
    assert kolmogorov_distance(sample_of(law), law) < CRITICAL


def test_a_slightly_wrong_law_is_detected(law):
    """The negative control: a shift by a tenth of a standard deviation, or of the quartiles."""
    quartiles = float(law.quantile(0.75) - law.quantile(0.25))
    size = math.sqrt(law.variance) if math.isfinite(law.variance) else quartiles
    assert kolmogorov_distance(sample_of(law), law, shift=0.1 * (size or 1.0)) > CRITICAL


def test_seeds_and_generators(law):
    seeded = law.sample((3, 2), rng=5)
    assert seeded.shape == (3, 2)
    assert seeded.dtype == np.float64
    np.testing.assert_array_equal(seeded, law.sample((3, 2), rng=np.random.default_rng(5)))
    generator = np.random.default_rng(5)
    first, second = law.sample(20, rng=generator), law.sample(20, rng=generator)
    assert np.array_equal(first, second) == (law.variance == 0.0)
    assert law.sample().shape == (1,)
    with pytest.raises((TypeError, ValueError)):
        law.sample(3, rng="seed")
