"""Panels on which a density and a nonlinearity are smooth enough for Gauss-Legendre rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre
from clt_sim.exact.law import NoExactLaw
from clt_sim.nonlinearities import (
    Abs,
    Cos,
    HardSigmoid,
    HardTanh,
    Identity,
    LeakyReLU,
    Nonlinearity,
    ReLU,
    Sign,
    Sin,
    Step,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law

_LEAST_DENSITY = 2.0**-960
_LEAST_BOUNDED = 1e-40
_LEAST_MASS = 1e-19
_MOST_PANELS = 4000
_ROUNDS = 300
_NARROWEST = 2.0**-48
_NARROW = 2.0**-20
"""Beside a pole, panels narrower than this share of their place hold too few floats."""
_STEEP = 0.01
_PRECISION = 1e-14
_OCTAVES = 60.0
"""Far tails end where the density, as a power -a - 1 of x, leaves the mass ``2**-60``."""
_NEAR = 16.0
_PHI_STEP = 0.75
"""The poles of built-in nonlinearities are at least 1.2 from the real line."""
_LINEAR = (Abs, HardSigmoid, HardTanh, Identity, LeakyReLU, ReLU, Sign, Step)


def flat_parts(law: Law, phi: Nonlinearity) -> list[tuple[float, float, float]]:
    """Return the intervals on which phi is constant, with its value there.

    Parameters
    ----------
    law : Law
        The law of X; intervals without mass are left out.
    phi : Nonlinearity
        Flat, if anywhere, between two neighbouring kinks or beyond the outermost.

    Returns
    -------
    list of (low, high, value)
        Rising.

    Examples
    --------
    >>> from clt_sim.laws import Normal
    >>> from clt_sim.nonlinearities import HardTanh
    >>> flat_parts(Normal(), HardTanh())
    [(-inf, -1.0, -1.0), (1.0, inf, 1.0)]
    """
    ends = [-math.inf, *sorted(phi.kinks), math.inf]
    parts = []
    for low, high in pairwise(ends):
        values = np.asarray(phi(_inside(low, high)), np.float64)
        mass = float(law.cdf(high) - law.cdf(low))
        if np.all(values == values[0]) and mass > 0.0:
            parts.append((low, high, float(values[0]) + 0.0))
    return parts


def _inside(low: float, high: float) -> NDArray[np.float64]:
    """Return some points of an interval."""
    if math.isinf(low) and math.isinf(high):
        return np.array([-10.0, -1.0, 0.5, 3.0])
    steps = np.array([0.125, 0.5, 2.0, 16.0])
    if math.isinf(low):
        return high - steps
    return low + steps if math.isinf(high) else low + (high - low) * np.array([0.1, 0.4, 0.7])


def is_linear(phi: Nonlinearity) -> bool:
    """Whether a nonlinearity is a straight line between kinks."""
    return isinstance(phi, _LINEAR)


def turning_points(phi: Nonlinearity, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the derivative of phi changes its sign between rising places."""
    return _sign_changes(lambda x: np.asarray(phi.derivative(x), np.float64), places)


