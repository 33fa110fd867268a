"""Where the statistics of a model are counted."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import driver, statistics
from clt_sim.engine.program import run_chunks
from clt_sim.summaries.histogram import BINS, HALF_RANGE, Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.engine.precision import Precision
    from clt_sim.models import Model

PILOT_DRAWS = 4096
PILOT_SEED = 0xC17
"""The pilot is the same for every run of a model, so that its summaries merge."""
_QUARTILES_TO_SD = 1.0 / 1.349
"""The distance of a normal law's quartiles is 1.349 standard deviations."""


@functools.lru_cache(maxsize=256)
def terms_grid(model: Model, precision: Precision) -> Grid:
    """Return the grid of a model without its constant bias.

    It is around the mean, as wide as the standard deviation, where these are known and finite;
    otherwise around the median of a few draws, as wide as the distance of their quartiles.
    """
    mean, variance = model.mean_of_terms, model.variance
    if math.isfinite(mean) and math.isfinite(variance):
        return Grid.around(mean, math.sqrt(variance))
    lower, middle, upper = np.quantile(
        _pilot(model, precision), [0.25, 0.5, 0.75], method="hazen"
    ).tolist()
    return Grid.around(middle, (upper - lower) * _QUARTILES_TO_SD)


def _pilot(model: Model, precision: Precision) -> NDArray[np.float64]:
    samples = np.empty(PILOT_DRAWS)
    places = Grid(0.0, 1.0)
    accumulated = driver.accumulators(1, 1, 1)
    grid = kernel_grid([model], [places])
    run_chunks(model, precision, PILOT_SEED, range(1), PILOT_DRAWS, grid, accumulated, samples)
    if not np.isfinite(samples).all():
        raise ValueError(f"draws do not fit {precision.name} precision: {model}.")
    return samples


def model_grid(model: Model, precision: Precision) -> Grid:
    """Return the grid on which a model's summaries count."""
    grid = terms_grid(model, precision)
    return Grid(grid.location + model.constant_bias, grid.scale)


def kernel_grid(
    models: Sequence[Model], grids: Sequence[Grid], *, characteristic_function: bool = False
) -> statistics.Grid:
    """Return the grids of the prefixes of a sum, in the terms of the kernels: without the bias.

    The bias is added to what comes back, so that it takes no digits from the sums.
    """
    return statistics.Grid(
        ns=np.array([model.n for model in models], np.int64),
        locations=np.array([grid.location for grid in grids]),
        inverse_scales=np.array([1.0 / grid.scale for grid in grids]),
        zeros=np.array([-model.constant_bias for model in models]),
        low=-HALF_RANGE,
        bins_per_unit=BINS / (2.0 * HALF_RANGE),
        characteristic_function=characteristic_function,
    )
