"""The claim that dividing units by their root mean square makes pre-activations Gaussian."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim import nonlinearities
from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, REACH, Finding
from clt_sim.engine import simulate, simulate_conditional
from clt_sim.models import RandomNetwork
from clt_sim.verdicts import is_gaussian

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

_PHIS = ("relu", "tanh", "sigmoid")
_WIDTHS = (12, 12)
_NARROW = (2, 2)
_DRAWS = {"draft": 150_000, "paper": 4_000_000}
_CHUNK = 2**21
"""Weights that are drawn at once."""
_KURTOSIS = 0.1
"""What the size of an excess kurtosis must be below."""


@registry.register
@dataclass(frozen=True, slots=True)
class RmsNormRestoresGaussianity(Claim):
    """Over normal weights, pre-activations of normalised units have the normal law itself.

    Given units u of the root mean square 1, a sum of them with normal weights of the variance v/n
    is ``N(0, v)``, whatever u is: the variance that makes networks of finite width mixtures of
    normal laws is constant. That needs the norm of what the weights multiply, after the
    nonlinearity. Where the pre-activations Wu + b are normalised and then go through the
    nonlinearity, as `RandomNetwork` does it, the variance is constant with the identity alone.
    For the former, every weight is drawn, and the distance of the draws to the law that theory
    gives has the interval of a certificate; the latter is the average of the normal laws given
    the layer before, where it has such laws.

    Parameters
    ----------
    within : float
        What the Kolmogorov distance must be below.
    """

    name: ClassVar[str] = "rms-norm-restores-gaussianity"
    statement: ClassVar[str] = (
        "If the units u of the last hidden layer, not all 0, are divided by their root mean square,"
        " the next pre-activation, over normal weights at a fixed input, is exactly Gaussian at any"
        " width and with any nonlinearity."
    )
    source: ClassVar[Source] = Source(
        "Zhang & Sennrich 2019, Root Mean Square Layer Normalization",
        "the definition of RMSNorm, of which the claim is a consequence",
    )
    rule: ClassVar[str] = (
        "Holds if after two layers of 12 units of ReLU, tanh and sigmoid, the last divided by its"
        " root mean square, the Kolmogorov distance of the pre-activation to N(0,1) is below 0.01,"
        " and if with the identity, where normalising Wu + b is the same, the excess kurtosis"
        " after two layers of 8 units is between -0.1 and 0.1."
    )
    turns: ClassVar[str] = (
        "It needs normal weights, and the norm of u: that of Wu + b before ReLU lowers the excess"
        " kurtosis to about 9/(n + 2) only. LayerNorm does as RMSNorm does, and batch normalisation"
        " does not. All n units of a ReLU layer are off with the probability 2^-n, which leaves an"
        " atom at 0."
    )

    within: float = 0.01

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "within", positive("within", self.within))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Draw networks with normalised units, and simulate those with normalised Wu + b."""
        draws, rng = _DRAWS[quality], np.random.default_rng(seed)
        found = []
        for index, phi in enumerate(_PHIS):
            work.progress(f"normalised units of {phi}", index / (len(_PHIS) + 1))
            found.append(self._of_units(phi, _WIDTHS, draws, rng, decides=True))
        work.progress("normalised pre-activations, and conditions", len(_PHIS) / (len(_PHIS) + 1))
        found.append(self._of_units("relu", _NARROW, draws, rng, decides=False))
        found.append(self._of_units("relu", _WIDTHS, draws, rng, normalize=False, decides=False))
        return [*found, *_of_networks(draws, seed, work)]

    def _of_units(
        self,
        phi: str,
        widths: Sequence[int],
        draws: int,
        rng: np.random.Generator,
        *,
        normalize: bool = True,
        decides: bool,
    ) -> Finding:
        """Return the distance of draws to N(0,1) with its certificate."""
        values = pre_activations(phi, widths, draws, rng, normalize=normalize)
        verdict = is_gaussian(values, within=self.within, standardize=False, confidence=CONFIDENCE)
        done = "RMS norm of u" if normalize else "no normalisation"
        question = f"distance to N(0,1), {phi}, {len(widths)} layers of {widths[0]}, {done}"
        return Finding(question, verdict.value, *verdict.interval, "below", self.within, decides)


