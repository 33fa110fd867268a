"""The Wasserstein-1 distance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import density, integrated_cdf
from clt_sim.gaussianity.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.binned import BinnedDraws
    from clt_sim.gaussianity.distribution import Distribution
    from clt_sim.gaussianity.sample import Sample
    from clt_sim.gaussianity.scale_mixture import ScaleMixture


class Wasserstein1(Measure):
    """The Wasserstein-1 distance ``integral |F(z) - Phi(z)| dz``, in the units of z.

    With ``H' = sign(F - Phi)`` the influence function of the plug-in value is
    ``E[H] - H(z)``; the derivatives along mean and sd are the integrals of ``H' phi`` and of
    ``H' z phi`` less the distance itself. For a normal law the influence vanishes: then
    the plug-in value shows the floor of sampling, of order ``n**-0.5``.
    """

    name: ClassVar[str] = "wasserstein-1"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the exact distance of a step function and its influence function."""
        segments = _steps(sample)
        value = segments.distance()
        height = np.interp(sample.values, segments.knots, segments.signed_length())
        return value, _influence(sample, segments, height)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the distance of the cdf that is linear within bins, but for atoms.

        A bin whose mass stands far above its neighbours' holds an atom: there the cdf steps in the
        middle.

        The error of resolution is the change when bins are merged in pairs, and what the draws
        in outer bins can add.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        if binned.tail_index <= 1.0:
            raise UnavailableError("is infinite: the model has no finite mean")
        segments = _linear(binned)
        value = segments.distance()
        middle = binned.midpoints()
        height = np.interp(middle.values, segments.knots, segments.signed_length())
        sampling = middle.stderr(_influence(middle, segments, height))
        merged = abs(_linear(binned.coarser()).distance() - value)
        return Estimate(value, math.hypot(sampling, merged + binned.outer_spread()))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance by quadrature; of a discrete law exactly.

        Raises
        ------
        UnavailableError
            If it is infinite.
        """
        if not math.isfinite(distribution.law.mean):
            raise UnavailableError("is infinite: the law has no finite mean")
        if distribution.is_discrete:
            exact = _steps(distribution.atoms()).distance()
            return Estimate(exact, distribution.precision * max(1.0, exact))
        body = distribution.integral(lambda x: np.abs(distribution.lead(x)))
        tails = distribution.integrated_tails()
        return Estimate(body.value + tails.value, body.stderr + tails.stderr)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the distance from integrals of tails between the places where F crosses Phi."""
        ends, signs = mixture.intervals(mixture.lead)
        # Rows of ends, columns of sds: integrals of the upper tails from there on.
        tails = mixture.sds * _integrated_tail(ends[:, None] / mixture.sds)
        left = _integrated_tail(ends) - tails @ mixture.shares
        value = -2.0 * float(signs @ np.diff(left))
        influence = 2.0 * signs @ np.diff(tails, axis=0)
        moments = (mixture.sds * density(ends[:, None] / mixture.sds)) @ mixture.shares
        sampling = mixture.stderr(influence, scale=-2.0 * float(signs @ np.diff(moments)))
        size = math.sqrt(float(mixture.shares @ mixture.sds**2))
        return Estimate(value, math.hypot(sampling, RESOLUTION * size))


def _integrated_tail(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``phi(z) - z Phi(-z)``, the integral of the upper tail; 0 at infinity."""
    finite = np.isfinite(z)
    return np.where(finite, integrated_cdf(-np.where(finite, z, 0.0)), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """A distribution function that is linear between knots and keeps one side of Phi there.

    It is 0 below the first knot and 1 above the last; `start` and `end` are its values
    at the ends of each segment.
    """

    knots: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    def signs(self) -> NDArray[np.float64]:
        """Return the sign of F - Phi on each segment."""
        normal = ndtr(self.knots)
        return np.sign(self.start + self.end - normal[:-1] - normal[1:])

    def distance(self) -> float:
        """Return the integral of ``|F - Phi|`` over the line."""
        area = 0.5 * (self.start + self.end) * np.diff(self.knots)
        inside = self.signs() * (area - np.diff(integrated_cdf(self.knots)))
        tails = integrated_cdf(self.knots[0]) + integrated_cdf(-self.knots[-1])
        return float(np.sum(inside) + tails)

    def signed_length(self) -> NDArray[np.float64]:
        """Return the integral of the sign, from the first knot to each knot."""
        return np.concatenate([[0.0], np.cumsum(self.signs() * np.diff(self.knots))])

    def derivatives(self) -> tuple[float, float]:
        """Return the derivatives of the distance along mean and sd."""
        signs = np.concatenate([[-1.0], self.signs(), [1.0]])
        mass = np.diff(np.concatenate([[0.0], ndtr(self.knots), [1.0]]))
        first_moment = -np.diff(np.concatenate([[0.0], density(self.knots), [0.0]]))
        return float(signs @ mass), float(signs @ first_moment) - self.distance()


def _influence(
    sample: Sample, segments: _Segments, height: NDArray[np.float64]
) -> NDArray[np.float64]:
    known = float(sample.weights @ height) - height
    return sample.fitted(known, *segments.derivatives())


def _steps(sample: Sample) -> _Segments:
    """Split each step of an empirical cdf where Phi crosses it."""
    level = sample.cdf()[:-1]
    crossing = np.clip(ndtri(np.minimum(level, 1.0)), sample.values[:-1], sample.values[1:])
    knots = np.empty(2 * sample.values.size - 1)
    knots[::2], knots[1::2] = sample.values, crossing
    steps = np.repeat(level, 2)
    return _Segments(knots, steps, steps)


def _linear(binned: BinnedDraws) -> _Segments:
    """Join the cdf at the edges by chords, or by a step where a bin holds an atom."""
    is_atom = binned.holds_atom()
    atoms = np.flatnonzero(is_atom)
    knots = np.insert(binned.edges, atoms + 1, binned.midpoints().values[atoms])
    cdf = binned.cdf()
    start, end = np.repeat(cdf[:-1], 1 + is_atom), np.repeat(cdf[1:], 1 + is_atom)
    before = atoms + np.arange(atoms.size)  # the segment from the lower edge to the step
    end[before], start[before + 1] = start[before], end[before + 1]
    return _split_at_crossings(_Segments(knots, start, end))


def _split_at_crossings(segments: _Segments) -> _Segments:
    """Split each segment where the chord of F - Phi crosses zero."""
    knots, start, end = segments.knots, segments.start, segments.end
    normal = ndtr(knots)
    first, last = start - normal[:-1], end - normal[1:]
    crossed = np.flatnonzero(first * last < 0.0)
    share = first[crossed] / (first[crossed] - last[crossed])
    roots = knots[crossed] + share * np.diff(knots)[crossed]
    levels = start[crossed] + share * (end - start)[crossed]
    return _Segments(
        np.insert(knots, crossed + 1, roots),
        np.insert(start, crossed + 1, levels),
        np.insert(end, crossed, levels),
    )
