"""The claim that units of one layer are uncorrelated and yet depend on each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, REACH, Finding, finding
from clt_sim.estimate import Estimate
from clt_sim.models import RandomNetwork
from clt_sim.theory import dual_activation, fit_rate, unit_correlation
from clt_sim.verdicts.sources import median_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

_LEAST = {10: 0.05, 100: 0.01}
"""What the correlation of squares must be above, by width."""
_DRAWS = {"draft": 500_000, "paper": 4_000_000}
_CHUNK = 2**21
"""Numbers that are drawn at once."""
_RATE_WIDTHS = (100, 200, 400, 800, 1600, 3200)
_WEIGHT_DRAWS = 101
"""Networks whose weights are fixed, each measured over all inputs."""


@registry.register
@dataclass(frozen=True, slots=True)
class UnitsUncorrelatedYetDependent(Claim):
    """The correlation of two units of a layer is near 0, and that of their squares is not.

    The units are two pre-activations after one ReLU layer of normal weights, at one input. Over
    networks they share the variance that they have given the layer before.

    Parameters
    ----------
    uncorrelated : float
        What the size of the correlation must be below.
    """

    name: ClassVar[str] = "units-uncorrelated-yet-dependent"
    statement: ClassVar[str] = (
        "Over random weights, at a fixed input, units of one layer are uncorrelated but not"
        " independent: after a ReLU layer of width n the correlation of their squares is"
        " 5/(2n + 15)."
    )
    source: ClassVar[Source] = Source(
        "Roberts, Yaida & Hanin 2022, The Principles of Deep Learning Theory", "chapter 4"
    )
    rule: ClassVar[str] = (
        "Holds if, at the widths 10 and 100, the correlation of two units is between -0.02 and"
        " 0.02 and that of their squares above 0.05 and 0.01, and if the latter is within 0.015 of"
        " 5/(2n + 15)."
    )
    turns: ClassVar[str] = (
        "The dependence falls like 1/width, grows with the depth, and goes away if the layer before"
        " is divided by its root mean square. Over inputs, at fixed weights, units are correlated."
    )

    uncorrelated: float = 0.02

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "uncorrelated", positive("uncorrelated", self.uncorrelated))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Draw networks, and correlate two units and their squares."""
        rng, draws = np.random.default_rng(seed), _DRAWS[quality]
        found: list[Finding] = []
        for index, width in enumerate(_LEAST):
            work.progress(f"units after a layer of width {width}", index / (len(_LEAST) + 1))
            units = unit_pairs(width, draws, rng)
            found += self._of_weights(width, units)
        work.progress("conditions", len(_LEAST) / (len(_LEAST) + 1))
        found.append(_normalized(draws, rng))
        return [*found, *_of_theory(), self._of_inputs(rng)]

    def _of_weights(self, width: int, units: NDArray[np.float64]) -> Iterator[Finding]:
        """Yield what the claim says of two units over networks."""
        words = f"over weights, width {width}"
        linear, squares = correlation(*units), correlation(*units**2)
        yield _size(f"size of the correlation of units {words}", linear, self.uncorrelated)
        question = f"correlation of the squares of units {words}"
        yield finding(question, squares, "above", _LEAST[width])
        formula = 5.0 / (2.0 * width + 15.0)
        off = Estimate(squares.value - formula, squares.stderr)
        question = f"difference of that of squares from {formula:.4g}, width {width}"
        yield _size(question, off, 0.015)

    def _of_inputs(self, rng: np.random.Generator) -> Finding:
        """Return the median correlation over inputs, of networks with fixed weights."""
        sizes = [abs(correlation_over_inputs(10, 10, rng)) for _ in range(_WEIGHT_DRAWS)]
        low, high = median_interval(np.sort(sizes), CONFIDENCE)
        question = "median size of the correlation of units over 10 normal inputs, width 10"
        middle = float(np.median(sizes))
        return Finding(question, middle, low, high, "below", self.uncorrelated, decides=False)


