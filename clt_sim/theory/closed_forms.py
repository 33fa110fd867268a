"""Cumulant generating functions in closed form."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.laws import Exponential, Gamma, Laplace, Law, Normal
from clt_sim.nonlinearities import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.theory.terms import UnitTerm


@dataclass(frozen=True, slots=True, eq=False)
class ClosedForm:
    """The cumulant generating function of a law with a density.

    Parameters
    ----------
    derivatives : callable
        Takes an array of shape (m,) and returns the function and its first three derivatives,
        shape (4, m).
    strip, support : tuple of float
        Between which s it is finite; the support of the law.
    """

    derivatives: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    strip: tuple[float, float]
    support: tuple[float, float]
    has_density: ClassVar[bool] = True


def closed_form(unit: UnitTerm) -> ClosedForm | None:
    """Return the function of a term that is one random number, or None where there is no form.

    Parameters
    ----------
    unit : UnitTerm
        The term.

    Returns
    -------
    ClosedForm or None
        For normal, exponential, gamma and Laplace laws through the identity.
    """
    if unit.dropout or len(unit.factors) != 1:
        return None
    (factor,) = unit.factors
    if not isinstance(factor.nonlinearity, Identity):
        return None
    law = factor.law
    functions: dict[type[Law], Callable[..., NDArray[np.float64]]] = {
        Normal: _normal,
        Exponential: _exponential,
        Gamma: _gamma,
        Laplace: _laplace,
    }
    if type(law) not in functions:
        return None
    strip = (-math.inf if law.support[0] == 0.0 else -law.exponential_index, law.exponential_index)
    return ClosedForm(functools.partial(functions[type(law)], law), strip, law.support)


def _normal(law: Normal, s: NDArray[np.float64]) -> NDArray[np.float64]:
    slope = law.mean + law.variance * s
    value = s * (law.mean + 0.5 * law.variance * s)
    return np.stack([value, slope, np.full(s.shape, law.variance), np.zeros(s.shape)])


def _exponential(law: Exponential, s: NDArray[np.float64]) -> NDArray[np.float64]:
    return _gamma(Gamma(shape=1.0, scale=law.scale), s)


def _gamma(law: Gamma, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``-shape log(1 - scale s)`` and its derivatives."""
    t = law.scale / (1.0 - law.scale * s)
    return law.shape * np.stack([-np.log1p(-law.scale * s), t, t**2, 2.0 * t**3])


def _laplace(law: Laplace, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return that of the mean plus the difference of two exponential numbers."""
    part = Exponential(scale=law.scale)
    signs = np.array([1.0, -1.0, 1.0, -1.0])[:, None]
    total = _exponential(part, s) + signs * _exponential(part, -s)
    total[:2] += law.mean * np.stack([s, np.ones(s.shape)])
    return total
