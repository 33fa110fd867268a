"""What is found in the graph of an ONNX model: constants, layers, and what cannot be read."""

from __future__ import annotations

import re

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from clt_sim.networks.onnx_files.graph import OnnxGraph  # noqa: E402
from clt_sim.networks.onnx_files.layers import find_layers  # noqa: E402
from clt_sim.networks.onnx_files.rows import layer_batch  # noqa: E402


def node(operation, inputs, output, name=None, **attributes):
    return helper.make_node(operation, inputs, [output], name=name, **attributes)


def graph_of(nodes, constants=()):
    value = helper.make_tensor_value_info
    stored = [numpy_helper.from_array(array, name) for name, array in dict(constants).items()]
    ends = [value(nodes[-1].output[0], TensorProto.FLOAT, None)]
    starts = [value("x", TensorProto.FLOAT, ["n", 4])]
    return OnnxGraph(helper.make_graph(nodes, "network", starts, ends, stored))


def ones(*shape):
    return np.ones(shape, np.float32)


@pytest.mark.parametrize(
    ("nodes", "shape"),
    [
        ([node("Identity", ["w"], "c")], (2, 3, 4)),
        ([node("Cast", ["w"], "c", to=11)], (2, 3, 4)),
        ([node("Transpose", ["w"], "c")], (4, 3, 2)),
        ([node("Transpose", ["w"], "c", perm=[0, 2, 1])], (2, 4, 3)),
        ([node("Reshape", ["w", "to"], "c")], (2, 12)),
        ([node("Unsqueeze", ["w", "axes"], "c")], (2, 1, 3, 4)),
        ([node("Unsqueeze", ["w", "axes"], "d"), node("Squeeze", ["d"], "c")], (2, 3, 4)),
        ([node("Mul", ["w", "row"], "c")], (2, 3, 4)),
        ([node("Add", ["row", "column"], "c")], (3, 4)),
        ([node("ReduceL2", ["w"], "c")], None),
        ([helper.make_node("Constant", [], ["c"], value_floats=[1.0, 2.0])], (2,)),
        ([helper.make_node("Constant", [], ["c"], value_float=1.0)], ()),
    ],
)
def test_shapes_of_constants(nodes, shape):
    constants = {"w": ones(2, 3, 4), "to": np.array([0, -1]), "axes": np.array([1])}
    constants |= {"row": ones(4), "column": ones(3, 1)}
    graph = graph_of([*nodes, node("Relu", ["x"], "y")], constants)
    assert graph.is_constant("c")
    assert graph.shape("c") == shape
    assert not graph.is_constant("y")


def test_random_numbers_and_initialisers_that_are_inputs():
    random = helper.make_node("RandomNormal", [], ["r"], shape=[4, 3])
    nodes = [random, node("MatMul", ["x", "r"], "y")]
    assert find_layers(graph_of(nodes)).layers == ()
    proto = helper.make_graph(
        [node("MatMul", ["x", "w"], "y")],
        "old",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4, 4]) for name in "xw"],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(ones(4, 4), "w")],
    )
    assert len(find_layers(OnnxGraph(proto)).layers) == 1


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (node("Conv", ["x", "x"], "y", "a"), "Conv 'a': its weights are computed from the inputs"),
        (node("Conv", ["x", "p"], "y", "a"), "Conv 'a': its weights are computed from constants"),
        (node("MatMul", ["x", "w"], "y", "a"), r"MatMul 'a': its weights have the shape \(2, 3, 4"),
        (node("Gemm", ["x", "m", "x"], "y", "a"), "Gemm 'a': it adds another signal to Wu"),
        (node("Einsum", ["x", "m"], "y", "a", equation="ij,jk"), "Einsum 'a': sums in Einsum"),
        (node("QLinearMatMul", ["x", "m"], "y", "a"), "QLinearMatMul 'a': its signals are inside"),
        (node("LSTM", ["x", "w"], "y", "a"), "LSTM 'a': its signals are inside the operation"),
    ],
)
def test_layers_that_cannot_be_read_are_named(reading, message):
    constants = {"w": ones(2, 3, 4), "m": ones(4, 4)}
    found = find_layers(graph_of([node("Expand", ["w", "m"], "p"), reading], constants))
    assert found.layers == ()
    (unread,) = found.unread
    assert re.match(message, unread)


