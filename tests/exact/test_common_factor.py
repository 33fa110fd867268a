"""Sums of equicorrelated normal inputs behind a nonlinearity, or with random weights."""

from __future__ import annotations

import functools
import importlib
import math
import pickle

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

import clt_sim as clt
from clt_sim.exact import InvertedLaw, NoExactLaw
from clt_sim.exact.sum_transform import sum_transform

METHOD = "characteristic-function"


def model(n: int, r: float, **options) -> clt.WeightedSum:
    return clt.WeightedSum(n, dependence=f"equicorrelated(correlation={r})", **options)


@functools.cache
def law_of(n: int, r: float, nonlinearity: str = "relu", weights=1.0, **options) -> InvertedLaw:
    given = model(n, r, nonlinearity=nonlinearity, weights=weights, **options)
    return clt.exact(given, method=METHOD)


def test_without_a_nonlinearity_it_is_the_normal_law():
    law = law_of(8, 0.5, "identity", bias=3.0)
    normal = stats.norm(3.0, math.sqrt(8 * 0.5 + 64 * 0.5))
    x = np.array([-60.0, -5.0, 3.0, 4.0, 40.0, 75.0])
    assert law.smallest < 1e-40
    assert law.relative_error < 1e-11
    np.testing.assert_allclose(law.pdf(x), normal.pdf(x), rtol=law.relative_error)
    np.testing.assert_allclose(law.sf(x), normal.sf(x), rtol=law.relative_error)
    np.testing.assert_allclose(law.cdf(x), normal.cdf(x), rtol=law.relative_error)
    assert law.moment(4) == pytest.approx(normal.moment(4), rel=1e-12)


def squares(n: int, r: float, x: float) -> float:
    """P(S > x), S being 1 - r times chi-square(n - 1) plus 1 - r + n r times chi-square(1)."""
    large = 1.0 - r + n * r
    end = math.sqrt(x / large)
    tail, _ = integrate.quad(
        lambda z: 2.0 * stats.norm.pdf(z) * stats.chi2.sf((x - large * z * z) / (1.0 - r), n - 1),
        0.0,
        end,
        epsabs=0.0,
        epsrel=1e-12,
        points=[0.5 * end, 0.9 * end, 0.99 * end],
        limit=200,
    )
    return tail + 2.0 * stats.norm.sf(end)


def test_squares_are_a_generalized_chi_square_law():
    law = law_of(8, 0.1, "square")
    assert law.error < 1e-11
    for x in (8.0, 12.0, 25.0):
        assert float(law.sf(x)) == pytest.approx(squares(8, 0.1, x), rel=1e-11)
    assert law.mean == pytest.approx(8.0, rel=1e-13)
    # Twice the sum of the squares of the eigenvalues of the matrix of correlations.
    assert law.variance == pytest.approx(2.0 * (7 * 0.9**2 + 1.7**2), rel=1e-13)


def test_normal_weights_without_a_nonlinearity():
    """A product over the eigenvalues of the correlations: ``prod (1 - l s^2)^(-1/2)``."""
    transform = sum_transform(model(5, 0.3, weights="normal")).transform
    eigenvalues = np.array([0.7] * 4 + [0.7 + 5 * 0.3])
    for s in (0.4j, 3.0j, 0.2 + 0.5j):
        expected = np.prod((1.0 - eigenvalues * s * s) ** -0.5)
        assert np.exp(transform.log(np.array([s]))[0]) == pytest.approx(expected, rel=1e-12)


def two_outputs(r: float, x: float) -> float:
    """P(relu(x_1) + relu(x_2) > x), by an integral over x_1."""
    spread = math.sqrt(1.0 - r * r)
    tail, _ = integrate.quad(
        lambda u: stats.norm.pdf(u) * stats.norm.sf((x - max(u, 0.0) - r * u) / spread),
        -12.0,
        x,
        points=[0.0],
        epsabs=1e-14,
        limit=200,
    )
    return tail + stats.norm.sf(x)


def test_two_relu_outputs():
    law = law_of(2, 0.5)
    for x in (0.1, 1.0, 4.0):
        assert float(law.sf(x)) == pytest.approx(two_outputs(0.5, x), rel=1e-10)
    assert dict(law.atoms) == {0.0: pytest.approx(0.25 + math.asin(0.5) / math.tau, rel=1e-13)}
    assert law.support == (0.0, math.inf)
    assert float(law.cdf(-1.0)) == 0.0
    # Far out both are above 0: the sum of the inputs is normal.
    assert float(law.sf(20.0)) == pytest.approx(stats.norm.sf(20.0 / math.sqrt(3.0)), rel=1e-4)


def test_a_density_by_mpmath():
    """Of two ReLU outputs: both above 0, or only one."""
    r, x = 0.5, 1.5
    with mp.workdps(20):
        spread = mp.sqrt(1 - mp.mpf(r) ** 2)
        both = mp.quad(
            lambda u: mp.npdf(u) * mp.npdf((x - u - r * u) / spread) / spread, [0, x / 2, x]
        )
        one = 2 * mp.npdf(x) * mp.ncdf(-r * x / spread)
    assert float(law_of(2, r).pdf(x)) == pytest.approx(float(both + one), rel=1e-11)


