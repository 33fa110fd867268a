"""The pq-mean: one power mean of magnitudes over another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.magnitudes import Magnitudes


def pq_mean(c: NDArray[np.float64], p: float = 0.5, q: float = 2.0) -> float:
    """Return ``-(mean c^p)^(1/p) (mean c^q)^(-1/q)`` of magnitudes that are not all 0."""
    c = c / np.max(c)
    return float(-(np.mean(c**p) ** (1.0 / p)) * np.mean(c**q) ** (-1.0 / q))


class PqMean(Measure):
    """The pq-mean with ``p = 1/2`` and ``q = 2``, plus 1: ``1 - (mean sqrt(c))^2/sqrt(mean c^2)``.

    It is 0 where all magnitudes c are equal and ``1 - N**-1.5`` where one of N alone is not 0.
    No factor makes that 1, so that like the Gini index it keeps all six criteria of Hurley &
    Rickard (2009), who give it for ``p <= 1 < q``; with ``p = 1`` it is the limit of Hoyer's
    index. The index of a law is ``1 - (E sqrt(c))^2/sqrt(E c^2)``:
    ``1 - sqrt(2) Gamma(3/4)^2/pi`` for a centred normal law, and 1 where ``E c^2`` is infinite.
    """

    name: ClassVar[str] = "pq-mean"
    moment: ClassVar[int] = 2
    # Zeros at the middle of a bin are off by the root of its width: merging adds sqrt(2) - 1 of it.
    resolution: ClassVar[float] = 1.0 / (math.sqrt(2.0) - 1.0)

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        mean_root = np.sqrt(magnitudes.values) @ magnitudes.weights
        return np.asarray(1.0 - mean_root**2 / np.sqrt(magnitudes.mean_square))

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        root = np.sqrt(magnitudes.values)
        mean_root, mean_square = float(root @ magnitudes.weights), float(magnitudes.mean_square)
        ratio = mean_root**2 / math.sqrt(mean_square)
        energy = magnitudes.values**2 / mean_square
        return np.asarray(ratio * (0.5 * (energy - 1.0) - 2.0 * (root / mean_root - 1.0)))

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values."""
        root_mean_square = law.root_mean_square()
        if math.isinf(root_mean_square):
            return Estimate(1.0, 0.0)
        mean_root = law.expectation(np.sqrt, lambda a: 0.5 * np.sqrt(a))
        ratio = mean_root.value**2 / root_mean_square
        error = 2.0 * mean_root.stderr / mean_root.value + law.precision
        return Estimate(1.0 - ratio, ratio * error)
