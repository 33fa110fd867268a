"""The law of a sum that is multiplied by one random scale."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.exact.both_tails import solved_quantile
from clt_sim.exact.chebyshev_panels import ChebyshevPanels
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.scale_nodes import DEPTH, ScaleNodes
from clt_sim.laws.base import NO_ATOMS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.laws import Law

    Floats = NDArray[np.float64]

LARGEST_ERROR = 1e-4
"""No law is given with a larger one."""
_SAFETY = 10.0
_RATIO = math.sqrt(2.0)
_FINER = 2.0**0.25
_PLACES = np.array([1e-6, 0.01, 0.1, 0.4, 1.0, 2.0, 4.0, 8.0, 16.0])
_POLE = 1e-9
_FARTHEST = 2.0**900
_NOTHING = 1e-305
_FEW = 128
"""After more points than this a table is made."""
_PANEL = 0.25
_PANELS_INWARD = np.concatenate([0.25 * np.arange(1, 17), 4.0 + 2.0 * np.arange(1, 18)])
"""Distances in the logarithm of |y|: near 0 density and tail hardly change."""
_MOST_OFF = 4e-12
"""No table is used that is further from averages, relative to them."""
_MOST_KINKS = 64
_DOUBLINGS = 2000


@dataclass(frozen=True, slots=True, repr=False)
class ScaleMixtureLaw(ExactLaw):
    """The law of ``R T + b`` for a random scale R and a sum T that is independent of it.

    Given R it is a scaled copy of the law of T. So all functions are averages over R of those of T:
    sums of numbers that are not below 0, right to relative error in both tails if those are.

    Parameters
    ----------
    base : ExactLaw
        The law of T, without atoms but at 0.
    factor : Law
        The law of R; if T has an atom, R is not below 0.
    bias : float
        The number b.

    Attributes
    ----------
    error : float
        Bound on the absolute error of ``cdf`` and ``sf``: that of the law of T, and ten times how
        much twice as many nodes change, and what tables may be off by.

    Raises
    ------
    NoExactLaw
        If T has atoms at other places, or the nodes do not resolve the average.

    Notes
    -----
    If the density of R is above 0 at 0, that of the sum is infinite at b. Closer to b than about
    1e-18 of its scale it keeps the value there.

    Examples
    --------
    The magnitude of R being a Rayleigh number, a normal sum becomes a Laplace one:

    >>> import clt_sim as clt
    >>> base = clt.exact(clt.WeightedSum(n=1, weights=1.0))
    >>> law = ScaleMixtureLaw(base, clt.laws.get("symmetric-weibull(shape=2)"), 0.0)
    >>> laplace = clt.laws.Laplace(scale=0.5**0.5)
    >>> bool(abs(law.cdf(-20.0) / laplace.cdf(-20.0) - 1.0) < 1e-10)
    True
    """

    method: ClassVar[str] = "random-scale"

    base: ExactLaw
    factor: Law
    bias: float
    error: float = field(init=False, compare=False)
    _mismatch: float = field(init=False, compare=False)
    _scales: ScaleNodes = field(init=False, compare=False)
    _far: float = field(init=False, compare=False)
    _tables: dict[bool, ChebyshevPanels | None] = field(init=False, compare=False)
    _asked: list[int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Find the nodes, and compare with more of them."""
        self._check()
        object.__setattr__(self, "_scales", ScaleNodes.of(self.factor, _RATIO))
        object.__setattr__(self, "_far", self._end_of_base())
        object.__setattr__(self, "_tables", {})
        object.__setattr__(self, "_asked", [0, 0])
        finer = ScaleNodes.of(self.factor, _FINER)
        places = self._typical_size() * np.concatenate([-_PLACES[::-1], _PLACES])
        absolute, relative = 0.0, 0.0
        for upper in (False, True):
            given = functools.partial(self._given_scale, upper=upper)
            values, others = (
                scales.average(given, places, math.inf)[1] for scales in (self._scales, finer)
            )
            absolute = max(absolute, float(np.max(np.abs(values - others))))
            shown = others > self.smallest
            off = np.abs(values[shown] / others[shown] - 1.0)
            relative = max(relative, float(np.max(off, initial=0.0)))
        error = self.base.error + _SAFETY * absolute + _MOST_OFF
        if not error <= LARGEST_ERROR:
            raise NoExactLaw(f"the average over the scale is only known to {error:.0e}.")
        object.__setattr__(self, "error", error)
        object.__setattr__(self, "_mismatch", _SAFETY * relative + _MOST_OFF)

    def _check(self) -> None:
        if any(self.base.atoms.keys() - {0.0}):
            raise NoExactLaw("the sum has atoms at other places than 0, which a scale spreads.")
        if self.base.atoms and self.factor.support[0] < 0.0:
            raise NoExactLaw("the sum has an atom, and the scale may be below 0.")

    def _end_of_base(self) -> float:
        """Return a distance from 0 beyond which there is nothing of T that floats can hold."""
        far = 1.0
        while far < _FARTHEST and float(self.base.cdf(-far)) + float(self.base.sf(far)) > _NOTHING:
            far *= 2.0
        return far

    def _typical_size(self) -> float:
        """Return the product of typical sizes of R and T."""
        of_base = float(np.max(np.abs(self.base.quantile([0.05, 0.95]))))
        return of_base * float(np.max(np.abs(self.factor.quantile([0.25, 0.75]))))

    @property
    def relative_error(self) -> float:
        """Bound on the relative error of density and tails, down to `smallest`."""
        return max(self.error, self.base.relative_error + self._mismatch)

    @property
    def smallest(self) -> float:
        """The least tail probability for which `relative_error` holds.

        What the law of T does not resolve is less than a share of 1e-12 of it.
        """
        return 1e12 * self.base.smallest

    @property
    def support(self) -> tuple[float, float]:
        """The smallest interval known to hold all the mass."""
        ends = [_product(r, t) for r in self.factor.support for t in self.base.support]
        return min(ends) + self.bias, max(ends) + self.bias

    @property
    def atoms(self) -> Mapping[float, float]:
        """The atom at the bias, where R or T is 0."""
        at_0 = self.factor.atoms.get(0.0, 0.0)
        mass = at_0 + (1.0 - at_0) * self.base.atoms.get(0.0, 0.0)
        return {self.bias: mass} if mass else NO_ATOMS

    @property
    def kinks(self) -> tuple[float, ...]:
        """Where the density may not be smooth: at the bias, and at products of such places."""
        low, high = self.support
        of_factor = {*self.factor.kinks, *self.factor.support, *self.factor.atoms}
        of_base = {*self.base.kinks, *self.base.support}
        places = {r * t + self.bias for r in of_factor for t in of_base if math.isfinite(r * t)}
        inside = sorted(place for place in {self.bias, *places} if low < place < high)
        return tuple(inside) if len(inside) <= _MOST_KINKS else (self.bias,)

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]`` by the binomial theorem."""
        terms = [
            math.comb(k, j)
            * self.bias ** (k - j)
            * (self.factor.moment(j) * self.base.moment(j) if j else 1.0)
            for j in range(k + 1)
            if j == k or self.bias
        ]
        return math.fsum(terms) if all(map(math.isfinite, terms)) else sum(terms)

    def _given_scale(self, x: Floats, scale: Floats, *, upper: bool) -> Floats:
        """Return the density of ``scale T`` at x and one of its tails, with an axis in front."""
        place = x / scale
        both = np.empty((2, *place.shape))
        for sign in (False, True):
            some = (scale > 0.0) == sign
            if some.any():
                both[..., some] = self.base.density_and_tail(place[:, some], upper=upper == sign)
        both[0] /= np.abs(scale)
        return both

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the part without the atom; infinite at a pole at the bias."""
        y = real_numbers("x", x) - self.bias
        density = np.asarray(self._read(y)[0])
        shares = self._scales.masses / np.abs(self._scales.values)
        nearest = np.argsort(np.abs(self._scales.values))[:20]
        if self.base.pdf(0.0) > 0.0 and shares[nearest].sum() > _POLE * shares.sum():
            density[y == 0.0] = math.inf
        return density

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``, right to relative error in the left tail."""
        y = real_numbers("x", x) - self.bias
        tail = self._read(y)[1]
        return np.asarray(np.where(y < 0.0, tail, np.minimum(1.0 - tail, 1.0)))

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""
        y = real_numbers("x", x) - self.bias
        tail = self._read(y)[1]
        return np.asarray(np.where(y < 0.0, np.minimum(1.0 - tail, 1.0), tail))

    def _read(self, y: Floats) -> Floats:
        """Return the density at y, and the mass beyond it: above it, or for y < 0 below."""
        flat = y.ravel()
        values = np.full((2, flat.size), np.nan)
        for upper in (False, True):
            side = (flat >= 0.0) if upper else (flat < 0.0)
            self._tabulate(int(np.count_nonzero(side)), upper=upper)
            table = self._tables.get(upper)
            if table is not None:
                with np.errstate(divide="ignore"):
                    u = np.log(np.abs(flat))
                listed = side & (u >= table.edges[0]) & (u <= table.edges[-1])
                values[:, listed] = np.exp(table.at(u[listed]))
                side = side & ~listed
            values[:, side] = self._directly(flat[side], upper=upper)
        return values.reshape((2, *y.shape))

    def _directly(self, y: Floats, *, upper: bool) -> Floats:
        """Return what `_read` does, by averages."""
        given = functools.partial(self._given_scale, upper=upper)
        with np.errstate(over="ignore", under="ignore"):
            return self._scales.average(given, y, self._far)

    def _tabulate(self, points: int, *, upper: bool) -> None:
        """Make a table of a side where density and tail are smooth, once many points were asked."""
        if upper in self._tables:
            return
        self._asked[upper] += points
        if self._asked[upper] > _FEW:
            smooth = {*self.kinks} <= {self.bias} and math.isinf(self.support[upper])
            self._tables[upper] = self._table(upper) if smooth else None

    def _table(self, upper: bool) -> ChebyshevPanels | None:
        """Return the logarithms of density and tail as polynomials in the logarithm of |y|.

        From where these are right: a pole of the density of T, which its panels do not resolve to
        all digits, leaves those next to the bias out. None, if there are no such panels.
        """
        sign = 1.0 if upper else -1.0
        middle = math.log(self._typical_size())
        ends = [middle]
        while float(self._directly(sign * np.exp([ends[-1]]), upper=upper)[1, 0]) > self.smallest:
            ends.append(ends[-1] + _PANEL)
        edges = np.concatenate([middle - _PANELS_INWARD[::-1], ends[:-1]])

        def logarithms(u: Floats) -> Floats:
            return np.asarray(np.log(self._directly(sign * np.exp(u), upper=upper)))

        table = ChebyshevPanels.of(logarithms, edges)
        bad = np.flatnonzero(np.any(table.mismatch(logarithms) > _MOST_OFF, axis=0))
        start = int(bad[-1]) + 1 if bad.size else 0
        return table.beyond(start) if start < table.edges.size - 1 else None

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside [0, 1].

        Nearer to the bias than scales are followed, it is the bias.
        """
        places = solved_quantile(self, p, self._bracket)
        at_bias = np.abs(places - self.bias) < 2.0**-DEPTH * self._typical_size()
        return np.where(at_bias, self.bias, places)

    def _bracket(self, p: Floats, upper: bool) -> tuple[float, float]:
        """Return ends that hold the quantiles, by doubling the distance from the bias."""
        size = self._typical_size()
        low, high = (max(min(end, 1e300), -1e300) for end in self.support)
        for _ in range(_DOUBLINGS):
            left, right = max(self.bias - size, low), min(self.bias + size, high)
            outer = self.sf(right) < (1.0 - p).min() if upper else self.cdf(right) >= p.max()
            inner = self.sf(left) > (1.0 - p).max() if upper else self.cdf(left) < p.min()
            if (outer or right == high) and (inner or left == low):
                break
            size *= 2.0
        return left, right

    def __str__(self) -> str:
        """Say the law in one line."""
        shift = f" + {self.bias:g}" if self.bias else ""
        return (
            f"{self.method} law of R T{shift}, R ~ {self.factor}, T the {self.base}; error below"
            f" {1.05 * self.error:.1e}"
        )

    __repr__ = __str__


def _product(first: float, second: float) -> float:
    """Return a product in which 0 stays 0."""
    return first * second if first and second else 0.0
