"""Devices of PyTorch: where a network is, what has values, whose random numbers are put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any

from clt_sim.networks.pytorch.library import is_torch_module, load_torch, tensors_in


def first_tensor(network: Any) -> Any:
    """Return the first parameter of a module, or else its first buffer, or None."""
    return next(_tensors(network), None)


def device_of(network: Any) -> Any:
    """Return the device of the first tensor of a network, or else the default device."""
    first = first_tensor(network)
    return load_torch().get_default_device() if first is None else first.device


def refuse_without_values(*tensors: Any) -> None:
    """Refuse tensors of the meta device; None is no tensor.

    Raises
    ------
    ValueError
        If one of them is on the meta device, where tensors have shapes and no values.
    """
    if any(tensor is not None and tensor.is_meta for tensor in tensors):
        raise ValueError(
            "the network must be on a device with values: tensors on the meta device have shapes"
            " only. Use network.to_empty(device='cpu') and load_state_dict first, and inputs of"
            " that device."
        )


@contextmanager
def generators_put_back(network: Any, inputs: Any = None) -> Iterator[None]:
    """Put the states of generators of random numbers back.

    They are that of the processor, and those of the devices that a module is on or, for a
    function, that its inputs are on, where these are tensors, and the default device.
    """
    torch = load_torch()
    tensors = _tensors(network) if is_torch_module(network) else tensors_in(inputs)
    indices: dict[str, set[int]] = {"cpu": set()}
    for device in {device_of(network), *(tensor.device for tensor in tensors)}:
        if device.type != "cpu" and hasattr(getattr(torch, device.type, None), "get_rng_state"):
            indices.setdefault(device.type, set()).add(device.index or 0)
    with ExitStack() as stack:
        for kind, found in indices.items():
            fork = torch.random.fork_rng(devices=sorted(found), device_type=kind)
            stack.enter_context(fork)
        yield


def _tensors(network: Any) -> Iterator[Any]:
    """Yield the parameters and then the buffers of a module."""
    if is_torch_module(network):
        yield from chain(network.parameters(), network.buffers())
