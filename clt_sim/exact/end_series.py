"""How a tail goes to 0 at a finite end of the support: a power times a smooth function."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ORDER = 4
MOST_OFF = 1e-12
"""No series is further from the tail and the density that it was fitted to, relative to them."""
_MOST_POWER = 2.75
"""Tails that fall faster are followed to their end in a few steps."""
_WHOLE = 1e-9
"""So close to a multiple of 1/2 a power is that, as it is in nearly all sums."""


@dataclass(frozen=True, slots=True, eq=False)
class EndSeries:
    """A tail as ``exp(constant + power log d + sum_k a_k d^k)``, d being the distance to the end.

    Sums of independent numbers whose densities are powers of the distance times analytic functions
    have such tails. The series goes on with relative accuracy down to d = 0, where no line of
    integration need follow.

    Parameters
    ----------
    constant, power : float
        Of the logarithm.
    series : ndarray of float64, shape (4,)
        The coefficients a from the first order on, of d beside `unit`.
    unit : float
        The largest distance of the fit.
    off : float
        Its largest relative difference from tails and densities, for a factor e in d.
    """

    constant: float
    power: float
    series: Floats
    unit: float
    off: float

    @classmethod
    def of(cls, distance: Floats, density: Floats, tail: Floats) -> EndSeries | None:
        """Fit the logarithm of a tail, or return None if it is of another form.

        Parameters
        ----------
        distance, density, tail : ndarray of float64, shape (m,)
            At some places near the end, more than there are coefficients, over a range of
            distances of a factor e or more.
        """
        if not (np.all(tail > 0.0) and np.all(density > 0.0)):
            return None
        unit = float(distance.max())
        share = distance / unit
        powers = share[:, None] ** np.arange(1, _ORDER + 1)
        columns = np.column_stack([np.log(share), np.ones(share.size), powers])
        fit = np.linalg.lstsq(columns, np.log(tail), rcond=None)[0]
        power = float(fit[0])
        if not 0.0 < power < _MOST_POWER:
            return None
        whole = 0.5 * round(2.0 * power)
        if abs(power - whole) < _WHOLE:
            power, rest = whole, np.log(tail) - whole * columns[:, 0]
            fit[1:] = np.linalg.lstsq(columns[:, 1:], rest, rcond=None)[0]
        found = cls(float(fit[1]), power, fit[2:], unit, 0.0)
        both = found.density_and_tail(distance)
        off = float(np.abs(both / np.stack([density, tail]) - 1.0).max())
        return replace(found, off=off) if off < MOST_OFF else None

    def off_after(self, logarithm: float) -> float:
        """Return the relative error of the tail where it has fallen by a logarithm."""
        known = 2.0 * self.power == round(2.0 * self.power)
        return self.off if known else self.off * (1.0 + logarithm / self.power)

    def density_and_tail(self, distance: Floats) -> Floats:
        """Return both at distances above 0, in an array of shape (2, points)."""
        share = distance / self.unit
        orders = np.arange(1, _ORDER + 1)
        powers = share[:, None] ** orders
        # A power below 1 is a pole of the density, which the last places before the end reach.
        with np.errstate(under="ignore", divide="ignore"):
            smooth = np.exp(self.constant + powers @ self.series)
            rate = (self.power + powers @ (orders * self.series)) / self.unit
            return np.stack(
                [smooth * rate * share ** (self.power - 1.0), smooth * share**self.power]
            )
