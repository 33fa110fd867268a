"""A fully connected network in NumPy, as it is used after training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim import nonlinearities
from clt_sim.networks.array_validation import finite_array
from clt_sim.networks.batch_normalization import BatchNormalization

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class DenseLayer:
    """The affine map of one layer, and its normalization.

    Parameters
    ----------
    weights : ndarray of floats, shape (fan_in, units)
        The matrix W, transposed: inputs are rows, so that ``Wu + b`` is ``u @ weights + bias``.
    bias : ndarray of floats, shape (units,)
        The vector b.
    normalization : BatchNormalization or None
        What is applied to ``Wu + b`` before the nonlinearity.

    Raises
    ------
    ValueError
        If shapes do not agree or a number is not finite.

    Examples
    --------
    >>> layer = DenseLayer([[1.0], [2.0]], [0.5])
    >>> layer.pre_activation(np.array([[1.0, 1.0]]))
    array([[3.5]])
    """

    weights: NDArray[np.floating] = field(repr=False)
    bias: NDArray[np.floating] = field(repr=False)
    normalization: BatchNormalization | None = None

    def __post_init__(self) -> None:
        """Check that the shapes agree and store the numbers read-only."""
        weights = finite_array("weights", self.weights, ndim=2)
        bias = finite_array("bias", self.bias, ndim=1, dtype=weights.dtype)
        units = weights.shape[1]
        if bias.size != units:
            raise ValueError(
                f"bias must have {units} numbers as weights have units, not {bias.size}."
            )
        if self.normalization is not None and self.normalization.gamma.size != units:
            raise ValueError(
                f"normalization must be of {units} units, not {self.normalization.gamma.size}."
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)

    def pre_activation(self, u: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return ``Wu + b``, shape (inputs, units), for `u` of shape (inputs, fan_in)."""
        return np.asarray(u @ self.weights + self.bias)


class LayerValues(NamedTuple):
    """What one layer computed, each of shape (inputs, its units)."""

    u: NDArray[np.floating]
    """The input of the affine map."""
    pre_activation: NDArray[np.floating]
    """``Wu + b``."""
    normalized: NDArray[np.floating] | None
    """``BN(Wu + b)``, or None where the layer has no normalization."""


@dataclass(frozen=True, slots=True, eq=False)
class MultilayerPerceptron:
    """A fully connected network with a softmax output.

    Each hidden layer computes ``phi(Wu + b)`` or, with batch normalization, ``phi(BN(Wu + b))``;
    the output layer is ``softmax(Wu + b)``. The network is the one of inference: batch
    normalization uses the statistics stored in it and not those of the inputs, so that the
    output for one input does not depend on the others.

    Parameters
    ----------
    layers : sequence of DenseLayer
        The layers in order, the last one for the output; all of one dtype.
    nonlinearity : Nonlinearity or str
        The function phi of the hidden layers.

    Raises
    ------
    ValueError
        If there is no layer, the shapes or dtypes of the layers do not agree, or the output
        layer has a normalization.

    Examples
    --------
    >>> hidden = DenseLayer([[1.0, -1.0]], [0.0, 0.0])
    >>> output = DenseLayer([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    >>> network = MultilayerPerceptron([hidden, output], "relu")
    >>> print(network)
    perceptron 1-2-2, relu
    >>> network.forward([[0.0]])
    array([[0.5, 0.5]])
    """

    layers: Sequence[DenseLayer] = field(repr=False)
    nonlinearity: nonlinearities.Nonlinearity

    def __init__(
        self, layers: Sequence[DenseLayer], nonlinearity: nonlinearities.Nonlinearity | str
    ) -> None:
        object.__setattr__(self, "layers", tuple(layers))
        object.__setattr__(self, "nonlinearity", nonlinearities.get(nonlinearity))
        _check_chain(self.layers)

    @property
    def widths(self) -> tuple[int, ...]:
        """The numbers of features, of units of each hidden layer, and of classes."""
        return (self.layers[0].weights.shape[0], *(layer.bias.size for layer in self.layers))

    @property
    def normalization(self) -> str | None:
        """``"batch"`` if the hidden layers are normalized, None if they are not."""
        return "batch" if self.layers[0].normalization is not None else None

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
        u = self.check_inputs(inputs)
        for layer in self.layers:
            last = pre_activation = layer.pre_activation(u)
            normalized = None
            if layer.normalization is not None:
                last = normalized = layer.normalization(pre_activation)
            yield LayerValues(u, pre_activation, normalized)
            if layer is not self.layers[-1]:
                u = self.nonlinearity(last)

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

    def loss(self, inputs: ArrayLike, labels: NDArray[np.int64]) -> float:
        """Return the mean cross-entropy ``-log p(label)``, in nats."""
        return cross_entropy(self.logits(inputs), labels)

    def accuracy(self, inputs: ArrayLike, labels: NDArray[np.int64]) -> float:
        """Return the share of inputs whose most probable class is the label, in [0, 1]."""
        return float(np.mean(self.logits(inputs).argmax(axis=1) == labels))

    def __str__(self) -> str:
        """Say the architecture in one line."""
        widths = "-".join(map(str, self.widths))
        normalization = f", {self.normalization} normalization" if self.normalization else ""
        return f"perceptron {widths}, {self.nonlinearity}{normalization}"


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the logarithms of the softmax of each row, without overflow."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the mean over the rows of ``-log softmax(logits)[label]``, in nats."""
    return -float(log_softmax(logits)[np.arange(len(labels)), labels].mean())


def _check_chain(layers: Sequence[DenseLayer]) -> None:
    if not layers:
        raise ValueError("layers must be at least one, the output layer.")
    if layers[-1].normalization is not None:
        raise ValueError("layers[-1] is the output layer and must have no normalization.")
    for i, (layer, following) in enumerate(zip(layers, layers[1:], strict=False), start=1):
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
