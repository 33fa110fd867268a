"""What NVVM makes of the kernels, for two generations of graphics processors, without one of them.

The instructions say what is rounded how: a contracted product, an approximate quotient or a number
flushed to zero would be other bits than the processor's.
"""

from __future__ import annotations

import re
from collections import Counter

import numba
import numpy as np
import pytest

import clt_sim as clt
from clt_sim._cuda import terms
from clt_sim.engine.precision import get_precision
from clt_sim.engine.program import sum_program

pytest.importorskip("numba_cuda")
cuda = pytest.importorskip("numba.cuda")
nvvm = pytest.importorskip("numba.cuda.cudadrv.nvvm")

compilation = pytest.importorskip("clt_sim._cuda.compilation")
driver = pytest.importorskip("clt_sim._cuda.driver")
statistics = pytest.importorskip("clt_sim._cuda.statistics")
sums = pytest.importorskip("clt_sim._cuda.sums")
waves = pytest.importorskip("clt_sim._cuda.waves")
GENERATIONS = [(8, 0), (9, 0)]
MODELS = [
    clt.WeightedSum(40, "normal", "tanh", "normal"),
    clt.WeightedSum(
        40,
        "student-t(df=5)",
        "gelu",
        "sparse(slab='laplace',zero_probability=0.5)",
        bias="triangular",
        dropout=0.5,
        dependence="equicorrelated",
    ),
    clt.WeightedSum(40, np.ones((3, 40)), "celu", "lognormal"),
]
ROUNDED = re.compile(r"(fma|mul|add|sub|div|rcp|sqrt)\.rn\.f(32|64)")


def nvvm_is_there():
    try:
        nvvm.NVVM()
    except (nvvm.NvvmError, OSError, RuntimeError):
        return False
    return True


pytestmark = pytest.mark.skipif(not nvvm_is_there(), reason="needs NVVM")


@pytest.fixture(params=GENERATIONS, ids="sm_{0[0]}{0[1]}".format)
def compiled(request, monkeypatch):
    """Return a function that compiles a kernel for arguments, to the count of its instructions."""
    device = type("Device", (), {"compute_capability": request.param})
    monkeypatch.setattr("numba.cuda.dispatcher.get_current_device", lambda: device)
    monkeypatch.setattr(driver, "placed", lambda array: array)

    def instructions(kernel, *arguments):
        types = numba.types.void(*map(numba.typeof, arguments))
        ptx, _ = cuda.compile_ptx(kernel.py_func, types, cc=request.param)
        assert ".target sm_{}{}".format(*request.param) in ptx
        return Counter(re.findall(r"^\s+(?:@!?%p\d+\s+)?([a-z][\w.:]*)", ptx, re.MULTILINE)), ptx

    return instructions


def sum_arguments(model, precision="single"):
    laws, parameters = sum_program(model, get_precision(precision))
    drawn = sums.Drawn(np.ones(1, np.int64), np.empty(9, np.uint32), np.empty((1, 9)))
    kernel = sums.sum_kernel(driver.sum_kind(laws, parameters))
    words = np.uint32(1), np.uint32(2)
    return kernel, *words, 0, *driver.sum_arguments(laws, parameters), drawn


def inexact(counts):
    """Return the instructions whose results IEEE 754 does not fix."""
    arithmetic = re.compile(
        r"(fma|mad|mul|add|sub|div|rcp|sqrt|rsqrt|ex2|lg2|sin|cos|tanh)\..*f\d\d"
    )
    found = {name for name in counts if arithmetic.fullmatch(name) and not ROUNDED.fullmatch(name)}
    return found | {name for name in counts if "ftz" in name or "approx" in name}


def slow(counts):
    """Return what calls functions or leaves the registers."""
    return {name for name in counts if name.startswith("call") or "local" in name}


@pytest.mark.parametrize("model", MODELS, ids=["normal", "tables", "rows"])
def test_sums_are_rounded_as_on_the_processor(compiled, model):
    with compilation.uncontracted():
        counts, ptx = compiled(*sum_arguments(model))
    assert inexact(counts) == slow(counts) == set()
    assert ".local" not in ptx
    assert counts["fma.rn.f32"] > 30
    # Totals are the only doubles: they are converted, added and stored.
    doubles = {name for name in counts if "f64" in name}
    assert doubles <= {"cvt.f64.f32", "add.rn.f64", "mov.f64", "st.global.f64"}


def test_double_precision_is_rounded_as_on_the_processor(compiled):
    with compilation.uncontracted():
        counts, ptx = compiled(*sum_arguments(MODELS[1], "double"))
    assert inexact(counts) == slow(counts) == set()
    assert ".local" not in ptx
    assert counts["fma.rn.f64"] > 30


def test_contracted_products_would_be_noticed(compiled):
    counts, _ = compiled(*sum_arguments(MODELS[0]))
    assert {"mul.f32", "add.f32"} <= inexact(counts)


def test_statistics_are_rounded_as_on_the_processor(compiled):
    row, numbers = np.empty((1, 9)), np.empty(1)
    lanes = np.zeros((1, 1, 2, 64))
    with compilation.uncontracted():
        counts, ptx = compiled(
            statistics.statistics_kernel(2048),
            9,
            row,
            *[numbers] * 3,
            -8.0,
            128.0,
            np.empty((1, 1, 8)),
            lanes,
            lanes.astype(np.int32),
            np.empty((1, 2050), np.uint32),
        )
    assert inexact(counts) == slow(counts) == set()
    assert ".local" not in ptx
    assert counts["fma.rn.f64"] == 0
    assert any(name.startswith("atom.shared.add") for name in counts)


def test_waves_are_rounded_as_on_the_processor(compiled):
    numbers = np.empty(1)
    with compilation.uncontracted():
        counts, ptx = compiled(
            waves.take_waves, 9, np.empty((1, 9)), numbers, numbers, np.empty((1, 1, 2, 32))
        )
    assert inexact(counts) == slow(counts) == set()
    assert ".local" not in ptx


def test_the_selection_of_samples_compiles(compiled):
    words, places = np.empty(9, np.uint32), np.empty(9, np.int64)
    row = np.empty((1, 9))
    with compilation.uncontracted():
        counts, _ = compiled(
            statistics.select, 9, 0, words[0], words, row, places, words, places, row
        )
    assert slow(counts) == set()


def test_all_nonlinearities_are_rounded_as_on_the_processor(compiled):
    apply = sum_of(terms.NONLINEARITIES.values())

    def kernel(values, parameter):
        values[cuda.threadIdx.x] = apply(values[cuda.threadIdx.x], parameter)

    with compilation.uncontracted():
        counts, _ = compiled(compilation.kernel(kernel), np.empty(9, np.float32), np.float32(0.5))
    assert inexact(counts) == slow(counts) == set()
    assert not [name for name in counts if "f64" in name]


def sum_of(functions):
    """Return the sum of many functions of x and a parameter."""
    first, *others = functions
    for function in others:
        first = _sum_of_two(first, function)
    return first


def _sum_of_two(first, second):
    @compilation.device
    def both(x, parameter):
        return first(x, parameter) + second(x, parameter)

    return both
