"""The parameters that training starts from."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.networks.perceptron.parameters import Parameters

if TYPE_CHECKING:
    from clt_sim.networks.training.settings import TrainingSettings


def initial_parameters(
    widths: Sequence[int], settings: TrainingSettings, rng: np.random.Generator
) -> list[Parameters]:
    """Draw the parameters that training starts from.

    Parameters
    ----------
    widths : sequence of int
        The numbers of features, of units of each hidden layer, and of classes.
    settings : TrainingSettings
        What decides the standard deviation of the weights and what is normalized.
    rng : numpy.random.Generator
        Where the weights come from.

    Returns
    -------
    list of Parameters
        Normal weights, zero biases and beta, gamma 1; all float32.
    """
    kinds, layers = settings.normalizations, len(widths) - 1
    parameters: list[Parameters] = []
    for i, (fan_in, units) in enumerate(itertools.pairwise(widths)):
        draws = rng.standard_normal((fan_in, units)) * settings.weight_sd(fan_in)
        with np.errstate(over="ignore"):  # found and reported as divergence at step 0
            weights = draws.astype(np.float32)
        zeros = np.zeros(units, np.float32)
        has_own = kinds.of_pre_activation is not None and i < layers - 1
        gamma = np.ones(units, np.float32) if has_own else None
        if kinds.of_u and i > 0:
            of_u = np.ones(fan_in, np.float32), np.zeros(fan_in, np.float32)
            parameters.append(Parameters(weights, zeros, gamma, *of_u))
        else:
            parameters.append(Parameters(weights, zeros, gamma))
    return parameters
