"""Networks of finite width: the moments of what their outputs are mixtures of.

Given the last hidden layer h, an output ``z = b + sum_j W_j h_j`` has the variance
``K = bias_variance + weight_variance*mean(h^2)``, which differs between networks. Its first two
moments follow from those of the layer before: exactly where ``E[phi(z)^2]`` and ``E[phi(z)^4]``
are multiples of ``E[z^2]`` and ``E[z^4]``, and otherwise as an expansion in 1/width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim._validation import finite, whole
from clt_sim.tables import Facts, Table
from clt_sim.theory.output_moments import output_moments

if TYPE_CHECKING:
    from clt_sim.models import RandomNetwork


@dataclass(frozen=True, slots=True)
class Prediction(Facts):
    """A number of a network of finite width, and whether it is exact.

    Parameters
    ----------
    value : float
        The number.
    exact : bool
        Whether it is exact but for rounding. Otherwise the terms of order 1/width are in it, and
        those of the next order are not.

    Examples
    --------
    >>> print(Prediction(4.5, exact=True), Prediction(3.25, exact=False), sep="; ")
    4.5 (exact); 3.25 (to order 1/width)
    """

    value: float
    exact: bool

    def __float__(self) -> float:
        """Return the value."""
        return self.value

    def _as_tables(self) -> Sequence[Table]:
        return [Table(str(self), (), ())]

    def __str__(self) -> str:
        """Show the value and its kind."""
        return f"{self.value:.6g} ({'exact' if self.exact else 'to order 1/width'})"


@dataclass(frozen=True, slots=True)
class KernelMoments(Facts):
    """Mean and variance of K, the variance of an output given the last hidden layer.

    Parameters
    ----------
    mean : float
        ``E[K]``, which is the variance of the output.
    variance : float
        ``Var[K]``, which is the covariance of the squares of two outputs.
    exact : bool
        As of a `Prediction`.
    """

    mean: float
    variance: float
    exact: bool

    @property
    def relative_variance(self) -> float:
        """``c = Var[K]/E[K]^2``; with normal weights the kurtosis is ``3 (1 + c)``."""
        return self.variance / self.mean**2


def kernel_moments(network: RandomNetwork) -> KernelMoments:
    """Return mean and variance of the conditional variance K of the output.

    They are exact for networks of the identity, the absolute value, ReLU or leaky ReLU, with or
    without biases, whose weights are independent with any law that `RandomNetwork.variance` has a
    formula for, and inputs of any kind; for any nonlinearity with one hidden layer; and for the
    sign, and the unit step with biases. With ``g = weight_variance var(w)``, ReLU and normal
    weights, ``E[K'] = s + g E[K]/2`` and ``E[K'^2] = s^2 + s g E[K] + g^2 E[K^2] (1 + 5/n)/4`` for
    the bias variance s. For other nonlinearities with normal weights and a fixed input, the mean
    and the variance are propagated to order 1/width by ``K' = s + g mean(phi(sqrt(K) Z)^2)``
    (Roberts, Yaida & Hanin, "The Principles of Deep Learning Theory", 2022, chapter 4).

    Parameters
    ----------
    network : RandomNetwork
        With random weights and without normalisation.

    Returns
    -------
    KernelMoments
        Over the same ensemble as the network.

    Raises
    ------
    ValueError
        If a part of the network has no formula (the message names it), the fourth moment of the
        output is not known to be finite, or the output is always 0.

    Examples
    --------
    >>> import clt_sim as clt
    >>> kernel_moments(clt.RandomNetwork([10], "relu"))
    KernelMoments(mean=2.0, variance=2.0, exact=True)
    """
    output = output_moments(network)
    return KernelMoments(output.square, output.product - output.square**2, output.exact)


def network_kurtosis(network: RandomNetwork) -> Prediction:
    """Return the kurtosis ``E[z^4]/E[z^2]^2`` of the output of a network of finite width.

    At a fixed input, with normal weights and no biases, it is ``3 prod_l (1 + c/n_l)`` over the
    hidden layers with ``c = E[phi(Z)^4]/E[phi(Z)^2]^2 - 1`` for a phi that is linear on either
    side of 0: c = 5 for ReLU, 2 for the identity and the absolute value. What else is exact, and
    what is known to order 1/width, is said at `kernel_moments`.

    Parameters
    ----------
    network : RandomNetwork
        With random weights and without normalisation.

    Returns
    -------
    Prediction
        The kurtosis, 3 for a normal law, over the same ensemble as the network.

    Raises
    ------
    ValueError
        As `kernel_moments`.

    Examples
    --------
    >>> import clt_sim as clt
    >>> print(network_kurtosis(clt.RandomNetwork([10, 10, 10], "relu")))
    10.125 (exact)
    >>> print(network_kurtosis(clt.RandomNetwork([50, 50], "tanh", weight_variance=1.5)))
    3.05338 (to order 1/width)
    """
    output = output_moments(network)
    return Prediction(output.fourth / output.square**2, output.exact)


def unit_correlation(network: RandomNetwork) -> Prediction:
    """Return the correlation of the squares of two units of the output layer.

    Over networks, units of one layer are uncorrelated but not independent, as they share K. With
    normal weights the correlation of their squares is ``c/(2 + 3c)`` with ``c = Var[K]/E[K]^2``;
    one ReLU layer of width n gives ``5/(2n + 15)``.

    Parameters
    ----------
    network : RandomNetwork
        With random weights and without normalisation.

    Returns
    -------
    Prediction
        The correlation, over the same ensemble as the network.

    Raises
    ------
    ValueError
        As `kernel_moments`; or if the square of the output is constant.

    Examples
    --------
    >>> import clt_sim as clt
    >>> print(unit_correlation(clt.RandomNetwork([10], "relu")))  # 5/35
    0.142857 (exact)
    """
    square, product, fourth, exact = output_moments(network)
    spread = fourth - square**2
    if spread <= 0.0:
        raise ValueError(f"the square of the output of {network} is constant.")
    return Prediction((product - square**2) / spread, exact)


def mardia_kurtosis(network: RandomNetwork, dimension: int) -> Prediction:
    """Return Mardia's kurtosis of several units of the output layer together.

    It is ``E[(z' S^-1 z)^2]`` for the vector z of p units with covariance matrix S (Mardia,
    Biometrika 57, 1970), and ``p (p + 2)`` for a normal law. With normal weights it is
    ``p (p + 2) (1 + c)`` with ``c = Var[K]/E[K]^2``, 5/n for one ReLU layer.

    Parameters
    ----------
    network : RandomNetwork
        With random weights and without normalisation.
    dimension : int
        How many units p, at least 1.

    Returns
    -------
    Prediction
        Over the same ensemble as the network.

    Raises
    ------
    TypeError, ValueError
        As `kernel_moments`; or if `dimension` is not a whole number above 0.

    Examples
    --------
    >>> import clt_sim as clt
    >>> print(mardia_kurtosis(clt.RandomNetwork([10], "relu"), dimension=2))  # 8*(1 + 5/10)
    12 (exact)
    """
    p = finite("dimension", whole("dimension", dimension, least=1))
    square, product, fourth, exact = output_moments(network)
    return Prediction(p * (fourth + (p - 1) * product) / square**2, exact)
