"""The lognormal law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite, positive
from clt_sim.laws.base import Law
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_REACH = 9.5
"""The standard normal density is below 1e-20 beyond."""
_STEP = 0.1
_MOST_SD = 1e4
"""For which the characteristic function is computed, with a million points."""


@registry.register
@dataclass(frozen=True, slots=True)
class Lognormal(Law):
    """The law of the exponential of a normal variable.

    Parameters
    ----------
    mean_log : float
        Expectation of the logarithm.
    sd_log : float
        Standard deviation of the logarithm, above 0.

    Examples
    --------
    >>> float(Lognormal(mean_log=0.0, sd_log=2.0).quantile(0.5))
    1.0
    """

    name: ClassVar[str] = "lognormal"
    kernel: ClassVar[int] = 10

    mean_log: float = 0.0
    sd_log: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "mean_log", finite("mean_log", self.mean_log))
        object.__setattr__(self, "sd_log", positive("sd_log", self.sd_log))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the kernel with the median 1."""
        return 0.0, _exp(self.mean_log)

    @property
    def kernel_shape(self) -> float:
        """The standard deviation of the logarithm."""
        return self.sd_log

    @property
    def support(self) -> tuple[float, float]:
        """The half-line from 0."""
        return 0.0, math.inf

    @property
    def exponential_index(self) -> float:
        """None: the upper tail is heavier than any exponential."""
        return 0.0

    def _moment(self, k: int) -> float:
        """Return ``exp(k mean_log + k^2 sd_log^2/2)``, inf where that overflows."""
        return _exp(k * self.mean_log + 0.5 * (k * self.sd_log) ** 2)

    def _variance(self) -> float:
        """Return the variance ``(exp(sd_log**2) - 1) E[X]**2``."""
        spread = self.sd_log**2
        return -math.expm1(-spread) * _exp(2.0 * (self.mean_log + spread))

    def _z(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the standardised logarithm, -inf for x <= 0."""
        x = real_numbers("x", x)
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(np.maximum(x, 0.0)) - self.mean_log) / self.sd_log)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = real_numbers("x", x)
        inside = (x > 0.0) & (x < np.inf)
        z = self._z(np.where(inside, x, 1.0))
        # Dividing by x in the exponent: neither x nor the density alone may under- or overflow.
        density = np.exp(-0.5 * z * z - self.sd_log * z - self.mean_log)
        outside = np.where(np.isnan(x), np.nan, 0.0)
        return np.where(inside, density / (self.sd_log * math.sqrt(2.0 * math.pi)), outside)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        return np.asarray(ndtr(self._z(x)))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        z = np.asarray(ndtri(real_numbers("p", p)))
        return np.asarray(np.exp(self.mean_log + self.sd_log * z))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[exp(i t X)]`` by quadrature; absolute error below 1e-13.

        There is no closed form. The line of integration over z = (log X - mean_log)/sd_log is
        moved up to z + i a (Gubner, IEEE Trans. Veh. Technol. 55, 2006), where
        ``exp(i t X)`` decays; there the trapezoidal rule converges geometrically.

        Raises
        ------
        ValueError
            If some t is not finite, or `sd_log` is too large for the rule.
        """
        t = finite_numbers("t", t)
        if self.sd_log > _MOST_SD:
            raise ValueError(f"no characteristic function for sd_log above {_MOST_SD:g}: {self}.")
        raised = min(1.0, 0.5 * math.pi / self.sd_log)
        step = _STEP * raised
        z = np.arange(-_REACH, _REACH, step) + 1j * raised
        weights = step * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        # Where the exponential of the logarithm overflows, that of minus it is 0.
        size = np.exp(np.minimum(self.mean_log + self.sd_log * z.real, 700.0))
        turning = 1j * size * np.exp(1j * self.sd_log * raised)
        with np.errstate(over="ignore", under="ignore"):
            values = np.exp(np.abs(t)[..., None] * turning) @ weights
        return np.asarray(np.where(t < 0.0, np.conj(values), values))


def _exp(x: float) -> float:
    """Return exp(x), inf where that is too large for a float."""
    return math.exp(x) if x < 709.0 else math.inf
