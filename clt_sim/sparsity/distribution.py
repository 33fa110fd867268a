"""The law of the magnitude of a known law: what quadrature works on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import integrate_adaptively, integrate_tail
from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.sparsity.measure import Measure

_EPS = float(np.finfo(np.float64).eps)
_PROBABILITIES = np.array([1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4])


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
        return max(stated, 4.0 * _EPS)

    @property
    def has_mean(self) -> bool:
        """Whether ``E|X|`` is finite."""
        return math.isfinite(self.law.mean)

    def root_mean_square(self) -> float:
        """Return ``sqrt(E[X^2])``, infinite where it is."""
        second = self.law.variance + self.law.mean**2
        return math.sqrt(second) if math.isfinite(second) else math.inf

    def mean(self) -> Estimate:
        """Return ``E|X|``, the integral of P(|X| > a), for a law that has it.

        Beyond the last break it is that of the density times the distance, because a
        distribution function near 1 has lost the digits of its tail.
        """
        if self._is_discrete:
            return self._sum_over_atoms(1)
        body = self._tail_integral(1)
        tail = self._mean_beyond(float(self._breaks()[-1]), allowed=_EPS * body.value)
        return Estimate(body.value + tail.value, body.stderr + tail.stderr)

    def mean_of_smaller(self) -> Estimate:
        """Return ``E[min(|X|, |X'|)]`` of two draws, the integral of P(|X| > a)^2.

        Beyond the last break a it is at most P(|X| > a) times that of P(|X| > a).
        """
        if self._is_discrete:
            return self._sum_over_atoms(2)
        body = self._tail_integral(2)
        last = self._breaks()[-1]
        beyond = self._mean_beyond(float(last), allowed=_EPS * body.value)
        unseen = (float(self._tail(last)) + _EPS) * (beyond.value + beyond.stderr)
        return Estimate(body.value, body.stderr + unseen)

    def share_within(self, a: float) -> float:
        """Return ``P(|X| <= a)``."""
        inside = float(self.law.cdf(a) - self.law.cdf(-a))
        return inside + self.law.atoms.get(-a, 0.0)

    @property
    def _is_discrete(self) -> bool:
        return math.isclose(math.fsum(self.law.atoms.values()), 1.0, rel_tol=1e-12)

    def _sum_over_atoms(self, power: int) -> Estimate:
        """Return the integral of ``P(|X| > a)**power`` for a law that is all atoms."""
        magnitudes = np.abs(np.array([*self.law.atoms], np.float64))
        weights = np.array([*self.law.atoms.values()], np.float64)
        order = np.argsort(magnitudes)
        above = np.cumsum(weights[order][::-1])[::-1]
        value = float(np.diff(magnitudes[order], prepend=0.0) @ above**power)
        return Estimate(value, self.precision * value)

    def _tail(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``P(|X| > a)`` for a that is the magnitude of no atom."""
        right = self.law.sf(a) if isinstance(self.law, ExactLaw) else 1.0 - self.law.cdf(a)
        return right + self.law.cdf(-a)

    def _breaks(self) -> NDArray[np.float64]:
        """Return ascending magnitudes from 0 on, of all places where the law is not smooth."""
        quantiles = self.law.quantile(np.concatenate([_PROBABILITIES, 1.0 - _PROBABILITIES]))
        ends = [end for end in self.law.support if math.isfinite(end)]
        return np.unique(np.abs([*quantiles, *ends, *self.law.kinks, *self.law.atoms, 0.0]))

    def _tail_integral(self, power: int) -> Estimate:
        """Return the integral of ``P(|X| > a)**power`` over the range of the breaks."""
        breaks = self._breaks()
        return integrate_adaptively(
            lambda a: self._tail(a) ** power,
            breaks[:-1],
            breaks[1:],
            precision=self.precision,
            noise=_EPS,
        )

    def _mean_beyond(self, last: float, *, allowed: float) -> Estimate:
        """Return the integral of ``P(|X| > a)`` from the last break on."""
        if all(map(math.isfinite, self.law.support)):
            return Estimate(0.0, 0.0)
        return integrate_tail(
            lambda a: (a - last) * (self.law.pdf(a) + self.law.pdf(-a)),
            0.0,
            last,
            precision=self.precision,
            allowed=allowed,
        )

    def estimate(self, measure: Measure) -> Estimate:
        """Return the index of the law with its numerical error.

        Raises
        ------
        UnavailableError
            If the index does not exist for the law.
        """
        return measure.of_distribution(self)
