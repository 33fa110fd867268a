"""What every exact law gives, whichever route it came by."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.exact.entropy import entropy
from clt_sim.laws.base import KnownLaw

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class NoExactLaw(ValueError):  # noqa: N818 - the public name says what is missing
    """No route gives the exact law of this model; the message names the part without one."""


class ExactLaw(KnownLaw):
    """The exact law of a model, with a stated error.

    Subclasses say which `method` made them, and bound their errors.
    """

    __slots__ = ()

    method: ClassVar[str]
    """The route, such as ``"piecewise-polynomial"``."""
    error: float
    """Bound on the absolute error of ``cdf`` and ``sf``."""

    @property
    def relative_error(self) -> float:
        """Bound on the relative error of ``pdf``, and of ``cdf`` and ``sf`` in their tails.

        It holds where they are above `smallest`.
        """
        return self.error

    @property
    def smallest(self) -> float:
        """The least tail probability for which `relative_error` holds."""
        return 1e-300

    @property
    def entropy(self) -> float:
        """The entropy in nats: differential of a density, Shannon's of a discrete law.

        A law with atoms and a density has neither: nan.
        """
        return entropy(self)

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithm of the density; ``-inf`` outside the support."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.pdf(x)))

    @abstractmethod
    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error in the right tail."""
