"""The contract that ``clt_sim._kernels`` states, read off its source."""

from __future__ import annotations

import ast
import importlib
import shutil
from collections import Counter
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.caching import NullCache
from numba.core.ccallback import CFunc
from numba.extending import is_jitted

from clt_sim._kernels import (
    compilation,
    driver,
    empirical_distribution,
    laws,
    network_driver,
    normality,
    sorted_samples,
    sums,
)

SOURCES = sorted(Path(driver.__file__).parent.glob("*.py"))
DRIVERS = {
    "sample_chunks": (driver.sample_chunks, driver._compiled),
    "sample_networks": (network_driver.sample_networks, network_driver._compiled),
    "sample_variances": (network_driver.sample_variances, network_driver._compiled_variances),
    "evaluate": (sorted_samples.evaluate, sorted_samples._compiled),
}
STATISTICS = {
    normality: ("score_correlation", "energy", "vasicek", "epps_pulley"),
    empirical_distribution: (
        "anderson_darling",
        "cramer_von_mises",
        "lilliefors",
        "jarque_bera",
        "dagostino",
    ),
}
FIRST_CLASS = {
    "fill in single precision": (lambda: laws.fill(np.float32).by_kernel, laws._compiled_single),
    "fill in double precision": (lambda: laws.fill(np.float64).by_kernel, laws._compiled_double),
    "fill by tables in single precision": (
        lambda: laws.fill(np.float32).by_table,
        laws._compiled_single_by_table,
    ),
    "fill by tables in double precision": (
        lambda: laws.fill(np.float64).by_table,
        laws._compiled_double_by_table,
    ),
    "add_term in single precision": (lambda: sums.add_term(np.float32), sums._compiled_single),
    "add_term in double precision": (lambda: sums.add_term(np.float64), sums._compiled_double),
    **{
        name: (getattr(module, name), getattr(module, f"_compiled_{name}"))
        for module, names in STATISTICS.items()
        for name in names
    },
}
"""The functions that are in the disk cache, and what compiles them for a digest."""
CACHED = {"compilation.py", "laws.py", "sums.py", "empirical_distribution.py", "normality.py"}
"""Modules that ask for the cache; drivers do it by the decorator of the first."""
LOOPS_WITHOUT_WIDE_VECTORS = {
    "add_terms": "calls the loops",
    "start_block": "keys the streams",
    "start_chunk": "calls the loops",
    "start_network_block": "keys the streams",
    "draw_directly": "calls the loops",
    "draw_variances": "calls the loops",
    "finish_layer": "calls the loops",
    "_sum_inputs": "calls the loops",
    "_sum_squares": "calls the loops",
    "_sum_normalized_squares": "calls the loops",
    "_normalize": "calls the loops",
    "flush_variances": "calls the loops on slices",
    "finish_chunk": "adds up the lanes once in a chunk",
    "finish_variance_chunk": "adds up the lanes once in a chunk",
    "reduce_lanes": "adds 64 numbers once in a chunk",
    "_count": "scatters: there is no vector instruction for it",
    "_count_variances": "scatters",
}
"""Kernels that loop without asking for wide vectors, and why they may."""
NUMPY_IN_FUNCTIONS = {"empty", "zeros", "ones", "inf"} | {
    f"{kind}{bits}" for kind in ("uint", "int", "float") for bits in (32, 64)
}


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def names(node):
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


def members(node, module):
    """The attributes that are taken of a module."""
    return {
        item.attr
        for item in ast.walk(node)
        if isinstance(item, ast.Attribute)
        and isinstance(item.value, ast.Name)
        and item.value.id == module
    }


def keywords(tree):
    return {
        (item.arg, ast.unparse(item.value))
        for item in ast.walk(tree)
        if isinstance(item, ast.keyword)
    }


def is_kernel(function):
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(text == "kernel" or text.startswith("kernel_for(") for text in decorators)


def loops(function):
    return any(isinstance(node, ast.For | ast.While) for node in ast.walk(function))


def body(function):
    """The statements of a function, without what annotates its arguments."""
    return ast.Module(function.body, [])


