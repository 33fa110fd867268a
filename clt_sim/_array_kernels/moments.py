"""Sums of powers and extremes of an array, in one pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, fma, kernel, prefer_wide_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDERS = 8
CHUNK = 2**16
"""Values whose powers are added up in double precision; chunks add up exactly elsewhere."""
_LANES = 32
_ROWS = 4
"""Values that a lane takes at a time: its sums are loaded and stored once for them."""
_BLOCK = _LANES * _ROWS
_PILOT = 256
_NEAR = 0.25
"""How far from the mean, in standard deviations, a centre of powers may be. Central moments made of
them lose about a digit: for values one sd from the mean, ``(1 + 2/4)**8 = 26`` at order 8."""
_LEAST_SUM = 2.0**-8
"""The least sum of z**8 where one z is between 1/2 and 1."""
_LARGEST_SUM = 1e290
"""The largest sum of z**8 over a chunk, so that those of chunks stay in range."""
_LARGE = 900
"""Beyond 2**900, or below its inverse, a scale may leave the range of doubles."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerPass:
    """What one pass over an array found.

    Parameters
    ----------
    least, greatest : float
        The extremes, if all values are finite.
    centre, scale : float
        Powers are those of ``z = (values - centre)/scale``.
    count : int
        The number of values.
    sums : ndarray of float64, shape (ceil(count/CHUNK), ORDERS)
        The sums of z, ..., z**8 over each chunk. One is not finite if a value is not; or where
        powers overflow.
    """

    least: float
    greatest: float
    centre: float
    scale: float
    count: int
    sums: NDArray[np.float64]

    @property
    def is_finite(self) -> bool:
        """Whether all sums are finite; where they are, so are all values."""
        return bool(np.isfinite(self.sums).all())

    @property
    def is_near(self) -> bool:
        """Whether the centre and the scale are good enough for precise central moments.

        The centre is near to the mean, and powers neither overflow nor vanish.
        """
        if not (self.is_finite and float(self.sums[:, -1].max()) <= _LARGEST_SUM):
            return False
        if float(self.sums[:, -1].sum()) < _LEAST_SUM:
            return False
        first, second = (self.sums[:, :2].sum(axis=0) / self.count).tolist()
        return bool(first**2 <= _NEAR**2 * (second - first**2))

    def totals(self) -> list[float]:
        """Return the sums of z, ..., z**8 over all values, those of chunks without rounding."""
        return [math.fsum(column) for column in self.sums.T.tolist()]


