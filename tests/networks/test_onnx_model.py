"""Files that are no ONNX models, damaged, or too large; and the extra that is missing."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from clt_sim.networks.onnx_files.adapter import OnnxAdapter
from clt_sim.networks.onnx_files.extra import import_extra
from clt_sim.networks.recording.collector import Collector

RNG = np.random.default_rng(20260102)


def collect(network, inputs):
    collector = Collector()
    settings = OnnxAdapter().collect(network, inputs, collector, every=1, batch_size=8)
    return collector.record(**settings, every=1)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_extra_says_how_to_install_it(package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    message = rf'needs {package}, which is not installed: pip install "clt_sim\[onnx\]"'
    with pytest.raises(ModuleNotFoundError, match=message):
        import_extra(package)


def test_the_package_does_not_import_the_extra():
    adapter = "clt_sim.networks.onnx_files.adapter"
    check = f"import sys, {adapter}; print({{'onnx', 'onnxruntime'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_the_adapter_accepts():
    onnx = pytest.importorskip("onnx")
    accepts = OnnxAdapter().accepts
    assert accepts("model.onnx")
    assert accepts(onnx.ModelProto())
    assert not accepts(onnx.GraphProto())
    assert not accepts(np.ones(3))


@pytest.fixture
def model():
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, proto = onnx.helper, onnx.TensorProto
    value = helper.make_tensor_value_info
    weights = RNG.normal(size=(4, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["z"], name="first"),
        helper.make_node("Relu", ["z"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [value("x", proto.FLOAT, ["n", 4])],
        [value("y", proto.FLOAT, None)],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


INPUTS = RNG.normal(size=(20, 4)).astype(np.float32)


def test_a_file_is_read_and_named(model, tmp_path):
    path = tmp_path / "classifier.onnx"
    path.write_bytes(model.SerializeToString())
    for network in (path, str(path)):
        record = collect(network, INPUTS)
        assert record.layers[0].name == "first"
        assert "ONNX model 'classifier.onnx'" in str(record.to_dict())


def test_files_that_are_not_there(tmp_path):
    pytest.importorskip("onnx")
    with pytest.raises(FileNotFoundError, match=r"gone\.onnx' cannot be read: there is no such"):
        collect(tmp_path / "gone.onnx", INPUTS)
    with pytest.raises(FileNotFoundError, match="it is a folder"):
        collect(tmp_path, INPUTS)


def test_archives_are_named(model, tmp_path):
    zipped, gzipped = tmp_path / "a.onnx", tmp_path / "b.onnx"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("model.onnx", model.SerializeToString())
    gzipped.write_bytes(gzip.compress(model.SerializeToString()))
    with pytest.raises(ValueError, match="is a zip archive, not an ONNX model"):
        collect(zipped, INPUTS)
    with pytest.raises(ValueError, match="is a gzip archive, not an ONNX model"):
        collect(gzipped, INPUTS)


def test_cut_off_files_are_refused_at_every_length(model, tmp_path):
    whole = model.SerializeToString()
    path = tmp_path / "cut.onnx"
    refused = 0
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        try:
            collect(path, INPUTS)
        except ValueError:
            refused += 1
    assert refused >= len(whole) - 20  # what is behind the graph can be missing


def test_damaged_files_end_in_an_error_or_a_record(model, tmp_path):
    whole = model.SerializeToString()
    path = tmp_path / "damaged.onnx"
    outcomes = {True: 0, False: 0}
    for _ in range(150):
        damaged = bytearray(whole)
        for place in RNG.integers(len(whole), size=3):
            damaged[place] = RNG.integers(256)
        path.write_bytes(damaged)
        try:
            collect(path, INPUTS)
        except (ValueError, RuntimeError):
            outcomes[False] += 1
        else:
            outcomes[True] += 1
    assert min(outcomes.values()) > 3


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"weights, biases\n1, 2\n", RNG.bytes(5000)]
)
def test_other_files_are_refused(content, tmp_path):
    pytest.importorskip("onnx")
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not an ONNX model, or it is"):
        collect(path, INPUTS)


@pytest.fixture
def external(model, tmp_path):
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "network.onnx"
    copy = onnx.ModelProto()  # what is saved loses its weights
    copy.CopyFrom(model)
    onnx.save_model(
        copy, path, save_as_external_data=True, location="network.weights", size_threshold=0
    )
    return path


def test_weights_in_another_file_are_read(external, model):
    apart, together = collect(external, INPUTS), collect(model, INPUTS)
    for one, other in zip(apart.layers, together.layers, strict=True):
        assert np.array_equal(one.pre_activation.values, other.pre_activation.values)


def test_weights_that_are_not_beside_the_model(external):
    onnx = pytest.importorskip("onnx")
    loaded = onnx.load_model(external, load_external_data=False)
    with pytest.raises(ValueError, match="keeps the weights 'w' in another file; pass the path"):
        collect(loaded, INPUTS)
    weights = external.with_name("network.weights")
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"network\.weights' is too short for the weights 'w'"):
        collect(external, INPUTS)
    weights.unlink()
    with pytest.raises(ValueError, match=r"in a file 'network\.weights', which is not beside it"):
        collect(external, INPUTS)


def test_weights_outside_the_folder_are_not_read(external, tmp_path_factory):
    onnx = pytest.importorskip("onnx")
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(bytes(100))
    loaded = onnx.load_model(external, load_external_data=False)
    loaded.graph.initializer[0].external_data[0].value = str(secret)
    external.write_bytes(loaded.SerializeToString())
    with pytest.raises(ValueError, match="cannot be read from their file"):
        collect(external, INPUTS)


def test_weights_of_an_absurd_shape_are_refused(model):
    model.graph.initializer[0].dims[0] = 2**40
    with pytest.raises(ValueError, match=r"'w' of .* declare the shape \(1099511627776, 3\)"):
        collect(model, INPUTS)


def test_a_batch_of_more_than_two_gigabytes_is_refused_before_it_is_made(model):
    onnx = pytest.importorskip("onnx")
    shape = onnx.numpy_helper.from_array(np.array([1, 10**9, 3]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node[1].output[0] = "r"
    stretch = [
        onnx.helper.make_node("Unsqueeze", ["r", "axis"], ["s"]),
        onnx.helper.make_node("Expand", ["s", "shape"], ["y"]),
    ]
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1]), "axis"))
    model.graph.node.extend(stretch)
    with pytest.raises(ValueError, match=r"tensor 'y' of .* would take 89\.4 GB for 8 inputs"):
        collect(model, INPUTS)


def test_an_operation_without_its_inputs_is_named(model):
    del model.graph.node[1].input[:]
    with pytest.raises(ValueError, match="is damaged: Relu '' has 0 inputs and 1 outputs"):
        collect(model, INPUTS)


def test_local_functions_are_written_out(model):
    onnx = pytest.importorskip("onnx")
    helper, opsets = onnx.helper, [onnx.helper.make_opsetid("", 17)]
    body = [helper.make_node("MatMul", ["a", "b"], ["c"], name="inner")]
    function = helper.make_function("local", "Product", ["a", "b"], ["c"], body, opsets)
    del model.graph.node[:]
    model.graph.node.append(helper.make_node("Product", ["x", "w"], ["y"], domain="local"))
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("local", 1))
    assert len(collect(model, INPUTS).layers) == 1
