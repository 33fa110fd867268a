"""Recording of the layers of a network, whatever it was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clt_sim._validation import whole
from clt_sim.networks.perceptron_adapter import PerceptronAdapter

if TYPE_CHECKING:
    from clt_sim.networks.adapter import Adapter
    from clt_sim.networks.layer_record import LayerRecord

_ADAPTERS: tuple[Adapter, ...] = (PerceptronAdapter(),)


def record(network: Any, inputs: Any, *, every: int = 1) -> LayerRecord:
    """Record u, ``Wu + b`` and, where there is one, ``BN(Wu + b)`` of every layer.

    The network is used as in inference: batch normalization uses the statistics stored in it,
    not those of `inputs`. All signals are for the same inputs.

    Parameters
    ----------
    network : MultilayerPerceptron
        The network; it is not changed.
    inputs : array_like, shape (inputs, features)
        Finite numbers, one input a row.
    every : int
        Keep rows 0, `every`, 2*`every`, ...; at least 1. The record says so.

    Returns
    -------
    LayerRecord
        The hidden layers in order, and the output layer.

    Raises
    ------
    TypeError
        If networks of this type cannot be recorded, or the inputs are not real numbers.
    ValueError
        If the inputs do not fit the network or are not finite, or `every` is out of range.

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
    for adapter in _ADAPTERS:
        if adapter.accepts(network):
            return adapter.record(network, inputs, every)
    kinds = ", ".join(adapter.kind for adapter in _ADAPTERS)
    raise TypeError(
        f"network of type {type(network).__module__}.{type(network).__qualname__} cannot be"
        f" recorded; what can be recorded: {kinds}."
    )
