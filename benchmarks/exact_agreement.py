"""Do draws have the exact laws of their models? Every way to draw, over the registries.

A model is drawn, and the draws below each of 16 edges are counted, from 2 scales below the centre
of the model's grid to 2 above. Given the exact probability, such a count is binomial: its two-sided
p-value, as a normal deviate, is the z of that edge. A z is refused beyond Bonferroni's bound for
all edges of the run.

The probability is known to within the law's stated error, and an edge to within the rounding of the
draws. Whatever is inside of both counts as agreement: an edge at an atom tells little, and one
without draws nearby nothing.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numba
import numpy as np
from scipy.special import bdtr, bdtrc, ndtri

import clt_sim as clt

NS = (1, 2, 3, 8, 64)
PLACES = np.arange(-8, 8) / 4.0 + 5.0 / 128.0
"""In scales of the grid: edges of its bins, off the round numbers where sums have atoms."""
ROUNDING = {"single": 2e-6, "double": 1e-12}
"""Of a sum, in units of its size and of the scale."""
Model = clt.WeightedSum | clt.RandomNetwork


@dataclass(frozen=True)
class Case:
    """A model, and a way to draw it."""

    path: str
    model: Model
    n: int


@dataclass(frozen=True)
class Agreement:
    """The deviates of a case, one an edge; those of edges that cannot have draws are 0."""

    case: Case
    route: str
    z: np.ndarray

    @property
    def largest(self) -> float:
        """The largest deviate in size."""
        return float(np.max(np.abs(self.z)))


@dataclass(frozen=True)
class Skipped:
    """A case that could not be compared, and why."""

    case: Case
    reason: str


def deviates(below: np.ndarray, draws: int, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return how far counts are from what they should be, in standard deviations.

    Parameters
    ----------
    below : ndarray of int, shape (m,)
        How many draws are below each edge.
    draws : int
        How many there are.
    least, most : ndarray of float64, shape (m,)
        What the probability is between; the value in there that fits best is taken.

    Returns
    -------
    ndarray of float64, shape (m,)
        Normal deviates with the two-sided p-value of the binomial law; infinite for draws where
        there can be none.
    """
    p = np.clip(below / draws, least, most)
    tails = bdtr(below, draws, p), bdtrc(below - 1.0, draws, p)
    pvalue = np.clip(2.0 * np.minimum(*tails), 0.0, 1.0)
    return np.copysign(-ndtri(pvalue / 2.0), below - draws * p)


