"""What cannot run on a graphics processor is refused before any work, and says why."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest

import clt_sim as clt
from clt_sim import cli, nonlinearities
from clt_sim._cuda import draws, terms
from clt_sim._cuda.availability import require_device
from clt_sim._kernels import draws_double, nonlinearities_double
from clt_sim._kernels import laws as law_kernels
from clt_sim.engine import tasks

MODEL = clt.WeightedSum(4)


@pytest.fixture(autouse=True)
def no_work(monkeypatch):
    def work(*arguments):
        raise AssertionError("work was begun.")

    monkeypatch.setattr(tasks, "_run", work)


@numba.njit
def cube(x):
    return x * x * x


REFUSED = {
    "network": (clt.RandomNetwork([3]), {}, "must be a WeightedSum, not a RandomNetwork"),
    "function": (clt.WeightedSum(4, nonlinearity=cube), {}, "cube is a function of your own"),
    "threads": (MODEL, {"threads": 2}, "threads and executor are for processors"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_graphics_processor_does_not_do(name):
    model, options, message = REFUSED[name]
    with pytest.raises(ValueError, match=rf"^device='cuda' cannot run this: .*{message}"):
        clt.simulate(model, 10, device="cuda", **options)


def test_an_executor():
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(ValueError, match="threads and executor are for processors"),
    ):
        clt.simulate_path(MODEL, [1, 4], 10, device="cuda", executor=executor)


@pytest.mark.parametrize("device", ["cud", "gpu", None, 0])
@pytest.mark.parametrize("independent", [False, True])
def test_unknown_devices(device, independent):
    message = "unknown device .*Known: cpu, cuda"
    with pytest.raises(ValueError, match=message):
        clt.simulate(MODEL, 10, device=device)
    with pytest.raises(ValueError, match=message):
        clt.simulate_path(MODEL, [2], 10, device=device, independent=independent)


def test_the_nearest_device():
    with pytest.raises(ValueError, match=r"Did you mean 'cuda'\?"):
        clt.simulate(MODEL, 10, device="cud")


def test_a_missing_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'numba-cuda: pip install "clt_sim\[cuda\]"$'):
        clt.simulate(MODEL, 10, device="cuda")


@pytest.fixture
def cuda(monkeypatch):
    """Return Numba's module, as if its package were installed."""
    compilation = pytest.importorskip("clt_sim._cuda.compilation")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    return compilation.cuda


def test_a_missing_driver(cuda, monkeypatch):
    monkeypatch.setattr(cuda, "is_available", lambda: False)
    monkeypatch.setattr(cuda, "cuda_error", lambda: "no driver\nwas found.\n")
    message = r"CUDA finds none \(no driver was found\)\. Use device='cpu', or install the driver"
    with pytest.raises(RuntimeError, match=message):
        clt.simulate(MODEL, 10, device="cuda")


def test_a_graphics_processor_that_is_there(cuda, monkeypatch):
    """A control: nothing else is in the way."""
    monkeypatch.setattr(cuda, "is_available", lambda: True)
    require_device()
    with pytest.raises(AssertionError, match="work was begun"):
        clt.simulate(MODEL, 10, device="cuda")


COMMANDS = {
    "an unknown device": (["--device", "cud"], 2, "Did you mean 'cuda'?"),
    "what it does not do": (["--device", "cuda", "--threads", "2"], 2, "leave them out"),
    "no graphics processor": (["--device", "cuda"], 1, "CUDA finds none (broken)"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command(cuda, monkeypatch, capsys, name):
    options, status, message = COMMANDS[name]
    monkeypatch.setattr(cuda, "is_available", lambda: False)
    monkeypatch.setattr(cuda, "cuda_error", lambda: "broken.")
    monkeypatch.setattr(sys, "argv", ["clt-sim", "simulate", "-n", "4", *options])
    with pytest.raises(SystemExit) as exit_info:
        cli.main()
    assert exit_info.value.code == status
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_processors_do_not_load_cuda():
    script = """
import sys
import clt_sim as clt
clt.simulate(clt.WeightedSum(2), 10)
loaded = [name for name in sys.modules if name.startswith(("numba.cuda", "numba_cuda"))]
print("numba" in sys.modules, loaded)
"""
    run = [sys.executable, "-c", script]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    assert result.stdout == "True []\n"


def test_every_nonlinearity_has_its_function():
    for name in nonlinearities.names():
        function = terms.NONLINEARITIES[nonlinearities.get(name).kernel]
        assert function.__name__ == {"abs": "absolute"}.get(name, name.replace("-", "_"))
        assert function.__name__ in nonlinearities_double.FUNCTIONS


def test_every_law_with_a_kernel_has_its_function():
    assert not {*draws.BY_WORD} & {*draws.BY_PAIR}
    assert {*draws.BY_WORD, *draws.BY_PAIR} == set(range(law_kernels.TABLE))
    for function in (*draws.BY_WORD.values(), *draws.BY_PAIR.values()):
        assert hasattr(draws_double, function.__name__)
