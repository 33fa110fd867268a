"""Recording of the layers of a network, whatever it was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clt_sim._validation import whole
from clt_sim.networks.onnx_files.adapter import OnnxAdapter
from clt_sim.networks.perceptron.adapter import PerceptronAdapter
from clt_sim.networks.pytorch.adapter import TorchAdapter
from clt_sim.networks.recording.collector import Collector
from clt_sim.networks.recording.numpy_adapter import NumpyAdapter

if TYPE_CHECKING:
    from clt_sim.networks.recording.adapter import Adapter
    from clt_sim.networks.recording.layer_record import LayerRecord

_ADAPTERS: tuple[Adapter, ...] = (
    PerceptronAdapter(),
    NumpyAdapter(),
    OnnxAdapter(),
    TorchAdapter(),
)


def record(
    network: Any,
    inputs: Any,
    *,
    every: int = 1,
    rows: int = 2000,
    units: int = 256,
    seed: int = 0,
    batch_size: int = 256,
) -> LayerRecord:
    """Record u, ``Wu + b`` and, where there is one, the normalised signal of every layer.

    The built-in network is used as in inference: batch normalization uses the statistics stored
    in it, not those of `inputs`. The signals of a layer are for the same rows. Memory does not
    grow with the number of inputs: statistics of all units are of all rows, and a uniform sample
    of rows is kept for measures of shape; the ensemble of a signal says how many of how many.

    Parameters
    ----------
    network : MultilayerPerceptron, list of (weights, biases, nonlinearity), path of an ONNX \
file, onnx.ModelProto, torch.nn.Module or function of tensors
        The network; it is not changed. In a list, weights have shape (fan_in, units), biases
        (units,), and a nonlinearity is a name, a `Nonlinearity`, a function of arrays or None.
        A PyTorch module stays in the mode that it is in, training or evaluation.
    inputs : array_like, mapping or tuple of arrays, or iterable of batches of these
        Inputs along the first axis; several arrays if the network takes several inputs. Batches,
        from an iterator or a ``DataLoader``, may have different sizes.
    every : int
        Use inputs 0, `every`, 2*`every`, ..., counted through all batches; at least 1.
    rows : int
        The most rows kept of a layer; at least 2.
    units : int
        The most units kept of a signal; at least 1.
    seed : int
        Decides which rows are kept, where there are more. Records of different seeds can be
        added; give each part of the inputs its own.
    batch_size : int
        The most inputs that are run at once where `inputs` is an array; at least 1.

    Returns
    -------
    LayerRecord
        The layers in order.

    Raises
    ------
    TypeError
        If networks of this type cannot be recorded, or the inputs are not real numbers.
    ValueError
        If the inputs do not fit the network or are none, no layer was found, or an argument is
        out of range.
    ModuleNotFoundError
        If the network needs an extra that is not installed; the message has the command.

    Examples
    --------
    >>> from clt_sim.networks import load_digits, train
    >>> network = train(nonlinearity="relu", normalization="batch", steps=100).network
    >>> layers = record(network, load_digits().test_inputs).layers
    >>> layers[1].normalized.ensemble
    'normalized of hidden 2, each of 100 units over 400 inputs'
    >>> bool(layers[1].pre_activation.values.min() < 0 <= layers[2].u.values.min())
    True
    """
    every = whole("every", every, least=1)
    batch_size = whole("batch_size", batch_size, least=1)
    collector = Collector(rows=rows, units=units, seed=seed)
    adapter = _adapter_of(network)
    settings = adapter.collect(network, inputs, collector, every=every, batch_size=batch_size)
    if settings.get("inputs_given") == 0:
        raise ValueError("inputs must be at least one; there are none.")
    return collector.record(**settings, every=every)


def _adapter_of(network: object) -> Adapter:
    for adapter in _ADAPTERS:
        if adapter.accepts(network):
            return adapter
    kinds = ", ".join(adapter.kind for adapter in _ADAPTERS)
    raise TypeError(
        f"network of type {type(network).__module__}.{type(network).__qualname__} cannot be"
        f" recorded; what can be recorded: {kinds}."
    )
