"""What a law could look like whose distance from the normal one is given, going by a sample.

The lead F - Phi of such a law is not known; the lead of the sample, which is, has the noise of the
draws in it. Here the places, leads and heights are those of `FittedProcess`, in units of
``n^(-1/2)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clt_sim.gaussianity.normal import density

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PATHS = 500
"""Draws of the process that are enough for the mean of a square."""


def shrunken_lead(
    lead: NDArray[np.float64],
    places: NDArray[np.float64],
    widths: NDArray[np.float64],
    heights: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return the lead of a sample with less of the noise of its draws.

    The leads of laws next to the normal one begin, in Edgeworth's expansion, with multiples of
    ``(z^2 - 1) phi(z)`` and ``(z^3 - 3z) phi(z)``. What the lead has of these, by least squares, is
    kept. The rest is multiplied by ``1 - N/R``, or by 0, where R is its square integral and N that
    of noise alone: the positive-part estimator of James & Stein ("Estimation with quadratic loss",
    Proceedings of the Fourth Berkeley Symposium 1, 1961). Far from the normal law that leaves the
    lead as it is.

    Parameters
    ----------
    lead, places, widths : ndarray of float64, shape (m,)
        Of the sample.
    heights : ndarray of float32, shape (m, paths)
        Draws of its noise.
    """
    normal = density(places)
    root = np.sqrt(widths)
    leading = np.stack([(places**2 - 1.0) * normal, (places**3 - 3.0 * places) * normal], axis=1)
    basis = np.linalg.qr(leading * root[:, None])[0]
    noise = heights[:, :_PATHS] * root[:, None]
    expected = (np.sum(noise**2) - np.sum((basis.T @ noise) ** 2)) / noise.shape[1]
    weighted = lead * root
    kept = basis @ (basis.T @ weighted)
    rest = weighted - kept
    square = float(rest @ rest)
    factor = max(0.0, 1.0 - float(expected) / square) if square > 0.0 else 0.0
    smooth = np.divide(kept + factor * rest, root, out=lead.copy(), where=root > 0.0)
    return smooth if smooth.any() else lead


def least_changed(
    lead: NDArray[np.float64], heights: NDArray[np.float32]
) -> Callable[[float], NDArray[np.float64]]:
    """Return for each Kolmogorov distance a lead that has it, changed where it is largest.

    If the noise at the largest difference was x, that elsewhere was ``r x`` on average, where r is
    the regression of h on its value there. So the lead is moved along r, and cut off where it is
    larger than the distance: of leads with this largest difference about the likeliest. To scale
    all of the lead instead would take differences that were nearly as large, perhaps larger, for
    smaller ones; where a law has two equal largest differences its intervals begin too high.

    Parameters
    ----------
    lead : ndarray of float64, shape (m,)
        Not 0 everywhere.
    heights : ndarray of float32, shape (m, paths)
        Draws of its noise.
    """
    place = int(np.argmax(np.abs(lead)))
    largest = float(lead[place])
    at_place = heights[place] - heights[place].mean()
    square = float(at_place @ at_place)
    regression = (heights @ at_place).astype(np.float64) / square if square > 0.0 else 0.0 * lead
    regression[place] = 1.0

    def lead_at(distance: float) -> NDArray[np.float64]:
        change = np.copysign(distance, largest) - largest
        return np.asarray(np.clip(lead + change * regression, -distance, distance))

    return lead_at