def unit_pairs(
    width: int, draws: int, rng: np.random.Generator, *, normalized: bool = False
) -> NDArray[np.float64]:
    """Return two pre-activations after one ReLU layer, of many networks.

    Given the layer before, ``sum_j W_j h_j`` with normal weights has the law of |h| times a normal
    number, which is drawn in the place of the weights of each of the two units.

    Parameters
    ----------
    width : int
        Of the ReLU layer. All weights are normal, with the variance 2 over the fan-in, without
        biases; the input is the number 1.
    draws : int
        How many networks.
    rng : Generator
        Draws the weights.
    normalized : bool
        Whether the outputs of the layer are divided by their root mean square, where that is not
        0.

    Returns
    -------
    ndarray of float64, shape (2, draws)
        A unit in each row.
    """
    units = np.empty((2, draws))
    step = max(_CHUNK // width, 1)
    for start in range(0, draws, step):
        count = min(step, draws - start)
        hidden = np.maximum(rng.standard_normal((count, width)), 0.0) * math.sqrt(2.0)
        if normalized:
            size = np.sqrt(np.mean(hidden**2, axis=1, keepdims=True))
            hidden = np.divide(hidden, size, out=np.zeros_like(hidden), where=size > 0.0)
        sd = np.sqrt(2.0 * np.mean(hidden**2, axis=1))
        units[:, start : start + count] = sd * rng.standard_normal((2, count))
    return units


def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> Estimate:
    """Return the correlation of paired draws, with the standard error of its influence function.

    For standardised a and b with correlation r that is ``a b - r (a^2 + b^2)/2``.

    Examples
    --------
    >>> print(correlation(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 1.0, 3.0])))
    0.80 ± 0.18
    """
    a, b = ((values - values.mean()) / values.std() for values in (x, y))
    value = float(np.mean(a * b))
    influence = a * b - 0.5 * value * (a**2 + b**2)
    return Estimate(value, float(np.std(influence)) / math.sqrt(a.size))


def correlation_over_inputs(dimension: int, width: int, rng: np.random.Generator) -> float:
    """Return the exact correlation of two units over normal inputs, for one draw of the weights.

    Covariances of the outputs of the ReLU layer follow from `dual_activation`, less the products
    of their means.

    Parameters
    ----------
    dimension : int
        How many independent N(0,1) inputs there are.
    width : int
        Of the ReLU layer.
    rng : Generator
        Draws all weights: of the layer, and of the two units.
    """
    first = rng.standard_normal((width, dimension))
    second = rng.standard_normal((2, width))
    sizes = np.linalg.norm(first, axis=1)
    cosines = np.clip(first @ first.T / np.outer(sizes, sizes), -1.0, 1.0)
    products = dual_activation("relu", cosines) * np.outer(sizes, sizes)
    means = sizes / math.sqrt(math.tau)
    covariance = second @ (products - np.outer(means, means)) @ second.T
    return float(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]))


def _size(question: str, estimate: Estimate, threshold: float) -> Finding:
    """Return a finding of the absolute value of an estimate."""
    size, reach = abs(estimate.value), REACH * estimate.stderr
    return Finding(question, size, max(size - reach, 0.0), size + reach, "below", threshold)


def _normalized(draws: int, rng: np.random.Generator) -> Finding:
    squares = correlation(*unit_pairs(10, draws, rng, normalized=True) ** 2)
    question = "correlation of squares over weights, width 10, divided by the root mean square"
    return finding(question, squares, "above", _LEAST[10], decides=False)


def _of_theory() -> Iterator[Finding]:
    """Yield exact correlations of squares: of a wide layer, of a deep network, and their fall."""
    for width, depth in ((1000, 1), (100, 5)):
        exact = unit_correlation(RandomNetwork([width] * depth, "relu")).value
        layers = "layer" if depth == 1 else "layers"
        question = f"exact correlation of squares, {depth} ReLU {layers} of width {width}"
        yield finding(question, Estimate(exact, 0.0), "above", _LEAST[100], decides=False)
    exacts = [unit_correlation(RandomNetwork([width], "relu")).value for width in _RATE_WIDTHS]
    fit = fit_rate(_RATE_WIDTHS, exacts, confidence=CONFIDENCE)
    question = "power of 1/width by which the correlation of squares falls, widths 100 to 3200"
    yield Finding(question, fit.exponent, *fit.interval, "above", 0.9, decides=False)
