"""The correlation between the squares of units."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError
from clt_sim.multivariate.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.multivariate.sample import MultivariateSample


class SquareCorrelation(Measure):
    """The mean of ``corr(y_i^2, y_j^2)`` over all pairs of units; 0 for independent units.

    It is of the units themselves and not of the whitened variables, which are mixtures of them:
    standardised, y is a unit less its mean; raw, the unit as it is. A normal law with the
    correlations r_ij has the mean of ``r_ij^2``; units that are uncorrelated but share their scale
    have more than 0: ``5/(2 n + 15)`` over the normal weights of one ReLU layer of width n.

    The influence function of one correlation r of standardised squares s, s' is
    ``s s' - r (s^2 + s'^2)/2``, and the effect of the estimated means of the units.
    """

    name: ClassVar[str] = "square-correlation"

    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the mean over pairs with the error of its influence function.

        Raises
        ------
        UnavailableError
            If there is one unit, or a unit whose square is constant.
        """
        n, d = sample.raw.shape
        if d < 2:
            raise UnavailableError("needs at least 2 units; there is 1")
        units = _scaled(sample)
        scores, sds = _standardized_squares(units)
        total = scores.sum(axis=1)
        pairs = d * (d - 1)
        value = float(np.mean(total**2) - d) / pairs
        # The sum of each unit's correlations with the others.
        others = scores.T @ total / n - 1.0
        influence = (total**2 - scores**2 @ (1.0 + others)) / pairs
        if sample.standardized:
            crossed = np.mean(units * total[:, None], axis=0)
            own = np.mean(units * scores, axis=0)
            influence -= units @ ((crossed - own * (1.0 + others)) / sds) * (4.0 / pairs)
        return Estimate(value, float(np.linalg.norm(influence)) / n)


def _scaled(sample: MultivariateSample) -> NDArray[np.float64]:
    """Return the units, centred if standardised, in scales that keep squares in range."""
    scaled = np.ldexp(sample.raw, -np.frexp(np.max(np.abs(sample.raw), axis=0))[1])
    if sample.standardized:
        scaled -= scaled.mean(axis=0)
        scaled -= scaled.mean(axis=0)  # what rounding left of an offset
    return np.asarray(scaled / np.max(np.abs(scaled), axis=0))


def _standardized_squares(
    units: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the squares with mean 0 and sd 1, and the sds that they had."""
    squares = units**2
    squares -= squares.mean(axis=0)
    sds = np.std(squares, axis=0)
    constant = np.flatnonzero(sds <= 8.0 * np.finfo(np.float64).eps)
    if constant.size:
        raise UnavailableError(f"the squares of units {constant.tolist()} are constant")
    return squares / sds, sds
