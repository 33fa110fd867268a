"""Laws that scipy.stats knows."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._quadrature import integrate, integrate_adaptively
from clt_sim._validation import finite, finite_row, positive, shown, unknown_name
from clt_sim.laws.base import NO_ATOMS, Law, angles, no_density
from clt_sim.laws.exponential_rate import exponential_rate
from clt_sim.laws.registry import registry
from clt_sim.registry import ALWAYS_TOLD

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_ATOMS = 10**6
_MOST_TURNS = 10**5
_LOGARITHMS = np.linspace(-60.0, 700.0, 3041)
"""Of x: beyond, powers are 0 or infinite."""
_LEFT_OUT_OF_MOMENTS = -80.0
"""Logarithm of what is small beside the peak of the density times x**k."""
_LEFT_OUT = 2.0**-54
"""Atoms of an infinite row end where the mass beyond, on either side, is below this."""


@registry.register
@dataclass(frozen=True, slots=True)
class Scipy(Law):
    """A distribution of scipy.stats, by its name; its facts are scipy's.

    A frozen distribution, such as ``scipy.stats.gumbel_r(scale=2)``, is turned into this law
    wherever a law is taken. The density of a continuous distribution is taken to be smooth inside
    its support, except for draws, whose tables find kinks. Of a discrete one, with infinitely many
    values, those are left out beyond which there is a mass below 2**-54 on either side.

    Parameters
    ----------
    distribution : str
        Name of a univariate distribution in scipy.stats.
    shapes : iterable of float
        Its shape parameters, in the order of scipy.
    loc : float
        Shift.
    scale : float
        Scale, above 0; 1 for discrete distributions.

    Examples
    --------
    >>> law = Scipy("gamma", shapes=(2.0,), scale=3.0)
    >>> law.mean, law.variance
    (6.0, 18.0)
    """

    name: ClassVar[str] = "scipy"

    distribution: str = field(default="gumbel_r", metadata=ALWAYS_TOLD)
    shapes: tuple[float, ...] = ()
    loc: float = 0.0
    scale: float = 1.0

    def __init__(
        self,
        distribution: str = "gumbel_r",
        shapes: Iterable[float] = (),
        loc: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        if not isinstance(distribution, str):
            raise TypeError(f"distribution must be a name, not {shown(distribution)}.")
        numbers = finite_row("shapes", shapes)
        object.__setattr__(self, "distribution", distribution)
        object.__setattr__(self, "shapes", numbers)
        object.__setattr__(self, "loc", finite("loc", loc))
        object.__setattr__(self, "scale", positive("scale", scale))
        _check(self)

    @property
    def _discrete(self) -> bool:
        return hasattr(_frozen(self).dist, "pmf")

    @property
    def support(self) -> tuple[float, float]:
        """The support according to scipy; for infinitely many atoms, those that are kept."""
        if self._discrete:
            return float(_atoms(self)[0][0]), float(_atoms(self)[0][-1])
        low, high = _frozen(self).support()
        return float(low), float(high)

    @property
    def atoms(self) -> Mapping[float, float]:
        """The values of a discrete distribution."""
        if not self._discrete:
            return NO_ATOMS
        values, masses = _atoms(self)
        return MappingProxyType(dict(zip(values.tolist(), masses.tolist(), strict=True)))

    @property
    def mean(self) -> float:
        """The expectation."""
        return float(_frozen(self).stats("m"))

    def _variance(self) -> float:
        """Return the variance."""
        return float(_frozen(self).stats("v"))

    @property
    def tail_index(self) -> float:
        """The least whole order up to 8 whose moment scipy finds not finite, or inf.

        This is the tail index rounded up: scipy does not know it.
        """
        return _tail_index(self)

    @property
    def exponential_index(self) -> float:
        """The rate of the upper tail, from its density far out; 0 where that cannot be told.

        A density that is a power of x times ``exp(-rate*x)`` gives the rate, rounded to three
        digits. One whose rate goes on changing, by more than 0.5 % where its logarithm doubles,
        has infinity or 0.
        """
        if self._discrete or math.isfinite(self.support[1]):
            return math.inf
        return 0.0 if math.isfinite(self.tail_index) else _rate(self)

    def _moment(self, k: int) -> float:
        """Return the moment according to scipy, or by quadrature where scipy's own fails."""
        from scipy.integrate import IntegrationWarning

        with warnings.catch_warnings():
            warnings.simplefilter("error", IntegrationWarning)
            try:
                moment = _scipy_moment(self, k)
            except IntegrationWarning:
                return _integrated_moment(self, k) if k < self.tail_index else math.nan
        if not math.isfinite(moment) and k < self.tail_index:
            raise OverflowError
        return moment

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density, 0 for a discrete distribution."""
        x = real_numbers("x", x)
        if self._discrete:
            return no_density(x)
        # Some densities are nan where they should be 0.
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(x), 0.0, _frozen(self).pdf(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        return np.asarray(_frozen(self).cdf(real_numbers("x", x)), np.float64)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        value = np.asarray(_frozen(self).ppf(p), np.float64)
        low, high = self.support
        # scipy puts the 0-quantile of a discrete distribution one step below the support.
        return np.where(np.isnan(value), np.nan, np.clip(value, low, high))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return the sum over the atoms, or the integral over the density.

        The integral is cut where a mass of 1e-13 is beyond, on either side, and taken by
        Gauss-Legendre quadrature in panels in which the exponential turns at most once; the
        absolute error is below 1e-11 for densities that are smooth on the scale of their
        quantiles. Its cost grows with ``abs(t)`` times the range of the quantiles; where the
        exponential turns more than 10**5 times, as in heavy tails, ValueError is raised.
        """
        t = finite_numbers("t", t)
        if self._discrete:
            values, masses = _atoms(self)
            return np.asarray(1.0 + np.expm1(1j * angles(values, t[..., None])) @ masses)
        turned = [_turned(self, float(frequency)) for frequency in t.ravel()]
        return np.array(turned, np.complex128).reshape(t.shape)


