"""The statistic of Epps & Pulley of a sorted, standardised sample, in linear time.

It is n times the integral of ``|f(t) - exp(-t^2/2)|^2`` under the density of N(0, 1), with the
empirical characteristic function f. The trapezoidal rule with step ``2 pi/P`` gives that integral
but for Gaussians of the distances between values, and between values and 0, repeated with the
period P (Poisson's summation formula): with a P that puts all repetitions `REACH` standard
deviations away it is exact to rounding. Squares are added, so that nothing cancels.

Values beyond `FAR` would need a longer period. Few are, as the mean square is 1: they are left out
of f, and their part is added as a sum over pairs, of which only near ones count.
"""

from __future__ import annotations

import math
from typing import Any

from clt_sim._kernels.compilation import fma, kernel, prefer_wide_vectors, scalar
from clt_sim._kernels.elementary_double import cosine, double, exp, sine
from clt_sim._kernels.stack_rows import LANES, fill_lanes, stack_row

FAR = double(12.0)
REACH = double(9.5)
"""A standard normal density is below 1.1e-20 from here on."""
MOST_NODES = int(REACH * (2.0 * FAR + REACH) / (2.0 * math.pi)) + 1
ROOM = MOST_NODES * LANES
TAU, INVERSE_SQRT_TAU = double(2.0 * math.pi), double(1.0 / math.sqrt(2.0 * math.pi))
SQRT_TWO, SQRT_THREE = double(math.sqrt(2.0)), double(math.sqrt(3.0))
ZERO, QUARTER, HALF, ONE, TWO = map(double, (0.0, 0.25, 0.5, 1.0, 2.0))


@kernel
def epps_pulley(z: Any) -> Any:
    """Return n times the integral.

    Parameters
    ----------
    z : ndarray of float64, shape (n,)
        Ascending, with mean 0 and mean square 1.
    """
    prefer_wide_vectors()
    start, stop = 0, z.size
    while z[start] < -FAR:
        start += 1
    while z[stop - 1] > FAR:
        stop -= 1
    total = _near(z, start, stop)
    if stop - start < z.size:
        total += _far(z, start, stop)
    return total


@kernel
def _near(z: Any, start: Any, stop: Any) -> Any:
    """Return the statistic where the values outside ``z[start:stop]`` are left out of f."""
    prefer_wide_vectors()
    cosines, sines = stack_row(ROOM), stack_row(ROOM)
    step = TAU / _period(z[start], z[stop - 1])
    nodes = min(int(REACH / step) + 1, MOST_NODES)
    _add_waves(z, start, stop, step, nodes, cosines, sines)
    share = ONE / z.size
    left_out = (z.size - (stop - start)) * share
    total = HALF * left_out * left_out
    for node in range(nodes):
        t = (node + ONE) * step
        normal = exp(-HALF * t * t)
        real = fma(_add_row(cosines, node * LANES), share, -normal)
        imaginary = _add_row(sines, node * LANES) * share
        total += (real * real + imaginary * imaginary) * normal
    return TWO * INVERSE_SQRT_TAU * step * z.size * total


@scalar
def _period(least: Any, most: Any) -> Any:
    """Return P: the Gaussians have the variances 1, 2 and 3, and the centres z - z', z and 0."""
    pairs = (most - least) + REACH
    singles = max(-least, most) + SQRT_TWO * REACH
    return max(pairs, singles, SQRT_THREE * REACH)


@kernel
def _add_waves(
    z: Any, start: Any, stop: Any, step: Any, nodes: Any, cosines: Any, sines: Any
) -> None:
    """Write the sums of ``exp(i k step z)``, 1 <= k <= nodes, in lanes that are to be added."""
    prefer_wide_vectors()
    real, imaginary = stack_row(LANES), stack_row(LANES)
    turn_cosine, turn_sine = stack_row(LANES), stack_row(LANES)
    for j in range(nodes * LANES):
        cosines[j], sines[j] = ZERO, ZERO
    fill_lanes(turn_cosine, ONE)
    fill_lanes(turn_sine, ZERO)
    for first in range(start, stop, LANES):
        fill_lanes(real, ZERO)
        fill_lanes(imaginary, ZERO)
        for lane in range(min(LANES, stop - first)):
            angle = step * z[first + lane]
            turn_cosine[lane], turn_sine[lane] = cosine(angle), sine(angle)
            real[lane] = ONE
        for node in range(nodes):
            place = node * LANES
            for lane in range(LANES):
                x, y = real[lane], imaginary[lane]
                real[lane] = x * turn_cosine[lane] - y * turn_sine[lane]
                imaginary[lane] = x * turn_sine[lane] + y * turn_cosine[lane]
                cosines[place + lane] += real[lane]
                sines[place + lane] += imaginary[lane]


@scalar
def _add_row(lanes: Any, place: Any) -> Any:
    total = ZERO
    for lane in range(LANES):
        total += lanes[place + lane]
    return total


@kernel
def _far(z: Any, start: Any, stop: Any) -> Any:
    """Return what the values outside ``z[start:stop]`` add: their pairs less their normal part."""
    prefer_wide_vectors()
    pairs, normal = ZERO, ZERO
    for i in range(start):
        normal += exp(-QUARTER * z[i] * z[i])
        pairs += ONE
        j = i + 1
        while z[j] - z[i] < REACH:
            pairs += _twice_gaussian(z[j] - z[i])
            j += 1
    for i in range(stop, z.size):
        normal += exp(-QUARTER * z[i] * z[i])
        pairs += ONE
        j = i - 1
        while z[i] - z[j] < REACH:
            pairs += _twice_gaussian(z[i] - z[j])
            j -= 1
    return pairs / z.size - SQRT_TWO * normal


@scalar
def _twice_gaussian(distance: Any) -> Any:
    return TWO * exp(-HALF * distance * distance)
