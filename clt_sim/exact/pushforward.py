"""The exact law of a function of one random variable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim._validation import finite, shown
from clt_sim.exact.both_tails import (
    check_tails,
    probability_between,
    relative_error,
    solved_quantile,
    survival,
)
from clt_sim.exact.closed_family import linear_text
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.monotone_branches import branches
from clt_sim.laws import Law
from clt_sim.models.expectation import expectation, variance
from clt_sim.nonlinearities import Cos, Identity, Nonlinearity, Sin

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.branch import Branch

    Floats = NDArray[np.float64]

_NEGLIGIBLE = 1e-20
"""Sines and cosines leave out half-waves beyond which there is less probability."""
_MOST_DOUBLINGS = 60
_OWN_RELATIVE_ERROR = 1e-12
"""Of derivatives and of sums over branches."""


@dataclass(frozen=True, slots=True, repr=False)
class PushforwardLaw(ExactLaw):
    """The law of ``weight*phi(x) + bias`` for x from a law.

    On each interval where phi is monotone, an event of values is an interval of x, between
    preimages. Where phi is constant, and where x has atoms, there are atoms. The stated errors come
    on top of those that come with rounding the place asked for and its preimages by a few units
    in the last place, which tell beside a pole of the density and at a finite limit of phi.

    Parameters
    ----------
    law : Law
        The law of x.
    nonlinearity : Nonlinearity
        The function phi, a registered one unless x is discrete.
    weight : float
        Factor, not 0.
    bias : float
        Shift.

    Raises
    ------
    NoExactLaw
        If the branches of phi or the upper tail of the law are not known, or sine or cosine has
        too many half-waves where x is.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law = PushforwardLaw(clt.laws.get("normal"), clt.nonlinearities.get("relu"))
    >>> print(law)
    pushforward law: relu(x), x ~ normal, relative error below 3.2e-12
    >>> dict(law.atoms), round(float(law.pdf(1.0)), 6), law.variance  # doctest: +ELLIPSIS
    ({0.0: 0.5}, 0.241971, 0.3408...)
    """

    method: ClassVar[str] = "pushforward"

    law: Law
    nonlinearity: Nonlinearity
    weight: float = 1.0
    bias: float = 0.0
    error: float = field(init=False, compare=False)
    atoms: Mapping[float, float] = field(init=False, compare=False)
    _smooth: Law = field(init=False, compare=False)
    _share: float = field(init=False, compare=False)
    _branches: tuple[Branch, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Find the branches and the atoms."""
        if not isinstance(self.law, Law):
            raise TypeError(f"law must be a Law, not {shown(self.law)}.")
        put = object.__setattr__
        put(self, "weight", finite("weight", self.weight))
        put(self, "bias", finite("bias", self.bias) + 0.0)
        if self.weight == 0.0:
            raise ValueError("weight must not be 0.")
        smooth = self.law.without_atoms
        put(self, "_smooth", smooth or self.law)  # without branches nothing asks for it
        put(self, "_share", 1.0 - math.fsum(self.law.atoms.values()) if smooth else 0.0)
        put(self, "_branches", _branches_of(smooth, self.nonlinearity) if smooth else ())
        put(self, "error", _OWN_RELATIVE_ERROR + (relative_error(smooth) if smooth else 0.0))
        put(self, "atoms", MappingProxyType(self._masses()))

    def _masses(self) -> dict[float, float]:
        masses: dict[float, list[float]] = {}
        for x, mass in self.law.atoms.items():
            masses.setdefault(self._place(float(self.nonlinearity(x))), []).append(mass)
        for branch in self._branches:
            if branch.is_flat:
                ends = np.array([branch.low]), np.array([branch.high])
                mass = self._share * float(probability_between(self._smooth, *ends)[0])
                masses.setdefault(self._place(branch.start), []).append(mass)
        if not all(map(math.isfinite, masses)):
            raise NoExactLaw(f"{self.nonlinearity} of an atom of {self.law} is not finite.")
        sums = {place: math.fsum(masses[place]) for place in sorted(masses)}
        return {place: mass for place, mass in sums.items() if mass > 0.0}

    @property
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds all the mass."""
        limits = [limit for branch in self._curves for limit in (branch.start, branch.end)]
        places = [*map(self._place, limits), *self.atoms]
        return min(places), max(places)

    @property
    def kinks(self) -> tuple[float, ...]:
        """Where branches begin and end, and the values at kinks, inside the support."""
        if not self._branches:
            return ()
        values = {limit for branch in self._branches for limit in (branch.start, branch.end)}
        lowest, highest = self._smooth.support
        special = [*self._smooth.kinks, *self.nonlinearity.kinks]
        values.update(float(self.nonlinearity(x)) for x in special if lowest < x < highest)
        low, high = self.support
        return tuple(sorted({x for x in map(self._place, values) if low < x < high}))

    @property
    def mean(self) -> float:
        """The expectation, with a relative error below 1e-10 of that of the absolute value."""
        return self.weight * expectation(self.law, self.nonlinearity, 1) + self.bias

    @property
    def variance(self) -> float:
        """The variance, with a relative error below 1e-10."""
        return self.weight**2 * variance(self.law, self.nonlinearity)

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``, a binomial sum over the moments of phi."""
        moments = [expectation(self.law, self.nonlinearity, j) for j in range(k + 1)]
        if self.bias == 0.0 or not math.isfinite(moments[k]):
            return self.weight**k * moments[k]
        return math.fsum(
            math.comb(k, j) * self.bias ** (k - j) * self.weight**j * moment
            for j, moment in enumerate(moments)
        )

    def pdf(self, x: ArrayLike) -> Floats:
        """Return the density of the part without atoms, from the right at a jump."""
        x = real_numbers("x", x)
        y = self._value(x)
        total = np.where(np.isnan(y), np.nan, 0.0)
        for branch in self._curves:
            least, most = sorted((branch.start, branch.end))
            first, last = (least, most) if self.weight > 0.0 else (most, least)
            there = (y == first) | ((y > least) & (y < most) & (y != last))
            total[there] += self._density(branch, y[there])
        with np.errstate(over="ignore", invalid="ignore"):  # a weight near 0
            return np.where(total == 0.0, 0.0, self._share / abs(self.weight) * total)

    def _density(self, branch: Branch, y: Floats) -> Floats:
        place = branch.place(y)
        density = np.where(np.isfinite(place), self._smooth.pdf(place), 0.0)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # far outside
            return np.divide(
                density, branch.slope(place, y), out=np.zeros_like(y), where=density > 0.0
            )

    def cdf(self, x: ArrayLike) -> Floats:
        """Return ``P(S <= x)``, right to relative error in the left tail."""
        return self._probability(x, below=True)

    def sf(self, x: ArrayLike) -> Floats:
        """Return ``P(S > x)``, right to relative error in the right tail."""
        return self._probability(x, below=False)

    def _probability(self, x: ArrayLike, *, below: bool) -> Floats:
        x = real_numbers("x", x)
        smooth = self._smooth_probability(self._value(x), below=below is (self.weight > 0.0))
        places = np.array([*self.atoms])
        masses = np.array([*self.atoms.values()])
        if not below:
            places, masses = places[::-1], masses[::-1]
        sums = np.concatenate([[0.0], np.cumsum(masses)])
        count = np.searchsorted(np.sort(places), x, side="right")
        total = self._share * smooth + sums[count if below else places.size - count]
        low, high = self.support
        total = np.where(x < low, 1.0 - below, np.where(x >= high, 1.0 * below, total))
        # Rounding of the masses must not take their sum beyond 1.
        return np.where(np.isnan(x), np.nan, np.minimum(total, 1.0))

    def _smooth_probability(self, y: Floats, *, below: bool) -> Floats:
        """Return the probability that phi is below y, or above, on its branches."""
        total = np.zeros(y.shape)
        for branch in self._curves:
            place = branch.place(y)
            if below is (branch.start < branch.end):
                low, high = np.full_like(place, branch.low), place
            else:
                low, high = place, np.full_like(place, branch.high)
            total = total + probability_between(self._smooth, low, high)
        return total

    def quantile(self, p: ArrayLike) -> Floats:
        """Return the least x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside [0, 1]."""
        return solved_quantile(self, p)

    @property
    def relative_error(self) -> float:
        """Bound on the relative error of ``pdf`` and of both tails, down to `smallest`."""
        return self.error

    @property
    def _curves(self) -> list[Branch]:
        return [branch for branch in self._branches if not branch.is_flat]

    def _place(self, value: float) -> float:
        return self.weight * value + self.bias + 0.0

    def _value(self, x: Floats) -> Floats:
        with np.errstate(over="ignore"):  # a weight near 0
            return np.asarray((x - self.bias) / self.weight)

    def __reduce__(self) -> tuple[type[PushforwardLaw], tuple[Law, Nonlinearity, float, float]]:
        """Pickle by what defines the law: branches hold functions."""
        return type(self), (self.law, self.nonlinearity, self.weight, self.bias)

    def __str__(self) -> str:
        """Say the law in one line."""
        phi = self.nonlinearity
        symbol = "x" if isinstance(phi, Identity) else f"{phi}(x)"
        text = linear_text(symbol, self.weight, self.bias)
        bound = 1.05 * self.error  # never less than the error once it has two digits
        return f"{self.method} law: {text}, x ~ {self.law}, relative error below {bound:.1e}"

    __repr__ = __str__


def _branches_of(law: Law, phi: Nonlinearity) -> tuple[Branch, ...]:
    check_tails(law)
    reach = _reach(law) if isinstance(phi, Sin | Cos) else law.support
    return branches(phi, law.support, reach)


def _reach(law: Law) -> tuple[float, float]:
    """Return an interval with little beyond it, or the support where it ends sooner."""
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    distances = (upper - lower) * 2.0 ** np.arange(_MOST_DOUBLINGS)
    low, high = law.support
    left, right = middle - distances, middle + distances
    left = np.append(left[law.cdf(left) < _NEGLIGIBLE], -math.inf)
    right = np.append(right[survival(law, right) < _NEGLIGIBLE], math.inf)
    return max(low, float(left[0])), min(high, float(right[0]))
