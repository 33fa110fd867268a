"""A known law, shifted and scaled: what quadrature works on."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import ndtr

from clt_sim._quadrature import integrate_adaptively, integrate_tail
from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.traits import Traits
from clt_sim.laws import Law
from clt_sim.laws.poles import Poles
from clt_sim.measures import LEAST_VARIANCE, UnavailableError, check_resolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORMAL_REACH = 9.0
"""The standard normal has 1e-19 beyond on either side."""
_CANCELLED = 1e-9
"""Error of a standardised moment, relative for one above 1, where quadrature is tried instead."""
_EPS = float(np.finfo(np.float64).eps)
_SMALLEST = 1e-290
_ROUGH = 1e-13
"""Rounding of z that quadrature need not know of."""
_SENSITIVITY = 16.0
"""More than a measure that is not a moment changes, relative to itself, as all z are shifted."""
_SMALL = (1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.03)
_PROBABILITIES = np.concatenate([_SMALL, np.arange(1, 16) / 16.0, 1.0 - np.array(_SMALL)[::-1]])


class OfDistribution(Traits, Protocol):
    """What a known law asks of a measure."""

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the value with its numerical error."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """The law of ``z = (x - location)/scale`` for x from a known law.

    Functions take x, not z: near a kink, an atom or an end of the support that is 0, doubles of x
    lie close enough to each other, and those of z do not.

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
        """Standardise a law, or take it as it is.

        Raises
        ------
        UnavailableError
            If the law is constant, or its mean and variance are beyond what doubles resolve.
        """
        if law.variance == 0.0 and len(law.atoms) == 1:
            raise UnavailableError(
                f"x must not be constant; all the mass of {law} is at {law.mean}."
            )
        if law.variance == 0.0:
            raise UnavailableError(
                f"x must not be constant in double precision: the variance of {law} must be at"
                f" least {LEAST_VARIANCE:g}, not 0; rescale the law"
            )
        check_resolution(law)
        if not standardize:
            return cls(law, 0.0, 1.0, standardized=False)
        return cls(law, law.mean, math.sqrt(law.variance), standardized=True)

    @property
    def rounding(self) -> float:
        """How much z changes between two doubles of x near the mean."""
        return _EPS * abs(self.location) / self.scale

    @property
    def precision(self) -> float:
        """Relative error of the law's own numbers."""
        stated = self.law.error if isinstance(self.law, ExactLaw) else 0.0
        return max(stated, 4.0 * _EPS)

    def z(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(x - location)/scale``."""
        return (x - self.location) / self.scale

    def pdf(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of z, of the part without atoms."""
        return self.scale * self.law.pdf(x)

    def lead(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(Z <= z) - Phi(z)`` as the difference of the smaller tails.

        Its absolute error is one rounding of 1 for a law that has only a distribution function.
        """
        z = self.z(x)
        above = self.law.sf(x) if isinstance(self.law, ExactLaw) else 1.0 - self.law.cdf(x)
        return np.where(z < 0.0, self.law.cdf(x) - ndtr(z), ndtr(-z) - above)

    def atoms(self) -> Sample:
        """Return the atoms, whose weights sum to less than 1 unless the law is discrete."""
        places, weights = self._atoms()
        return Sample(self.z(places), weights, places.size)

    def _atoms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        places = np.array([*self.law.atoms], np.float64)
        weights = np.array([*self.law.atoms.values()], np.float64)
        order = np.argsort(places)
        return places[order], weights[order]

    def leads_at_atoms(self) -> NDArray[np.float64]:
        """Return both limits of ``P(Z <= z) - Phi(z)`` at each atom."""
        places, weights = self._atoms()
        right = self.law.cdf(places) - ndtr(self.z(places))
        return np.concatenate([right, right - weights])

    @property
    def is_discrete(self) -> bool:
        """Whether all the mass is in atoms."""
        return math.isclose(math.fsum(self.law.atoms.values()), 1.0, rel_tol=1e-12)

    def central_moment(self, k: int) -> Estimate:
        """Return ``E[(X - mean)^k]/sd^k``, infinite where it is.

        From the moments of the law, with a bound on the rounding of the binomial sum; where its
        terms cancel, because the mean is many sd from 0, by quadrature if that is better.

        Raises
        ------
        UnavailableError
            If mean or variance is not finite, the k-th moment does not exist, or a moment is
            beyond the range of doubles.
        """
        mean, variance = self.law.mean, self.law.variance
        if not (math.isfinite(mean) and math.isfinite(variance)):
            raise UnavailableError("the law has no finite mean and variance to standardise by")
        try:
            raw = [self.law.moment(j) for j in range(k + 1)]
        except OverflowError:
            return Distribution.of(self.law, standardize=True)._integrated_moment(k)
        if not math.isfinite(raw[k]):
            return self._infinite(k, raw[k])
        if self.is_discrete:
            return self._moment_of_atoms(k)
        unit = variance ** (k / 2)
        if unit < _SMALLEST:  # raw moments have lost digits
            return Distribution.of(self.law, standardize=True)._integrated_moment(k)
        terms = [math.comb(k, j) * raw[j] * (-mean) ** (k - j) for j in range(k + 1)]
        error = self.precision * math.fsum(map(abs, terms)) / unit
        binomial = Estimate(math.fsum(terms) / unit, error)
        if error <= _CANCELLED * max(1.0, abs(binomial.value)):
            return binomial
        integrated = Distribution.of(self.law, standardize=True)._integrated_moment(k)
        return min(binomial, integrated, key=lambda moment: moment.stderr)

    def _moment_of_atoms(self, k: int) -> Estimate:
        """Return ``E[Z^k]`` of a discrete law, in which nothing cancels."""
        atoms = Distribution.of(self.law, standardize=True).atoms()
        terms = atoms.weights * atoms.values**k
        rounding = (k + 2.0) * _EPS + self.precision
        return Estimate(math.fsum(terms), rounding * math.fsum(np.abs(terms)))

    def _infinite(self, k: int, moment: float) -> Estimate:
        """Return an infinite moment, which is a fact and has no error."""
        if math.isnan(moment):
            raise UnavailableError(f"the moment of order {k} does not exist: both tails are heavy")
        if isinstance(self.law, Law) and self.law.tail_index > k:
            raise UnavailableError(f"the moment of order {k} is beyond the range of doubles")
        return Estimate(moment, 0.0)

    def _integrated_moment(self, k: int) -> Estimate:
        """Return ``E[Z^k]`` by quadrature of the density and sums over atoms and poles."""
        poles = Poles.of(self.law)
        density = self.density_integral(lambda x: self.z(x) ** k * self.pdf(x), poles)
        atoms = self.atoms()
        beside, error = poles.moment_integral(self.z, k)
        value = density.value + float(atoms.weights @ atoms.values**k) + beside
        rounding = k * self.rounding * max(1.0, abs(value))
        return Estimate(value, density.stderr + error + rounding)

    def breaks(self) -> NDArray[np.float64]:
        """Return ascending x that hold all of N(0, 1), and X but for smooth tails.

        Among them are all points where the law is not smooth, and enough quantiles to show its
        own scale. They are found once for all measures.
        """
        return self._breaks

    @functools.cached_property
    def _breaks(self) -> NDArray[np.float64]:
        special = [*self.law.kinks, *self.law.atoms, *filter(math.isfinite, self.law.support)]
        grid = np.arange(-NORMAL_REACH, NORMAL_REACH + 0.5) * self.scale + self.location
        quantiles = self.law.quantile(_PROBABILITIES)
        breaks = np.unique(np.concatenate([grid, quantiles, special]))
        median = float(quantiles[quantiles.size // 2])
        return np.unique(np.concatenate([breaks, _octaves(median, quantiles, breaks)]))

    def integral(
        self,
        integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        *,
        reach: float = math.inf,
    ) -> Estimate:
        """Return the integral over z, within the range of `breaks`, with its error.

        Parameters
        ----------
        integrand : callable
            Takes x of any shape and returns values with absolute errors of one rounding of 1.
        reach : float
            The integrand is negligible where ``|z|`` is larger.
        """
        breaks = self.breaks()
        breaks = breaks[np.abs(self.z(breaks)) <= reach * (1.0 + _EPS)]
        noise = _EPS + self._noise
        total = integrate_adaptively(
            integrand, breaks[:-1], breaks[1:], precision=self.precision, noise=noise
        )
        return self._total([total])

    @property
    def _noise(self) -> float:
        """What rounding of x changes in functions of z; no panel is split for that."""
        return self.rounding if self.rounding > _ROUGH else 0.0

    def density_integral(
        self, integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]], poles: Poles
    ) -> Estimate:
        """Return the integral over all z but for the cells of poles, with its error.

        Parameters
        ----------
        integrand : callable
            Takes x of any shape and returns values made of the density, of one sign in
            either tail, with relative errors of its precision.
        poles : Poles
            The cells to leave out.
        """
        breaks = self.breaks()
        low, high = poles.panels(breaks)
        body = integrate_adaptively(
            integrand, low, high, precision=self.precision, noise=self._noise
        )
        allowed = self.precision * abs(body.value)
        tails = [
            self._tail(integrand, start, allowed=allowed) for start in self._tail_starts(breaks)
        ]
        return self._total([body, *tails])

    def integrated_tails(self) -> Estimate:
        """Return the integral of ``P(|Z| > z)`` beyond the range of `breaks`, with its error.

        It is that of the density times the distance, because a distribution function near 1 has
        lost the digits of its tail.
        """

        def excess(x: NDArray[np.float64], start: float) -> NDArray[np.float64]:
            return np.abs(x - start) / self.scale * normal_range(self.pdf(x))

        return self._total(
            [
                self._tail(functools.partial(excess, start=start), start, allowed=_EPS * self.scale)
                for start in self._tail_starts(self.breaks())
            ]
        )

    def _tail_starts(self, breaks: NDArray[np.float64]) -> list[float]:
        """Return the outermost breaks beyond which there is a tail."""
        outermost = breaks[[0, -1]].tolist()
        ends = zip(outermost, self.law.support, strict=True)
        return [start for start, end in ends if math.isinf(end)]

    def _tail(
        self,
        integrand: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        start: float,
        *,
        allowed: float,
    ) -> Estimate:
        """Return the integral over x from an outermost break on, away from the median."""
        median = float(self.law.quantile(0.5))
        return integrate_tail(integrand, median, start, precision=self.precision, allowed=allowed)

    def _total(self, parts: list[Estimate]) -> Estimate:
        """Return the sum of integrals over x as one over z."""
        value = math.fsum(part.value for part in parts)
        error = math.fsum(part.stderr for part in parts)
        return Estimate(value / self.scale, error / self.scale)

    def estimate(self, measure: OfDistribution) -> Estimate:
        """Return a measure with its numerical error.

        Raises
        ------
        UnavailableError
            If the law cannot be standardised, or the measure does not exist for it.
        """
        if not (math.isfinite(self.location) and math.isfinite(self.scale)):
            if math.isfinite(self.location) and not measure.needs_variance:
                return measure.of_distribution(Distribution.of(self.law, standardize=False))
            raise UnavailableError("the law has no finite mean and variance to standardise by")
        estimate = measure.of_distribution(self)
        if self._noise and not measure.of_shape and math.isfinite(estimate.value):
            error = estimate.stderr + _SENSITIVITY * self.rounding * (1.0 + abs(estimate.value))
            return Estimate(estimate.value, error)
        return estimate


def normal_range(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a density, with 0 for numbers near to the subnormal ones.

    Those have lost digits: to split the panels of a quadrature would never smooth them.
    """
    return np.where(density > _SMALLEST, density, 0.0)


def _octaves(
    median: float, quantiles: NDArray[np.float64], breaks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return places whose distance from the median doubles, from the nearest quantile to the ends.

    Without them a panel may hold a tail in so small a part that no node meets it.
    """
    octaves = []
    for sign, end in ((-1.0, breaks[0]), (1.0, breaks[-1])):
        distances = sign * (quantiles - median)
        distances = distances[distances > 0.0]
        if distances.size:
            nearest = float(distances.min())
            count = max(0, math.ceil(math.log2(sign * (end - median)) - math.log2(nearest)))
            octaves.append(median + sign * np.ldexp(nearest, np.arange(count)))
    return np.concatenate([*octaves, breaks[:0]])
