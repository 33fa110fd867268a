"""The density of a product of two independent numbers whose densities are polynomials on panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._kernels.compilation import cached, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Panels = tuple[Reals, Reals, Reals, Reals, Reals]

_NEGLIGIBLE = 1e-25
"""Pairs of panels matter down to this, beside the bound of the greatest, which may be some powers
of ten above what there is."""
_ROUNDING = 2.0**-56
_FEW = 4
"""With no more coefficients than this in both densities half of the nodes are enough."""


def product_density(
    z: Reals, first: Panels, second: Panels, rules: tuple[tuple[Reals, Reals], tuple[Reals, Reals]]
) -> Reals:
    """Return the density ``f(z) = integral g(v) h(z/v)/|v| dv`` of a product.

    Parameters
    ----------
    z : ndarray of float64, shape (points,)
        Places other than 0.
    first, second : tuple of five arrays
        The factors v and w on panels: their low and high ends, shape (panels,), nodes and masses,
        shape (panels, nodes), and Chebyshev coefficients of the density, shape (panels, orders).
        No panel has 0 inside. Where the coefficients are nan, a panel is no more than masses at
        its nodes. Panels of `second` ascend and do not overlap; those of `first` may.
    rules : tuple of two pairs of arrays
        Nodes and weights on [-1, 1] of a rule for densities that are nearly constant over a
        panel, and of one for others.

    Returns
    -------
    ndarray of float64, shape (points,)
        The density.
    """
    result = np.empty(z.size)
    sizes = np.abs(first[4]).sum(axis=1), np.abs(second[4]).sum(axis=1)
    orders = _orders(first[4]), _orders(second[4])
    _densities(z, first, second, sizes, orders, rules, result)
    return result


def _orders(series: Reals) -> NDArray[np.int64]:
    """Return how many coefficients are more than roundings."""
    matter = np.abs(series) > _ROUNDING * np.abs(series[:, :1])
    return np.asarray(series.shape[1] - np.argmax(matter[:, ::-1], axis=1), np.int64)


@cached
def _densities(
    z: Any, first: Any, second: Any, sizes: Any, orders: Any, rules: Any, result: Any
) -> None:
    for point in range(z.size):
        greatest = 0.0
        for j in range(first[0].size):
            greatest = max(greatest, _bound(z[point], j, first, second, sizes))
        total = 0.0
        for j in range(first[0].size):
            total += _part(z[point], j, first, second, sizes, orders, _NEGLIGIBLE * greatest, rules)
        result[point] = total


@kernel
def _bound(z: Any, j: Any, first: Any, second: Any, sizes: Any) -> Any:
    """Return a bound of the greatest part of a panel of v that one of w has."""
    greatest = 0.0
    i, step = _first_panel(z, first[0][j], first[1][j], second)
    while 0 <= i < second[0].size:
        a, b = _common(z, first[0][j], first[1][j], second[0][i], second[1][i])
        if a >= b:
            break
        size = _size(a, b, sizes[0][j], sizes[1][i])
        greatest = max(greatest, size)  # not if it is nan
        i += step
    return greatest


@kernel
def _part(
    z: Any,
    j: Any,
    first: Any,
    second: Any,
    sizes: Any,
    orders: Any,
    negligible: Any,
    rules: Any,
) -> Any:
    """Return the integral over one panel of v."""
    low, high, series = first[0][j], first[1][j], first[4][j, : orders[0][j]]
    if np.isnan(sizes[0][j]):
        return _at_nodes_of_first(z, first[2][j], first[3][j], second)
    total = 0.0
    i, step = _first_panel(z, low, high, second)
    while 0 <= i < second[0].size:
        other_low, other_high = second[0][i], second[1][i]
        a, b = _common(z, low, high, other_low, other_high)
        if a >= b:
            break
        if np.isnan(sizes[1][i]):
            total += _at_nodes_of_second(z, second[2][i], second[3][i], low, high, series)
        elif _size(a, b, sizes[0][j], sizes[1][i]) > negligible:
            other = second[4][i, : orders[1][i]]
            rule = rules[0] if max(series.size, other.size) <= _FEW else rules[1]
            total += _between(z, a, b, low, high, series, other_low, other_high, other, rule)
        i += step
    return total


@kernel
def _first_panel(z: Any, low: Any, high: Any, second: Any) -> Any:
    """Return the panel of w nearest to 0 for a v from low to high, and the step away from 0."""
    nearest = z / high if high > 0.0 else z / low
    if nearest > 0.0:
        return np.searchsorted(second[1], nearest, side="right"), 1
    return np.searchsorted(second[0], nearest, side="left") - 1, -1


@kernel
def _common(z: Any, low: Any, high: Any, other_low: Any, other_high: Any) -> Any:
    """Return the part of a panel of v for which ``z/v`` is in a panel of w."""
    limit = np.inf if high > 0.0 else -np.inf
    one = z / other_low if other_low != 0.0 else limit
    two = z / other_high if other_high != 0.0 else limit
    return max(low, min(one, two)), min(high, max(one, two))


@kernel
def _size(a: Any, b: Any, size: Any, other: Any) -> Any:
    """Return a bound of an integral from a to b, for ends of which one may be 0."""
    return size * other * min((b - a) / max(min(abs(a), abs(b)), 1e-300), 64.0)


@kernel
def _value(low: Any, high: Any, series: Any, place: Any) -> Any:
    """Return a density at a place in a panel, by Clenshaw's recurrence."""
    t = (2.0 * place - low - high) / (high - low)
    after, now = 0.0, 0.0
    for k in range(series.size - 1, 0, -1):
        after, now = now, series[k] + 2.0 * t * now - after
    return max(series[0] + t * now - after, 0.0)


@kernel
def _at_nodes_of_first(z: Any, nodes: Any, masses: Any, second: Any) -> Any:
    total = 0.0
    for k in range(nodes.size):
        if masses[k] == 0.0:
            continue
        w = z / nodes[k]
        i = np.searchsorted(second[1], w, side="right")
        if i < second[0].size and second[0][i] <= w:
            low, high, series = second[0][i], second[1][i], second[4][i]
            if np.isnan(series[0]):  # two poles meet: the mean density is all there is
                value = second[3][i].sum() / (high - low)
            else:
                value = _value(low, high, series, w)
            total += masses[k] * value / abs(nodes[k])
    return total


@kernel
def _at_nodes_of_second(z: Any, nodes: Any, masses: Any, low: Any, high: Any, series: Any) -> Any:
    total = 0.0
    for k in range(nodes.size):
        v = z / nodes[k] if masses[k] > 0.0 else np.inf
        if low <= v < high:
            total += masses[k] * _value(low, high, series, v) / abs(nodes[k])
    return total


@kernel
def _between(
    z: Any,
    a: Any,
    b: Any,
    low: Any,
    high: Any,
    series: Any,
    other_low: Any,
    other_high: Any,
    other: Any,
    rule: Any,
) -> Any:
    """Return the integral over v from a to b, both in one panel, in parts over which v doubles."""
    total = 0.0
    near, far = (a, b) if b > 0.0 else (b, a)
    while near != far:
        next_ = 2.0 * near if near != 0.0 and abs(2.0 * near) < abs(far) else far
        middle, half = 0.5 * (near + next_), 0.5 * abs(next_ - near)
        for k in range(rule[0].size):
            v = middle + half * rule[0][k]
            densities = _value(low, high, series, v) * _value(other_low, other_high, other, z / v)
            total += rule[1][k] * half * densities / abs(v)
        near = next_
    return total
