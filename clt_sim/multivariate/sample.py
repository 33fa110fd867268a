"""Draws of a vector, as they are and whitened."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MultivariateSample:
    """An empirical law of n independent draws of a vector of dimension d.

    Parameters
    ----------
    raw : ndarray of float64, shape (n, d)
        The draws.
    whitened : ndarray of float64, shape (n, d)
        The draws with mean 0 and covariance I (divisor n), by a lower triangular matrix with a
        positive diagonal: the first whitened variable is the first variable standardised.
    standardized : bool
        Whether the whitened draws are compared with N(0, I), or the raw ones.
    """

    raw: NDArray[np.float64]
    whitened: NDArray[np.float64]
    standardized: bool

    @property
    def values(self) -> NDArray[np.float64]:
        """The draws that are compared with N(0, I)."""
        return self.whitened if self.standardized else self.raw

    def standardize(self) -> MultivariateSample:
        """Return the sample whose whitened draws are compared."""
        return dataclasses.replace(self, standardized=True)

    def stderr(self, influence: NDArray[np.float64], gradient: NDArray[np.float64]) -> float:
        """Return the standard error ``sqrt(sum of squared influence)/n``.

        Of whitened values it has the effect of the estimated mean and covariance matrix. To first
        order a draw z moves the mean by z, and the covariance matrix by ``M = z z' - I``, which
        moves the whitening matrix from I to ``I - B``, where B is the part of M below the diagonal
        and half its diagonal (the derivative of a Cholesky factor). All draws y then move by
        ``-(z + B y)``, and the functional by the mean of that along its gradient.

        Parameters
        ----------
        influence : ndarray, shape (n,)
            Influence function at the draws, mean and covariance matrix known.
        gradient : ndarray, shape (n, d)
            Its gradient at the draws.
        """
        if self.standardized:
            influence = influence + self._fitted(gradient)
        return math.sqrt(float(influence @ influence)) / influence.size

    def _fitted(self, gradient: NDArray[np.float64]) -> NDArray[np.float64]:
        z = self.whitened
        along = gradient.T @ z / len(z)
        half = np.tril(along) - 0.5 * np.diag(np.diag(along))
        quadratic = np.einsum("ij,ij->i", z @ half.T, z)
        return np.asarray(np.trace(half) - quadratic - z @ gradient.mean(axis=0))
