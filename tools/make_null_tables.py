"""Make clt_sim/normality_tests/data/null_tables.npz: quantiles of tests over normal samples.

For each number of values, samples of the package's own generator give the quantiles of the scores
of each test. From n = 100 on they are smoothed, which takes the noise out, reaches the levels that
few samples reach, and leads to the limit: what differs from the quantiles for n = 100 is a
polynomial in the normal quantile of the level and in 1/sqrt(n), or in 1/log(n) for tests without a
limit, fitted with the errors for weights.

Run ``python tools/make_null_tables.py [test ...]``: all tests, or those that are named, of which
the other ones keep their tables. Every run gives the same bytes, however many threads share it;
other builds of LAPACK may round the fits differently. All tests take about six minutes of one core.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.special import ndtri

import clt_sim
from clt_sim.normality_tests.null_samples import departures, normal_batches, normal_samples
from clt_sim.normality_tests.null_table import FORMAT, LEAST_BEYOND, NullTable, read_tables
from clt_sim.normality_tests.registry import STATISTICS
from clt_sim.summaries.archive import write_archive

SEED = 1
THREADS = 2
FILE = Path(clt_sim.__file__).parent / "normality_tests" / "data" / "null_tables.npz"
LEVELS = np.concatenate(
    [
        1.0 - 10.0 ** (-np.arange(18, 5, -1) / 5),
        np.arange(0.9, 0.12, -0.05),
        10.0 ** (-np.arange(5, 24) / 5),
    ]
)
REPLICATES = {
    **dict.fromkeys([*range(3, 21), 25, 30, 35, 40, 50, 60, 70, 85, 100], 1_000_000),
    **dict.fromkeys([120, 150, 200], 500_000),
    300: 300_000,
    500: 200_000,
    700: 150_000,
    1000: 150_000,
    2000: 100_000,
    5000: 40_000,
    20_000: 8_000,
}
CHI_SQUARED_2 = ["jarque-bera", "dagostino-k2"]
"""Tests whose limit is the chi-squared law of two degrees."""
SUMS_OF_SQUARES = ["anderson-darling", "cramer-von-mises"]
"""Tests whose limit is a sum of squares of normal variables with known weights."""
WITHOUT_LIMIT = ["shapiro-wilk", "shapiro-francia", "vasicek"]
MORE_REPLICATES = {100_000: 8_000, 1_000_000: 1_500}
"""For tests without a limit alone."""
STEPS = [21, 31, 42, 43, 56, 57, 72, 73, 90, 91]
"""Where the half-width of Vasicek's spacings steps: rows on both sides, for that test alone."""
LIMIT = 10**8
"""The row of this n stands for all above."""
SMOOTH_FROM = 100
DEGREES = {
    **dict.fromkeys(CHI_SQUARED_2, (2, 6)),
    "shapiro-wilk": (3, 3),
    "shapiro-francia": (3, 3),
    "vasicek": (2, 7),
}
"""Of polynomials over n and over levels; (2, 2) for other tests.

They are high enough for the misfit to be that of chance or, for Vasicek's test, near it, and low
enough for quantiles to ascend where no sample reaches.
"""


def sizes(name: str) -> list[int]:
    more = [*STEPS] if name == "vasicek" else []
    more += [*MORE_REPLICATES] if name in WITHOUT_LIMIT else []
    return sorted(n for n in [*REPLICATES, *more] if n >= STATISTICS[name].least)


def replicates(n: int) -> int:
    return (REPLICATES | MORE_REPLICATES).get(n, 1_000_000)


def simulate(names: list[str], n: int) -> dict[str, np.ndarray]:
    """Return the sorted logarithms of departures for the tests, from the same samples."""

    def batch(seed_and_samples: tuple[int, int]) -> list[np.ndarray]:
        seed, samples = seed_and_samples
        rows = normal_samples(n, samples, seed=seed)
        return [departures(STATISTICS[name], rows) for name in names]

    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(batch, normal_batches(n, replicates(n), seed=SEED)))
    values = map(np.concatenate, zip(*parts, strict=True))
    return {
        name: np.sort(STATISTICS[name].scores(value, n))
        for name, value in zip(names, values, strict=True)
    }


