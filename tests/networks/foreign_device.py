"""A device for tests, of the kind that PyTorch leaves to others, with a memory of its own.

NumPy cannot read it, an operation with tensors of two devices is an error, and random numbers come
from a generator of its own. Each operation runs on the processor, on what the memory holds. To
import this registers the device for the whole process.
"""

from __future__ import annotations

from contextlib import contextmanager

import torch
from torch.utils import _pytree as trees
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "foreign"
_ATEN = torch.ops.aten
_PROCESSOR = torch._C.DispatchKey.CPU
_memory = {}
"""The bytes of each storage, kept until the process ends."""


class _Device:
    """What PyTorch asks the module of a device for."""

    def __init__(self):
        self._state = torch.Generator().manual_seed(0).get_state()

    def is_available(self):
        return True

    def is_initialized(self):
        return True

    def current_device(self):
        return 0

    def device_count(self):
        return 1

    def _is_in_bad_fork(self):
        return False

    def manual_seed_all(self, seed):
        self._state = torch.Generator().manual_seed(seed).get_state()

    def get_rng_state(self, device=0):
        return self._state.clone()

    def set_rng_state(self, state, device=0):
        self._state = state.clone()

    @contextmanager
    def generator(self):
        """Draw from the generator of the device instead of that of the processor."""
        before = torch.get_rng_state()
        torch.set_rng_state(self._state)
        try:
            yield
        finally:
            self._state = torch.get_rng_state()
            torch.set_rng_state(before)


def _is_there(value):
    return isinstance(value, torch.Tensor) and value.device.type == NAME


def _inside(tensor):
    """Return a tensor of the device as one of the processor, on the same memory."""
    memory = _memory[tensor.untyped_storage()._cdata].view(tensor.dtype)
    return memory.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())


def _outside(values):
    """Return a tensor of the processor as one of the device."""
    return _set(torch._C._acc.create_empty_tensor([0], values.dtype), values)


def _set(tensor, values):
    """Let a tensor of the device hold the memory of one of the processor."""
    memory = torch.empty(0, dtype=torch.uint8, device="cpu").set_(values.untyped_storage())
    layout = values.storage_offset(), tuple(values.shape), values.stride()
    return _set_storage(tensor, _storage(memory), *layout)


def _storage(memory):
    """Return a storage of the device for the bytes that it is to hold."""
    where = torch.device(NAME, 0)
    storage = torch._C._construct_storage_from_data_pointer(0, where, memory.numel())
    _memory[storage._cdata] = memory
    return storage


def _set_storage(tensor, storage, offset, size, stride=()):
    operator = _ATEN.set_.source_Storage_storage_offset
    return operator._op_dk(_PROCESSOR, tensor, storage, offset, size, stride)


def _cloned_storage(storage):
    if storage.device.type != NAME:
        return _clone_of_storage(storage)
    return _storage(_memory[storage._cdata].clone())


def _view(tensor, size, stride, offset=None):
    return _ATEN.as_strided.default._op_dk(_PROCESSOR, tensor, size, stride, offset)


def _run(operator, *args, **kwargs):
    """Run an operator on the processor, with the memory of the device."""
    there = {}

    def moved(value):
        if _is_there(value):
            # What has no elements may be resized, as outputs that an operator is given are.
            inside = _inside(value) if value.numel() else torch.empty_like(value, device="cpu")
            there[id(inside)] = value, inside
            return inside
        if isinstance(value, torch.Tensor) and value.dim():
            raise RuntimeError(f"{operator} was given tensors of two devices.")
        if isinstance(value, torch.device) and value.type == NAME:
            return torch.device("cpu")
        return value

    def put_back(value):
        if not isinstance(value, torch.Tensor):
            return value
        if id(value) in there:
            outside = there[id(value)][0]
            return outside if outside.numel() == value.numel() else _set(outside, value)
        for outside, inside in there.values():
            if inside.untyped_storage()._cdata == value.untyped_storage()._cdata:
                return _view(outside, value.shape, value.stride(), value.storage_offset())
        return _outside(value)

    args, kwargs = trees.tree_map(moved, (args, kwargs))
    if torch.Tag.nondeterministic_seeded in operator.tags:
        with device.generator():
            output = operator(*args, **kwargs)
    else:
        output = operator(*args, **kwargs)
    return trees.tree_map(put_back, output)


def _copy(source, target, non_blocking=False):
    inside = _inside(target) if _is_there(target) else target
    inside.copy_(_inside(source) if _is_there(source) else source)
    return target


def _convolution(*args):
    return _run(_ATEN.convolution.default, *args)


def _convolution_backward(gradient, inputs, weight, *args):
    units = [gradient.shape[1]]
    return _run(_ATEN.convolution_backward.default, gradient, inputs, weight, units, *args)


def _lstm_cell(inputs, hidden, cell, input_bias=None, hidden_bias=None):
    """The biases are added in here, as they are on graphics processors."""
    gates = inputs + hidden if input_bias is None else inputs + input_bias + hidden + hidden_bias
    i, f, g, o = gates.chunk(4, 1)
    after = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * after.tanh(), after, gates


def _gru_cell(inputs, hidden, state, input_bias=None, hidden_bias=None):
    if input_bias is not None:
        inputs, hidden = inputs + input_bias, hidden + hidden_bias
    (r, z, n), (hr, hz, hn) = inputs.chunk(3, 1), hidden.chunk(3, 1)
    update = (z + hz).sigmoid()
    new = (n + (r + hr).sigmoid() * hn).tanh()
    return new + update * (state - new), inputs


def _recurrent_layers(inputs, weights, per_layer, flat, hidden, cell, mode, *args):
    """One operation for all layers and steps of an LSTM, as on graphics processors."""
    _, _, layers, batch_first, dropout, train, bidirectional = args[:7]
    settings = per_layer == 4, layers, dropout, train, bidirectional, batch_first
    output, *states = torch.lstm(inputs, [hidden, cell], weights, *settings)
    return output, *states, inputs.new_empty(0), inputs.new_empty(0)


def _on_the_processor(operator):
    return lambda *args, **kwargs: _run(operator, *args, **kwargs)


device = _Device()
_setup_privateuseone_for_python_backend(NAME, backend_module=device)
# Copies of modules copy the storages of their buffers by address.
_clone_of_storage, torch.UntypedStorage.clone = torch.UntypedStorage.clone, _cloned_storage
_fallback = torch.library.Library("_", "IMPL")
_fallback.fallback(_run, "PrivateUse1")
_operators = torch.library.Library("aten", "IMPL")
for _name, _function in {
    "_copy_from": _copy,
    "as_strided": _view,
    "set_.source_Storage_storage_offset": _set_storage,
    "convolution_overrideable": _convolution,
    "convolution_backward_overrideable": _convolution_backward,
    "_thnn_fused_lstm_cell": _lstm_cell,
    "_thnn_fused_gru_cell": _gru_cell,
    "_cudnn_rnn": _recurrent_layers,
    # PyTorch writes these out for devices that lack them, with other last bits.
    "native_layer_norm": _on_the_processor(_ATEN.native_layer_norm.default),
    "native_group_norm": _on_the_processor(_ATEN.native_group_norm.default),
}.items():
    _operators.impl(_name, _function, "PrivateUse1")
