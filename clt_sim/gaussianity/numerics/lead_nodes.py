"""A law as nodes of quadrature, for double integrals over a smooth kernel."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtr

from clt_sim._quadrature import gauss_legendre
from clt_sim.gaussianity.views.distribution import NORMAL_REACH
from clt_sim.laws.poles import Poles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.distribution import Distribution

REACH = 11.0
"""The kernel ``exp(-d^2/2)`` is 5e-27 from here on."""
FARTHEST = 2048.0
"""Of nodes from 0, in the units of z."""
_WIDEST = 4.0
"""Panel over which 20 nodes see the kernel and its fourth derivative to 1e-15."""
_TAILS = 10.0 ** -np.arange(4, 15)
NEGLIGIBLE = 1e-13
"""Error of the double integral that a tail may add."""
_NODES = 20
_DEEPEST = 30
_MOST_PANELS = 4000


class Beyond(NamedTuple):
    """What is left out at one side."""

    end: float
    """The last z."""
    missing: float
    """The probability beyond it, which is put there."""
    near: float
    """That from `REACH` within on."""


@dataclass(frozen=True, slots=True, eq=False)
class LeadNodes:
    """Nodes and weights for integrals of ``F - Phi`` times a smooth function of z.

    By parts, ``E k(X, X')`` of a kernel k whose expectation under N(0, 1) is subtracted is the
    double integral of ``(F - Phi)(x) (F - Phi)(y) d^2k/dxdy``: there poles and atoms of the law are
    no more than steep places and steps, and a small difference keeps its digits.

    Parameters
    ----------
    z : ndarray of float64, shape (m,)
        The nodes, ascending.
    weights, lead : ndarray of float64, shape (m,)
        The weights of the rule and ``F - Phi`` at the nodes.
    unresolved : float
        Sum of the differences between the rules of panels and of their halves.
    noise : float
        Error of each value of the lead.
    beyond : tuple of Beyond
        What is beyond the first and the last panel.
    """

    z: NDArray[np.float64]
    weights: NDArray[np.float64]
    lead: NDArray[np.float64]
    unresolved: float
    noise: float
    beyond: tuple[Beyond, ...]

    @classmethod
    def of(cls, distribution: Distribution, order: int = 0) -> LeadNodes:
        """Refine panels until the rules of halves agree.

        Parameters
        ----------
        distribution : Distribution
            The law, not a discrete one.
        order : int
            The kernel grows as this power of x and of y.

        """
        ends = np.array([_end(distribution, sign, order) for sign in (-1.0, 1.0)])
        low, high = _panels(distribution, ends)
        beyond = tuple(
            Beyond(*(float(array[0]) for array in _beyond(distribution, end, sign)))
            for end, sign in ((low[:1], -1.0), (high[-1:], 1.0))
        )
        low, high, lead, unresolved = _refined(distribution, low, high)
        x, weights, lead = _cut(low, high, lead, _WIDEST * distribution.scale)
        return cls(
            distribution.z(x),
            weights / distribution.scale,
            lead,
            unresolved / distribution.scale,
            distribution.precision,
            beyond,
        )

    def error(
        self, transformed: NDArray[np.float64], rounding: NDArray[np.float64] | float
    ) -> float:
        """Return what errors of the lead and of its transform do to the double integral.

        Parameters
        ----------
        transformed : ndarray of float64, shape (m,)
            The integral over y of the lead times ``d^2k/dxdy``, at the nodes.
        rounding : ndarray of float64 or float
            Its error.
        """
        size = np.abs(transformed)
        of_lead = self.noise * float(self.weights @ size) + self.unresolved * float(size.max())
        return 2.0 * of_lead + float(self.weights @ (np.abs(self.lead) * rounding))

    def nearby(self) -> float:
        """Return a bound on the integral of ``|F - Phi|`` over what is in reach of a node."""
        total = float(self.weights @ np.abs(self.lead))
        return min(total, 2.0 * REACH * float(np.max(np.abs(self.lead))))


def _beyond(
    distribution: Distribution, x: NDArray[np.float64], sign: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return z, the probability beyond it on one side and that from `REACH` within on."""
    inner = x - sign * REACH * distribution.scale
    missing, near = (
        np.clip(ndtr(-sign * distribution.z(at)) - sign * distribution.lead(at), 0.0, 1.0)
        for at in (x, inner)
    )
    return distribution.z(x), missing, near


def _end(distribution: Distribution, sign: float, order: int) -> float:
    """Return where a tail is negligible, or the farthest place."""
    normal, farthest = distribution.location + sign * distribution.scale * np.array(
        [NORMAL_REACH, FARTHEST]
    )
    window = sorted([normal, farthest])
    tails = np.clip(distribution.law.quantile(_TAILS if sign < 0.0 else 1.0 - _TAILS), *window)
    z, missing, near = _beyond(distribution, tails, sign)
    size = (2.0 + np.abs(z)) ** (2 * order)
    enough = np.flatnonzero(4.0 * missing * (missing + near) * size <= NEGLIGIBLE)
    return float(tails[enough[0]] if enough.size else tails[-1])


def _panels(
    distribution: Distribution, window: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ends of panels, graded at poles."""
    places = np.unique(np.append(np.clip(distribution.breaks(), window[0], window[1]), window))
    low, high = Poles.of(distribution.law).panels(places)
    ends = np.unique(np.concatenate([low, high]))
    return ends[:-1], ends[1:]


def _refined(
    distribution: Distribution, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return panels whose 20 nodes are enough, leads there, and what finer rules change.

    On a panel that will be cut the nodes have to give the lead between them as well.
    """
    kept: list[tuple[NDArray[np.float64], ...]] = []
    unresolved = 0.0
    noise = 4.0 * distribution.precision
    lead = distribution.lead(gauss_legendre(low, high)[0])
    for depth in range(_DEEPEST):
        middle = 0.5 * (low + high)
        low2, high2 = np.stack([low, middle], 1).ravel(), np.stack([middle, high], 1).ravel()
        nodes, weights = gauss_legendre(low2, high2)
        lead2 = distribution.lead(nodes)
        parts = np.sum(weights * lead2, axis=1).reshape(-1, 2).sum(axis=1)
        width = high - low
        difference = np.abs(parts - width * (lead @ _mean()))
        wide = width > _WIDEST * distribution.scale
        between = np.abs(lead2.reshape(-1, 2 * _NODES) - lead @ _to_halves().T).max(axis=1)
        difference = np.where(wide, np.maximum(difference, width * between), difference)
        # Interpolation takes several of the values, with their errors.
        rough = difference > noise * width * np.where(wide, 4.0, 1.0)
        if depth == _DEEPEST - 1 or np.count_nonzero(rough) > _MOST_PANELS:
            rough[:] = False
        smooth, again = np.repeat(~rough, 2), np.repeat(rough, 2)
        kept.append((low2[smooth], high2[smooth], lead2[smooth]))
        unresolved += float(difference[~rough].sum())
        if not rough.any():
            break
        low, high, lead = low2[again], high2[again], lead2[again]
    low, high, lead = (np.concatenate(arrays) for arrays in zip(*kept, strict=True))
    order = np.argsort(low)
    return low[order], high[order], lead[order], unresolved


def _cut(
    low: NDArray[np.float64], high: NDArray[np.float64], lead: NDArray[np.float64], widest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes, weights and leads of panels cut to a width, by interpolation."""
    pieces = np.maximum(np.ceil((high - low) / widest), 1.0).astype(np.intp)
    panel = np.repeat(np.arange(pieces.size), pieces)
    piece = np.arange(panel.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    step = (high - low) / pieces
    nodes, weights = gauss_legendre(
        low[panel] + piece * step[panel], low[panel] + (piece + 1) * step[panel]
    )
    leads = lead[panel]
    for index in np.flatnonzero(pieces > 1):
        some = panel == index
        places = (2.0 * nodes[some] - low[index] - high[index]) / (high[index] - low[index])
        leads[some] = _interpolation(places) @ lead[index]
    return nodes.ravel(), weights.ravel(), leads.ravel()


def _interpolation(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix from values at Gauss-Legendre nodes to places in (-1, 1)."""
    legendre = np.polynomial.legendre
    nodes, weights = legendre.leggauss(_NODES)
    norms = np.arange(_NODES) + 0.5
    return legendre.legvander(places, _NODES - 1) @ (
        norms[:, None] * legendre.legvander(nodes, _NODES - 1).T * weights
    )


@functools.cache
def _to_halves() -> NDArray[np.float64]:
    """Return the matrix from the nodes of a panel to those of its halves."""
    nodes = np.polynomial.legendre.leggauss(_NODES)[0]
    return _interpolation(np.concatenate([0.5 * (nodes - 1.0), 0.5 * (nodes + 1.0)]))


@functools.cache
def _mean() -> NDArray[np.float64]:
    """Return the weights of the mean over a panel."""
    return 0.5 * np.polynomial.legendre.leggauss(_NODES)[1]