@pytest.mark.parametrize(
    ("added", "is_bias"),
    [
        (ones(3), True),
        (ones(1, 3), True),
        (ones(1, 1, 3), True),
        (ones(), False),
        (ones(1), False),
        (ones(5, 3), False),  # such as an embedding of positions
        (ones(3, 1), False),
    ],
)
def test_what_counts_as_a_bias(added, is_bias):
    nodes = [node("MatMul", ["x", "w"], "p"), node("Add", ["p", "b"], "y")]
    (layer,) = find_layers(graph_of(nodes, {"w": ones(4, 3), "b": added})).layers
    assert layer.pre_activation == ("y" if is_bias else "p")


def test_a_bias_behind_a_reshape_and_one_that_is_subtracted():
    constants = {"w": ones(4, 3), "b": ones(3), "to": np.array([-1, 5, 3]), "no": np.array([-1])}
    nodes = [node("MatMul", ["x", "w"], "p"), node("Reshape", ["p", "to"], "r")]
    for last, end in (
        (node("Add", ["r", "b"], "y"), "y"),
        (node("Sub", ["r", "b"], "y"), "y"),
        (node("Sub", ["b", "r"], "y"), "p"),
    ):
        assert find_layers(graph_of([*nodes, last], constants)).layers[0].pre_activation == end
    flat = [nodes[0], node("Reshape", ["p", "no"], "r"), node("Add", ["r", "b"], "y")]
    assert find_layers(graph_of(flat, constants)).layers[0].pre_activation == "p"


def test_a_product_with_other_consumers_keeps_its_own_signal():
    nodes = [
        node("MatMul", ["x", "w"], "p"),
        node("Add", ["p", "b"], "q"),
        node("Add", ["p", "q"], "y"),
    ]
    (layer,) = find_layers(graph_of(nodes, {"w": ones(4, 3), "b": ones(3)})).layers
    assert layer.pre_activation == "p"


def test_names_differ():
    nodes = [
        node("MatMul", ["x", "w"], "a", "same"),
        node("MatMul", ["a", "w"], "b", "same"),
        node("MatMul", ["b", "w"], "c"),
        node("MatMul", ["c", "w"], "d"),
    ]
    names = [layer.name for layer in find_layers(graph_of(nodes, {"w": ones(4, 4)})).layers]
    assert names == ["same (a)", "same (b)", "MatMul 3", "MatMul 4"]


@pytest.mark.parametrize(
    ("shape", "inputs", "clusters"),
    [
        ((3, 4), 3, None),
        ((3, 2, 4), 3, [10, 10, 11, 11, 12, 12]),
        ((6, 4), 3, [10, 10, 11, 11, 12, 12]),  # inputs and time in one axis
        ((2, 3, 4), 3, [10, 11, 12, 10, 11, 12]),  # the time first
        ((2, 3, 2, 4), 3, [10, 10, 11, 11, 12, 12] * 2),
        ((5, 2, 4), 3, [10] * 10),  # nobody knows
        ((1, 4), 1, None),
    ],
)
def test_which_input_a_row_belongs_to(shape, inputs, clusters):
    nodes = [node("MatMul", ["x", "w"], "y")]
    (layer,) = find_layers(graph_of(nodes, {"w": ones(4, 4)})).layers
    u = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    batch = layer_batch(layer, None, {"x": u, "y": -u}, 10 + np.arange(inputs))
    assert (None if batch.clusters is None else batch.clusters.tolist()) == clusters
    assert np.array_equal(batch.u, -batch.pre_activation)


def test_half_precision_becomes_single():
    (layer,) = find_layers(graph_of([node("MatMul", ["x", "w"], "y")], {"w": ones(4, 4)})).layers
    u = np.ones((3, 4), np.float16)
    batch = layer_batch(layer, None, {"x": u, "y": u}, np.arange(3))
    assert batch.u.dtype == batch.pre_activation.dtype == np.float32
