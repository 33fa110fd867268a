"""The exact law of a pre-activation after layers of Gaussian weights."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.network_mixture import NormalScaleMixture
from clt_sim.exact.network_variance import variance_nodes
from clt_sim.laws.base import NO_ATOMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.network_layer import NetworkLayer

_KINDS = {0.0: "ReLU", 1.0: "linear"}
_POLE = 400.0
"""A density at 0 that draws on K so far below its mean, in the logarithm, is infinite there."""
_SAFETY = 4.0
_ROUNDING = 3e-13
"""That of a logarithm of 700, and of the sums."""
_ROUNDING_OF_UNIT = 1e-15


@dataclass(frozen=True, slots=True, repr=False)
class NetworkLaw(ExactLaw):
    """The law of a random network with normal weights, whose squared outputs scale with variance.

    Given the layer before, a pre-activation is normal with mean 0 and variance K. So its law is a
    mixture of normal laws, over the law of K, which is followed from layer to layer in
    `variance_nodes`. All functions are sums of numbers that are not below 0, and right to relative
    error in both tails.

    Parameters
    ----------
    layers : tuple of NetworkLayer
        The hidden layers.
    first_variance : float
        The variance of the pre-activations of the first of them, above 0.
    gain : float
        The variance of weights, times the fan-in, above 0.
    bias_variance : float
        The variance of the biases, at least 0.

    Attributes
    ----------
    error : float
        Bound on the absolute error of ``cdf`` and ``sf``, and on the relative error of ``pdf``
        and of both tails, from the rounding, from how far the mass and two moments of K on the
        nodes are from their closed forms, and from how far tables of densities are from these.

    Raises
    ------
    NoExactLaw
        If moments of K are outside the range of doubles, or a layer takes too many nodes.

    Notes
    -----
    The density is infinite at 0 if there is no bias and the numbers of degrees of freedom of a
    layer can be 1: a width of 1, or ReLU. Where that shows at no other double, as with ReLU layers
    of more than 70 units, its value at 0 is the one beside it. Closer to 0 than 1e-95 standard
    deviations the density keeps the value there.

    Examples
    --------
    Two units without a nonlinearity give the Laplace law:

    >>> import clt_sim as clt
    >>> from clt_sim.exact.network_layer import NetworkLayer
    >>> law = NetworkLaw((NetworkLayer(2, slope=1.0),), 1.0, 1.0, 0.0)
    >>> laplace = clt.laws.Laplace(scale=0.5**0.5)
    >>> bool(abs(law.pdf(20.0) / laplace.pdf(20.0) - 1.0) < 1e-12)
    True
    >>> law.moment(4) / law.variance**2
    6.0
    """

    method: ClassVar[str] = "random-network"

    layers: tuple[NetworkLayer, ...]
    first_variance: float
    gain: float
    bias_variance: float
    error: float = field(init=False, compare=False)
    _mixture: NormalScaleMixture = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Follow the variance through the layers."""
        closed = [self._alive, *self._first_two_moments()]
        nodes = variance_nodes(self.layers, self.first_variance, self.gain, self.bias_variance)
        off = max(abs(nodes.moment(k) / closed[k] - 1.0) for k in range(3))
        units = sum(layer.width for layer in self.layers)
        of_tables = math.fsum(layer.error for layer in self.layers)
        error = _SAFETY * off + 2.0 * of_tables + _ROUNDING + _ROUNDING_OF_UNIT * units
        object.__setattr__(self, "_mixture", NormalScaleMixture.of(nodes))
        object.__setattr__(self, "error", error)

    @property
    def _alive(self) -> float:
        """The mass that is not in an atom at 0."""
        if self.bias_variance:
            return 1.0
        return math.prod(1.0 - layer.dead for layer in self.layers)

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def atoms(self) -> Mapping[float, float]:
        """The 0 of networks without biases in which all units of a ReLU layer are off."""
        if self.bias_variance or not any(layer.dead for layer in self.layers):
            return NO_ATOMS
        return {0.0: -math.expm1(sum(math.log1p(-layer.dead) for layer in self.layers))}

    @property
    def kinks(self) -> tuple[float, ...]:
        """The place 0, if there is no bias."""
        return () if self.bias_variance else (0.0,)

    def _moment(self, k: int) -> float:
        """Return ``E[h**k]``, that is ``(k - 1)!! E[K**(k/2)]`` for even k."""
        if k % 2:
            return 0.0
        moment = math.prod(range(1, k, 2)) * self._variance_moments(k // 2)[-1]
        if not math.isfinite(moment):
            raise OverflowError
        return moment

    def _first_two_moments(self) -> list[float]:
        """Return ``E[K]`` and ``E[K**2]``, or refuse what doubles cannot hold."""
        try:
            moments = self._variance_moments(2)[1:]
        except OverflowError:
            moments = [math.inf]
        if not all(sys.float_info.min < moment < math.inf for moment in moments):
            raise NoExactLaw("the moments of the variance are outside the range of floats.")
        return moments

    def _variance_moments(self, most: int) -> list[float]:
        """Return the moments of K of orders 0 to `most`, by the binomial theorem in each layer."""
        moments = [self.first_variance**k for k in range(most + 1)]
        for layer in self.layers:
            unit = self.gain / layer.width
            own = layer.moments(most)
            scaled = [unit**k * own[k] * moments[k] for k in range(most + 1)]
            moments = [
                math.fsum(
                    math.comb(k, j) * self.bias_variance ** (k - j) * scaled[j]
                    for j in range(k + 1)
                )
                for k in range(most + 1)
            ]
        return moments

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the part without the atom; infinite at a pole at 0."""
        x = real_numbers("x", x)
        density = _on_magnitudes(self._mixture.density, x)
        least = 2.0 * math.log(self._mixture.sds[0])
        if least < math.log(self.variance) - _POLE and not self.bias_variance:
            density[x == 0.0] = math.inf
        return density

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(h <= x)``, right to relative error below 0."""
        x = real_numbers("x", x)
        tail = _on_magnitudes(self._mixture.tail, x)
        return np.where(x < 0.0, tail, 1.0 - tail)

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(h > x)``, right to relative error from 0 on."""
        x = real_numbers("x", x)
        tail = _on_magnitudes(self._mixture.tail, x)
        return np.where(x < 0.0, 1.0 - tail, tail)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``, for `p` in [0, 1]; nan outside.

        Right to relative error but for what a double near 1 has lost of its tail.
        """
        p = real_numbers("p", p)
        q = np.minimum(p, 1.0 - p)
        result = np.where((p >= 0.0) & (p <= 1.0), 0.0, np.nan)
        outside = (q > 0.0) & (q < 0.5 * self._alive)
        result[outside] = self._mixture.tail_quantile(q[outside])
        result[q == 0.0] = math.inf
        return np.asarray(np.where(p < 0.5, -result, result) + 0.0)  # and -0 becomes 0

    def __str__(self) -> str:
        """Say the law in one line."""
        widths = "-".join(str(layer.width) for layer in self.layers)
        kind = _KINDS.get(self.layers[0].slope, "leaky ReLU")
        return (
            f"{self.method} law of {kind} layers {widths}, variance {self.variance:g}, relative"
            f" error below {1.05 * self.error:.1e}"
        )

    __repr__ = __str__


def _on_magnitudes(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Apply a function of |x| that vanishes at infinity, in the shape of x; nan stays nan."""
    result = np.where(np.isnan(x), np.nan, 0.0)
    finite = np.isfinite(x)
    result[finite] = function(np.abs(x[finite]))
    return result
