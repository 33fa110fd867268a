"""Figures by name.

Examples
--------
>>> import clt_sim as clt
>>> figure = clt.figure("sum-of-n", law="uniform", ns=[1, 2])
"""

from __future__ import annotations

from clt_sim.figures import (  # noqa: F401  (importing registers them)
    convergence,
    counterexamples,
    discrete_illustration,
    finite_width,
    gaussian_or_not,
    gaussianity_in_training,
    ioffe_szegedy,
    layers,
    power,
    shape_drift,
    sparsity_of_sums,
    sum_of_n,
    sum_of_n_activations,
    tails,
)
from clt_sim.figures.build import build, check_options, figure
from clt_sim.figures.recipe import Recipe, get, names

__all__ = ["Recipe", "build", "check_options", "figure", "get", "names"]
