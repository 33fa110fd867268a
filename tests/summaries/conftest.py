"""Summaries to test with, made once."""

from __future__ import annotations

import pytest

import clt_sim as clt

MODEL = clt.WeightedSum(1, "exponential", weights=1.0)


@pytest.fixture(scope="session")
def model():
    """The exponential law itself: one draw in 8000 lies above the histogram."""
    return MODEL


@pytest.fixture(scope="session")
def parts():
    """Three summaries of different seeds and lengths."""
    return [clt.simulate(MODEL, 60_000 + 1_000 * seed, seed=seed) for seed in (1, 2, 3)]
