"""The exact law of a sum that is in a known family, shifted and scaled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim._validation import finite, shown
from clt_sim.exact.both_tails import (
    check_tails,
    reflected,
    relative_error,
    solved_quantile,
    survival,
)
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.laws import Law

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, repr=False)
class ClosedFamilyLaw(ExactLaw):
    """The law of ``location + scale*X`` for X with a law that has no atoms.

    Both tails keep relative accuracy: the upper one is the lower tail of the reflected law, or a
    function of its own. The stated errors come on top of those that come with rounding x, the
    parameters and their differences by a few units in the last place.

    Parameters
    ----------
    law : Law
        The law of X.
    location : float
        Shift.
    scale : float
        Factor, not 0; one below 0 reflects.

    Raises
    ------
    NoExactLaw
        If X has atoms, or its upper tail is not known.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law = ClosedFamilyLaw(clt.laws.get("exponential"), scale=-2.0)
    >>> print(law)
    closed-family law: -2*x, x ~ exponential, relative error below 2.1e-12
    >>> float(law.cdf(-2.0 * math.log(4.0))), law.mean
    (0.25, -2.0)
    """

    method: ClassVar[str] = "closed-family"

    law: Law
    location: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters, and reflect a law that has a name for it."""
        if not isinstance(self.law, Law):
            raise TypeError(f"law must be a Law, not {shown(self.law)}.")
        put = object.__setattr__
        put(self, "location", finite("location", self.location) + 0.0)
        put(self, "scale", finite("scale", self.scale))
        if self.scale == 0.0:
            raise ValueError("scale must not be 0.")
        if self.law.atoms:
            raise NoExactLaw(f"the law {self.law} has atoms.")
        check_tails(self.law)
        opposite = reflected(self.law) if self.scale < 0.0 else None
        if opposite is not None:
            put(self, "law", opposite)
            put(self, "scale", -self.scale)

    @property
    def error(self) -> float:  # type: ignore[override] # a fact of the law, no field
        """Bound on the absolute error of ``cdf`` and ``sf``."""
        return self.relative_error

    @property
    def relative_error(self) -> float:
        """Bound on the relative error of ``pdf`` and of both tails, down to `smallest`."""
        return relative_error(self.law)

    @property
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds all the mass."""
        low, high = sorted(self._place(end) for end in self.law.support)
        return low, high

    @property
    def kinks(self) -> tuple[float, ...]:
        """Points inside the support where the density is not smooth."""
        return tuple(sorted(self._place(kink) for kink in self.law.kinks))

    @property
    def mean(self) -> float:
        """The expectation."""
        return self.location + self.scale * self.law.mean

    @property
    def variance(self) -> float:
        """The variance."""
        return self.scale**2 * self.law.variance

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``, a binomial sum over the moments of X."""
        if self.location == 0.0 or not math.isfinite(self.law.moment(k)):
            return self.scale**k * self.law.moment(k)
        return math.fsum(
            math.comb(k, j) * self.location ** (k - j) * self.scale**j * self.law.moment(j)
            for j in range(k + 1)
        )

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        return self.law.pdf(self._argument(x)) / abs(self.scale)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``, right to relative error in the left tail."""
        z = self._argument(x)
        return self.law.cdf(z) if self.scale > 0.0 else survival(self.law, z)

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""
        z = self._argument(x)
        return survival(self.law, z) if self.scale > 0.0 else self.law.cdf(z)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside [0, 1]."""
        if self.scale < 0.0:
            return solved_quantile(self, p)
        return self.location + self.scale * self.law.quantile(p)

    @property
    def atoms(self) -> Mapping[float, float]:
        """None."""
        return self.law.atoms

    def _place(self, x: float) -> float:
        return self.location + self.scale * x

    def _argument(self, x: ArrayLike) -> NDArray[np.float64]:
        return np.asarray((real_numbers("x", x) - self.location) / self.scale)

    def __str__(self) -> str:
        """Say the law in one line."""
        bound = 1.05 * self.relative_error  # never less than the error once it has two digits
        text = linear_text("x", self.scale, self.location)
        law = str(self.law) if text == "x" else f"{text}, x ~ {self.law}"
        return f"{self.method} law: {law}, relative error below {bound:.1e}"

    __repr__ = __str__


def linear_text(symbol: str, factor: float, constant: float) -> str:
    """Return the text of ``factor*symbol + constant``, without a factor 1 and a constant 0.

    Examples
    --------
    >>> linear_text("x", 1.0, -2.0)
    'x - 2'
    """
    signs = {1.0: symbol, -1.0: f"-{symbol}"}
    text = signs.get(factor, f"{factor:g}*{symbol}")
    if constant == 0.0:
        return text
    return f"{text} {'-' if constant < 0.0 else '+'} {abs(constant):g}"
