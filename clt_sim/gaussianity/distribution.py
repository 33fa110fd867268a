"""A known law, shifted and scaled: what quadrature works on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.quadrature import integrate
from clt_sim.gaussianity.sample import Sample
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.measure import Measure
    from clt_sim.laws import Law

NORMAL_REACH = 9.0
"""The standard normal has 1e-19 beyond on either side."""
_MOST_DOUBLINGS = 12
_NEGLIGIBLE = 1e-17
_CANCELLED = 1e-9
"""Error of a standardised moment from which on quadrature is tried."""
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

    @property
    def tail_resolution(self) -> float:
        """Absolute error of `sf`: that of 1 less a number near 1 for a law that has only a cdf."""
        return 0.0 if isinstance(self.law, ExactLaw) else float(np.finfo(np.float64).epsneg)

    def _x(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.location + self.scale * z

    def _z(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return (x - self.location) / self.scale

    def pdf(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of the part without atoms."""
        return self.scale * self.law.pdf(self._x(z))

    def cdf(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(Z <= z)``."""
        return self.law.cdf(self._x(z))

    def sf(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(Z > z)``, to the absolute error `tail_resolution`."""
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
        """Return ``E[(X - mean)^k]/sd^k``.

        From the moments of the law, with a bound on the rounding of the binomial sum; where its
        terms cancel, because the mean is many sd from 0, by quadrature if that is better.

        Raises
        ------
        UnavailableError
            If a moment up to the k-th, or the variance, is not finite.
        """
        mean, variance = self.law.mean, self.law.variance
        raw = [self.law.moment(j) for j in range(k + 1)]
        if not all(map(math.isfinite, (mean, variance, *raw))):
            raise UnavailableError(f"the moments up to order {k} are not all finite")
        terms = [math.comb(k, j) * raw[j] * (-mean) ** (k - j) for j in range(k + 1)]
        unit = variance ** (k / 2)
        error = self.precision * math.fsum(map(abs, terms)) / unit
        binomial = Estimate(math.fsum(terms) / unit, error)
        if error <= _CANCELLED:
            return binomial
        integrated = Distribution.of(self.law, standardize=True)._integrated_moment(k)
        return min(binomial, integrated, key=lambda moment: moment.stderr)

    def _integrated_moment(self, k: int) -> Estimate:
        """Return ``E[Z^k]`` by quadrature of the density and the sum over atoms."""
        density, error = self.integral(lambda z: z**k * self.pdf(z))
        atoms = self.atoms()
        value = float(density[0] + atoms.weights @ atoms.values**k)
        # A point far from 0 is rounded to a multiple of its last digit.
        rounding = k * float(np.finfo(np.float64).eps) * abs(self.location) / self.scale
        return Estimate(value, float(error[0]) + rounding * max(1.0, abs(value)))

    def breaks(self) -> NDArray[np.float64]:
        """Return ascending points that hold all but a negligible part of Z and of N(0, 1).

        Among them are all points where the law is not smooth, and enough quantiles to show its
        own scale.
        """
        probabilities = [*_PROBABILITIES, 0.5, *(1.0 - p for p in reversed(_PROBABILITIES))]
        quantiles = self._z(self.law.quantile(probabilities))
        special = [*self.law.kinks, *self.law.atoms, *filter(math.isfinite, self.law.support)]
        middle = float(quantiles[len(_PROBABILITIES)])
        tails = [
            self._tail(middle, float(quantiles[outermost]) - middle)
            for outermost, end in zip((0, -1), self.law.support, strict=True)
            if math.isinf(end)
        ]
        grid = np.arange(-NORMAL_REACH, NORMAL_REACH + 0.5)
        return np.unique(np.concatenate([grid, quantiles, self._z(np.array(special)), *tails]))

    def _tail(self, middle: float, reach: float) -> NDArray[np.float64]:
        """Double the reach until the density beyond is negligible in a second moment."""
        reaches = np.ldexp(reach, np.arange(1, _MOST_DOUBLINGS))
        left_over = self.pdf(middle + reaches) * np.abs(reaches) ** 3 / reach**2
        needed = 1 + np.count_nonzero(left_over > _NEGLIGIBLE)
        return np.asarray(middle + reaches[:needed])

    def integral(
        self, integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Integrate over the range of `breaks`.

        Parameters
        ----------
        integrand : callable
            Takes points of shape (m,), returns values of shape (m,) or (m, k).

        Returns
        -------
        tuple of ndarray of float64, each of shape (k,)
            The integrals and their errors. These include that of the law's own numbers, and
            what an integrand that falls like ``z**-2`` has beyond the range.
        """
        breaks = self.breaks()
        total, error = integrate(integrand, breaks, precision=self.precision)
        last = breaks[[0, -1]]
        beyond = np.abs(last) @ np.abs(integrand(last)).reshape(2, -1)
        return total, error + beyond + self.precision * np.maximum(1.0, np.abs(total))

    def estimate(self, measure: Measure) -> Estimate:
        """Return a measure with its numerical error.

        Raises
        ------
        UnavailableError
            If the law cannot be standardised, or the measure does not exist for it.
        """
        if not (math.isfinite(self.location) and math.isfinite(self.scale)):
            raise UnavailableError("the law has no finite mean and variance to standardise by")
        return measure.of_distribution(self)
