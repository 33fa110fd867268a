"""A known law, shifted and scaled: what quadrature works on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import cubature

from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.measure import Unavailable
from clt_sim.gaussianity.sample import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.measure import Measure
    from clt_sim.laws import Law

NORMAL_REACH = 9.0
"""The standard normal has 1e-19 beyond on either side."""
_LONGEST_REACH = 1e6
_NEGLIGIBLE = 1e-17
_ABSOLUTE_TOLERANCE = 1e-13
_PROBABILITIES = (1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.15, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The law of ``z = (x - location)/scale`` for x from a known law.

    Parameters
    ----------
    law : Law or ExactLaw
        Law of x.
    location, scale : float
        Its mean and sd to standardise, or 0 and 1.
    standardized : bool
        Which of the two.
    """

    law: Law | ExactLaw
    location: float
    scale: float
    standardized: bool

    @classmethod
    def of(cls, law: Law | ExactLaw, *, standardize: bool) -> Distribution:
        """Standardise a law, or take it as it is."""
        if law.variance == 0.0:
            raise ValueError(f"x must not be constant; all the mass of {law} is at {law.mean}.")
        if not standardize:
            return cls(law, 0.0, 1.0, standardized=False)
        return cls(law, law.mean, math.sqrt(law.variance), standardized=True)

    @property
    def precision(self) -> float:
        """Relative error of the law's own numbers."""
        stated = self.law.error if isinstance(self.law, ExactLaw) else 0.0
        return max(stated, 4.0 * float(np.finfo(np.float64).eps))

    def _x(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.location + self.scale * z

    def pdf(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of the part without atoms."""
        return self.scale * self.law.pdf(self._x(z))

    def cdf(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(Z <= z)``."""
        return self.law.cdf(self._x(z))

    def sf(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(Z > z)``, to absolute error 1e-16 for a law that has only a cdf."""
        if isinstance(self.law, ExactLaw):
            return self.law.sf(self._x(z))
        return 1.0 - self.law.cdf(self._x(z))

    def atoms(self) -> Sample:
        """Return the atoms, whose weights sum to less than 1 unless the law is discrete."""
        places = sorted(self.law.atoms)
        values = (np.array(places, np.float64) - self.location) / self.scale
        weights = np.array([self.law.atoms[place] for place in places], np.float64)
        return Sample(values, weights, len(places))

    @property
    def is_discrete(self) -> bool:
        """Whether all the mass is in atoms."""
        return math.isclose(math.fsum(self.law.atoms.values()), 1.0, rel_tol=1e-12)

    def central_moment(self, k: int) -> Estimate:
        """Return ``E[(X - mean)^k]/sd^k``, from the moments of the law.

        The error bounds the rounding of the binomial sum, whose terms cancel where the mean is
        many sd from 0.

        Raises
        ------
        Unavailable
            If a moment up to the k-th, or the variance, is not finite.
        """
        mean, variance = self.law.mean, self.law.variance
        raw = [self.law.moment(j) for j in range(k + 1)]
        if not all(map(math.isfinite, (mean, variance, *raw))):
            raise Unavailable(f"the moments up to order {k} are not all finite")
        terms = [math.comb(k, j) * raw[j] * (-mean) ** (k - j) for j in range(k + 1)]
        unit = variance ** (k / 2)
        error = self.precision * math.fsum(map(abs, terms)) / unit
        return Estimate(math.fsum(terms) / unit, error)

    def breaks(self) -> NDArray[np.float64]:
        """Return ascending points that hold all but a negligible part of Z and of N(0, 1).

        Among them are all points where the law is not smooth, and enough quantiles to show its
        own scale.
        """
        quantiles = self.law.quantile([*_PROBABILITIES, 0.5, *(1.0 - p for p in _PROBABILITIES)])
        special = [*self.law.kinks, *self.law.atoms, *filter(math.isfinite, self.law.support)]
        own = (np.concatenate([quantiles, special]) - self.location) / self.scale
        low, high = self.law.support
        tails = [
            *self._tail(-1.0, bounded=math.isfinite(low)),
            *self._tail(1.0, bounded=math.isfinite(high)),
        ]
        grid = np.arange(-NORMAL_REACH, NORMAL_REACH + 0.5)
        return np.unique(np.concatenate([grid, own[np.isfinite(own)], tails]))

    def _tail(self, side: float, *, bounded: bool) -> list[float]:
        """Double the distance until the density's tail is negligible in a second moment."""
        points: list[float] = []
        distance = NORMAL_REACH
        while not bounded and distance < _LONGEST_REACH:
            distance *= 2.0
            points.append(side * distance)
            if float(self.pdf(np.float64(points[-1]))) * distance**3 < _NEGLIGIBLE:
                break
        return points

    def integral(
        self, integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Integrate over the range of `breaks` by adaptive Gauss-Kronrod quadrature.

        Parameters
        ----------
        integrand : callable
            Takes points of shape (m,), returns values of shape (m,) or (m, k).

        Returns
        -------
        tuple of ndarray
            The integral and its estimated error, of shape () or (k,).
        """
        ends = self.breaks()
        result = cubature(
            lambda points: integrand(points[:, 0]),
            ends[:1],
            ends[-1:],
            points=list(ends[1:-1, None]),
            rtol=0.0,
            atol=_ABSOLUTE_TOLERANCE,
            max_subdivisions=4000,
        )
        return np.asarray(result.estimate), np.asarray(result.error)

    def estimate(self, measure: Measure) -> Estimate:
        """Return a measure with its numerical error.

        Raises
        ------
        Unavailable
            If the law cannot be standardised, or the measure does not exist for it.
        """
        if not (math.isfinite(self.location) and math.isfinite(self.scale)):
            raise Unavailable("the law has no finite mean and variance to standardise by")
        return measure.of_distribution(self)
