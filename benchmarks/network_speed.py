"""Speed of `simulate` for random networks against NumPy, on one thread.

ReLU networks with normal weights and one fixed input. Ours, with all its statistics, by both
samplers: *direct* draws every weight, *conditional* has the same law. NumPy takes no statistics:
float32 normals of SFC64 for all weights of a number of networks at once, multiplied in by batched
`matmul`. As written it makes new arrays for 256 networks; tuned it works in place, on as many
networks at once as is fastest. Matrix products must be on one thread, or their time counts
twice: set OPENBLAS_NUM_THREADS=1.

Last, for one network, the standard errors of `simulate` over those of `simulate_conditional`
with as many draws.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

import clt_sim as clt
import table
from pairing import Case, Settings, compare, seconds

SHAPES = ((8, 16, 2), (16, 64, 3), (64, 256, 2))
"""Inputs, width, and number of hidden layers."""
GOALS = {"direct": table.at_least(13.0), "conditional": table.at_least(100.0)}
"""Against tuned NumPy."""
WRITTEN_BATCH = 256
BATCHES = (16, 64, 256)
DRAWS = 1_000_000
"""For the standard errors."""


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare both samplers with both kinds of NumPy; then the standard errors."""
    for shape in SHAPES:
        fastest = min((tuned(*shape, batch) for batch in BATCHES), key=_trial)
        for sampler, goal in GOALS.items():
            model = network(*shape, sampler)
            case = Case("clt_sim", _simulate(model))
            what = f"{'-'.join(map(str, shape))} network, {sampler}"
            for reference, bound in ((as_written(*shape), None), (fastest, goal)):
                pairs = compare(reference, case, settings)
                rates = table.rates(pairs, 1e-3, "k networks/s")
                yield table.Row(what, reference.name, pairs.speedup, goal=bound, rates=rates)
    yield from error_rows()


def network(inputs: int, width: int, layers: int, sampler: str) -> clt.RandomNetwork:
    return clt.RandomNetwork([width] * layers, "relu", inputs=np.ones(inputs), sampler=sampler)


def as_written(inputs: int, width: int, layers: int) -> Case:
    """Return NumPy as everybody writes it."""
    widths = [inputs, *[width] * layers, 1]

    def run(draws: int) -> None:
        rng = np.random.Generator(np.random.SFC64(0))
        for _ in range(-(-draws // WRITTEN_BATCH)):
            h = np.ones((WRITTEN_BATCH, inputs, 1), np.float32)
            for fan_in, units in itertools.pairwise(widths):
                w = rng.standard_normal((WRITTEN_BATCH, units, fan_in), dtype=np.float32)
                z = np.matmul(w, h) * np.float32(np.sqrt(2.0 / fan_in))
                h = np.maximum(z, 0)

    return Case("NumPy as written float32", run)


def tuned(inputs: int, width: int, layers: int, batch: int) -> Case:
    """Return NumPy in place, on so many networks at once."""
    fan_ins = [inputs, *[width] * layers]
    shapes = [(batch, units, k) for k, units in zip(fan_ins, [*fan_ins[1:], 1], strict=True)]
    weights = [np.empty(shape, np.float32) for shape in shapes]

    def run(draws: int) -> None:
        rng = np.random.Generator(np.random.SFC64(0))
        for _ in range(-(-draws // batch)):
            h = np.ones((batch, inputs, 1), np.float32)
            for w in weights:
                rng.standard_normal(out=w, dtype=np.float32)
                z = np.matmul(w, h)
                z *= np.float32(np.sqrt(2.0 / w.shape[2]))
                h = np.maximum(z, 0, out=None if w is weights[-1] else z)

    return Case("NumPy tuned float32", run)


def error_rows() -> Iterator[table.Row]:
    """Compare the standard errors of as many raw and conditional draws."""
    model = network(*SHAPES[0], "conditional")
    raw = clt.gaussianity(clt.simulate(model, DRAWS))
    conditional = clt.gaussianity(clt.simulate_conditional(model, DRAWS))
    for name in raw:
        error = conditional[name].stderr
        if error:
            ratio = raw[name].stderr / error
            yield table.Row(f"standard error, {name}", "simulate_conditional", [ratio])


def _trial(case: Case) -> float:
    case.run(max(BATCHES))
    return min(seconds(case, 4 * max(BATCHES), time.process_time) for _ in range(3))


def _simulate(model: clt.RandomNetwork) -> Callable[[int], clt.Summary]:
    return lambda draws: clt.simulate(model, draws, threads=1)


if __name__ == "__main__":
    table.main(rows, __doc__)
