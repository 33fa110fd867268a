"""The branches of nonlinearities that multiply x by a gate, such as GELU."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.branch import Branch, joined
from clt_sim.laws.inversion import invert

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.nonlinearities import Nonlinearity

    Floats = NDArray[np.float64]

_CLOSED = -800.0
"""Here all gates are 0 in double precision."""
_OPEN = 40.0
"""Here all gates are 1."""
_STEP = 1.0 / 32.0


def gated(phi: Nonlinearity) -> list[Branch]:
    """Return the falling and the rising branch of x times a gate that rises from 0 to 1.

    Parameters
    ----------
    phi : Nonlinearity
        GELU, its tanh form, SiLU or Mish.

    Returns
    -------
    list of Branch
        To the left and to the right of the minimum. The inverses are solved for, to the precision
        of `phi`.
    """
    lowest, least = _minimum(phi)
    return joined(
        phi,
        (-math.inf, lowest, math.inf),
        (0.0, least, math.inf),
        (lambda y: _left(phi, y), lambda y: _right(phi, y)),
    )


@functools.cache
def _minimum(phi: Nonlinearity) -> tuple[float, float]:
    """Return the place and the value of the minimum."""
    from scipy.optimize import brentq

    place = brentq(lambda x: float(phi.derivative(x)), -3.0, -0.1, xtol=1e-15, rtol=1e-15)
    return float(place), float(phi(np.float64(place)))


@functools.cache
def _table(phi: Nonlinearity, left: bool) -> tuple[Floats, Floats]:
    """Return places on one side of the minimum, and phi there: where searches begin."""
    lowest, _ = _minimum(phi)
    end = _CLOSED if left else _OPEN
    inner = np.arange(lowest, max(end, -_OPEN), math.copysign(_STEP, end))
    x = np.unique(np.append(inner, [lowest, end]))
    with np.errstate(under="ignore"):
        return x, np.asarray(phi(x), np.float64)


def _left(phi: Nonlinearity, y: Floats) -> Floats:
    """Return x below the minimum with ``phi(x) = y``."""
    x, values = _table(phi, left=True)
    after = np.clip(np.searchsorted(-values, -y), 1, x.size - 1)
    return _root(phi, y, x[after - 1], x[after], -1.0)


def _right(phi: Nonlinearity, y: Floats) -> Floats:
    """Return x above the minimum with ``phi(x) = y``."""
    x, values = _table(phi, left=False)
    after = np.clip(np.searchsorted(values, y), 1, x.size - 1)
    is_open = y > values[-1]
    found = _root(phi, y[~is_open], x[after - 1][~is_open], x[after][~is_open], 1.0)
    result = y.copy()
    result[~is_open] = found
    return result


def _root(phi: Nonlinearity, y: Floats, low: Floats, high: Floats, sign: float) -> Floats:
    """Return x between two bounds with ``phi(x) = y``, where ``sign*phi`` rises."""

    def rising(x: Floats) -> Floats:
        return np.asarray(sign * phi(x), np.float64)

    def slope(x: Floats) -> Floats:
        return np.asarray(sign * phi.derivative(x), np.float64)

    with np.errstate(under="ignore"):
        return invert(rising, slope, sign * y, low, high)
