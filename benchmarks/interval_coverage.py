"""Do the intervals of verdicts cover? Independent samples of laws whose measures are known.

For each measure, law and number of values: the share of the samples that have an interval (moments
have none where too few values decide their standard error), the share of these intervals that
cover the law's own measure, nominally 95 %, and the share of all samples with an interval that
misses it: the rate of false verdicts for the worst margin.

Run ``python benchmarks/interval_coverage.py [--laws normal laplace] [--repetitions 100]``.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import clt_sim as clt
from clt_sim.measures import UnavailableError
from clt_sim.verdicts import is_gaussian

LAWS = ("normal", "uniform", "logistic", "laplace", "gamma(shape=5)", "exponential")
SIZES = (100, 1000, 10_000)
MEASURES = ("kolmogorov", "kolmogorov-nearest", "wasserstein-1", "skewness", "excess-kurtosis")
CONFIDENCE = 0.95
MOMENTS = ("skewness", "excess-kurtosis")
"""Their intervals take no time: they have five times the repetitions."""


@dataclass(frozen=True)
class Coverage:
    """What was found for one measure, law and number of values."""

    samples: int
    given: int
    covered: int
    length: float

    def row(self) -> str:
        """Return the cells of a row."""
        share = f"{100 * self.covered / self.given:.1f} %" if self.given else "-"
        sd = 100 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / self.given) if self.given else 0.0
        missed = 100 * (self.given - self.covered) / self.samples
        length = f"{self.length:.3g}" if self.given else "-"
        given = 100 * self.given / self.samples
        return f"{given:.0f} % | {share} | {sd:.1f} % | {missed:.1f} % | {length}"


def measure_coverage(
    law: clt.laws.Law, measure: str, size: int, repetitions: int, seed: int
) -> Coverage:
    """Draw samples of a law and count the intervals that cover."""
    truth = is_gaussian(law, measure=measure, within=1.0).value
    rng = np.random.default_rng([seed, size])
    lengths, covered = [], 0
    for _ in range(repetitions):
        draws = law.sample(size, rng=rng)
        try:
            verdict = is_gaussian(draws, measure=measure, within=1.0, confidence=CONFIDENCE)
        except UnavailableError:
            continue
        low, high = verdict.interval
        covered += low <= truth <= high
        lengths.append(high - low)
    length = float(np.mean(lengths)) if lengths else math.nan
    return Coverage(repetitions, len(lengths), covered, length)


def rows(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| measure | law | n | given | covers | sd | misses | length |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for measure in arguments.measures:
        repetitions = arguments.repetitions * (5 if measure in MOMENTS else 1)
        for name in arguments.laws:
            law = clt.laws.get(name)
            for size in arguments.sizes:
                found = measure_coverage(law, measure, size, repetitions, arguments.seed)
                yield f"| {measure} | {name} | {size} | {found.row()} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", nargs="+", default=LAWS)
    parser.add_argument("--measures", nargs="+", default=MEASURES)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--repetitions", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start = time.perf_counter()
    for line in rows(arguments):
        print(line, flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s, seed {arguments.seed}")


if __name__ == "__main__":
    main()
