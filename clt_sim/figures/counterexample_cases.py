"""Families of sums that do not become normal, or more slowly than one might think."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import laws
from clt_sim.models import RandomNetwork, WeightedSum
from clt_sim.theory.stable_limit import stable_limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.models import Model

    _Curve = NDArray[np.float64]

MOST_N = 4096
_SCALE_WEIGHTS = 0.5 ** np.arange(MOST_N)
_CORRELATION = 0.2


@dataclass(frozen=True, slots=True)
class Case:
    """A family of sums, one for each n, and what is known of it.

    Parameters
    ----------
    title : str
        What is wrong, and what becomes of it.
    model : callable
        The model of n terms.
    same : callable, optional
        A model of the same law for which there is an exact route, if not that of `model`.
    values : callable, optional
        Draws, as ``values(n, draws, seed)``, where `model` is not what is drawn.
    limit : callable, optional
        The law of the limit, at any location and scale.
    exponent : float, optional
        That of the power of 1/n with which the distance falls.
    by_quartiles : bool
        Whether sums are scaled by their median and quartiles, for want of a variance.
    count : str
        What n is the number of.
    base, most : int
        The n are powers of the base, up to the largest.
    """

    title: str
    model: Callable[[int], Model]
    same: Callable[[int], Model] | None = None
    values: Callable[[int, int, int], _Curve] | None = None
    limit: Callable[[], laws.Law] | None = None
    exponent: float | None = None
    by_quartiles: bool = False
    count: str = "number of terms $n$"
    base: int = 4
    most: int = MOST_N

    def ns(self, largest: int) -> list[int]:
        """Return the n that are drawn."""
        powers = (self.base**k for k in range(MOST_N.bit_length()))
        return [n for n in powers if n <= min(largest, self.most)]


def _sums(inputs: str) -> Callable[[int], WeightedSum]:
    return lambda n: WeightedSum(n, inputs, weights=1.0)


def _equicorrelated(n: int) -> WeightedSum:
    dependence = f"equicorrelated(correlation={_CORRELATION})"
    return WeightedSum(n, "exponential", weights=1.0, dependence=dependence)


def _shared_and_own(n: int) -> WeightedSum:
    """Return the equicorrelated sum as one of n + 1 independent terms; its mean is another."""
    shared, own = n * math.sqrt(_CORRELATION), math.sqrt(1.0 - _CORRELATION)
    return WeightedSum(n + 1, "exponential", weights=[shared, *[own] * n])


def _hidden_units(n: int) -> tuple[_Curve, _Curve]:
    """Return the weights into and out of the first n units of one fixed network."""
    rows = np.random.default_rng(0).standard_normal((MOST_N, 2))[:n]
    return rows[:, 0], rows[:, 1]


def _one_input(n: int) -> WeightedSum:
    """Return the network as ``a*relu(x) + b*relu(-x)``, a leaky ReLU of slope -b/a times a."""
    into, out = _hidden_units(n)
    right, left = float(out @ np.maximum(into, 0.0)), float(out @ np.maximum(-into, 0.0))
    if right == 0.0:  # -S has the law of the mirrored network
        return WeightedSum(1, "normal", "relu", weights=left)
    return WeightedSum(1, "normal", f"leaky-relu(slope={-left / right!r})", weights=right)


def _outputs(n: int, draws: int, seed: int) -> _Curve:
    """Return outputs of the network for normal inputs, unit by unit."""
    into, out = _hidden_units(n)
    x = np.random.default_rng(seed).standard_normal(draws)
    total = np.zeros(draws)
    for first, second in zip(into, out, strict=True):
        total += second * np.maximum(first * x, 0.0)
    return total


CASES = {
    "control": Case("what should happen: uniform terms; $1/n$", _sums("uniform"), exponent=1.0),
    "lattice": Case(
        "jumps: signs $\\pm 1$; symmetric, yet only $n^{-1/2}$", _sums("rademacher"), exponent=0.5
    ),
    "third-moment": Case(
        "no third moment: Student's $t$ with 2.5 d.f.; $n^{-1/4}$",
        _sums("student-t(df=2.5)"),
        exponent=0.25,
    ),
    "variance": Case(
        "no variance: Pareto of index 1.5; limit stable",
        _sums("pareto(shape=1.5)"),
        limit=lambda: stable_limit(WeightedSum(1, "pareto(shape=1.5)", weights=1.0)),
        by_quartiles=True,
    ),
    "mean": Case("no mean: Cauchy; the sum is Cauchy", _sums("cauchy"), by_quartiles=True),
    "dominating-weight": Case(
        "one weight dominates: signs, $w_i = 2^{-i}$; limit uniform",
        lambda n: WeightedSum(n, "rademacher", weights=_SCALE_WEIGHTS[:n]),
        limit=laws.Uniform,
    ),
    "random-scale": Case(
        "a shared random scale: $x_i = R z_i$; the law stays",
        lambda n: WeightedSum(n, weights=1.0, dependence="random-scale(factor='exponential')"),
        same=lambda n: WeightedSum(1, "exponential", weights="normal"),  # noqa: ARG005 - all n
    ),
    "shared-part": Case(
        f"correlation {_CORRELATION:g}: exponential terms; limit exponential",
        _equicorrelated,
        same=_shared_and_own,
        limit=laws.Exponential,
    ),
    "one-input": Case(
        "one input, fixed weights: a ReLU network of width $n$",
        _one_input,
        values=_outputs,
        count="width $n$",
    ),
    "one-unit": Case(
        "one unit a layer: random ReLU networks; all becomes 0",
        lambda n: RandomNetwork([1] * n, "relu"),
        count="hidden layers $n$",
        base=2,
        most=8,  # beyond, a short run may have no draw that is not 0
    ),
}
