"""A statistic of a test of normality: what is computed of a standardised sample."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def no_coefficients(n: int) -> NDArray[np.float64]:  # noqa: ARG001
    """Return an empty array: the statistic needs nothing but the sample."""
    return np.empty(0)


def unit(n: int) -> float:  # noqa: ARG001
    """Return 1: the departure of a normal sample has a law that hardly depends on n."""
    return 1.0


def _same(departure: float) -> float:
    return departure


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic of a sorted sample that was standardised by its own mean and sd.

    Parameters
    ----------
    name : str
        The name of the test.
    symbol : str
        What the statistic is called in print, such as ``"W"``.
    least : int
        The fewest values that it is defined for.
    kernel : callable
        Called without arguments, it returns the compiled first-class function of signature
        ``float64(float64[::1] z, float64[::1] coefficients)``: z is in ascending order with mean
        0 and mean square 1. The function returns the *departure*, a number from 0 to infinity
        that is large where the sample is not like a normal one. It is compiled on the first call
        and kept.
    coefficients : callable
        Returns what the kernel needs besides z, float64, from the number of values alone.
    rejects : {"large", "small"}
        Which values of the conventional statistic are against normality.
    conventional : callable
        Returns the statistic as it is printed from the departure, such as W from 1 - W.
    typical : callable
        Returns the size of the departure of a normal sample from the number of values, up to a
        factor that changes slowly with it: ``1/n`` where n times the departure has about one law
        for all n. Null tables hold the departure over it.
    spread : callable or None
        For a departure that tends to 1, from either side: the location and the scale of its
        logarithm, roughly, for n normal values. They then take the place of `typical`.
    """

    name: str
    symbol: str
    least: int
    kernel: Callable[[], Any]
    coefficients: Callable[[int], NDArray[np.float64]] = no_coefficients
    rejects: Literal["large", "small"] = "large"
    conventional: Callable[[float], float] = _same
    typical: Callable[[int], float] = unit
    spread: Callable[[int], tuple[float, float]] | None = None

    def scores(self, departures: ArrayLike, n: int) -> NDArray[np.float64]:
        """Return what null tables hold: increasing functions of departures.

        The logarithm of the departure over the typical one; or with a `spread`, the inverse
        hyperbolic sine of its standardised logarithm, which is such a logarithm in the tails.
        """
        with np.errstate(divide="ignore"):
            logs = np.log(np.asarray(departures, np.float64))
        if self.spread is None:
            return np.asarray(logs - math.log(self.typical(n)))
        location, scale = self.spread(n)
        return np.asarray(np.arcsinh((logs - location) / scale))
