"""The law of a product of two independent variables with densities, on panels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.product_density import product_density
from clt_sim._quadrature import gauss_legendre, legendre_rule
from clt_sim.exact.panel_density import (
    LEAST_MASS,
    PanelDensity,
    is_rough,
    resolved,
)
from clt_sim.exact.wave_panels import WavePanels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_NODES = 20
_PRECISION, _BESIDE_POLES = 2e-15, 2e-12
"""Relative errors of the density; where it is integrated over poles, their digits are lost."""
_SMALLEST = 1e-17
_LEAST_TILTED = 1e-250
"""Masses in the tails down to this matter to tilted laws."""
_STEEPEST = 1e-2
_CLOSEST = 2.0**-28
"""Panels narrower than this share of their place are not halved: they are beside poles."""


def product_panels(first: PanelDensity, second: PanelDensity, *, tilted: bool) -> WavePanels:
    """Return the law of the product of two independent variables.

    The density ``f(z) = integral g(v) h(z/v)/|v| dv`` is integrated without any cancellation, so
    that it is right beside its own size in the tails and down to 0.

    Parameters
    ----------
    first, second : PanelDensity
        The factors; panels of the second do not overlap.
    tilted : bool
        Whether small masses in the tails matter.

    Returns
    -------
    WavePanels
        Panels of the product, all rising.

    Raises
    ------
    NoExactLaw
        If that takes more than 8000 panels.
    """
    ends = _first_ends(first, second)
    rule = legendre_rule(_NODES)
    rules = legendre_rule(_NODES // 2), rule
    basis = np.polynomial.legendre.legvander(rule[0], _NODES - 1)
    shortest = 2.0**-8 * first.size * second.size
    factors = first.arrays(), second.arrays()
    precision = _BESIDE_POLES if first.has_poles or second.has_poles else _PRECISION

    def expansion(low: Reals, high: Reals) -> tuple[Reals, NDArray[np.bool_]]:
        z, _ = gauss_legendre(low, high)
        density = product_density(z.ravel(), *factors, rules).reshape(z.shape)
        half = 0.5 * (high - low)[:, None]
        series = (density * half * rule[1]) @ basis * (np.arange(_NODES) + 0.5)
        size, end = np.abs(series[:, 0]), np.abs(series[:, -3:]).max(axis=1)
        far = np.maximum(np.abs(low), np.abs(high))
        noise = precision + 1e-15 * far / (high - low)
        matters = (size > LEAST_MASS) & (end > _SMALLEST)
        rough = is_rough(series, noise)
        if tilted:
            wide = (size > _LEAST_TILTED) & (high - low > shortest)
            matters |= wide
            # Tilted, the small densities of a panel are the large ones.
            rough |= wide & (density.min(axis=1) < _STEEPEST * density.max(axis=1))
        return series, rough & matters & (high - low > _CLOSEST * far)

    low, high, series = resolved(expansion, ends[:-1], ends[1:], "the density of the product")
    some = series[:, 0] > (_LEAST_TILTED if tilted else 0.0)
    low, high, series = low[some], high[some], series[some]
    z, _ = gauss_legendre(low, high)
    masses = (series @ basis.T) * rule[1]
    at_zero = 1.0 - (1.0 - first.at_zero) * (1.0 - second.at_zero)
    return WavePanels(
        np.append(z, np.zeros((1, _NODES)), axis=0),
        np.append(masses, np.full((1, _NODES), at_zero / _NODES), axis=0),
        np.append(low, 0.0),
        np.append(high, 0.0),
        np.append(series, np.full((1, _NODES), np.nan), axis=0),
    )


def _first_ends(first: PanelDensity, second: PanelDensity) -> Reals:
    """Return ends of panels: where the density may not be smooth, and octaves."""
    corners = np.multiply.outer(np.array(first.reach), np.array(second.reach))
    low, high = min(float(corners.min()), 0.0), max(float(corners.max()), 0.0)
    special = np.multiply.outer(first.special, second.special).ravel()
    smallest = min(
        first.smallest(LEAST_MASS) * second.size, second.smallest(LEAST_MASS) * first.size
    )
    count = math.ceil(math.log2(max(-low, high) / smallest)) + 1
    octaves = max(-low, high) * 2.0 ** -np.arange(count)
    ends = np.unique(np.concatenate([special, octaves, -octaves, [0.0, low, high]]))
    return ends[(ends >= low) & (ends <= high)]
