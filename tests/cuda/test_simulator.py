"""Kernels for graphics processors in Numba's simulator: the words, draws and bytes of the others.

The simulator runs each thread of a kernel by itself, on the processor. Where a kernel reads, adds
and stores is tested here; what a graphics processor makes of the arithmetic is not.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._cuda import draws
from clt_sim._kernels import laws as law_kernels
from clt_sim.engine.precision import get_precision
from clt_sim.engine.program import sum_program
from clt_sim.summaries import Summary

HERE = Path(__file__).parent


def load(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


driver = pytest.importorskip("clt_sim._cuda.driver")
simulate = load(HERE / "simulate.py")
naive = load(HERE.parent / "kernels" / "naive.py")
DRAWS, SEED = simulate.DRAWS, simulate.SEED


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return the folder of what a process drew, in which Numba simulates CUDA."""
    folder = tmp_path_factory.mktemp("simulated")
    result = subprocess.run(
        [sys.executable, HERE / "simulate.py", folder],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return folder


def naive_words(seed, stream, block, lane):
    """Eight words, in the order of drawing."""
    key = [seed & 0xFFFFFFFF, seed >> 32, 0, 0]
    state = naive.threefry([lane, block & 0xFFFFFFFF, block >> 32, stream], key)
    return [naive.xoshiro(state) for _ in range(8)]


@pytest.mark.parametrize("stream", range(5))
def test_words_equal_the_naive_reference(simulated, stream):
    words = np.load(simulated / "words.npy")
    for i, seed in enumerate(simulate.SEEDS):
        for j, block in enumerate(simulate.BLOCKS):
            for row, lane in enumerate(simulate.LANES_WITH_WORDS):
                expected = naive_words(seed, stream, block, lane)
                assert words[i, j, stream, row].tolist() == expected


def test_no_words_are_drawn_twice(simulated):
    words = np.load(simulated / "words.npy")
    pairs = words[..., :2].astype(np.uint64).reshape(-1, 2)
    assert np.unique(pairs[:, 0] << np.uint64(32) | pairs[:, 1]).size == len(pairs)


def test_models_have_all_laws_with_kernels():
    drawn = set()
    for model in (simulate.PATH_MODEL, *simulate.MODELS.values()):
        laws, parameters = sum_program(model, get_precision("single"))
        kind = driver.sum_kind(laws, parameters)
        drawn |= {source for source in kind if isinstance(source, draws.Source)}
    assert {source.kind for source in drawn} == {*draws.BY_WORD, *draws.BY_PAIR, law_kernels.TABLE}
    kinds = {(source.has_choice, source.has_pieces, source.has_atoms) for source in drawn}
    assert kinds == {(False, True, False), (True, True, True), (True, False, True)}


@pytest.mark.parametrize("name", clt.nonlinearities.names())
def test_outputs_are_the_processors(simulated, name):
    outputs = np.load(simulated / "outputs.npy")[clt.nonlinearities.names().index(name)]
    model = clt.WeightedSum(1, "normal(sd=3)", name, 1.0)
    assert np.array_equal(outputs, clt.sample(model, outputs.size, seed=SEED))


@pytest.mark.parametrize("name", [*simulate.MODELS, *map(str, simulate.NS)])
def test_summaries_have_the_bytes_of_the_processors(simulated, tmp_path, name):
    drawn = simulated / f"{name}.npz"
    model = Summary.load(drawn).model
    assert model.n == simulate.N or name == str(model.n)
    again, other = tmp_path / "again.npz", tmp_path / "other.npz"
    draws = DRAWS if name in simulate.MODELS else simulate.PATH_DRAWS
    how = {
        "precision": simulate.precision_of(name),
        "characteristic_function": name in simulate.WITH_WAVES,
    }
    clt.simulate(model, draws, seed=SEED, **how).save(again)
    assert drawn.read_bytes() == again.read_bytes()
    clt.simulate(model, draws, seed=SEED + 1, **how).save(other)
    assert drawn.read_bytes() != other.read_bytes()
