"""The exact law of a sum by its characteristic function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim._quadrature import integrate_adaptively
from clt_sim._validation import check_flag
from clt_sim.exact.both_tails import solved_quantile
from clt_sim.exact.common_factor_transform import CommonFactorTransform, moment_of_parts
from clt_sim.exact.cumulants import moment_of_cumulants
from clt_sim.exact.inversion import Inversion
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.sum_transform import sum_transform
from clt_sim.exact.transform_sums import SumTransform
from clt_sim.exact.without_bias import without_bias
from clt_sim.laws import Law
from clt_sim.models.model import checked_sum
from clt_sim.theory.cumulants import HIGHEST_ORDER, sum_cumulants

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.sum_parts import SumParts
    from clt_sim.models import WeightedSum

_MOST_KINKS = 64
_STEPS = 1000
_LEFT_OUT = 1e-10
"""The share of a moment that may come from beyond what is known of the tails."""


@dataclass(frozen=True, slots=True, repr=False)
class InvertedLaw(ExactLaw):
    """The law of a weighted sum of independent terms, from its characteristic function.

    Atoms are split off first. What is left is inverted along lines that are tilted into the tails
    as far as the transform is finite there, so that both tails are right to relative error; a
    heavy tail is right to absolute error, and goes on as a power from where that hides it.

    Parameters
    ----------
    model : WeightedSum
        A sum that has a part without atoms.

    Attributes
    ----------
    error : float
        Bound on the absolute error of ``cdf`` and ``sf``: ten times the mismatch of the two lines
        of integration that meet in the middle, and what was cut off of them.

    Raises
    ------
    NoExactLaw
        If a part of the model has no transform, all the mass is in atoms, or the transform falls
        too slowly.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law = clt.exact(clt.WeightedSum(n=4, nonlinearity="tanh"))  # w and x normal
    >>> law.method, law.error < 1e-11
    ('characteristic-function', True)
    >>> print(f"{law.sf(20.0):.6e}")
    4.141202e-29
    """

    method: ClassVar[str] = "characteristic-function"

    model: WeightedSum
    error: float = field(init=False, compare=False)
    _parts: SumParts = field(init=False, compare=False)
    _inversion: Inversion = field(init=False, compare=False)
    _ends: tuple[float, float] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Split off the atoms and invert the rest."""
        parts = sum_transform(_without_constant_bias(self.model))
        if parts.transform is None:
            raise NoExactLaw("all its mass is in atoms.")
        inversion = Inversion(parts.transform, self._kinks(parts))
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_inversion", inversion)
        object.__setattr__(self, "_ends", parts.transform.support)
        object.__setattr__(self, "error", parts.mass * inversion.error)

    def _kinks(self, parts: SumParts) -> tuple[float, ...]:
        """Return where the density may not be smooth, less the bias."""
        places = sorted({0.0, *parts.atoms})
        if parts.transform is not None and parts.transform.piece_places:
            places = sorted({*places, *parts.transform.piece_places})
        elif parts.transform is not None:
            scale = parts.transform.scale
            jumps = parts.transform.jumps(scale)
            places = places if jumps is None else sorted({0.0, *(scale * jumps.places).tolist()})
        return tuple(places) if len(places) <= _MOST_KINKS else ()

    @property
    def relative_error(self) -> float:
        """Bound on the relative error of density and tails; inf beside a heavy tail.

        Where tilts end at a finite limit, what the last one shows beyond its mean is bounded for
        the tails alone.
        """
        return self._inversion.relative_error

    @property
    def smallest(self) -> float:
        """The least tail probability for which `relative_error` holds."""
        return self._inversion.smallest

    @property
    def support(self) -> tuple[float, float]:
        """The smallest interval known to hold all the mass."""
        low, high = self._ends
        bias = self.model.constant_bias
        return min([low + bias, *self.atoms]), max([high + bias, *self.atoms])

    @property
    def atoms(self) -> Mapping[float, float]:
        """The atoms, such as 2**-n at the bias where all units of a layer are off."""
        bias = self.model.constant_bias
        atoms: dict[float, float] = {}
        for x, mass in self._parts.atoms.items():  # which a large bias may round to one place
            atoms[x + bias] = atoms.get(x + bias, 0.0) + mass
        return MappingProxyType(atoms)

    @property
    def kinks(self) -> tuple[float, ...]:
        """Where the density may not be smooth: at the bias, and at atoms."""
        low, high = self.support
        kinks = (kink + self.model.constant_bias for kink in self._inversion.kinks)
        return tuple(kink for kink in kinks if low < kink < high)

    @property
    def mean(self) -> float:
        """The mean of the model."""
        return self._moment(1) if self.model.dependence is not None else self.model.mean

    @property
    def variance(self) -> float:
        """The variance of the model."""
        if self.model.dependence is not None:
            return self._variance_of_dependent()
        return self.model.variance

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``: from cumulants to the sixth order, then by quadrature."""
        dependent = self.model.dependence is not None
        if k < 2 and not dependent:
            return (1.0, self.mean)[k]
        if k >= self.model.tail_index:
            return self._infinite_moment(k)
        if dependent:
            return self._moment_of_dependent(k)
        return self._moment_of_cumulants(k) if k <= HIGHEST_ORDER else self._integrated(k)

    def _infinite_moment(self, k: int) -> float:
        """Return a moment that is infinite; nan where both tails may have a part in it."""
        low, high = self.support
        if k % 2 == 0 or math.isfinite(low):
            return math.inf
        return -math.inf if math.isfinite(high) else math.nan

    def _moment_of_dependent(self, k: int) -> float:
        """Return ``E[S**k]`` of dependent inputs, by the binomial theorem if the bias has a law."""
        transform, bias = self._parts.transform, self.model.bias
        if isinstance(transform, SumTransform) and isinstance(bias, Law):
            rest = transform.summands[0].parts
            moments = [(moment_of_parts(rest, j), bias.moment(k - j)) for j in range(k + 1)]
            return math.fsum(math.comb(k, j) * x * y for j, (x, y) in enumerate(moments))
        if isinstance(transform, CommonFactorTransform):
            return transform.moment(k, self.model.constant_bias)
        raise AssertionError("only equicorrelated inputs are inverted")

    def _variance_of_dependent(self) -> float:
        transform, bias = self._parts.transform, self.model.bias
        if isinstance(transform, SumTransform) and isinstance(bias, Law):
            rest = transform.summands[0].parts
            mean = moment_of_parts(rest, 1)
            return moment_of_parts(rest, 2) - mean * mean + bias.variance
        return 0.0 if transform is None else transform.scale**2

    def _moment_of_cumulants(self, k: int) -> float:
        cumulants = sum_cumulants(self.model, k)
        kappa = [cumulants.mean, cumulants.variance]
        for order, standardized in enumerate(cumulants.standardized, start=3):
            kappa.append(standardized * cumulants.variance ** (order / 2))
        return moment_of_cumulants(kappa)

    def _integrated(self, k: int) -> float:
        """Return a moment from the density; nan where tails decide it that are not known."""
        if not self._inversion.tilted:
            return math.nan
        bias = self.model.constant_bias
        low, high = (end + bias for end in self._inversion.reach)
        breaks = np.unique(np.concatenate([np.linspace(low, high, 200), self.kinks]))
        # In a unit in which no power overflows, and by two factors that do if the moment does.
        unit = max(1.0, -low, high)
        first, second = unit ** (k // 2), unit ** (k - k // 2)
        if not self._is_within(breaks, unit, k):
            return math.nan
        body = integrate_adaptively(
            lambda x: (x / unit) ** k * self.pdf(x), breaks[:-1], breaks[1:], precision=1e-13
        )
        moment = math.fsum([body.value * first * second, *self._powers_of_atoms(k)])
        if not math.isfinite(moment):
            raise OverflowError
        return moment

    def _is_within(self, breaks: NDArray[np.float64], unit: float, k: int) -> bool:
        """Return whether what is beyond the ends has no part in a moment."""
        ends = breaks[[0, -1]] / unit
        beyond = np.abs(ends) ** k @ [self.cdf(breaks[0]), self.sf(breaks[-1])]
        sizes = np.abs(breaks / unit) ** k * self.pdf(breaks)
        return bool(beyond <= _LEFT_OUT * np.trapezoid(sizes, breaks))

    def _powers_of_atoms(self, k: int) -> Iterator[float]:
        return (mass * x**k for x, mass in self.atoms.items())

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the part without atoms."""
        return self._parts.mass * self._inversion.pdf(self._unbiased(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``."""
        smooth = self._parts.mass * self._inversion.cdf(self._unbiased(x))
        return smooth + self._in_atoms(x, up_to=True)

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``."""
        smooth = self._parts.mass * self._inversion.sf(self._unbiased(x))
        return smooth + self._in_atoms(x, up_to=False)

    def density_and_tail(self, x: ArrayLike, *, upper: bool) -> NDArray[np.float64]:
        """Return ``pdf(x)`` and a tail at once, in the time of one of them."""
        check_flag("upper", upper)
        both = self._parts.mass * self._inversion.density_and_tail(self._unbiased(x), upper=upper)
        both[1] += self._in_atoms(x, up_to=not upper)
        return both

    def _unbiased(self, x: ArrayLike) -> NDArray[np.float64]:
        return real_numbers("x", x) - self.model.constant_bias

    def _in_atoms(self, x: ArrayLike, *, up_to: bool) -> NDArray[np.float64]:
        """Return the mass of the atoms up to x, or beyond it."""
        x = real_numbers("x", x)
        atoms = self.atoms
        places = np.array(sorted(atoms))
        masses = np.array([atoms[place] for place in places.tolist()])
        sums = np.concatenate([[0.0], np.cumsum(masses if up_to else masses[::-1])])
        index = np.searchsorted(places, x, side="right")
        return np.asarray(sums[index if up_to else places.size - index])

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside [0, 1].

        Above 1/2 it is the least x with ``sf(x) <= 1 - p``, which loses no digits.
        """
        return solved_quantile(self, p, self._bracket)

    def _bracket(self, p: NDArray[np.float64], upper: bool) -> tuple[float, float]:
        """Return ends that hold quantiles on one side of the median."""
        tail = self.sf if upper else self.cdf
        rest = 1.0 - p if upper else p
        side = 1.0 if upper else -1.0
        outer = self._first(side, lambda x: bool(tail(x) < rest.min()))
        inner = self._first(-side, lambda x: bool(tail(x) >= rest.max()))
        return (inner, outer) if upper else (outer, inner)

    def _first(self, side: float, reached: Callable[[float], bool]) -> float:
        """Return the first point that reaches something, on the way to an end of the support.

        The distance from the centre doubles; that from a finite end is halved.
        """
        transform = self._inversion.transform
        centre, scale = transform.centre + self.model.constant_bias, transform.scale
        end = self.support[1 if side > 0.0 else 0]
        place = centre
        for step in range(_STEPS):
            if math.isfinite(end):
                place = end + (centre - end) * 0.5**step
            else:
                place = centre + side * scale * 2.0**step
            if reached(place):
                break
        return place

    def __str__(self) -> str:
        """Say the law in one line."""
        return f"{self.method} law of the {self.model}, error below {1.05 * self.error:.1e}"

    __repr__ = __str__


def _without_constant_bias(model: WeightedSum) -> WeightedSum:
    """Return a model whose points need not be told from a bias that hides their digits."""
    checked_sum(model)
    return without_bias(model) if model.constant_bias else model
