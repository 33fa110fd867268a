"""The package as users import it; each case in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

import clt_sim as clt

HEAVY = ("numpy", "scipy", "numba", "matplotlib", "torch", "onnx", "rich", "click")
FUNCTIONS = ("exact", "gaussianity", "sparsity")


def run(code):
    """Run code in a fresh interpreter with warnings as errors, and return what it prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded_after(code):
    return run(f"{code}\nimport sys\nprint(*[m for m in {HEAVY} if m in sys.modules])").split()


def test_import_loads_nothing_heavy():
    assert loaded_after("import clt_sim") == []


def test_heavy_modules_are_seen():
    """The negative control."""
    assert loaded_after("import clt_sim; clt_sim.laws") == ["numpy", "scipy"]


def test_models_do_not_load_statistics_or_pictures():
    code = (
        "import clt_sim as clt; clt.WeightedSum(n=3, inputs='wikipedia', nonlinearity='tanh').mean"
    )
    modules = "('scipy.stats', 'numba', 'matplotlib')"
    assert run(f"{code}\nimport sys\nprint(*[m for m in {modules} if m in sys.modules])") == ""


ORDERS = {
    "function first": "import clt_sim as clt; clt.{0}; import clt_sim.{0}",
    "module first": "import clt_sim.{0}; import clt_sim as clt",
    "module by its name": "__import__('clt_sim.{0}'); import clt_sim as clt",
    "from the package": "from clt_sim import {0}; import clt_sim.{0}; import clt_sim as clt",
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_keep_their_names(name, order):
    code = ORDERS[order].format(name)
    printed = run(
        f"{code}; import sys; print(callable(clt.{name}), 'clt_sim.{name}' in sys.modules)"
    )
    assert printed == "True True"


@pytest.mark.parametrize("order", ["{0}; {1}", "{1}; {0}"])
def test_function_and_classes_of_one_folder(order):
    code = order.format("import clt_sim as clt; clt.exact", "from clt_sim.exact import ExactLaw")
    printed = run(
        f"{code}; import clt_sim; print(callable(clt_sim.exact), ExactLaw is clt_sim.ExactLaw)"
    )
    assert printed == "True True"


@pytest.mark.parametrize("name", clt.__all__)
def test_public_names_resolve(name):
    value = getattr(clt, name)
    assert value is getattr(clt, name)
    if name in FUNCTIONS:
        assert callable(value)


def test_star_import_gives_the_public_names():
    names = "sorted(set(clt_sim.__all__) - set(globals()))"
    assert run(f"from clt_sim import *; import clt_sim; print({names})") == "[]"


def test_dir_lists_the_public_names():
    assert set(clt.__all__) <= set(dir(clt))
    assert run("import clt_sim; print(set(clt_sim.__all__) <= set(dir(clt_sim)))") == "True"


def test_unknown_attributes():
    with pytest.raises(AttributeError, match="module 'clt_sim' has no attribute 'exakt'"):
        _ = clt.exakt
    assert not hasattr(clt, "models_")


def test_other_attributes_can_be_set(monkeypatch):
    monkeypatch.setattr(clt, "exact", "something else")
    assert clt.exact == "something else"


def test_version_is_a_version():
    assert [part.isdigit() for part in clt.__version__.split(".")] == [True] * 3
