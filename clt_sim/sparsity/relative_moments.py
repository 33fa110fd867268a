"""Moments of magnitudes in units of their root mean square, and the errors that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.moments import ORDERS

if TYPE_CHECKING:
    from clt_sim.summaries.array_moments import ArrayMoments


@dataclass(frozen=True, slots=True)
class RelativeMoments:
    """Moments about the mean of magnitudes c, with ``y = (c - mean)/(root mean square)``.

    Influence functions of indices that are made of averages of powers are polynomials in y. About
    the mean nothing cancels where magnitudes are nearly equal.

    Parameters
    ----------
    count : int
        Number of magnitudes.
    unit : float
        A power of two near the largest, so that squares of magnitudes over it are in range.
    root_mean_square : float
        That of magnitudes over the unit.
    ratio : float
        The mean over the root mean square: 1 for equal magnitudes, 0 for one spike among many.
    powers : tuple of float
        ``E[y**k]`` for k = 0, ..., 8.
    """

    count: int
    unit: float
    root_mean_square: float
    ratio: float
    powers: tuple[float, ...]

    @classmethod
    def of(cls, moments: ArrayMoments) -> RelativeMoments:
        """Take the moments of magnitudes, not all 0."""
        count, largest = moments.values.size, moments.greatest / moments.unit
        unit = 2.0 ** math.frexp(largest)[1]
        if moments.least == moments.greatest:  # the scale of their powers says nothing
            return cls(count, unit, largest / unit, 1.0, (1.0,) + (0.0,) * ORDERS)
        scale = moments.powers.scale / unit
        mean = moments.powers.centre / unit + moments.mean_from_centre / unit
        root_mean_square = math.sqrt(mean**2 + scale**2 * moments.central[2])
        powers = tuple(
            (scale / root_mean_square) ** k * moment for k, moment in enumerate(moments.central)
        )
        return cls(count, unit, root_mean_square, mean / root_mean_square, powers)

    @property
    def spread(self) -> float:
        """The variance over the mean square: ``1 - ratio**2``."""
        return self.powers[2]

    @property
    def energy(self) -> tuple[float, ...]:
        """Coefficients in y, lowest first, of ``c^2/(mean c^2) - 1``."""
        return -self.spread, 2.0 * self.ratio, 1.0

    def mean_square_of(self, polynomial: tuple[float, ...]) -> float:
        """Return the mean of the square of a polynomial in y of degree up to 4."""
        square = np.convolve(polynomial, polynomial)
        return float(square @ self.powers[: square.size])

    def stderr(self, mean_square: float) -> float:
        """Return the error of an index whose influence function has this mean square.

        Of one value, which tells nothing of it, it is nan.
        """
        return math.sqrt(max(mean_square, 0.0) / self.count) if self.count > 1 else math.nan

    def ratio_stderr(self) -> float:
        """Return the error of the ratio r: its influence function is ``(1-r^2) y - r(y^2-m2)/2``.

        It is that of ``clt_sim.sparsity.magnitudes.Magnitudes.ratio_influence``, and m2 the mean
        of y^2.
        """
        half = 0.5 * self.ratio
        return self.stderr(self.mean_square_of((half * self.spread, self.spread, -half)))
