"""Convolution of positive numbers by Fourier transforms, with relative accuracy in the tails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACCURACY = 2.0**-46
"""Relative error of the values that are taken from a transform, 1.4e-14."""
_NOISE = 2.0**-49
"""Bound on the error of a transformed convolution, in units of the two Euclidean norms."""
_STEP = 3.0
"""How far the mean moves from tilt to tilt, in standard deviations."""
_MOST_TILTS = 400
_GRID = 2.0**24
"""Tilts are whole multiples of one over this, so that tilt times place is exact."""
_STEEPEST = 2.0**28
"""Limit on tilt times places: from 2**53/_GRID on, it would be rounded."""
_DEEPEST = -1200
"""What is so many octaves below the peak is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Significands:
    """Numbers ``significands * 2**exponents``, significands in [1/2, 1) or 0."""

    significands: NDArray[np.float64]
    exponents: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.float64], exponents: NDArray[np.int64]) -> Significands:
        """Return ``values * 2**exponents``."""
        significands, more = np.frexp(values)
        return cls(significands, exponents + more)

    def tilted(self, tilt: float) -> Significands:
        """Return the numbers times ``2**(tilt*place)``."""
        power = tilt * np.arange(self.significands.size)
        whole = np.floor(power)
        values = self.significands * np.exp2(power - whole)
        return Significands.of(values, self.exponents + whole.astype(np.int64))

    def from_peak(self) -> tuple[NDArray[np.float64], int]:
        """Return the numbers divided by a power of two above the largest, and its exponent."""
        peak = int(self.exponents[self.significands > 0.0].max())
        shift = np.maximum(self.exponents - peak, _DEEPEST).astype(np.int32)
        return np.ldexp(self.significands, shift), peak


def tilted_convolution(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int, NDArray[np.intp]]:
    """Return the convolution of two rows of numbers that are not negative.

    A Fourier transform gives all values with one absolute error, so the small ones lose their
    digits. Multiplied by ``2**(tilt*place)`` other values are the large ones. The tilts go from
    0 to either side, so that the means of the tilted convolutions are a few standard deviations
    apart; every value is taken from the tilt where it is largest in relation to the error.

    Parameters
    ----------
    a, b : ndarray of float64, shapes (m,) and (n,)
        Numbers from 0 to 1e150, not all 0.

    Returns
    -------
    values : ndarray of float64, shape (m + n - 1,)
        The convolution divided by a power of two, with relative errors below `ACCURACY` down to
        1e-300; 0 where it is so far below the peak that it is not needed.
    exponent : int
        The exponent of that power.
    unknown : ndarray of int
        Where no tilt gives the value to that accuracy, as between separate clusters.

    Examples
    --------
    >>> values, exponent, unknown = tilted_convolution(np.array([1.0, 2.0]), np.array([4.0, 1.0]))
    >>> np.round(np.ldexp(values, exponent), 12).tolist(), unknown.size
    ([4.0, 9.0, 2.0], 0)
    """
    search = _Search(a, b)
    start = search.take(0.0)
    ends = [search.sweep(direction, start) for direction in (-1.0, 1.0)]
    values, exponent = search.values.from_peak()
    return values, exponent, search.unknown(*ends)


class _Search:
    """The values that the tilts so far gave, and bounds on their relative errors."""

    def __init__(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
        self.parts = [Significands.of(part, np.zeros(part.size, np.int64)) for part in (a, b)]
        size = a.size + b.size - 1
        self.values = Significands(np.zeros(size), np.zeros(size, np.int64))
        self.error = np.full(size, np.inf)

    def sweep(self, direction: float, sd: float) -> int:
        """Tilt ever more to one side, and return the last place there that may be needed."""
        tilt = 0.0
        end = self.error.size - 1 if direction > 0.0 else 0
        for _ in range(_MOST_TILTS):
            tilt += direction * max(round(_GRID * _STEP / (sd * np.log(2.0))), 1) / _GRID
            if abs(tilt) * self.error.size > _STEEPEST:
                break
            before = np.count_nonzero(self.error < np.inf)
            sd = self.take(tilt)
            known = np.flatnonzero(self.error < np.inf)
            if known.size == before:
                break
            outermost = int(known[-1] if direction > 0.0 else known[0])
            peak = self.values.exponents[known].max()
            if self.values.exponents[outermost] < peak + _DEEPEST:
                return outermost
        return end

    def take(self, tilt: float) -> float:
        """Take the values that a tilt gives best, and return its standard deviation."""
        (a, a_peak), (b, b_peak) = (part.tilted(tilt).from_peak() for part in self.parts)
        convolved = np.maximum(_transformed(a, b), 0.0)
        noise = _NOISE * float(np.linalg.norm(a) * np.linalg.norm(b))
        with np.errstate(divide="ignore"):
            error = noise / convolved
        better = np.flatnonzero((error < self.error) & (error < ACCURACY))
        self.error[better] = error[better]
        power = -tilt * better
        whole = np.floor(power)
        exponents = whole.astype(np.int64) + (a_peak + b_peak)
        taken = Significands.of(convolved[better] * np.exp2(power - whole), exponents)
        self.values.significands[better] = taken.significands
        self.values.exponents[better] = taken.exponents
        return _standard_deviation(convolved)

    def unknown(self, least: int, most: int) -> NDArray[np.intp]:
        """Return the places without a value among those that may be needed."""
        return least + np.flatnonzero(self.error[least : most + 1] == np.inf)


def _transformed(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the convolution by Fourier transforms."""
    size = a.size + b.size - 1
    length = fft.next_fast_len(size, real=True)
    product = fft.rfft(a, length) * fft.rfft(b, length)
    return np.asarray(fft.irfft(product, length)[:size], np.float64)


def _standard_deviation(values: NDArray[np.float64]) -> float:
    """Return that of the places with these masses, at least 1/2."""
    masses = values / values.sum()
    places = np.arange(values.size)
    mean = float(masses @ places)
    return max(float(np.sqrt(masses @ (places - mean) ** 2)), 0.5)
