"""Periodic nonlinearities: the sine and the cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Sin(Nonlinearity):
    """The sine, as in the networks of Sitzmann et al. (2020).

    Examples
    --------
    >>> round(Sin().gaussian_moment(2), 6)
    0.432332
    """

    name: ClassVar[str] = "sin"
    kernel: ClassVar[int] = 22
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``sin(x)``, nan for infinite x."""
        return _sine(as_floats(x))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``cos(x)``."""
        return _cosine(as_floats(x))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Return 0 for odd k; for even k the power-reduction formula, where it is precise."""
        if k % 2:
            return 0.0
        if k == 2:
            return -0.5 * math.expm1(-2.0 * variance)
        # The sum alternates: for small variances all its digits cancel.
        if k > 0 and variance < 1.0:
            return super(Sin, self)._gaussian_moment(k, variance)
        return math.fsum(
            math.cos(0.5 * math.pi * frequency) * share * math.exp(-0.5 * frequency**2 * variance)
            for frequency, share in cosine_powers(k)
        )


@registry.register
@dataclass(frozen=True, slots=True)
class Cos(Nonlinearity):
    """The cosine, as in the random features of Rahimi & Recht (2007).

    Examples
    --------
    >>> round(Cos().gaussian_moment(1), 6)
    0.606531
    """

    name: ClassVar[str] = "cos"
    kernel: ClassVar[int] = 23
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``cos(x)``, nan for infinite x."""
        return _cosine(as_floats(x))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``-sin(x)``."""
        return np.asarray(-_sine(as_floats(x)))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Return the power-reduction formula, whose summands are not negative."""
        return math.fsum(
            share * math.exp(-0.5 * frequency**2 * variance)
            for frequency, share in cosine_powers(k)
        )


def cosine_powers(k: int) -> list[tuple[int, float]]:
    """Return frequencies f and shares s with ``cos(x)**k = sum(s*cos(f*x))``.

    It is the binomial expansion of ``((exp(ix) + exp(-ix))/2)**k``. For the sine, x is replaced
    by ``x - pi/2``.

    Examples
    --------
    >>> cosine_powers(3)
    [(3, 0.25), (1, 0.75)]
    """
    twice = [(k - 2 * j, 2 * math.comb(k, j) / 2**k) for j in range((k + 1) // 2)]
    return twice if k % 2 else [*twice, (0, math.comb(k, k // 2) / 2**k)]


def _sine(x: NDArray[np.floating]) -> NDArray[np.floating]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sin(x))


def _cosine(x: NDArray[np.floating]) -> NDArray[np.floating]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.cos(x))
