"""The Wasserstein-2 distance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from clt_sim._quadrature import gauss_legendre
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.numerics.transport import (
    FARTHEST,
    density_at,
    normal_number,
    squared_distance,
    transport_cost,
)
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_EPS = float(np.finfo(np.float64).eps)
_TWO_ROOT_PI = 2.0 * math.sqrt(math.pi)
_MOST_ELEMENTS = 2**20
_SHORT = 1e-5
"""Length of an interval of N(0, 1) over which the density is a chord to 1e-11."""


class Wasserstein2(Measure):
    """The Wasserstein-2 distance ``(integral (Q(p) - Phi^-1(p))^2 dp)^(1/2)``.

    Q is the quantile function of z. With ``T(z) = Phi^-1(F(z))``, the optimal transport to
    N(0, 1), the square is ``2 integral B(z) dz`` with ``B(z) = integral from z to T(z) of
    (t - z) phi(t) dt``, by parts from ``E[(z - T)^2]``: nothing in it cancels, and atoms and poles
    of the law are no more than steps and steep places of F. It is also
    ``E[z^2] + 1 - 2 integral phi(T(z)) dz``, whose influence function is ``H(z) - E[H]`` with
    ``H(z) = z^2 - 2 integral up to z of T``, twice the potential of the transport. For a normal
    law the influence vanishes: then the plug-in value shows the floor of sampling, of order
    ``n**-0.5``.
    """

    name: ClassVar[str] = "wasserstein-2"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the exact distance of a step function and its influence function."""
        steps = _Steps.of(sample)
        value = steps.distance()
        potential = 0.5 * sample.values**2 - steps.transported()
        known = (potential - sample.weights @ potential) / value
        return value, sample.fitted(known, 0.0, _scale_derivative(value))

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the distance of the draws spread evenly in their bins, but for atoms.

        A bin whose mass stands far above its neighbours' holds an atom, which is put in the
        middle. The error of resolution is the change when bins are merged in pairs, and the most
        that draws in outer bins can add.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        if binned.tail_index <= 2.0:
            raise UnavailableError("is infinite: the model has no finite variance")
        value = math.sqrt(_spread_square(binned))
        middle = binned.midpoints()
        of_middle, influence = self.of_sample(middle)
        sampling = middle.stderr(influence) * of_middle / value
        merged = abs(math.sqrt(_spread_square(binned.coarser())) - value)
        outer = _error_of_root(value, _outer_error(binned))
        return Estimate(value, math.hypot(sampling, merged + outer))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance by quadrature; of a discrete law exactly.

        The error holds what errors of the distribution function do to it. That of a law without
        a survival function is one rounding of 1 in the upper half, up to where its tail is
        integrated from the density.

        Raises
        ------
        UnavailableError
            If it is infinite.
        """
        law = distribution.law
        if not (math.isfinite(law.mean) and math.isfinite(law.variance)):
            raise UnavailableError("is infinite: the law has no finite variance")
        if distribution.is_discrete:
            steps = _Steps.of(distribution.atoms())
            value, square_error = steps.distance(), steps.square_error(distribution.precision)
        else:
            square, square_error = squared_distance(distribution)
            value = math.sqrt(square)
        # A shift of the law moves the distance by no more than itself.
        shift = _EPS * abs(distribution.location) / distribution.scale
        return Estimate(value, _error_of_root(value, square_error) + shift + _EPS)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the distance from 20-point rules over quarters of an octave.

        The error of quadrature is the change with half of the places.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        if mixture.tail_index <= 2.0:
            raise UnavailableError("is infinite: the model has no finite variance")
        places = mixture.places()[::4]
        square, influence = _mixture_square(mixture, places)
        coarse, _ = _mixture_square(mixture, places[::2])
        value = math.sqrt(square)
        if value > 0.0:
            influence = influence / (2.0 * value)
        sampling = mixture.stderr(influence, scale=_scale_derivative(value))
        size = math.sqrt(float(mixture.shares @ mixture.sds**2))
        resolution = RESOLUTION * size + _error_of_root(value, abs(square - coarse))
        return Estimate(value, math.hypot(sampling, resolution))


def _scale_derivative(value: float) -> float:
    """Return the derivative of the distance of z/c in log c, at 1, for mean 0 and sd 1.

    That of the square is ``2 integral phi(T) - 2 E[z^2]``, which is less than 0 by the square.
    The derivative along a shift is 0 there.
    """
    return -0.5 * value


def _error_of_root(root: float, square_error: float) -> float:
    """Return the largest error of a root by an error of its square."""
    if square_error == 0.0:
        return 0.0
    square = root * root
    up = math.sqrt(square + square_error) + root
    return max(square_error / up, root - math.sqrt(max(square - square_error, 0.0)))


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """The coupling of a step function with N(0, 1): each value with an interval of numbers.

    Parameters
    ----------
    values, weights : ndarray of float64, shape (m,)
        The values, ascending, and their probabilities.
    cuts : ndarray of float64, shape (m + 1,)
        Ends of their intervals, from minus infinity to infinity.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    cuts: NDArray[np.float64]

    @classmethod
    def of(cls, sample: Sample) -> _Steps:
        """Cut the normal law at the levels of a distribution function."""
        return cls(sample.values, sample.weights, _cuts(sample.weights))

    def centres(self) -> NDArray[np.float64]:
        """Return the mean of N(0, 1) in each interval; 0 in an empty one."""
        first_moment = -np.diff(density_at(self.cuts))
        return np.divide(
            first_moment, self.weights, out=np.zeros(self.weights.size), where=self.weights > 0.0
        )

    def distance(self) -> float:
        """Return the root of the sums of squares between and within intervals."""
        centres = self.centres()
        between = float(self.weights @ (self.values - centres) ** 2)
        within = max(1.0 - float(self.weights @ centres**2), 0.0)
        return math.sqrt(between + within)

    def transported(self) -> NDArray[np.float64]:
        """Return the integral of T from the first value to each value."""
        return np.concatenate([[0.0], np.cumsum(self._inner() * np.diff(self.values))])

    def _inner(self) -> NDArray[np.float64]:
        """Return T between values, which before and after values of no weight is infinite."""
        return np.clip(self.cuts[1:-1], -FARTHEST, FARTHEST)

    def square_error(self, precision: float) -> float:
        """Return what errors of the levels and roundings make of the square."""
        levels = precision + _EPS * self.weights.size
        moved = float(np.abs(self._inner()) @ np.diff(self.values))
        size = 1.0 + float(self.weights @ self.values**2)
        return 2.0 * levels * moved + 8.0 * _EPS * size


