"""What the panel of one signal of a layer shows: densities, atoms, and measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.figures.layers_drawing import REACH, SHOWN
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.views.units import median
from clt_sim.layer_tables.signal_measures import measured
from clt_sim.sparsity import sparsity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.networks import Signal

MOST_ATOMS = 64
"""A signal of at most so many different values, such as pixels, is drawn as atoms."""
EDGES = np.linspace(-REACH, REACH, 65)
POINTS = np.linspace(-REACH, REACH, 49)


def signal_panel(
    label: str, signal: Signal, units: int, measures: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the panel of one signal shows, in units of its pooled mean and deviation.

    Parameters
    ----------
    label : str
        The heading.
    signal : Signal
        Of one layer, with values that are not all equal.
    units : int
        How many units, evenly spaced among those that are not constant, have a line of their own.
    measures : dict, optional
        As `recorded_measures` returns them; by default all are taken, and none may be missing.
    """
    values = signal.values.astype(np.float64)
    mean, sd = values.mean(), values.std()
    z = (values - mean) / sd
    places, masses = np.unique(values, return_counts=True)
    lattice = places.size <= MOST_ATOMS
    # Otherwise the only value that occurs more than by chance is the 0 of a rectifier.
    atoms = np.ones(places.size, bool) if lattice else (places == 0.0) & (masses > 1)
    places, masses = places[atoms], masses[atoms]
    continuous = ~np.isin(values, places)
    counts, _ = np.histogram(z[continuous], EDGES)
    varying = np.flatnonzero(np.ptp(values, axis=0) > 0.0)
    few = 0 if lattice else min(units, varying.size)
    drawn = varying[np.linspace(0, varying.size - 1, few).round().astype(int)]
    return {
        "label": label,
        "mean": mean,
        "sd": sd,
        "density": counts / (values.size * np.diff(EDGES)),
        "outside": float(np.mean(continuous & (np.abs(z) > REACH))),
        "atoms": {"x": (places - mean) / sd, "mass": masses / values.size},
        "units": [
            {"unit": int(unit), "density": _smooth(z[:, unit], values[:, unit])} for unit in drawn
        ],
        **(_measures(signal, varying) if measures is None else measures),
    }


def _smooth(z: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a kernel estimate of one unit's density, Silverman's bandwidth (1986, eq. 3.31).

    Exact zeros are left out: it integrates to the share of the other values. A unit that has
    them, and nothing below, ends at 0, where the kernels are reflected.
    """
    other = z[values != 0.0]
    if other.size < 2:
        return np.zeros_like(POINTS)
    quartiles = np.quantile(other, [0.25, 0.75])
    spread = min(other.std(), float(np.diff(quartiles)[0]) / 1.34) or other.std()
    bandwidth = max(0.9 * spread * other.size**-0.2, 0.02)

    def estimate(points: NDArray[np.float64]) -> NDArray[np.float64]:
        kernels = np.exp(-0.5 * ((points[:, None] - other) / bandwidth) ** 2)
        return np.asarray(kernels.sum(1) / (z.size * bandwidth * math.sqrt(math.tau)))

    if other.size == z.size or values.min() < 0.0:
        return estimate(POINTS)
    zero = z.min()
    return np.where(zero > POINTS, 0.0, estimate(POINTS) + estimate(2.0 * zero - POINTS))


def _measures(signal: Signal, varying: NDArray[np.intp]) -> dict[str, Any]:
    """Return the measures of all units pooled, and the medians over those that vary."""
    measures, near_zero = list(SHOWN)[:-1], list(SHOWN)[-1:]
    near = median(
        [
            sparsity(signal.unit(int(unit)), measures=near_zero)["near-zero"].value
            for unit in varying
        ]
    )
    return {
        "pooled": {
            **_plain(gaussianity(signal.pooled, measures=measures)),
            **_plain(sparsity(signal.pooled, measures=near_zero)),
        },
        "median_unit": {
            **_plain(gaussianity(signal, measures=measures)),
            "near-zero": asdict(near),
        },
        "constant_units": signal.constant_units,
    }


def recorded_measures(signal: Signal) -> dict[str, Any]:
    """Return the measures that a recorded signal can give, as `_measures` does for all."""
    found = measured(signal, SHOWN)
    return {
        "pooled": _plain(found.pooled),
        "median_unit": _plain(found.unit),
        "constant_units": signal.constant_units,
        "unavailable": dict(found.unavailable),
    }


def _plain(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, float]]:
    return {name: asdict(estimate) for name, estimate in estimates.items()}
