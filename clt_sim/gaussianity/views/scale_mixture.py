"""Draws of a variance: the law of a centred normal number that has it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import ndtr

from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.views.raw_values import check_raw_size
from clt_sim.gaussianity.views.traits import Traits
from clt_sim.measures import UnavailableError, check_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.summaries import NormalMixture

RESOLUTION = 1e-6
"""Bound of what bins of variances, whose width is at most 1/256 of their place, leave out of
distances: an eighth of the squared width times the second derivative in the variance."""
_PER_OCTAVE = 16
_BISECTIONS = 60
_MOST_ELEMENTS = 2**20


class OfMixture(Traits, Protocol):
    """What draws of a variance ask of a measure."""

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the value with an error of sampling and resolution."""


@dataclass(frozen=True, slots=True, eq=False)
class ScaleMixture:
    """The average of normal laws with mean 0 over draws of their standard deviation.

    It is symmetric, so that functions of place are taken from 0 on.

    Parameters
    ----------
    sds, shares : ndarray of float64, shape (m,)
        Standard deviations above 0, ascending, with their shares of the draws.
    atom : float
        Share of the draws with the standard deviation 0.
    count : int
        Number of draws.
    standardized : bool
        Whether they were divided by the root mean square of the draws.
    location : float
        What was subtracted to standardise, or else where the centre is.
    excess_kurtosis : Estimate
        From the moments of the draws, free of the bins.
    tail_index : float
        That of the model: where it is not above 2, there is no variance.
    """

    sds: NDArray[np.float64]
    shares: NDArray[np.float64]
    atom: float
    count: int
    standardized: bool
    location: float
    excess_kurtosis: Estimate
    tail_index: float

    @classmethod
    def of(cls, mixture: NormalMixture, *, standardize: bool) -> ScaleMixture:
        """Take the variances of a mixture."""
        values, shares = mixture.variances()
        unit = mixture.variance.value if standardize else 1.0
        return cls(
            np.sqrt(values / unit),
            shares,
            mixture.zeros / mixture.count,
            mixture.count,
            standardize,
            mixture.location,
            mixture.excess_kurtosis,
            mixture.model.tail_index,
        )

    def estimate(self, measure: OfMixture) -> Estimate:
        """Return a measure with its error.

        Raises
        ------
        UnavailableError
            If there are too few draws, the measure has no form for mixtures, or raw values are
            not centred at 0 or out of range.
        """
        check_count(measure, self.count)
        if not self.standardized and self.location:
            raise UnavailableError(f"raw values must be centred at 0, not at {self.location:g}")
        if not (self.standardized or measure.of_shape):
            check_raw_size(float(self.sds[-1]))
        return measure.of_mixture(self)

    def places(self) -> NDArray[np.float64]:
        """Return 0 and ascending places that show all scales of the law and of N(0, 1)."""
        low, high = min(float(self.sds[0]), 1.0) / 16.0, 16.0 * max(float(self.sds[-1]), 1.0)
        octaves = math.log2(high / low)
        steps = np.linspace(0.0, octaves, math.ceil(octaves * _PER_OCTAVE) + 1)
        return np.append(0.0, low * np.exp2(steps))

    def average(
        self,
        function: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
        places: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the mean of a function of place and sd, over the part without the atom."""
        means = np.empty(places.size)
        step = max(_MOST_ELEMENTS // self.sds.size, 1)
        for start in range(0, places.size, step):
            some = slice(start, start + step)
            means[some] = function(places[some, None], self.sds) @ self.shares
        return means

    def lead(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``F - Phi`` from the right, as the difference of the upper tails."""
        return ndtr(-places) - self.average(lambda t, sd: ndtr(-t / sd), places)

    def pdf(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of the part without the atom."""
        return self.average(lambda t, sd: density(t / sd) / sd, places)

    def intervals(
        self, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where a function keeps its sign, on the half line from 0.

        Returns
        -------
        ends : ndarray of float64, shape (k + 1,)
            From 0 to infinity, with the zeros of the function between.
        signs : ndarray of float64, shape (k,)
            Its sign between two ends.
        """
        places = self.places()[1:]
        values = function(places)
        # Where both laws have no mass left, the sign is that of rounding.
        signs = np.sign(np.where(np.abs(values) > 1e-15, values, 0.0))
        places, signs = places[signs != 0.0], signs[signs != 0.0]
        if not places.size:
            return np.array([0.0, np.inf]), np.zeros(1)
        changes = np.flatnonzero(signs[1:] != signs[:-1])
        low, high, sign = places[changes], places[changes + 1], signs[changes]
        for _ in range(_BISECTIONS if changes.size else 0):
            middle = 0.5 * (low + high)
            same = np.sign(function(middle)) == sign
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return np.concatenate([[0.0], low, [np.inf]]), np.append(signs[:1], signs[changes + 1])

    def stderr(
        self, influence: NDArray[np.float64], at_atom: float = 0.0, *, scale: float = 0.0
    ) -> float:
        """Return the standard error of a functional, by its influence function.

        Parameters
        ----------
        influence : ndarray of float64, shape (m,)
            The influence of a draw of each sd, but for a constant, with the scale known.
        at_atom : float
            That of a draw of the sd 0.
        scale : float
            Derivative of the functional of ``z/c`` in log c, at 1; a draw moves the log of the
            estimated scale by ``(sd^2 - 1)/2``.
        """
        moved = 0.5 * scale if self.standardized else 0.0
        influence = influence + moved * (self.sds**2 - 1.0)
        at_atom -= moved
        mean = float(self.shares @ influence) + self.atom * at_atom
        square = float(self.shares @ (influence - mean) ** 2) + self.atom * (at_atom - mean) ** 2
        return math.sqrt(square / self.count)