def from_frozen(frozen: Any) -> Scipy:
    """Return the law of a frozen univariate distribution of scipy.stats.

    Parameters
    ----------
    frozen : object
        Such as ``scipy.stats.gumbel_r(scale=2)``.

    Returns
    -------
    Scipy
        The law.

    Raises
    ------
    ValueError
        If it is multivariate or not one of the named distributions.
    """
    distribution = getattr(frozen, "dist", None)
    shapes = getattr(distribution, "shapes", None) or ""
    names = [name.strip() for name in shapes.split(",") if name.strip()]
    positions = [*names, "loc", "scale"]
    given = dict(zip(positions, getattr(frozen, "args", ()), strict=False))
    given |= getattr(frozen, "kwds", {})
    name = getattr(distribution, "name", type(frozen).__name__)
    parameters = [given[shape] for shape in names]
    return Scipy(str(name), parameters, given.get("loc", 0.0), given.get("scale", 1.0))


def _check(law: Scipy) -> None:
    from scipy import stats

    kinds = (stats.rv_continuous, stats.rv_discrete)
    known = {name for name in dir(stats) if isinstance(getattr(stats, name), kinds)}
    if law.distribution not in known:
        raise unknown_name("univariate distribution of scipy.stats", law.distribution, known)
    distribution = getattr(stats, law.distribution)
    if len(law.shapes) != distribution.numargs:
        raise ValueError(
            f"shapes must be {distribution.numargs} numbers for {law.distribution}"
            f" ({distribution.shapes}), not {len(law.shapes)}."
        )
    if isinstance(distribution, stats.rv_discrete) and law.scale != 1.0:
        raise ValueError(f"scale must be 1 for the discrete {law.distribution}, not {law.scale}.")
    if math.isnan(_frozen(law).support()[0]):
        raise ValueError(f"shapes must be in the range of {law.distribution}, not {law.shapes}.")