def pre_activations(
    phi: str,
    widths: Sequence[int],
    draws: int,
    rng: np.random.Generator,
    *,
    normalize: bool = True,
) -> NDArray[np.float64]:
    """Return a pre-activation after hidden layers of random networks, every weight drawn.

    Parameters
    ----------
    phi : str
        The nonlinearity.
    widths : sequence of int
        Of the hidden layers. Weights are normal, of the variance 1/fan-in times what keeps the
        variance of pre-activations at 1, without normalisation, in networks of great width; the
        input is the number 1, and there are no biases.
    draws : int
        How many networks.
    rng : Generator
        Draws the weights.
    normalize : bool
        Whether the last hidden layer is divided by its root mean square, where that is not 0.
        Weights after it have the variance 1/fan-in.

    Returns
    -------
    ndarray of float64, shape (draws,)
        One of each network, of variance 1.
    """
    function = nonlinearities.get(phi)
    gain = 1.0 / function.gaussian_moment(2)
    values = np.empty(draws)
    step = max(_CHUNK // max(widths) ** 2, 1)
    for start in range(0, draws, step):
        count = min(step, draws - start)
        hidden = function(rng.standard_normal((count, widths[0])))
        for width in widths[1:]:
            weights = rng.standard_normal((count, width, hidden.shape[1]))
            sums = np.einsum("ijk,ik->ij", weights, hidden)
            hidden = function(sums * math.sqrt(gain / hidden.shape[1]))
        hidden = _divided(np.asarray(hidden, np.float64)) if normalize else hidden * math.sqrt(gain)
        weights = rng.standard_normal(hidden.shape) / math.sqrt(hidden.shape[1])
        values[start : start + count] = np.einsum("ij,ij->i", weights, hidden)
    return values


def _divided(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows divided by their root mean square; rows of zeros stay."""
    size = np.sqrt(np.mean(units**2, axis=1, keepdims=True))
    return np.divide(units, size, out=np.zeros_like(units), where=size > 0.0)


def _of_networks(draws: int, seed: int, work: Work) -> Iterator[Finding]:
    """Yield the excess kurtosis of networks in which Wu + b is normalised."""
    for words, network, decides in _networks():
        draw = simulate_conditional if network.sampler == "conditional" else simulate
        excess = draw(network, draws, seed=seed, executor=work.executor).excess_kurtosis
        size, reach = abs(excess.value), REACH * excess.stderr
        low, high = max(size - reach, 0.0), size + reach
        question = f"size of the excess kurtosis, 2 layers of 8, {words}"
        yield Finding(question, size, low, high, "below", _KURTOSIS, decides)


def _networks() -> Iterator[tuple[str, RandomNetwork, bool]]:
    network = functools.partial(RandomNetwork, (8, 8))
    identity = functools.partial(network, "identity", normalization="rms")
    yield "identity, RMS norm of Wu", identity(), True
    yield "identity, RMS norm of Wu + b, biases of variance 1/2", identity(bias_variance=0.5), False
    uniform = identity(weights="uniform(low=-1, high=1)")
    yield "identity, RMS norm of Wu, uniform weights", uniform, False
    yield "identity, LayerNorm of Wu", network("identity", normalization="layer"), False
    batch = network(
        "identity", normalization="batch", inputs="normal", input_width=8, batch_size=16
    )
    yield "identity, batch norm of Wu over 16 draws of 8 normal inputs", batch, False
    yield "ReLU, RMS norm of Wu before ReLU", network("relu", normalization="rms"), False
    yield "ReLU, no normalisation", network("relu"), False
