"""What multivariate_gaussianity takes, what it refuses, and what it says about it."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim.multivariate import multivariate_gaussianity
from clt_sim.networks.recording.signal import Signal

NAMES = [
    "mardia-skewness",
    "mardia-kurtosis",
    "henze-zirkler",
    "energy",
    "sliced-wasserstein-1",
    "square-correlation",
]
X = np.random.default_rng(0).normal(size=(50, 4))


def test_names_of_measures():
    assert list(multivariate_gaussianity(X)) == NAMES
    assert list(multivariate_gaussianity(X, measures=["energy", "mardia-kurtosis"])) == [
        "energy",
        "mardia-kurtosis",
    ]
    with pytest.raises(ValueError, match="Did you mean 'energy'"):
        multivariate_gaussianity(X, measures="energi")


def test_a_signal_is_one_vector_an_input():
    signal = Signal("u", "hidden 2", X)
    report = multivariate_gaussianity(signal)
    assert report.ensemble == "u of hidden 2, the vector of 4 units over 50 inputs"
    assert report.estimates == multivariate_gaussianity(X).estimates
    assert multivariate_gaussianity(X).ensemble == "50 vectors of dimension 4"
    assert "raw values" in multivariate_gaussianity(X, standardize=False).title


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (X[:, 0], r"draws in rows and dimensions in columns.*\(50,\)"),
        (X[:5], "more than 5 draws, the rows, for its 4 dimensions, the columns; it has 5"),
        (X.T, r"Pass x\.T"),
        (np.where(X > 2.0, np.nan, X), "x must be finite"),
        (np.zeros((0, 3)), "not empty"),
    ],
)
def test_bad_values(x, match):
    with pytest.raises(ValueError, match=match):
        multivariate_gaussianity(x)


def test_raw_values_out_of_range():
    far = multivariate_gaussianity(1e49 * X, standardize=False)
    assert np.all(np.isfinite([estimate.stderr for estimate in far.values()]))
    with pytest.raises(ValueError, match=r"x must be at most 1e\+50 .* not 2.*rescale"):
        multivariate_gaussianity(1e50 * X, standardize=False)
    huge = multivariate_gaussianity(1e307 * X)
    assert huge["energy"].value == pytest.approx(multivariate_gaussianity(X)["energy"].value)


@pytest.mark.parametrize(
    "x", ["normal", None, X + 1j, Signal("u", "hidden 1", X).pooled], ids=lambda x: type(x).__name__
)
def test_what_is_no_source(x):
    with pytest.raises(TypeError, match="x must be a 2-D array of real numbers or a Signal"):
        multivariate_gaussianity(x)


@pytest.mark.parametrize(
    ("scale", "dtype"),
    [(1.0, np.float64), (1e-150, np.float64), (1.0, np.float32), (1e12, np.float32)],
)
def test_singular_covariance(scale, dtype):
    constant = np.full((50, 1), 0.1)
    dependent = X @ np.array([[1.0], [2.0], [-1.0], [0.3]])
    x = np.hstack([scale * X[:, :1], constant, X[:, 1:], scale * dependent]).astype(dtype)
    with pytest.raises(ValueError, match=r"its rank is 4 of 6\. Columns \[1, \d\]"):
        multivariate_gaussianity(x)
    with pytest.raises(ValueError, match=r"np\.delete\(x\.values, \[1, \d\], axis=1\)"):
        multivariate_gaussianity(Signal("u", "hidden 1", x))


def test_the_columns_named_are_enough():
    x = np.hstack([X, X[:, :2] - X[:, 2:], np.ones((50, 1))])
    with pytest.raises(ValueError, match="its rank is 4 of 7") as refusal:
        multivariate_gaussianity(x)
    columns = [int(word) for word in str(refusal.value).split("[")[1].split("]")[0].split(",")]
    assert len(columns) == 3
    report = multivariate_gaussianity(np.delete(x, columns, axis=1), measures=NAMES[:4])
    for name in NAMES[:4]:
        assert report[name].value == pytest.approx(multivariate_gaussianity(X)[name].value)


def test_nearly_dependent_columns_are_not_refused():
    x = X.copy()
    x[:, 3] = x[:, 0] + 1e-9 * x[:, 3]
    report = multivariate_gaussianity(x, measures="mardia-kurtosis")
    expected = multivariate_gaussianity(X, measures="mardia-kurtosis")
    assert report["mardia-kurtosis"].value == pytest.approx(
        expected["mardia-kurtosis"].value, rel=1e-4
    )


def test_other_dtypes():
    whole = np.random.default_rng(1).integers(0, 5, size=(30, 2))
    expected = multivariate_gaussianity(whole.astype(float))
    for dtype in (np.int8, np.float32):
        assert multivariate_gaussianity(whole.astype(dtype)).estimates == expected.estimates


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"directions": 1}, "directions must be at least 2, not 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"pair_budget": 0.0}, "pair_budget must be above 0"),
    ],
)
def test_numbers(settings, match):
    with pytest.raises(ValueError, match=match):
        multivariate_gaussianity(X, **settings)