def zeros(phi: Nonlinearity, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where phi changes its sign between rising places, or touches 0 at one of them."""
    values = np.asarray(phi(places), np.float64)
    # Of many in a row, where phi is flat or underflows, the ends are enough.
    beside = np.abs(np.concatenate([values[1:], values[-1:]])) + np.abs(
        np.concatenate([values[:1], values[:-1]])
    )
    touched = places[(values == 0.0) & (beside > 0.0)]
    return np.union1d(touched, _sign_changes(lambda x: np.asarray(phi(x), np.float64), places))


def _sign_changes(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the places between which a function changes its sign, by bisection."""
    signs = np.sign(function(places))
    places, signs = places[signs != 0.0], signs[signs != 0.0]
    changes = np.flatnonzero(signs[:-1] != signs[1:])
    low, high, sign = places[changes], places[changes + 1], signs[changes]
    for _ in range(100):
        middle = 0.5 * (low + high)
        below = np.sign(function(middle)) == sign
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = 0.5 * (low + high)
    return np.asarray(np.where(np.abs(found) < 1e-25, 0.0, found))


def density_panels(law: Law, phi: Nonlinearity) -> NDArray[np.float64]:
    """Return rising ends of panels that cover what matters of a density.

    Parameters
    ----------
    law : Law
        A law without atoms.
    phi : Nonlinearity
        The function that will be integrated.

    Returns
    -------
    ndarray of float64, shape (m,)
        Between neighbours the 20-point rule integrates the density to 14 digits, unless there is
        next to no mass, and phi changes over no less than the length.

    Raises
    ------
    NoExactLaw
        If that takes more than 4000 panels.
    """
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    scale = upper - lower
    low, high = _range(law, phi, middle, scale)
    special = np.array([*law.kinks, *phi.kinks, low, high])
    grids = [(middle, 0.5 * scale)]
    if not is_linear(phi):
        grids.append((0.0, _PHI_STEP))
    periodic = isinstance(phi, Sin | Cos)
    ends = [special[(special >= low) & (special <= high)]]
    ends += [_around(*grid, low, high, periodic=periodic) for grid in grids]
    return _resolved(law, _thinned(np.unique(np.concatenate(ends)), special, grids, periodic))


def _range(law: Law, phi: Nonlinearity, middle: float, scale: float) -> tuple[float, float]:
    """Return the interval beyond which there is nothing to integrate.

    Where phi stays bounded, no tilting makes the far tail of a law matter.
    """
    ends = []
    for end, growth, side in zip(law.support, phi.growth, (-1.0, 1.0), strict=True):
        octaves = _OCTAVES / min(law.tail_index, 1.0) if math.isfinite(law.tail_index) else 1000.0
        with np.errstate(over="ignore"):
            steps = scale * 2.0 ** np.arange(0.0, min(octaves, 900.0), 0.25)
        least = _LEAST_DENSITY
        if growth == 0.0 and not math.isfinite(law.tail_index):
            least = max(least, _LEAST_BOUNDED / scale)
        with np.errstate(over="ignore"):
            dense = law.pdf(middle + side * steps) >= least
        last = middle + side * float(steps[dense][-1] if dense.any() else scale)
        ends.append(end if math.isfinite(end) else last)
    return ends[0], ends[1]


def _around(
    centre: float, step: float, low: float, high: float, *, periodic: bool
) -> NDArray[np.float64]:
    """Return places a step apart about a centre, farther out by factors of sqrt(2)."""
    reach = max(high - centre, centre - low)
    near = reach if periodic else _NEAR * step
    if near / step > _MOST_PANELS // 4:
        raise NoExactLaw(f"the nonlinearity turns too often between {low:g} and {high:g}.")
    steps = np.arange(0.0, near / step + 1.0) * step
    if reach > near:
        count = math.ceil(2.0 * math.log2(reach / near))
        steps = np.concatenate([steps, near * 2.0 ** (0.5 * np.arange(1, count + 1))])
    places = np.concatenate([centre - steps, centre + steps])
    return places[(places > low) & (places < high)]


def _thinned(
    ends: NDArray[np.float64],
    special: NDArray[np.float64],
    grids: list[tuple[float, float]],
    periodic: bool,
) -> NDArray[np.float64]:
    """Leave out ends where panels are narrower than every grid asks for."""
    kept = [float(ends[0])]
    must = set(special.tolist())
    for place, after in zip(ends[1:-1].tolist(), ends[2:].tolist(), strict=True):
        grows = 0.0 if periodic else 0.4
        widest = min(
            max(step, grows * (abs(kept[-1] - centre) - _NEAR * step)) for centre, step in grids
        )
        if place in must or after - kept[-1] > 1.0001 * widest:
            kept.append(place)
    return np.array([*kept, ends[-1]])


def _resolved(law: Law, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Halve panels until the rule and those of the halves agree on the mass."""
    low, high = ends[:-1], ends[1:]
    kept = [ends]
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        halves = _mass(law, low, middle) + _mass(law, middle, high)
        farther = np.maximum(np.abs(low), np.abs(high))
        # Exponentials of large numbers have fewer digits, and so has a distance from a pole.
        digits = 1.0 + np.abs(np.log(np.maximum(halves, 1e-300)))
        noise = _PRECISION * digits + 1e-15 * farther / (high - low)
        rough = np.abs(halves - _mass(law, low, high)) > noise * halves
        rough &= high - low > _NARROWEST * farther
        # With far smaller masses there may be tilted laws, but no poles.
        rough &= (halves > _LEAST_MASS) | (halves > 1e-280) & _unlike_pole(law, low, high)
        if not rough.any():
            break
        kept.append(middle[rough])
        low, high = (
            np.concatenate([low[rough], middle[rough]]),
            np.concatenate([middle[rough], high[rough]]),
        )
        if sum(map(len, kept)) > _MOST_PANELS:
            raise NoExactLaw(f"the density of {law} needs more than {_MOST_PANELS} panels.")
    return np.unique(np.concatenate(kept))


def _mass(law: Law, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    x, weights = gauss_legendre(low, high)
    return np.asarray(np.sum(weights * law.pdf(x), axis=1))


def _unlike_pole(
    law: Law, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a panel is none of those that were halved towards one of its ends many times."""
    lower, upper = law.quantile([0.25, 0.75]).tolist()
    return np.asarray(high - low > 2.0**-8 * (upper - lower))


def closing_in(
    ends: NDArray[np.float64], points: NDArray[np.float64], ratio: float, depth: int
) -> NDArray[np.float64]:
    """Add ends of panels whose distances from points fall by a ratio.

    Parameters
    ----------
    ends : ndarray of float64, shape (m,)
        Rising ends of panels.
    points : ndarray of float64, shape (k,)
        Where to close in, on both sides.
    ratio : float
        Above 1.
    depth : int
        The panels at the points are about ``2**-depth`` of those that were there.

    Returns
    -------
    ndarray of float64
        Rising.
    """
    inside = points[(points >= ends[0]) & (points <= ends[-1])]
    ends = np.union1d(ends, inside)
    steps = ratio ** -np.arange(1.0, depth / math.log2(ratio) + 0.5)
    added = [ends]
    for point in inside.tolist():
        at = int(np.searchsorted(ends, point))
        # A point may cut a panel into a short part and a long one: begin some panels away.
        left, right = point - ends[max(at - 3, 0)], ends[min(at + 3, ends.size - 1)] - point
        added += [point - left * steps, point + right * steps]
    return np.unique(np.concatenate(added))


def nodes_and_masses(
    law: Law, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes in panels and the masses that they stand for.

    A panel with a pole of the density at an end is integrated over the probability.

    Parameters
    ----------
    law : Law
        A law without atoms.
    low, high : ndarray of float64, shape (panels,)
        Ends of panels.

    Returns
    -------
    nodes, masses : ndarray of float64, shape (panels, 20)
        Averages over the law are sums of masses times values at the nodes.
    """
    nodes, weights = gauss_legendre(low, high)
    masses = np.asarray(weights * law.pdf(nodes))
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = np.abs(np.log(law.pdf(nodes[:, 0]) / law.pdf(nodes[:, -1]))) > _STEEP
    narrow = steep & (high - low <= _NARROW * np.maximum(np.abs(low), np.abs(high)))
    if narrow.any():
        p, shares = gauss_legendre(law.cdf(low[narrow]), law.cdf(high[narrow]))
        nodes[narrow] = np.clip(law.quantile(p), low[narrow, None], high[narrow, None])
        masses[narrow] = shares
    return nodes, masses
