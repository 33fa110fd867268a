"""Do stated probabilities hold? Sizes, intervals, verdicts, and draws against their exact laws.

Each part counts how often something happened that has a stated probability, and compares the count
with the binomial law. It is out of bounds where a count that is as far out has a probability below
the rate of false alarms, 0.001 for each part, divided by the number of counts of the part
(Bonferroni). The seed is a fresh one for every run, and the report names it.

Run ``python benchmarks/calibration.py [--quick] [--seed 1] [--only sizes agreement]``: half an hour
on two processors, or about a minute. The report is in Markdown; the exit status is 1 if something
is out of bounds.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import math
import os
import platform
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numba
import numpy as np
import scipy
from scipy.special import bdtr, bdtrc

import clt_sim as clt
import exact_agreement
import interval_coverage
from clt_sim.normality_tests import names as names_of_tests
from clt_sim.normality_tests.null_table import null_tables

FALSE_ALARMS = 1e-3
"""The chance that a part in which everything is right is found out of bounds."""
TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Settings:
    """How much of everything."""

    sizes: dict[int, int]
    """Numbers of values, and how many samples of each."""
    reports: int
    values: int
    summaries: int
    draws: int
    distances: int
    moments: int
    verdicts: int
    models: int
    model_draws: int


FULL = Settings(
    sizes={10: 100_000, 33: 100_000, 100: 100_000, 700: 40_000, 7000: 4000},
    reports=1000,
    values=10_000,
    summaries=2000,
    draws=100_000,
    distances=200,
    moments=4000,
    verdicts=400,
    models=10_000,
    model_draws=2**18,
)
QUICK = Settings(
    sizes={10: 4000, 100: 4000},
    reports=40,
    values=2000,
    summaries=200,
    draws=20_000,
    distances=5,
    moments=100,
    verdicts=10,
    models=30,
    model_draws=2**16,
)


@dataclass(frozen=True)
class Count:
    """How often something happened, and between which probabilities that should be.

    Parameters
    ----------
    cells : tuple of str
        What was counted: the first cells of its row.
    happened, trials : int
        How often, of how many.
    least, most : float
        Bounds on the probability.
    """

    cells: tuple[str, ...]
    happened: int
    trials: int
    least: float
    most: float

    @property
    def pvalue(self) -> float:
        """The chance of a count as far out, at the bound that is nearer to it."""
        if self.trials == 0:
            return 1.0
        above = bdtrc(self.happened - 1.0, self.trials, self.most)
        below = bdtr(float(self.happened), self.trials, self.least)
        return float(min(1.0, above, below))

    def row(self) -> str:
        """Return the row of a table."""
        share = f"{100 * self.happened / self.trials:.2f} %" if self.trials else "-"
        bounds = f"{100 * self.least:.3g} to {100 * self.most:.3g} %"
        return " | ".join(["", *self.cells, str(self.trials), share, bounds, ""]).strip()


@dataclass(frozen=True)
class Part:
    """What a part of the report says, and what is out of bounds."""

    title: str
    lines: list[str]
    wrong: list[str] = field(default_factory=list)


def counted(title: str, intro: str, headings: tuple[str, ...], counts: list[Count]) -> Part:
    """Return the part of a table of counts."""
    heads = [*headings, "trials", "share", "bounds"]
    lines = [intro, "", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    limit = FALSE_ALARMS / max(1, len(counts))
    wrong = [f"{each.row()} p = {each.pvalue:.2g}" for each in counts if each.pvalue < limit]
    lines += [each.row() for each in counts]
    least = min((each.pvalue for each in counts), default=1.0)
    lines += ["", f"{len(counts)} counts; least p {least:.2g}, limit {limit:.2g}."]
    return Part(title, lines, wrong)


def sizes(settings: Settings, seed: int) -> Part:
    """Count normal samples that tests of normality reject."""
    counts = []
    for (n, samples), level in itertools.product(settings.sizes.items(), (0.05, 0.01)):
        study = clt.power_study(
            alternatives=["normal"], n=n, level=level, repetitions=samples, seed=seed
        )
        for test in names_of_tests():
            known = null_tables()[test].samples(n)
            # What interpolation leaves, and three standard errors of the table.
            slack = 0.02 * level + 3.0 * math.sqrt(level * (1.0 - level) / known)
            rejected = round(study[test, "normal", n].value * samples)
            cells = test, str(n), f"{level:g}"
            counts.append(Count(cells, rejected, samples, level - slack, level + slack))
    intro = "Normal samples that are rejected. All tests see the same samples."
    return counted("Sizes of tests of normality", intro, ("test", "n", "level"), counts)


MEASURED_LAWS = (
    "beta(a=1, b=3)",
    "triangular(low=0, mode=0, high=1)",
    "truncated-normal(low=0, high=None)",
)
"""Far from normal, so that distances have standard errors; skewed, so that their suprema are in one
place; and with light tails, so that the errors of moments have settled."""
TOO_RARE = {"tail-ratio-4", "tail-ratio-5", "tail-ratio-6"}
"""Shares of draws that these samples hardly have."""


def is_empty_tail(measure: str, value: float) -> bool:
    """Return whether a law does not reach so far: then no sample does."""
    return measure.startswith("tail-ratio") and value == -1.0


def reports(settings: Settings, seed: int) -> Part:
    """Count measures of arrays that are within 1.96 standard errors of that of the law."""
    counts = []
    for place, name in enumerate(MEASURED_LAWS):
        law, rng = clt.laws.get(name), np.random.default_rng([seed, place])
        truth = clt.gaussianity(law)
        known = [
            measure
            for measure in truth
            if measure not in TOO_RARE and not is_empty_tail(measure, truth[measure].value)
        ]
        covered: Counter[str] = Counter()
        given: Counter[str] = Counter()
        for _ in range(settings.reports):
            report = clt.gaussianity(law.sample(settings.values, rng=rng), measures=known)
            for measure, estimate in report.items():
                error = abs(estimate.value - truth[measure].value)
                covered[measure] += error <= TWO_SIDED_95 * estimate.stderr
                given[measure] += estimate.stderr > 0.0
        counts += [
            Count((measure, f"`{name}`"), covered[measure], given[measure], 0.92, 0.98)
            for measure in known
            if given[measure]
        ]
    intro = (
        f"Measures of {settings.values} values within 1.96 standard errors of the measure of their"
        " law. Tails beyond 4 sd are too rare for it, and estimates by spacings are of no measure"
        " that a law has: they are left out, and so are tails that the law does not have."
    )
    return counted("Standard errors of gaussianity", intro, ("measure", "law"), counts)


SUMMARISED = {
    "normal": clt.WeightedSum(1, "normal", weights=1.0),
    "uniform": clt.WeightedSum(1, "uniform", weights=1.0),
    "relu, n = 16": clt.WeightedSum(16, "normal", "relu", weights=1.0),
}
ESTIMATES = ("mean", "variance", "skewness", "excess_kurtosis")


def exact_estimates(law: clt.ExactLaw) -> dict[str, float]:
    """Return what the estimates of a summary should be, from raw moments about the mean."""
    mean = law.mean
    raw = [law.moment(k) for k in range(5)]
    m2, m3, m4 = (
        math.fsum(math.comb(k, j) * raw[j] * (-mean) ** (k - j) for j in range(k + 1))
        for k in (2, 3, 4)
    )
    return dict(zip(ESTIMATES, (mean, m2, m3 / m2**1.5, m4 / m2**2 - 3.0), strict=True))


def summaries(settings: Settings, seed: int) -> Part:
    """Count estimates of summaries that are within 1.96 standard errors of the exact ones."""
    counts = []
    for label, model in SUMMARISED.items():
        truth = exact_estimates(clt.exact(model))
        covered = dict.fromkeys(ESTIMATES, 0)
        for i in range(settings.summaries):
            summary = clt.simulate(model, settings.draws, seed=(seed << 20) + i)
            for name in ESTIMATES:
                estimate = getattr(summary, name)
                error = abs(estimate.value - truth[name])
                covered[name] += error <= TWO_SIDED_95 * estimate.stderr
        counts += [
            Count((name, label), covered[name], settings.summaries, 0.94, 0.96)
            for name in ESTIMATES
        ]
    intro = f"Estimates of {settings.draws} draws within 1.96 standard errors of those of the law."
    return counted("Standard errors of summaries", intro, ("estimate", "model"), counts)


INTERVAL_LAWS = ("normal", "uniform", "exponential")


def intervals(settings: Settings, seed: int) -> Part:
    """Count intervals of verdicts that miss the measure of the law."""
    counts = []
    for source in interval_coverage.sources(INTERVAL_LAWS, (16,)):
        for names, repetitions, most in (
            (interval_coverage.DISTANCES, settings.distances, 0.065),
            (("l-skewness", "l-kurtosis"), settings.moments, 0.07),
        ):
            measured = interval_coverage.measure_coverage(source, names, 1000, repetitions, seed)
            for name, found in measured.items():
                missed = found.given - found.covered
                counts.append(Count((name, source[0]), missed, found.given, 0.0, most))
    intro = (
        "Intervals of 95 % of 1000 values that miss. Those of distances are said to cover these"
        " laws in 93.5 % and more, those of L-moments in 93 %."
    )
    return counted("Intervals of verdicts", intro, ("measure", "law"), counts)


JUDGED = {
    "uniform, n = 2": clt.WeightedSum(2, "uniform", weights=1.0),
    "relu, n = 8": clt.WeightedSum(8, "normal", "relu", weights="normal"),
}


def verdicts(settings: Settings, seed: int) -> Part:
    """Count false verdicts on models, for margins just below and just above the truth."""
    counts = []
    for (label, model), measure in itertools.product(
        JUDGED.items(), ("kolmogorov", "kolmogorov-nearest", "l-kurtosis")
    ):
        truth = abs(clt.is_gaussian(clt.exact(model), measure=measure).value)
        for factor, false in ((0.99, "holds"), (1.01, "refuted")):
            found = 0
            for i in range(settings.verdicts):
                verdict = clt.is_gaussian(
                    model,
                    measure=measure,
                    within=factor * truth,
                    budget=2**18,
                    seed=(seed << 20) + i,
                )
                found += verdict.status == false
            cells = measure, label, f"{factor:g} of the truth", false
            counts.append(Count(cells, found, settings.verdicts, 0.0, 0.05))
    intro = (
        "Verdicts on models, with 95 % confidence and at most three looks, that are false because"
        " the margin is on the other side of the truth."
    )
    return counted("False verdicts", intro, ("measure", "model", "margin", "false answer"), counts)


def compared(
    cases: list[exact_agreement.Case], draws: int, seed: int
) -> Iterator[exact_agreement.Agreement | exact_agreement.Skipped]:
    """Compare cases, shared between the processors; each has a seed of its own."""
    compare = functools.partial(exact_agreement.compare, draws=draws)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        futures = [
            pool.submit(compare, case, seed=(seed << 20) + i) for i, case in enumerate(cases)
        ]
        yield from (future.result() for future in futures)


def chosen_cases(settings: Settings, seed: int) -> list[exact_agreement.Case]:
    """Return as many cases as are asked for, at random; all if there are no more.

    They are in the order of the registries: what is known of a law is computed once for many.
    """
    every = [*exact_agreement.registered_cases(), *exact_agreement.other_cases()]
    chosen = random.Random(seed).sample(range(len(every)), min(settings.models, len(every)))
    return [every[place] for place in sorted(chosen)]


def agreement(settings: Settings, seed: int) -> Part:
    """Compare every way to draw with the exact laws of models."""
    cases = chosen_cases(settings, seed)
    found = list(compared(cases, settings.model_draws, seed))
    agreements = [each for each in found if isinstance(each, exact_agreement.Agreement)]
    skipped = [each for each in found if isinstance(each, exact_agreement.Skipped)]
    limit = exact_agreement.limit(agreements, FALSE_ALARMS)
    deviates = sum(each.z.size for each in agreements)
    lines = [
        f"{len(cases)} models at random from the registries; {len(agreements)} could be compared."
        f" {settings.model_draws} draws of each, {deviates} deviates; limit {limit:.2f}.",
        "",
        *exact_agreement.table(agreements, limit),
        "",
        f"{len(skipped)} were left out:",
        "",
        *exact_agreement.reasons(skipped),
    ]
    wrong = [
        f"{each.case.path} of the {each.case.model} ({each.route}): z = {each.largest:.2f}"
        for each in agreements
        if not each.largest < limit
    ]
    return Part("Draws against exact laws", lines, wrong)


PARTS: dict[str, Callable[[Settings, int], Part]] = {
    each.__name__: each for each in (sizes, reports, summaries, intervals, verdicts, agreement)
}


def report(parts: list[str], settings: Settings, seed: int) -> list[str]:
    """Print the report, part by part, and return what is out of bounds."""
    versions = f"clt_sim {clt.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    python = f"Numba {numba.__version__}, Python {platform.python_version()}"
    print(f"Seed {seed}; {versions}, {python}.", flush=True)
    wrong = []
    for name in parts:
        start = time.perf_counter()
        part = PARTS[name](settings, seed)
        print("", f"## {part.title}", "", *part.lines, sep="\n")
        print(
            f"\n{len(part.wrong)} out of bounds; {time.perf_counter() - start:.0f} s.", flush=True
        )
        wrong += [f"{part.title}: {each}" for each in part.wrong]
    print("\n## Out of bounds\n")
    print("\n".join(f"- {each}" for each in wrong) or "Nothing.")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument("--seed", type=int, help="below 2^32; a fresh one if left out")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--models", type=int, help="so many at random; 10000 for all")
    arguments = parser.parse_args()
    settings = QUICK if arguments.quick else FULL
    if arguments.models is not None:
        settings = dataclasses.replace(settings, models=arguments.models)
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    raise SystemExit(bool(report(arguments.only, settings, seed)))


if __name__ == "__main__":
    main()
