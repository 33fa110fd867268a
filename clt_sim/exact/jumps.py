"""Where densities and their derivatives jump: what a transform is far out on a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

ORDER = 8
"""Powers of 1/s up to this are followed."""
MOST_PLACES = 64
"""The jumps of a density at more places are not followed."""
_SAME = 2.0**-40
"""Places closer than this, beside the farthest, differ by rounding errors."""
_NARROWEST = 1e-3
"""Panels narrower than this share of the widest are beside poles."""


@dataclass(frozen=True, slots=True, eq=False)
class Jumps:
    """The asymptotic series ``sum_p exp(s p) sum_m c_pm s**-m`` of a transform, for large s.

    For a density that is smooth between some places p, integration by parts of
    ``integral exp(s y) f(y) dy`` gives it: a jump by D of the derivative of order ``m - 1`` at p
    has the coefficient ``c_pm = (-1)**m D``, and an atom of the mass c the coefficient of order 0.

    Parameters
    ----------
    places : ndarray of float64, shape (places,)
        Rising.
    coefficients : ndarray of float64, shape (places, 9) or (places, 9, laws)
        The c, for one law or for several.

    Examples
    --------
    Of a number that is uniform on [0, 1]:

    >>> one = np.zeros((2, ORDER + 1))
    >>> one[:, 1] = [-1.0, 1.0]
    >>> two = Jumps(np.array([0.0, 1.0]), one).power(2)  # a corner at 0, 1 and 2
    >>> two.places.tolist(), two.coefficients[:, 2].tolist()
    ([0.0, 1.0, 2.0], [1.0, -2.0, 1.0])
    """

    places: Reals
    coefficients: Reals

    @classmethod
    def of_atoms(cls, atoms: Mapping[float, float | Reals]) -> Jumps:
        """Return those of atoms, given by their masses."""
        masses = np.array([*atoms.values()], np.float64)
        coefficients = np.zeros((masses.shape[0], ORDER + 1, *masses.shape[1:]))
        coefficients[:, 0] = masses
        return _added(np.array([*atoms], np.float64), coefficients)

    @classmethod
    def mixed(cls, parts: Sequence[Jumps]) -> Jumps:
        """Return the sum of several series, at least one."""
        return _added(
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.coefficients for part in parts]),
        )

    def weighted(self, share: float) -> Jumps:
        """Return those of a part with a share of the mass."""
        return Jumps(self.places, share * self.coefficients)

    def moved(self, shift: float) -> Jumps:
        """Return those of the variable plus a number."""
        return Jumps(self.places + shift, self.coefficients)

    def times(self, other: Jumps) -> Jumps | None:
        """Return those of the sum of two independent variables, the product of the series.

        None, if they are at more than 64 places.
        """
        if self.places.size * other.places.size > MOST_PLACES**2:
            return None
        places = np.add.outer(self.places, other.places).ravel()
        coefficients = np.zeros((places.size, ORDER + 1, *self.coefficients.shape[2:]))
        first, second = self.coefficients[:, None], other.coefficients[None]
        for order in range(ORDER + 1):
            products = first[:, :, : order + 1] * second[:, :, order::-1]
            coefficients[:, order] = products.sum(axis=2).reshape(-1, *coefficients.shape[2:])
        product = _added(places, coefficients)
        return product if product.places.size <= MOST_PLACES else None

    def power(self, count: int) -> Jumps | None:
        """Return those of the sum of some independent copies; None as for `times`."""
        if count == 1:
            return self
        if count * self._least_order > ORDER:
            return Jumps(self.places[:0], self.coefficients[:0])
        half = self.power(count // 2)
        square = None if half is None else half.times(half)
        return square.times(self) if square is not None and count % 2 else square

    @property
    def _least_order(self) -> int:
        """The least order of which there is a coefficient, or one more than there are."""
        others = tuple(axis for axis in range(self.coefficients.ndim) if axis != 1)
        there = np.any(self.coefficients != 0.0, axis=others)
        return int(np.argmax(there)) if there.any() else ORDER + 1

    def averaged(self, shares: Reals) -> Jumps:
        """Return those of a mixture of the laws."""
        return Jumps(self.places, self.coefficients @ shares)

    @property
    def without_atoms(self) -> Jumps:
        """Those of the part with a density."""
        coefficients = self.coefficients.copy()
        coefficients[:, 0] = 0.0
        some = np.any(coefficients != 0.0, axis=1)
        return Jumps(self.places[some], coefficients[some])


def product(factors: Iterable[Jumps | None]) -> Jumps | None:
    """Return those of a sum of independent variables; None if those of one are not known."""
    total: Jumps | None = None
    for factor in factors:
        if factor is None:
            return None
        total = factor if total is None else total.times(factor)
        if total is None:
            return None
    return total


NO_JUMPS = Jumps(np.zeros(0), np.zeros((0, ORDER + 1)))


def _added(places: Reals, coefficients: Reals) -> Jumps:
    """Return rising places, the coefficients of those a rounding error apart being added."""
    order = np.argsort(places, kind="stable")
    rising = places[order]
    slack = _SAME * float(np.abs(rising).max(initial=0.0))
    starts = np.flatnonzero(np.diff(rising, prepend=-np.inf) > slack)
    if not starts.size:
        return Jumps(rising, coefficients)
    return Jumps(rising[starts], np.add.reduceat(coefficients[order], starts, axis=0))


def of_panels(low: Reals, high: Reals, series: Reals, special: Sequence[float]) -> Jumps | None:
    """Return the jumps of densities that are polynomials on panels.

    Parameters
    ----------
    low, high : ndarray of float64, shape (panels,)
        Ends in y, in any order; those that meet are equal.
    series : ndarray of float64, shape (panels, k) or (panels, k, laws)
        Legendre coefficients of the mass over the panel scaled to [-1, 1].
    special : sequence of float
        The places where the densities may jump.

    Returns
    -------
    Jumps or None
        None, if densities are not known to be smooth beside a place, as a panel has no series or
        is narrow; or if they vary so fast that coefficients are beyond floats.
    """
    shape = series.shape[2:]
    places: list[float] = []
    rows: list[Reals] = []
    widest = float(np.max(np.abs(high - low), initial=0.0))
    for place in special:
        for ends, side in ((low, -1.0), (high, 1.0)):
            for panel in np.flatnonzero(ends == place).tolist():
                half = 0.5 * float(high[panel] - low[panel])
                if np.isnan(series[panel]).any() or abs(half) < _NARROWEST * widest:
                    return None
                places.append(place)
                rows.append(side * _end_series(series[panel], half, side))
    if not places:
        return Jumps(np.zeros(0), np.zeros((0, ORDER + 1, *shape)))
    coefficients = np.array(rows)
    return _added(np.array(places), coefficients) if np.isfinite(coefficients).all() else None


def _end_series(series: Reals, half: float, side: float) -> Reals:
    """Return the coefficients of the upper end of a panel, or less those of the lower.

    The derivative of order m of a Legendre polynomial of degree l at 1 is
    ``(l + m)!/(2**m m! (l - m)!)``, and at -1 that times ``(-1)**(l - m)``.
    """
    degrees = np.arange(series.shape[0], dtype=np.float64)
    rows = np.zeros((ORDER + 1, *series.shape[1:]))
    derivative = side**degrees
    scale = np.float64(1.0)
    for order in range(ORDER):
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            scale = scale / half
            rows[order + 1] = (-1.0) ** order * np.tensordot(derivative, series, 1) * scale
        # From one order to the next by the ratio, a sign at the lower end with it.
        ratio = (degrees + order + 1.0) * (degrees - order) / (2.0 * (order + 1.0))
        derivative = side * derivative * ratio
    return rows
