"""Speed of `simulate` against NumPy, in terms ``w*phi(x)`` per second of one processor.

What is timed:

- ours: `clt_sim.simulate` on one thread, normal weights and inputs, with all its statistics
  (power sums to order 8, histogram, extremes);
- textbook: ``(w*phi(x)).sum(1)`` on float64 normals from ``numpy.random.default_rng``, in
  chunks of 512 sums;
- tuned float64 and float32: SFC64, arrays that stay in the second-level cache, everything in
  place, the product and sum by ``einsum``.

The NumPy versions only make the sums: they take no statistics.

How: after a warm-up, rounds of (reference, ours, reference, ours, ...); each pair gives one
ratio of speeds, from process CPU time, and the median and quartiles over the rounds are shown.
The processor may change its clock between rounds: the ratios within pairs are what counts.
Last, the wall-clock ratio of two threads to one, also in pairs.

Run ``python benchmarks/simulation_speed.py [--n 64] [--nonlinearity relu] [--rounds 15]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

import clt_sim as clt

CACHE_BYTES = 2**18
TEXTBOOK_ROWS = 512
SECONDS = 0.3

AS_WRITTEN = {"identity": lambda x: x, "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}
IN_PLACE = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "tanh": lambda x: np.tanh(x, out=x),
}


def textbook(model: clt.WeightedSum, draws: int) -> None:
    rng, phi = np.random.default_rng(0), AS_WRITTEN.get(model.nonlinearity.name, model.nonlinearity)
    for _ in range(-(-draws // TEXTBOOK_ROWS)):
        w = rng.standard_normal((TEXTBOOK_ROWS, model.n))
        x = rng.standard_normal((TEXTBOOK_ROWS, model.n))
        (w * phi(x)).sum(1)


def tuned(dtype: type[np.floating]) -> Callable[[clt.WeightedSum, int], None]:
    def run(model: clt.WeightedSum, draws: int) -> None:
        rng = np.random.Generator(np.random.SFC64(0))
        apply = IN_PLACE.get(model.nonlinearity.name, model.nonlinearity)
        rows = max(CACHE_BYTES // (model.n * np.dtype(dtype).itemsize), 1)
        w, x, sums = np.empty((rows, model.n), dtype), np.empty((rows, model.n), dtype), None
        for _ in range(-(-draws // rows)):
            rng.standard_normal(out=w, dtype=dtype)
            rng.standard_normal(out=x, dtype=dtype)
            sums = np.einsum("ij,ij->i", w, apply(x), out=sums)

    return run


def ours(threads: int) -> Callable[[clt.WeightedSum, int], None]:
    def run(model: clt.WeightedSum, draws: int) -> None:
        clt.simulate(model, draws, threads=threads)

    return run


def seconds(run: Callable, model: clt.WeightedSum, draws: int, clock: Callable) -> float:
    start = clock()
    run(model, draws)
    return clock() - start


def fitting_draws(run: Callable, model: clt.WeightedSum) -> int:
    """Return how many draws take about SECONDS; this is the warm-up, too."""
    draws = 2**14
    run(model, draws)
    while (taken := seconds(run, model, draws, time.perf_counter)) < SECONDS / 4:
        draws *= 2
    return int(draws * SECONDS / taken)


def compare(
    name: str,
    reference: Callable,
    case: Callable,
    model: clt.WeightedSum,
    rounds: int,
    clock: Callable = time.process_time,
) -> None:
    sizes = [fitting_draws(run, model) for run in (reference, case)]
    rates = np.array(
        [
            [
                draws * model.n / seconds(run, model, draws, clock) / 1e6
                for run, draws in zip((reference, case), sizes, strict=True)
            ]
            for _ in range(rounds)
        ]
    )
    low, median, high = np.quantile(rates[:, 1] / rates[:, 0], [0.25, 0.5, 0.75])
    slow, fast = np.median(rates, 0)
    print(f"{name:<32} {slow:>10.1f} {fast:>10.1f} {median:>8.2f}   {low:.2f} to {high:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--nonlinearity", default="relu", choices=clt.nonlinearities.names())
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    model = clt.WeightedSum(arguments.n, "normal", arguments.nonlinearity, "normal")
    print(f"{model}; M terms/s, medians of {arguments.rounds} rounds")
    print(f"{'':<32} {'reference':>10} {'ours':>10} {'ratio':>8}   quartiles")
    references = {
        "NumPy textbook float64": textbook,
        "NumPy tuned float64": tuned(np.float64),
        "NumPy tuned float32": tuned(np.float32),
    }
    for name, reference in references.items():
        compare(name, reference, ours(1), model, arguments.rounds)
    threads = "1 thread, then 2 (wall clock)"
    compare(threads, ours(1), ours(2), model, arguments.rounds, time.perf_counter)


if __name__ == "__main__":
    main()
