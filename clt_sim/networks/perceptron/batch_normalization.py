"""Batch normalization (Ioffe & Szegedy 2015), in training and in inference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPSILON = 1e-5
"""Added to variances before the square root, in training and in inference."""


@dataclass(frozen=True, slots=True, eq=False)
class BatchNormalization:
    """The normalization of one layer in inference: an affine map of every unit.

    It is ``gamma * (z - mean) / sqrt(variance + 1e-5) + beta`` (Ioffe & Szegedy 2015,
    Algorithm 2, line 11) with statistics of the population, not of the inputs it is applied to.

    Parameters
    ----------
    gamma, beta : ndarray of floats, shape (units,)
        The learnt scale and shift.
    mean, variance : ndarray of floats, shape (units,)
        Mean and variance of the pre-activation over the training set; variance at least 0.
        All are stored in the dtype of `gamma`.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite or a variance is below 0.

    Examples
    --------
    >>> normalization = BatchNormalization([1.0], [0.0], [3.0], [4.0])
    >>> normalization(np.array([[5.0]])).round(4)
    array([[1.]])
    """

    gamma: NDArray[np.floating] = field(repr=False)
    beta: NDArray[np.floating] = field(repr=False)
    mean: NDArray[np.floating] = field(repr=False)
    variance: NDArray[np.floating] = field(repr=False)

    def __post_init__(self) -> None:
        """Check the numbers and store them read-only."""
        for name in ("gamma", "beta", "mean", "variance"):
            dtype = None if name == "gamma" else self.gamma.dtype
            array = finite_array(name, getattr(self, name), ndim=1, dtype=dtype)
            object.__setattr__(self, name, array)
            if array.shape != self.gamma.shape:
                raise ValueError(
                    f"{name} must have shape {self.gamma.shape} as gamma has, not {array.shape}."
                )
        if self.variance.min() < 0.0:
            raise ValueError(f"variance must be at least 0, not {self.variance.min()}.")

    def __call__(self, pre_activation: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the normalized pre-activation, in the shape (inputs, units) of the argument."""
        normalized = np.asarray(pre_activation - self.mean)
        normalized /= np.sqrt(self.variance + EPSILON)
        normalized *= self.gamma
        normalized += self.beta
        return normalized


def standardize_batch(
    pre_activation: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Standardize every unit by the mean and the biased variance of the batch.

    Ioffe & Szegedy 2015, Algorithm 1, without its last line.

    Parameters
    ----------
    pre_activation : ndarray of floats, shape (batch, units)
        The pre-activations of a batch.

    Returns
    -------
    standardized : ndarray of floats, shape (batch, units)
        Mean 0 and variance 1, apart from epsilon.
    inverse_sd : ndarray of floats, shape (units,)
        ``1 / sqrt(variance + epsilon)``, for the gradient.
    """
    from clt_sim._array_kernels.batches import standardize_columns

    return standardize_columns(np.ascontiguousarray(pre_activation), EPSILON)


def standardize_batch_gradient(
    gradient: NDArray[np.floating],
    standardized: NDArray[np.floating],
    inverse_sd: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Return the gradient with respect to the pre-activation.

    The three derivatives of Ioffe & Szegedy 2015, section 3, put together: the gradient loses
    its mean and its component along the standardized values.

    Parameters
    ----------
    gradient : ndarray of floats, shape (batch, units)
        The gradient with respect to the standardized values.
    standardized, inverse_sd : ndarray of floats
        What `standardize_batch` returned.

    Returns
    -------
    ndarray of floats, shape (batch, units)
        The gradient with respect to the argument of `standardize_batch`.
    """
    batch = len(gradient)
    along = np.einsum("ij,ij->j", gradient, standardized) / batch
    result = gradient - gradient.sum(axis=0) / batch
    result -= standardized * along
    result *= inverse_sd
    return np.asarray(result)