def quantiles(departed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return quantiles at the levels and their standard errors; nan where too few are beyond."""
    count = len(departed)
    place = (1.0 - LEVELS) * (count + 1) - 1.0
    spread = np.sqrt(LEVELS * (1.0 - LEVELS) * count)
    at = [
        np.interp(np.clip(place + shift, 0, count - 1), np.arange(count), departed)
        for shift in (0.0, -spread, spread)
    ]
    known = np.minimum(LEVELS, 1.0 - LEVELS) * count >= LEAST_BEYOND
    return np.where(known, at[0], np.nan), np.where(known, (at[2] - at[1]) / 2.0, np.nan)


def weights_of_squares(name: str) -> np.ndarray:
    """Return the weights of the squares of normal variables that the limit is a sum of.

    Durbin, Knott & Taylor (1975): the eigenvalues of the covariance of the empirical process,
    here by Nyström's method.
    """
    s = (np.arange(2000) + 0.5) / 2000
    z = ndtri(s)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    covariance = np.minimum.outer(s, s) - np.outer(s, s) - np.outer(density, density)
    covariance -= np.outer(z * density, z * density) / 2
    if name == "anderson-darling":
        covariance /= np.sqrt(np.outer(s * (1 - s), s * (1 - s)))
    return np.linalg.eigvalsh(covariance)[::-1] / 2000


def limiting_scores(name: str) -> np.ndarray | None:
    """Return the scores at the levels for n to infinity, where their law is known."""
    if name in CHI_SQUARED_2:
        return np.log(-2.0 * np.log(LEVELS))
    if name not in SUMS_OF_SQUARES:
        return None
    weights = weights_of_squares(name)
    largest, rest = weights[0], weights[200:].sum()
    t = (np.arange(40_000) + 0.5) / 100
    waves = np.log(1 - 2j * weights[:200, np.newaxis] / largest * t).sum(axis=0)
    x = np.geomspace(0.3, 40.0, 500)
    # Imhof (1961); the squares with the least weights are as good as constant.
    inverted = [np.sum(np.exp(-1j * t * at - 0.5 * waves).imag / t) for at in x]
    beyond = 0.5 + np.array(inverted) / (100 * np.pi)
    log_odds = np.log(-np.log(np.clip(beyond, 1e-12, 1 - 1e-12)))
    scores = np.log(x * largest + rest)
    return np.interp(np.log(-np.log(LEVELS)), log_odds, scores)


def coordinate(name: str, n: np.ndarray) -> np.ndarray:
    """Return what a polynomial over n is taken in: from 1 for SMOOTH_FROM down to 0."""
    return np.log(SMOOTH_FROM) / np.log(n) if name in WITHOUT_LIMIT else (SMOOTH_FROM / n) ** 0.5


def smooth(name: str, raw: NullTable, errors: np.ndarray) -> NullTable:
    """Return the table with the limit, from n = SMOOTH_FROM on by a fit, whose error it has."""
    late, ns = raw.ns >= SMOOTH_FROM, np.append(raw.ns, LIMIT)
    t = coordinate(name, ns[ns >= SMOOTH_FROM].astype(float))
    degree, level_degree = DEGREES.get(name, (2, 2))
    powers = np.vander(t, degree + 1, increasing=True)
    base = np.tile(raw.quantiles[raw.ns == SMOOTH_FROM], (len(t), 1))
    limit = limiting_scores(name)
    if limit is not None:
        base = limit + t[:, np.newaxis] * (base - limit)
        powers *= t[:, np.newaxis]
    waves = np.polynomial.chebyshev.chebvander(ndtri(LEVELS) / 4.0, level_degree)
    basis = np.einsum("nk,pj->npkj", powers, waves).reshape(*base.shape, -1)
    weights = np.nan_to_num(1.0 / errors[late])
    target = np.nan_to_num(raw.quantiles[late] - base[:-1]) * weights
    weighted = basis[:-1] * weights[..., np.newaxis]
    solution, *_ = np.linalg.lstsq(weighted.reshape(target.size, -1), target.ravel())
    residuals = weighted @ solution - target
    misfit = np.sum(residuals**2) / (np.count_nonzero(weights) - len(solution))
    print(f"{name}: mean squared misfit {misfit:.2f}")
    rows = np.vstack([raw.quantiles[~late], base + basis @ solution])
    if limit is not None:
        rows[-1] = limit
    gained = gain(powers, errors[late]) * np.append(raw.replicates[late], raw.replicates[-1])
    samples = np.minimum(gained / max(misfit, 1.0), 1e9).astype(np.int64)
    if np.any(np.diff(rows) < 0.0):
        raise RuntimeError(f"the smoothed quantiles of {name} do not ascend")
    return NullTable(ns, LEVELS, rows, np.append(raw.replicates[~late], samples))


def gain(powers: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return the squared ratio of the errors before and after a fit over n, at the level 0.05."""
    error = errors[:, np.argmin(np.abs(LEVELS - 0.05))]
    fitted = np.linalg.norm(powers @ np.linalg.pinv(powers[:-1] / error[:, np.newaxis]), axis=1)
    return (np.append(error, error[-1]) / np.maximum(fitted, 1e-9)) ** 2


def make_rows(names: list[str]) -> dict[str, list]:
    """Return for each test rows of n, quantiles, their errors, and the number of samples."""
    found: dict[str, list] = {name: [] for name in names}
    for n in sorted({n for name in names for n in sizes(name)}):
        for name, departed in simulate([x for x in names if n in sizes(x)], n).items():
            found[name].append((n, *quantiles(departed), len(departed)))
        print(n, flush=True)
    return found


def make_table(name: str, rows: list) -> NullTable:
    ns, quantile, error, samples = (np.array(column) for column in zip(*rows, strict=True))
    return smooth(name, NullTable(ns, LEVELS, quantile, samples), error)


def write(tables: dict[str, NullTable]) -> None:
    header = {
        "format": FORMAT,
        "tests": sorted(tables),
        "seed": SEED,
        "version": clt_sim.__version__,
    }
    arrays = {"levels": LEVELS}
    for name in sorted(tables):
        table = tables[name]
        arrays[f"{name} ns"] = table.ns
        arrays[f"{name} quantiles"] = table.quantiles
        arrays[f"{name} samples"] = table.replicates
    write_archive(FILE, header, arrays)


if __name__ == "__main__":
    kept = read_tables(FILE.read_bytes()) if FILE.exists() and sys.argv[1:] else {}
    found = make_rows(sys.argv[1:] or list(STATISTICS))
    write(kept | {name: make_table(name, rows) for name, rows in found.items()})
