"""Passes over the values of a batch, one row for each input, in single or double precision.

Between two products of matrices the steps of a training are short sums and elementwise functions
of a few thousand numbers, of which NumPy would read and write each several times. Columns are
added up from the first row to the last. All arrays are contiguous.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels import elementary
from clt_sim._kernels.compilation import cached, prefer_wide_vectors, source_digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

_sigmoid = elementary.sigmoid


def sigmoid(
    values: NDArray[np.float32],
    shift: NDArray[np.float32] | None = None,
    scale: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return ``1/(1 + exp(-x))`` of each value; relative error below 4e-7 for x > -87.

    Of nan it is nan, so that a training that diverges is seen to. With a shift, or a scale too,
    one number for each column, x is ``scale * value + shift``.
    """
    result = np.empty_like(values)
    _write_sigmoid(values, shift, scale, result)
    return result


def times_sigmoid_derivative(
    gradient: NDArray[np.floating], value: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Multiply by ``s (1 - s)``, the derivative of the sigmoid where its value is s, in place."""
    _times_sigmoid_derivative(gradient, value)
    return gradient


def sigmoid_derivative_sums(
    gradient: NDArray[np.floating], value: NDArray[np.floating], total: NDArray[np.floating]
) -> None:
    """Do as `times_sigmoid_derivative`, and put the sum of each column into `total`."""
    _sigmoid_derivative_sums(gradient, value, total)


def add_to_rows(values: NDArray[np.floating], shift: NDArray[np.floating]) -> None:
    """Add one number to each column, in place."""
    _add_to_rows(values, shift)


def column_sums(
    values: NDArray[np.floating], out: NDArray[np.floating] | None = None
) -> NDArray[np.floating]:
    """Return the sum of each column, in `out` if that is given."""
    total = np.empty(values.shape[1], values.dtype) if out is None else out
    _add_rows(values, total)
    return total


def softmax_loss_gradient(
    logits: NDArray[np.floating], labels: NDArray[np.int64], scale: float
) -> float:
    """Return the mean cross-entropy in nats, and put its gradient in the place of the logits.

    Parameters
    ----------
    logits : ndarray of floats, shape (batch, classes)
        Overwritten by `scale` times the derivatives with respect to them.
    labels : ndarray of int64, shape (batch,)
        The classes, from 0 on.
    scale : float
        Factor of the gradient.
    """
    return float(_softmax_loss_gradient(logits, labels, scale / len(logits)))


def standardize_columns(
    values: NDArray[np.floating], epsilon: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return values of mean 0 and variance 1 in each column, and the factors to it.

    Parameters
    ----------
    values : ndarray of floats, shape (batch, units)
        Left as they are.
    epsilon : float
        Added to the biased variances.

    Returns
    -------
    standardized : ndarray of floats, shape (batch, units)
        The values less the mean of their column, times its factor.
    inverse_sd : ndarray of floats, shape (units,)
        ``1/sqrt(variance + epsilon)``.
    """
    standardized = np.empty_like(values)
    mean, inverse_sd = np.zeros((2, values.shape[1]), values.dtype)
    _standardize_columns(values, values.dtype.type(epsilon), mean, standardized, inverse_sd)
    return standardized, inverse_sd


def scale_and_shift(
    values: NDArray[np.floating], gamma: NDArray[np.floating], beta: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return ``gamma * values + beta``, with one gamma and one beta for each column."""
    result = np.empty_like(values)
    _scale_and_shift(values, gamma, beta, result)
    return result


def standardization_gradients(
    gradient: NDArray[np.floating],
    gamma: NDArray[np.floating],
    standardized: NDArray[np.floating],
    inverse_sd: NDArray[np.floating],
    out: tuple[NDArray[np.floating], NDArray[np.floating]] | None = None,
    value: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """Return the gradients behind ``gamma * standardized + beta``, which `gradient` is before.

    Parameters
    ----------
    gradient : ndarray of floats, shape (batch, units)
        With respect to the values that were scaled and shifted. Left as it is.
    gamma : ndarray of floats, shape (units,)
        The scale.
    standardized, inverse_sd : ndarray of floats
        What `standardize_columns` returned.
    out : tuple of two ndarrays of floats, shape (units,), or None
        Where `along` and `total` are written to; None for new arrays.
    value : ndarray of floats, shape (batch, units), or None
        The sigmoid of the values that were scaled and shifted, if it is this that `gradient`
        is with respect to.

    Returns
    -------
    result : ndarray of floats, shape (batch, units)
        With respect to the argument of `standardize_columns`.
    along, total : ndarray of floats, shape (units,)
        With respect to gamma and beta.
    """
    result = np.empty_like(gradient)
    along, total = np.empty((2, gamma.size), gradient.dtype) if out is None else out
    work = np.empty((2, gamma.size), gradient.dtype)
    _standardization_gradients(
        gradient, value, gamma, standardized, inverse_sd, along, total, work, result
    )
    return result, along, total


def _compiled_sigmoid(digest: int) -> Any:
    @cached
    def write_sigmoid(values: Any, shift: Any, scale: Any, result: Any) -> int:
        prefer_wide_vectors()
        for i in range(values.shape[0]):
            for j in range(values.shape[1]):
                x = values[i, j]
                if scale is not None:
                    x = scale[j] * x
                if shift is not None:
                    x = x + shift[j]
                result[i, j] = _sigmoid(x) if x == x else x  # noqa: PLR0124 - nan stays nan
        return digest

    return write_sigmoid


_write_sigmoid = _compiled_sigmoid(source_digest())


@cached
def _sigmoid_derivative_sums(gradient: Any, value: Any, total: Any) -> None:
    prefer_wide_vectors()
    for j in range(gradient.shape[1]):
        total[j] = 0.0
    for i in range(gradient.shape[0]):
        for j in range(gradient.shape[1]):
            slope = gradient[i, j] * (value[i, j] - value[i, j] * value[i, j])
            gradient[i, j] = slope
            total[j] += slope


@cached
def _times_sigmoid_derivative(gradient: Any, value: Any) -> None:
    prefer_wide_vectors()
    for i in range(gradient.shape[0]):
        for j in range(gradient.shape[1]):
            gradient[i, j] *= value[i, j] - value[i, j] * value[i, j]


@cached
def _add_to_rows(values: Any, shift: Any) -> None:
    prefer_wide_vectors()
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] += shift[j]


@cached
def _add_rows(values: Any, total: Any) -> None:
    prefer_wide_vectors()
    for j in range(values.shape[1]):
        total[j] = 0.0
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            total[j] += values[i, j]


@cached
def _softmax_loss_gradient(logits: Any, labels: Any, scale: Any) -> Any:
    loss = 0.0
    for i in range(logits.shape[0]):
        row, label = logits[i], labels[i]
        largest = row[0]
        for j in range(1, row.size):
            largest = row[j] if row[j] > largest else largest
        right = np.float64(row[label] - largest)
        total = 0.0
        for j in range(row.size):
            row[j] = math.exp(row[j] - largest)
            total += row[j]
        loss += math.log(total) - right
        for j in range(row.size):
            row[j] *= scale / total
        row[label] -= scale
    return loss / logits.shape[0]


@cached
def _standardize_columns(
    values: Any, epsilon: Any, mean: Any, standardized: Any, inverse_sd: Any
) -> None:
    prefer_wide_vectors()
    batch, units = values.shape
    one = values.dtype.type(1.0)
    count = values.dtype.type(batch)
    for i in range(batch):
        for j in range(units):
            mean[j] += values[i, j]
    for j in range(units):
        mean[j] /= count
    for i in range(batch):
        for j in range(units):
            centred = values[i, j] - mean[j]
            standardized[i, j] = centred
            inverse_sd[j] += centred * centred
    for j in range(units):
        inverse_sd[j] = one / math.sqrt(inverse_sd[j] / count + epsilon)
    for i in range(batch):
        for j in range(units):
            standardized[i, j] *= inverse_sd[j]


@cached
def _scale_and_shift(values: Any, gamma: Any, beta: Any, result: Any) -> None:
    prefer_wide_vectors()
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            result[i, j] = gamma[j] * values[i, j] + beta[j]


@cached
def _standardization_gradients(
    gradient: Any,
    value: Any,
    gamma: Any,
    standardized: Any,
    inverse_sd: Any,
    along: Any,
    total: Any,
    work: Any,
    result: Any,
) -> None:
    prefer_wide_vectors()
    batch, units = gradient.shape
    count = gradient.dtype.type(batch)
    share, offset = work[0], work[1]
    for j in range(units):
        along[j] = 0.0
        total[j] = 0.0
    for i in range(batch):
        for j in range(units):
            slope = gradient[i, j]
            if value is not None:
                slope *= value[i, j] - value[i, j] * value[i, j]
            result[i, j] = slope
            along[j] += slope * standardized[i, j]
            total[j] += slope
    for j in range(units):
        share[j] = along[j] / count
        offset[j] = total[j] / count
    for i in range(batch):
        for j in range(units):
            removed = standardized[i, j] * share[j] + offset[j]
            result[i, j] = (result[i, j] - removed) * (gamma[j] * inverse_sd[j])
