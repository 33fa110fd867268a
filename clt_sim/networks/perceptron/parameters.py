"""What is learnt in a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
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
