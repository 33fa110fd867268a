"""Networks with stable weights: exact laws at fixed hidden layers, limits of great width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import nonlinearities
from clt_sim._array_validation import finite_array
from clt_sim._validation import finite, positive, whole
from clt_sim.laws import Stable
from clt_sim.models.density_average import density_average
from clt_sim.nonlinearities import Cos, Nonlinearity, Sin
from clt_sim.theory.tail_constants import LINEAR_SIDES, stable_index, stable_tail_constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LEAST_ALPHA = 0.3
"""Below, the package has no stable law."""
_CLOSING_IN = 2.0 ** -np.arange(60.0)
"""Distances from a zero of phi, whose power of order alpha is not smooth there."""


def stable_output(
    hidden: ArrayLike, alpha: float, *, weight_scale: float = 1.0, bias_scale: float = 0.0
) -> Stable:
    """Return the exact law of a pre-activation with stable weights, given the layer before.

    With independent symmetric stable weights ``W_j`` and bias b, the pre-activation
    ``z = b + n**(-1/alpha) sum_j W_j h_j`` has the characteristic function
    ``exp(-|g t|**alpha)`` with ``g**alpha = bias_scale**alpha + weight_scale**alpha
    mean(|h|**alpha)``, for every width n (Favaro, Fortini & Peluchetti, "Stable behaviour of
    infinitely wide deep neural networks", 2020).

    Parameters
    ----------
    hidden : array_like, shape (n,)
        The layer h.
    alpha : float
        Index of weights and bias, from 0.3 to 2; for 2 they are normal.
    weight_scale, bias_scale : float
        Scales of their laws, above 0 and at least 0; for alpha = 2 half the variance is the
        square of the scale.

    Returns
    -------
    Stable
        Of skewness 0 and location 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or both the layer and the scale of the bias are 0.

    Examples
    --------
    >>> stable_output([1.0, -4.0, 1.0, 0.0], 0.5).scale  # (1/4 + 2/4 + 1/4)**2
    1.0
    """
    values = finite_array("hidden", hidden, ndim=1, dtype=np.float64)
    gain, bias = positive("weight_scale", weight_scale), _at_least_zero("bias_scale", bias_scale)
    alpha = Stable(alpha=alpha).alpha
    largest = float(np.max(np.abs(values)))
    if largest == 0.0 and bias == 0.0:
        raise ValueError("hidden must not be all 0 where bias_scale is 0: the output is 0.")
    # The largest is taken out, so that powers neither overflow nor vanish.
    unit = max(gain * largest, bias)
    shares = (gain / unit * np.abs(values)) ** alpha
    power = (bias / unit) ** alpha + float(np.mean(shares))
    return Stable(alpha, 0.0, 0.0, unit * power ** (1.0 / alpha))


def stable_norming(n: int, alpha: float, nonlinearity: Nonlinearity | str) -> float:
    """Return what ``sum_j W_j phi(z_j)`` is multiplied by for a limit, with stable W_j and z_j.

    A bounded phi needs ``n**(-1/alpha)``. Where phi is linear in a tail of z, products
    ``W_j phi(z_j)`` have tails like ``log(x)/x**alpha``, and ``(n log n)**(-1/alpha)`` is needed
    (Bordino, Favaro & Fortini, "Infinitely wide limits for deep stable neural networks: sub-linear,
    linear and super-linear activation functions", 2022).

    Parameters
    ----------
    n : int
        Width, at least 2.
    alpha : float
        Index of both, above 0 and below 2.
    nonlinearity : Nonlinearity or str
        Bounded, or the identity, the absolute value, ReLU or leaky ReLU.

    Returns
    -------
    float
        The factor.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or phi of another kind.

    Examples
    --------
    >>> stable_norming(16, 0.5, "tanh")  # 1/16**2
    0.00390625
    """
    n = whole("n", n, least=2)
    alpha = stable_index(alpha)
    bounded = _is_bounded(nonlinearities.get(nonlinearity))
    return float((n if bounded else n * math.log(n)) ** (-1.0 / alpha))


def stable_next_layer(
    nonlinearity: Nonlinearity | str,
    alpha: float,
    unit_scale: float,
    *,
    weight_scale: float = 1.0,
    bias_scale: float = 0.0,
) -> Stable:
    """Return the limit law of a pre-activation of great width, given the scale of the layer before.

    Units ``z_j`` of the layer before are independent, symmetric and stable, as are weights and
    bias; the sum of ``W_j phi(z_j)`` is multiplied by `stable_norming`. For a bounded phi,
    ``g**alpha = bias_scale**alpha + weight_scale**alpha E|phi(z)|**alpha`` by the law of large
    numbers. For the others ``|phi(z)|**alpha`` has the tail ``c/x`` and an infinite mean; its
    sum over n log n comes near to c, with differences of order 1/log(n):
    ``c = (|phi(1)|**alpha + |phi(-1)|**alpha) C/2 unit_scale**alpha`` with the
    `stable_tail_constant` C.

    Parameters
    ----------
    nonlinearity : Nonlinearity or str
        Bounded, or the identity, the absolute value, ReLU or leaky ReLU.
    alpha : float
        Index of units, weights and bias, from 0.3 and below 2.
    unit_scale, weight_scale, bias_scale : float
        Scales of their laws; the first two above 0, the last at least 0.

    Returns
    -------
    Stable
        Of skewness 0 and location 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or phi of another kind.

    Examples
    --------
    >>> law = stable_next_layer("sign", 1.5, 2.0, weight_scale=3.0)
    >>> round(law.scale, 12)  # |phi| is 1
    3.0
    """
    phi = nonlinearities.get(nonlinearity)
    alpha = stable_index(alpha, least=_LEAST_ALPHA)
    unit, gain = positive("unit_scale", unit_scale), positive("weight_scale", weight_scale)
    bias = _at_least_zero("bias_scale", bias_scale)
    if _is_bounded(phi):
        average = _bounded_average(phi, Stable(alpha, 0.0, 0.0, unit))
    else:
        slopes = abs(float(phi(1.0))) ** alpha + abs(float(phi(-1.0))) ** alpha
        average = 0.5 * slopes * stable_tail_constant(alpha) * unit**alpha
    # In units of the larger scale, whose power might overflow.
    largest = max(bias, gain)
    power = (bias / largest) ** alpha + (gain / largest) ** alpha * average
    return Stable(alpha, 0.0, 0.0, largest * power ** (1.0 / alpha))


def _bounded_average(phi: Nonlinearity, law: Stable) -> float:
    """Return ``E|phi(X)|**alpha``; zeros of phi are at 0 or at its kinks."""
    centres = np.array([0.0, *phi.kinks])
    near = np.concatenate([np.add.outer(centres, side * _CLOSING_IN) for side in (-1, 1)])

    def power(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.abs(phi(x)) ** law.alpha, np.float64)

    return density_average(law, power, [*centres, *near.ravel()])


def _is_bounded(phi: Nonlinearity) -> bool:
    """Whether phi is bounded, and not linear on either side; others are refused."""
    if isinstance(phi, LINEAR_SIDES):
        return False
    if max(phi.growth) > 0.0 or isinstance(phi, Sin | Cos):
        raise _refusal(f"{phi}, which is not bounded or linear on either side of 0, or is periodic")
    return True


def _at_least_zero(argument: str, value: float) -> float:
    number = finite(argument, value)
    if number < 0.0:
        raise ValueError(f"{argument} must be at least 0, not {number}.")
    return number


def _refusal(part: str) -> ValueError:
    return ValueError(f"there is no stable limit for {part}.")
