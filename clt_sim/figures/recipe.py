"""What a figure is: parameters, a computation, and a drawing of its results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from clt_sim.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clt_sim.experiments.work import Work


class Recipe(ABC):
    """A figure: a frozen dataclass of parameters.

    `compute` runs the experiments and returns everything that is drawn, as JSON types and
    arrays; `draw` makes a picture of that and computes nothing.
    """

    __slots__ = ()

    name: ClassVar[str]
    """The registered name, lower case with dashes."""
    title: ClassVar[str]
    """One line that says what the figure shows."""

    @abstractmethod
    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Run the experiments.

        Parameters
        ----------
        quality : str
            ``"draft"`` or ``"paper"``.
        seed : int
            Decides every random number.
        work : Work
            Told of the progress by ``work.progress(what, share)``. Independent pieces are done by
            ``work.map``, and simulations take ``executor=work.executor``.
        """

    @abstractmethod
    def draw(self, data: dict[str, Any]) -> Figure:
        """Return the picture of what `compute` returned."""


registry: Registry[Recipe] = Registry("figure", Recipe)  # type: ignore[type-abstract]
get = registry.get
names = registry.names
