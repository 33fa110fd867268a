"""What every exact law gives, whichever route it came by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.laws.base import NO_ATOMS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class NoExactLaw(ValueError):  # noqa: N818 - the public name says what is missing
    """No route gives the exact law of this model; the message names the part without one."""


class ExactLaw(ABC):
    """The exact law of a model, with a stated error.

    Subclasses say which `method` made them and bound the relative `error` of their density
    and of the smaller of ``cdf`` and ``sf``, inside the support.
    """

    method: ClassVar[str]
    """The route, such as ``"piecewise-polynomial"``."""
    error: float
    """Bound on the relative error of ``pdf``, ``cdf`` and ``sf`` inside the support."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds all the mass."""

    @property
    def atoms(self) -> Mapping[float, float]:
        """Locations that have positive mass, with their masses."""
        return NO_ATOMS

    @property
    def kinks(self) -> tuple[float, ...]:
        """Points inside the support where the density is not smooth."""
        return ()

    @abstractmethod
    def moment(self, k: int) -> float:
        """Return ``E[S**k]``."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """The expectation."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """The variance."""

    @abstractmethod
    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the part without atoms, in the shape of `x`."""

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithm of the density; ``-inf`` outside the support."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.pdf(x)))

    @abstractmethod
    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``, right to relative error in the left tail."""

    @abstractmethod
    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""

    @abstractmethod
    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``; nan outside [0, 1]."""
