"""Recorded ONNX models against the same networks in plain NumPy."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from clt_sim.networks.onnx_files.adapter import OnnxAdapter  # noqa: E402
from clt_sim.networks.recording.collector import Collector  # noqa: E402

RNG = np.random.default_rng(20260101)


class Kept:
    """Takes the place of a collector, and keeps everything."""

    def __init__(self):
        self.calls = {}

    def add(self, name, batch):
        self.calls.setdefault(name, []).append(batch)

    def __getitem__(self, name):
        return self.calls[name][0]


def weights(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def norm_constants(units):
    return [
        weights(units),
        weights(units),
        weights(units),
        RNG.uniform(0.5, 2.0, units).astype(np.float32),
    ]


def model(nodes, constants, inputs, *, outputs=("y",), opset=17):
    """Return a model; `inputs` maps names to shapes, with a string for any size."""
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    stored = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "network", values, ends, stored)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def node(operation, inputs, output, name=None, **attributes):
    return helper.make_node(operation, inputs, [output], name=name, **attributes)


def collect(network, inputs, *, every=1, batch_size=100):
    kept = Kept()
    settings = OnnxAdapter().collect(network, inputs, kept, every=every, batch_size=batch_size)
    return kept, settings


def agree(actual, expected):
    """Compare to float32 rounding: errors of sums are relative to their largest values."""
    expected = np.asarray(expected)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-6 * np.abs(expected).max())


def batch_norm(z, constants, axis=1):
    """Ioffe & Szegedy 2015, Algorithm 2, in double precision."""
    shape = [1] * z.ndim
    shape[axis] = -1
    gamma, beta, mean, variance = (array.astype(float).reshape(shape) for array in constants)
    return gamma * (z - mean) / np.sqrt(variance + 1e-5) + beta


def correlate(x, w, *, stride=1, pad=0, dilation=1, groups=1):
    """Convolution as ONNX defines it, position by position in double precision."""
    x = np.pad(x.astype(float), ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    units, per_group, height, width = w.shape
    reach = dilation * (height - 1) + 1, dilation * (width - 1) + 1
    rows = (x.shape[2] - reach[0]) // stride + 1
    columns = (x.shape[3] - reach[1]) // stride + 1
    out = np.zeros((len(x), units, rows, columns))
    for unit in range(units):
        first = unit // (units // groups) * per_group
        for i in range(rows):
            for j in range(columns):
                top, left = i * stride, j * stride
                seen = x[
                    :,
                    first : first + per_group,
                    top : top + reach[0] : dilation,
                    left : left + reach[1] : dilation,
                ]
                out[:, unit, i, j] = (seen * w[unit]).sum(axis=(1, 2, 3))
    return out


def rows_of(array):
    return array.transpose(0, 2, 3, 1).reshape(-1, array.shape[1])


@pytest.mark.parametrize("form", ["gemm", "transposed gemm", "matmul and add", "add and matmul"])
def test_a_perceptron_in_each_way_to_write_it(form):
    w1, b1, w2, b2 = weights(5, 7), weights(7), weights(7, 3), weights(3)
    constants = {"w1": w1, "b1": b1, "w2": w2, "b2": b2}
    if form == "gemm":
        first = [node("Gemm", ["x", "w1", "b1"], "z1", "first")]
        second = [node("Gemm", ["h", "w2", "b2"], "y", "second")]
    elif form == "transposed gemm":
        constants |= {"w1": w1.T.copy(), "w2": w2.T.copy()}
        first = [node("Gemm", ["x", "w1", "b1"], "z1", "first", transB=1)]
        second = [node("Gemm", ["h", "w2", "b2"], "y", "second", transB=1)]
    else:
        swapped = form == "add and matmul"
        first = [
            node("MatMul", ["x", "w1"], "p1", "first"),
            node("Add", ["b1", "p1"] if swapped else ["p1", "b1"], "z1"),
        ]
        second = [node("MatMul", ["h", "w2"], "p2", "second"), node("Add", ["p2", "b2"], "y")]
    network = model([*first, node("Relu", ["z1"], "h"), *second], constants, {"x": ["n", 5]})
    x = weights(11, 5)
    kept, settings = collect(network, x)
    z1 = x.astype(float) @ w1 + b1
    h = np.maximum(z1, 0)
    assert list(kept.calls) == ["first", "second"]
    assert np.array_equal(kept["first"].u, x)
    agree(kept["first"].pre_activation, z1)
    agree(kept["second"].u, h)
    agree(kept["second"].pre_activation, h @ w2 + b2)
    assert kept["first"].pre_activation.min() < 0 <= kept["second"].u.min()
    assert kept["first"].normalized is None
    assert kept["first"].clusters is None
    assert settings["inputs_given"] == 11


def test_a_gemm_has_its_factors_and_the_transposition_of_u():
    w, b, x = weights(5, 4), weights(4), weights(5, 6)
    gemm = node("Gemm", ["x", "w", "b"], "y", "layer", transA=1, alpha=0.5, beta=2.0)
    kept, _ = collect(model([gemm], {"w": w, "b": b}, {"x": [5, 6]}), x)
    agree(kept["layer"].u, x.T)
    agree(kept["layer"].pre_activation, 0.5 * x.T.astype(float) @ w + 2 * b)


def test_weights_on_the_left_have_their_units_in_rows():
    w, b, x = weights(4, 5), weights(4, 1), weights(2, 5, 6)
    nodes = [node("MatMul", ["w", "x"], "p", "layer"), node("Add", ["p", "b"], "y")]
    kept, _ = collect(model(nodes, {"w": w, "b": b}, {"x": ["n", 5, 6]}), x)
    columns = x.transpose(0, 2, 1).reshape(-1, 5)
    agree(kept["layer"].u, columns)
    agree(kept["layer"].pre_activation, columns.astype(float) @ w.T + b.T)
    assert kept["layer"].clusters.tolist() == [0] * 6 + [1] * 6


def test_weights_that_are_one_vector_are_one_unit():
    w, x = weights(4), weights(2, 3, 4)
    network = model([node("MatMul", ["x", "w"], "y", "layer")], {"w": w}, {"x": ["n", 3, 4]})
    layer = collect(network, x)[0]["layer"]
    agree(layer.u, x.reshape(-1, 4))
    agree(layer.pre_activation, (x.reshape(-1, 4).astype(float) @ w)[:, np.newaxis])
    assert layer.clusters.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("order", ["conv-bn-relu", "conv-relu-bn"])
def test_convolutions_with_batch_norm_before_and_after_the_nonlinearity(order):
    w, b, bn = weights(4, 2, 3, 3), weights(4), norm_constants(4)
    constants = {"w": w, "b": b, **dict(zip(["g", "s", "m", "v"], bn, strict=True))}
    conv = node("Conv", ["x", "w", "b"], "z", "layer", pads=[1, 1, 1, 1])
    middle = ["z", "a", "y"]
    normalize = node("BatchNormalization", ["?", "g", "s", "m", "v"], "?")
    relu = node("Relu", ["?"], "?")
    chain = [normalize, relu] if order == "conv-bn-relu" else [relu, normalize]
    for step, (start, end) in zip(chain, itertools.pairwise(middle), strict=True):
        step.input[0], step.output[0] = start, end
    x = weights(3, 2, 6, 5)
    kept, _ = collect(model([conv, *chain], constants, {"x": ["n", 2, 6, 5]}), x)
    z = correlate(x, w, pad=1) + b[:, None, None]
    layer = kept["layer"]
    agree(layer.pre_activation, rows_of(z))
    agree(layer.u, rows_of(x))
    assert layer.pre_activation.min() < 0
    normalized = batch_norm(z if order == "conv-bn-relu" else np.maximum(z, 0), bn)
    agree(layer.normalized, rows_of(normalized))
    of = "Wu+b" if order == "conv-bn-relu" else "phi(Wu+b)"
    assert layer.normalization == f"batch norm of {of}"
    assert layer.clusters.tolist() == np.repeat([0, 1, 2], 30).tolist()


@pytest.mark.parametrize("between", ["nothing", "a nonlinearity"])
def test_batch_norm_in_front_of_a_layer_goes_with_its_u(between):
    w, bn = weights(4, 2, 3, 3), norm_constants(2)
    constants = {"w": w, **dict(zip(["g", "s", "m", "v"], bn, strict=True))}
    nodes = [
        node("BatchNormalization", ["x", "g", "s", "m", "v"], "a"),
        node("Identity" if between == "nothing" else "Relu", ["a"], "h"),
        node("Conv", ["h", "w"], "y", "layer", strides=[2, 2]),
    ]
    x = weights(3, 2, 7, 7)
    kept, _ = collect(model(nodes, constants, {"x": ["n", 2, 7, 7]}), x)
    normalized = batch_norm(x.astype(float), bn)
    h = normalized if between == "nothing" else np.maximum(normalized, 0)
    layer, centres = kept["layer"], np.s_[:, :, 1:6:2, 1:6:2]
    agree(layer.normalized, rows_of(normalized[centres]))
    agree(layer.pre_activation, rows_of(correlate(h, w, stride=2)))
    if between == "nothing":
        agree(layer.u, rows_of(x[centres]))
        assert layer.normalization == "batch norm of u"
    else:
        agree(layer.u, rows_of(h[centres]))
        assert layer.normalization == "batch norm before u"


def chain_with_two_norms(second):
    """Return conv -> ReLU -> BN -> conv, and then BN if `second`; and the constants."""
    constants = {"w1": weights(3, 2, 1, 1), "w2": weights(3, 3, 1, 1)}
    for number in "12":
        constants |= {f"{k}{number}": c for k, c in zip("gsmv", norm_constants(3), strict=True)}
    nodes = [
        node("Conv", ["x", "w1"], "z1", "first"),
        node("Relu", ["z1"], "a1"),
        node("BatchNormalization", ["a1", "g1", "s1", "m1", "v1"], "n1"),
        node("Conv", ["n1", "w2"], "z2" if second else "y", "second"),
    ]
    if second:
        nodes.append(node("BatchNormalization", ["z2", "g2", "s2", "m2", "v2"], "y"))
    return nodes, constants


@pytest.mark.parametrize("second", [False, True])
def test_a_norm_between_two_layers(second):
    nodes, constants = chain_with_two_norms(second)
    kept, _ = collect(model(nodes, constants, {"x": ["n", 2, 3, 3]}), weights(2, 2, 3, 3))
    first, last = kept["first"], kept["second"]
    a = np.maximum(first.pre_activation, 0).astype(float)
    n = batch_norm(a, [constants[f"{key}1"] for key in "gsmv"])
    agree(last.pre_activation, n @ constants["w2"][:, :, 0, 0].T)
    assert first.normalization == "batch norm of phi(Wu+b)"
    agree(first.normalized, n)
    if second:
        assert last.normalization == "batch norm of Wu+b"
        agree(last.u, n)
        bn = [constants[f"{key}2"] for key in "gsmv"]
        agree(last.normalized, batch_norm(last.pre_activation.astype(float), bn))
    else:
        assert last.normalization == "batch norm of u"
        agree(last.u, a)
        agree(last.normalized, n)


def test_a_norm_behind_pooling_is_for_other_samples():
    w, bn = weights(3, 2, 1, 1), norm_constants(3)
    constants = {"w": w, **dict(zip(["g", "s", "m", "v"], bn, strict=True))}
    nodes = [
        node("Conv", ["x", "w"], "z", "layer"),
        node("MaxPool", ["z"], "p", kernel_shape=[2, 2]),
        node("BatchNormalization", ["p", "g", "s", "m", "v"], "y"),
    ]
    kept, settings = collect(model(nodes, constants, {"x": ["n", 2, 4, 4]}), weights(2, 2, 4, 4))
    assert kept["layer"].normalization is None
    assert settings["unlinked_normalizations"] == ["batch norm 'y'"]


@pytest.mark.parametrize(
    ("stride", "pad", "dilation", "groups", "kernel"),
    [(1, 0, 1, 1, 3), (2, 1, 1, 2, 3), (2, 2, 2, 4, 3), (2, 0, 1, 1, 2), (3, 1, 1, 2, 1)],
)
def test_convolutions_look_where_they_should(stride, pad, dilation, groups, kernel):
    w, b, x = weights(8, 4 // groups, kernel, kernel), weights(8), weights(2, 4, 9, 8)
    conv = node(
        "Conv",
        ["x", "w", "b"],
        "y",
        "layer",
        strides=[stride] * 2,
        pads=[pad] * 4,
        dilations=[dilation] * 2,
        group=groups,
    )
    kept, _ = collect(model([conv], {"w": w, "b": b}, {"x": ["n", 4, 9, 8]}), x)
    z = correlate(x, w, stride=stride, pad=pad, dilation=dilation, groups=groups)
    agree(kept["layer"].pre_activation, rows_of(z + b[:, None, None]))
    # A kernel that is 1 at its centre and 0 elsewhere shows what is at the centre.
    centre = np.zeros((4, 4, kernel, kernel))
    centre[range(4), range(4), kernel // 2, kernel // 2] = 1
    seen = correlate(x, centre, stride=stride, pad=pad, dilation=dilation)
    assert np.array_equal(kept["layer"].u, rows_of(seen))


@pytest.mark.parametrize("padding", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("kernel", [2, 3, 5])
def test_padding_that_the_runtime_decides(padding, kernel):
    w, x = np.zeros((1, 1, kernel), np.float32), weights(2, 1, 9)
    w[0, 0, kernel // 2] = 1  # the output is what the window has at its centre
    conv = node("Conv", ["x", "w"], "y", "layer", auto_pad=padding, strides=[2])
    kept, _ = collect(model([conv], {"w": w}, {"x": ["n", 1, 9]}), x)
    assert np.array_equal(kept["layer"].u, kept["layer"].pre_activation)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2], "pads": [1, 1], "output_padding": [1]},
        {"strides": [2], "output_shape": [18]},
        {"strides": [2], "auto_pad": "SAME_UPPER", "output_shape": [18]},
        {"strides": [3], "dilations": [2]},
    ],
)
@pytest.mark.parametrize("kernel", [3, 4])
def test_a_transposed_convolution_has_its_inputs_at_the_centres(attributes, kernel):
    w, x = np.zeros((1, 1, kernel), np.float32), 1 + abs(weights(2, 1, 9))
    w[0, 0, (kernel - 1) // 2] = 1  # outputs are the inputs at centres and 0 between
    conv = node("ConvTranspose", ["x", "w"], "y", "layer", **attributes)
    kept, _ = collect(model([conv], {"w": w}, {"x": ["n", 1, 9]}), x)
    z, u = kept["layer"].pre_activation, kept["layer"].u
    assert np.count_nonzero(z) >= 16
    assert np.array_equal(u[z != 0], z[z != 0])


@pytest.mark.parametrize("kernel", [2, 3])
def test_upsampling_without_overlap_has_the_input_that_each_output_depends_on(kernel):
    w, x = np.ones((1, 1, kernel), np.float32), weights(2, 1, 4)
    conv = node("ConvTranspose", ["x", "w"], "y", "layer", strides=[kernel])
    kept, _ = collect(model([conv], {"w": w}, {"x": ["n", 1, 4]}), x)
    assert np.array_equal(kept["layer"].u, kept["layer"].pre_activation)


def test_weights_behind_other_operations_are_constant():
    w, b, x = weights(6, 4), weights(4), weights(9, 6)
    nodes = [
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(w.T.copy())),
        node("Transpose", ["c"], "t", perm=[1, 0]),
        node("Identity", ["t"], "i"),
        node("Cast", ["i"], "k", to=TensorProto.FLOAT),
        node("Identity", ["flat"], "f"),
        node("Reshape", ["f", "target"], "r"),
        node("MatMul", ["x", "k"], "p1", "from a constant"),
        node("Add", ["p1", "bias"], "z1"),
        node("MatMul", ["x", "r"], "y", "from an identity"),
    ]
    constants = {"flat": w.ravel(), "target": np.array([6, -1]), "bias": b}
    network = model(nodes, constants, {"x": ["n", 6]}, outputs=("y", "z1"))
    kept, _ = collect(network, x)
    agree(kept["from a constant"].pre_activation, x.astype(float) @ w + b)
    agree(kept["from an identity"].pre_activation, x.astype(float) @ w)


def test_attention_scores_are_no_layer():
    shape, x = np.array([0, 0, 4]), weights(2, 5, 4)
    constants = {"q": weights(4, 4), "k": weights(4, 4), "shape": shape}
    nodes = [
        node("MatMul", ["x", "q"], "queries", "query"),
        node("MatMul", ["x", "k"], "keys", "key"),
        node("Transpose", ["keys"], "turned", perm=[0, 2, 1]),
        node("MatMul", ["queries", "turned"], "scores", "scores"),
        node("Softmax", ["scores"], "shares"),
        node("MatMul", ["shares", "x"], "y", "mix"),
    ]
    kept, settings = collect(model(nodes, constants, {"x": ["n", "t", 4]}), x)
    assert list(kept.calls) == ["query", "key"]
    assert settings["unread"] == []
    assert kept["key"].clusters.tolist() == [0] * 5 + [1] * 5


def test_hard_swish_is_not_taken_for_a_bias():
    w, x = weights(3, 2, 1, 1), weights(2, 2, 4, 4)
    constants = {"w": w, "three": np.float32(3.0), "low": np.float32(0), "high": np.float32(6)}
    nodes = [
        node("Conv", ["x", "w"], "z", "layer"),
        node("Add", ["z", "three"], "a"),
        node("Clip", ["a", "low", "high"], "c"),
        node("Mul", ["z", "c"], "y"),
    ]
    kept, _ = collect(model(nodes, constants, {"x": ["n", 2, 4, 4]}), x)
    agree(kept["layer"].pre_activation, rows_of(correlate(x, w)))


def written_out(kind):
    """Return the nodes of a norm of "z" with the result "y"."""
    if kind == "layer norm":
        nodes = [node("ReduceMean", ["z"], "mean", axes=[-1]), node("Sub", ["z", "mean"], "d")]
    else:
        nodes = [node("Identity", ["z"], "d")]
    return [
        *nodes,
        node("Pow", ["d", "two"], "squares"),
        node("ReduceMean", ["squares"], "variance", axes=[-1]),
        node("Add", ["variance", "epsilon"], "shifted"),
        node("Sqrt", ["shifted"], "root"),
        node("Div", ["d", "root"], "divided"),
        node("Mul", ["divided", "g"], "scaled"),
        node("Add", ["scaled", "s"], "y"),
    ]


@pytest.mark.parametrize("form", ["operation", "written out", "rms norm written out"])
def test_layer_norm_in_each_way_to_write_it(form):
    w, g, s, x = weights(5, 6), weights(6), weights(6), weights(4, 3, 5)
    constants = {"w": w, "g": g, "s": s, "two": np.float32(2), "epsilon": np.float32(1e-5)}
    nodes = [node("MatMul", ["x", "w"], "z", "layer")]
    kind = "rms norm" if form.startswith("rms") else "layer norm"
    if form == "operation":
        nodes += [node("LayerNormalization", ["z", "g", "s"], "y", axis=-1)]
    else:
        nodes += written_out(kind)
    kept, _ = collect(model(nodes, constants, {"x": ["n", "t", 5]}), x)
    z = x.reshape(-1, 5).astype(float) @ w
    d = z - z.mean(axis=1, keepdims=True) if kind == "layer norm" else z
    agree(kept["layer"].normalized, d / np.sqrt((d**2).mean(1, keepdims=True) + 1e-5) * g + s)
    assert kept["layer"].normalization == f"{kind} of Wu+b"


def test_group_norm_between_reshapes():
    w, g, s, x = weights(6, 2, 1, 1), weights(6, 1, 1), weights(6, 1, 1), weights(3, 2, 4, 5)
    constants = {"w": w, "g": g, "s": s, "to": np.array([0, 2, -1]), "back": np.array([0, 6, 4, 5])}
    constants |= {"ones": np.ones(2, np.float32), "zeros": np.zeros(2, np.float32)}
    nodes = [
        node("Conv", ["x", "w"], "z", "layer"),
        node("Reshape", ["z", "to"], "groups"),
        node("InstanceNormalization", ["groups", "ones", "zeros"], "n"),
        node("Reshape", ["n", "back"], "d"),
        node("Mul", ["d", "g"], "scaled"),
        node("Add", ["scaled", "s"], "y"),
    ]
    kept, _ = collect(model(nodes, constants, {"x": ["n", 2, 4, 5]}), x)
    z = correlate(x, w).reshape(3, 2, -1)
    d = (z - z.mean(2, keepdims=True)) / np.sqrt(z.var(2, keepdims=True) + 1e-5)
    agree(kept["layer"].normalized, rows_of(d.reshape(3, 6, 4, 5) * g + s))
    assert kept["layer"].normalization == "group norm of Wu+b"


def test_batch_norm_over_a_transposed_sequence_keeps_the_rows():
    w, bn, x = weights(5, 4), norm_constants(4), weights(3, 6, 5)
    constants = {"w": w, **dict(zip(["g", "s", "m", "v"], bn, strict=True))}
    nodes = [
        node("MatMul", ["x", "w"], "z", "layer"),
        node("Transpose", ["z"], "t", perm=[0, 2, 1]),
        node("BatchNormalization", ["t", "g", "s", "m", "v"], "y"),
    ]
    kept, _ = collect(model(nodes, constants, {"x": ["n", 6, 5]}), x)
    agree(kept["layer"].normalized, batch_norm(x.reshape(-1, 5).astype(float) @ w, bn))


def test_subgraphs_are_named_as_hidden():
    w, x = weights(4, 4), weights(5, 4)
    out = helper.make_tensor_value_info("b", TensorProto.FLOAT, None)
    inner = helper.make_graph([node("MatMul", ["z", "w"], "b", "inner")], "then", [], [out])
    other = helper.make_graph([node("Identity", ["z"], "b")], "else", [], [out])
    nodes = [
        node("MatMul", ["x", "w"], "z", "outer"),
        node("If", ["yes"], "y", "branch", then_branch=inner, else_branch=other),
    ]
    network = model(nodes, {"w": w, "yes": np.array(True)}, {"x": ["n", 4]})
    kept, settings = collect(network, x)
    assert list(kept.calls) == ["outer"]
    assert settings["hidden"] == ["If 'branch' hides MatMul 'inner'"]


def test_batches_and_every_do_not_change_what_is_computed():
    w, x = weights(3, 2, 3, 3), weights(10, 2, 5, 5)
    network = model([node("Conv", ["x", "w"], "y", "layer")], {"w": w}, {"x": ["n", 2, 5, 5]})
    whole = collect(network, x)[0]["layer"]
    parts = (collect(network, x, batch_size=4), collect(network, iter([x[:7], x[7:]])))
    for (kept, settings), lengths in zip(parts, ([36, 36, 18], [63, 27]), strict=True):
        calls = kept.calls["layer"]
        assert [len(call.u) for call in calls] == lengths
        assert settings["inputs_given"] == 10
        assert np.array_equal(np.concatenate([call.u for call in calls]), whole.u)
        agree(np.concatenate([call.pre_activation for call in calls]), whole.pre_activation)
        assert np.array_equal(np.concatenate([call.clusters for call in calls]), whole.clusters)
    thinned, settings = collect(network, x, every=3)
    assert settings["inputs_given"] == 10
    some = whole.u.reshape(10, 9, 2)[::3].reshape(-1, 2)
    assert np.array_equal(thinned["layer"].u, some)


def test_a_model_for_a_fixed_number_of_inputs():
    w, x = weights(3, 4), weights(6, 3)
    network = model([node("Gemm", ["x", "w"], "y", "layer")], {"w": w}, {"x": [2, 3]})
    kept, _ = collect(network, iter([x[:1], x[1:4], x[4:]]))
    assert [len(call.u) for call in kept.calls["layer"]] == [2, 2, 2]
    assert np.array_equal(np.concatenate([call.u for call in kept.calls["layer"]]), x)
    with pytest.raises(ValueError, match="takes 2 inputs at a time, and 1 are left over"):
        collect(network, x[:5])


def test_two_inputs_by_name_and_in_order():
    w, a, b = weights(3, 4), weights(6, 3), weights(6, 3)
    nodes = [node("Mul", ["a", "b"], "c"), node("Gemm", ["c", "w"], "y", "layer")]
    network = model(nodes, {"w": w}, {"a": ["n", 3], "b": ["n", 3]})
    for inputs in ({"b": b, "a": a}, (a, b), iter([{"a": a, "b": b}])):
        agree(collect(network, inputs)[0]["layer"].u, a * b)
    with pytest.raises(ValueError, match=r"takes 2 inputs \(a, b\), not 1"):
        collect(network, a)
    with pytest.raises(ValueError, match=r"unknown input of the model 'c'.*Known: a, b"):
        collect(network, {"a": a, "c": b})
    with pytest.raises(ValueError, match="must be given for 'b' as well"):
        collect(network, {"a": a})


def test_whole_numbers_that_choose_rows_of_a_table():
    table, w, ids = weights(9, 4), weights(4, 3), RNG.integers(0, 9, (5, 2))
    nodes = [node("Gather", ["table", "ids"], "u"), node("MatMul", ["u", "w"], "y", "layer")]
    network = model(nodes, {"table": table, "w": w}, {"ids": ["n", "t"]})
    network.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    kept, _ = collect(network, ids.astype(np.int32))
    assert np.array_equal(kept["layer"].u, table[ids.ravel()])
    with pytest.raises(TypeError, match="input 'ids' must be of dtype int64, not float64"):
        collect(network, ids.astype(float))


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_precisions(dtype):
    w, x = weights(4, 3).astype(dtype), weights(6, 4).astype(dtype)
    network = model([node("Gemm", ["x", "w"], "y", "layer")], {"w": w}, {"x": ["n", 4]})
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    for value in (network.graph.input[0], network.graph.output[0]):
        value.type.tensor_type.elem_type = kind
    layer = collect(network, x)[0]["layer"]
    wide = np.float32 if dtype == np.float16 else np.float64
    assert layer.u.dtype == layer.pre_activation.dtype == wide
    expected = x.astype(float) @ w.astype(float)
    assert layer.pre_activation == pytest.approx(expected, abs=8 * float(np.finfo(dtype).eps))


def test_batches_with_labels_behind_the_inputs():
    w, x, labels = weights(3, 4), weights(6, 3), np.arange(6)
    network = model([node("Gemm", ["x", "w"], "y", "layer")], {"w": w}, {"x": ["n", 3]})
    kept, settings = collect(network, iter([[x[:4], labels[:4]], [x[4:], labels[4:]]]))
    assert settings["inputs_given"] == 6
    assert np.array_equal(np.concatenate([call.u for call in kept.calls["layer"]]), x)
    assert np.array_equal(collect(network, iter([x.tolist()]))[0]["layer"].u, x)
    assert np.array_equal(collect(network, iter([list(x)]))[0]["layer"].u, x)
    with pytest.raises(ValueError, match=r"takes 1 input \(x\), not 2"):
        collect(network, (x, labels))


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (np.ones((3, 5)), ValueError, r"input 'x' must have the shape \(any, 4\), not \(3, 5\)"),
        (np.ones(4), ValueError, "must have the shape"),
        (np.full((3, 4), np.nan), ValueError, "input 'x' must be finite"),
        (np.full((3, 4), 1e300), ValueError, "input 'x' must be finite in float32"),
        (np.full((3, 4), "a"), TypeError, "must be an array of numbers"),
        (np.ones((3, 4), complex), TypeError, "must be an array of numbers"),
        (np.ma.masked_array(np.ones((3, 4))), TypeError, "masked array"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs, error, message):
    network = model([node("Gemm", ["x", "w"], "y")], {"w": weights(4, 2)}, {"x": ["n", 4]})
    with pytest.raises(error, match=message):
        collect(network, inputs)


def test_an_error_of_the_runtime_says_where():
    constants = {"w": weights(4, 3), "target": np.array([-1, 7]), "v": weights(7, 2)}
    nodes = [
        node("Gemm", ["x", "w"], "z", "first"),
        node("Reshape", ["z", "target"], "r", "cut"),
        node("Gemm", ["r", "v"], "y", "second"),
    ]
    network = model(nodes, constants, {"x": ["n", 4]})
    before = network.SerializeToString()
    with pytest.raises(RuntimeError, match=r"ONNX model 'network' failed at 'cut': .*Reshape"):
        collect(network, weights(5, 4))
    assert network.SerializeToString() == before
    collect(network, weights(7, 4))
    assert network.SerializeToString() == before


def test_non_finite_activations_are_counted():
    w, x = weights(3, 2), weights(8, 3)
    x[2] = 0
    nodes = [node("Log", ["x"], "u"), node("Gemm", ["u", "w"], "y", "layer")]
    collector = Collector()
    network = model(nodes, {"w": w}, {"x": ["n", 3]})
    settings = OnnxAdapter().collect(network, abs(x), collector, every=1, batch_size=4)
    record = collector.record(**settings)
    assert record.layers[0].u.inputs == 7


def test_a_model_without_layers_says_what_was_seen():
    network = model([node("Relu", ["x"], "r"), node("Relu", ["r"], "y")], {}, {"x": ["n", 3]})
    with pytest.raises(ValueError, match="no layer that can be read: its operations are 2 Relu"):
        collect(network, weights(2, 3))


REAL = importlib.util.find_spec("rapidocr_onnxruntime")


@pytest.mark.skipif(REAL is None, reason="rapidocr_onnxruntime is not installed")
def test_a_shipped_classifier():
    (folder,) = REAL.submodule_search_locations
    path = Path(folder) / "models" / "ch_ppocr_mobile_v2.0_cls_infer.onnx"
    kept, settings = collect(path, RNG.uniform(-1, 1, (2, 3, 48, 192)))
    calls = [calls[0] for calls in kept.calls.values()]
    assert len(calls) == 54
    assert [call.normalization for call in calls].count("batch norm of Wu+b") == 35
    assert settings["unread"] == settings["hidden"] == settings["unlinked_normalizations"] == []
