"""Transforms of products of a random weight with a nonlinearity output."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.wave_sums import damped_wave_sums
from clt_sim.exact.density_panels import nodes_and_masses
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.law_transform import ClosedTransform, is_even
from clt_sim.exact.transform import Transform
from clt_sim.exact.wave_panels import chunks
from clt_sim.laws import Exponential, Gamma, Laplace, Law, Logistic, Normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.output_transform import Output

    Complex = NDArray[np.complex128]
    Reals = NDArray[np.float64]

DAMPED = (Normal, Laplace, Logistic, Exponential, Gamma)
"""Laws whose transforms die down within few turns on the imaginary axis."""
_MOST_TURNS = 30.0
_DEEPEST = 40
_LARGEST = 1e150
"""Squares are in the range of doubles."""
_LEAST_SHARE = 2.0**-70


def is_damped(law: Law) -> bool:
    """Whether a law is one of `DAMPED`, and its transform dies down before it has turned often."""
    return isinstance(law, DAMPED) and turns(law) <= _MOST_TURNS


def turns(law: Law) -> float:
    """Return how many radians the transform of a law turns while it dies down, about."""
    return abs(law.mean) / math.sqrt(law.variance)


@dataclass(frozen=True, slots=True)
class _Product(Transform):
    """What the transforms of ``W phi(X)`` share, W and X being independent and without atoms."""

    weight: Law
    output: Output
    finite: tuple[float, float]

    @property
    def strip(self) -> tuple[float, float]:
        """Where the transform is surely finite."""
        return self.finite

    @property
    def centre(self) -> float:
        """The product of the means."""
        return self.weight.mean * self.output.typical()[0]

    @property
    def scale(self) -> float:
        """The standard deviation."""
        mean, spread = self.output.typical()
        square = self.weight.moment(2) * (spread**2 + mean**2)
        return math.sqrt(square - (self.weight.mean * mean) ** 2)

    @property
    def even(self) -> bool:
        """Whether one of the factors is."""
        return is_even(self.weight) or self.output.even

    @property
    def support(self) -> tuple[float, float]:
        """The products of the ends; all is infinite if one of them is."""
        ends = np.array([*self.weight.support, *self.output.support])
        first, second = ends[:2], ends[2:]
        with np.errstate(invalid="ignore"):
            products = np.multiply.outer(first, second)
        products[np.isnan(products)] = 0.0  # 0 times infinity
        return float(np.min(products)), float(np.max(products))


@dataclass(frozen=True, slots=True)
class DampedProduct(_Product):
    """The transform of ``W phi(X)`` as the average of that of W over phi(X).

    The panels close in on the zeros of phi as far as s asks for, since there the average is made
    for large s.

    Parameters
    ----------
    weight : Law
        The law of W, one for which `is_damped`.
    output : Output
        The variable phi(X).
    finite : tuple of float
        The strip, where the transform is surely finite.
    """

    _rules: dict[int, tuple[Reals, Reals]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def _turns(self) -> float:
        return turns(self.weight)

    def _rule(self, largest: float) -> tuple[Reals, Reals]:
        """Return values y of phi(X) and their masses, for s up to some size."""
        wide = math.sqrt(self.weight.moment(2)) * largest
        depth = min(max(3, math.ceil(math.log2(max(wide, 1.0) * 8.0))), _DEEPEST)
        if depth not in self._rules:
            low, high = self.output.panels(depth)
            pieces = max(1, math.ceil(self._turns / 3.0))
            shares = np.linspace(0.0, 1.0, pieces + 1)
            cuts = low[:, None] + (high - low)[:, None] * shares
            starts, stops = cuts[:, :-1].ravel(), cuts[:, 1:].ravel()
            x, masses = nodes_and_masses(self.output.law, starts, stops)
            with np.errstate(over="ignore"):
                y = np.asarray(self.output.phi(x), np.float64)
            y = np.clip(y, -_LARGEST, _LARGEST)
            self._rules[depth] = y.ravel(), masses.ravel() / self.output.mass
        return self._rules[depth]

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of an average over the values of phi(X)."""
        flat = np.ravel(s)
        result = np.empty(flat.shape, np.complex128)
        # Decades, so that a call does not need the finest panels for all points.
        with np.errstate(divide="ignore"):
            decades = np.maximum(np.floor(np.log10(np.abs(flat))), 0.0)
        for decade in np.unique(decades):
            some = np.flatnonzero(decades == decade)
            result[some] = self._log(flat[some])
        return np.asarray(result.reshape(s.shape))

    def _log(self, s: Complex) -> Complex:
        y, masses = self._rule(float(np.max(np.abs(s))))
        theta = float(s.real[0])
        with np.errstate(divide="ignore"):
            exponents = np.log(masses) + ClosedTransform(self.weight).log(_complex(theta * y)).real
        offset = float(np.max(exponents))
        with np.errstate(under="ignore"):
            tilted = np.exp(exponents - offset)
        kept = tilted > _LEAST_SHARE
        y, tilted = y[kept], tilted[kept]
        if np.any(np.abs(y) == _LARGEST):
            # Panels of x do not resolve so many orders of magnitude of phi(x).
            raise NoExactLaw(f"{self.output.phi} of the inputs reaches beyond {_LARGEST:g}.")
        result = np.empty(s.shape, np.complex128)
        with np.errstate(divide="ignore", under="ignore"):
            for rows in chunks(s.size, y.size):
                result[rows] = np.log(average(self.weight, theta, s.imag[rows, None], y, tilted))
        return result + offset