def _scipy_moment(law: Scipy, k: int) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(_frozen(law).moment(k)) if k else 1.0


def _integrated_moment(law: Scipy, k: int) -> float:
    """Return the moment by quadrature over the logarithm of x, where x**k is the largest."""
    return math.fsum(side**k * _moment_of_side(law, k, side) for side in (-1.0, 1.0))


def _moment_of_side(law: Scipy, k: int, side: float) -> float:
    """Return the part of ``E[|X|**k]`` of one side of 0."""
    logpdf = _frozen(law).logpdf

    def exponents(u: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.asarray((k + 1) * u + logpdf(side * np.exp(u)))

    coarse = exponents(_LOGARITHMS)
    peak = float(np.max(coarse))
    if not math.isfinite(peak):
        return 0.0
    kept = np.flatnonzero(coarse > peak + _LEFT_OUT_OF_MOMENTS)
    ends = _LOGARITHMS[max(kept[0] - 1, 0) : kept[-1] + 2]
    body = integrate_adaptively(
        lambda u: np.exp(exponents(u) - peak), ends[:-1], ends[1:], precision=1e-13
    )
    return math.exp(peak + math.log(body.value))


@functools.lru_cache(maxsize=64)
def _tail_index(law: Scipy) -> float:
    with warnings.catch_warnings():
        # Where a moment is infinite, the quadrature of scipy complains.
        warnings.simplefilter("ignore")
        infinite = (float(k) for k in range(1, 9) if not math.isfinite(_scipy_moment(law, k)))
        return next(infinite, math.inf)


@functools.lru_cache(maxsize=64)
def _frozen(law: Scipy) -> Any:
    from scipy import stats

    distribution = getattr(stats, law.distribution)
    place = {"loc": law.loc}
    if isinstance(distribution, stats.rv_continuous):
        place["scale"] = law.scale
    return distribution(*law.shapes, **place)


@functools.lru_cache(maxsize=64)
def _atoms(law: Scipy) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frozen = _frozen(law)
    low, high = frozen.support()
    first, last = (end if math.isfinite(end) else frozen.median() for end in (low, high))
    reach = 1.0
    # scipy's own quantiles are infinite this far out.
    while frozen.cdf(first - 1.0) >= _LEFT_OUT or frozen.sf(last) >= _LEFT_OUT:
        first = first if math.isfinite(low) else first - reach
        last = last if math.isfinite(high) else last + reach
        reach *= 2.0
        if reach > _MOST_ATOMS:
            raise ValueError(f"{law} needs more than {_MOST_ATOMS} atoms.")
    values = np.arange(first, last + 1.0)
    masses = np.asarray(frozen.pmf(values), np.float64)
    return values[masses > 0.0], masses[masses > 0.0]


@functools.lru_cache(maxsize=64)
def _rate(law: Scipy) -> float:
    return exponential_rate(law, _frozen(law).logpdf)


def _turned(law: Scipy, t: float) -> complex:
    levels = np.concatenate([10.0 ** np.arange(-13.0, -1.0), np.linspace(0.02, 0.5, 25)])
    ends = law.quantile(np.unique(np.concatenate([levels, 1.0 - levels])))
    low, high = float(ends[0]), float(ends[-1])
    turns = math.ceil(abs(t) * (high - low) / (2.0 * math.pi)) + 1
    if turns > _MOST_TURNS:
        raise ValueError(f"the characteristic function of {law} at t = {t} turns too often.")
    places = np.concatenate([ends, np.linspace(low, high, turns + 1)])

    def part(function: Any) -> float:
        return integrate(lambda x: np.asarray(law.pdf(x) * function(t * x)), places, low, high)

    # The mass is exactly 1; only what the exponential changes is summed.
    return complex(1.0 + part(lambda turn: -2.0 * np.sin(0.5 * turn) ** 2), part(np.sin))
