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
) -> tuple[NDArray[np.float64], float]:
    """Return the lead of a sample with less of the noise of its draws, and how much is no noise.

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

    Returns
    -------
    smooth : ndarray of float64, shape (m,)
        The lead with less noise.
    known : float
        How much of the lead is taken for no noise: the mean of what the rest was multiplied by and
        of what the whole lead would be by the same estimator, from 0 to 1.
    """
    normal = density(places)
    root = np.sqrt(widths)
    leading = np.stack([(places**2 - 1.0) * normal, (places**3 - 3.0 * places) * normal], axis=1)
    basis = np.linalg.qr(leading * root[:, None])[0]
    noise = heights[:, :_PATHS] * root[:, None]
    expected = float(np.sum(noise**2)) / noise.shape[1]
    expected_rest = expected - float(np.sum((basis.T @ noise) ** 2)) / noise.shape[1]
    weighted = lead * root
    kept = basis @ (basis.T @ weighted)
    rest = weighted - kept
    factor = _factor(rest, expected_rest)
    smooth = np.divide(kept + factor * rest, root, out=lead.copy(), where=root > 0.0)
    known = 0.5 * (factor + _factor(weighted, expected))
    return (smooth if smooth.any() else lead), known


def _factor(lead: NDArray[np.float64], expected: float) -> float:
    """Return ``1 - N/R``, or 0, for a lead in units in which its square integral is its square."""
    square = float(lead @ lead)
    return max(0.0, 1.0 - expected / square) if square > 0.0 else 0.0


def hypothetical_leads(
    lead: NDArray[np.float64],
    known: float,
    heights: NDArray[np.float32],
    at_atoms: NDArray[np.bool_],
) -> Callable[[float], NDArray[np.float64]]:
    """Return for each Kolmogorov distance a lead that has it.

    For a greater distance than its own, the lead is scaled. Of differences that are equally large
    in the law the one that is largest in the sample is so by chance, and where it is too small the
    others are as well. To raise it alone would be right only for laws with a single largest
    difference, and let the intervals of others end too high. Not so at atoms: the noise on both
    sides is opposite, and where one difference is too small the other is too large. There the lead
    is changed as for a smaller distance.

    For a smaller distance, a lead that is known is changed where it is largest. If the noise at
    the largest difference was x, that elsewhere was ``r x`` on average, where r is the regression
    of h on its value there. So the lead is moved along r, and cut off where it is larger than the
    distance: of leads with this largest difference about the likeliest. To scale it instead would
    take differences that were nearly as large, perhaps larger, for smaller ones; where a law has
    two equal largest differences its intervals begin too high. But large differences that are
    noise are no reason to expect any: as far as the lead is taken for noise, it is scaled.

    Parameters
    ----------
    lead : ndarray of float64, shape (m,)
        Not 0 everywhere.
    known : float
        How much of it is no noise, from 0 to 1.
    heights : ndarray of float32, shape (m, paths)
        Draws of its noise.
    at_atoms : ndarray of bool, shape (m,)
        Which places are at the side of an atom.
    """
    place = int(np.argmax(np.abs(lead)))
    largest = float(lead[place])
    at_place = heights[place] - heights[place].mean()
    square = float(at_place @ at_place)
    regression = (heights @ at_place).astype(np.float64) / square if square > 0.0 else 0.0 * lead
    regression[place] = 1.0

    def lead_at(distance: float) -> NDArray[np.float64]:
        scaled = lead * (distance / abs(largest))
        if distance >= abs(largest) and not at_atoms[place]:
            return np.asarray(scaled)
        change = np.copysign(distance, largest) - largest
        moved = np.clip(lead + change * regression, -distance, distance)
        return np.asarray(known * moved + (1.0 - known) * scaled)

    return lead_at
