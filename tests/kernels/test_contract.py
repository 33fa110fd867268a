"""The contract that ``clt_sim._kernels`` states, read off its source."""

from __future__ import annotations

import ast
import importlib
import shutil
from pathlib import Path

import pytest
from numba.extending import is_jitted

from clt_sim._kernels import driver

SOURCES = sorted(Path(driver.__file__).parent.glob("*.py"))
LOOPS_WITHOUT_WIDE_VECTORS = {
    "add_terms": "calls the loops",
    "flush": "calls the loops on slices",
    "reduce_lanes": "adds 64 numbers once in a chunk",
    "_count": "scatters: there is no vector instruction for it",
}
"""Kernels that loop without asking for wide vectors, and why they may."""
NUMPY_IN_FUNCTIONS = {"empty", "zeros", "inf", "uint32", "int32", "int64", "float32", "float64"}


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


def violations(source, name):
    """Return what in a module of kernels is against the contract."""
    tree = ast.parse(source)
    found = []
    if any(arg == "fastmath" for arg, _ in keywords(tree)):
        found.append("fastmath")
    if ("cache", "True") in keywords(tree) and name != "driver.py":
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
        if members(function, "np") - NUMPY_IN_FUNCTIONS:
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


def test_every_compiled_function_has_a_name_of_its_own():
    """Equal names are told apart by numbers, which repeat from process to process."""
    modules = [
        importlib.import_module(f"clt_sim._kernels.{path.stem}")
        for path in SOURCES
        if path.stem != "__init__"
    ]
    compiled = {item for module in modules for item in vars(module).values() if is_jitted(item)}
    names = [f"{item.py_func.__module__}.{item.py_func.__qualname__}" for item in compiled]
    assert len(names) > 40
    assert len(set(names)) == len(names)


def test_digest_changes_with_every_file(tmp_path, monkeypatch):
    for source in SOURCES:
        shutil.copy(source, tmp_path)
    monkeypatch.setattr(driver, "__file__", str(tmp_path / "driver.py"))
    digests = {driver._source_digest()}
    for source in SOURCES:
        with open(tmp_path / source.name, "a") as file:
            file.write("# edited\n")
        digests.add(driver._source_digest())
    assert len(digests) == len(SOURCES) + 1


def test_digest_is_part_of_the_key_of_the_disk_cache():
    cells = [cell.cell_contents for cell in driver.sample_chunks.py_func.__closure__]
    assert driver._source_digest() in cells

    def key(compiled):
        codegen = driver.sample_chunks.targetctx.codegen()
        return compiled._cache._index_key((), codegen)

    assert key(driver._compiled(1)) == key(driver._compiled(1))
    assert key(driver._compiled(1)) != key(driver._compiled(2))
