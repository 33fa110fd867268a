"""Speed of ``device="cuda"`` against one thread of the processor, and whether both give the same.

For a machine with an NVIDIA graphics processor and the extra ``cuda``; in wall-clock time, when the
kernels are compiled. Random words and summaries are compared bit by bit; summaries of another seed
within their standard errors.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import clt_sim as clt
import table
import weighted_sums
from clt_sim._cuda import lanes
from clt_sim._cuda.availability import require_device
from clt_sim._cuda.compilation import cuda, device, kernel
from clt_sim._kernels.blocks import STREAMS
from clt_sim._kernels.rows import LANES
from pairing import Case, Pairs, Settings, seconds

GOAL, SAME, WITHIN = table.at_least(100.0), table.at_least(1.0), table.at_most(4.0)
SPEEDS = {("relu", 64): GOAL, ("tanh", 64): None, ("gelu", 64): None, ("relu", 1): None}
DRAWS = 2_000_000
SEED = 7
MOST_DRAWS = 10**11


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare words, summaries and times."""
    yield table.Row("random words", "processor", [share_of_equal_words()], "equal", SAME)
    for model in models():
        what = f"summary, {model.inputs} and {model.nonlinearity}"
        yield table.Row(what, "processor", [float(same_bytes(model))], "equal", SAME)
    yield table.Row("moments, another seed", "processor", deviations(), "errors", WITHIN)
    for (name, n), goal in SPEEDS.items():
        model = clt.WeightedSum(n, "normal", name, "normal")
        pairs = compare(weighted_sums.ours(model), on_cuda(model), settings)
        yield table.speedup_row(f"{name}, n = {n}", "1 thread", pairs, goal, n)


def models() -> Iterator[clt.WeightedSum]:
    """Yield a model for each nonlinearity, of all laws that need no parameter in turn."""
    laws = ("normal", "laplace", "uniform", "exponential", "wikipedia", "logistic", "lognormal")
    for index, name in enumerate(clt.nonlinearities.names()):
        if name != "exp":  # of a lognormal input it overflows
            yield clt.WeightedSum(40, laws[index % len(laws)], name, laws[index // len(laws)])
    yield clt.WeightedSum(40, "student-t(df=5)", dropout=0.25, dependence="equicorrelated")
    yield clt.WeightedSum(40, "sparse", bias="rademacher", dependence="autoregressive")


def same_bytes(model: clt.WeightedSum) -> bool:
    """Say whether both give the same summary."""
    one, other = (clt.simulate(model, DRAWS, seed=SEED, device=name) for name in ("cpu", "cuda"))
    return one.to_dict() == other.to_dict()


def deviations() -> Iterator[float]:
    """Yield how far apart moments of two seeds are, in standard errors."""
    model = clt.WeightedSum(64, "normal", "relu", "normal")
    one = clt.simulate(model, DRAWS, seed=SEED)
    other = clt.simulate(model, DRAWS, seed=SEED + 1, device="cuda")
    for name in ("mean", "variance", "skewness", "excess_kurtosis"):
        a, b = getattr(one, name), getattr(other, name)
        yield abs(a.value - b.value) / float(np.hypot(a.stderr, b.stderr))


@device
def lane_words(seed: int, stream: int, block: int, lane: int) -> Any:
    words, _ = lanes.four_words(lanes.keyed(seed, seed + 1, stream, block, lane))
    return words


@kernel
def draw_words(seed: int, stream: int, block: int, out: Any) -> None:
    words = lane_words(seed, stream, block, cuda.threadIdx.x)
    for quarter in range(4):
        out[cuda.threadIdx.x, quarter] = words[quarter]


def share_of_equal_words() -> float:
    """Return which share of random words is the same, of all streams of some blocks."""
    equal = []
    for stream in range(STREAMS):
        for block in (0, 1, 2**33 + 5):
            drawn = cuda.to_device(np.zeros((LANES, 4), np.uint32))
            draw_words[1, LANES](SEED, stream, block, drawn)
            expected = [lane_words(SEED, stream, block, lane) for lane in range(LANES)]
            equal.append(drawn.copy_to_host() == np.array(expected, np.uint32))
    return float(np.mean(equal))


def on_cuda(model: clt.WeightedSum) -> Case:
    """Return `simulate` on the graphics processor as a case."""

    def run(draws: int) -> None:
        clt.simulate(model, draws, device="cuda")

    return Case("cuda", run)


def compare(reference: Case, case: Case, settings: Settings) -> Pairs:
    """Time two cases in turn, in wall-clock time: of a graphics processor there is no other."""
    settings = replace(settings, seconds=max(settings.seconds, 1.0))
    draws = [fitting_draws(each, settings.seconds) for each in (reference, case)]
    rounds = [
        [
            seconds(each, number, time.perf_counter) / number
            for each, number in zip((reference, case), draws, strict=True)
        ]
        for _ in range(settings.rounds)
    ]
    return Pairs(*np.array(rounds).T)


def fitting_draws(case: Case, wanted: float) -> int:
    """Return how many draws take about the wanted seconds; this compiles, too."""
    draws = 2**16
    case.run(draws)
    while draws < MOST_DRAWS and (seconds(case, draws, time.perf_counter)) < wanted:
        draws *= 2
    return draws


if __name__ == "__main__":
    try:
        require_device()
    except (ImportError, RuntimeError) as error:
        raise SystemExit(str(error)) from error
    table.main(rows, __doc__)
