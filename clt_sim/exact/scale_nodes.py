"""The law of a random scale as masses at nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.density_panels import closing_in, density_panels, nodes_and_masses
from clt_sim.nonlinearities import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law

    Floats = NDArray[np.float64]

DEPTH = 60
"""Scales are followed to ``2**-60`` of the panels of their density that are next to 0."""
_ROWS = 64


@dataclass(frozen=True, slots=True, eq=False)
class ScaleNodes:
    """A law of scales as masses at numbers other than 0, ascending."""

    values: Floats
    masses: Floats

    @classmethod
    def of(cls, law: Law, ratio: float) -> ScaleNodes:
        """Put nodes in panels that close in on 0 and are smaller than a ratio everywhere."""
        values = [np.array([x for x in law.atoms if x])]
        masses = [np.array([mass for x, mass in law.atoms.items() if x])]
        rest = law.without_atoms
        if rest is not None:
            ends = density_panels(rest, Identity())
            ends = closing_in(ends, np.zeros(1), ratio, DEPTH)
            nodes, shares = nodes_and_masses(rest, *_split(ends, ratio))
            values.append(nodes.ravel())
            masses.append((1.0 - math.fsum(law.atoms.values())) * shares.ravel())
        every, mass = np.concatenate(values), np.concatenate(masses)
        order = np.argsort(every)
        order = order[(mass[order] > 0.0) & (every[order] != 0.0)]
        return cls(every[order], mass[order])

    def average(
        self, function: Callable[[Floats, Floats], Floats], x: Floats, far: float
    ) -> Floats:
        """Return the sum of masses times a function of x and the scale.

        Parameters
        ----------
        function : callable
            Takes x of shape (k, 1) and scales of shape (m,); returns two values of each, an array
            of shape (2, k, m).
        x : ndarray of float64, shape (r,)
            Points.
        far : float
            Where ``abs(x/scale)`` is larger, the function is 0.

        Returns
        -------
        ndarray of float64, shape (2, r)
            The two sums at each of the points.
        """
        result = np.empty((2, x.size))
        sizes, order = np.abs(self.values), np.argsort(np.abs(x))
        for top in range(0, x.size, _ROWS):
            some = order[top : top + _ROWS]
            near = sizes * far >= np.abs(x[some[0]])
            result[:, some] = function(x[some, None], self.values[near]) @ self.masses[near]
        return result


def _split(ends: Floats, ratio: float) -> tuple[Floats, Floats]:
    """Return the low and high ends of panels, those over more than a ratio in parts."""
    parts = [ends]
    for low, high in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        if low * high > 0.0:
            count = math.ceil(abs(math.log(high / low)) / math.log(ratio) - 1e-9)
            parts.append(np.geomspace(low, high, count + 1)[1:-1])
    every = np.unique(np.concatenate(parts))
    return every[:-1], every[1:]
