"""Integrals over functions of the upper tail of a normal mixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from clt_sim._quadrature import gauss_legendre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_MOST_ELEMENTS = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class HalfLineIntegrals:
    """Integrals over z > 0 of functions of z and of ``P(Z > z)``, doubled for both sides.

    Parameters
    ----------
    values : ndarray of float64, shape (k,)
        The integrals.
    errors : ndarray of float64, shape (k,)
        Their change with half of the panels.
    influence : ndarray of float64, shape (k, m)
        The influence of a draw of each sd on each, but for a constant.
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    influence: NDArray[np.float64]


def integrate_half_line(
    mixture: ScaleMixture,
    integrands: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    slopes: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
) -> HalfLineIntegrals:
    """Integrate by 20-point rules over quarters of an octave.

    Parameters
    ----------
    mixture : ScaleMixture
        The mixture, with the mean 0.
    integrands : callable
        Takes places and tail probabilities of shape (p,), and returns values of shape (k, p).
    slopes : callable
        The same for their derivatives along the tail probability.
    """
    places = mixture.places()[::4]
    fine, above, weights = _tail(mixture, places)
    values = integrands(fine, above) @ weights
    coarse_points, coarse_above, coarse_weights = _tail(mixture, places[::2])
    coarse = integrands(coarse_points, coarse_above) @ coarse_weights
    moved = slopes(fine, above) * weights
    influence = np.zeros((values.size, mixture.sds.size))
    step = max(_MOST_ELEMENTS // mixture.sds.size, 1)
    for first in range(0, fine.size, step):
        some = slice(first, first + step)
        influence += moved[:, some] @ ndtr(-fine[some, None] / mixture.sds)
    return HalfLineIntegrals(values, np.abs(values - coarse), influence)


def _tail(
    mixture: ScaleMixture, places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = gauss_legendre(places[:-1], places[1:])
    points = nodes.ravel()
    above = mixture.average(lambda t, sd: ndtr(-t / sd), points)
    return points, above, 2.0 * weights.ravel()
