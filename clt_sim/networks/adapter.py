"""What it takes to record networks of one kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from clt_sim.networks.layer_record import LayerRecord


class Adapter(ABC):
    """Records the layers of one kind of network; `record` asks each which networks it takes."""

    __slots__ = ()

    kind: ClassVar[str]
    """What can be recorded, for messages."""

    @abstractmethod
    def accepts(self, network: object) -> bool:
        """Return whether `network` is of this kind, without importing what it comes from."""

    @abstractmethod
    def record(self, network: Any, inputs: Any, every: int) -> LayerRecord:
        """Return the layers for every `every`-th input, the first one included.

        Each signal is for the same inputs in the same order, and is stored before any later
        operation can overwrite it.
        """
