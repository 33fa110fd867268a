"""The law of the magnitude of a known law: what quadrature works on."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from clt_sim._quadrature import integrate_adaptively, integrate_tail
from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.laws import Law

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_EPS = float(np.finfo(np.float64).eps)
_SMALLEST = 1e-290
_PROBABILITIES = np.array([1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4])


class OfDistribution(Protocol):
    """What the law of a magnitude asks of an index."""

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the index of a law with its numerical error."""


@dataclass(frozen=True, eq=False)  # no slots: what is costly is kept
class MagnitudeLaw:
    """The law of ``c = |X|``, or of ``c = max(X, 0)``, for X from a known law.

    Parameters
    ----------
    law : Law or ExactLaw
        Law of X.
    rectified : bool
        Whether negative values count as 0, and not by their magnitude.
    """

    law: Law | ExactLaw
    rectified: bool = False

    @property
    def precision(self) -> float:
        """Relative error of the law's own numbers."""
        stated = self.law.error if isinstance(self.law, ExactLaw) else 0.0
        return max(stated, 4.0 * _EPS)

    @property
    def has_mean(self) -> bool:
        """Whether ``E[c]`` is finite.

        Raises
        ------
        UnavailableError
            If E[X] is not, and one cannot tell for its positive part.
        """
        return self._is_finite(self.law.mean)

    @property
    def largest(self) -> float:
        """The upper end of the support."""
        return float(np.max(self._fold(self.law.support)))

    @functools.cached_property
    def atoms(self) -> dict[float, float]:
        """Magnitudes that have positive mass, with their masses."""
        masses: dict[float, float] = {}
        for place, mass in self.law.atoms.items():
            folded = float(self._fold(place))
            masses[folded] = masses.get(folded, 0.0) + mass
        at_most_0 = float(self.law.cdf(0.0)) if self.rectified else 0.0
        return masses | {0.0: at_most_0} if at_most_0 > 0.0 else masses

    @functools.cached_property
    def is_discrete(self) -> bool:
        """Whether all mass is in atoms."""
        return math.isclose(math.fsum(self.atoms.values()), 1.0, rel_tol=1e-12)

    def root_mean_square(self) -> float:
        """Return ``sqrt(E[c^2])``, infinite where it is.

        Raises
        ------
        UnavailableError
            As for `has_mean`.
        """
        second = self.law.variance + self.law.mean**2
        if not self._is_finite(second):
            return math.inf
        if self.rectified:
            second = self.expectation(np.square, lambda a: 2.0 * np.square(a)).value
        return math.sqrt(second)

    def fourth_moment(self, unit: float) -> Estimate:
        """Return ``E[(c/unit)^4]``, infinite where it is.

        Raises
        ------
        UnavailableError
            As for `has_mean`, and if the moment is beyond the range of doubles.
        """
        try:
            fourth = self.law.moment(4)
        except OverflowError:
            raise UnavailableError("the fourth moment is beyond the range of doubles") from None
        if not self._is_finite(fourth):
            return Estimate(math.inf, 0.0)
        if self.rectified or fourth < _SMALLEST:  # which has lost digits
            return self.expectation(lambda a: (a / unit) ** 4, lambda a: 4.0 * (a / unit) ** 4)
        value = fourth / unit**2 / unit**2
        return Estimate(value, self.precision * value)

    def mean(self) -> Estimate:
        """Return ``E[c]``, the integral of P(c > a), for a law that has it.

        Beyond the last break it is that of the density times the distance, because a
        distribution function near 1 has lost the digits of its tail.
        """
        if self.is_discrete:
            return self._sum_over_atoms(1)
        body, last = self._tail_integral(1), self.breaks()[-1]
        tail = self._beyond(lambda a: a - last, last, allowed=_EPS * body.value)
        return Estimate(body.value + tail.value, body.stderr + tail.stderr)

    def mean_of_smaller(self) -> Estimate:
        """Return ``E[min(c, c')]`` of two draws, the integral of P(c > a)^2.

        Beyond the last break a it is at most P(c > a) times that of P(c > a).
        """
        if self.is_discrete:
            return self._sum_over_atoms(2)
        body, last = self._tail_integral(2), self.breaks()[-1]
        beyond = self._beyond(lambda a: a - last, last, allowed=_EPS * body.value)
        unseen = (float(self.tail(last)) + _EPS) * (beyond.value + beyond.stderr)
        return Estimate(body.value, body.stderr + unseen)

    def expectation(self, function: Function, slope: Function) -> Estimate:
        """Return ``E[g(c)]`` of a function g that is 0 at 0.

        It is the integral of ``P(c > a) dg(a)/dlog(a)`` over ``log(a)``, in which powers and
        logarithms are smooth; beyond the last break that of the density.

        Parameters
        ----------
        function : callable
            g of an array of magnitudes, growing from the last break on.
        slope : callable
            Its derivative by ``log(a)``.
        """
        if self.is_discrete:
            places, masses = np.array([*self.atoms]), np.array([*self.atoms.values()])
            values = function(places)
            return Estimate(float(values @ masses), self.precision * float(abs(values) @ masses))
        breaks = self.breaks()[1:]
        logs, last = np.log(breaks), breaks[-1]
        noise = _EPS * float(np.max(np.abs(slope(breaks))))

        def rise(u: NDArray[np.float64]) -> NDArray[np.float64]:
            return slope(np.exp(u)) * self.tail(np.exp(u))

        below, body = self._below(rise, logs[0]), self._between(rise, logs, noise=noise)
        beyond = self._beyond(
            lambda a: function(a) - function(last), last, allowed=_EPS * abs(body.value)
        )
        parts = (below, body, beyond)
        return Estimate(
            math.fsum(part.value for part in parts), math.fsum(part.stderr for part in parts)
        )

    def mean_logarithm(self) -> Estimate:
        """Return ``E[log c]``; ``-inf`` where 0 has positive mass.

        With any m it is ``log(m)`` less the integral of ``P(c <= exp(u))`` over u up to
        ``log(m)``, plus that of ``P(c > exp(u))`` from there on. Below the first break, where a
        difference of distribution functions has lost its digits, the density takes its place.
        """
        if self.atoms.get(0.0, 0.0) > 0.0:
            return Estimate(-math.inf, 0.0)
        if self.is_discrete:
            value = math.fsum(mass * math.log(place) for place, mass in self.atoms.items())
            return Estimate(value, self.precision * (1.0 + abs(value)))
        breaks = self.breaks()[1:]
        logs, split, last = np.log(breaks), breaks.size // 2, breaks[-1]
        parts = (
            self._below(lambda u: (u - logs[0]) * self.density(np.exp(u)) * np.exp(u), logs[0]),
            self._between(lambda u: -self.share(np.exp(u)), logs[: split + 1], noise=_EPS),
            self._between(lambda u: self.tail(np.exp(u)), logs[split:], noise=_EPS),
            self._beyond(lambda a: np.log(a / last), last, allowed=_EPS),
        )
        value = float(logs[split]) + math.fsum(part.value for part in parts)
        rounding = self.precision * (1.0 + abs(value))
        return Estimate(value, math.fsum(part.stderr for part in parts) + rounding)

    def share_within(self, a: float) -> float:
        """Return ``P(c <= a)``."""
        at_the_other = 0.0 if self.rectified else self.law.atoms.get(-a, 0.0)
        return float(self.share(np.array(a))) + at_the_other

    def share(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(c <= a)`` for a that is the magnitude of no atom."""
        left = 0.0 if self.rectified else self.law.cdf(-a)
        return np.asarray(self.law.cdf(a) - left)

    def tail(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(c > a)`` for a that is the magnitude of no atom."""
        right = self.law.sf(a) if isinstance(self.law, ExactLaw) else 1.0 - self.law.cdf(a)
        return np.asarray(right if self.rectified else right + self.law.cdf(-a))

    def density(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of c at a > 0, without its atoms."""
        return self.law.pdf(a) if self.rectified else self.law.pdf(a) + self.law.pdf(-a)

    def breaks(self) -> NDArray[np.float64]:
        """Return ascending magnitudes from 0 on, of all places where the law is not smooth."""
        quantiles = self.law.quantile(np.concatenate([_PROBABILITIES, 1.0 - _PROBABILITIES]))
        ends = [end for end in self.law.support if math.isfinite(end)]
        return np.unique(self._fold([*quantiles, *ends, *self.law.kinks, *self.law.atoms, 0.0]))

    def estimate(self, measure: OfDistribution) -> Estimate:
        """Return the index of the law with its numerical error.

        Raises
        ------
        UnavailableError
            If the index does not exist for the law.
        """
        return measure.of_distribution(self)

    def _fold(self, x: ArrayLike) -> NDArray[np.float64]:
        places = np.asarray(x, np.float64)
        return np.asarray(np.maximum(places, 0.0) if self.rectified else np.abs(places))

    def _is_finite(self, moment: float) -> bool:
        """Return whether the moment of c is finite, given that of X."""
        finite = math.isfinite(moment) or math.isfinite(self.largest)
        if self.rectified and not finite:
            raise UnavailableError(
                "the law lacks a moment, and one cannot tell if its positive values have it"
            )
        return finite

    def _sum_over_atoms(self, power: int) -> Estimate:
        """Return the integral of ``P(c > a)**power`` for a law that is all atoms."""
        atoms = sorted(self.atoms.items())
        magnitudes, weights = np.array(atoms).T
        above = np.cumsum(weights[::-1])[::-1]
        value = float(np.diff(magnitudes, prepend=0.0) @ above**power)
        return Estimate(value, self.precision * value)

    def _tail_integral(self, power: int) -> Estimate:
        """Return the integral of ``P(c > a)**power`` over the range of the breaks."""
        return self._between(lambda a: self.tail(a) ** power, self.breaks(), noise=_EPS)

    def _below(self, function: Function, start: float) -> Estimate:
        """Return the integral of a function that decays from `start` to ``-inf``."""
        first = float(start)
        return integrate_tail(function, first + 1.0, first, precision=self.precision, allowed=0.0)

    def _between(self, function: Function, ends: NDArray[np.float64], *, noise: float) -> Estimate:
        """Return the integral of a function that is smooth between the ends."""
        return integrate_adaptively(
            function, ends[:-1], ends[1:], precision=self.precision, noise=noise
        )

    def _beyond(self, function: Function, last: float, *, allowed: float) -> Estimate:
        """Return the integral of a function times the density from the last break on."""
        if math.isfinite(self.largest):
            return Estimate(0.0, 0.0)

        def weighted(a: NDArray[np.float64]) -> NDArray[np.float64]:
            density = self.density(a)
            # Subnormal numbers have lost digits: splitting panels would never smooth them.
            return np.where(density > _SMALLEST, function(a) * density, 0.0)

        return integrate_tail(weighted, 0.0, float(last), precision=self.precision, allowed=allowed)
