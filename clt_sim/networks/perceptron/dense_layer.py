"""One layer of a network in inference: its affine map and its normalizations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from clt_sim._array_validation import finite_array

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.networks.perceptron.batch_normalization import BatchNormalization
    from clt_sim.networks.perceptron.layer_normalization import LayerNormalization


@dataclass(frozen=True, slots=True, eq=False)
class DenseLayer:
    """The affine map of one layer, and its normalizations.

    Parameters
    ----------
    weights : ndarray of floats, shape (fan_in, units)
        The matrix W, transposed: inputs are rows, so that ``Wu + b`` is ``u @ weights + bias``.
    bias : ndarray of floats, shape (units,)
        The vector b.
    normalization : BatchNormalization, LayerNormalization or None
        What is applied to ``Wu + b`` before the nonlinearity.
    input_normalization : BatchNormalization or None
        What is applied to u before the affine map, which then is ``W BN(u) + b``.

    Raises
    ------
    ValueError
        If shapes do not agree or a number is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> layer = DenseLayer([[1.0], [2.0]], [0.5])
    >>> layer.values(np.array([[1.0, 1.0]])).pre_activation
    array([[3.5]])
    """

    weights: NDArray[np.floating] = field(repr=False)
    bias: NDArray[np.floating] = field(repr=False)
    normalization: BatchNormalization | LayerNormalization | None = None
    input_normalization: BatchNormalization | None = None

    def __post_init__(self) -> None:
        """Check that the shapes agree and store the numbers read-only."""
        weights = finite_array("weights", self.weights, ndim=2)
        bias = finite_array("bias", self.bias, ndim=1, dtype=weights.dtype)
        fan_in, units = weights.shape
        if bias.size != units:
            raise ValueError(
                f"bias must have {units} numbers as weights have units, not {bias.size}."
            )
        for name, size in (("normalization", units), ("input_normalization", fan_in)):
            self._check_normalization(name, size, weights.dtype)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)

    def _check_normalization(self, name: str, size: int, dtype: np.dtype[np.floating]) -> None:
        normalization = getattr(self, name)
        if normalization is None:
            return
        gamma = normalization.gamma
        if gamma.size != size or gamma.dtype != dtype:
            raise ValueError(
                f"{name} must be of {size} units in {dtype} as the weights are, not of"
                f" {gamma.size} in {gamma.dtype}."
            )

    def values(self, u: NDArray[np.floating]) -> LayerValues:
        """Compute the layer for `u` of shape (inputs, fan_in), up to the nonlinearity."""
        normalized_u = None if self.input_normalization is None else self.input_normalization(u)
        pre_activation = (u if normalized_u is None else normalized_u) @ self.weights
        pre_activation += self.bias
        normalized = None if self.normalization is None else self.normalization(pre_activation)
        return LayerValues(u, pre_activation, normalized, normalized_u)


class LayerValues(NamedTuple):
    """What one layer computed, a row for each input."""

    u: NDArray[np.floating]
    """The input of the layer, shape (inputs, fan_in)."""
    pre_activation: NDArray[np.floating]
    """``Wu + b``, or ``W BN(u) + b``; shape (inputs, units)."""
    normalized: NDArray[np.floating] | None
    """``BN(Wu + b)`` or ``LN(Wu + b)``, or None where there is no such normalization."""
    normalized_u: NDArray[np.floating] | None = None
    """``BN(u)``, or None where u is not normalized."""

    @property
    def argument(self) -> NDArray[np.floating]:
        """What the nonlinearity of the layer is applied to."""
        return self.pre_activation if self.normalized is None else self.normalized
