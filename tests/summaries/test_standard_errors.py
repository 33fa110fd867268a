"""Standard errors: against a numerical influence function, and against the spread they foretell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.summaries.power_sums import (
    estimated_excess_kurtosis,
    estimated_skewness,
    estimated_variance,
)

FUNCTIONALS = {
    "variance": (estimated_variance, lambda m: m[2]),
    "skewness": (estimated_skewness, lambda m: m[3] / m[2] ** 1.5),
    "excess-kurtosis": (estimated_excess_kurtosis, lambda m: m[4] / m[2] ** 2 - 3.0),
}
RUNS, DRAWS = 400, 2**15
SPREAD = 0.18
"""Five standard errors of a standard deviation from RUNS normal values."""

laws = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(1, 9)),
    min_size=3,
    max_size=7,
    unique_by=lambda a: a[0],
)


def central_moments(x, p, orders=9):
    """Of a law on the points x; `p` may be complex and need not sum to 1."""
    p = p / p.sum()
    mean = (p * x).sum()
    return [(p * (x - mean) ** k).sum() for k in range(orders)]


def influence(functional, x, p):
    """The derivative of a functional as mass moves to each point: exact, by a complex step."""
    step = 1e-30
    return (
        np.array(
            [
                functional(
                    central_moments(x, (1 - 1j * step) * p + 1j * step * (x == point), 5)
                ).imag
                for point in x
            ]
        )
        / step
    )


@pytest.mark.parametrize("name", FUNCTIONALS)
@given(laws)
def test_error_is_the_spread_of_the_influence_function(name, law):
    x, p = np.array(law, float).T
    p /= p.sum()
    estimate, functional = FUNCTIONALS[name]
    central = tuple(moment.real for moment in central_moments(x, p))
    values = influence(functional, x, p)
    expected = math.sqrt((p * values**2).sum())
    scale = max(abs(values).max(), 1.0)
    error = estimate(10**6, central).stderr * 1e3
    assert error**2 == pytest.approx(expected**2, rel=1e-8, abs=1e-10 * scale**2)


@pytest.mark.parametrize("law", ["uniform", "exponential", "normal"])
def test_errors_are_the_spread_over_repetitions(law):
    model = clt.WeightedSum(1, law, weights=1.0)
    summaries = [clt.simulate(model, DRAWS, seed=seed, threads=1) for seed in range(RUNS)]
    for name in ("mean", "variance", "skewness", "excess_kurtosis"):
        estimates = [getattr(summary, name) for summary in summaries]
        spread = np.std([estimate.value for estimate in estimates], ddof=1)
        stated = np.sqrt(np.mean([estimate.stderr**2 for estimate in estimates]))
        assert spread == pytest.approx(stated, rel=SPREAD), name
        assert spread != pytest.approx(1.4 * stated, rel=SPREAD), name


def test_the_variance_has_no_bias():
    model = clt.WeightedSum(1, "exponential", weights=1.0)
    variances = [
        clt.simulate(model, 3, seed=seed, threads=1).variance.value for seed in range(2000)
    ]
    error = np.std(variances) / math.sqrt(len(variances))
    assert abs(np.mean(variances) - 1.0) < 4.0 * error
    assert abs(np.mean(variances) * 2.0 / 3.0 - 1.0) > 4.0 * error  # division by 3 would show
