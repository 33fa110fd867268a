"""A fully connected network in NumPy, as it is used after training."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import nonlinearities
from clt_sim._array_validation import class_labels, finite_array
from clt_sim._validation import checked_row, shown
from clt_sim.networks.perceptron.activation import activation
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.perceptron.layer_normalization import LayerNormalization
from clt_sim.networks.perceptron.softmax import cross_entropy, log_softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.networks.perceptron.dense_layer import LayerValues


@dataclass(frozen=True, slots=True, eq=False)
class MultilayerPerceptron:
    """A fully connected network with a softmax output.

    Each hidden layer computes ``phi(Wu + b)`` or, with a normalization, ``phi(BN(Wu + b))`` or
    ``phi(LN(Wu + b))``; the output layer is ``softmax(Wu + b)``. With batch normalization of u,
    the layers take BN(u) for u. The network is the one of inference: batch
    normalization uses the statistics stored in it and not those of the inputs, so that the
    output for one input does not depend on the others.

    Parameters
    ----------
    layers : sequence of DenseLayer
        The layers in order, the last one for the output; all of one dtype. All hidden layers
        have the same kind of normalization or none.
    nonlinearity : Nonlinearity or str
        The function phi of the hidden layers.

    Raises
    ------
    ValueError
        If there is no layer, the shapes or dtypes of the layers do not agree, the output layer
        has a normalization, or the hidden layers have different ones.

    Examples
    --------
    >>> from clt_sim.networks.perceptron.dense_layer import DenseLayer
    >>> hidden = DenseLayer([[1.0, -1.0]], [0.0, 0.0])
    >>> output = DenseLayer([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    >>> network = MultilayerPerceptron([hidden, output], "relu")
    >>> print(network)
    perceptron 1-2-2, relu
    >>> network.forward([[0.0]])
    array([[0.5, 0.5]])
    """

    layers: tuple[DenseLayer, ...] = field(repr=False)
    nonlinearity: nonlinearities.Nonlinearity

    def __init__(
        self, layers: Sequence[DenseLayer], nonlinearity: nonlinearities.Nonlinearity | str
    ) -> None:
        checked = checked_row("layers", layers)
        for layer in checked:
            if not isinstance(layer, DenseLayer):
                raise TypeError(f"each of layers must be a DenseLayer, not {shown(layer)}.")
        object.__setattr__(self, "layers", checked)
        object.__setattr__(self, "nonlinearity", nonlinearities.get(nonlinearity))
        _check_chain(self.layers)

    @property
    def widths(self) -> tuple[int, ...]:
        """The numbers of features, of units of each hidden layer, and of classes."""
        return (self.layers[0].weights.shape[0], *(layer.bias.size for layer in self.layers))

    @property
    def normalization(self) -> str | None:
        """What is normalized, None if nothing is.

        ``"batch"`` or ``"layer"`` normalization of ``Wu + b``, ``"batch-u"``: batch
        normalization of u, or ``"batch-both"``.
        """
        own = _kind(self.layers[0])
        of_u = any(layer.input_normalization is not None for layer in self.layers)
        if not of_u:
            return own
        return "batch-u" if own is None else "batch-both"

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The dtype of the parameters and of everything computed."""
        return self.layers[0].weights.dtype

    def check_inputs(self, inputs: ArrayLike) -> NDArray[np.floating]:
        """Return `inputs` in the dtype of the network, or raise if they do not fit it.

        Parameters
        ----------
        inputs : array_like, shape (inputs, features)
            Finite numbers, one input a row.

        Returns
        -------
        ndarray of floats, shape (inputs, features)
            A read-only copy.

        Raises
        ------
        TypeError
            If `inputs` are not real numbers.
        ValueError
            If they are not finite or not rows of as many features as the network takes.
        """
        rows = finite_array("inputs", inputs, ndim=2, dtype=self.dtype)
        if rows.shape[1] != self.widths[0]:
            raise ValueError(
                f"inputs must have {self.widths[0]} features for {self}, not {rows.shape[1]}."
            )
        return rows

    def propagate(self, inputs: ArrayLike) -> Iterator[LayerValues]:
        """Compute the layers one after the other.

        Parameters
        ----------
        inputs : array_like, shape (inputs, features)
            Finite numbers, one input a row.

        Yields
        ------
        LayerValues
            New arrays for each layer, none of which is changed later.

        Raises
        ------
        TypeError, ValueError
            As `check_inputs` does.
        """
        rows = self.check_inputs(inputs)
        values: LayerValues | None = None
        for layer in self.layers:
            u = rows if values is None else activation(self.nonlinearity, values.argument)
            values = layer.values(u)
            yield values

    def logits(self, inputs: ArrayLike) -> NDArray[np.floating]:
        """Return the pre-activations of the output layer, shape (inputs, classes)."""
        *_, output = self.propagate(inputs)
        return output.pre_activation

    def forward(self, inputs: ArrayLike) -> NDArray[np.floating]:
        """Return the softmax output.

        Parameters
        ----------
        inputs : array_like, shape (inputs, features)
            Finite numbers, one input a row.

        Returns
        -------
        ndarray of floats, shape (inputs, classes)
            Probabilities; each row adds up to 1.

        Raises
        ------
        TypeError, ValueError
            As `check_inputs` does.
        """
        return np.asarray(np.exp(log_softmax(self.logits(inputs))))

    def loss(self, inputs: ArrayLike, labels: ArrayLike) -> float:
        """Return the mean cross-entropy ``-log p(label)``, in nats.

        Parameters
        ----------
        inputs : array_like, shape (inputs, features)
            Finite numbers, one input a row.
        labels : array_like of int, shape (inputs,)
            The classes, from 0 on.

        Returns
        -------
        float
            The loss.

        Raises
        ------
        TypeError, ValueError
            If inputs or labels do not fit the network or each other.
        """
        rows = self.check_inputs(inputs)
        return cross_entropy(self.logits(rows), self._check_labels(labels, rows))

    def accuracy(self, inputs: ArrayLike, labels: ArrayLike) -> float:
        """Return the share of inputs whose most probable class is the label.

        Parameters
        ----------
        inputs, labels
            As for `loss`.

        Returns
        -------
        float
            In [0, 1].

        Raises
        ------
        TypeError, ValueError
            As `loss` does.
        """
        rows = self.check_inputs(inputs)
        right = self.logits(rows).argmax(axis=1) == self._check_labels(labels, rows)
        return float(right.mean())

    def _check_labels(self, labels: ArrayLike, rows: NDArray[np.floating]) -> NDArray[np.int64]:
        return class_labels("labels", labels, rows=len(rows), classes=self.widths[-1])

    def __str__(self) -> str:
        """Say the architecture in one line."""
        widths = "-".join(map(str, self.widths))
        normalization = f", {self.normalization} normalization" if self.normalization else ""
        return f"perceptron {widths}, {self.nonlinearity}{normalization}"


def _kind(layer: DenseLayer) -> str | None:
    """Return the kind of normalization of ``Wu + b``."""
    if layer.normalization is None:
        return None
    return "layer" if isinstance(layer.normalization, LayerNormalization) else "batch"


def _check_chain(layers: Sequence[DenseLayer]) -> None:
    if not layers:
        raise ValueError("layers must be at least one, the output layer.")
    if layers[-1].normalization is not None:
        raise ValueError("layers[-1] is the output layer and must have no normalization.")
    kinds = {_kind(layer) for layer in layers[:-1]}
    if len(kinds) > 1:
        raise ValueError("layers must have one kind of normalization in all hidden layers or none.")
    if "layer" in kinds and any(layer.input_normalization is not None for layer in layers):
        raise ValueError("layers must not have layer normalization and a normalization of u.")
    for i, (layer, following) in enumerate(itertools.pairwise(layers), start=1):
        if following.weights.shape[0] != layer.bias.size:
            raise ValueError(
                f"layers[{i}] must take {layer.bias.size} inputs, the units of the layer before"
                f" it, not {following.weights.shape[0]}."
            )
        if following.weights.dtype != layer.weights.dtype:
            raise ValueError(
                f"layers[{i}] must be {layer.weights.dtype} as the layer before it, not"
                f" {following.weights.dtype}."
            )