def _cuts(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal quantiles at the sums of weights, from the nearer side."""
    below = np.cumsum(weights)[:-1]
    above = np.cumsum(weights[::-1])[::-1][1:]
    inner = ndtri(np.minimum(below, above))
    np.negative(inner, out=inner, where=below >= above)
    return np.concatenate([[-np.inf], inner, [np.inf]])


def _spread_square(binned: BinnedDraws) -> float:
    """Return the squared distance of the law that is even in each bin but for atoms."""
    middle, width = 0.5 * (binned.edges[1:] + binned.edges[:-1]), np.diff(binned.edges)
    is_atom = binned.holds_atom()
    profile = np.where(is_atom, *_profiles(_cuts(binned.mass), binned.mass))
    variance = np.where(is_atom, 0.0, width**2 / 12.0)
    second = float(binned.mass @ (middle**2 + variance))
    return max(second + 1.0 - 2.0 * float(width @ profile), _EPS)


def _profiles(
    cuts: NDArray[np.float64], mass: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means of ``phi(T)`` over each bin, for a step in the middle and for an even law.

    The latter is a mean over levels p, of which ``Phi(2^(1/2) T)/(2 pi^(1/2))`` is the primitive.
    In intervals so short that its differences cancel, both are the same.
    """
    height = density_at(cuts)
    stepped = 0.5 * (height[1:] + height[:-1])
    root2 = math.sqrt(2.0)
    below, above = ndtr(root2 * cuts), ndtr(-root2 * cuts)
    gained = np.where(cuts[1:] < 0.0, np.diff(below), -np.diff(above)) / _TWO_ROOT_PI
    short = np.diff(np.clip(cuts, -FARTHEST, FARTHEST)) < _SHORT
    return stepped, np.divide(gained, mass, out=stepped.copy(), where=~short & (mass > 0.0))


def _outer_error(binned: BinnedDraws) -> float:
    """Return the largest change of the square when draws move within the outer bins.

    A draw in a bin of width w that is coupled with t adds ``(z - t)^2``, which moves by at most
    ``w (w + 2 |end - t|)``; the mean of ``|t|`` over an outer interval is the density at its cut,
    over its probability.
    """
    left, right = binned.outer
    ends, widths = binned.edges[[1, -2]], np.diff(binned.edges)[[0, -1]]
    masses = binned.mass[[0, -1]] * (left, right)
    numbers = density_at(_cuts(binned.mass))[[1, -2]]
    return float(widths @ (masses * (widths + 2.0 * np.abs(ends)) + 2.0 * numbers * (masses > 0.0)))


def _mixture_square(
    mixture: ScaleMixture, places: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the square of the distance and its influence function but for a constant.

    That of a draw of the sd s is ``2 integral (T(z) - z) Phi(z/s) dz``, as ``dB/dF = T - z``.
    """
    nodes, weights = gauss_legendre(places[:-1], places[1:])
    points, weights = nodes.ravel(), 4.0 * weights.ravel()
    above = mixture.average(lambda t, sd: ndtr(-t / sd), points)
    below = 1.0 - above
    number = np.minimum(normal_number(below, above), FARTHEST)
    slope = weights * (points - number) * (above > 0.0)
    influence = np.zeros(mixture.sds.size)
    step = max(_MOST_ELEMENTS // mixture.sds.size, 1)
    for start in range(0, points.size, step):
        some = slice(start, start + step)
        influence += slope[some] @ ndtr(-points[some, None] / mixture.sds)
    return float(weights @ transport_cost(points, below, above)), influence
