"""Exact laws of what normalisation over finitely many normal values returns.

Centred and scaled to mean 0 and mean square 1, m independent normal values are a uniform point on
a sphere: rotations that keep the vector of ones do not change their law. One coordinate of a
uniform point on the sphere of squared radius d in d dimensions has the density
``c (1 - x^2/d)**((d - 3)/2)`` for ``|x| < sqrt(d)``, so that ``x^2/d`` has the law
Beta(1/2, (d - 1)/2), and x a symmetric beta law, stretched to ``[-sqrt(d), sqrt(d)]``. The mean
takes one dimension away: d = m - 1.
"""

from __future__ import annotations

import math

from clt_sim._validation import finite, whole
from clt_sim.laws import Beta, Law, Rademacher

MOST_VALUES = 2**20
"""Beyond, the normalising constant of a beta density has lost too many digits."""


def batch_normalization_law(batch_size: int, *, epsilon: float = 0.0) -> Law:
    """Return the law of a unit after batch normalisation of independent normal pre-activations.

    With mean and biased variance of the batch itself, as in training (Ioffe & Szegedy 2015,
    algorithm 1), ``x^2/(m - 1)`` has the law Beta(1/2, (m - 2)/2): values are at most
    ``sqrt(m - 1)``, and the kurtosis is ``3 (m - 1)/(m + 1)``. A batch of 2 gives -1 and 1, one
    of 4 a uniform law. Mean and variance of the pre-activations do not matter.

    Parameters
    ----------
    batch_size : int
        How many examples m there are in the batch, from 2 to 2**20.
    epsilon : float
        What is added to the variance: only for 0 there is a closed law.

    Returns
    -------
    Law
        The `Beta` law on ``[-sqrt(m - 1), sqrt(m - 1)]`` with both exponents ``(m - 2)/2``, or
        `Rademacher`. It is symmetric: ``P(X > x)`` is ``cdf(-x)``, with a relative error below
        1e-11. The relative error of the density is below ``1e-14 m``.

    Raises
    ------
    TypeError, ValueError
        If `batch_size` is not a whole number from 2 to 2**20, or `epsilon` is not 0.

    Examples
    --------
    >>> law = batch_normalization_law(5)
    >>> law.support, round(law.moment(4), 12)  # the kurtosis 3*4/6
    ((-2.0, 2.0), 2.0)
    >>> print(batch_normalization_law(2))
    rademacher
    """
    size = whole("batch_size", batch_size, least=2, most=MOST_VALUES)
    _refuse(epsilon)
    return _coordinate(size - 1)


def layer_normalization_law(width: int, *, epsilon: float = 0.0) -> Law:
    """Return the law of a unit after layer normalisation of independent normal pre-activations.

    It is the law of `batch_normalization_law` with the width n of the layer in the place of the
    size of the batch (Ba, Kiros & Hinton 2016). Given the layer before, pre-activations
    of a layer with normal weights are independent and normal with one variance, which the
    normalisation removes: over networks, in a layer of any depth, the law is the same, unless the
    layer before can be all zero.

    Parameters
    ----------
    width : int
        How many units n the layer has, from 2 to 2**20.
    epsilon : float
        What is added to the variance: only for 0 there is a closed law.

    Returns
    -------
    Law
        As for a batch of n.

    Raises
    ------
    TypeError, ValueError
        If `width` is not a whole number from 2 to 2**20, or `epsilon` is not 0.

    Examples
    --------
    >>> layer_normalization_law(10) == batch_normalization_law(10)
    True
    """
    size = whole("width", width, least=2, most=MOST_VALUES)
    _refuse(epsilon)
    return _coordinate(size - 1)


def rms_normalization_law(width: int, *, epsilon: float = 0.0) -> Law:
    """Return the law of a unit after RMS normalisation of independent normal pre-activations.

    Without a mean to subtract (Zhang & Sennrich 2019), ``x^2/n`` has the law
    Beta(1/2, (n - 1)/2) and the kurtosis is ``3 n/(n + 2)``: the law after layer normalisation of
    n + 1 units.

    Parameters
    ----------
    width : int
        How many units n the layer has, from 1 to 2**20.
    epsilon : float
        What is added to the mean square: only for 0 there is a closed law.

    Returns
    -------
    Law
        The `Beta` law on ``[-sqrt(n), sqrt(n)]`` with both exponents ``(n - 1)/2``, or
        `Rademacher` for one unit.

    Raises
    ------
    TypeError, ValueError
        If `width` is not a whole number from 1 to 2**20, or `epsilon` is not 0.

    Examples
    --------
    >>> rms_normalization_law(3) == layer_normalization_law(4)
    True
    """
    size = whole("width", width, least=1, most=MOST_VALUES)
    _refuse(epsilon)
    return _coordinate(size)


def _coordinate(dimensions: int) -> Law:
    """Return the law of a coordinate of a uniform point on a sphere of this squared radius."""
    if dimensions == 1:
        return Rademacher()
    radius, exponent = math.sqrt(dimensions), 0.5 * (dimensions - 1)
    return Beta(exponent, exponent, -radius, radius)


def _refuse(epsilon: float) -> None:
    if finite("epsilon", epsilon) != 0.0:
        raise ValueError(
            f"epsilon must be 0, not {epsilon}: with a number added to the variance the law has"
            " no closed form, and depends on the variance."
        )
