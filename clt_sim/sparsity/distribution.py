"""The law of the magnitude of a known law: what quadrature works on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.sparsity.measure import Measure

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_NEGLIGIBLE = 1e-16
_MOST_DOUBLINGS = 40
_PROBABILITIES = np.array([1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4])


@dataclass(frozen=True, slots=True, eq=False)
class MagnitudeLaw:
    """The law of ``|X|`` for X from a known law.

    Parameters
    ----------
    law : Law or ExactLaw
        Law of X.
    """

    law: Law | ExactLaw

    @property
    def precision(self) -> float:
        """Relative error of the law's own numbers."""
        stated = self.law.error if isinstance(self.law, ExactLaw) else 0.0
        return max(stated, 4.0 * float(np.finfo(np.float64).eps))

    def root_mean_square(self) -> float:
        """Return ``sqrt(E[X^2])``.

        Raises
        ------
        UnavailableError
            If it is not finite.
        """
        second = self.law.variance + self.law.mean**2
        if not math.isfinite(second):
            raise UnavailableError("the law has no finite second moment")
        return math.sqrt(second)

    def mean(self) -> Estimate:
        """Return ``E|X|``, the integral of P(|X| > a)."""
        return self._tail_integral(1)

    def mean_of_smaller(self) -> Estimate:
        """Return ``E[min(|X|, |X'|)]`` of two draws, the integral of P(|X| > a)^2."""
        return self._tail_integral(2)

    def share_within(self, a: float) -> float:
        """Return ``P(|X| <= a)``."""
        inside = float(self.law.cdf(a) - self.law.cdf(-a))
        return inside + self.law.atoms.get(-a, 0.0)

    @property
    def _is_bounded(self) -> bool:
        return all(map(math.isfinite, self.law.support))

    def _tail(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(|X| > a)`` for a that is the magnitude of no atom."""
        right = self.law.sf(a) if isinstance(self.law, ExactLaw) else 1.0 - self.law.cdf(a)
        return right + self.law.cdf(-a)

    def _breaks(self) -> NDArray[np.float64]:
        """Return ascending magnitudes from 0, those where the tail is not smooth among them."""
        quantiles = self.law.quantile(np.concatenate([_PROBABILITIES, 1.0 - _PROBABILITIES]))
        ends = [end for end in self.law.support if math.isfinite(end)]
        own = np.abs([*quantiles, *ends, *self.law.kinks, *self.law.atoms, 0.0])
        reach = [float(own.max())]
        while not self._is_bounded and len(reach) < _MOST_DOUBLINGS:
            if float(self._tail(np.array(reach[-1]))) < _NEGLIGIBLE:
                break
            reach.append(2.0 * reach[-1])
        return np.unique(np.concatenate([own, reach]))

    def _tail_integral(self, power: int) -> Estimate:
        """Return the integral of ``P(|X| > a)**power``.

        Gauss-Legendre rules on the panels between breaks; the error is the change when each
        panel is halved, and what a tail that falls like ``a**-2`` has beyond the last break.
        """
        breaks = self._breaks()
        halves = np.sort(np.concatenate([breaks, 0.5 * (breaks[1:] + breaks[:-1])]))
        coarse, value = self._gauss(breaks, power), self._gauss(halves, power)
        last = breaks[-1:]
        # A law that has only a cdf cannot tell its right tail from 0 below one rounding.
        beyond = np.maximum(self._tail(last), np.finfo(np.float64).epsneg)
        unseen = 0.0 if self._is_bounded else float((last * beyond**power)[0])
        return Estimate(value, abs(value - coarse) + self.precision * value + unseen)

    def _gauss(self, ends: NDArray[np.float64], power: int) -> float:
        half = 0.5 * np.diff(ends)[:, None]
        points = 0.5 * (ends[1:] + ends[:-1])[:, None] + half * _NODES
        return math.fsum((half * _WEIGHTS * self._tail(points) ** power).ravel())

    def estimate(self, measure: Measure) -> Estimate:
        """Return the index of the law with its numerical error.

        Raises
        ------
        UnavailableError
            If the index does not exist for the law.
        """
        return measure.of_distribution(self)
