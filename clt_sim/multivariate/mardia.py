"""Mardia's skewness and kurtosis.

K. V. Mardia, Measures of multivariate skewness and kurtosis with applications, Biometrika 57
(1970) 519-530. Both are of the shape: raw values are whitened for them as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.multivariate.measure import Measure
from clt_sim.multivariate.pairs import blocks, refuse_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.multivariate.sample import MultivariateSample


@dataclass(frozen=True, slots=True)
class MardiaSkewness(Measure):
    """Mardia's ``b_{1,d} = E[(z . z')^3]`` of two independent copies; 0 for symmetric laws.

    It is the sum of the squares of all third moments ``E[z_i z_j z_k]``, and for d = 1 the square
    of the skewness. The influence function is ``2 E'[(z . z')^3] - 2 b``, and the effect of
    estimated location and scale. For a symmetric law it vanishes; then the plug-in value shows the
    floor of sampling, ``d (d + 1) (d + 2)/n`` for normal draws.

    Parameters
    ----------
    budget : float or None
        The most multiplications, the lesser of ``n n d`` and ``n d^3``; None for no limit.
    """

    name: ClassVar[str] = "mardia-skewness"
    budget: float | None

    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the value, by pairs of draws or by third moments, whichever is less work."""
        sample = sample.standardize()
        z = sample.values
        n, d = z.shape
        refuse_work("min(n*n*d, n*d**3)", min(float(n) ** 2 * d, n * float(d) ** 3), self.budget)
        squares = _squares_by_pairs(z) if n < d * d else _squares_by_moments(z)
        cubes = np.einsum("ij,ij->i", squares, z)
        value = float(cubes.mean())
        return Estimate(value, sample.stderr(2.0 * (cubes - value), 6.0 * squares))


def _squares_by_pairs(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``mean_j (z_i . z_j)^2 z_j`` for all i, shape (n, d)."""
    means = np.empty_like(z)
    for rows in blocks(len(z)):
        means[rows] = (z[rows] @ z.T) ** 2 @ z
    return means / len(z)


def _squares_by_moments(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same from the matrices of third moments ``E[z_k z z']``."""
    means = np.empty_like(z)
    for k, column in enumerate(z.T):
        third = (z.T * column) @ z / len(z)
        means[:, k] = np.einsum("ij,ij->i", z @ third, z)
    return means


@dataclass(frozen=True, slots=True)
class MardiaKurtosis(Measure):
    """Mardia's ``b_{2,d} = E|z|^4``, less its value ``d (d + 2)`` for a normal law.

    Units of one ReLU layer of width n, over its normal weights, have ``5 d (d + 2)/n``. The
    influence function is ``|z|^4 - b`` and the effect of estimated location and scale. The mean of
    the plug-in value of n normal draws is ``-2 d (d + 2)/(n + 1)``.
    """

    name: ClassVar[str] = "mardia-kurtosis"

    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the value and the error of its influence function."""
        sample = sample.standardize()
        z = sample.values
        dimensions = z.shape[1]
        squares = np.einsum("ij,ij->i", z, z)
        mean = float(np.mean(squares**2))
        gradient = 4.0 * squares[:, None] * z
        value = mean - dimensions * (dimensions + 2)
        return Estimate(value, sample.stderr(squares**2 - mean, gradient))
