"""Whitening: draws with mean 0 and covariance I, and the refusal of a singular covariance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import qr

if TYPE_CHECKING:
    from numpy.typing import NDArray


def whiten(draws: NDArray[np.float64], *, precision: float, name: str = "x") -> NDArray[np.float64]:
    """Return draws with mean 0 and covariance matrix I (divisor n).

    Parameters
    ----------
    draws : ndarray of float64, shape (n, d)
        Finite numbers, ``n > d``.
    precision : float
        The relative rounding error of the draws, by which a direction counts as constant.
    name : str
        What the user calls the draws, for the message.

    Returns
    -------
    ndarray of float64, shape (n, d)
        Column k is a combination of the first k columns of the draws, the k-th with a positive
        coefficient.

    Raises
    ------
    ValueError
        If the covariance matrix is singular within the precision of the draws; the message says
        which columns to leave out.

    Examples
    --------
    >>> z = whiten(np.array([[0.0, 1.0], [0.0, 3.0], [2.0, 0.0], [4.0, 9.0]]), precision=2e-16)
    >>> bool(np.allclose(z.T @ z / 4, np.eye(2)) and np.allclose(z.mean(axis=0), 0.0))
    True
    """
    scaled, noise = _scaled(draws, precision)
    orthogonal, triangle = np.linalg.qr(scaled)
    _refuse_singular(triangle, 4.0 * math.sqrt(draws.shape[1]) * noise, name)
    return np.asarray(orthogonal * (math.sqrt(len(draws)) * np.sign(np.diag(triangle))))


def _scaled(draws: NDArray[np.float64], precision: float) -> tuple[NDArray[np.float64], float]:
    """Return centred columns of length 1 or, if constant, 0; and their greatest rounding error."""
    # By powers of two, which round nothing, so that squares neither overflow nor vanish.
    centred = np.ldexp(draws, -np.frexp(np.max(np.abs(draws), axis=0))[1])
    centred -= centred.mean(axis=0)
    centred -= centred.mean(axis=0)  # what rounding left of an offset
    centred[:, (draws == draws[0]).all(axis=0)] = 0.0
    length = np.linalg.norm(centred, axis=0)
    varies = length > 0.0
    rms = length[varies] / math.sqrt(len(draws))
    centred[:, varies] /= length[varies]
    return centred, precision / float(np.min(rms, initial=1.0))


def _refuse_singular(triangle: NDArray[np.float64], tolerance: float, name: str) -> None:
    dimensions = len(triangle)
    singular = np.linalg.svd(triangle, compute_uv=False)
    rank = int(np.count_nonzero(singular > tolerance))
    if rank == dimensions:
        return
    _, order = qr(triangle, mode="r", pivoting=True)
    surplus = sorted(int(column) for column in order[rank:])
    raise ValueError(
        f"x must have a covariance matrix of full rank; its rank is {rank} of {dimensions}."
        f" Columns {surplus} are constant or follow from the others: leave them out with"
        f" np.delete({name}, {surplus}, axis=1), or project on {rank} dimensions or fewer."
    )
