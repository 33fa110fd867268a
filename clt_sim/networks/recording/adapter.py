"""What it takes to record networks of one kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from clt_sim.networks.recording.collector import Collector


class Adapter(ABC):
    """Records the layers of one kind of network; `record` asks each which networks it takes."""

    __slots__ = ()

    kind: ClassVar[str]
    """What can be recorded, for messages."""

    @abstractmethod
    def accepts(self, network: object) -> bool:
        """Return whether `network` is of this kind, without importing what it comes from."""

    @abstractmethod
    def collect(
        self, network: Any, inputs: Any, collector: Collector, *, every: int, batch_size: int
    ) -> dict[str, Any]:
        """Run the network and add every call of a layer to the collector.

        Each signal is for the same samples in the same order, and is added before any later
        operation can overwrite it.

        Parameters
        ----------
        network : object
            A network that `accepts` is true of; it is left as it was.
        inputs : array_like, mapping or tuple of arrays, or iterable of batches of these
            The inputs; `input_batches` cuts and thins them.
        collector : Collector
            What takes the layers.
        every : int
            Use inputs 0, `every`, 2*`every`, ...; at least 1.
        batch_size : int
            The most inputs that are run at once where `inputs` are arrays.

        Returns
        -------
        dict
            What the record should say, as JSON types: ``"network"``, in a few words, and
            ``"inputs_given"``, the number of inputs before thinning; more if there is more.
        """
