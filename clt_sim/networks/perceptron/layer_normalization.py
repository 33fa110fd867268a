"""Layer normalization (Ba, Kiros & Hinton 2016): every input by the statistics of its units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_array, real_floats
from clt_sim.networks.perceptron.batch_normalization import EPSILON, standardize_batch_gradient

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LayerNormalization:
    """The normalization of one layer, the same in training and in inference.

    It is ``gamma * (z - mean) / sqrt(variance + 1e-5) + beta`` (Ba, Kiros & Hinton 2016,
    eq. 3 and 4), with mean and biased variance over the units of the layer, for each input.

    Parameters
    ----------
    gamma, beta : ndarray of floats, shape (units,)
        The learnt scale and shift; beta is stored in the dtype of `gamma`.

    Raises
    ------
    ValueError
        If the shapes differ or a number is not finite.

    Examples
    --------
    >>> normalization = LayerNormalization([1.0, 1.0], [0.0, 0.0])
    >>> normalization(np.array([[3.0, 5.0]])).round(4)
    array([[-1.,  1.]])
    """

    gamma: NDArray[np.floating] = field(repr=False)
    beta: NDArray[np.floating] = field(repr=False)

    def __post_init__(self) -> None:
        """Check the numbers and store them read-only."""
        gamma = finite_array("gamma", self.gamma, ndim=1)
        beta = finite_array("beta", self.beta, ndim=1, dtype=gamma.dtype)
        if beta.shape != gamma.shape:
            raise ValueError(f"beta must have shape {gamma.shape} as gamma has, not {beta.shape}.")
        object.__setattr__(self, "gamma", gamma)
        object.__setattr__(self, "beta", beta)

    def __call__(self, pre_activation: ArrayLike) -> NDArray[np.floating]:
        """Return the normalized pre-activation, in the shape (inputs, units) of the argument.

        Raises
        ------
        TypeError, ValueError
            If it is not made of real numbers, or not rows of as many units.
        """
        values = real_floats("pre_activation", pre_activation)
        if values.ndim != 2 or values.shape[1] != self.gamma.size:
            raise ValueError(
                f"pre_activation must be rows of {self.gamma.size} units, not of shape"
                f" {values.shape}."
            )
        standardized, _ = standardize_units(values)
        return np.asarray(self.gamma * standardized + self.beta)


def standardize_units(
    pre_activation: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Standardize every input by the mean and the biased variance over its units.

    Parameters
    ----------
    pre_activation : ndarray of floats, shape (inputs, units)
        The pre-activations.

    Returns
    -------
    standardized : ndarray of floats, shape (inputs, units)
        Mean 0 and variance 1 in each row, apart from epsilon.
    inverse_sd : ndarray of floats, shape (inputs,)
        ``1 / sqrt(variance + epsilon)``, for the gradient.
    """
    units = pre_activation.shape[1]
    centred = pre_activation - pre_activation.sum(axis=1, keepdims=True) / units
    variance = np.einsum("ij,ij->i", centred, centred) / units
    inverse_sd = 1 / np.sqrt(variance + EPSILON)
    centred *= inverse_sd[:, None]
    return centred, inverse_sd


def standardize_units_gradient(
    gradient: NDArray[np.floating],
    standardized: NDArray[np.floating],
    inverse_sd: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Return the gradient with respect to the argument of `standardize_units`.

    Parameters
    ----------
    gradient : ndarray of floats, shape (inputs, units)
        The gradient with respect to the standardized values.
    standardized, inverse_sd : ndarray of floats
        What `standardize_units` returned.
    """
    return standardize_batch_gradient(gradient.T, standardized.T, inverse_sd).T