def power_pass(values: NDArray[np.floating]) -> PowerPass:
    """Take the powers about the mean of a few values, which is near to that of all.

    They are every k-th value, which is no matter for the result: whether their mean was near
    enough shows afterwards.

    Parameters
    ----------
    values : ndarray of float64 or float32, shape (n,)
        Contiguous, at least one.
    """
    centre, reach = _pilot(values, max(values.size // _PILOT, 1))
    return power_pass_about(values, centre, reach)


def power_pass_about(values: NDArray[np.floating], centre: float, reach: float) -> PowerPass:
    """Take the powers about a centre that is given.

    Parameters
    ----------
    values : ndarray of float64 or float32, shape (n,)
        Contiguous, at least one.
    centre : float
        Between the extremes.
    reach : float
        A typical or the largest distance from it. The scale is the next power of two, so that
        each z is rounded once.
    """
    exponent = math.frexp(reach)[1] if math.isfinite(reach) else 0
    scale = 2.0 ** min(max(exponent, -_LARGE), _LARGE)
    sums = np.empty((-(-values.size // CHUNK), ORDERS))
    lanes = np.empty((ORDERS + 2) * _LANES)
    lanes[ORDERS * _LANES :] = centre
    _power_sums(values, centre, 1.0 / scale, lanes, np.empty(_BLOCK), sums)
    least, greatest = lanes[ORDERS * _LANES :].reshape(2, _LANES)
    return PowerPass(float(least.min()), float(greatest.max()), centre, scale, values.size, sums)


def extremes_and_total(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the least and the greatest value and the sum of all, in one pass.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Contiguous, at least one. Where one is not finite the sum is not; the others may be.

    Returns
    -------
    tuple of float
        The sum may overflow where no value does.
    """
    lanes = np.empty((3, _LANES))
    lanes[:2] = values[0]
    lanes[2] = 0.0
    _extremes_and_total(values, lanes)
    return float(lanes[0].min()), float(lanes[1].max()), float(lanes[2].sum())


@cached
def _pilot(values: Any, step: Any) -> Any:
    """Return the mean of every step-th value and the largest distance from it."""
    count, total, least, greatest = 0, 0.0, values[0], values[0]
    for index in range(0, values.size, step):
        x = values[index]
        count += 1
        total += x
        least = x if x < least else least
        greatest = x if x > greatest else greatest
    least, greatest = np.float64(least), np.float64(greatest)
    mean = min(max(total / count, least), greatest)
    return mean, max(greatest - mean, mean - least)


@cached
def _extremes_and_total(values: Any, lanes: Any) -> None:
    whole = values.size - values.size % _LANES
    for first in range(0, whole, _LANES):
        _add_extremes(values[first : first + _LANES], lanes)
    _add_extremes(values[whole:], lanes)


@kernel
def _add_extremes(values: Any, lanes: Any) -> None:
    prefer_wide_vectors()
    least, greatest, total = lanes[0], lanes[1], lanes[2]
    for lane in range(values.size):
        x = values[lane]
        least[lane] = x if x < least[lane] else least[lane]
        greatest[lane] = x if x > greatest[lane] else greatest[lane]
        total[lane] += x


@cached
def _power_sums(
    values: Any, centre: Any, inverse_scale: Any, lanes: Any, buffer: Any, sums: Any
) -> None:
    shift = -centre * inverse_scale
    for chunk in range(sums.shape[0]):
        some = values[chunk * CHUNK : (chunk + 1) * CHUNK]
        whole = some.size - some.size % _BLOCK
        lanes[: ORDERS * _LANES] = 0.0
        for first in range(0, whole, _BLOCK):
            _add_block(some[first : first + _BLOCK], shift, inverse_scale, lanes)
        if whole < some.size:
            # The powers of the centre are 0.
            buffer[:] = centre
            for index in range(whole, some.size):
                buffer[index - whole] = some[index]
            _add_block(buffer, shift, inverse_scale, lanes)
        for order in range(ORDERS):
            total = 0.0
            for lane in range(_LANES):
                total += lanes[order * _LANES + lane]
            sums[chunk, order] = total


@kernel
def _add_block(x: Any, shift: Any, inverse_scale: Any, lanes: Any) -> None:
    """Add the powers of four values to each lane, and keep its extremes.

    All lanes are one array with constant distances, so that the compiler need not ask at run time
    whether they overlap.
    """
    prefer_wide_vectors()
    for i in range(_LANES):
        xa, xb = np.float64(x[i]), np.float64(x[_LANES + i])
        xc, xd = np.float64(x[2 * _LANES + i]), np.float64(x[3 * _LANES + i])
        a, b = fma(xa, inverse_scale, shift), fma(xb, inverse_scale, shift)
        c, d = fma(xc, inverse_scale, shift), fma(xd, inverse_scale, shift)
        a2, b2, c2, d2 = a * a, b * b, c * c, d * d
        a3, b3, c3, d3 = a2 * a, b2 * b, c2 * c, d2 * d
        a4, b4, c4, d4 = a2 * a2, b2 * b2, c2 * c2, d2 * d2
        lanes[i] += (a + b) + (c + d)
        lanes[_LANES + i] += (a2 + b2) + (c2 + d2)
        lanes[2 * _LANES + i] += (a3 + b3) + (c3 + d3)
        lanes[3 * _LANES + i] += (a4 + b4) + (c4 + d4)
        lanes[4 * _LANES + i] += fma(a4, a, b4 * b) + fma(c4, c, d4 * d)
        lanes[5 * _LANES + i] += fma(a4, a2, b4 * b2) + fma(c4, c2, d4 * d2)
        lanes[6 * _LANES + i] += fma(a4, a3, b4 * b3) + fma(c4, c3, d4 * d3)
        lanes[7 * _LANES + i] += fma(a4, a4, b4 * b4) + fma(c4, c4, d4 * d4)
        low_ab, low_cd = (xa if xa < xb else xb), (xc if xc < xd else xd)
        high_ab, high_cd = (xa if xa > xb else xb), (xc if xc > xd else xd)
        low = low_ab if low_ab < low_cd else low_cd
        high = high_ab if high_ab > high_cd else high_cd
        least, greatest = lanes[8 * _LANES + i], lanes[9 * _LANES + i]
        lanes[8 * _LANES + i] = low if low < least else least
        lanes[9 * _LANES + i] = high if high > greatest else greatest
