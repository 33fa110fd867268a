"""The truncated normal law."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._quadrature import graded_panels, integrate
from clt_sim._validation import finite, positive
from clt_sim.laws.base import Law, angles, turned
from clt_sim.laws.normal_interval import NormalInterval
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FARTHEST = 1e150
"""Its square is a double."""
_FAR = 2.0**20
"""An end that is so many times as far from a point as the location tells less of the point."""


@registry.register
@dataclass(frozen=True, slots=True)
class TruncatedNormal(Law):
    """The law of a normal variable given that it is in an interval.

    Parameters
    ----------
    location, scale : float
        Mean and standard deviation of the normal law that is truncated; scale above 0. They are
        not called mean and sd, which after the truncation are others.
    low, high : float or None
        Ends of the interval, ``low < high``; None for no end on that side.

    Examples
    --------
    >>> round(TruncatedNormal(low=-2.0, high=2.0).variance, 3)
    0.774
    >>> round(TruncatedNormal(low=0.0, high=None).mean ** 2, 6)
    0.63662
    """

    name: ClassVar[str] = "truncated-normal"

    location: float = 0.0
    scale: float = 1.0
    low: float | None = -2.0
    high: float | None = 2.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "location", finite("location", self.location))
        object.__setattr__(self, "scale", positive("scale", self.scale))
        for name in ("low", "high"):
            end = getattr(self, name)
            object.__setattr__(self, name, None if end is None else finite(name, end))
        low, high = self.support
        if low >= high:
            raise ValueError(f"low must be below high, not {low} >= {high}.")
        interval = self._interval
        if not interval.low < interval.high or interval.low > _FARTHEST:
            raise ValueError(
                f"low and high must be apart in units of scale from location {self.location},"
                f" and one of them not {_FARTHEST:g} units from it."
            )

    @property
    def support(self) -> tuple[float, float]:
        """The interval."""
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    @property
    def _mirrored(self) -> bool:
        """Whether the numbers are those of -X, whose interval is farther out above than below."""
        low, high = self.support
        return self.location - low > high - self.location

    @property
    def _interval(self) -> NormalInterval:
        low, high = ((end - self.location) / self.scale for end in self.support)
        return NormalInterval(-high, -low) if self._mirrored else NormalInterval(low, high)

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]`` by quadrature; relative error about 1e-14 where x has one sign.

        The closed recursions cancel when the interval is narrow or far from the mean.
        """
        moment = self._average(lambda x: x**k)
        if math.isinf(moment):
            raise OverflowError
        return moment

    def _variance(self) -> float:
        """Return the variance, by quadrature of the squared distance from the mean."""
        mean = self.mean
        return self._average(lambda x: (x - mean) ** 2)

    def _average(self, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
        """Return ``E[function(X)]`` by quadrature."""
        low, high = self.support
        # The scale of the density: that of the tail where the interval begins in one.
        near = max(self._interval.low, 0.0)
        length = min(self.scale / (1.0 + near), high - low)
        start = high if self._mirrored else low
        panels = [graded_panels(min(max(self.location, low), high), length)]
        if math.isfinite(start):
            panels.append(graded_panels(start, length))

        def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
            density = self.pdf(x)
            # Where the density is 0, the function could be infinite.
            return density * function(np.where(density > 0.0, x, 0.0))

        with np.errstate(over="ignore"):
            return integrate(integrand, np.concatenate(panels), low, high)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = real_numbers("x", x)
        low, high = self.support
        z = (x - self.location) / self.scale
        density = self._interval.density(-z if self._mirrored else z) / self.scale
        return np.where((x < low) | (x > high), 0.0, density)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        low, high = self.support
        x = np.clip(real_numbers("x", x), low, high)
        z = (x - self.location) / self.scale
        # Infinity minus infinity, where that end is not used.
        with np.errstate(invalid="ignore"):
            below, above = (x - low) / self.scale, (high - x) / self.scale
        if self._mirrored:
            return self._interval.probabilities(-z, above, below)[1]
        return self._interval.probabilities(z, below, above)[0]

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        if self._mirrored:
            z, above, below = self._interval.quantile(1.0 - q, q)
            z = -z
        else:
            z, below, above = self._interval.quantile(q, 1.0 - q)
        x = self.location + self.scale * z
        # Near an end the distance from it is exact.
        near = _FAR * (1.0 + np.abs(z))
        if self.low is not None:
            x = np.where((q < 0.5) & (below < near), self.low + self.scale * below, x)
        if self.high is not None:
            x = np.where((q >= 0.5) & (above < near), self.high - self.scale * above, x)
        return x

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[exp(i t X)]``, by error functions of complex argument (`scipy.special.wofz`).

        The absolute error is about 1e-15 for intervals as wide as `scale`, in inverse
        proportion to the width for narrower ones.
        """
        t = finite_numbers("t", t)
        interval, s = self._interval, angles(self.scale, t)
        for end in (interval.low, interval.high):
            angles(end if math.isfinite(end) else 0.0, s)
        s = -s if self._mirrored else s
        turn: NDArray[np.complex128] = turned(self.location, t)
        return np.asarray(turn * interval.characteristic_function(s))
