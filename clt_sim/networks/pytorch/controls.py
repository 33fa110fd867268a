"""PyTorch modules with other weights, for `clt_sim.networks.controls`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clt_sim.networks.pytorch.adapter import network_batches, run_batch
from clt_sim.networks.pytorch.devices import generators_put_back, refuse_without_values
from clt_sim.networks.pytorch.library import load_torch
from clt_sim.networks.pytorch.weights import stacked_parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CONVOLUTIONS = {f"Conv{kind}{axes}d" for kind in ("", "Transpose") for axes in (1, 2, 3)}
_RECURRENT = {f"{kind}{cell}" for kind in ("RNN", "LSTM", "GRU") for cell in ("", "Cell")}
_LAYERS = {"Linear", "Bilinear", "MultiheadAttention", *_CONVOLUTIONS, *_RECURRENT}
"""Modules whose parameters called weights are the W of ``Wu + b``."""
_PARTS_OF_WEIGHTS = ("_g", "_v", "_orig")
"""How parameters end that the older functions of torch.nn.utils compute a weight from."""


def torch_control(
    network: Any, change: Callable[[NDArray[np.float64]], NDArray[np.float64]], inputs: Any
) -> Any:
    """Return a deep copy of a module with its weights changed and its statistics renewed.

    Parameters
    ----------
    network : torch.nn.Module
        The module; it is not changed.
    change : callable
        Returns the new weights for those of one layer. Gates and projections that are stacked in
        one tensor are layers of their own, as they are in a record.
    inputs : what `record` takes, or None
        What statistics of batch normalization are to be computed over; None to keep them.

    Raises
    ------
    TypeError
        If the statistics of a ScriptModule are to be computed.
    ValueError
        If there are no weights, or one is computed from other parameters or on the meta device.
    """
    torch = load_torch()
    if inputs is not None and isinstance(network, torch.jit.ScriptModule):
        raise TypeError(
            "inputs must be None for a ScriptModule: the momentum of its statistics is fixed."
        )
    if not any(True for _ in _weights(network)):
        raise ValueError(
            f"{type(network).__name__} has no weights of linear, convolutional, recurrent or"
            " attention layers to change."
        )
    refuse_without_values(*(weight for weight, _ in _weights(network)))
    control = copy.deepcopy(network)
    with torch.no_grad():
        for weight, parts in _weights(control):
            for part in weight.chunk(parts) if parts > 1 else [weight]:
                changed = change(part.detach().cpu().double().numpy())
                part.copy_(torch.from_numpy(changed))
    if inputs is not None:
        _renew_statistics(control, inputs)
    return control


def _weights(network: Any) -> Iterator[tuple[Any, int]]:
    """Yield each weight once, and the number of layers that are stacked in it."""
    seen = set[int]()
    for name, module in network.named_modules():
        kind = getattr(module, "original_name", type(module).__name__)
        if not _LAYERS & {kind, *(base.__name__ for base in type(module).__mro__)}:
            continue
        own = [
            (local, parameter)
            for local, parameter in module.named_parameters(recurse=False)
            if "weight" in local and parameter.dim() > 1
        ]
        made = any(local.endswith(_PARTS_OF_WEIGHTS) for local, _ in own)
        if made or hasattr(module, "parametrizations"):
            raise ValueError(
                f"the weight of {name or kind} is computed from other parameters, as in weight or"
                " spectral normalization: remove the parametrization first."
            )
        for local, parameter in own:
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield parameter, len(stacked_parts(kind, local))


def _renew_statistics(network: Any, inputs: Any) -> None:
    """Put means and variances over `inputs` into batch normalizations, layer by layer."""
    torch = load_torch()
    norms = [
        module
        for module in network.modules()
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
        and module.running_mean is not None
    ]
    if not norms:
        return
    with _averaging(network, norms), torch.no_grad(), generators_put_back(network):
        for batch in network_batches(network, inputs):
            run_batch(network, batch)


@contextmanager
def _averaging(network: Any, norms: list[Any]) -> Iterator[None]:
    """Let normalizations average the statistics of batches, and everything else infer."""
    modes = [(module, module.training) for module in network.modules()]
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.train()
        norm.momentum = None  # a plain average: each batch counts the same
        norm.num_batches_tracked.zero_()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
