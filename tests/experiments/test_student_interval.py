"""Student's interval, by scipy and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import sem, t

from clt_sim.experiments.student_interval import student_interval


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_it_is_that_of_scipy(confidence):
    values = np.random.default_rng(1).normal(3.0, 2.0, (5, 4))
    found = student_interval(values, confidence)
    errors = sem(values, axis=0)
    low, high = t.interval(confidence, 4, values.mean(axis=0), errors)
    np.testing.assert_allclose(found.stderr, errors, rtol=1e-13)
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=1e-11)


def test_it_covers_as_often_as_it_says():
    """The share of 20000 intervals is within 4 standard errors: false alarm rate below 1e-4."""
    values = np.random.default_rng(2).standard_normal((3, 20_000))
    found = student_interval(values, 0.95)
    covered = np.mean((found.low < 0.0) & (found.high > 0.0))
    error = np.sqrt(0.95 * 0.05 / 20_000)
    assert abs(covered - 0.95) < 4.0 * error
    # Negative control: a normal interval is too short for three values.
    normal = np.mean(np.abs(found.mean) < 1.96 * found.stderr)
    assert abs(normal - 0.95) > 4.0 * error


def test_an_infinite_value_has_no_interval():
    found = student_interval([-np.inf, 0.0, 1.0], 0.95)
    assert np.isnan([found.low, found.high]).all()
