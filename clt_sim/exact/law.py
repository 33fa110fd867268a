"""What every exact law gives, whichever route it came by."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._json_types import plain
from clt_sim._validation import check_flag
from clt_sim.exact.entropy import entropy
from clt_sim.laws.base import KnownLaw
from clt_sim.tables import Table, Tabular, data_frame, facts_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class NoExactLaw(ValueError):  # noqa: N818 - the public name says what is missing
    """No route gives the exact law of this model; the message names the part without one."""


class ExactLaw(KnownLaw, Tabular):
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

    def density_and_tail(self, x: ArrayLike, *, upper: bool) -> NDArray[np.float64]:
        """Return ``pdf(x)`` and a tail, ``sf(x)`` or ``cdf(x)``: an axis of two in front."""
        check_flag("upper", upper)
        return np.stack([self.pdf(x), self.sf(x) if upper else self.cdf(x)])

    def to_dict(self) -> dict[str, Any]:
        """Return what defines and bounds the law as JSON types.

        Numbers that are not finite are text; ``"atoms"`` is how many there are.
        """
        return {name: plain(value) for name, value in self._all_facts().items()}

    def to_dataframe(self) -> Any:
        """Return what `to_dict` has as a pandas data frame of one row.

        The support has the columns ``low`` and ``high``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        facts = self._all_facts()
        low, high = facts.pop("support")
        return data_frame([*facts, "low", "high"], [[*facts.values(), low, high]])

    def _facts(self) -> dict[str, Any]:
        return {
            "law": str(self),
            "method": self.method,
            "error": self.error,
            "support": self.support,
            "mean": self.mean,
            "variance": self.variance,
            "atoms": len(self.atoms),
        }

    def _all_facts(self) -> dict[str, Any]:
        """Return the bounds for the tails as well, for which some laws have to be inverted."""
        bounds = {"relative_error": self.relative_error, "smallest": self.smallest}
        return {**self._facts(), **bounds}

    def _as_tables(self) -> Sequence[Table]:
        facts = self._facts()
        return [facts_table(facts.pop("law"), facts.items())]
