"""What the tails of a law add to a double integral over a kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import integrate_tail
from clt_sim.gaussianity.numerics.lead_nodes import FARTHEST, NEGLIGIBLE, REACH
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.numerics.lead_nodes import Beyond, LeadNodes
    from clt_sim.gaussianity.views.distribution import Distribution

_MOST_MISSING = 1e-3


def tails(
    distribution: Distribution,
    nodes: LeadNodes,
    order: int,
    slope: Callable[[float, NDArray[np.float64]], NDArray[np.float64]],
    diagonal: Callable[[float], float],
) -> tuple[float, float]:
    """Return what the mass beyond the panels adds to a double integral, and the error of that.

    The integral over the panels has that mass at their ends; there it is taken away. Where the
    density is smooth beyond, what it adds is ``(2 pi)^(1/2) integral |z|^(2 order) f^2``, because
    the kernel is narrow there; bounds on f nearby give the error. Otherwise there is a bound alone.

    Parameters
    ----------
    distribution : Distribution
        The law.
    nodes : LeadNodes
        Its nodes.
    order : int
        The kernel is at most ``((|x| + 2)(|y| + 2))^order exp(-(x - y)^2/2)`` nearly.
    slope, diagonal : callable
        The kernel's derivative in y at (x, y), and the kernel at (x, x).

    Raises
    ------
    UnavailableError
        If the error is above a thousandth.
    """
    value, error = 0.0, 0.0
    masses = nodes.weights * nodes.lead
    for side in nodes.beyond:
        at_end = -float(masses @ slope(side.end, nodes.z))
        value -= side.missing * (2.0 * at_end - side.missing * diagonal(side.end))
        size = abs(side.end) + 2.0
        outer = side.missing * size**order + (_excess(distribution, side.end) if order else 0.0)
        added, bound = 0.0, 4.0 * outer * (outer + size**order * side.near)
        if bound > NEGLIGIBLE:
            added, bound = min((added, bound), _smooth(distribution, side, order), key=_second)
        value, error = value + added, error + bound
    if error > _MOST_MISSING:
        raise UnavailableError(f"too much of the law is beyond {FARTHEST:g}, out of reach")
    return value, error


def _second(pair: tuple[float, float]) -> float:
    return pair[1]


def _smooth(distribution: Distribution, side: Beyond, order: int) -> tuple[float, float]:
    """Return what a smooth density beyond an end adds, with its error; infinite if it is not."""
    law, scale = distribution.law, distribution.scale
    outwards = math.copysign(1.0, side.end)
    special = np.array([*law.kinks, *law.atoms, *filter(math.isfinite, law.support)])
    if np.any(outwards * (distribution.z(special) - side.end) > -REACH):
        return 0.0, math.inf

    def integral(step: float, linear: float) -> float:
        def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
            z = np.abs(distribution.z(x))
            growth = (z * z + linear * (z + 3.0)) ** order
            return growth * distribution.pdf(x) * distribution.pdf(x + outwards * step * scale)

        start = distribution.location + side.end * scale
        origin = distribution.location
        tail = integrate_tail(integrand, origin, start, precision=1e-9, allowed=1e-14 * scale)
        return math.sqrt(2.0 * math.pi) * tail.value / scale

    highest, lowest = integral(-REACH, 1.0), integral(REACH, -1.0)
    return integral(0.0, 0.0), 2.0 * (highest - lowest)


def _excess(distribution: Distribution, end: float) -> float:
    """Return ``E[(Z - end)^+]`` for a positive end, ``E[(end - Z)^+]`` for a negative one."""
    start = distribution.location + end * distribution.scale
    if math.isfinite(distribution.law.support[int(end > 0.0)]):
        return 0.0
    tail = integrate_tail(
        lambda x: np.abs(x - start) * distribution.law.pdf(x),
        float(distribution.law.quantile(0.5)),
        start,
        precision=1e-6,
        allowed=1e-12 * distribution.scale,
    )
    return (tail.value + tail.stderr) / distribution.scale
