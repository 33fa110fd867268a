"""A real random variable as its atoms and the transform of the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.law import NoExactLaw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.transform import Transform

MOST_ATOMS = 2**12
_SAME = 2.0**-44
"""Atoms closer than this, relative to the farthest, differ by rounding errors of sums."""


@dataclass(frozen=True, slots=True)
class SumParts:
    """The atoms of a random variable, and the transform of what else there is.

    Parameters
    ----------
    transform : Transform or None
        Of the variable given that it is at none of its atoms; None if it always is.
    atoms : dict of float to float
        The masses by their places.
    mass : float
        The probability that it is at no atom.
    """

    transform: Transform | None
    atoms: dict[float, float]
    mass: float

    def log_atoms(self, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return a logarithm of ``sum m exp(s a)`` over the atoms a; ``-inf`` where it is 0."""
        places = np.array([*self.atoms])
        with np.errstate(divide="ignore"):
            logs = np.log(np.array([*self.atoms.values()]))
        real = float(s.real.flat[0]) if s.size else 0.0
        largest = float(np.max(logs + real * places, initial=-math.inf))
        if not math.isfinite(largest):
            return np.full(s.shape, -np.inf, np.complex128)
        total = np.zeros(s.shape, np.complex128)
        for place, log in zip(places.tolist(), logs.tolist(), strict=True):
            total += np.exp(s * place + (log - largest))
        with np.errstate(divide="ignore"):
            return np.asarray(largest + np.log(total))


def convolved(first: Mapping[float, float], second: Mapping[float, float]) -> dict[float, float]:
    """Return the atoms of the sum of two independent variables that are at atoms.

    Parameters
    ----------
    first, second : mapping of float to float
        Masses by place; they need not sum to 1.

    Raises
    ------
    NoExactLaw
        If there are more than `MOST_ATOMS`.

    Examples
    --------
    >>> convolved({0.0: 0.5, 1.0: 0.5}, {0.0: 0.5, 1.0: 0.5})
    {0.0: 0.25, 1.0: 0.5, 2.0: 0.25}
    """
    if len(first) * len(second) > MOST_ATOMS**2:
        check_atoms(len(first) * len(second))
    places = np.add.outer([*first], [*second]).ravel()
    masses = np.multiply.outer([*first.values()], [*second.values()]).ravel()
    atoms = merged(zip(places.tolist(), masses.tolist(), strict=True))
    check_atoms(len(atoms))
    return atoms


def merged(atoms: Iterable[tuple[float, float]]) -> dict[float, float]:
    """Return rising places with their masses; those a rounding error apart become one."""
    rising = sorted((place, mass) for place, mass in atoms if mass > 0.0)
    slack = _SAME * max((abs(place) for place, _ in rising), default=0.0)
    result: dict[float, float] = {}
    last = -math.inf
    for place, mass in rising:
        if place - last > slack:
            last = place
        result[last] = result.get(last, 0.0) + mass
    return result


def convolution_power(atoms: Mapping[float, float], n: int) -> dict[float, float]:
    """Return the atoms of the sum of `n` independent copies, n at least 1, by squaring."""
    if n == 1:
        return dict(atoms)
    half = convolution_power(atoms, n // 2)
    square = convolved(half, half)
    return convolved(square, atoms) if n % 2 else square


def check_atoms(count: int) -> None:
    """Raise NoExactLaw if there are more than `MOST_ATOMS`."""
    if count > MOST_ATOMS:
        raise NoExactLaw(f"the sum has more than {MOST_ATOMS} atoms.")
