"""Null tables: sizes of all tests over fresh normal samples, and how tables are read and made."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

import clt_sim
from clt_sim.normality_tests import names
from clt_sim.normality_tests.null_samples import departures, normal_samples, standardized_rows
from clt_sim.normality_tests.null_table import LEAST_BEYOND, null_tables, read_tables
from clt_sim.normality_tests.registry import STATISTICS

FILE = Path(clt_sim.__file__).parent / "normality_tests" / "data" / "null_tables.npz"


def pvalues(test, rows):
    """Return the p-values of rows, interpolated between 150 of them."""
    n, table = rows.shape[1], null_tables()[test]
    scores = STATISTICS[test].scores(departures(STATISTICS[test], rows), n)
    points = np.linspace(scores.min(), scores.max(), 150)
    return np.interp(scores, points, [table.pvalue(point, n)[0] for point in points])


def critical(test, n, p):
    """Return the score whose p-value is p, by bisection."""
    low, high = -40.0, 40.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        above = null_tables()[test].pvalue(middle, n)[0] > p
        low, high = (middle, high) if above else (low, middle)
    return low


@pytest.mark.parametrize("n", [5, 10, 23, 64, 107, 1300])
def test_sizes_over_fresh_samples(n):
    """At n of the tables and between them; false alarms at 4 sd for 120 counts: below 1 %."""
    samples = min(20_000, 3_000_000 // n)
    rows = normal_samples(n, samples, seed=123_456_789)
    for test in names():
        if n < STATISTICS[test].least:
            continue
        scores = STATISTICS[test].scores(departures(STATISTICS[test], rows), n)
        for p in (0.05, 0.005):
            size = np.mean(scores > critical(test, n, p))
            # Besides the sample's own error, 2 % of p for interpolation.
            assert abs(size - p) < 4 * math.sqrt(p * (1 - p) / samples) + 0.02 * p, (test, p, size)


def test_sizes_notice_another_law():
    """The negative control: rows that are nearly normal, Student's t with 20 degrees."""
    rows = standardized_rows(np.random.default_rng(0).standard_t(20, size=(4000, 1000)))
    for test in names():
        scores = STATISTICS[test].scores(departures(STATISTICS[test], rows), 1000)
        if test != "vasicek":  # the weakest against heavy tails
            assert np.mean(scores > critical(test, 1000, 0.05)) > 0.06


def test_pvalues_are_uniform():
    """Over the whole range; Kolmogorov's distance at a false alarm rate of 1e-3 for each test."""
    rows = normal_samples(45, 3000, seed=987_654_321)
    for test in names():
        ordered = np.sort(pvalues(test, rows))
        distance = np.max(np.abs(ordered - (np.arange(3000) + 0.5) / 3000))
        assert distance < 1.95 / math.sqrt(3000)


@pytest.mark.parametrize("test", names())
def test_pvalues_fall_from_1_to_0_without_steps(test):
    table = null_tables()[test]
    for n in (STATISTICS[test].least, 33, 1000, 10**12):
        row = table.row(n)
        reach = row[-1] - row[0]
        scores = np.linspace(row[0] - 0.3 * reach, row[-1] + 0.3 * reach, 401)
        p, error = np.array([table.pvalue(score, n) for score in scores]).T
        assert np.all(np.diff(p) <= 0.0)
        assert np.max(-np.diff(p)) < (0.05 if n >= 20 else 0.9)
        assert np.all((error >= 0.0) & (error < 0.05))
        assert table.pvalue(math.inf, n) == (0.0, 0.0)
        assert table.pvalue(-math.inf, n) == (1.0, 0.0)


def weights_of_the_limit(kernel):
    """Return the weights of the squares that the limit is a sum of, by Nyström's method."""
    s = (np.arange(1000) + 0.5) / 1000
    z = ndtri(s)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    bridge = np.minimum.outer(s, s) - np.outer(s, s)
    fitted = np.outer(density, density) + np.outer(z * density, z * density) / 2
    return np.linalg.eigvalsh((bridge - fitted) * kernel(s, s[:, np.newaxis]) / 1000)[::-1]


def tail_of_squares(weights, x):
    """Return P(sum_k w_k X_k^2 > x) by the inversion of Imhof (1961)."""
    t = (np.arange(20_000) + 0.5) / 100
    z = 1 - 2j * weights[:, np.newaxis] * t
    wave = np.exp(-1j * t * x - 0.5 * np.log(z).sum(axis=0))
    return 0.5 + np.sum(wave.imag / t) / (100 * math.pi)