def test_moments_of_relu_outputs():
    """Cho & Saul 2009: ``E relu(x) relu(y) = (sqrt(1 - r^2) + r (pi - acos r))/(2 pi)``."""
    n, r = 8, 0.3
    law = law_of(n, r, bias=-1.0)
    product = (math.sqrt(1.0 - r * r) + r * (math.pi - math.acos(r))) / math.tau
    mean = n / math.sqrt(math.tau)
    assert law.mean == pytest.approx(mean - 1.0, rel=1e-13)
    variance = n / 2 + n * (n - 1) * product - mean**2
    assert law.variance == pytest.approx(variance, rel=1e-12)
    assert law.moment(2) == pytest.approx(variance + (mean - 1.0) ** 2, rel=1e-12)
    report = clt.gaussianity(law, measures=["skewness", "excess-kurtosis"])
    third = law.moment(3) - 3.0 * law.mean * law.moment(2) + 2.0 * law.mean**3
    assert report["skewness"].value == pytest.approx(third / variance**1.5, rel=1e-9)


@pytest.mark.parametrize(
    ("n", "r", "options"),
    [
        (8, 0.3, {"nonlinearity": "relu", "weights": 1.0, "bias": -1.0}),
        (4, 0.6, {"nonlinearity": "hard-tanh", "weights": "exponential", "dropout": 0.25}),
        (3, 0.5, {"nonlinearity": "relu", "weights": (1.0, -2.0, 1.0)}),
    ],
)
def test_draws_of_the_simulation(n, r, options):
    """At 15 places, 4.5 standard errors; independent inputs are further."""
    law, draws = law_of(n, r, **options), 100_000
    x = law.mean + math.sqrt(law.variance) * np.linspace(-0.5, 4.0, 15)
    below = np.mean(clt.sample(model(n, r, **options), draws, seed=6)[:, None] <= x, axis=0)

    def furthest(other):
        spread = np.sqrt(np.maximum(law.cdf(x) * law.sf(x), 1e-9) / draws)
        return np.max(np.abs(below - other.cdf(x)) / spread)

    assert law.error < 1e-8
    assert furthest(law) < 4.5
    assert furthest(clt.exact(clt.WeightedSum(n, **options), method=METHOD)) > 10.0


def test_too_few_nodes_are_noticed(monkeypatch):
    """Negative control: the comparison of rules sees nodes that are too far apart."""
    module = importlib.import_module("clt_sim.exact.common_factor_sum")
    monkeypatch.setattr(module, "_FIRST", 1)
    monkeypatch.setattr(module, "_FINEST", 1)
    with pytest.raises(NoExactLaw, match="what the inputs have in common is only known to"):
        clt.exact(model(8, 0.9, nonlinearity="relu", weights=1.0), method=METHOD)


def test_atoms_of_several_outputs():
    """Both, one or none of two clipped inputs at each of the ends."""
    atoms = sum_transform(model(2, 0.5, nonlinearity="hard-tanh", weights=1.0)).atoms
    normal = stats.multivariate_normal([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]])
    both = float(normal.cdf([-1.0, -1.0]))
    other = float(stats.norm.cdf(-1.0)) - float(normal.cdf([-1.0, 1.0]))
    assert [*atoms] == [-2.0, 0.0, 2.0]
    np.testing.assert_allclose([*atoms.values()], [both, 2.0 * other, both], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"inputs": "laplace", "nonlinearity": "tanh"}, "and have not the law normal"),
        ({"weights": "uniform"}, "with weights of the law uniform: it must be normal, laplace"),
        ({"nonlinearity": "sign", "weights": 1.0}, "all its mass is in atoms"),
        ({"nonlinearity": "relu", "weights": 0.0}, "all its mass is in atoms"),
        ({"nonlinearity": "tanh", "weights": tuple(range(1, 21))}, "more than 16 different"),
    ],
)
def test_refusals_name_the_part(options, reason):
    with pytest.raises(NoExactLaw, match=reason):
        clt.exact(model(20, 0.5, **options), method=METHOD)


def test_inputs_that_are_nearly_one_number_are_refused():
    given = model(4, 0.99999, nonlinearity="relu", weights=1.0)
    with pytest.raises(NoExactLaw, match=r"the correlation is so high that it takes \d+ panels"):
        clt.exact(given, method=METHOD)
    with pytest.raises(NoExactLaw, match="all are one number"):
        clt.exact(model(4, 1.0, nonlinearity="relu"), method=METHOD)


def test_correlations_of_0_and_1():
    options = {"inputs": "bernoulli", "nonlinearity": "tanh", "weights": 0.5, "bias": 1.0}
    assert clt.exact(model(3, 0.0, **options)) == clt.exact(clt.WeightedSum(3, **options))
    one = clt.exact(model(3, 1.0, **options))
    assert one == clt.exact(clt.WeightedSum(1, **{**options, "weights": 1.5}))


def test_a_law_is_a_value():
    law = law_of(2, 0.5)
    assert law == law_of.__wrapped__(2, 0.5)
    assert law.method == METHOD
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301
    assert str(law).startswith(f"{METHOD} law of the sum of 2 terms w*relu(x), x ~ normal equi")
