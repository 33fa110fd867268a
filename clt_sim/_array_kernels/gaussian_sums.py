"""A fast Gauss transform on the line: sums of Gaussian kernels over sorted points.

Points are grouped in boxes ``WIDTH`` wide, on a grid. A box is ``TERMS`` moments about its centre
(Greengard & Strain, "The fast Gauss transform", 1991); those of all boxes within ``REACH`` become a
polynomial in each box, of which a point takes values and derivatives. Work is in proportion to the
number of points; accuracies are measured in ``tests/array_kernels/test_gaussian_sums.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clt_sim._kernels.compilation import cached, fma, kernel, prefer_wide_vectors

WIDTH = 0.5
"""Of a box, in units of the bandwidth."""
TERMS = 18
"""Moments of a box: the first one left out is below 1e-16."""
REACH = 20
"""Boxes farther away than this many are 10 bandwidths away or more: 2e-22 of their weight."""
LANES = 64
double = np.float64


@kernel
def _take_moments(values: Any, weights: Any, centre: Any, rows: Any, lanes: Any, out: Any) -> None:
    """Write the sums of ``w (x - centre)**n`` over the points of a box."""
    prefer_wide_vectors()
    deviation, power = rows[0], rows[1]
    filled = min(LANES, values.size)
    for n in range(TERMS):
        for j in range(filled):
            lanes[n, j] = double(0.0)
    for start in range(0, values.size, LANES):
        count = min(LANES, values.size - start)
        for j in range(count):
            deviation[j] = values[start + j] - centre
            power[j] = weights[start + j]
        for n in range(TERMS):
            for j in range(count):
                lanes[n, j] += power[j]
                power[j] *= deviation[j]
    for n in range(TERMS):
        total = double(0.0)
        for j in range(filled):
            total += lanes[n, j]
        out[n] = total


@kernel
def _translate(
    box: Any, boxes: Any, moments: Any, hermite: Any, inverse_factorials: Any, out: Any
) -> None:
    """Write the derivatives at the centre of a box of the sum over all boxes in reach."""
    prefer_wide_vectors()
    for m in range(out.size):
        out[m] = double(0.0)
    first = box
    while first > 0 and boxes[box] - boxes[first - 1] <= REACH:
        first -= 1
    for source in range(first, boxes.size):
        offset = boxes[source] - boxes[box]
        if offset > REACH:
            break
        row = hermite[np.int64(offset) + REACH]
        sign = double(1.0)
        for n in range(TERMS):
            scaled = sign * inverse_factorials[n] * moments[source, n]
            sign = -sign
            for m in range(out.size):
                out[m] += scaled * row[n + m]


@kernel
def _evaluate(
    values: Any, centre: Any, derivatives: Any, inverse_factorials: Any, out: Any
) -> None:
    """Write the Taylor polynomial with these derivatives at the points of a box."""
    prefer_wide_vectors()
    for j in range(values.size):
        out[j] = double(0.0)
    for last in range(TERMS - 1, -1, -3):
        # Three terms at a time halve the traffic of memory.
        third = derivatives[last] * inverse_factorials[last]
        second = derivatives[last - 1] * inverse_factorials[last - 1]
        first = derivatives[last - 2] * inverse_factorials[last - 2]
        for j in range(values.size):
            deviation = values[j] - centre
            total = fma(out[j], deviation, third)
            total = fma(total, deviation, second)
            out[j] = fma(total, deviation, first)


@cached
def add_gaussians(
    values: Any,
    weights: Any,
    starts: Any,
    boxes: Any,
    hermite: Any,
    inverse_factorials: Any,
    moments: Any,
    derivatives: Any,
    rows: Any,
    lanes: Any,
    out: Any,
) -> None:
    """Add up ``w_j exp(-(x_i - x_j)^2/2)`` over j, and derivatives of that in x_i.

    Parameters
    ----------
    values, weights : ndarray of float64, shape (n,)
        The points, ascending, and their weights.
    starts : ndarray of int64, shape (boxes + 1,)
        The first point of each box that has any, and n.
    boxes : ndarray of float64, shape (boxes,)
        The place of each on the grid, ``floor(x/WIDTH)``.
    hermite : ndarray of float64, shape (2*REACH + 1, 2*TERMS + orders - 1)
        ``He_n(d) exp(-d^2/2)`` where a row is an offset between boxes, from -REACH on, and d
        that times WIDTH.
    inverse_factorials : ndarray of float64, shape (TERMS,)
        ``1/k!``.
    moments, derivatives, rows, lanes : ndarray of float64
        Scratch space of the shapes (boxes, TERMS), (TERMS + orders - 1,), (2, LANES) and
        (TERMS, LANES).
    out : ndarray of float64, shape (orders, n)
        Row k becomes the k-th derivative.
    """
    half = double(0.5)
    for box in range(boxes.size):
        some = slice(starts[box], starts[box + 1])
        centre = WIDTH * (boxes[box] + half)
        _take_moments(values[some], weights[some], centre, rows, lanes, moments[box])
    for box in range(boxes.size):
        _translate(box, boxes, moments, hermite, inverse_factorials, derivatives)
        centre = WIDTH * (boxes[box] + half)
        for k in range(out.shape[0]):
            for start in range(starts[box], starts[box + 1], 512):
                some = slice(start, min(start + 512, starts[box + 1]))
                _evaluate(values[some], centre, derivatives[k:], inverse_factorials, out[k, some])
