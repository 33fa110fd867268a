"""One layer of a network in inference: its affine map and its normalization."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from clt_sim._array_validation import finite_array

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.networks.batch_normalization import BatchNormalization


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
    >>> import numpy as np
    >>> layer = DenseLayer([[1.0], [2.0]], [0.5])
    >>> layer.values(np.array([[1.0, 1.0]])).pre_activation
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
        if self.normalization is not None:
            gamma = self.normalization.gamma
            if gamma.size != units or gamma.dtype != weights.dtype:
                raise ValueError(
                    f"normalization must be of {units} units in {weights.dtype} as the weights"
                    f" are, not of {gamma.size} in {gamma.dtype}."
                )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)

    def values(self, u: NDArray[np.floating]) -> LayerValues:
        """Compute the layer for `u` of shape (inputs, fan_in), up to the nonlinearity."""
        pre_activation = u @ self.weights + self.bias
        if self.normalization is None:
            return LayerValues(u, pre_activation, None)
        return LayerValues(u, pre_activation, self.normalization(pre_activation))


class LayerValues(NamedTuple):
    """What one layer computed, each of shape (inputs, its units)."""

    u: NDArray[np.floating]
    """The input of the affine map."""
    pre_activation: NDArray[np.floating]
    """``Wu + b``."""
    normalized: NDArray[np.floating] | None
    """``BN(Wu + b)``, or None where the layer has no normalization."""

    @property
    def argument(self) -> NDArray[np.floating]:
        """What the nonlinearity of the layer is applied to."""
        return self.pre_activation if self.normalized is None else self.normalized