def probabilities(
    law: clt.ExactLaw, edges: np.ndarray, scale: float, precision: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the probabilities of being below edges are between."""
    near = ROUNDING[precision] * (np.abs(edges) + scale)
    points = np.stack([edges - near, edges + near])
    low, high = law.support
    cdf = np.where(points >= high, 1.0, 0.0)
    inside = (points > low) & (points < high)
    cdf[inside] = law.cdf(points[inside])
    return np.maximum(cdf[0] - law.error, 0.0), np.minimum(cdf[1] + law.error, 1.0)


def of_summary(summary: clt.Summary, law: clt.ExactLaw, precision: str = "single") -> np.ndarray:
    """Return the deviates of a summary from a law."""
    histogram = summary.histogram
    chosen = np.searchsorted(histogram.edges, summary.location + PLACES * summary.scale)
    totals = histogram.underflow + np.concatenate([[0], np.cumsum(histogram.counts)])
    between = probabilities(law, histogram.edges[chosen], summary.scale, precision)
    return deviates(totals[chosen], summary.count, *between)


def of_mixture(mixture: clt.NormalMixture, law: clt.ExactLaw) -> np.ndarray:
    """Return the deviates of draws of a variance, whose averages have a standard error."""
    x = np.sqrt(mixture.variance.value) * PLACES
    found, stderr = mixture.cdf(x), mixture.cdf_stderr(x)
    resolution = 3e-7 + law.error
    return np.sign(found - law.cdf(x)) * (
        np.maximum(np.abs(found - law.cdf(x)) - resolution, 0.0) / np.maximum(stderr, 1e-12)
    )


def by_simulation(
    model: Model, law: clt.ExactLaw, draws: int, seed: int, precision: str = "single"
) -> np.ndarray:
    summary = clt.simulate(model, draws, seed=seed, precision=precision)
    return of_summary(summary, law, precision)


def by_path(model: clt.WeightedSum, law: clt.ExactLaw, draws: int, seed: int) -> np.ndarray:
    return of_summary(clt.simulate_path(model, [1, model.n], draws, seed=seed)[model.n], law)


def by_sample(model: Model, law: clt.ExactLaw, draws: int, seed: int) -> np.ndarray:
    values = np.sort(clt.sample(model, draws, seed=seed))
    center, scale = float(np.median(values)), float(np.subtract(*np.quantile(values, [0.84, 0.5])))
    edges = center + PLACES * scale
    below = np.searchsorted(values, edges)
    return deviates(below, draws, *probabilities(law, edges, scale, "single"))


def by_variances(model: Model, law: clt.ExactLaw, draws: int, seed: int) -> np.ndarray:
    return of_mixture(clt.simulate_conditional(model, draws, seed=seed), law)


PATHS: dict[str, Callable[[Model, clt.ExactLaw, int, int], np.ndarray]] = {
    "simulate": by_simulation,
    "simulate, double": partial(by_simulation, precision="double"),
    "simulate_path": by_path,
    "sample": by_sample,
    "simulate_conditional": by_variances,
}
"""Ways to draw."""


def laws() -> list[clt.laws.Law]:
    """Return a law for each registered name."""
    data = {"empirical": "empirical(data=(3, 1, 4, 1, 5, 9, 2, 6))"}
    return [clt.laws.get(data.get(name, name)) for name in clt.laws.names()]


def registered_cases() -> Iterator[Case]:
    """Yield every law through every nonlinearity for every n.

    Precision, and equal or normal weights, take turns, so that each nonlinearity has all of
    them, and so has each law.
    """
    phis = list(map(clt.nonlinearities.get, clt.nonlinearities.names()))
    for (i, law), (j, phi), (k, n) in itertools.product(
        enumerate(laws()), enumerate(phis), enumerate(NS)
    ):
        path = "simulate" if (i + j // 2) % 2 else "simulate, double"
        yield Case(path, clt.WeightedSum(n, law, phi, 1.0 if (i + j + k) % 2 else "normal"), n)


@numba.njit
def twice_if_positive(x: float) -> float:
    """Stand for a function of the user's own."""
    return 2.0 * x if x > 0.0 else 0.0


def other_cases() -> Iterator[Case]:
    """Yield what the registries do not have: networks, dependence, dropout, data, functions."""
    for n in NS:
        relu = clt.WeightedSum(n, "normal", "relu", "normal")
        for path in ("simulate_path", "sample", "simulate_conditional"):
            yield Case(path, relu, n)
        sums = (
            clt.WeightedSum(n, "laplace", "identity", 1.0 / np.arange(1.0, n + 1.0), bias=2.0),
            clt.WeightedSum(n, "uniform", "tanh", "normal", dropout=0.25),
            clt.WeightedSum(n, "normal", "relu", 1.0, bias="laplace"),
            clt.WeightedSum(n, "normal", twice_if_positive, 1.0),
            clt.WeightedSum(n, np.arange(1.0, n + 1.0), "tanh", "laplace"),
            clt.WeightedSum(n, "normal", "identity", 1.0, dependence="random-scale"),
        )
        networks = [clt.RandomNetwork([n], phi) for phi in ("relu", "tanh", "identity")]
        networks.append(clt.RandomNetwork([n, n], "relu", bias_variance=0.5))
        networks.append(clt.RandomNetwork([n, n, n], "relu"))
        for model in (*sums, *networks):
            yield Case("simulate", model, n)
        for network in networks:
            yield Case("simulate_conditional", network, n)


def compare(case: Case, draws: int, seed: int) -> Agreement | Skipped:
    """Draw a case and compare; or say why there is no law, or no draws."""
    try:
        law = clt.exact(case.model)
    except clt.NoExactLaw as refusal:
        return Skipped(case, reason_of(str(refusal)))
    try:
        return Agreement(case, law.method, PATHS[case.path](case.model, law, draws, seed))
    except ValueError as refusal:
        if "do not fit" not in str(refusal):
            raise
        return Skipped(case, "the engine refuses terms that are too large for its precision")


def reason_of(refusal: str) -> str:
    """Return what the route that takes most models says, without what is of one model."""
    named = dict(re.findall(r"Route ([a-z-]+): (.*?)\.?(?= Route |$)", refusal))
    reason = named.get("characteristic-function") or list(named.values())[-1]
    return re.sub(r"-?\d[\d.e+-]*", "...", reason)


def limit(agreements: Iterable[Agreement], false_alarms: float) -> float:
    """Return Bonferroni's bound on all deviates."""
    return float(-ndtri(false_alarms / 2.0 / max(1, sum(a.z.size for a in agreements))))


def table(agreements: list[Agreement], bound: float) -> Iterator[str]:
    """Yield a row for each way to draw, route and n."""
    yield "| drawn by | exact route | n | models | largest z | rms of z | refused |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"

    def key(agreement: Agreement) -> tuple[str, str, int]:
        return agreement.case.path, agreement.route, agreement.case.n

    for (path, route, n), group in itertools.groupby(sorted(agreements, key=key), key):
        members = list(group)
        z = np.concatenate([member.z for member in members])
        refused = sum(not member.largest < bound for member in members)
        rms = float(np.sqrt(np.mean(z[z != 0.0] ** 2))) if z.any() else 0.0
        largest = float(np.max(np.abs(z)))
        yield (
            f"| `{path}` | {route} | {n} | {len(members)} | {largest:.2f} | {rms:.2f} | {refused} |"
        )


def reasons(skipped: Iterable[Skipped]) -> Iterator[str]:
    """Yield the reasons for what was left out, the most frequent first."""
    for reason, count in Counter(each.reason for each in skipped).most_common():
        yield f"- {count}: {reason}"
