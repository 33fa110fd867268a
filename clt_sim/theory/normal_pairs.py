"""Averages over pairs of normal variables, by quadrature."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.nonlinearities import Nonlinearity

_REACH = 9.0
"""The standard normal density is below 1e-18 beyond."""
_SPREAD = np.arange(-_REACH, _REACH + 1.0, 2.0)
"""Ends of panels, in standard deviations, that resolve the density."""
_UNIT = 1.5
"""Length of the panels beside 0 for functions that change over lengths of about 1."""
_MOST_OCTAVES = 64
"""Panels beside 0 are not shorter than the reach by more: the density leaves nothing of them."""
_MOST_ROWS = 512


def pair_average(phi: Nonlinearity, correlation: float, q1: float, q2: float) -> float:
    """Return ``E[phi(x) phi(y)]`` for x and y normal together, with mean 0, by quadrature.

    With ``y = m + t v`` for independent x and v and ``m = r sqrt(q2/q1) x``, the inner average over
    v is a smooth function of m, which changes over the length t beside the kinks of phi: panels
    end there, too.

    Parameters
    ----------
    phi : Nonlinearity
        Grows no faster than a power.
    correlation : float
        From -1 to 1.
    q1, q2 : float
        The variances, above 0.

    Returns
    -------
    float
        The average.
    """
    sd1, sd2 = math.sqrt(q1), math.sqrt(q2)
    slope = correlation * sd2 / sd1
    rest = sd2 * math.sqrt((1.0 - correlation) * (1.0 + correlation))
    reach = _REACH * sd1
    places = [sd1 * _SPREAD, _places(phi, reach)]
    if slope != 0.0:
        with np.errstate(over="ignore", invalid="ignore"):  # far beyond the reach
            images = np.array(phi.kinks) / slope
            around = np.divide(rest, abs(slope)) * _SPREAD if rest > 0.0 else np.zeros(1)
            places += [_places(phi, _REACH * sd2) / slope, np.add.outer(images, around).ravel()]
    ends = np.unique(np.clip(np.concatenate(places), -reach, reach))
    x, weights = gauss_legendre(ends[:-1], ends[1:])
    density = np.exp(-0.5 * (x / sd1) ** 2) / (sd1 * math.sqrt(math.tau))
    inner = _shifted_average(phi, (slope * x).ravel(), rest).reshape(x.shape)
    return math.fsum((weights * density * phi(x) * inner).ravel())


def _places(phi: Nonlinearity, reach: float) -> NDArray[np.float64]:
    """Return ends of panels that suit phi: its kinks, 0, and places that double up to `reach`."""
    octaves = max(0, math.ceil(math.log2(reach / _UNIT)))
    doubled = _UNIT * 2.0 ** np.arange(max(0, octaves - _MOST_OCTAVES), octaves)
    return np.concatenate([-doubled, [0.0], doubled, [*phi.kinks]])


def _shifted_average(
    phi: Nonlinearity, means: NDArray[np.float64], sd: float
) -> NDArray[np.float64]:
    """Return ``E[phi(m + sd Z)]`` for each m of shape (k,)."""
    if sd == 0.0:
        return np.asarray(phi(means), np.float64)
    # Panels that suit phi stay where they are as m moves.
    places = _places(phi, float(np.max(np.abs(means))) + _REACH * sd)
    rows = (means[start : start + _MOST_ROWS] for start in range(0, means.size, _MOST_ROWS))
    return np.concatenate([_average_beside(phi, some, sd, places) for some in rows])


def _average_beside(
    phi: Nonlinearity, means: NDArray[np.float64], sd: float, ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``E[phi(m + sd Z)]`` by panels with some ends."""
    moved = np.clip((ends - means[:, None]) / sd, -_REACH, _REACH)
    ends = np.sort(np.concatenate([moved, np.tile(_SPREAD, (means.size, 1))], axis=1), axis=1)
    z, weights = gauss_legendre(ends[:, :-1].ravel(), ends[:, 1:].ravel())
    density = np.exp(-0.5 * z * z) / math.sqrt(math.tau)
    places = np.repeat(means, ends.shape[1] - 1)[:, None] + sd * z
    parts = np.sum(weights * density * phi(places), axis=1)
    return np.asarray(parts.reshape(means.size, -1).sum(axis=1))
