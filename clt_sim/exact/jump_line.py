"""The part of a transform along a line that comes from jumps of the density, and its integral."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.jumps import ORDER, Jumps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]


_FASTEST = 1e8
"""Coefficients that grow faster are of use only where the transform is nothing."""
_NOTHING = 1e-13
"""Jumps of the tilted law smaller than this, in units of its standard deviation, are none."""


@dataclass(frozen=True, slots=True, eq=False)
class JumpLine:
    """Functions of a closed form that have the jumps of a tilted density and of its tail.

    The series of a transform in ``1/s`` is written in powers of ``1/(s + a)``, so that it has no
    pole near the line ``s = tilt + i t/sd``. Each of these is the transform of a power times an
    exponential, on one side of the place of the jump. The transform less these functions falls
    like a power of order 9 and hardly turns where it is not small.

    Parameters
    ----------
    places : ndarray of float64, shape (places,)
        Of the jumps, over sd.
    coefficients : ndarray of float64, shape (2, places, 8)
        Of ``1/(rate + i side t)**j``, j from 1 on: for the density and the tail of the tilted law.
    rate : float
        Above 0.
    side : float
        1 or -1: the functions are 0 above the places, or below.
    """

    places: Reals
    coefficients: Reals
    rate: float
    side: float

    @classmethod
    def of(
        cls, jumps: Jumps, tilt: float, log_norm: float, sd: float, side: float
    ) -> JumpLine | None:
        """Write the jumps for a line; None where there are none."""
        with np.errstate(under="ignore"):
            shares = np.exp(tilt * jumps.places - log_norm)
            own = shares[:, None] * jumps.coefficients[:, 1:]
        sizes = np.abs(own).sum(axis=0)
        sizes *= sd ** np.arange(1.0, ORDER + 1.0)
        if not np.all(np.isfinite(sizes)) or not np.any(sizes > _NOTHING):
            return None
        frequency = _frequency(sizes) / sd
        if frequency * sd > _FASTEST:
            return None
        shift = max(frequency, abs(tilt)) - abs(tilt)
        density = _shifted(own, side * shift)
        tail = _shifted(np.pad(own, ((0, 0), (1, 0)))[:, :ORDER], side * shift) / sd
        scales = (side * sd) ** np.arange(1.0, ORDER + 1.0)
        coefficients = np.stack([density, tail]) * scales
        return cls(jumps.places / sd, coefficients, (abs(tilt) + shift) * sd, side)

    def transform(self, t: Reals, origin: float) -> Complex:
        """Return the functions at ``tilt + i t/sd`` around an origin over sd; (2, *t.shape)."""
        inverse = 1.0 / (self.rate + 1j * self.side * t)
        total = np.zeros((2, *t.shape), np.complex128)
        for place, coefficients in zip(self.places, self.coefficients.swapaxes(0, 1), strict=True):
            series = np.zeros((2, *t.shape), np.complex128)
            for order in reversed(range(ORDER)):
                column = coefficients[:, order].reshape(2, *[1] * t.ndim)
                series = (series + column) * inverse
            total += series * np.exp(1j * t * (place - origin))
        return total

    def functions(self, y: Reals) -> Reals:
        """Return the density and the tail whose transforms they are, at y over sd; (2, points)."""
        total = np.zeros((2, y.size))
        for place, coefficients in zip(self.places, self.coefficients.swapaxes(0, 1), strict=True):
            beyond = self.side * (place - y)
            some = beyond > 0.0
            distance = beyond[some]
            power = np.exp(-self.rate * distance)
            for order in range(ORDER):
                total[:, some] += coefficients[:, order, None] * power
                power = power * (distance / (order + 1.0))
        return total


def _frequency(sizes: Reals) -> float:
    """Return by what coefficients grow from order to order and from 1, at least 1."""
    first = int(np.flatnonzero(sizes > _NOTHING)[0])
    steps = np.arange(1.0, sizes.size - first)
    with np.errstate(divide="ignore"):
        logs = np.log(sizes[first + 1 :] / sizes[first]) / steps
        from_one = np.log(sizes) / np.arange(1.0, sizes.size + 1.0)
    return math.exp(max(float(logs.max(initial=0.0)), float(from_one.max())))


def _shifted(coefficients: Reals, shift: float) -> Reals:
    """Return coefficients of powers of ``1/(s + shift)`` from those of ``1/s``, to one order.

    By the binomial series ``s**-m = sum_j C(j - 1, m - 1) shift**(j - m) (s + shift)**-j``.
    """
    result = np.zeros_like(coefficients)
    for j in range(1, ORDER + 1):
        for m in range(1, j + 1):
            result[:, j - 1] += math.comb(j - 1, m - 1) * shift ** (j - m) * coefficients[:, m - 1]
    return result