def violations(source, name):
    """Return what in a module of kernels is against the contract."""
    tree = ast.parse(source)
    found = []
    if any(arg == "fastmath" for arg, _ in keywords(tree)):
        found.append("fastmath")
    if ("cache", "True") in keywords(tree) and name not in CACHED:
        found.append("cache")
    if names(tree) & {"exec", "eval", "compile"}:
        found.append("generated source")
    if "random" in members(tree, "np") or "random" in names(tree):
        found.append("random")
    if any(isinstance(n, ast.ImportFrom) and n.module == "math" for n in ast.walk(tree)):
        found.append("math")
    for function in functions(tree):
        if members(function, "math") - {"sqrt"}:
            found.append("math")
        if members(body(function), "np") - NUMPY_IN_FUNCTIONS:
            found.append("numpy")
        if any(isinstance(node, ast.Pow) for node in ast.walk(function)):
            found.append("power")
        wide = "prefer_wide_vectors" in names(function)
        if is_kernel(function) and loops(function) and not wide:
            found.append(f"narrow: {function.name}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_source_keeps_the_contract(path):
    allowed = {f"narrow: {name}" for name in LOOPS_WITHOUT_WIDE_VECTORS}
    assert set(violations(path.read_text(), path.name)) <= allowed


def test_every_exception_is_needed():
    found = [item for path in SOURCES for item in violations(path.read_text(), path.name)]
    assert sorted(found) == sorted(f"narrow: {name}" for name in LOOPS_WITHOUT_WIDE_VECTORS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("scalar = njit(fastmath=True)", "fastmath"),
        ("kernel = njit(cache=True)", "cache"),
        ("exec('x = 1')", "generated source"),
        ("def f(n): return np.random.rand(n)", "random"),
        ("from math import tanh", "math"),
        ("def f(x): return math.exp(x)", "math"),
        ("def f(x): return np.exp(x)", "numpy"),
        ("def f(x): return x**0.5", "power"),
        ("@kernel\ndef f(x):\n    for j in range(9): x[j] = 0", "narrow: f"),
        ("@kernel_for(p)\ndef f(x):\n    while x[0]: x[0] -= 1", "narrow: f"),
    ],
)
def test_a_breach_is_found(source, expected):
    assert expected in violations(source, "bits.py")


def compiled_functions():
    """All that modules hold, in tables and in closures of each other, too."""
    modules = [
        importlib.import_module(f"clt_sim._kernels.{path.stem}")
        for path in SOURCES
        if path.stem != "__init__"
    ]
    waiting = [item for module in modules for item in vars(module).values()]
    waiting += [part for item in waiting if isinstance(item, dict) for part in item.values()]
    found = {}
    while waiting:
        item = waiting.pop()
        if is_jitted(item) and id(item) not in found:
            found[id(item)] = item
            waiting += [cell.cell_contents for cell in item.py_func.__closure__ or ()]
    return list(found.values())


def test_every_compiled_function_has_a_name_of_its_own():
    """Equal names are told apart by numbers, which repeat from process to process."""
    functions = [item.py_func for item in compiled_functions()]
    names = Counter(f"{function.__module__}.{function.__qualname__}" for function in functions)
    assert len(names) > 200
    assert [name for name, count in names.items() if count > 1] == []


def test_digest_changes_with_every_file(tmp_path, monkeypatch):
    for source in SOURCES:
        shutil.copy(source, tmp_path)
    monkeypatch.setattr(compilation, "__file__", str(tmp_path / "compilation.py"))
    digests = {compilation.source_digest()}
    for source in SOURCES:
        with open(tmp_path / source.name, "a") as file:
            file.write("# edited\n")
        digests.add(compilation.source_digest())
    assert len(digests) == len(SOURCES) + 1


def key(cache):
    return cache._index_key((), driver.sample_chunks.targetctx.codegen())


def closure(function):
    return [cell.cell_contents for cell in function.__closure__]


@pytest.mark.parametrize("name", DRIVERS)
def test_digest_is_part_of_the_key_of_a_driver(name):
    function, compiled = DRIVERS[name]
    assert compilation.source_digest() in closure(function.py_func)
    assert key(compiled(1)._cache) == key(compiled(1)._cache)
    assert key(compiled(1)._cache) != key(compiled(2)._cache)


@pytest.mark.parametrize("name", FIRST_CLASS)
def test_digest_is_part_of_the_key_of_what_drivers_are_given(name, monkeypatch):
    function, compiled = FIRST_CLASS[name]
    assert compilation.source_digest() in closure(function()._pyfunc)
    # Only the keys are looked at: nothing is compiled or written.
    monkeypatch.setattr(CFunc, "compile", lambda self: None)
    assert key(compiled(1)._cache) == key(compiled(1)._cache)
    assert key(compiled(1)._cache) != key(compiled(2)._cache)


def test_nothing_else_is_in_the_disk_cache():
    """Decorators of the cache are used as often as there are functions above."""
    used = [
        ast.unparse(decorator)
        for path in SOURCES
        for function in functions(ast.parse(path.read_text()))
        for decorator in function.decorator_list
    ]
    calls = "".join(path.read_text() for path in SOURCES if path.name != "compilation.py")
    assert used.count("cached") == len(DRIVERS)
    assert calls.count("cache=True") == len(FIRST_CLASS)


def test_functions_of_users_are_not_cached():
    """Their keys would not tell what they call."""
    function = sums.add_term_of(numba.njit(lambda x: x))
    assert isinstance(function._cache, NullCache)
    assert not isinstance(sums.add_term()._cache, NullCache)
