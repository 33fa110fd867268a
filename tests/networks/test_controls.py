"""Networks with permuted and with random weights, against plain NumPy and PyTorch's own batches."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim.networks import load_digits, record, train
from clt_sim.networks.controls import permuted_weights, random_weights
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron

IMAGES = load_digits().test_inputs


@pytest.fixture(scope="module", params=["batch", "batch-both", "layer", None], ids=str)
def network(request):
    return train(
        hidden=(30, 20), nonlinearity="relu", normalization=request.param, steps=30, snapshots=0
    ).network


def arrays(part):
    return [] if part is None else [getattr(part, name) for name in part.__slots__]


def test_permuted_weights_are_the_same_set_in_another_order(network):
    control = permuted_weights(network, seed=3)
    assert str(control) == str(network)
    for ours, given in zip(control.layers, network.layers, strict=True):
        assert ours.weights.dtype == given.weights.dtype == np.float32
        assert np.array_equal(np.sort(ours.weights, axis=None), np.sort(given.weights, axis=None))
        # Of about a thousand entries in a random order, few are where they were.
        assert np.mean(ours.weights == given.weights) < 0.05
        assert np.array_equal(ours.bias, given.bias)
        for name in ("normalization", "input_normalization"):
            pairs = zip(arrays(getattr(ours, name)), arrays(getattr(given, name)), strict=True)
            assert all(np.array_equal(a, b) for a, b in pairs)


def test_random_weights_are_normal_with_the_mean_square_of_the_layer():
    rng = np.random.default_rng(1)
    heavy = [rng.standard_t(3, (200, 300)), 0.01 * rng.exponential(size=(300, 200))]
    layers = [DenseLayer(weights, np.arange(float(weights.shape[1]))) for weights in heavy]
    control = random_weights(MultilayerPerceptron(layers, "tanh"), seed=4)
    for ours, given in zip(control.layers, layers, strict=True):
        scale = np.sqrt(np.mean(given.weights**2))
        z = ours.weights.ravel() / scale
        # Four standard errors of each of the first four moments of 60,000 normal draws.
        errors = np.sqrt(np.array([1.0, 2.0, 15.0, 96.0]) / z.size)
        moments = np.array([np.mean(z**k) for k in (1, 2, 3, 4)])
        assert (np.abs(moments - [0.0, 1.0, 0.0, 3.0]) < 4.0 * errors).all()
        assert np.array_equal(ours.bias, given.bias)
    given = heavy[1].ravel() / np.sqrt(np.mean(heavy[1] ** 2))
    assert abs(np.mean(given)) > 0.5  # what was there before would not pass


def test_layers_are_permuted_apart_and_seeds_tell_them_apart():
    same = np.arange(12.0).reshape(3, 4)
    square = np.arange(16.0).reshape(4, 4)
    layers = [(same, np.zeros(4), "relu"), (square, np.ones(4), None), (square, np.ones(4), None)]
    first, second, third = permuted_weights(layers, seed=0)
    assert not np.array_equal(second[0], third[0])
    assert (second[1] is layers[1][1], first[2], second[2]) == (True, "relu", None)
    assert np.array_equal(permuted_weights(layers, seed=0)[1][0], second[0])
    assert not np.array_equal(permuted_weights(layers, seed=1)[1][0], second[0])
    assert np.array_equal(same, np.arange(12.0).reshape(3, 4))
    assert not np.array_equal(random_weights(layers, seed=0)[1][0], second[0])


@pytest.mark.parametrize("control_of", [permuted_weights, random_weights])
def test_statistics_over_inputs_are_those_of_the_new_weights(network, control_of):
    control = control_of(network, inputs=IMAGES)
    for layer, values in zip(control.layers, control.propagate(IMAGES), strict=True):
        pairs = [(layer.input_normalization, values.u)]
        if network.normalization != "layer":
            pairs.append((layer.normalization, values.pre_activation))
        for normalization, array in pairs:
            if normalization is not None:
                assert np.allclose(normalization.mean, array.mean(axis=0), atol=1e-5)
                assert np.allclose(normalization.variance, array.var(axis=0, ddof=1), rtol=1e-4)
    without = control_of(network)
    for ours, plain in zip(control.layers, without.layers, strict=True):
        assert np.array_equal(ours.weights, plain.weights)
    if network.normalization in ("batch", "batch-both"):
        # Those that are stored belong to the old weights.
        *_, last = without.layers[:-1]
        old = [values.pre_activation for values in without.propagate(IMAGES)][-2]
        assert not np.allclose(last.normalization.mean, old.mean(axis=0), rtol=0.5)


def test_what_is_learnt_is_gone():
    """A trained network knows the digits, and its controls guess."""
    digits, trained = load_digits(), train(nonlinearity="relu", steps=500, snapshots=0).network
    assert trained.accuracy(digits.test_inputs, digits.test_labels) > 0.85
    for control in (permuted_weights(trained), random_weights(trained)):
        assert control.accuracy(digits.test_inputs, digits.test_labels) < 0.3


def test_faults_are_named(network):
    with pytest.raises(ValueError, match="seed must be at least 0"):
        permuted_weights(network, seed=-1)
    with pytest.raises(TypeError, match=r"float has no control; what has one: clt_sim\.Multi"):
        random_weights(1.0)
    with pytest.raises(ValueError, match=r"the weights of network\[1\] must be finite"):
        permuted_weights([([[1.0]], [0.0], None), ([[np.nan]], [0.0], None)])
    with pytest.raises(ValueError, match="inputs must have 64 features"):
        permuted_weights(network, inputs=np.ones((4, 3)))
    if network.normalization in ("batch", "batch-both"):
        with pytest.raises(ValueError, match="inputs must be at least 2 for a variance, not 1"):
            permuted_weights(network, inputs=IMAGES[:1])


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    return torch


@pytest.fixture
def model(torch):
    nn = torch.nn
    layers = [
        nn.Conv2d(1, 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(6, 4, 2),
        nn.BatchNorm2d(4, momentum=0.3),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(4 * 7 * 7, 10),
        nn.BatchNorm1d(10),
    ]
    return nn.Sequential(*layers)


WEIGHTS = ("0.weight", "3.weight", "8.weight")


@pytest.mark.parametrize("control_of", [permuted_weights, random_weights])
def test_modules_are_copied_with_other_weights(torch, model, control_of):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    control = control_of(model.train(), seed=1)
    assert control.training
    for name, tensor in control.state_dict().items():
        assert torch.equal(model.state_dict()[name], before[name])
        if name not in WEIGHTS:
            assert torch.equal(tensor, before[name])
        elif control_of is permuted_weights:
            assert torch.equal(tensor.ravel().sort()[0], before[name].ravel().sort()[0])
            assert (tensor == before[name]).float().mean() < 0.2
        else:
            ratio = tensor.square().mean() / before[name].square().mean()
            # The mean of as many squares of N(0, 1), within four standard errors.
            assert abs(ratio - 1.0) < 4.0 * (2.0 / tensor.numel()) ** 0.5


def test_statistics_of_modules_are_those_of_the_new_weights(torch, model):
    x = torch.randn(50, 1, 8, 8)
    control = permuted_weights(model.eval(), inputs=x.numpy())
    assert not control.training
    assert [control[i].momentum for i in (1, 4, 9)] == [0.1, 0.3, 0.1]
    # By hand, layer by layer, in inference.
    values = x
    for layer in control:
        if hasattr(layer, "running_mean"):
            axes = [axis for axis in range(values.dim()) if axis != 1]
            # In training the variance divides by n, and not by n - 1: a difference of 1/1800.
            assert torch.allclose(layer.running_mean, values.mean(axes), atol=1e-3)
            assert torch.allclose(layer.running_var, values.var(axes), rtol=2e-3)
            assert not torch.allclose(layer.running_var, torch.ones(1))
        values = layer(values.clone()).detach()
    assert torch.equal(model[1].running_mean, torch.zeros(6))


def test_batches_of_inputs_are_averaged(torch):
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).eval()
    batches = [(torch.randn(20, 3), torch.zeros(20)), (torch.randn(20, 3) + 1.0, torch.zeros(20))]
    control = random_weights(model, inputs=iter([list(batch) for batch in batches]))
    values = [control[0](x).detach() for x, _ in batches]
    mean = torch.stack([z.mean(0) for z in values]).mean(0)
    variance = torch.stack([z.var(0) for z in values]).mean(0)
    assert torch.allclose(control[1].running_mean, mean, atol=1e-6)
    assert torch.allclose(control[1].running_var, variance, rtol=1e-5)
    assert not torch.allclose(control[1].running_var, torch.cat(values).var(0), rtol=1e-3)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_precision_is_kept(torch, kind):
    model = torch.nn.Linear(40, 30).to(getattr(torch, kind))
    control = permuted_weights(model)
    assert control.weight.dtype == getattr(torch, kind)
    assert control.weight.requires_grad
    assert torch.equal(control.weight.ravel().sort()[0], model.weight.ravel().sort()[0])
    assert random_weights(model).weight.dtype == getattr(torch, kind)


def test_shared_weights_stay_shared(torch):
    embedding, head = torch.nn.Embedding(20, 6), torch.nn.Linear(6, 20, bias=False)
    head.weight = embedding.weight
    twice = torch.nn.Linear(6, 6)
    model = torch.nn.Sequential(embedding, twice, twice, head)
    control = permuted_weights(model)
    assert control[0].weight is control[3].weight
    assert control[1] is control[2]
    assert not torch.equal(control[0].weight, embedding.weight)
    assert torch.equal(control[3].weight.ravel().sort()[0], head.weight.ravel().sort()[0])
    alone = permuted_weights(torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 2)))
    assert alone[0].weight.shape == (5, 3)


def test_stacked_gates_and_projections_keep_their_own_weights(torch):
    lstm, attention = torch.nn.LSTM(5, 7), torch.nn.MultiheadAttention(8, 2)
    with torch.no_grad():
        for part, scale in zip(lstm.weight_ih_l0.chunk(4), (1, 2, 3, 4), strict=True):
            part.mul_(scale)
    control = permuted_weights(torch.nn.ModuleList([lstm, attention]))
    for given, ours, parts in (
        (lstm.weight_ih_l0, control[0].weight_ih_l0, 4),
        (lstm.weight_hh_l0, control[0].weight_hh_l0, 4),
        (attention.in_proj_weight, control[1].in_proj_weight, 3),
        (attention.out_proj.weight, control[1].out_proj.weight, 1),
    ):
        assert not torch.equal(given, ours)
        for a, b in zip(given.chunk(parts), ours.chunk(parts), strict=True):
            assert torch.equal(a.ravel().sort()[0], b.ravel().sort()[0])


def test_scripts_have_controls(torch):
    layers = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    example = torch.randn(3, 4)
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        model = torch.jit.trace(layers.eval(), example)
    control = permuted_weights(model)
    ours, given = (dict(each.named_parameters()) for each in (control, model))
    assert torch.equal(ours["0.weight"].ravel().sort()[0], given["0.weight"].ravel().sort()[0])
    assert not torch.equal(ours["0.weight"], given["0.weight"])
    assert not torch.equal(control(example), model(example))
    with pytest.raises(TypeError, match="inputs must be None for a ScriptModule"):
        permuted_weights(model, inputs=example)


def test_modules_without_such_weights_are_refused(torch):
    nn = torch.nn
    with pytest.raises(ValueError, match="BatchNorm1d has no weights of linear"):
        permuted_weights(nn.BatchNorm1d(3))
    made = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    with pytest.raises(ValueError, match="the weight of 1 is computed from other parameters"):
        permuted_weights(nn.Sequential(nn.Linear(3, 3), made))
    with pytest.warns(FutureWarning, match="weight_norm"):
        older = nn.utils.weight_norm(nn.Linear(3, 2))
    with pytest.raises(ValueError, match="the weight of Linear is computed from"):
        random_weights(older)


def test_controls_are_recorded_like_networks(torch, model):
    x = np.random.default_rng(0).normal(size=(40, 1, 8, 8)).astype(np.float32)
    control = permuted_weights(model.eval(), inputs=x)
    layer = record(control, x)["3"]
    assert layer.normalization == "batch norm of Wu+b"
    assert layer.normalized.statistics.mean == pytest.approx(np.zeros(4), abs=1e-3)
    kept = record(permuted_weights(model.eval()), x)["3"].normalized.statistics
    assert np.abs(kept.mean).max() > 0.01


@pytest.fixture
def onnx_model():
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, proto, rng = onnx.helper, onnx.TensorProto, np.random.default_rng(2)
    make, tensor = helper.make_node, onnx.numpy_helper.from_array
    square = tensor(rng.normal(size=(5, 5)).astype(np.float32), "square")
    nodes = [
        make("Gemm", ["x", "first", "bias"], ["a"], name="one"),
        make("Relu", ["a"], ["b"]),
        make("MatMul", ["b", "square"], ["c"], name="two"),
        make("Tanh", ["c"], ["d"]),
        make("Identity", ["square"], ["same"]),
        make("MatMul", ["d", "same"], ["e"], name="three"),
        make("Constant", [], ["last"], value=tensor(np.eye(5, dtype=np.float32), "eye")),
        make("MatMul", ["e", "last"], ["y"], name="four"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "network",
        [value("x", proto.FLOAT, ["n", 4])],
        [value("y", proto.FLOAT, None)],
        [
            tensor(rng.normal(size=(4, 5)).astype(np.float32), "first"),
            tensor(np.ones(5, np.float32), "bias"),
            square,
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("control_of", [permuted_weights, random_weights])
def test_onnx_models_are_copied_with_other_weights(onnx_model, control_of, tmp_path):
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_model.SerializeToString())
    control = control_of(path, seed=1)
    ours, given = (
        {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        for model in (control, onnx_model)
    )
    assert np.array_equal(ours["bias"], given["bias"])
    for name in ("first", "square"):
        assert ours[name].dtype == np.float32
        is_same_set = np.array_equal(np.sort(ours[name], None), np.sort(given[name], None))
        assert is_same_set == (control_of is permuted_weights)
        assert not np.array_equal(ours[name], given[name])
    eye = numpy_helper.to_array(control.graph.node[6].attribute[0].t)
    assert not np.array_equal(eye, np.eye(5))
    # What is recorded is what the new weights give, the shared ones twice.
    x = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    for layer, weights in zip(
        record(control, x).layers, ("first", "square", "square", "last"), strict=True
    ):
        product = layer.u.values @ ours.get(weights, eye)
        bias = ours["bias"] if weights == "first" else 0.0
        assert layer.pre_activation.values == pytest.approx(product + bias, abs=1e-5)
    again = control_of(onnx_model, seed=1)
    assert again.SerializeToString() == control.SerializeToString()


def test_onnx_models_without_weights_of_their_own_are_refused(onnx_model):
    with pytest.raises(TypeError, match="inputs must be None for an ONNX model"):
        permuted_weights(onnx_model, inputs=np.ones((2, 4)))
    helper = pytest.importorskip("onnx.helper")
    turned = helper.make_node("Transpose", ["square"], ["turned"])
    onnx_model.graph.node.insert(2, turned)
    onnx_model.graph.node[3].input[1] = "turned"
    with pytest.raises(ValueError, match=r"the weights of two of .* are computed from others"):
        permuted_weights(onnx_model)
    del onnx_model.graph.node[2:], onnx_model.graph.node[0]
    onnx_model.graph.node[0].input[0] = "x"
    onnx_model.graph.node[0].output[0] = "y"
    with pytest.raises(ValueError, match="has no weights of layers to change"):
        permuted_weights(onnx_model)
