"""What is learnt in a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim._kernels.rows import aligned

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Parameters(NamedTuple):
    """What is learnt in one layer, or the gradient with respect to it.

    With batch normalization beta takes the place of b: the mean of the batch that is subtracted
    from ``Wu + b`` takes any b with it (Ioffe & Szegedy 2015, section 3.2). With layer
    normalization, too, there is only the shift after it (Ba, Kiros & Hinton 2016, eq. 4).
    """

    weights: NDArray[np.floating]
    """Shape (fan_in, units)."""
    shift: NDArray[np.floating]
    """The bias b or, with a normalization of ``Wu + b``, beta; shape (units,)."""
    gamma: NDArray[np.floating] | None = None
    """The scale of the normalization of ``Wu + b``, shape (units,), or None without."""
    input_gamma: NDArray[np.floating] | None = None
    """The scale of the batch normalization of u, shape (fan_in,), or None without."""
    input_beta: NDArray[np.floating] | None = None
    """The shift of the batch normalization of u, shape (fan_in,), or None without."""

    @property
    def arrays(self) -> list[NDArray[np.floating]]:
        """The arrays that are there, in the order of the fields."""
        return [array for array in self if array is not None]


def arrays_like(parameters: Sequence[Parameters]) -> list[Parameters]:
    """Return new arrays in the shapes of `parameters`, for their gradients."""
    return _with_arrays(parameters, (np.empty_like(array) for array in _all_arrays(parameters)))


def in_one_vector(
    parameters: Sequence[Parameters],
) -> tuple[NDArray[np.floating], list[Parameters]]:
    """Return the numbers of all layers one after the other, and the layers as views of them.

    What is done to all numbers is then done in one pass.

    Parameters
    ----------
    parameters : sequence of Parameters
        The layers, in one dtype. They are copied.

    Returns
    -------
    vector : ndarray of floats, shape (numbers,)
        All numbers.
    views : list of Parameters
        In the shapes of `parameters`.

    Examples
    --------
    >>> vector, views = in_one_vector([Parameters(np.zeros((2, 3)), np.ones(3))])
    >>> vector -= 1.0
    >>> views[0].shift
    array([0., 0., 0.])
    """
    arrays = _all_arrays(parameters)
    vector = aligned(sum(array.size for array in arrays), arrays[0].dtype)
    np.concatenate(arrays, axis=None, out=vector)
    pieces = np.split(vector, np.cumsum([array.size for array in arrays[:-1]]))
    shaped = (piece.reshape(array.shape) for piece, array in zip(pieces, arrays, strict=True))
    return vector, _with_arrays(parameters, shaped)


def _all_arrays(parameters: Sequence[Parameters]) -> list[NDArray[np.floating]]:
    return [array for layer in parameters for array in layer.arrays]


def _with_arrays(
    parameters: Sequence[Parameters], arrays: Iterator[NDArray[np.floating]]
) -> list[Parameters]:
    """Return layers with these arrays in the places of the ones that are there."""
    return [
        layer._replace(
            **{name: next(arrays) for name, old in layer._asdict().items() if old is not None}
        )
        for layer in parameters
    ]
