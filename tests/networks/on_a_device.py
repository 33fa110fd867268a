"""Networks to record on any device; run as a process of its own, on one that NumPy cannot read."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import clt_sim as clt

ROWS, BATCH = 24, 8


class Shared(nn.Module):
    """One layer, used twice, and a normalisation without parameters."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(6, 6)

    def forward(self, x):
        return F.rms_norm(self.body(torch.tanh(self.body(x))), (6,))


class Table(nn.Module):
    """A network whose weight is a buffer; there are no parameters."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.randn(6, 5, dtype=torch.float64))

    def forward(self, x):
        return torch.relu(x @ self.weight)


class FusedRecurrent(nn.LSTM):
    """An LSTM as it is on CUDA: its weights in one storage, all that it does in one operation."""

    def forward(self, x):
        states = (x.new_zeros(self.num_layers, len(x), self.hidden_size) for _ in range(2))
        kind = 2, self.hidden_size, 0, self.num_layers, True, 0.0, False, False, [], None
        return torch._cudnn_rnn(x, self._flat_weights, 4, None, *states, *kind)[0]


def flattened(network):
    """Put all parameters into one storage, as they are for a recurrent network on CUDA."""
    parameters = [*network.parameters()]
    whole = torch.cat([each.detach().flatten() for each in parameters])
    parts = whole.split([each.numel() for each in parameters])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.data = part.view_as(parameter)
    return network


def convolutions():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2, padding=1),
        nn.GroupNorm(2, 6),
        nn.LeakyReLU(0.1, inplace=True),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(24, 2),
    )


def perceptron():
    return nn.Sequential(
        nn.Linear(6, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(inplace=True),
        nn.Linear(8, 5),
        nn.LayerNorm(5),
        nn.GELU(),
        nn.Dropout(0.2),
        nn.Linear(5, 2),
    )


NETWORKS = {
    "perceptron": (perceptron, (6,)),
    "perceptron-inference": (lambda: perceptron().eval(), (6,)),
    "double": (lambda: perceptron().double(), (6,)),
    "half": (lambda: perceptron().bfloat16(), (6,)),
    "convolutions": (convolutions, (3, 8, 8)),
    "shared": (Shared, (6,)),
    "buffer": (Table, (6,)),
    "attention": (lambda: nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), (5, 6)),
}
"""What makes a network, and the shape of one input."""
RECURRENT = {
    kind: (lambda kind=kind: getattr(nn, kind)(6, 4, num_layers=2, batch_first=True), (5, 6))
    for kind in ("RNN", "LSTM", "GRU")
}
"""Recurrent networks, whose products are of other sizes on other devices."""
TRAINED = ("perceptron", "convolutions", "shared")


def network_and_inputs(name):
    """Return a new network and inputs for it, as an array."""
    make, shape = {**NETWORKS, **RECURRENT}[name]
    torch.manual_seed(0)
    network = make()
    torch.manual_seed(1)  # for dropout, the same on all devices
    inputs = np.random.default_rng(2).standard_normal((ROWS, *shape))
    return network, inputs if name == "double" else inputs.astype(np.float32)


def recorded(name, device):
    """Return the record of a network on a device, and whether that left everything as it was."""
    network, inputs = network_and_inputs(name)
    network.to(device)
    before = state(network)
    record = clt.record(network, inputs, batch_size=BATCH)
    return record, before == state(network)


def trained(name, device):
    """Return what a recorder saw of a training, and what the training came to."""
    network, inputs = network_and_inputs(name)
    network.to(device).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    with clt.Recorder(network, every=2) as recorder:
        for _ in range(3):
            optimizer.zero_grad()
            network(torch.tensor(inputs, device=device)).square().mean().backward()
            optimizer.step()
    return recorder.record(), state(network)["tensors"]


def function_recorded(device, *, as_tensor):
    """Return the record of a function of tensors, and whether the generators were put back.

    Its inputs are a tensor, or an array while the device is the default.
    """
    torch.manual_seed(0)
    first, second = torch.randn(6, 5).to(device), torch.randn(5, 2).to(device)
    torch.manual_seed(1)
    inputs = np.random.default_rng(2).standard_normal((ROWS, 6))

    def network(x):
        return F.dropout(torch.relu_(x @ first)) @ second

    before = generators()
    if as_tensor:
        record = clt.record(network, torch.tensor(inputs, dtype=torch.float32).to(device))
    else:
        with device:
            record = clt.record(network, inputs)
    return record, before == generators()


def controls(device):
    """Return records of a network with other weights, with its statistics renewed, and a check."""
    network, inputs = network_and_inputs("perceptron")
    network.to(device)
    before = state(network)
    changed = {
        kind: make(network, seed=3, inputs=inputs)
        for kind, make in (
            ("permuted", clt.networks.permuted_weights),
            ("random", clt.networks.random_weights),
        )
    }
    is_unchanged = before == state(network)
    records = {kind: clt.record(each, inputs) for kind, each in changed.items()}
    devices = {str(p.device) for each in changed.values() for p in each.parameters()}
    return records, is_unchanged and devices == {str(torch.empty(0, device=device).device)}


def state(network):
    """Return what recording may not change: tensors, devices, modes and generators."""
    tensors = network.state_dict()
    return {
        "tensors": {name: digest(tensor.cpu()) for name, tensor in tensors.items()},
        "devices": [str(tensor.device) for tensor in tensors.values()],
        "modes": [module.training for module in network.modules()],
        "generators": generators(),
    }


def generators():
    """Return the states of the generators of the processor and of the device beside it."""
    of_the_device = getattr(torch.get_device_module(), "get_rng_state", torch.get_rng_state)
    return [digest(drawn()) for drawn in (torch.get_rng_state, of_the_device)]


def digest(tensor):
    raw = tensor.contiguous().view(-1).view(torch.uint8).numpy()
    return hashlib.sha256(raw.tobytes()).hexdigest()


def refusal(function):
    """Return the message of the error that a function ends in."""
    try:
        function()
    except (RuntimeError, TypeError, ValueError) as error:
        return str(error)
    return ""


def run(device, folder):
    """Save the records of all networks, and what else was seen."""
    tensor = torch.ones(3, device=device)
    seen = {
        "device": tensor.device.type,
        "as array": refusal(tensor.numpy),
        "two devices": refusal(lambda: tensor + torch.ones(3)),
        "unchanged": {},
        "trained": {},
    }
    records, seen["unchanged"]["controls"] = controls(device)
    for name in (*NETWORKS, *RECURRENT):
        records[name], seen["unchanged"][name] = recorded(name, device)
    for name in TRAINED:
        records[f"{name}-trained"], seen["trained"][name] = trained(name, device)
    network = flattened(FusedRecurrent(6, 4, 2).to(device))
    inputs = np.zeros((ROWS, 5, 6), np.float32)
    seen["fused"] = refusal(lambda: clt.record(network, inputs))
    for name, as_tensor in (("function", False), ("function-of-tensor", True)):
        records[name], seen["unchanged"][name] = function_recorded(device, as_tensor=as_tensor)
    for name, record in records.items():
        record.save(folder / f"{name}.npz")
    (folder / "seen.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    import foreign_device

    run(torch.device(foreign_device.NAME), Path(sys.argv[1]))
