"""Zolotarev's variable g for stable laws with an index near 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEAST = 1e-290
"""The least distance from the end of a half-line that is told from 0."""


@dataclass(frozen=True, slots=True)
class HalfLine:
    """The points above `zeta`, where Zolotarev's variable is 0.

    For Nolan's parametrisation 0 (Univariate Stable Distributions, 2020, definition 1.4), with
    ``zeta = -beta*tan(pi*alpha/2)`` and ``e = alpha - 1``, Zolotarev's integrals over an angle
    (Nolan, Stochastic Models 13, 1997, theorem 1) are of functions of g with

    ``log g = -(alpha/e) log(1 + N/(x - zeta)) + log(A/cos(angle))``,

    ``A = cos(e angle) + zeta sin(e angle)``,

    ``N = tan(angle) A + sin(e angle) + 2 zeta sin(e angle/2)^2 - x``:

    Nolan's expression, written so that nothing cancels where e is small and zeta large. For
    e = 0 the first term is ``pi N/(2 beta)``. As a logistic function of y the angle runs from one
    end to the other, and g falls. Where ``exp(-g)`` is 0 or 1 the integrals are elementary; in
    between, Gauss-Legendre quadrature is used.

    Parameters
    ----------
    alpha : float
        Index, above 2/3 and below 4/3.
    size : float
        The absolute value of beta; above 0 if alpha is 1.
    bulk : bool
        Whether zeta is at most 0, and otherwise at least 0.
    """

    alpha: float
    size: float
    bulk: bool

    @property
    def excess(self) -> float:
        """``alpha - 1``."""
        return self.alpha - 1.0

    @property
    def _tangent(self) -> float:
        return math.tan(0.5 * math.pi * abs(self.excess))

    @property
    def zeta(self) -> float:
        """The end of the half-line; infinite for the index 1."""
        distance = self.size / self._tangent if self.excess else math.inf
        return -distance if self.bulk else distance

    @property
    def mass(self) -> float:
        """The probability of the half-line."""
        return self.length / math.pi

    @property
    def length(self) -> float:
        """The range of the angle."""
        return math.pi - self._lesser if self.bulk else self._lesser

    @property
    def _lesser(self) -> float:
        """The range of the angle on the side that is not the bulk."""
        return (self._gap + math.pi * max(self.excess, 0.0)) / self.alpha

    @property
    def _complement(self) -> float:
        """``pi/2 - arctan(abs(zeta))``."""
        return math.atan2(self._tangent, self.size)

    @property
    def _gap(self) -> float:
        """``complement - pi*abs(excess)/2``, which is 0 for the size 1."""
        t = self._tangent
        return math.atan2(t * (1.0 - self.size), self.size + t * t)

    def steepness(self, x: Floats) -> Floats:
        """Return the derivative of log g along x, without its sign."""
        if self.excess == 0.0:
            return np.full(x.shape, 0.5 * math.pi / self.size)
        return np.asarray(self.alpha / (abs(self.excess) * self._distance(x)))

    def _distance(self, x: Floats) -> Floats:
        return np.maximum(x - self.zeta, _LEAST)

    def angles(self, y: Floats) -> tuple[Floats, Floats]:
        """Return the parts of the range of the angle after y and before it."""
        with np.errstate(over="ignore"):
            return self.length / (1.0 + np.exp(y)), self.length / (1.0 + np.exp(-y))

    def log_g(self, x: Floats, y: Floats) -> Floats:
        """Return ``log g`` at points of shape (n, 1) and places of shape (n, m)."""
        falls, rises = self.angles(y)
        below, above = (rises, falls) if self.excess >= 0.0 else (falls, rises)
        cosine, sine = self._cosine_and_sine(below, above)
        factor = self._factor(below, above)
        with np.errstate(over="ignore", divide="ignore"):
            if self.excess == 0.0:
                first = -0.5 * math.pi / self.size * (sine / cosine * factor - x)
            else:
                plain = np.log(self._ratio(below, above) / (cosine * self._distance(x)))
                if self.bulk:
                    turn = self.excess * (0.5 * math.pi - above)
                    small = np.sin(turn) + 2.0 * self.zeta * np.sin(0.5 * turn) ** 2
                    share = (sine / cosine * factor + small - x) / self._distance(x)
                    near = np.abs(share) < 0.5
                    plain = np.where(near, np.log1p(np.where(near, share, 0.0)), plain)
                first = -self.alpha / self.excess * plain
            return np.asarray(first + np.log(factor / cosine))

    def _cosine_and_sine(self, below: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Return those of the angle, which ends at pi/2."""
        if not self.bulk:
            return np.sin(above), np.cos(above)
        lower = self._lesser + below
        nearer = np.minimum(lower, above)
        return np.sin(nearer), np.copysign(np.cos(nearer), lower - above)

    def _factor(self, below: Floats, above: Floats) -> Floats:
        """Return A."""
        e = abs(self.excess)
        if e == 0.0:
            return np.asarray((1.0 - self.size) + (2.0 * self.size / math.pi) * above)
        if self.excess > 0.0:
            angle = self._gap + e * above if self.bulk else self.length + e * below
        else:
            angle = self._gap + e * (self._lesser + below if self.bulk else above)
        return np.asarray(np.sin(angle) / math.sin(self._complement))

    def _ratio(self, below: Floats, above: Floats) -> Floats:
        """Return ``(x - zeta + N) cos(angle)``."""
        angle = self.alpha * below
        if self.bulk:
            rest = self._gap + math.pi * max(-self.excess, 0.0)
            angle = np.minimum(angle, rest + self.alpha * above)
        return np.asarray(np.sin(angle) / math.sin(self._complement))

    @property
    def _unit(self) -> float:
        return max(1.0, abs(self.zeta))

    @property
    def tabled(self) -> float:
        """The point at which log g is tabled, away from zeta."""
        return 0.0 if self.bulk and self._unit > 1.0 else self.zeta + self._unit

    def shift(self, x: Floats) -> Floats:
        """Return how much more log g is at x than at the tabled point."""
        if self.excess == 0.0:
            return np.asarray(0.5 * math.pi / self.size * x)
        share = (x - self.tabled) / self._unit
        near = np.abs(share) < 0.5
        far = np.log(self._distance(x) / self._unit)
        logs = np.where(near, np.log1p(np.where(near, share, 0.0)), far)
        return np.asarray(self.alpha / self.excess * logs)