def test_the_limit_is_the_known_law_of_squares():
    """Durbin, Knott & Taylor (1975)."""
    assert tail_of_squares(np.ones(1), 4.0) == pytest.approx(stats.chi2(1).sf(4.0), abs=1e-2)
    assert tail_of_squares(np.ones(6), 30.0) == pytest.approx(stats.chi2(6).sf(30.0), rel=1e-3)
    kernels = {
        "cramer-von-mises": lambda s, t: 1.0,
        "anderson-darling": lambda s, t: 1 / np.sqrt(s * (1 - s) * t * (1 - t)),
    }
    for test, kernel in kernels.items():
        weights = weights_of_the_limit(kernel)
        rest = np.sum(weights[100:]) / weights[0]  # as good as constant
        for x, tolerance in ((3.0, 0.02), (7.0, 0.02), (15.0, 0.03), (20.0, 0.05), (40.0, 1.5)):
            expected = tail_of_squares(weights[:100] / weights[0], x - rest)
            p, _ = null_tables()[test].pvalue(math.log(x * weights[0]), 10**9)
            assert p == pytest.approx(expected, rel=tolerance), (test, x)


def test_pvalues_go_on_beyond_the_table():
    """A Weibull tail: no floor; its error grows."""
    table = null_tables()["cramer-von-mises"]
    scores = table.row(100)[-1] + np.log([1.0, 2.0, 5.0, 20.0])
    p, error = np.array([table.pvalue(score, 100) for score in scores]).T
    assert 0.0 < p[-1] < 1e-60
    assert np.all(np.diff(error / p) > 0.0)


def test_the_file():
    assert FILE.stat().st_size < 300_000
    tables = read_tables(FILE.read_bytes())
    assert sorted(tables) == sorted(names())
    for name, table in tables.items():
        assert table.ns[0] == STATISTICS[name].least
        assert np.all(np.diff(table.ns) > 0)
        assert np.all(np.isfinite(table.quantiles))
        assert np.all(np.diff(table.quantiles, axis=1) >= 0.0)
        assert np.all(np.diff(table.levels) < 0.0)
        assert np.all(table.replicates >= 10 * LEAST_BEYOND)


@pytest.fixture
def maker():
    path = Path(__file__).parents[2] / "tools" / "make_null_tables.py"
    specification = importlib.util.spec_from_file_location("make_null_tables", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_rows_are_made_again_to_the_last_bit(maker, monkeypatch):
    """Rows below n = SMOOTH_FROM stand in the file as they were simulated."""
    monkeypatch.setattr(maker, "REPLICATES", {4: 1_000_000})
    monkeypatch.setattr(maker, "THREADS", 1)
    ((n, row, _, samples),) = maker.make_rows(["jarque-bera"])["jarque-bera"]
    table = null_tables()["jarque-bera"]
    assert (n, samples) == (4, table.replicates[0])
    assert row == pytest.approx(table.quantiles[0], rel=1e-12, abs=1e-12)


def test_a_made_file_is_read_again(maker, monkeypatch, tmp_path):
    monkeypatch.setattr(
        maker, "REPLICATES", dict.fromkeys([30, 100, 150, 200, 300, 400, 600], 2000)
    )
    monkeypatch.setattr(
        maker, "LEVELS", maker.LEVELS[(maker.LEVELS > 0.015) & (maker.LEVELS < 0.98)]
    )
    monkeypatch.setattr(maker, "FILE", tmp_path / "tables.npz")
    contents = []
    for threads in (1, 3):
        monkeypatch.setattr(maker, "THREADS", threads)
        found = maker.make_rows(["energy"])
        maker.write({"energy": maker.make_table("energy", found["energy"])})
        contents.append(maker.FILE.read_bytes())
    assert contents[0] == contents[1]
    table = read_tables(contents[0])["energy"]
    assert table.ns.tolist() == [30, 100, 150, 200, 300, 400, 600, maker.LIMIT]
    shipped = null_tables()["energy"]
    for n in (30, 500, 10**9):
        score = float(np.interp(0.1, shipped.levels[::-1], shipped.row(n)[::-1]))
        assert table.pvalue(score, n)[0] == pytest.approx(0.1, abs=0.03)
