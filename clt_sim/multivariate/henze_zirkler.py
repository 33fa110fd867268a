"""The functional of Henze and Zirkler."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError
from clt_sim.multivariate.measure import Measure
from clt_sim.multivariate.pairs import pair_means, refuse_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.multivariate.sample import MultivariateSample

_NOTHING_LEFT = 1e-12
"""How near to 1/n a value is what it would be for any law, as a share of it."""


@dataclass(frozen=True, slots=True)
class HenzeZirkler(Measure):
    """The mean squared distance of the characteristic functions, with weight ``N(0, beta^2 I)``.

    With ``c = 1 + beta^2`` it is ``E exp(-beta^2 |z - z'|^2/2)
    - 2 c^(-d/2) E exp(-beta^2 |z|^2/(2 c)) + (1 + 2 beta^2)^(-d/2)``, z and z' independent
    copies, and ``beta = ((2 d + 1) n/4)^(1/(d + 4))/sqrt(2)`` (N. Henze & B. Zirkler, A class of
    invariant consistent tests for multivariate normality, Communications in Statistics: Theory and
    Methods 19, 1990, 3595-3617). As beta depends on the number of draws n, values of samples of
    different sizes are not comparable; the test statistic of that paper is n times the value.

    The influence function is twice the mean of the kernel over the other draws less the second
    exponential, centred, and the effect of estimated location and scale. It vanishes for a
    normal law: then the plug-in value shows the floor of sampling, of order 1/n at a given beta;
    a draw's pair with itself alone adds 1/n. In many dimensions, 100 for example, the kernel of
    any two draws vanishes and nothing but this 1/n is left: then it is not available.

    Parameters
    ----------
    budget : float or None
        The most multiplications ``n n d``; None for no limit.
    """

    name: ClassVar[str] = "henze-zirkler"
    budget: float | None

    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the value by all pairs of draws.

        Raises
        ------
        UnavailableError
            If the pairs are too many, or too far from each other to say anything.
        """
        z = sample.values
        n, d = z.shape
        refuse_work("n*n*d", float(n) ** 2 * d, self.budget)
        square = smoothing(n, d) ** 2
        pairs, pulls = pair_means(z, lambda s: _gaussian(s, square))
        normal, slope = _against_normal(z, square)
        value = float(np.mean(pairs - 2.0 * normal)) + (1.0 + 2.0 * square) ** (-0.5 * d)
        if abs(n * value - 1.0) < _NOTHING_LEFT:
            raise UnavailableError(
                f"the {n} draws are so far from each other in {d} dimensions that it is 1/n"
                " whatever their law"
            )
        influence = 2.0 * (pairs - normal)
        return Estimate(
            value, sample.stderr(influence - influence.mean(), 2.0 * (pulls - slope[:, None] * z))
        )


def smoothing(draws: int, dimensions: int) -> float:
    """Return Henze and Zirkler's beta.

    Examples
    --------
    >>> round(smoothing(100, 2), 6)  # 125**(1/6)/sqrt(2)
    1.581139
    """
    base = (2 * dimensions + 1) * draws / 4.0
    return math.sqrt(0.5) * math.pow(base, 1.0 / (dimensions + 4))


def _gaussian(
    squared: NDArray[np.float64], square: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.exp(-0.5 * square * squared)
    return values, -square * values


def _against_normal(
    z: NDArray[np.float64], square: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of the kernel between each draw and N(0, I), and its slope along z."""
    wide = 1.0 + square
    values = np.exp(-0.5 * square / wide * np.einsum("ij,ij->i", z, z)) * wide ** (
        -0.5 * z.shape[1]
    )
    return values, -square / wide * values
