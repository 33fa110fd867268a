"""Kernels of infinitely wide networks: covariances of what nonlinearities make of normal pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import nonlinearities
from clt_sim._array_validation import finite_array, finite_numbers
from clt_sim._validation import TooLargeError, checked_row, finite, positive, shown, whole
from clt_sim.nonlinearities import (
    Abs,
    Cos,
    Erf,
    Exp,
    Identity,
    LeakyReLU,
    Nonlinearity,
    ReLU,
    Sign,
    Sin,
    Square,
    Step,
)
from clt_sim.theory.normal_pairs import pair_average

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    _Pairs = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

_RELATIVE = 1e-12
_MOST_LAYERS = 10_000
_MOST_VARIANCE = 1e100
"""Rounding by which a correlation may be above 1 in size."""


def dual_activation(
    nonlinearity: Nonlinearity | str,
    correlation: ArrayLike,
    variances: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
) -> NDArray[np.float64]:
    """Return ``E[phi(x) phi(y)]`` for x and y normal together, with mean 0.

    Closed forms: ReLU, leaky ReLU and the absolute value (Cho & Saul, "Kernel methods for deep
    learning", 2009, and sums of it), the step and the sign (Sheppard 1899), erf
    (Williams, "Computing with infinite networks", 1997), sine, cosine and exponential
    (from the characteristic function), identity and square. All others by quadrature.

    Parameters
    ----------
    nonlinearity : Nonlinearity or str
        The function phi.
    correlation : array_like
        Of x and y, from -1 to 1.
    variances : tuple of two array_like
        Of x and of y, at least 0; broadcast with the correlation.

    Returns
    -------
    ndarray of float64
        In the shape of all three. Quadrature has an error below 1e-10 of the root of
        ``E[phi(x)^2] E[phi(y)^2]`` for functions that change over lengths of about 1, at 0 and at
        their kinks; functions that grow like the exponential have a closed form or are refused.

    Raises
    ------
    TypeError, ValueError
        If a name is unknown, a number is out of range, or there is no precise quadrature.

    Examples
    --------
    >>> dual_activation("relu", [-1.0, 0.0, 1.0]).round(6)
    array([0.      , 0.159155, 0.5     ])
    >>> float(dual_activation("tanh", 0.5).round(9))
    0.186324413
    """
    phi = nonlinearities.get(nonlinearity)
    r, q1, q2 = _pairs(correlation, variances)
    closed = _CLOSED.get(type(phi))
    if closed is None and math.isinf(max(phi.growth)):
        raise ValueError(f"there is no precise quadrature for {phi}, which grows too fast.")
    result = np.empty(r.shape)
    constant = (q1 == 0.0) | (q2 == 0.0)
    means = [[phi.gaussian_moment(1, q) for q in values[constant]] for values in (q1, q2)]
    result[constant] = np.prod(means, axis=0)
    random = ~constant
    with np.errstate(over="ignore", invalid="ignore"):
        if closed is not None:
            result[random] = closed(phi, r[random], q1[random], q2[random])
        else:
            pairs = zip(r[random], q1[random], q2[random], strict=True)
            result[random] = [pair_average(phi, *map(float, pair)) for pair in pairs]
    return _of_doubles(f"the average of {phi}", result)


def _of_doubles(what: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values, or raise if one is beyond the range of doubles."""
    if not np.isfinite(values).all():
        raise TooLargeError(f"{what} is too large.")
    return values


def nngp_kernel(
    inputs: ArrayLike,
    depth: int,
    nonlinearity: Nonlinearity | str = "relu",
    weight_variance: float = 2.0,
    bias_variance: float = 0.0,
) -> NDArray[np.float64]:
    """Return the covariance of the outputs of an infinitely wide random network.

    Over networks, outputs for different inputs become normal together as all hidden widths grow
    (Lee et al., "Deep neural networks as Gaussian processes", 2018):
    ``K' = bias_variance + weight_variance*E[phi(x) phi(y)]`` with x and y of covariance K, from
    ``bias_variance + weight_variance*mean(x y)`` for the inputs on. With one hidden layer and any
    width the covariance is this already; the law is not normal.

    Parameters
    ----------
    inputs : array_like, shape (m, d)
        An input in each row.
    depth : int
        How many hidden layers there are, from 0 to 10000.
    nonlinearity : Nonlinearity or str
        The function phi.
    weight_variance : float
        Of the weights, times the fan-in; above 0.
    bias_variance : float
        Of the biases, at least 0.

    Returns
    -------
    ndarray of float64, shape (m, m)
        The covariances; symmetric. Errors of `dual_activation` for every layer.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or there is no precise quadrature.

    Examples
    --------
    >>> nngp_kernel([[1.0, 0.0], [0.0, 1.0]], depth=1, nonlinearity="relu").round(6)
    array([[1.     , 0.31831],
           [0.31831, 1.     ]])
    """
    points = finite_array("inputs", inputs, ndim=2, dtype=np.float64)
    depth = whole("depth", depth, least=0)
    if depth > _MOST_LAYERS:
        raise ValueError(f"depth must be at most {_MOST_LAYERS}, not {shown(depth)}.")
    phi = nonlinearities.get(nonlinearity)
    gain, bias = (
        positive("weight_variance", weight_variance),
        finite("bias_variance", bias_variance),
    )
    if bias < 0.0:
        raise ValueError(f"bias_variance must be at least 0, not {bias}.")
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = bias + gain * (points @ points.T) / points.shape[1]
        largest = kernel.max() * max(gain, 1.0)
    if not largest <= _MOST_VARIANCE:
        raise ValueError(f"inputs and variances must make variances up to {_MOST_VARIANCE:g}.")
    rows, columns = np.triu_indices(len(points))
    for _ in range(depth):
        variances = np.diag(kernel)
        q1, q2 = variances[rows], variances[columns]
        r = _correlation(kernel[rows, columns], q1, q2)
        # That of an input with itself is 1; rounded, it would cost half of the digits at a jump.
        r = np.where((rows == columns) & (q1 > 0.0), 1.0, r)
        averages = dual_activation(phi, r, (q1, q2))
        kernel = np.empty_like(kernel)
        with np.errstate(over="ignore"):
            covariances = _of_doubles("a covariance of a layer", bias + gain * averages)
        kernel[rows, columns] = kernel[columns, rows] = covariances
    return np.asarray(kernel, np.float64)


def _pairs(correlation: ArrayLike, variances: tuple[ArrayLike, ArrayLike]) -> _Pairs:
    """Return correlations and both variances in one shape, or raise if they are out of range."""
    first, second = _pair_of_variances(variances)
    r = _numbers("correlation", correlation)
    q1, q2 = _numbers("variances[0]", first), _numbers("variances[1]", second)
    if np.any(np.abs(r) > 1.0):
        raise ValueError(f"correlation must be from -1 to 1, not {r[np.abs(r) > 1.0].flat[0]}.")
    for index, values in enumerate((q1, q2)):
        if np.any(values < 0.0):
            raise ValueError(f"variances[{index}] must be at least 0, not {values.min()}.")
    r, q1, q2 = np.broadcast_arrays(r, q1, q2)
    return r, q1, q2


def _pair_of_variances(variances: object) -> tuple[Any, ...]:
    pair = checked_row("variances", variances)
    if len(pair) != 2:
        raise ValueError(f"variances must be 2, not {len(pair)}.")
    return pair


def _numbers(argument: str, value: ArrayLike) -> NDArray[np.float64]:
    return finite_numbers(argument, value)


def _correlation(
    covariance: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return correlations, without what rounding put beyond 1; 0 where a variance is 0."""
    scale = np.sqrt(q1) * np.sqrt(q2)
    r = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0.0)
    return np.asarray(np.where(np.abs(r) <= 1.0 + _RELATIVE, np.clip(r, -1.0, 1.0), r))


def _relu(r: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``E[max(x, 0) max(y, 0)] = scale (sin t + (pi - t) cos t)/(2 pi)``, ``r = cos t``."""
    sine = np.sqrt((1.0 - r) * (1.0 + r))
    return np.asarray(scale * (sine + np.arccos(-r) * r) / math.tau)


def _linear_sides(
    phi: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the average for ``phi(x) = a max(x, 0) + b max(-x, 0)``."""
    right, left = float(phi(1.0)), float(phi(-1.0))
    scale = np.sqrt(q1) * np.sqrt(q2)
    same = (right**2 + left**2) * _relu(r, scale)
    return np.asarray(same + 2.0 * right * left * _relu(-r, scale))


def _of_identity(
    _: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(r * np.sqrt(q1) * np.sqrt(q2))


def _of_square(
    _: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(q1 * q2 * (1.0 + 2.0 * r * r))


def _of_sign(
    _: Nonlinearity, r: NDArray[np.float64], _q1: NDArray[np.float64], _q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(2.0 / math.pi * np.arcsin(r))


def _of_step(
    _: Nonlinearity, r: NDArray[np.float64], _q1: NDArray[np.float64], _q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(np.arccos(-r) / math.tau)


def _of_erf(
    _: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``(2/pi) asin(2 c/sqrt((1 + 2 q1)(1 + 2 q2)))`` for the covariance c."""
    bound1, bound2 = (np.sqrt(2.0 * q / (1.0 + 2.0 * q)) for q in (q1, q2))
    return np.asarray(2.0 / math.pi * np.arcsin(r * bound1 * bound2))


def _of_sine(
    _: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``exp(-(q1 + q2)/2) sinh(c)`` without overflow or cancellation."""
    size = np.abs(r) * np.sqrt(q1) * np.sqrt(q2)
    sine = -0.5 * np.exp(size - 0.5 * (q1 + q2)) * np.expm1(-2.0 * size)
    return np.asarray(np.sign(r) * sine)


def _of_cosine(
    _: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``exp(-(q1 + q2)/2) cosh(c)``."""
    c, mean = r * np.sqrt(q1) * np.sqrt(q2), 0.5 * (q1 + q2)
    return np.asarray(0.5 * (np.exp(c - mean) + np.exp(-c - mean)))


def _of_exponential(
    _: Nonlinearity, r: NDArray[np.float64], q1: NDArray[np.float64], q2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``exp((q1 + q2)/2 + c)``."""
    return np.asarray(np.exp(0.5 * (q1 + q2) + r * np.sqrt(q1) * np.sqrt(q2)))


_Closed = Callable[..., "NDArray[np.float64]"]
"""Takes phi, correlations and both variances, above 0."""
_CLOSED: dict[type[Nonlinearity], _Closed] = {
    Abs: _linear_sides,
    Cos: _of_cosine,
    Erf: _of_erf,
    Exp: _of_exponential,
    Identity: _of_identity,
    LeakyReLU: _linear_sides,
    ReLU: _linear_sides,
    Sign: _of_sign,
    Sin: _of_sine,
    Square: _of_square,
    Step: _of_step,
}
