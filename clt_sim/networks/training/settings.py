"""What a training run is, apart from its data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clt_sim import __version__, nonlinearities
from clt_sim._validation import positive, shown, unknown_name, whole
from clt_sim.networks.perceptron.batch_normalization import EPSILON


class Normalizations(NamedTuple):
    """What is normalized where."""

    of_pre_activation: str | None = None
    """``"batch"`` or ``"layer"``: what stands between ``Wu + b`` and the nonlinearity."""
    of_u: bool = False
    """Whether the outputs of hidden units are batch-normalized before the next ``Wu + b``."""
    noisy: bool = False
    """Whether there is noise after the normalization, in training."""


NORMALIZATIONS = {
    None: Normalizations(),
    "batch": Normalizations("batch"),
    "batch-u": Normalizations(of_u=True),
    "batch-both": Normalizations("batch", of_u=True),
    "layer": Normalizations("layer"),
    "noisy-batch": Normalizations("batch", noisy=True),
}


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """The architecture, the initial weights and the descent.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers, at least one.
    nonlinearity : Nonlinearity or str
        The function phi of the hidden layers.
    normalization : None or str
        A name in `NORMALIZATIONS`.
    steps : int
        The number of batches, at least 1.
    batch_size : int
        Inputs in a batch, at least 1, and 2 where there is batch normalization.
    learning_rate : float
        Factor of the gradient, above 0.
    initial_sd : float or None
        Standard deviation of the initial weights, above 0; None for the rule of `weight_sd`.
    seed : int
        At least 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Examples
    --------
    >>> settings = TrainingSettings((100,), "identity", None, 1000, 60, 0.1, None, 0)
    >>> settings.weight_sd(25)
    0.2
    """

    hidden: tuple[int, ...]
    nonlinearity: nonlinearities.Nonlinearity
    normalization: str | None
    steps: int
    batch_size: int
    learning_rate: float
    initial_sd: float | None
    seed: int

    def __init__(
        self,
        hidden: Sequence[int],
        nonlinearity: nonlinearities.Nonlinearity | str,
        normalization: str | None,
        steps: int,
        batch_size: int,
        learning_rate: float,
        initial_sd: float | None,
        seed: int,
    ) -> None:
        put = object.__setattr__
        put(self, "hidden", _widths(hidden))
        put(self, "nonlinearity", nonlinearities.get(nonlinearity))
        if normalization not in list(NORMALIZATIONS):  # a list: it may be unhashable
            name = normalization if isinstance(normalization, str) else shown(normalization)
            raise unknown_name("normalization", name, map(str, NORMALIZATIONS))
        put(self, "normalization", normalization)
        put(self, "steps", whole("steps", steps, least=1))
        # The batch normalization of one input is constant: nothing would be learnt.
        least = 1 if normalization in (None, "layer") else 2
        put(self, "batch_size", whole("batch_size", batch_size, least=least))
        put(self, "learning_rate", positive("learning_rate", learning_rate))
        sd = None if initial_sd is None else positive("initial_sd", initial_sd)
        put(self, "initial_sd", sd)
        put(self, "seed", whole("seed", seed, least=0))

    @property
    def normalizations(self) -> Normalizations:
        """What the normalization consists of."""
        return NORMALIZATIONS[self.normalization]

    @property
    def over_units(self) -> bool:
        """Whether it is layer normalization."""
        return self.normalizations.of_pre_activation == "layer"

    def weight_sd(self, fan_in: int) -> float:
        """Return the standard deviation of the initial weights of a layer.

        Without an `initial_sd` it is ``1 / sqrt(fan_in * E[phi(Z)^2])`` with Z standard normal:
        then pre-activations that start with mean square 1 keep it from layer to layer. For ReLU
        this is ``sqrt(2 / fan_in)`` (He et al. 2015, eq. 10).
        """
        if self.initial_sd is not None:
            return self.initial_sd
        return 1.0 / math.sqrt(fan_in * self.nonlinearity.gaussian_moment(2))

    def to_dict(self) -> dict[str, Any]:
        """Return the settings and the versions they ran with as JSON types."""
        return {
            "hidden": list(self.hidden),
            "nonlinearity": str(self.nonlinearity),
            "normalization": self.normalization,
            "epsilon": None if self.normalization is None else EPSILON,
            "steps": self.steps,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "initial_sd": self.initial_sd,
            "seed": self.seed,
            "versions": {"clt_sim": __version__, "numpy": np.__version__},
        }

    def __str__(self) -> str:
        """Say the architecture in a few words."""
        how = self.normalization or "no"
        return f"train {self.nonlinearity} network, {how} normalization"


def _widths(hidden: object) -> tuple[int, ...]:
    if isinstance(hidden, str) or not isinstance(hidden, Sequence):
        raise TypeError(f"hidden must be a sequence of widths such as (100, 100), not {hidden!r}.")
    if not hidden:
        raise ValueError("hidden must have at least one width; it is empty.")
    return tuple(whole(f"hidden[{i}]", width, least=1) for i, width in enumerate(hidden))
