"""Run in a process of its own, where Numba simulates CUDA: draw, and save what was drawn."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import clt_sim as clt
from clt_sim._cuda import driver, lanes, sums, terms
from clt_sim._cuda.compilation import SIMULATED, cuda, device, kernel
from clt_sim._kernels.blocks import STREAMS
from clt_sim._kernels.compilation import inlined
from clt_sim._kernels.rows import BLOCK
from clt_sim.engine.precision import get_precision
from clt_sim.engine.program import seed_words, sum_program

DRAWS, PATH_DRAWS, SEED = 200, 1024 + 100, 2**40 + 11
NS = (1, 31, 32, 40)
LANES_WITH_WORDS = (0, 1, 100, 255)
BLOCKS, SEEDS = (0, 3, 2**33 + 5), (0, 1, 0xFEDCBA9876543210)
N = 40
ROWS = np.cos(np.arange(3.0 * N)).reshape(3, N)
PATH_MODEL = clt.WeightedSum(
    N, "normal", "tanh", "laplace", bias="lognormal", dependence="autoregressive(correlation=-.5)"
)
MODELS = {
    "lattice": clt.WeightedSum(
        N, "rademacher", "identity", np.arange(1.0, N + 1.0), bias="bernoulli(probability=.25)"
    ),
    "tables": clt.WeightedSum(
        N,
        "student-t(df=5)",
        "gelu",
        "sparse(slab='wikipedia',zero_probability=.25)",
        bias="discrete(values=(-1,0,2),probabilities=(.25,.5,.25))",
        dependence="equicorrelated(correlation=.25)",
        dropout=0.3,
    ),
    "factor": clt.WeightedSum(
        N,
        "uniform",
        "sin",
        "constant(value=3.25)",
        bias="symmetric-weibull(shape=.75)",
        dependence="random-scale(factor='exponential')",
    ),
    "rows": clt.WeightedSum(N, ROWS, "relu", "triangular", bias="logistic"),
    "double": clt.WeightedSum(
        N, "student-t(df=5)", "gelu", "normal", bias="sparse(slab='laplace')", dropout=0.3
    ),
}
IN_DOUBLE_PRECISION, WITH_WAVES = {"double"}, {"factor"}


def of_all(storers):
    """Return a function that calls all of many functions of arguments and an array."""

    @inlined
    def store_nothing(arguments, out):
        return None

    store = store_nothing
    for storer in storers:
        store = _and_also(store, storer)
    return device(store.py_func)


def _and_also(before, after):
    @inlined
    def store(arguments, out):
        before(arguments, out)
        after(arguments, out)

    return store


def saved_words(folder):
    """Save eight words of some lanes, for each seed, block and stream."""

    @device
    def first_words(seed_low, seed_high, stream, block, lane):
        words, state = lanes.four_words(lanes.keyed(seed_low, seed_high, stream, block, lane))
        more, state = lanes.four_words(state)
        return words, more

    @kernel
    def draw_words(seed_low, seed_high, stream, block, out):
        row = cuda.threadIdx.x
        words, more = first_words(seed_low, seed_high, stream, block, LANES_WITH_WORDS[row])
        for quarter in range(4):
            out[row, quarter], out[row, 4 + quarter] = words[quarter], more[quarter]

    rows = len(LANES_WITH_WORDS)
    out = np.zeros((len(SEEDS), len(BLOCKS), STREAMS, rows, 8), np.uint32)
    for i, seed in enumerate(SEEDS):
        for j, block in enumerate(BLOCKS):
            for stream in range(STREAMS):
                draw_words[1, rows](*seed_words(seed), stream, block, out[i, j, stream])
    np.save(folder / "words.npy", out)


def saved_outputs(folder):
    """Save what every nonlinearity makes of draws."""
    phis = [clt.nonlinearities.get(name) for name in clt.nonlinearities.names()]
    store = of_all([_output_of(phi, place) for place, phi in enumerate(phis)])
    inputs = clt.sample(
        clt.WeightedSum(1, "normal(sd=3)", "identity", 1.0), BLOCK, seed=SEED
    ).astype(np.float32)
    out = np.zeros((BLOCK, len(phis)), np.float32)
    for row, x in zip(out, inputs, strict=True):
        store((x,), row)
    np.save(folder / "outputs.npy", out.T)


def _output_of(phi, place):
    function, parameter = terms.NONLINEARITIES[phi.kernel], np.float32(phi.kernel_parameter)

    @inlined
    def store(arguments, out):
        out[place] = function(arguments[0], parameter)

    return store


def precision_of(name):
    return "double" if name in IN_DOUBLE_PRECISION else "single"


def compiled(model, precision):
    """Compile what draws a model, which hundreds of threads would wait for otherwise."""
    laws, parameters = sum_program(model, get_precision(precision))
    draw_lane = sums.lane_drawer(driver.sum_kind(laws, parameters))
    drawn = sums.Drawn(np.ones(1, np.int64), np.empty(BLOCK, np.uint32), np.empty((1, BLOCK)))
    draw_lane(*seed_words(SEED), 0, 0, *driver.sum_arguments(laws, parameters), 0, drawn)


def saved_summaries(folder):
    """Save the summaries of whole runs."""
    for name, model in MODELS.items():
        precision, waves = precision_of(name), name in WITH_WAVES
        compiled(model, precision)
        how = {"precision": precision, "characteristic_function": waves}
        summary = clt.simulate(model, DRAWS, seed=SEED, device="cuda", **how)
        summary.save(folder / f"{name}.npz")
    compiled(PATH_MODEL, "single")
    path = clt.simulate_path(PATH_MODEL, NS, PATH_DRAWS, seed=SEED, device="cuda")
    for n, summary in path.items():
        summary.save(folder / f"{n}.npz")


if __name__ == "__main__":
    if not SIMULATED:
        raise SystemExit("NUMBA_ENABLE_CUDASIM must be 1.")
    # Its threads wait for each other, by default for milliseconds each time.
    sys.setswitchinterval(1e-5)
    target = Path(sys.argv[1])
    for save in (saved_words, saved_outputs, saved_summaries):
        save(target)
