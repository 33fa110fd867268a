"""What every nonlinearity knows about itself."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_floats
from clt_sim._quadrature import graded_panels, integrate
from clt_sim._validation import MOST_ORDER, TooLargeError, finite, whole
from clt_sim.registry import specification

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Nonlinearity(ABC):
    """A scalar function phi, applied element by element.

    Subclasses are frozen, slotted dataclasses; equal values are equal functions.
    """

    __slots__ = ()

    name: ClassVar[str]
    """The registered name, lower case with dashes."""
    kernel: ClassVar[int]
    """Which kernel evaluates it (see ``clt_sim._kernels.nonlinearities``)."""
    growth: ClassVar[tuple[float, float]]
    """Orders of growth to the left and to the right: 0 where ``phi`` stays bounded, p where it
    grows like ``|x|**p``, infinity where it grows like ``exp(x)``."""

    @property
    def kernel_parameter(self) -> float:
        """The parameter that the kernel takes; 0 where it takes none."""
        return 0.0

    @property
    def kinks(self) -> tuple[float, ...]:
        """Points where the function is not smooth."""
        return ()

    @abstractmethod
    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``phi(x)`` in the shape of `x`; float32 stays float32."""

    @abstractmethod
    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``phi'(x)`` in the shape of `x`, from the right at kinks."""

    def gaussian_moment(self, k: int, variance: float = 1.0) -> float:
        """Return ``E[phi(sqrt(variance) * Z)**k]`` for a standard normal Z.

        Parameters
        ----------
        k : int
            Order, from 0 to 1000.
        variance : float
            Variance of the argument, at least 0.

        Returns
        -------
        float
            A closed form where there is one, otherwise quadrature with relative error
            below 1e-12.

        Raises
        ------
        TypeError, ValueError
            If an argument is not a number or out of range.
        OverflowError
            If the moment is beyond the range of doubles.
        """
        k = whole("k", k, least=0, most=MOST_ORDER)
        variance = finite("variance", variance)
        if variance < 0.0:
            raise ValueError(f"variance must be at least 0, not {variance}.")
        if k == 0:
            return 1.0
        too_large = TooLargeError(
            f"the moment of order {k} of {self} at a variance of {variance:g} is too large."
        )
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                moment = self._gaussian_moment(k, variance)
        except OverflowError:
            raise too_large from None
        if not math.isfinite(moment):
            raise too_large
        return moment

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Integrate on panels in the scale of the normal and in that of the function, 1."""
        if variance == 0.0:
            return float(self(np.float64(0.0)) ** k)
        sd = math.sqrt(variance)

        def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
            z = x / sd
            # A power by itself would overflow where its product with the density is small.
            root = np.exp(-0.5 / k * z * z)
            return np.asarray((root * self(x)) ** k / (sd * math.sqrt(2.0 * math.pi)), np.float64)

        ends = [*graded_panels(0.0, sd), *graded_panels(0.0, 1.0), *self.kinks]
        # Beyond 38.6 standard deviations the density is 0 in double precision.
        return integrate(integrand, ends, -39.0 * sd, 39.0 * sd)

    def __str__(self) -> str:
        """Return the specification, such as ``"leaky-relu(slope=0.1)"``."""
        return specification(self)


def as_floats(x: ArrayLike) -> NDArray[np.floating]:
    """Return `x` as an array of float32 or float64; anything else becomes float64."""
    return real_floats("x", x)
