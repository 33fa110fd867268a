"""The numbers of the page of traps, by routes of their own."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

import clt_sim as clt

PUBLISHED = [0.3769, 0.2423, 0.1627, 0.1143, 0.0831, 0.0611, 0.0441, 0.0412, 0.0431, 0.0442]
"""Distances of Wolinski & Arbel (2025), n = 1 to 10, from 200000 draws each."""


@pytest.fixture(scope="module")
def relu():
    return clt.exact(clt.WeightedSum(n=1, inputs="normal", nonlinearity="relu", weights=1.0))


def value(measure, source, **options):
    return clt.gaussianity(source, measures=measure, **options)[measure].value


def l_kurtosis(quantile):
    """Return tau_4 from integrals of the quantile function, by scipy."""
    second, fourth = (
        quad(lambda p, r=r: quantile(p) * np.polynomial.Legendre.basis(r)(2 * p - 1), 0.0, 1.0)[0]
        for r in (1, 3)
    )
    return fourth / second


def test_the_l_kurtosis_of_relu_is_normal(relu):
    normal = l_kurtosis(ndtri)
    assert l_kurtosis(lambda p: max(ndtri(p), 0.0)) == pytest.approx(normal, abs=1e-7)
    assert abs(value("l-kurtosis", relu)) < 1e-11
    shifted = l_kurtosis(lambda p: max(ndtri(p) + 0.5, 0.0))
    assert abs(shifted - normal) > 0.02  # the control: not of every rectified normal law
    mean, variance = 1 / math.sqrt(2 * math.pi), 0.5 - 0.5 / math.pi
    fourth = 1.5 - 4 * mean * math.sqrt(2 / math.pi) + 6 * mean**2 * 0.5 - 3 * mean**4
    assert value("excess-kurtosis", relu) == pytest.approx(fourth / variance**2 - 3, rel=1e-9)
    at_zero = 0.5 - ndtr(-mean / math.sqrt(variance))
    assert value("kolmogorov", relu) == pytest.approx(at_zero, rel=1e-9)


def test_approximations_of_negentropy_rank_the_wrong_way_round():
    laplace, uniform = clt.laws.get("laplace"), clt.laws.get("uniform")
    exact = 0.5 * math.log(math.pi / math.e), 0.5 * math.log(math.pi * math.e / 6)
    assert [value("negentropy", law) for law in (laplace, uniform)] == pytest.approx(exact)
    assert value("negentropy-cumulant", laplace) == pytest.approx(3.0**2 / 48)
    assert value("negentropy-cumulant", uniform) == pytest.approx(1.2**2 / 48)
    assert exact[0] < exact[1]
    for name in ("negentropy-cumulant", "negentropy-maxent", "negentropy-maxent-abs"):
        assert value(name, laplace) > value(name, uniform)


def test_the_p_value_changes_and_the_law_does_not():
    model = clt.WeightedSum(n=60, inputs="uniform", weights=1.0)
    few, many = (
        clt.gaussianity_test(clt.simulate(model, draws=draws, seed=0), "jarque-bera")
        for draws in (1000, 10_000_000)
    )
    assert few.pvalue > 0.05
    assert many.pvalue < 1e-20
    mean = 10_000_000 * 0.02**2 / 24 + 2  # of a chi-squared law that is not central
    assert many.statistic == pytest.approx(mean, abs=4 * math.sqrt(4 * mean))
    law = clt.exact(model)
    assert value("excess-kurtosis", law) == pytest.approx(-1.2 / 60)
    edgeworth = 0.02 / 24 * 0.5505878  # of the excess kurtosis: max |He3 phi|
    assert value("kolmogorov", law) == pytest.approx(edgeworth, rel=0.005)


def test_a_normal_sample_as_large_is_not_rejected():
    """The control of the test above: ten million draws do not reject by their number."""
    normal = clt.simulate(clt.WeightedSum(n=1, inputs="normal", weights=1.0), draws=10_000_000)
    assert clt.gaussianity_test(normal, "jarque-bera").pvalue > 0.01


@functools.cache
def report_of_network(n):
    law = clt.exact(clt.RandomNetwork([n, n], "relu"))
    return clt.gaussianity(law, standardize=False, measures=["kolmogorov", "excess-kurtosis"])


def drawn_variances(n, draws, seed):
    """Return the variances of outputs of networks with weights drawn by NumPy, layer by layer."""
    rng = np.random.default_rng(seed)
    variance = np.full(draws, 2.0)
    for _ in range(2):
        z = rng.standard_normal((draws, n)) * np.sqrt(variance)[:, None]
        variance = 2.0 / n * np.sum(np.maximum(z, 0.0) ** 2, axis=1)
    return variance


@pytest.mark.parametrize("n", [4, 8, 16])
def test_distances_of_networks(n):
    report = report_of_network(n)
    sds = np.sqrt(np.maximum(drawn_variances(n, 20_000, seed=n), 1e-30))
    x = np.linspace(-3.0, 3.0, 121)
    raw, shape = (
        np.max(np.abs(np.mean(ndtr(x[:, None] * scale / sds), axis=1) - ndtr(x)))
        for scale in (1.0, math.sqrt(2.0))
    )
    assert report["kolmogorov"].value == pytest.approx(raw, abs=0.004)
    assert report.shape["kolmogorov"].value == pytest.approx(shape, abs=0.004)
    assert report["excess-kurtosis"].value == pytest.approx(3 * (1 + 5 / n) ** 2 - 3)


def test_raw_distances_turn_and_those_of_the_shape_fall():
    reports = [report_of_network(n) for n in range(1, 11)]
    raw = [report["kolmogorov"].value for report in reports]
    shape = [report.shape["kolmogorov"].value for report in reports]
    assert raw == pytest.approx(PUBLISHED, abs=0.0031)  # the bound of Massart, 95 %, 200000 draws
    assert np.argmin(raw) == 7
    assert np.all(np.diff(shape) < 0)
    assert shape[7] > raw[7]
    limit = ndtr(math.sqrt(2 * math.log(2))) - ndtr(math.sqrt(math.log(2)))
    wide = clt.laws.get("normal", sd=math.sqrt(2))
    assert value("kolmogorov", wide, standardize=False) == pytest.approx(limit)
    assert value("kolmogorov", wide) < 1e-12


def test_sparse_in_one_sense(relu):
    names = ["exact-zero", "kurtosis", "gini", "support"]
    rademacher = stats.rv_discrete(values=([-1, 1], [0.5, 0.5]))
    closed = {
        "relu": (0.5, 1 - 0.25 / 1.5, 1 / math.sqrt(2), 0.0),
        "laplace": (0.0, 1 - 4 / 24, 0.5, 0.0),
        "rademacher": (0.0, 1 - rademacher.moment(2) ** 2 / rademacher.moment(4), 0.0, 1.0),
        "uniform": (0.0, 1 - (1 / 9) / (1 / 5), 1 / 3, 0.0),
    }
    for name, expected in closed.items():
        report = clt.sparsity(relu if name == "relu" else clt.laws.get(name), measures=names)
        found = [estimate.value for estimate in report.values()]
        assert found == pytest.approx(expected, abs=1e-9), name
