"""What the precision of draws cannot hold is refused, by name, before work."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.laws import Law
from clt_sim.laws.base import TABLE


@pytest.fixture
def no_work(monkeypatch):
    """Only grids from a pilot, which come after all checks, would call the driver."""

    def must_not_run(*arguments):
        raise AssertionError("work was started")

    monkeypatch.setattr(driver, "sample_chunks", must_not_run)


REFUSED = [
    # Numbers that are too large or too small.
    ({"weights": 1e39}, r"the largest of weights must be 0 or from 1e-30 to 1e\+30 in size"),
    ({"weights": [1e-46, 0.0]}, "the largest of weights .* not 1e-46: draws are in single"),
    ({"inputs": [1e31, 0.0]}, r"the largest of inputs must .* not 1e\+31"),
    ({"inputs": [[1e31, 0.0]]}, "the largest of inputs"),
    ({"weights": "normal(sd=1e40)"}, r"the scale of weights .* not 1e\+40"),
    ({"inputs": "laplace(mean=1e31)"}, "the location of inputs"),
    ({"inputs": "normal(sd=1e200)"}, r"the scale of inputs .* not 1e\+200.*Rescale the model"),
    ({"inputs": "bernoulli(probability=1e-40)"}, "the shape of the kernel for inputs"),
    ({"bias": "normal(sd=1e35)"}, "the scale of bias"),
    (
        {"dependence": "random-scale(factor='uniform(high=1e35)')"},
        "the scale of the factor .* single precision",
    ),
    ({"nonlinearity": "leaky-relu(slope=1e35)"}, "the parameter of the nonlinearity"),
    # Locations that leave too few digits.
    (
        {"inputs": "uniform(low=1.0, high=1.0001)"},
        "the location of inputs, 1, must be at most 1000 scales, of 0.0001 each, from 0",
    ),
    ({"weights": "normal(mean=1e5)"}, "the location of weights, 100000, .* to the bias"),
    ({"inputs": "cauchy(location=1e5)"}, "the location of inputs, 100000, must be at most"),
    ({"inputs": "arcsine(low=1e6, high=1000001.0)"}, "the location of inputs"),
    ({"bias": "normal(mean=1e5)"}, "the location of bias"),
    # Terms that are infinite.
    ({"inputs": "lognormal(sd_log=30)"}, "the largest terms, of size .* do not fit single"),
    ({"inputs": "laplace(scale=24)", "nonlinearity": "exp"}, r"x ~ laplace.* through exp, w ~ nor"),
    ({"inputs": "pareto(shape=0.2)"}, "the largest terms, of size .* x ~ pareto"),
    ({"inputs": "cauchy", "weights": "pareto(shape=0.3)"}, "the largest terms"),
    ({"weights": "lognormal(sd_log=30)"}, "the largest terms"),
    ({"inputs": "normal(sd=1e20)", "weights": 1e20}, "the largest terms"),
    (
        {"inputs": "normal(sd=1e19)", "weights": 1e18, "dropout": 0.9999},
        "the largest terms",
    ),
    (
        {
            "inputs": "normal(sd=1e20)",
            "dependence": "random-scale(factor='exponential(scale=1e18)')",
        },
        "the largest terms",
    ),
    # Sums that are too small, and biases that hide them.
    ({"inputs": "normal(sd=1e-20)", "weights": 1e-20}, "the standard deviation of the sum"),
    (
        {"bias": 1e17},
        r"bias must be at most 1e\+10 standard deviations of the sum, of 1.41421 each",
    ),
]


@pytest.mark.parametrize(("parts", "message"), REFUSED, ids=lambda part: str(part)[:60])
@pytest.mark.parametrize("run", [clt.simulate, clt.sample])
def test_models_that_single_precision_cannot_hold(run, parts, message, no_work):
    with pytest.raises(ValueError, match=message):
        run(clt.WeightedSum(2, **parts), 10)


def test_paths_are_checked_too(no_work):
    with pytest.raises(ValueError, match="the scale of weights"):
        clt.simulate_path(clt.WeightedSum(2, weights="normal(sd=1e40)"), [1], 10)


class Stairs(Law):
    """A law whose quantile function has steps that it does not tell of."""

    name = "stairs"
    kernel = TABLE

    def __init__(self, steps):
        self.steps = steps

    @property
    def support(self):
        return 0.0, self.steps + 1.0

    def _moment(self, k):
        x, widths = np.arange(self.steps), 1.0 / self.steps
        return float(np.mean((x + 0.5 * widths) ** k))

    def pdf(self, x):
        raise NotImplementedError

    def cdf(self, x):
        return np.ones(np.shape(x))

    def quantile(self, p):
        return np.asarray(p) + np.floor(np.asarray(p) * self.steps + 0.5)

    def characteristic_function(self, t):
        raise NotImplementedError

    def __str__(self):
        return "stairs"


def test_a_law_that_does_not_fit_a_table_is_refused(no_work):
    message = "stairs cannot be drawn: a table of its quantile function is off by .* pieces"
    with pytest.raises(ValueError, match=message):
        clt.simulate(clt.WeightedSum(2, Stairs(64)), 10)


def test_steps_that_a_law_does_not_tell_of_are_found():
    """A control: few of them are cut out."""
    x = clt.sample(clt.WeightedSum(1, Stairs(3), weights=1.0), 2**16)
    assert set(np.unique(np.floor(x))) == {0.0, 1.0, 2.0, 3.0}
    shares = np.bincount(np.floor(x).astype(int)) / x.size
    np.testing.assert_allclose(shares, [1 / 6, 1 / 3, 1 / 3, 1 / 6], atol=5.0 * 0.5 / 256)


@pytest.mark.parametrize(
    "parts",
    [
        {"weights": 1e29},
        {"weights": [0.0, 1e-29]},
        {"inputs": "normal(mean=999)"},
        {"inputs": "pareto(shape=0.5)"},
        {"inputs": "exponential", "nonlinearity": "exp"},
        {"inputs": "student-t(df=0.5)", "nonlinearity": "tanh"},
        {"bias": 1e10},
        {"weights": 0.0, "bias": 1e300},
        {"inputs": "discrete(values=(100000, 100001))"},
    ],
    ids=str,
)
def test_models_at_the_limits_are_drawn(parts):
    """A control: what is just inside gives finite sums."""
    x = clt.sample(clt.WeightedSum(2, **parts), 2000)
    assert np.all(np.isfinite(x))
