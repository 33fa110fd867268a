"""The nonlinearity of a layer, in training and in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clt_sim.nonlinearities import Nonlinearity, Sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray


def activation(nonlinearity: Nonlinearity, argument: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return phi of the argument; the sigmoid of single precision by a kernel.

    Parameters
    ----------
    nonlinearity : Nonlinearity
        The function phi.
    argument : ndarray of floats, shape (inputs, units)
        What it is applied to.

    Examples
    --------
    >>> activation(Sigmoid(), np.array([[0.0, 1.0]], np.float32)).round(4)
    array([[0.5   , 0.7311]], dtype=float32)
    """
    if type(nonlinearity) is not Sigmoid or argument.dtype != np.float32:
        return nonlinearity(argument)
    from clt_sim._array_kernels.batches import sigmoid

    return sigmoid(argument)
