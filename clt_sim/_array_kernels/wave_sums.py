"""Sums of waves: transforms of masses at points, for many frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, kernel, prefer_wide_vectors
from clt_sim._kernels.elementary_double import cosine, exponential, sine

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LANES = 64
"""Sums that are made side by side, so that the compiler can use vectors."""


def wave_sums(
    frequencies: NDArray[np.float64], points: NDArray[np.float64], masses: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Return ``sum(masses * exp(i f points))`` for each frequency f.

    Parameters
    ----------
    frequencies : ndarray of float64, shape (m,)
        Whose products with the points are below 2**40 in size.
    points, masses : ndarray of float64, shape (n,)
        The points and what is at them.

    Returns
    -------
    ndarray of complex128, shape (m,)
        Besides the rounding of the products of frequencies and points, each term has an error of
        about 5e-16 of its mass.
    """
    return damped_wave_sums(frequencies, points, np.empty(0), masses)


def damped_wave_sums(
    frequencies: NDArray[np.float64],
    points: NDArray[np.float64],
    damping: NDArray[np.float64],
    masses: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Return ``sum(masses * exp(i f points - f**2 damping))`` for each frequency f.

    Parameters
    ----------
    frequencies, points, masses : ndarray of float64
        As those of `wave_sums`.
    damping : ndarray of float64, shape (n,) or (0,)
        How fast each wave falls; none of them does if it is empty.

    Returns
    -------
    ndarray of complex128, shape (m,)
        As precise as `wave_sums`, besides the rounding of the exponents.
    """
    result = np.empty((2, frequencies.size))
    arrays = (np.ascontiguousarray(each) for each in (frequencies, points, damping, masses))
    _sums(*arrays, np.empty((3, _LANES)), result)
    return np.asarray(result[0] + 1j * result[1])


@kernel
def _damp(frequency: Any, damping: Any, masses: Any, sizes: Any) -> None:
    """Write the sizes of some waves."""
    prefer_wide_vectors()
    square = frequency * frequency
    for j in range(damping.size):
        sizes[j] = masses[j] * exponential(-(square * damping[j]))


@kernel
def _add(frequency: Any, points: Any, sizes: Any, cosines: Any, sines: Any) -> None:
    """Add some waves, one in each lane."""
    prefer_wide_vectors()
    for j in range(points.size):
        phase = frequency * points[j]
        cosines[j] += sizes[j] * cosine(phase)
        sines[j] += sizes[j] * sine(phase)


@cached
def _sums(
    frequencies: Any, points: Any, damping: Any, masses: Any, lanes: Any, result: Any
) -> None:
    for i in range(frequencies.size):
        lanes[:] = 0.0
        for start in range(0, points.size, _LANES):
            stop = min(start + _LANES, points.size)
            count = stop - start
            sizes = masses[start:stop]
            if damping.size:
                sizes = lanes[2, :count]
                _damp(frequencies[i], damping[start:stop], masses[start:stop], sizes)
            _add(frequencies[i], points[start:stop], sizes, lanes[0, :count], lanes[1, :count])
        for part in range(2):
            total = 0.0
            for j in range(_LANES):
                total += lanes[part, j]
            result[part, i] = total
