"""An interval on which a function is monotone, with its inverse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.nonlinearities import Nonlinearity

    Floats = NDArray[np.float64]
    Function = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """An interval on which a function is strictly monotone, or constant.

    Parameters
    ----------
    low, high : float
        Ends of the interval; they may be infinite.
    start, end : float
        Limits of the function at these ends; equal where it is constant.
    inverse : callable
        From values strictly between `start` and `end` to places.
    slope : callable
        The derivative, apart from its sign, of such values and their places.
    """

    low: float
    high: float
    start: float
    end: float
    inverse: Function
    slope: Callable[[Floats, Floats], Floats]

    @property
    def is_flat(self) -> bool:
        """Whether the function is constant."""
        return self.start == self.end

    def place(self, y: Floats) -> Floats:
        """Return where the function passes y: the end of the branch where it stays on one side."""
        first, last = (self.low, self.high) if self.start < self.end else (self.high, self.low)
        least, most = sorted((self.start, self.end))
        result = np.where(y >= most, last, np.where(np.isnan(y), np.nan, first))
        inside = (y > least) & (y < most)
        result[inside] = np.clip(self.inverse(y[inside]), self.low, self.high)
        return result

    def cut(self, phi: Nonlinearity, low: float, high: float) -> Branch | None:
        """Return the part of the branch between `low` and `high`, or None if it is empty."""
        first, last = max(self.low, low), min(self.high, high)
        if not first < last:
            return None
        start = self.start if first == self.low else float(phi(first))
        end = self.end if last == self.high else float(phi(last))
        if self.is_flat:
            start = end = self.start
        return Branch(first, last, start, end, self.inverse, self.slope)


def joined(
    phi: Nonlinearity,
    places: Sequence[float],
    values: Sequence[float],
    inverses: Sequence[Function],
    slope: Callable[[Floats, Floats], Floats] | None = None,
) -> list[Branch]:
    """Return a branch between each two neighbouring places, where a function is continuous.

    Parameters
    ----------
    phi : Nonlinearity
        The function.
    places, values : sequence of float
        Ascending places, and its values or limits there.
    inverses : sequence of callable
        The inverse on each branch.
    slope : callable or None
        As in `Branch`, for all of them; None takes the derivative of `phi`.

    Returns
    -------
    list of Branch
        One less than places.
    """

    def derivative(x: Floats, y: Floats) -> Floats:  # noqa: ARG001 - the same for all
        return np.asarray(np.abs(phi.derivative(x)), np.float64)

    return [
        Branch(*ends, *limits, inverse, slope or derivative)
        for ends, limits, inverse in zip(pairwise(places), pairwise(values), inverses, strict=True)
    ]
