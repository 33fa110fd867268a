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
from clt_sim.gaussianity.numerics.chords import Chords
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture


class Wasserstein1(Measure):
    """The Wasserstein-1 distance ``integral |F(z) - Phi(z)| dz``, in the units of z.

    The integral is the least mean distance by which one law can be moved to the other
    (S. Vallender, Calculation of the Wasserstein distance between probability distributions on the
    line, Theory Probab. Appl. 18, 1974). With ``H' = sign(F - Phi)`` the influence function of the
    plug-in value is ``E[H] - H(z)``; the derivatives along mean and sd are the integrals of
    ``H' phi`` and of ``H' z phi`` less the distance itself. For a normal law the influence
    vanishes: then the plug-in value shows the floor of sampling, of order ``n**-0.5``.
    """

    name: ClassVar[str] = "wasserstein-1"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the exact distance of a step function and its influence function."""
        steps = _Steps.of(sample)
        return steps.distance(), _influence(sample, steps, steps.signed_length())

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
        segments = _segments(binned)
        value = segments.distance()
        middle = binned.midpoints()
        height = np.interp(middle.values, segments.knots, segments.signed_length())
        sampling = middle.stderr(_influence(middle, segments, height))
        merged = abs(_segments(binned.coarser()).distance() - value)
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
            exact = _Steps.of(distribution.atoms()).distance()
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
    """Chords of binned draws that keep one side of Phi each."""

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
    sample: Sample, segments: _Segments | _Steps, height: NDArray[np.float64]
) -> NDArray[np.float64]:
    known = float(sample.weights @ height) - height
    return sample.fitted(known, *segments.derivatives())


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """The distribution function of a sample beside Phi, from one value to the next.

    Phi rises and the step does not: the sign of F - Phi changes from above to below, once or
    not at all.

    Parameters
    ----------
    sample : Sample
        The values.
    level : ndarray of float64, shape (m - 1,)
        F between two values.
    sign : ndarray of float64, shape (m - 1,)
        The sign of F - Phi there; 0 where it changes.
    crossed : ndarray of intp, shape (k,)
        Where it changes.
    places : ndarray of float64, shape (k,)
        At which place.
    """

    sample: Sample
    level: NDArray[np.float64]
    sign: NDArray[np.float64]
    crossed: NDArray[np.intp]
    places: NDArray[np.float64]

    @classmethod
    def of(cls, sample: Sample) -> _Steps:
        """Compare the steps with Phi."""
        level, normal = sample.cdf()[:-1], sample.normal_cdf()
        sign = (level >= normal[1:]).astype(np.float64)
        sign -= level <= normal[:-1]
        crossed = np.flatnonzero(sign == 0.0)
        places = ndtri(np.minimum(level[crossed], 1.0))
        ends = sample.values[crossed], sample.values[crossed + 1]
        return cls(sample, level, sign, crossed, np.clip(places, *ends))

    def _signed(
        self, rises: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return integrals over each step times the sign, from those before and after crossings."""
        signed = self.sign * rises
        signed[self.crossed] = before - after
        return signed

    def _split(
        self, at_values: NDArray[np.float64], at_places: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return differences of a function along each step, times the sign of F - Phi."""
        before = at_places - at_values[self.crossed]
        after = at_values[self.crossed + 1] - at_places
        return self._signed(np.diff(at_values), before, after)

    def distance(self) -> float:
        """Return the integral of ``|F - Phi|`` over the line."""
        values = self.sample.values
        of_normal = values * self.sample.normal_cdf() + self.sample.normal_density()
        under_phi = self._split(of_normal, integrated_cdf(self.places))
        inside = float(self.level @ self._split(values, self.places)) - float(under_phi.sum())
        return inside + float(integrated_cdf(values[0]) + integrated_cdf(-values[-1]))

    def signed_length(self) -> NDArray[np.float64]:
        """Return the integral of the sign, from the first value to each value."""
        return np.concatenate([[0.0], np.cumsum(self._split(self.sample.values, self.places))])

    def derivatives(self) -> tuple[float, float]:
        """Return the derivatives of the distance along mean and sd."""
        normal, heights = self.sample.normal_cdf(), self.sample.normal_density()
        mass = float(self._split(normal, self.level[self.crossed]).sum())
        mass += float(1.0 - normal[-1] - normal[0])
        moment = -float(self._split(heights, density(self.places)).sum())
        moment += float(heights[-1] + heights[0])
        return mass, moment - self.distance()


def _segments(binned: BinnedDraws) -> _Segments:
    """Split the chords of binned draws where those of F - Phi cross zero."""
    chords = Chords.of(binned)
    knots, start, end = chords.knots, chords.start, chords.end
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
