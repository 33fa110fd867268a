"""The claim that a ReLU network of one input has no Gaussian output, however wide it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtri

from clt_sim import nonlinearities
from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, Finding, finding
from clt_sim.exact import exact
from clt_sim.gaussianity import gaussianity
from clt_sim.models import RandomNetwork
from clt_sim.theory import nngp_kernel
from clt_sim.verdicts.sources import median_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

GAIN = 2.0
"""Weight variance, of all networks here."""
DEPTH = 2
WIDTHS = (16, 64, 256)
BIASES = (0.0, 0.1)
"""Bias variances."""
PLACES = 501
"""Inputs on the line: the middle of each of so many parts of equal probability."""
_ROWS = 1000
"""Inputs that are drawn where there are many dimensions."""
_NETWORKS = {"draft": 60, "paper": 1000}
_MANY = {"draft": 30, "paper": 400}


@registry.register
@dataclass(frozen=True, slots=True)
class OneInputReluNetworksStayNonGaussian(Claim):
    """The distance over the inputs, at fixed weights, does not fall with the width.

    The networks have two ReLU layers of normal weights with weight variance 2; the input is
    N(0,1). Weights are drawn, and the distance is that of the output over all inputs, from 501
    inputs of equal probability in place of draws, which moves it by some thousandths at most. The
    limit of infinite width is a draw of the Gaussian process of the network: a random function,
    of which the input is drawn through one.

    Parameters
    ----------
    margin : float
        What the median of the Kolmogorov distances over networks must be above.
    """

    name: ClassVar[str] = "one-input-relu-networks-stay-non-gaussian"
    statement: ClassVar[str] = (
        "Over a one-dimensional input, the output of a ReLU network with fixed random weights does"
        " not become Gaussian as the widths grow."
    )
    source: ClassVar[Source] = Source(
        "Diaconis & Freedman 1984, Asymptotics of Graphical Projection Pursuit",
        "the condition that the dimension grows, which a single input does not meet",
    )
    rule: ClassVar[str] = (
        "Holds if the median over networks of the Kolmogorov distance of the standardised output"
        " over inputs is above 0.05 at the widths 16, 64 and 256 and in the limit of infinite"
        " width, both without biases and with a bias variance of 0.1."
    )
    turns: ClassVar[str] = (
        "It needs few inputs, a nonlinearity and fixed weights: with 256 independent inputs, with"
        " the identity, or over weights at a fixed input, the distance is small."
    )

    margin: float = 0.05

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "margin", positive("margin", self.margin))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Draw weights, and measure each network over its inputs."""
        rng, networks = np.random.default_rng(seed), _NETWORKS[quality]
        found: list[Finding] = []
        for index, bias_variance in enumerate(BIASES):
            work.progress(f"one input, bias variance {bias_variance:g}", index / (len(BIASES) + 1))
            found += self._of_one_input(bias_variance, networks, rng)
        work.progress("conditions", len(BIASES) / (len(BIASES) + 1))
        return [*found, *self._of_conditions(_MANY[quality], rng)]

    def _of_one_input(
        self, bias_variance: float, networks: int, rng: np.random.Generator
    ) -> Iterator[Finding]:
        inputs = one_input()
        words = f"1 input, bias variance {bias_variance:g}"
        for width in WIDTHS:
            drawn = [
                distance(outputs(inputs, [width] * DEPTH, rng, bias_variance=bias_variance))
                for _ in range(networks)
            ]
            yield self._median(f"width {width}, {words}", drawn, decides=True)
        limits = process_draws(inputs, bias_variance, networks, rng)
        drawn = [distance(values) for values in limits]
        yield self._median(f"infinite width, {words}", drawn, decides=True)

    def _of_conditions(self, networks: int, rng: np.random.Generator) -> Iterator[Finding]:
        width = WIDTHS[-1]
        drawn = [
            distance(outputs(rng.standard_normal((_ROWS, width)), [width] * DEPTH, rng))
            for _ in range(networks)
        ]
        words = f"width {width}, {width} inputs, over {_ROWS} draws, their floor included"
        yield self._median(words, drawn, decides=False)
        linear = [
            distance(outputs(one_input(), [width] * DEPTH, rng, "identity"))
            for _ in range(networks)
        ]
        yield self._median(f"width {width}, 1 input, identity", linear, decides=False)
        law = gaussianity(exact(RandomNetwork([width] * DEPTH)), measures=["kolmogorov"])
        question = f"distance over weights at a fixed input, width {width}, exact"
        yield finding(question, law["kolmogorov"], "above", self.margin, decides=False)

    def _median(self, words: str, distances: Sequence[float], *, decides: bool) -> Finding:
        """Return the median over networks with its interval of order statistics."""
        low, high = median_interval(np.sort(distances), CONFIDENCE)
        question = f"median distance over inputs, {words}"
        middle = float(np.median(distances))
        return Finding(question, middle, low, high, "above", self.margin, decides)


def one_input() -> NDArray[np.float64]:
    """Return the quantiles of N(0,1) at the levels (k + 1/2)/501, as rows of one number."""
    return np.asarray(ndtri((np.arange(PLACES) + 0.5) / PLACES))[:, None]


def outputs(
    inputs: NDArray[np.float64],
    widths: Sequence[int],
    rng: np.random.Generator,
    nonlinearity: str = "relu",
    *,
    bias_variance: float = 0.0,
) -> NDArray[np.float64]:
    """Return the output of one random network for many inputs.

    Parameters
    ----------
    inputs : ndarray of float64, shape (m, d)
        An input in each row.
    widths : sequence of int
        Of the hidden layers. Weights are normal with the variance ``GAIN/fan_in``.
    rng : Generator
        Draws weights and biases.
    nonlinearity : str
        Of the hidden layers.
    bias_variance : float
        Of the normal biases.

    Returns
    -------
    ndarray of float64, shape (m,)
        The outputs.
    """
    phi = nonlinearities.get(nonlinearity)
    values = _layer(inputs, widths[0], bias_variance, rng)
    for units in (*widths[1:], 1):
        values = _layer(np.asarray(phi(values), np.float64), units, bias_variance, rng)
    return values[:, 0]


def _layer(
    inputs: NDArray[np.float64], units: int, bias_variance: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    fan_in = inputs.shape[1]
    weights = rng.standard_normal((fan_in, units)) * math.sqrt(GAIN / fan_in)
    biases = rng.standard_normal(units) * math.sqrt(bias_variance)
    return np.asarray(inputs @ weights + biases)


def process_draws(
    inputs: NDArray[np.float64], bias_variance: float, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return draws of the Gaussian process that networks of infinite width have as their limit.

    Returns
    -------
    ndarray of float64, shape (draws, m)
        A function of the inputs in each row.
    """
    kernel = nngp_kernel(inputs, DEPTH, "relu", GAIN, bias_variance)
    variances, directions = np.linalg.eigh(kernel)
    # Rounding leaves some of the zeros below 0.
    root = directions * np.sqrt(np.maximum(variances, 0.0))
    return np.asarray(rng.standard_normal((draws, len(inputs))) @ root.T)


def distance(values: NDArray[np.float64]) -> float:
    """Return the Kolmogorov distance of standardised values to the normal law."""
    return gaussianity(values, measures=["kolmogorov"])["kolmogorov"].value
