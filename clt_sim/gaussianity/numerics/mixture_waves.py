"""Integrals over N(0, 1) of squared characteristic functions of normal mixtures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

    Wave = Callable[
        [NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]
    ]

_FARTHEST = 9.0
_MOST_ELEMENTS = 2**20


def integrated_square(mixture: ScaleMixture, wave: Wave) -> Estimate:
    """Return ``integral (E[b(t, S)] - b(t, 1))^2 phi(t) dt`` over draws of the sd S.

    It is made of 20-point rules over octaves of t; the error of quadrature is the change with half
    as many panels.

    Parameters
    ----------
    mixture : ScaleMixture
        Draws of S.
    wave : callable
        Takes t of shape (k, 1) and sds of shape (m,), and returns ``b(t, sd)``, even or odd in t,
        and ``-sd db/dsd``, its derivative when z is divided by ``1 + d``.
    """
    nearest = 1.0 / (16.0 * max(1.0, float(mixture.sds[-1])))
    octaves = 2 * math.ceil(0.5 * math.log2(_FARTHEST / nearest))
    ends = np.append(0.0, _FARTHEST * np.exp2(np.arange(-octaves, 1.0)))
    value, influence, at_atom, scale = _integrals(mixture, wave, ends)
    coarse = _integrals(mixture, wave, np.append(0.0, ends[1::2]))[0]
    size = 1.0 + float(mixture.shares @ mixture.sds**2)
    resolution = RESOLUTION * size * (2.0 * math.sqrt(value) + RESOLUTION * size)
    sampling = mixture.stderr(influence, at_atom, scale=scale)
    return Estimate(value, math.hypot(sampling, resolution + abs(value - coarse)))


def _integrals(
    mixture: ScaleMixture, wave: Wave, ends: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], float, float]:
    """Return the value, its influence function but for a constant, and its derivative in scale."""
    nodes, rule = gauss_legendre(ends[:-1], ends[1:])
    points, weights = nodes.ravel(), 2.0 * rule.ravel() * density(nodes.ravel())
    value, at_atom, scale = 0.0, 0.0, 0.0
    influence = np.zeros(mixture.sds.size)
    step = max(_MOST_ELEMENTS // mixture.sds.size, 1)
    for start in range(0, points.size, step):
        some = slice(start, start + step)
        waves, slopes = wave(points[some, None], mixture.sds)
        ends_of_range, _ = wave(points[some, None], np.array([0.0, 1.0]))
        atom, normal = ends_of_range.T
        residual = waves @ mixture.shares + mixture.atom * atom - normal
        slope = 2.0 * weights[some] * residual
        value += 0.5 * float(slope @ residual)
        influence += slope @ waves
        at_atom += float(slope @ atom)
        scale += float(slope @ (slopes @ mixture.shares))
    return value, influence, at_atom, scale
