"""What every exact law gives, whichever route it came by."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.laws.base import KnownLaw

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class NoExactLaw(ValueError):  # noqa: N818 - the public name says what is missing
    """No route gives the exact law of this model; the message names the part without one."""


class ExactLaw(KnownLaw):
    """The exact law of a model, with a stated error.

    Subclasses say which `method` made them and bound the relative `error` of their density, of
    ``cdf`` in the left tail and of ``sf`` in the right tail, inside the support.
    """

    __slots__ = ()

    method: ClassVar[str]
    """The route, such as ``"piecewise-polynomial"``."""
    error: float
    """Bound on the relative error of ``pdf``, ``cdf`` and ``sf`` inside the support."""

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithm of the density; ``-inf`` outside the support."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.pdf(x)))

    @abstractmethod
    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""
