"""The softmax output and its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the logarithms of the softmax of each row, without overflow, in the same shape."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the mean of ``-log softmax(logits)[label]`` over rows, in nats.

    Parameters
    ----------
    logits : ndarray, shape (rows, classes)
        The outputs before the softmax.
    labels : ndarray of int64, shape (rows,)
        The class of each row, from 0.
    """
    return -float(log_softmax(logits)[np.arange(len(labels)), labels].mean())
