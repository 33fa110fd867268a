"""Recording on a device whose memory NumPy cannot read, and on one that has none.

A process of its own registers such a device with PyTorch, records there, and leaves its records.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clt_sim as clt

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.utils import backend_registration  # noqa: E402

HERE = Path(__file__).parent


def load(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


on_a_device = load(HERE / "on_a_device.py")
EXACT = [
    *on_a_device.NETWORKS,
    *(f"{name}-trained" for name in on_a_device.TRAINED),
    *("function", "function-of-tensor", "permuted", "random"),
]


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """Return the folder of what was recorded on the device."""
    if not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"):
        pytest.skip("This PyTorch has no devices that are written in Python.")
    folder = tmp_path_factory.mktemp("there")
    result = subprocess.run(
        [sys.executable, HERE / "on_a_device.py", folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Return the folder of the same on the processor."""
    folder = tmp_path_factory.mktemp("here")
    with torch.random.fork_rng(devices=[]):
        on_a_device.run(torch.device("cpu"), folder)
    return folder


def seen(folder):
    return json.loads((folder / "seen.json").read_text())


def test_the_device_is_another_one(there, here):
    assert seen(there)["device"] == "foreign"
    assert "to numpy" in seen(there)["as array"]
    assert "two devices" in seen(there)["two devices"]
    # The negative control: the processor refuses neither.
    assert seen(here)["as array"] == seen(here)["two devices"] == ""


@pytest.mark.parametrize("name", EXACT)
def test_records_have_the_bytes_of_the_processors(there, here, name):
    assert (there / f"{name}.npz").read_bytes() == (here / f"{name}.npz").read_bytes()


@pytest.mark.parametrize("kind", on_a_device.RECURRENT)
def test_gates_are_the_processors_to_rounding(there, here, kind):
    """The fused cells of a device add the biases themselves; a record has Wu+b all the same."""
    ours, theirs = (clt.LayerRecord.load(folder / f"{kind}.npz") for folder in (there, here))
    assert names(ours) == names(theirs)
    for name in names(ours):
        for signal in ("u", "pre_activation"):
            one, other = (getattr(record[name], signal).values for record in (ours, theirs))
            assert np.abs(one - other).max() < 1e-6


def names(record):
    return sorted(layer.name for layer in record.layers)


def test_what_is_fused_is_named_with_what_reads_it(there):
    hidden = "_cudnn_rnn of weight_ih_l0 (read where torch.backends.cudnn.enabled is False)"
    assert "no layer was found" in seen(there)["fused"]
    assert f"not read: {hidden}." in seen(there)["fused"]


def test_nothing_is_changed_by_recording(there):
    unchanged = seen(there)["unchanged"]
    assert [name for name, is_unchanged in unchanged.items() if not is_unchanged] == []
    assert len(unchanged) == len(on_a_device.NETWORKS) + len(on_a_device.RECURRENT) + 3


def test_trainings_come_to_the_same(there, here):
    assert seen(there)["trained"] == seen(here)["trained"]
    assert list(seen(here)["trained"]) == list(on_a_device.TRAINED)


def meta_network(calls):
    with torch.device("meta"):
        network = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 4), nn.ReLU())
    network[0].register_forward_pre_hook(lambda *_: calls.append("a pass"))
    return network


def test_the_meta_device_is_refused_before_a_pass():
    calls = []
    network, inputs = meta_network(calls), np.ones((5, 6), np.float32)
    with pytest.raises(ValueError, match=r"meta device have shapes only.*to_empty"):
        clt.record(network, inputs)
    with pytest.raises(ValueError, match="meta device"):
        clt.record(torch.relu, torch.ones(5, 6, device="meta"))
    with clt.Recorder(network), pytest.raises(ValueError, match="meta device"):
        network(torch.ones(5, 6, device="meta"))
    for control in (clt.networks.permuted_weights, clt.networks.random_weights):
        with pytest.raises(ValueError, match="meta device"):
            control(network, seed=0)
    assert not calls
    # As the message says.
    network.to_empty(device="cpu").load_state_dict(
        nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 4)).state_dict()
    )
    assert names(clt.record(network, inputs)) == ["1"]


@pytest.mark.parametrize("name", ["perceptron", "convolutions", "attention", "LSTM", "GRU"])
def test_weights_may_share_a_storage(tmp_path, name):
    network, inputs = on_a_device.network_and_inputs(name)
    clt.record(network, inputs).save(tmp_path / "apart.npz")
    on_a_device.flattened(network)
    assert len({each.untyped_storage()._cdata for each in network.parameters()}) == 1
    clt.record(network, inputs).save(tmp_path / "together.npz")
    assert (tmp_path / "apart.npz").read_bytes() == (tmp_path / "together.npz").read_bytes()


def test_a_part_of_a_weight_in_a_shared_storage_has_its_name():
    class Parts(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 6), nn.Linear(3, 4, bias=False)

        def forward(self, x):
            x = nn.functional.linear(x, self.first.weight[2:5], self.first.bias[2:5])
            return x @ self.second.weight.t()

    inputs = np.random.default_rng(0).standard_normal((9, 4))
    record = clt.record(on_a_device.flattened(Parts()), inputs)
    assert names(record) == ["first[2:5]", "second"]
