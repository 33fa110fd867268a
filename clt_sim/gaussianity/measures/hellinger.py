"""The Hellinger distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim._quadrature import gauss_legendre, integrate_adaptively
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.laws.poles import Poles
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_NEEDS_DENSITY = "needs a density; from draws it would be biased by the smoothing"
_FARTHEST = 13.0
"""The root of the normal density is 1e-18 of its height from here on."""
_MOST_ELEMENTS = 2**20


class Hellinger(Measure):
    """The Hellinger distance ``(1 - integral (f phi)^(1/2))^(1/2)``, between 0 and 1.

    Its square is ``(1/2) integral (f^(1/2) - phi^(1/2))^2 + (1/2) (mass of atoms)``, which keeps
    its digits when it is small; it is 1 for a discrete law. The total variation distance is between
    the square and ``2^(1/2)`` times the distance (Le Cam).
    """

    name: ClassVar[str] = "hellinger"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:  # noqa: ARG002
        """Refuse: a sample has no density."""
        raise UnavailableError(_NEEDS_DENSITY)

    def of_binned(self, binned: BinnedDraws) -> Estimate:  # noqa: ARG002
        """Refuse: the density of a histogram is that of its bins."""
        raise UnavailableError(_NEEDS_DENSITY)

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance by quadrature of the squared difference of roots.

        Beyond 13 the normal law has nothing, and the probability there is known; beside a pole of
        the density the affinity is that of a power.
        """
        if distribution.is_discrete:
            return Estimate(1.0, 0.0)
        poles = Poles.of(distribution.law)
        low, high = poles.panels(_breaks(distribution))

        def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
            f = np.maximum(distribution.pdf(x), 0.0)
            return np.asarray(0.5 * (np.sqrt(f) - np.sqrt(density(distribution.z(x)))) ** 2)

        body = integrate_adaptively(integrand, low, high, precision=distribution.precision)
        beside, error = _beside_poles(distribution, poles)
        atoms = distribution.atoms()
        inside = np.abs(atoms.values) <= _FARTHEST
        half_rest = 0.5 * (float(atoms.weights[inside].sum()) + _beyond(distribution))
        square = body.value / distribution.scale + beside + half_rest
        # A relative error e of f moves the root of the square by no more than e/2^(1/2).
        error += body.stderr / distribution.scale + distribution.precision * half_rest
        value = math.sqrt(square)
        return Estimate(value, _error_of_root(value, error) + distribution.precision)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the distance from 20-point rules over octaves.

        The error of quadrature is the change with half of the places.
        """
        places = mixture.places()[::16]
        square, influence, scale = _mixture_square(mixture, places)
        coarse, _, _ = _mixture_square(mixture, places[::2])
        value = math.sqrt(square)
        sampling = _error_of_root(value, mixture.stderr(influence, scale=scale))
        resolution = RESOLUTION + _error_of_root(value, abs(square - coarse))
        return Estimate(value, math.hypot(sampling, resolution))


def _error_of_root(root: float, error: float) -> float:
    """Return the largest change of a root when its square changes by less than an error."""
    up = math.sqrt(root * root + error) + root
    return error / up if up > 0.0 else 0.0


def _breaks(distribution: Distribution) -> NDArray[np.float64]:
    """Return breaks within `_FARTHEST`, and those that the normal density needs."""
    grid = np.arange(-_FARTHEST, _FARTHEST + 0.5) * distribution.scale + distribution.location
    breaks = distribution.breaks()
    breaks = breaks[(breaks > grid[0]) & (breaks < grid[-1])]
    return np.unique(np.concatenate([breaks, grid]))


def _beyond(distribution: Distribution) -> float:
    """Return the probability of ``|Z|`` beyond `_FARTHEST`."""
    sides = np.array([-_FARTHEST, _FARTHEST])
    lead = distribution.lead(sides * distribution.scale + distribution.location)
    return float(np.sum(np.maximum(ndtr(-_FARTHEST) - np.sign(sides) * lead, 0.0)))


def _beside_poles(distribution: Distribution, poles: Poles) -> tuple[float, float]:
    """Return the integral over the cells of poles, and its error.

    With a density ``g (t/w)^(a - 1)`` up to the width w, the affinity with a constant p is
    ``2 w (g p)^(1/2)/(1 + a)``.
    """
    inside = np.abs(distribution.z(poles.place)) < _FARTHEST
    width = np.abs(poles.edge - poles.place) / distribution.scale
    normal = density(distribution.z(poles.place))
    share = poles.inverse_exponent / (1.0 + poles.inverse_exponent)
    affinity = 2.0 * width * np.sqrt(distribution.scale * poles.density * normal) * share
    parts = 0.5 * (poles.mass + width * normal) - affinity
    errors = poles.mass * (poles.drift + width) + distribution.precision
    return float(parts[inside].sum()), float(errors[inside].sum())


def _mixture_square(
    mixture: ScaleMixture, places: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], float]:
    """Return the square of the distance, its influence and its derivative in scale.

    The influence function of a draw of the sd s is ``-(1/2) integral (phi/f)^(1/2) f_s`` but for a
    constant, and dividing z by c moves ``f`` by ``f + z f'``.
    """
    nodes, weights = gauss_legendre(places[:-1], places[1:])
    points, weights = nodes.ravel(), weights.ravel()
    square, scale = 0.5 * mixture.atom, 0.0
    influence = np.zeros(mixture.sds.size)
    step = max(_MOST_ELEMENTS // mixture.sds.size, 1)
    for start in range(0, points.size, step):
        some = slice(start, start + step)
        ratio = points[some, None] / mixture.sds
        densities = density(ratio) / mixture.sds
        f, normal = densities @ mixture.shares, density(points[some])
        square += float(weights[some] @ (np.sqrt(f) - np.sqrt(normal)) ** 2)
        affinity = weights[some] * np.sqrt(f * normal)
        slope = np.divide(affinity, f, out=np.zeros(f.size), where=f > 0.0)
        influence -= slope @ densities
        scale -= float(slope @ (((1.0 - ratio**2) * densities) @ mixture.shares))
    return square, influence, scale
