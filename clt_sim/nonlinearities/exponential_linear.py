"""Nonlinearities linear above 0 and exponential below: ELU, CELU, SELU, softplus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit

from clt_sim._validation import finite, positive
from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


LEAST_CELU_ALPHA = 0.1
"""The quadratures of moments take it that a nonlinearity changes over a length of about 1."""
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@np.errstate(over="ignore")
def _exponential_linear(
    x: NDArray[np.floating], above: float, below: float, rate: float
) -> NDArray[np.floating]:
    """Return ``above*x`` above 0 and ``below*(exp(rate*x) - 1)`` below."""
    number = x.dtype.type
    negative = np.expm1(number(rate) * np.minimum(x, number(0)))
    return np.where(x > 0, number(above) * x, number(below) * negative)


def _slope(
    x: NDArray[np.floating], above: float, below: float, rate: float
) -> NDArray[np.floating]:
    """Return the derivative of `_exponential_linear`."""
    number = x.dtype.type
    negative = np.exp(number(rate) * np.minimum(x, number(0)))
    return np.where(x >= 0, number(above), number(below * rate) * negative)


@registry.register
@dataclass(frozen=True, slots=True)
class ELU(Nonlinearity):
    """The exponential linear unit: x above 0, ``alpha (exp(x) - 1)`` below.

    Clevert, Unterthiner & Hochreiter (2016).

    Parameters
    ----------
    alpha : float
        Minus the limit on the left, above 0.

    Examples
    --------
    >>> round(ELU().gaussian_moment(1), 6)
    0.160521
    """

    name: ClassVar[str] = "elu"
    kernel: ClassVar[int] = 18
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    alpha: float = 1.0

    def __post_init__(self) -> None:
        """Check alpha."""
        object.__setattr__(self, "alpha", positive("alpha", self.alpha))

    @property
    def kernel_parameter(self) -> float:
        """The value of alpha."""
        return self.alpha

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kink at 0, where only the second derivative jumps if alpha is 1."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return x above 0, ``alpha (exp(x) - 1)`` below."""
        return _exponential_linear(as_floats(x), 1.0, self.alpha, 1.0)

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``alpha exp(x)`` below 0, 1 from 0 on."""
        return _slope(as_floats(x), 1.0, self.alpha, 1.0)


@registry.register
@dataclass(frozen=True, slots=True)
class CELU(Nonlinearity):
    """The continuously differentiable ELU: x above 0, ``alpha (exp(x/alpha) - 1)`` below.

    Barron (2017).

    Parameters
    ----------
    alpha : float
        Minus the limit on the left, at least 0.1: below, CELU is near ReLU, and the quadratures
        of moments would not resolve the difference.

    Examples
    --------
    >>> CELU(alpha=2.0).derivative([-0.0, 1.0])
    array([1., 1.])
    """

    name: ClassVar[str] = "celu"
    kernel: ClassVar[int] = 19
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    alpha: float = 1.0

    def __post_init__(self) -> None:
        """Check alpha."""
        alpha = finite("alpha", self.alpha)
        if alpha < LEAST_CELU_ALPHA:
            raise ValueError(f"alpha must be at least {LEAST_CELU_ALPHA}, not {alpha}.")
        object.__setattr__(self, "alpha", alpha)

    @property
    def kernel_parameter(self) -> float:
        """The value of alpha."""
        return self.alpha

    @property
    def kinks(self) -> tuple[float, ...]:
        """The jump of the second derivative at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return x above 0, ``alpha (exp(x/alpha) - 1)`` below."""
        return _exponential_linear(as_floats(x), 1.0, self.alpha, 1.0 / self.alpha)

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``exp(x/alpha)`` below 0, 1 from 0 on."""
        return _slope(as_floats(x), 1.0, self.alpha, 1.0 / self.alpha)


@registry.register
@dataclass(frozen=True, slots=True)
class SELU(Nonlinearity):
    """The self-normalizing ELU, ``scale`` times an ELU (Klambauer et al. 2017).

    Its two constants turn a mean of 0 and a variance of 1, of normal input, into the same again.

    Examples
    --------
    >>> phi = SELU()
    >>> abs(phi.gaussian_moment(1)) < 1e-15, abs(phi.gaussian_moment(2) - 1.0) < 1e-14
    (True, True)
    """

    name: ClassVar[str] = "selu"
    kernel: ClassVar[int] = 20
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kink at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``scale x`` above 0, ``scale alpha (exp(x) - 1)`` below."""
        return _exponential_linear(as_floats(x), SELU_SCALE, SELU_SCALE * SELU_ALPHA, 1.0)

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``scale alpha exp(x)`` below 0, ``scale`` from 0 on."""
        return _slope(as_floats(x), SELU_SCALE, SELU_SCALE * SELU_ALPHA, 1.0)


@registry.register
@dataclass(frozen=True, slots=True)
class Softplus(Nonlinearity):
    """The softplus ``log(1 + exp(x))`` (Dugas et al. 2001).

    Examples
    --------
    >>> round(Softplus().gaussian_moment(1), 6)
    0.806059
    """

    name: ClassVar[str] = "softplus"
    kernel: ClassVar[int] = 21
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``log(1 + exp(x))``."""
        x = as_floats(x)
        return np.asarray(np.maximum(x, x.dtype.type(0)) + np.log1p(np.exp(-np.abs(x))))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return the logistic sigmoid."""
        return np.asarray(expit(as_floats(x)))
