from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import clt_sim as clt

MODULE = """
import numpy as np
rng = np.random.default_rng(0)
first = rng.normal(size=(6, 5)), np.zeros(5), "relu"
layers = [first, (rng.normal(size=(5, 3)), np.ones(3), None)]
number = 3
class Holder:
    @staticmethod
    def make():
        return layers
def make():
    return layers
def fail():
    raise OSError("no weights here")
"""


@pytest.fixture
def network(tmp_path, monkeypatch):
    """Be in a folder with a module, and inputs; return the network of the module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "own_network.py").write_text(MODULE)
    (tmp_path / "own_broken.py").write_text("import torch_of_nowhere")
    (tmp_path / "own_torch.py").write_text("raise ModuleNotFoundError('no', name='torch')")
    inputs = np.random.default_rng(1).normal(size=(300, 6)).astype(np.float32)
    np.save("inputs.npy", inputs)
    np.savez("inputs.npz", x_test=inputs, y_test=np.arange(300))
    np.save("objects.npy", np.array([{}], object), allow_pickle=True)
    yield _imported(tmp_path)
    for name in ("own_network", "own_broken", "own_torch"):
        sys.modules.pop(name, None)


def _imported(folder):
    names = {}
    exec((folder / "own_network.py").read_text(), names)  # noqa: S102
    return names["layers"]


def test_record_prints_the_table_of_layers(network, clt_sim):
    status, out, err = clt_sim("record", "own_network:make", "--inputs", "inputs.npy")
    assert (status, err) == (0, "")
    record = clt.record(network, np.load("inputs.npy"))
    assert out == f"inputs: inputs.npy\n{clt.layer_table(record)}\n"


def test_record_json_takes_measures_and_options(network, clt_sim):
    options = ("--every", "2", "--rows", "50", "--units", "2", "--seed", "4", "--batch-size", "64")
    measures = ("--measure", "kolmogorov", "--measure", "hoyer")
    arguments = ("own_network:Holder.make", "--inputs", "inputs.npz:x_test", *options, *measures)
    facts = json.loads(clt_sim("record", *arguments, "--json")[1])
    record = clt.record(
        network, np.load("inputs.npy"), every=2, rows=50, units=2, seed=4, batch_size=64
    )
    assert facts["settings"] == record.settings
    assert facts["table"] == clt.layer_table(record, measures=["kolmogorov", "hoyer"]).to_dict()
    assert facts["inputs"] == "inputs.npz:x_test"


def test_record_saves_the_record(network, clt_sim):
    clt_sim("record", "own_network:layers", "--inputs", "inputs.npy", "--out", "layers.npz")
    expected = clt.record(network, np.load("inputs.npy"))
    assert clt.LayerRecord.load("layers.npz").to_dict() == expected.to_dict()


def test_random_inputs_are_said_to_be_no_data(network, clt_sim):
    arguments = ("own_network:make", "--random-inputs", "200", "--seed", "3", "--out", "layers.npz")
    status, out, _ = clt_sim("record", *arguments)
    assert status == 0
    first = out.splitlines()[0]
    assert first == "inputs: 200 random normal inputs of shape (6,), seed 3; these are no data"
    inputs = np.random.default_rng(3).standard_normal((200, 6), dtype=np.float32)
    expected = clt.record(network, inputs, seed=3)
    assert clt.LayerRecord.load("layers.npz").to_dict() == expected.to_dict()


@pytest.mark.parametrize("place", ["layers.png", "folder"])
def test_record_draws_the_layers(place, network, clt_sim, tmp_path):
    arguments = ("own_network:make", "--inputs", "inputs.npy", "--measure", "kolmogorov")
    status, _, err = clt_sim("record", *arguments, "--figure", place)
    assert status == 0
    files = [line.removeprefix("figure: ") for line in err.splitlines()]
    assert [os.path.splitext(file)[1] for file in files] in ([".png"], [".pdf", ".png", ".json"])
    assert all((tmp_path / file).stat().st_size for file in files)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("ending", ["pdf", "svg"])
def test_figures_in_files_have_the_same_bytes_every_time(ending, clt_sim, tmp_path):
    for file in ("first", "second"):
        arguments = ("own_network:make", "--inputs", "inputs.npy", "--measure", "kolmogorov")
        clt_sim("record", *arguments, "--figure", f"{file}.{ending}")
    first, second = ((tmp_path / f"{file}.{ending}").read_bytes() for file in ("first", "second"))
    assert first == second


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("own_network:make",), "give --inputs FILE, or --random-inputs N"),
        (
            ("own_network:make", "--inputs", "inputs.npy", "--random-inputs", "3"),
            "and not both",
        ),
        (("own_network", "--inputs", "inputs.npy"), "MODEL must be an .onnx file"),
        (("own_network:mak", "--inputs", "inputs.npy"), "Did you mean 'make'"),
        (("own_netwrk:make", "--inputs", "inputs.npy"), "there is no module 'own_netwrk'"),
        (("own_network:make", "--inputs", "inputs.npz:x_tst"), "Did you mean 'x_test'"),
        (("own_network:make", "--inputs", "inputs.npz"), "choose one, as in --inputs inputs.npz:"),
        (("own_network:make", "--inputs", "inputs.npy", "--measure", "hoyr"), "mean 'hoyer'"),
        (("own_network:make", "--random-inputs", "0"), "'0' is not a whole number from 1"),
        (("own_network:make", "--inputs", "inputs.npy", "--rows", "1"), "whole number from 2"),
        (("own_network:make", "--inputs", "inputs.npy", "--figure", "x.gif"), "not 'x.gif'"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, message, clt_sim):
    status, out, err = clt_sim("record", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("own_network:number",), "network of type builtins.int cannot be recorded"),
        (("own_network:fail",), "own_network:fail() raised OSError: no weights here"),
        (("own_broken:make",), "module 'own_broken' needs torch_of_nowhere"),
        (("own_torch:make",), "module 'own_torch' needs torch: pip install \"clt_sim[torch]\""),
        (("missing.pt",), "there is no file 'missing.pt'"),
        (("own_network:make", "--inputs", "missing.npy"), "there is no file 'missing.npy'"),
        (("own_network:make", "--inputs", "own_network.py"), "is not an .npy or .npz file"),
        (("own_network:make", "--inputs", "objects.npy"), "allow_pickle=False"),
        (("own_network:make", "--inputs", "inputs.npz:y_test"), "inputs must"),
        (("own_network:make", "--out", "missing/layers.npz"), "cannot write 'missing/layers.npz'"),
        (("own_network:make", "--figure", "missing/layers.pdf"), "cannot write 'missing/layers.p"),
    ],
)
def test_what_cannot_be_recorded_exits_with_1(arguments, message, clt_sim):
    given = () if "--inputs" in arguments else ("--inputs", "inputs.npy")
    status, out, err = clt_sim("record", *arguments, *given)
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("network")
def test_a_pickle_is_not_loaded(clt_sim):
    """The negative control is that loading it would leave a file behind."""
    import pickle

    class Harmful:
        def __reduce__(self):
            return os.mkdir, ("harmed",)

    with open("objects.npy", "wb") as file:
        pickle.dump(Harmful(), file)
    assert clt_sim("record", "own_network:make", "--inputs", "objects.npy")[0] == 1
    assert not os.path.exists("harmed")
    with open("objects.npy", "rb") as file:
        pickle.load(file)  # noqa: S301
    assert os.path.exists("harmed")


@pytest.mark.usefixtures("network")
def test_modules_of_the_current_folder_are_found_by_the_installed_program():
    code = "import sys; sys.path = [p for p in sys.path if p]; from clt_sim.cli import main; main()"
    arguments = ["record", "own_network:make", "--random-inputs", "10", "--measure", "kolmogorov"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "layer 2: 10 inputs" in done.stdout


@pytest.fixture
def torch_network(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="needs the extra torch")
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.ReLU(), torch.nn.Linear(6, 2)
    ).eval()
    torch.jit.script(network).save("network.pt")
    torch.save(network, "pickled.pt")
    np.save("inputs.npy", np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
    return network


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_torchscript_files_are_recorded(torch_network, clt_sim):
    measures = ("--measure", "kolmogorov")
    status, out, err = clt_sim("record", "network.pt", "--inputs", "inputs.npy", *measures)
    assert (status, err) == (0, "")
    table = clt.layer_table(clt.record(torch_network, np.load("inputs.npy")), measures="kolmogorov")
    assert "mode: evaluation" in out
    assert out.partition("0: 50 inputs")[2].strip() == str(table).partition("0: 50 inputs")[2]


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.usefixtures("torch_network")
def test_pickled_modules_are_refused_and_shapes_are_not_guessed(clt_sim):
    status, _, err = clt_sim("record", "pickled.pt", "--inputs", "inputs.npy")
    assert status == 1
    assert "is not a TorchScript file" in err
    assert "pickled modules are not loaded" in err
    status, _, err = clt_sim("record", "network.pt", "--random-inputs", "5")
    assert status == 1
    assert "does not tell the shape of its inputs; give --inputs FILE" in err


@pytest.fixture
def _onnx_files(tmp_path, monkeypatch):
    onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    monkeypatch.chdir(tmp_path)
    helper, rng = onnx.helper, np.random.default_rng(0)
    weights = onnx.numpy_helper.from_array(rng.normal(size=(4, 3)).astype(np.float32), "W")
    for name, features, kind in (("fixed", 4, 1), ("free", "F", 1)):
        ends = [
            helper.make_tensor_value_info(tensor, kind, ["N", extent])
            for tensor, extent in (("x", features), ("y", 3))
        ]
        product = helper.make_node("MatMul", ["x", "W"], ["y"])
        graph = helper.make_graph([product], "graph", ends[:1], ends[1:], [weights])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, f"{name}.onnx")


@pytest.mark.usefixtures("_onnx_files")
def test_onnx_files_are_recorded(clt_sim):
    arguments = ("fixed.onnx", "--random-inputs", "40", "--measure", "kolmogorov")
    status, out, err = clt_sim("record", *arguments)
    assert (status, err) == (0, "")
    inputs = np.random.default_rng(0).standard_normal((40, 4), dtype=np.float32)
    table = clt.layer_table(clt.record("fixed.onnx", inputs), measures="kolmogorov")
    assert out.endswith(f"these are no data\n{table}\n")
    status, _, err = clt_sim("record", "free.onnx", "--random-inputs", "40")
    assert status == 1
    assert "input 'x' has no fixed shape, but (any, any)" in err
