"""What a training run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.networks.multilayer_perceptron import MultilayerPerceptron


@dataclass(frozen=True, slots=True, eq=False)
class TrainingHistory:
    """A trained network, and how it fared on the way.

    Parameters
    ----------
    network : MultilayerPerceptron
        The network after the last step, with population statistics in its batch normalization.
    steps : ndarray of int64, shape (recorded,)
        The numbers of batches after which was recorded, from 0 to the last.
    train_accuracy, test_accuracy : ndarray of float64, shape (recorded,)
        Share of inputs that are classified rightly, in [0, 1].
    loss : ndarray of float64, shape (recorded,)
        Mean cross-entropy on the test set, in nats.
    settings : dict
        The data, the architecture, the descent and the versions, as JSON types.

    Examples
    --------
    >>> from clt_sim.networks import train
    >>> history = train(nonlinearity="relu", steps=2)
    >>> history.steps
    array([0, 1, 2])
    >>> history.network.widths
    (64, 100, 100, 100, 10)
    """

    network: MultilayerPerceptron
    steps: NDArray[np.int64]
    train_accuracy: NDArray[np.float64] = field(repr=False)
    test_accuracy: NDArray[np.float64] = field(repr=False)
    loss: NDArray[np.float64] = field(repr=False)
    settings: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.steps, self.train_accuracy, self.test_accuracy, self.loss):
            array.setflags(write=False)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the parameters of the network as JSON types."""
        return {
            "network": str(self.network),
            "steps": self.steps.tolist(),
            "train_accuracy": self.train_accuracy.tolist(),
            "test_accuracy": self.test_accuracy.tolist(),
            "loss": self.loss.tolist(),
            "settings": self.settings,
        }

    def __str__(self) -> str:
        """Say the network and where it ended in one line."""
        accuracy = f"test accuracy {self.test_accuracy[-1]:.4f}"
        return f"{self.network}: {self.steps[-1]} steps, {accuracy}"
