"""Recorded layers of common PyTorch networks against forward hooks, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from clt_sim.networks.pytorch.capture import TorchCapture  # noqa: E402
from clt_sim.networks.recording.record import record  # noqa: E402


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def capture(model, *inputs, **options):
    """Return the batches of each layer of one pass, in the order of the network."""
    found = {}

    def add(name, batch):
        assert name not in found
        found[name] = batch

    following = TorchCapture(model, add)
    following.begin((inputs, options))
    try:
        model(*inputs, **options)
    finally:
        following.end(keep=True)
    return found


def hooked(model, *inputs):
    """Return what hooks saw of each module: copies of its input and output."""
    seen, handles = {}, []
    for name, module in model.named_modules():

        def hook(_, args, output, name=name):
            if args and isinstance(output, torch.Tensor):
                seen[name] = args[0].detach().clone(), output.detach().clone()

        handles.append(module.register_forward_hook(hook))
    model(*inputs)
    for handle in handles:
        handle.remove()
    return seen


def rows(tensor, axis=1):
    return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis]).float().numpy()


def assert_same(ours, theirs):
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() == 0.0
    assert ours.shape == theirs.shape


def check_layer(batch, hook, axis=1, *, u=None):
    """Compare u, unless it is given, and ``Wu + b`` with what a hook saw."""
    assert_same(batch.u, rows(hook[0], axis) if u is None else u)
    assert_same(batch.pre_activation, rows(hook[1], axis))


@pytest.mark.parametrize("grad", [True, False])
def test_perceptron_with_in_place_activations(grad):
    model = nn.Sequential(
        nn.Linear(6, 8), nn.ReLU(inplace=True), nn.Linear(8, 5), nn.Sigmoid(), nn.Linear(5, 2)
    )
    x = torch.randn(7, 6)
    with torch.set_grad_enabled(grad):
        seen, found = hooked(model, x), capture(model, x)
    assert list(found) == ["0", "2", "4"]
    for name, batch in found.items():
        check_layer(batch, seen[name])
        assert batch.normalized is None
    # The negative control: what is left in the tensor afterwards has no negative values.
    assert (found["0"].pre_activation < 0).any()
    assert not (found["2"].u < 0).any()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_conv_norm_relu(training, mode):
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(6, 2),
    ).train(training)
    x = torch.randn(5, 3, 8, 8)
    with mode():
        torch.manual_seed(1)
        seen = hooked(model, x)
        torch.manual_seed(1)
        found = capture(model, x)
    assert list(found) == ["0", "4", "10"]
    for name, norm in (("0", "1"), ("4", "5")):
        check_layer(found[name], seen[name])
        assert_same(found[name].normalized, rows(seen[norm][1]))
        assert found[name].normalization == "batch norm of Wu+b"
    check_layer(found["10"], seen["10"])
    assert found["0"].clusters.tolist() == np.repeat(np.arange(5), 64).tolist()
    assert found["10"].normalization is None


def test_conv_relu_norm_belongs_to_both_sides():
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.ReLU(inplace=True),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 5, 1),
    )
    x = torch.randn(4, 3, 7, 7)
    seen, found = hooked(model, x), capture(model, x)
    assert found["0"].normalization == "batch norm of phi(Wu+b)"
    assert_same(found["0"].normalized, rows(seen["2"][1]))
    assert (found["0"].pre_activation < 0).any()
    assert found["3"].normalization == "batch norm of u"
    check_layer(found["3"], seen["3"], u=rows(seen["2"][0]))
    assert_same(found["3"].normalized, rows(seen["3"][0]))


def test_norm_before_the_convolution():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU())
    model.append(nn.Conv2d(4, 2, 1))
    x = torch.randn(4, 3, 5, 5)
    seen, found = hooked(model, x), capture(model, x)
    first, second = found["1"], found["4"]
    # The second normalisation is of Wu+b, and is told rather than the one before.
    assert first.normalization == "batch norm of Wu+b"
    check_layer(first, seen["1"])
    assert_same(first.normalized, rows(seen["2"][1]))
    assert second.normalization is None
    check_layer(second, seen["4"])
    found = capture(model[:2], x)
    assert found["1"].normalization == "batch norm of u"
    check_layer(found["1"], seen["1"], u=rows(x))
    assert_same(found["1"].normalized, rows(seen["1"][0]))


def test_pre_activation_residual_block():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.conv = nn.BatchNorm2d(3), nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x):
            return x + self.conv(F.relu(self.norm(x)))

    model = nn.Sequential(Block(), Block())
    x = torch.randn(2, 3, 6, 6)
    seen, found = hooked(model, x), capture(model, x)
    for block in "01":
        batch = found[f"{block}.conv"]
        check_layer(batch, seen[f"{block}.conv"])
        assert batch.normalization == "batch norm before u"
        assert_same(batch.normalized, rows(seen[f"{block}.norm"][1]))


@pytest.mark.parametrize(
    ("norm", "kind", "axis"),
    [
        (nn.LayerNorm(6), "layer norm", -1),
        (nn.RMSNorm(6), "rms norm", -1),
        (nn.RMSNorm(6, elementwise_affine=False), "rms norm", -1),
    ],
)
@pytest.mark.parametrize("inference", [False, True])
def test_normalisation_over_units(norm, kind, axis, inference):
    if kind == "rms norm" and norm.weight is not None:
        nn.init.uniform_(norm.weight)
    model = nn.Sequential(nn.Linear(4, 6), norm, nn.GELU(), nn.Linear(6, 2))
    x = torch.randn(3, 5, 4)
    with torch.inference_mode(inference):
        seen, found = hooked(model, x), capture(model, x)
    check_layer(found["0"], seen["0"], axis)
    assert found["0"].normalization == f"{kind} of Wu+b"
    assert_same(found["0"].normalized, rows(seen["1"][1], axis))
    check_layer(found["3"], seen["3"], axis)
    assert found["0"].clusters.tolist() == np.repeat(np.arange(3), 5).tolist()


@pytest.mark.parametrize(
    ("norm", "kind"),
    [
        (nn.GroupNorm(2, 6), "group norm"),
        (nn.InstanceNorm2d(6), "instance norm"),
        (nn.LayerNorm([6, 4, 4]), "layer norm"),
    ],
)
def test_normalisation_over_positions(norm, kind):
    model = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), norm, nn.ReLU(inplace=True))
    x = torch.randn(3, 2, 4, 4)
    seen, found = hooked(model, x), capture(model, x)
    check_layer(found["0"], seen["0"])
    assert found["0"].normalization == f"{kind} of Wu+b"
    assert_same(found["0"].normalized, rows(norm(seen["0"][1]).detach()))


def test_layer_norm_of_u_in_a_residual_stream():
    class Feed(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.up, self.down = nn.LayerNorm(6), nn.Linear(6, 9), nn.Linear(9, 6)

        def forward(self, x):
            return x + self.down(F.silu(self.up(self.norm(x))))

    model = nn.Sequential(Feed(), Feed())
    x = torch.randn(3, 5, 6)
    seen, found = hooked(model, x), capture(model, x)
    for block in "01":
        batch = found[f"{block}.up"]
        assert batch.normalization == "layer norm of u"
        check_layer(batch, seen[f"{block}.up"], -1, u=rows(seen[f"{block}.norm"][0], -1))
        assert_same(batch.normalized, rows(seen[f"{block}.up"][0], -1))
        check_layer(found[f"{block}.down"], seen[f"{block}.down"], -1)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_transformer_layer(first, training):
    model = nn.TransformerEncoderLayer(
        6, 2, 10, batch_first=True, norm_first=first, dropout=0.0
    ).train(training)
    x = torch.randn(3, 5, 6)
    with torch.set_grad_enabled(training):
        found = capture(model, x)
        stream = model.norm1(x) if first else x
        project = F.linear(stream, model.self_attn.in_proj_weight, model.self_attn.in_proj_bias)
    names = [f"self_attn.in_proj[{part}]" for part in "qkv"]
    assert list(found) == [*names, "self_attn.out_proj", "linear1", "linear2"]
    expected = project.detach().transpose(0, 1).reshape(15, 3, 6).numpy()
    for part, name in enumerate(names):
        batch = found[name]
        order = np.argsort(batch.clusters, kind="stable")
        ours = batch.pre_activation[order].reshape(3, 5, 6)
        theirs = expected[:, part].reshape(5, 3, 6).swapaxes(0, 1)
        assert np.abs(ours - theirs).max() < 1e-6
    kind = "layer norm of u"
    assert found["linear1"].normalization == kind
    assert (found[names[0]].normalization == kind) == first
    # The feed-forward part by itself, from what the attention gave.
    u = torch.from_numpy(found["linear1"].normalized)
    assert np.abs(model.linear1(u).detach().numpy() - found["linear1"].pre_activation).max() < 1e-6
    assert np.abs(found["linear2"].u - F.relu(model.linear1(u)).detach().numpy()).max() < 1e-6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_gates_give_the_states(kind, dtype):
    """The gates are put together to the states by the equations of torch.nn."""
    model = getattr(nn, kind)(4, 3, batch_first=True).to(dtype)
    x = torch.randn(5, 6, 4, dtype=dtype)
    found = capture(model, x)
    states = model(x)[0].detach().numpy()
    gates = {
        name: np.stack(
            [batch.pre_activation[np.flatnonzero(batch.clusters == i)] for i in range(5)]
        )
        for name, batch in found.items()
    }
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    h = np.zeros((5, 3))
    c = np.zeros((5, 3))
    for t in range(6):
        i = {name[11:]: gate[:, t] for name, gate in gates.items() if "ih" in name}
        r = {name[11:]: gate[:, t] for name, gate in gates.items() if "hh" in name}
        if kind == "LSTM":
            c = sigmoid(i["0[f]"] + r["0[f]"]) * c + sigmoid(i["0[i]"] + r["0[i]"]) * np.tanh(
                i["0[g]"] + r["0[g]"]
            )
            h = sigmoid(i["0[o]"] + r["0[o]"]) * np.tanh(c)
        else:
            reset, z = sigmoid(i["0[r]"] + r["0[r]"]), sigmoid(i["0[z]"] + r["0[z]"])
            h = (1 - z) * np.tanh(i["0[n]"] + reset * r["0[n]"]) + z * h
        assert np.abs(h - states[:, t]).max() < 1e-6


def test_a_shared_layer_is_one_layer_with_all_its_calls():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(4, 4)

        def forward(self, x):
            return self.body(torch.tanh(self.body(x)))

    model, x = Shared(), torch.randn(5, 4)
    found = capture(model, x)
    first = model.body(x).detach()
    second = model.body(torch.tanh(first)).detach()
    assert list(found) == ["body"]
    assert_same(found["body"].u, torch.cat([x, torch.tanh(first)]).numpy())
    assert_same(found["body"].pre_activation, torch.cat([first, second]).numpy())
    assert found["body"].clusters.tolist() == [0, 1, 2, 3, 4] * 2


def test_functional_network():
    w, b, v = torch.randn(4, 6), torch.randn(6), torch.randn(2, 6)

    def network(x):
        return F.linear(torch.relu_(x @ w + b), v)

    x = torch.randn(5, 4)
    found = capture(network, x)
    z = x @ w + b
    assert list(found) == ["matmul 1", "matmul 2"]
    assert_same(found["matmul 1"].u, x.numpy())
    assert_same(found["matmul 1"].pre_activation, z.numpy())
    assert_same(found["matmul 2"].u, z.relu().numpy())
    assert_same(found["matmul 2"].pre_activation, F.linear(z.relu(), v).numpy())


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("how", ["script", "trace"])
def test_script_modules(how):
    model = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(64, 2)
    ).train(how == "script")
    x = torch.randn(5, 3, 4, 4)
    seen = hooked(model, x)
    scripted = torch.jit.script(model) if how == "script" else torch.jit.trace(model, x)
    found = capture(scripted, x)
    assert list(found) == ["0", "4"]
    check_layer(found["0"], seen["0"])
    check_layer(found["4"], seen["4"])
    assert found["0"].normalization == "batch norm of Wu+b"
    assert_same(found["0"].normalized, rows(seen["1"][1]))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype):
    model = nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.ReLU(inplace=True), nn.Linear(8, 2))
    model, x = model.to(dtype), torch.randn(7, 6, dtype=dtype)
    seen, found = hooked(model, x), capture(model, x)
    check_layer(found["0"], seen["0"])
    check_layer(found["3"], seen["3"])
    assert found["0"].normalization == "layer norm of Wu+b"
    assert_same(found["0"].normalized, rows(seen["1"][1]))


def test_autocast_keeps_the_names():
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))
    x = torch.randn(7, 6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        seen, found = hooked(model, x), capture(model, x)
    assert list(found) == ["0", "2"]
    assert_same(found["0"].pre_activation, rows(seen["0"][1]))


@pytest.mark.parametrize("parametrize", ["weight_norm", "spectral_norm", "orthogonal"])
def test_parametrized_weights_keep_the_names(parametrize):
    layer = getattr(nn.utils.parametrizations, parametrize)(nn.Linear(6, 6))
    model = nn.Sequential(layer, nn.Linear(6, 2)).eval()
    x = torch.randn(4, 6)
    seen, found = hooked(model, x), capture(model, x)
    assert list(found) == ["0", "1"]
    check_layer(found["0"], seen["0"])


def test_mixture_of_experts_is_a_layer_for_each():
    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 4, 5))

        def forward(self, x):
            return torch.bmm(x.expand(3, -1, -1), self.weight)

    model, x = Experts(), torch.randn(6, 4)
    found = capture(model, x)
    assert list(found) == [f"weight[{i}]" for i in range(3)]
    for i in range(3):
        assert (
            np.abs(
                found[f"weight[{i}]"].pre_activation - (x @ model.weight[i]).detach().numpy()
            ).max()
            < 1e-5
        )


@pytest.mark.parametrize(
    ("conv", "size"),
    [
        (nn.Conv2d(3, 4, 3, stride=2, padding=1), (9, 8)),
        (nn.Conv2d(3, 4, 5, dilation=2, padding=3), (12, 9)),
        (nn.Conv2d(3, 4, (2, 4)), (6, 7)),
        (nn.Conv2d(3, 6, 3, groups=3, padding="same"), (5, 5)),
        (nn.Conv2d(3, 4, 1, padding=2), (4, 4)),
        (nn.Conv1d(3, 4, 3, padding=1, padding_mode="circular"), (8,)),
        (nn.Conv3d(3, 2, 3), (4, 5, 4)),
    ],
)
def test_u_of_a_convolution_is_at_the_centre_of_its_windows(conv, size):
    """A convolution whose only weight is at the centre gives back what is there."""
    x = torch.randn(2, 3, *size)
    found = capture(conv, x)
    pick = type(conv)(3, 3, conv.kernel_size, conv.stride, conv.padding, conv.dilation, groups=3,
                      bias=False, padding_mode=conv.padding_mode)  # fmt: skip
    with torch.no_grad():
        pick.weight.zero_()
        pick.weight[(slice(None), 0, *(k // 2 for k in conv.kernel_size))] = 1.0
        assert_same(found["weight"].u, rows(pick(x)))


def test_u_of_a_transposed_convolution():
    conv = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)
    x = torch.randn(2, 2, 4, 4)
    batch = capture(conv, x)["weight"]
    assert_same(batch.pre_activation, rows(conv(x).detach()))
    at = torch.tensor([0, 0, 1, 1, 2, 2, 3])
    assert_same(batch.u, rows(x[:, :, at][:, :, :, at]))


def test_decoder_with_rotation_gates_and_tied_weights():
    """Attention scores, rotations and gates are no layers; the tied table is one at its end."""

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(11, 8)
            self.norm = nn.RMSNorm(8)
            self.q, self.k = nn.Linear(8, 8, bias=False), nn.Linear(8, 4, bias=False)
            self.up, self.gate = nn.Linear(8, 6, bias=False), nn.Linear(8, 6, bias=False)
            self.down = nn.Linear(6, 8, bias=False)
            angles = torch.outer(torch.arange(5.0), torch.ones(2))
            self.register_buffer("turn", torch.cat([angles, angles], 1).cos())

        def forward(self, tokens):
            x = self.table(tokens)
            y = self.norm(x)
            q = self.q(y).unflatten(-1, (2, 4)).transpose(1, 2) * self.turn
            k = (self.k(y)[:, None] * self.turn).expand(-1, 2, -1, -1)
            y = F.scaled_dot_product_attention(q, k, k, is_causal=True)
            x = x + y.transpose(1, 2).flatten(2)
            x = x + self.down(F.silu(self.gate(x)) * self.up(x))
            return F.linear(x, self.table.weight)

    model, tokens = Decoder(), torch.randint(0, 11, (3, 5))
    seen, found = hooked(model, tokens), capture(model, tokens)
    assert list(found) == ["q", "k", "gate", "up", "down", "table"]
    for name in ("gate", "up", "down"):
        check_layer(found[name], seen[name], -1)
    for name in ("q", "k"):
        assert found[name].normalization == "rms norm of u"
        assert_same(found[name].pre_activation, rows(seen[name][1], -1))
        assert_same(found[name].normalized, rows(seen[name][0], -1))
    assert_same(found["table"].pre_activation, rows(model(tokens).detach(), -1))
    for batch in found.values():
        assert batch.clusters.tolist() == np.repeat(np.arange(3), 5).tolist()


def test_one_sample_without_a_batch():
    model, x = nn.Linear(4, 3), torch.randn(4)
    batch = capture(model, x)["weight"]
    assert_same(batch.u, x[None].numpy())
    assert_same(batch.pre_activation, model(x).detach()[None].numpy())


def test_images_and_positions_of_shuffled_axes_keep_their_input():
    """Where the batch goes through transpositions, every row still knows its input."""

    class Mixer(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.channels = nn.Linear(5, 7), nn.Linear(6, 4)

        def forward(self, x):
            x = self.tokens(x.transpose(1, 2)).permute(2, 0, 1)
            return self.channels(x.contiguous())

    # Values say which input they belong to.
    x = torch.arange(3.0)[:, None, None].expand(3, 5, 6).contiguous()
    model = Mixer()
    with torch.no_grad():
        model.tokens.weight.fill_(0.2)
        model.tokens.bias.zero_()
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        with mode():
            found = capture(model, x)
        for batch in found.values():
            assert np.array_equal(batch.u[:, 0].round(), batch.clusters)


@pytest.mark.parametrize("writable", [True, False])
def test_arrays_are_not_changed_by_a_module_that_writes_into_its_input(writable):
    inputs = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    inputs.flags.writeable = writable
    before = inputs.copy()
    recorded = record(nn.Sequential(nn.ReLU(inplace=True), nn.Linear(6, 2)), inputs)
    np.testing.assert_array_equal(inputs, before)
    np.testing.assert_array_equal(recorded.layers[0].u.values, np.maximum(before, 0.0))
