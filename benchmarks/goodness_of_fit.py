"""Do draws have their laws? Chi-square tests of every law with 2^27 draws, tails included.

Draws are sums of one term with weight 1. They are counted in 400 bins of equal probability whose
tails are cut further, at the quantiles of 2^-9, 2^-10, ..., 2^-24 from both ends; atoms have bins
of their own. Expected counts are those of the law's exact distribution function; bins are joined
until each has 7.5 or more. A draw where the law has no mass refuses the law.

Two p-values: of all bins, and of the bins beyond 1/400 with the rest as one. The law is refused
if one is below 0.001 divided by the number of p-values of the whole run (Bonferroni). The control
is the p-value of all bins against the law 1.001 X, whose standard deviation is off by 0.1 %.

Run ``python benchmarks/goodness_of_fit.py [--laws normal "sparse('laplace')"]``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

import clt_sim as clt

DRAWS, PIECE = 2**27, 2**23
EQUAL_BINS, LAST_TAIL = 400, 24
LEAST_EXPECTED = 7.5
"""Below the 8 draws beyond the last tail, whose edge is rounded to single precision."""
IMPOSSIBLE = 1e-6
"""With so few draws expected, even one is too many."""
FALSE_ALARMS = 1e-3
WIDER = 1.001
SEEDS_APART = 1000


@dataclass(frozen=True)
class Result:
    """What was found for one law."""

    law: clt.laws.Law
    bins: int
    pvalue: float
    tail_pvalue: float
    control: float
    seconds: float


def bin_edges(law: clt.laws.Law) -> np.ndarray:
    """Return ascending edges, each half way between two neighbours in single precision.

    Rounding a draw to single precision then never moves it to another bin.
    """
    tails = 2.0 ** -np.arange(9.0, LAST_TAIL + 1.0)
    p = np.concatenate([tails, np.arange(1.0, EQUAL_BINS) / EQUAL_BINS, 1.0 - tails])
    low, high = law.support
    atoms = np.array([*law.atoms], np.float32)
    # One just below each atom, one just above it; and one just outside each end of the support.
    before = np.nextafter(np.append(atoms, np.float32(low)), np.float32(-np.inf))
    points = [law.quantile(p).astype(np.float32), before, atoms, [np.float32(high)]]
    last = np.unique(np.concatenate(points))
    last = last[np.isfinite(last)]
    return (last.astype(np.float64) + np.nextafter(last, np.float32(np.inf))) / 2.0


def count(
    law: clt.laws.Law, edges: np.ndarray, draws: int, first_seed: int, precision: str
) -> np.ndarray:
    """Return how many draws each bin has; every seed gives a piece of them."""
    model = clt.WeightedSum(n=1, inputs=law, weights=1.0)
    counts = np.zeros(edges.size + 1, np.int64)
    for seed, done in enumerate(range(0, draws, PIECE), start=first_seed):
        x = clt.sample(model, min(PIECE, draws - done), seed=seed, precision=precision)
        counts += np.bincount(np.searchsorted(edges, x), minlength=counts.size)
    return counts


def joined(counts: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join neighbouring bins until each is expected to have LEAST_EXPECTED draws."""
    starts, total = [0], 0.0
    for i, number in enumerate(expected.tolist()):
        if total >= LEAST_EXPECTED and expected[i:].sum() >= LEAST_EXPECTED:
            starts, total = [*starts, i], 0.0
        total += number
    return np.add.reduceat(counts, starts), np.add.reduceat(expected, starts)


def chi_square_pvalue(counts: np.ndarray, probabilities: np.ndarray) -> float:
    """Return Pearson's p-value: 0 if there are draws where none can be, 1 for a single bin."""
    expected = probabilities * counts.sum()
    if counts[expected < IMPOSSIBLE].any():
        return 0.0
    counts, expected = joined(counts, expected)
    if counts.size == 1:
        return 1.0
    return float(chdtrc(counts.size - 1, ((counts - expected) ** 2 / expected).sum()))


def tails_only(numbers: np.ndarray, cdf: np.ndarray) -> np.ndarray:
    """Make one bin of all between the quantiles of 1/400 and 1 - 1/400."""
    first, last = np.searchsorted(cdf, [1.0 / EQUAL_BINS, 1.0 - 1.0 / EQUAL_BINS])
    middle = numbers[first : last + 1].sum()
    return np.concatenate([numbers[:first], [middle], numbers[last + 1 :]])


def examine(law: clt.laws.Law, draws: int, first_seed: int, precision: str) -> Result:
    start = time.perf_counter()
    edges = bin_edges(law)
    counts, cdf = count(law, edges, draws, first_seed, precision), law.cdf(edges)
    probabilities = np.diff(cdf, prepend=0.0, append=1.0)
    wrong = np.diff(law.cdf(edges / WIDER), prepend=0.0, append=1.0)
    return Result(
        law=law,
        bins=joined(counts, probabilities * draws)[0].size,
        pvalue=chi_square_pvalue(counts, probabilities),
        tail_pvalue=chi_square_pvalue(tails_only(counts, cdf), tails_only(probabilities, cdf)),
        control=chi_square_pvalue(counts, wrong),
        seconds=time.perf_counter() - start,
    )


def laws_with_defaults() -> list[str]:
    """Return the names of all laws that have a default for every parameter."""
    names = []
    for name in clt.laws.names():
        try:
            clt.laws.get(name)
        except (TypeError, ValueError):
            continue
        names.append(name)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--laws", nargs="+", help="all with default parameters if left out")
    parser.add_argument("--draws", type=int, default=DRAWS, help="of each law")
    parser.add_argument("--seed", type=int, default=0, help="the first; each 2^23 draws take one")
    parser.add_argument("--precision", choices=("single", "double"), default="single")
    arguments = parser.parse_args()
    laws = [clt.laws.get(name) for name in arguments.laws or laws_with_defaults()]
    print("| law | bins | p, all bins | p, tails | p, control | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    results = []
    for i, law in enumerate(laws):
        # Seeds of its own for each law: many are made of the same words in the same way.
        first_seed = arguments.seed + i * SEEDS_APART
        result = examine(law, arguments.draws, first_seed, arguments.precision)
        print(
            f"| {law} | {result.bins} | {result.pvalue:.3g} | {result.tail_pvalue:.3g} |"
            f" {result.control:.2g} | {result.seconds:.0f} |",
            flush=True,
        )
        results.append(result)
    limit = FALSE_ALARMS / (2 * len(results))
    refused = [str(r.law) for r in results if min(r.pvalue, r.tail_pvalue) < limit]
    missed = [r.law for r in results if r.control >= limit]
    print(f"\n{arguments.draws} draws a law in {arguments.precision} precision")
    print(f"Seeds from {arguments.seed}; limit for p {limit:.2g}")
    print("Refused:", ", ".join(refused) or "none")
    print("Controls that were not refused:", ", ".join(map(str, missed)) or "none")
    raise SystemExit(bool(refused or clt.laws.Normal() in missed))


if __name__ == "__main__":
    main()
