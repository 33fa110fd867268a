"""Recording leaves a PyTorch network and its training as they are, and says what it cannot read."""

from __future__ import annotations

import copy
import sys

import numpy as np
import pytest

from clt_sim.networks.pytorch.library import is_torch_module, load_torch

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from clt_sim.networks.pytorch.adapter import TorchAdapter  # noqa: E402
from clt_sim.networks.recording.collector import Collector  # noqa: E402
from clt_sim.networks.recording.recorder import Recorder  # noqa: E402


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


class Everything(nn.Module):
    """Convolution, normalisation, dropout, attention, a recurrent layer and shared weights."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(3, 8, 3, padding=1), nn.BatchNorm1d(8), nn.ReLU(inplace=True)
        )
        self.encoder = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.rnn = nn.LSTM(8, 6, batch_first=True)
        self.body = nn.Linear(6, 6)
        self.norm = nn.RMSNorm(6)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        x = self.encoder(self.stem(x).transpose(1, 2))
        x = self.rnn(x)[0].mean(1)
        x = F.dropout(self.norm(self.body(F.gelu(self.body(x)))), 0.3, self.training)
        return self.head(x)


def perceptron():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 2))


def train_and_infer(model, *, record, every=1):
    """Return all that recording could have changed."""
    torch.manual_seed(3)
    recorder = Recorder(model, every=every, rows=50)
    outputs = []
    if record:
        recorder.__enter__()
    for _ in range(3):
        y = model(torch.randn(6, 3, 7))
        model.zero_grad()
        y.square().sum().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.sub_(0.1 * parameter.grad)
        outputs.append(y.detach())
    model.eval()
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            outputs.append(model(torch.ones(2, 3, 7)).clone())
    if record:
        recorder.__exit__(None, None, None)
    gradients = [parameter.grad for parameter in model.parameters()]
    tensors = [*outputs, *gradients, *model.state_dict().values(), torch.get_rng_state()]
    return tensors, recorder


def facts(model):
    """Return modes, hooks and global settings."""
    hooks = [
        dict(getattr(module, name))
        for module in model.modules()
        for name in vars(module)
        if name.endswith(("hooks", "hooks_with_kwargs", "hooks_always_called"))
    ]
    names = [sorted(vars(module)) for module in model.modules()]
    modes = [module.training for module in model.modules()]
    settings = (
        torch.backends.mkldnn.enabled,
        torch.backends.mha.get_fastpath_enabled(),
        torch.is_grad_enabled(),
        len(torch.utils._python_dispatch._get_current_dispatch_mode_stack()),
    )
    return hooks, names, modes, settings


@pytest.mark.parametrize("every", [1, 2])
def test_training_and_inference_are_the_same_to_the_last_bit(every):
    model = Everything()
    twin = copy.deepcopy(model)
    expected, _ = train_and_infer(twin, record=False)
    before = facts(model)
    ours, recorder = train_and_infer(model, record=True, every=every)
    assert len(ours) == len(expected)
    for one, other in zip(ours, expected, strict=True):
        assert torch.equal(one, other)
    assert facts(model.train()) == before
    record = recorder.record()
    assert record.settings["passes"] == 5
    assert record.settings["passes_recorded"] == -(-5 // every)
    names = {layer.name for layer in record.layers}
    gates = {f"rnn.weight_{kind}_l0[{gate}]" for kind in ("ih", "hh") for gate in "ifgo"}
    parts = {f"encoder.self_attn.in_proj[{part}]" for part in "qkv"}
    others = {"stem.0", "encoder.self_attn.out_proj", "encoder.linear1", "encoder.linear2"}
    assert names == gates | parts | others | {"body", "body (2)", "head"}


def test_the_check_for_equal_bits_can_fail():
    one, _ = train_and_infer(Everything(), record=False)
    other, _ = train_and_infer(Everything(), record=False)
    assert not all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_every_pass_and_backward_passes_are_left_out():
    model = perceptron()
    with Recorder(model, every=3) as recorder:
        for step in range(7):
            model(torch.full((2, 4), float(step))).sum().backward()
    record = recorder.record()
    assert record.settings["passes"] == 7
    assert record.settings["passes_recorded"] == 3
    u = record["0"].u.values
    assert sorted(u[:, 0].tolist()) == [0.0, 0.0, 3.0, 3.0, 6.0, 6.0]
    assert [layer.name for layer in record.layers] == ["0", "2"]


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointed_passes_are_recorded_once(reentrant):
    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = perceptron(), nn.Linear(2, 1)

        def forward(self, x):
            body = torch.utils.checkpoint.checkpoint(self.body, x, use_reentrant=reentrant)
            return self.head(body)

    model, x = Checkpointed(), torch.randn(5, 4, requires_grad=True)
    with Recorder(model) as recorder:
        model(x).sum().backward()
    record = recorder.record()
    assert [layer.name for layer in record.layers] == ["body.0", "body.2", "head"]
    assert record["body.0"].u.values.shape == (5, 4)


def test_what_is_kept_does_not_grow_with_the_passes():
    model = perceptron()
    with Recorder(model, rows=20, units=3) as recorder:
        for _ in range(30):
            model(torch.randn(5, 4))
    layer = recorder.record()["0"]
    assert layer.pre_activation.values.shape == (20, 3)


def test_hooks_see_no_copies_and_clusters_are_images():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(inplace=True), nn.Conv2d(3, 2, 1))
    with Recorder(model) as recorder:
        model(torch.randn(4, 2, 5, 5))
    layer = recorder.record()["0"]
    assert np.unique(layer.u.clusters).size == 4
    assert (layer.pre_activation.values < 0).any()
    assert not (recorder.record()["2"].u.values < 0).any()


@pytest.mark.parametrize("inside", [True, False])
def test_a_failing_network_is_left_as_it_was(inside):
    class Failing(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.norm = nn.Linear(4, 3), nn.BatchNorm1d(3)

        def forward(self, x):
            self.norm(self.first(x))
            raise RuntimeError("no more")

    model = Failing()
    before = facts(model)
    if inside:
        with pytest.raises(RuntimeError, match="no more"), Recorder(model) as recorder:
            model(torch.randn(5, 4))
        with pytest.raises(ValueError, match="no layer was found"):
            recorder.record()
    else:
        state = copy.deepcopy(model.state_dict())
        random = torch.get_rng_state()
        with pytest.raises(RuntimeError, match="no more"):
            TorchAdapter().collect(model, np.ones((5, 4)), Collector(), every=1, batch_size=2)
        assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
        assert torch.equal(random, torch.get_rng_state())
    assert facts(model) == before


def test_failed_passes_do_not_end_the_recording():
    model = perceptron()
    with Recorder(model) as recorder:
        with pytest.raises(RuntimeError):
            model(torch.randn(2, 5))
        model(torch.randn(3, 4))
    record = recorder.record()
    assert record.settings["passes_recorded"] == 1
    assert record["0"].u.values.shape == (3, 4)


def test_functions_are_recorded_through_the_recorder():
    w = torch.randn(4, 3)

    def network(x):
        return torch.tanh(x @ w)

    with Recorder(network) as recorder:
        output = recorder(torch.ones(2, 4))
    assert torch.equal(output, network(torch.ones(2, 4)))
    record = recorder.record()
    assert [layer.name for layer in record.layers] == ["matmul 1"]
    assert record.settings["network"] == "network"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.ReLU(), r"no product or convolution of data with a weight\. Operations seen: relu"),
        (nn.Embedding(3, 2), "Operations seen: embedding"),
    ],
)
def test_networks_without_layers_are_refused_with_what_was_seen(model, message):
    x = torch.ones(2, 3, dtype=torch.long)
    with Recorder(model) as recorder:
        model(x)
    with pytest.raises(ValueError, match=message):
        recorder.record()
    with pytest.raises(ValueError, match=message):
        TorchAdapter().collect(model, x, Collector(), every=1, batch_size=2)


def test_networks_that_were_not_called_are_told_so():
    with Recorder(perceptron()) as recorder:
        pass
    with pytest.raises(ValueError, match="not called inside the with statement"):
        recorder.record()


def test_what_is_not_read_is_named():
    class Quantized(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.first = nn.Parameter(torch.randn(5, 4)), nn.Linear(4, 4)

        def forward(self, x):
            return torch.ops.clt_sim_tests.product(self.first(x), self.table)

    library = torch.library.Library("clt_sim_tests", "DEF")
    library.define("product(Tensor x, Tensor w) -> Tensor")
    library.impl("product", lambda x, w: x @ w.T, "CPU")
    model = Quantized()
    with torch.no_grad(), Recorder(model) as recorder:
        model(torch.randn(3, 4))
    record = recorder.record()
    assert [layer.name for layer in record.layers] == ["first"]
    assert record.settings["hidden"] == ["product of table"]


@pytest.mark.parametrize("model", [3, {"weights": 1}, nn.Linear])
def test_other_things_are_refused(model):
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module or a function"):
        Recorder(model)


@pytest.mark.parametrize(("every", "error"), [(0, ValueError), (1.5, TypeError)])
def test_arguments_are_checked(every, error):
    with pytest.raises(error, match="every must be"):
        Recorder(perceptron(), every=every)


def test_one_recorder_records_once_at_a_time():
    with Recorder(perceptron()) as recorder, pytest.raises(RuntimeError, match="already"):
        recorder.__enter__()


def test_a_missing_torch_is_told_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "clt_sim\[torch\]"'):
        load_torch()
    assert not is_torch_module(object())


def collect(model, inputs, *, every=1, batch_size=4):
    collector = Collector()
    settings = TorchAdapter().collect(model, inputs, collector, every=every, batch_size=batch_size)
    return collector.record(**settings)


def loader(x):
    data = torch.utils.data.TensorDataset(x, torch.zeros(len(x)))
    return torch.utils.data.DataLoader(data, batch_size=3)


@pytest.mark.parametrize(
    "given",
    [
        lambda x: x,
        lambda x: x.double().numpy(),
        lambda x: iter([x[:5], x[5:]]),
        loader,
        lambda x: {"input": x},
        lambda x: (x,),
    ],
    ids=["tensor", "array", "iterator", "loader", "mapping", "tuple"],
)
def test_the_adapter_takes_inputs_of_all_kinds(given):
    model, x = perceptron(), torch.randn(11, 4)
    record = collect(model, given(x))
    assert record.settings["inputs_given"] == 11
    assert record.settings["mode"] == "training"
    ours = record["0"].u.values
    assert np.array_equal(ours[np.lexsort(ours.T)], x.numpy()[np.lexsort(x.numpy().T)])


def test_the_adapter_thins_inputs():
    x = torch.arange(10.0)[:, None].expand(10, 4).contiguous()
    u = collect(perceptron(), x, every=4)["0"].u.values
    assert sorted(u[:, 0].tolist()) == [0.0, 4.0, 8.0]


def test_the_adapter_puts_buffers_and_random_numbers_back():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2))
    x = torch.randn(8, 4)
    state, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    record = collect(model, x)
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
    assert record["0"].normalization == "batch norm of Wu+b"
    assert model.training


def test_networks_of_other_kinds_are_left_to_other_adapters():
    assert TorchAdapter().accepts(perceptron())
    assert not TorchAdapter().accepts([(1, 2, None)])
    assert not TorchAdapter().accepts("model.onnx")


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_nested_tensors_do_no_harm_and_what_they_hide_is_named():
    layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
    model = nn.TransformerEncoder(layer, 1).eval()
    x, mask = torch.randn(3, 5, 8), torch.zeros(3, 5, dtype=torch.bool)
    mask[0, 3:] = True
    with torch.no_grad():
        expected = model(x, src_key_padding_mask=mask)
        with Recorder(model) as recorder:
            output = model(x, src_key_padding_mask=mask)
    assert torch.equal(output, expected)
    hidden = "not read: _transformer_encoder_layer_fwd of layers.0.self_attn.in_proj"
    with pytest.raises(ValueError, match=hidden):
        recorder.record()


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
def test_sparse_tensors_do_no_harm(layout):
    weight, x = torch.randn(4, 4), torch.randn(3, 4)

    def network(x):
        return torch.tanh(torch.mm(x, weight)).to_sparse(layout=layout) @ weight

    with Recorder(network) as recorder:
        output = recorder(x)
    assert torch.equal(output, network(x))
    assert [layer.name for layer in recorder.record().layers] == ["matmul 1"]
    layer = nn.Linear(4, 2, bias=False)
    with Recorder(layer) as recorder, torch.no_grad():
        layer(x.to_sparse(layout=layout))
    with pytest.raises(ValueError, match=r"not read: .*mm of weight"):
        recorder.record()


def test_products_of_weights_are_no_layers_and_hide_none():
    class LowRank(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(4, 4)
            self.up, self.down = nn.Parameter(torch.randn(4, 1)), nn.Parameter(torch.randn(1, 4))

        def forward(self, x):
            return F.linear(x, self.body.weight + self.up @ self.down, self.body.bias)

    model, x = LowRank(), torch.randn(3, 4)
    with Recorder(model) as recorder:
        output = model(x)
    record = recorder.record()
    assert [layer.name for layer in record.layers] == ["body"]
    assert "hidden" not in record.settings
    ours = record["body"].pre_activation.values
    assert np.array_equal(np.sort(ours, axis=0), np.sort(output.detach().numpy(), axis=0))
