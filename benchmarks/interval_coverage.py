"""Do the intervals of verdicts cover? Independent samples of laws whose measures are known.

A row for each law and number of values, printed as soon as it is done. Its cells: the share of the
intervals that cover the law's own measure, nominally 95 %, and "of" which share of the samples,
where not all have an interval (moments have none where their tails take more values). Of distances
also the shares that begin above it and that end below it. A law has a blank where the measure does
not exist.

Run ``python benchmarks/interval_coverage.py [--only distances] [--laws normal laplace]``.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

import clt_sim as clt
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.measures import UnavailableError
from clt_sim.verdicts import is_gaussian
from clt_sim.verdicts.certificate import certificate
from clt_sim.verdicts.large_sample import by_process, by_standard_error
from clt_sim.verdicts.steps import KnownSteps

FITTED = (
    "normal",
    "uniform",
    "logistic",
    "laplace",
    "gamma(shape=5)",
    "exponential",
    "lognormal(sd_log=0.25)",
)
"""Laws that the degrees of freedom of moments were fitted to, on other samples."""
OTHERS = (
    "student-t(df=3)",
    "student-t(df=5)",
    "lognormal(sd_log=0.5)",
    "lognormal(sd_log=1.0)",
    "pareto(shape=5)",
    CONTAMINATED := "1 % from normal(sd=10)",
)
"""Laws that they were not fitted to, most of them with tails heavier than L-moments tell."""
MIXTURES = {
    CONTAMINATED: (["normal", "normal(sd=10)"], [0.99, 0.01]),
    "20 % from normal(1.5, 0.7)": (["normal", "normal(mean=1.5, sd=0.7)"], [0.8, 0.2]),
    "20 % from normal(0, 1.6)": (["normal", "normal(sd=1.6)"], [0.8, 0.2]),
    "normal(-2, 0.6), normal(2, 0.6)": (
        ["normal(mean=-2, sd=0.6)", "normal(mean=2, sd=0.6)"],
        [0.5, 0.5],
    ),
}
SUMS = (16,)
"""Sums of so many rectified normal draws, whose exact law is computed."""
MORE_SUMS = (4, 64, 256)
"""More of these for distances: intervals are hardest next to the normal law."""
UNIFORM_SUMS = (2, 4, 16)
SIZES = {"moments": (100, 1000, 10_000), "distances": (300, 1000, 10_000)}
"""Numbers of values, unless others are asked for."""
LARGE = 10_000
"""Half of the repetitions of moments from so many values on."""
MOMENTS = ("skewness", "excess-kurtosis", "l-skewness", "l-kurtosis")
NEAREST = "kolmogorov-nearest"
WITHOUT_CERTIFICATE = ("kolmogorov", "wasserstein-1")
DISTANCES = (NEAREST, *WITHOUT_CERTIFICATE)
CONFIDENCE = 0.95
BLOCK = 2**20
"""About how many values are drawn at a time."""
Draw = Callable[[tuple[int, int], np.random.Generator], np.ndarray]
Source = tuple[str, object, Draw]
"""A name, a law, and what draws from it."""


@dataclass
class Coverage:
    """What was found for one measure, law and number of values."""

    samples: int = 0
    given: int = 0
    above: int = 0
    below: int = 0

    def add(self, interval: tuple[float, float] | None, truth: float) -> None:
        """Count a sample, with its interval if it has one."""
        self.samples += 1
        if interval is not None:
            self.given += 1
            self.above += interval[0] > truth
            self.below += interval[1] < truth

    @property
    def covered(self) -> int:
        """How many intervals cover."""
        return self.given - self.above - self.below

    def sides(self) -> str:
        """Return the cell of a row with the misses on either side."""
        if not self.given:
            return str(self)
        above, below = (100 * missed / self.given for missed in (self.above, self.below))
        return f"{self} ({above:.1f}, {below:.1f})"

    def __str__(self) -> str:
        """Return the cell of a row."""
        if not self.given:
            return "none"
        covers = f"{100 * self.covered / self.given:.1f}"
        if self.given == self.samples:
            return covers
        given = 100 * self.given / self.samples
        return f"{covers} of {given:.1f} %" if given < 1.0 else f"{covers} of {given:.0f} %"


def sources(laws: Iterable[str], sums: Iterable[int]) -> Iterator[Source]:
    """Yield what is drawn from."""
    for name in laws:
        law = clt.laws.Mixture(*MIXTURES[name]) if name in MIXTURES else clt.laws.get(name)
        yield name, law, partial(_from_law, law)
    for n in sums:
        model = clt.WeightedSum(n=n, inputs="normal", nonlinearity="relu", weights=1.0)
        yield f"sum of {n} relu(normal)", clt.exact(model), partial(_rectified_sums, n)


def next_to_normal() -> Iterator[Source]:
    """Yield more sources for distances: sums, mixtures, and a law of steps."""
    yield from sources(list(MIXTURES)[1:], MORE_SUMS)
    for n in UNIFORM_SUMS:
        model = clt.WeightedSum(n=n, inputs="uniform", weights=1.0)
        yield f"sum of {n} uniform", clt.exact(model), partial(_uniform_sums, n)
    model = clt.WeightedSum(n=16, inputs="bernoulli", weights=1.0)
    yield "binomial(16, 1/2)", clt.exact(model), _binomial


def _from_law(law: clt.laws.Law, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return law.sample(shape, rng=rng)


def _rectified_sums(n: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    total = np.zeros(shape)
    for _ in range(n):
        total += np.maximum(rng.standard_normal(shape), 0.0)
    return total


def _uniform_sums(n: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    total = np.zeros(shape)
    for _ in range(n):
        total += rng.random(shape)
    return total


def _binomial(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return rng.binomial(16, 0.5, shape).astype(np.float64)


def interval_of(sample: Sample, shape: Sample, name: str) -> tuple[float, float] | None:
    """Return the interval that a verdict rests on; all measures share the sorted values."""
    try:
        if name in MOMENTS:
            interval = by_standard_error(MEASURES[name], sample, CONFIDENCE, "")
        elif name == NEAREST:
            steps = KnownSteps.of_sample(sample)
            interval = certificate(steps, sample.count, 1.0 - CONFIDENCE, "", nearest=True)
        else:
            interval = by_process(MEASURES[name], shape, CONFIDENCE, "")
    except UnavailableError:
        return None
    return interval.low, interval.high


def samples(draw: Draw, size: int, count: int, rng: np.random.Generator) -> Iterator[Sample]:
    """Yield samples, drawn many at a time."""
    at_a_time = max(1, BLOCK // size)
    for start in range(0, count, at_a_time):
        for values in draw((min(at_a_time, count - start), size), rng):
            yield Sample.of(values)


def measure_coverage(
    source: Source, measures: Iterable[str], size: int, repetitions: int, seed: int
) -> dict[str, Coverage]:
    """Draw samples of a law and count the intervals that cover."""
    _, law, draw = source
    truths = _truths(law, measures)
    found = {name: Coverage() for name in truths}
    rng = np.random.default_rng([seed, size])
    for sample in samples(draw, size, repetitions, rng):
        shape = sample.standardize()
        for name, truth in truths.items():
            found[name].add(interval_of(sample, shape, name), truth)
    return found


def _truths(law: object, measures: Iterable[str]) -> dict[str, float]:
    """Return those measures of a law that exist."""
    truths = {}
    for name in measures:
        with contextlib.suppress(UnavailableError):
            truths[name] = is_gaussian(law, measure=name, within=1.0).value
    return {name: truth for name, truth in truths.items() if not math.isnan(truth)}


def print_moments(arguments: argparse.Namespace) -> None:
    """Print each row of the table of moments as soon as it is known."""
    _print_row("law", "n", *MOMENTS)
    _print_row(*["---"] * (2 + len(MOMENTS)))
    for source in sources(arguments.laws or (*FITTED, *OTHERS), arguments.sums):
        for size in arguments.sizes or SIZES["moments"]:
            count = arguments.repetitions // (2 if size >= LARGE else 1)
            found = measure_coverage(source, MOMENTS, size, count, arguments.seed)
            _print_row(source[0], size, *(found.get(name, "") for name in MOMENTS))


def print_distances(arguments: argparse.Namespace) -> None:
    """Print each row of the table of distances as soon as it is known."""
    _print_row("law", "n", *WITHOUT_CERTIFICATE)
    _print_row(*["---"] * (2 + len(WITHOUT_CERTIFICATE)))
    chosen = sources(arguments.laws or (*FITTED, *OTHERS), arguments.sums)
    for source in chosen if arguments.laws else itertools.chain(chosen, next_to_normal()):
        for size in arguments.sizes or SIZES["distances"]:
            few = arguments.repetitions_of_distances
            found = measure_coverage(source, WITHOUT_CERTIFICATE, size, few, arguments.seed)
            _print_row(source[0], size, *(found[name].sides() for name in WITHOUT_CERTIFICATE))


def _print_row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


TABLES = {"moments": print_moments, "distances": print_distances}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=TABLES)
    parser.add_argument("--laws", nargs="*", help="instead of all")
    parser.add_argument("--sums", nargs="*", type=int, default=SUMS)
    parser.add_argument("--sizes", nargs="+", type=int, help="instead of those of the table")
    parser.add_argument(
        "--repetitions", type=int, default=4000, help=f"half of them from {LARGE} values on"
    )
    parser.add_argument("--repetitions-of-distances", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start = time.process_time()
    for name, print_table in TABLES.items():
        if arguments.only in (None, name):
            print_table(arguments)
            print()
    print(f"{time.process_time() - start:.0f} s of CPU, seed {arguments.seed}")


if __name__ == "__main__":
    main()