def _complex(real: Reals, imaginary: Reals | float = 0.0) -> Complex:
    z = np.zeros(np.broadcast_shapes(real.shape, np.shape(imaginary)), np.complex128)
    z.real, z.imag = real, imaginary
    return z


def average(weight: Law, theta: float, t: Reals, y: Reals, masses: Reals) -> Complex:
    """Return the sum of masses times ``M(s y)/M(theta y)``, M being the transform of W.

    Parameters
    ----------
    weight : Law
        The law of W, one for which `is_damped`.
    theta : float
        The real part of s.
    t : ndarray of float64, shape (k, 1)
        Imaginary parts of s.
    y : ndarray of float64, shape (m,)
        Values of the other factor.
    masses : ndarray of float64, shape (m,) or (m, laws)
        Their masses, for one law or for several.

    Returns
    -------
    ndarray of complex128, shape (k,) or (k, laws)
        The sums.
    """
    if not isinstance(weight, Normal):
        return np.asarray(_ratio(weight, theta, t, y) @ masses)
    mean = weight.mean + (theta * weight.sd) * (weight.sd * y)
    if masses.ndim == 1 and np.any(mean):
        return damped_wave_sums(t.ravel(), y * mean, 0.5 * weight.variance * (y * y), masses)
    wide = (weight.sd * t) * y
    size = np.exp(-0.5 * wide * wide)
    if not np.any(mean):
        return np.asarray(size @ masses, np.complex128)
    # Real functions of arrays are several times as fast as the complex exponential.
    turn = t * (y * mean)
    return np.asarray((size * np.cos(turn)) @ masses + 1j * ((size * np.sin(turn)) @ masses))


def _ratio(weight: Law, theta: float, t: Reals, y: Reals) -> Reals | Complex:
    """Return ``M(s y)/M(theta y)`` with ``s = theta + i t`` and M the transform of W."""
    turn = t * y
    if isinstance(weight, Exponential):
        return np.asarray(
            1.0 / (1.0 - 1j * (turn * (weight.scale / (1.0 - theta * weight.scale * y))))
        )
    if isinstance(weight, Laplace) and weight.mean == 0.0 and theta == 0.0:
        return np.asarray(1.0 / (1.0 + (weight.scale * turn) ** 2))
    closed = ClosedTransform(weight)
    real = closed.log(_complex(theta * y))
    return np.asarray(np.exp(closed.log(_complex(theta * y, turn)) - real))
