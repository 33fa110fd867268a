"""Recording of PyTorch networks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim.networks.pytorch.capture import TorchCapture
from clt_sim.networks.pytorch.devices import (
    device_of,
    first_tensor,
    generators_put_back,
    refuse_without_values,
)
from clt_sim.networks.pytorch.library import is_torch_function, is_torch_module, load_torch
from clt_sim.networks.recording.adapter import Adapter
from clt_sim.networks.recording.input_batches import InputBatches

if TYPE_CHECKING:
    from clt_sim.networks.recording.collector import Collector


class TorchAdapter(Adapter):
    """Records any PyTorch module, scripted or not, or a function of tensors.

    The module stays in the mode that it is in, training or evaluation. Its buffers and the states
    of the generators of random numbers are put back after the last batch, also after an error.
    """

    __slots__ = ()

    kind: ClassVar[str] = "torch.nn.Module or a function of torch tensors"

    def accepts(self, network: object) -> bool:
        """Return whether it is a module or a function, in a program that uses torch."""
        return is_torch_module(network) or is_torch_function(network)

    def collect(
        self, network: Any, inputs: Any, collector: Collector, *, every: int, batch_size: int
    ) -> dict[str, Any]:
        """Add the layers that products and convolutions of data with weights are.

        A batch that is a list, as a ``DataLoader`` gives, begins with the inputs; the rest, such
        as labels, is left out. A tuple has the arguments of the network, a mapping its keywords.
        Arrays of floats become tensors of the type of the parameters; everything goes to the
        device of the first parameter or buffer. For a function, arrays go to the default device.

        Raises
        ------
        ValueError
            If the network is on the meta device, or no layer was found.
        """
        torch = load_torch()
        refuse_without_values(first_tensor(network))
        capture = TorchCapture(network, collector.add)
        batches = InputBatches(_without_labels(inputs), every=every, batch_size=batch_size)
        with _left_as_it_was(network, inputs), torch.no_grad():
            for batch in batches:
                _follow(network, capture, _as_tensors(batch, network))
        if not capture.layers and batches.given:
            raise ValueError(capture.nothing_found())
        settings = {"network": network_name(network), "inputs_given": batches.given}
        if is_torch_module(network):
            settings["mode"] = "training" if network.training else "evaluation"
        return {**settings, **capture.settings}


def network_name(network: Any) -> str:
    """Return the name of the class of a module, or of a function."""
    name = getattr(network, "original_name", None) or getattr(network, "__name__", None)
    return str(name or type(network).__name__)


def network_batches(network: Any, inputs: Any) -> Iterator[Any]:
    """Yield all inputs as tensors for a module: arrays as one batch, batches as they come.

    Parameters
    ----------
    network : torch.nn.Module
        The module, which decides the type and the device.
    inputs : array_like, mapping or tuple of arrays, or iterable of batches of these
        As for `record`.
    """
    batches = InputBatches(_without_labels(inputs), every=1, batch_size=sys.maxsize)
    return (_as_tensors(batch, network) for batch in batches)


def run_batch(network: Any, batch: Any) -> None:
    """Call a network with a batch: a tuple of its arguments, a mapping of keywords, or a tensor."""
    args, kwargs = _arguments(batch)
    network(*args, **kwargs)


def _arguments(batch: Any) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    if isinstance(batch, Mapping):
        return (), batch
    return (batch if isinstance(batch, tuple) else (batch,)), {}


def _follow(network: Any, capture: TorchCapture, batch: Any) -> None:
    """Follow the network through one batch."""
    capture.begin(_arguments(batch))
    keep = False
    try:
        run_batch(network, batch)
        keep = True
    finally:
        capture.end(keep=keep)


def _without_labels(inputs: Any) -> Any:
    """Return batches that are lists as their first entries, arrays as they are."""
    if isinstance(inputs, Mapping | tuple | list | str) or hasattr(inputs, "shape"):
        return inputs
    if not isinstance(inputs, Iterable):
        return inputs
    return (batch[0] if isinstance(batch, list) and len(batch) else batch for batch in inputs)


def _as_tensors(batch: Any, network: Any) -> Any:
    if isinstance(batch, Mapping):
        return {name: _as_tensor(array, network) for name, array in batch.items()}
    if isinstance(batch, tuple):
        return tuple(_as_tensor(array, network) for array in batch)
    return _as_tensor(batch, network)


def _as_tensor(array: Any, network: Any) -> Any:
    torch, like = load_torch(), first_tensor(network)
    if isinstance(array, torch.Tensor):
        return array if like is None else array.to(like.device)
    # A copy: a module that writes into its input must not change the data.
    tensor = torch.from_numpy(np.array(array, order="C"))
    if tensor.is_floating_point():
        has_type = like is not None and (like.is_floating_point() or like.is_complex())
        tensor = tensor.to(like.dtype if has_type else torch.get_default_dtype())
    return tensor.to(device_of(network))


@contextmanager
def _left_as_it_was(network: Any, inputs: Any) -> Iterator[None]:
    """Put buffers and generators back, whatever happens in between."""
    torch = load_torch()
    buffers = network.buffers() if is_torch_module(network) else ()
    buffers = [buffer for buffer in buffers if not buffer.is_meta]
    saved = [buffer.detach().clone() for buffer in buffers]
    with generators_put_back(network, inputs):
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, before in zip(buffers, saved, strict=True):
                    if not torch.equal(buffer, before):
                        buffer.copy_(before)
