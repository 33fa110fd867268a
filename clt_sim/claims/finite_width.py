"""Claims about pre-activations of random networks of finite width, over their weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, REACH, Finding, finding
from clt_sim.engine import simulate, simulate_conditional
from clt_sim.exact import exact
from clt_sim.gaussianity import gaussianity
from clt_sim.models import RandomNetwork, WeightedSum
from clt_sim.models.fixed import FixedInputs
from clt_sim.theory import fit_rate

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate
    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.laws import Law
    from clt_sim.summaries import NormalMixture

_RELU_SHAPES = ((10, 1), (10, 3), (10, 10), (100, 1), (100, 3), (100, 10))
_TANH_SHAPES = ((10, 1, True), (10, 3, True), (100, 3, False))
"""Width, hidden layers, and whether the claim rests on it."""
_WIDE = (1000, 1)
_RATE_WIDTHS, _RATE_DEPTH = (50, 100, 200, 400), 3
_UNIT_VARIANCE = math.sqrt(0.5)
"""The input with which every pre-activation of ReLU layers of weight variance 2 has variance 1."""
_TANH_DRAWS = {"draft": 200_000, "paper": 10_000_000}
_FORMULA_CASES: tuple[tuple[tuple[int, ...], str], ...] = (
    ((10,), "conditional"),
    ((10, 10, 10), "conditional"),
    ((50, 20, 10), "conditional"),
    ((100,) * 10, "conditional"),
    ((10,), "direct"),
    ((20, 20), "direct"),
)
_KURTOSIS_DRAWS = {"draft": 3_000_000, "paper": 20_000_000}


@registry.register
@dataclass(frozen=True, slots=True)
class FiniteNetworksNotGaussian(Claim):
    """The standardised distance of pre-activations to the normal law is above a margin.

    Networks of ReLU layers have an exact law; of tanh layers the distance is that of the average
    of the normal laws that pre-activations have given the layer before. Distances are between
    shapes: of standardised values. Raw distances to N(0,1), which mix shape and scale, are among
    the conditions.

    Parameters
    ----------
    margin : float
        What the Kolmogorov distance must be above to be called not Gaussian: an error of so much in
        the probability of being below some value.
    """

    name: ClassVar[str] = "finite-networks-not-gaussian"
    statement: ClassVar[str] = (
        "Over random weights, pre-activations of networks of finite width are not Gaussian."
    )
    source: ClassVar[Source] = Source(
        "Wolinski & Arbel 2022, Gaussian Pre-Activations in Neural Networks: Myth or Reality?",
        "abstract",
        "Although this convenient Gaussian hypothesis can be justified when the number of neurons"
        " per layer tends to infinity, it is challenged by both theoretical and experimental"
        " work[s] for finite-width neural networks.",
    )
    rule: ClassVar[str] = (
        "Holds if the Kolmogorov distance of the standardised pre-activation to the normal law is"
        " above the margin of 0.001 with ReLU layers (weight variance 2) of width 10 and 100 at"
        " depths 1, 3 and 10, and with tanh layers (weight variance 1.46, bias variance 0.013) of"
        " width 10 at depths 1 and 3."
    )
    turns: ClassVar[str] = (
        "The distance falls like 1/width and passes any margin. It is 0 before the first"
        " nonlinearity: normal weights at a fixed input make a normal pre-activation. A raw"
        " distance to N(0,1) says little about shape unless the variance is 1."
    )

    margin: float = 0.001

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "margin", positive("margin", self.margin))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Compute exact laws, and simulate tanh networks."""
        known = _distances_of_relu(work.part(0, 2))
        found = [*self._of_relu(known), *self._of_scale(), self._of_no_hidden_layer(), _fall(known)]
        return [*found, *self._of_tanh(_TANH_DRAWS[quality], seed, work.part(1, 2))]

    def _finding(self, question: str, distance: Estimate, *, decides: bool) -> Finding:
        return finding(question, distance, "above", self.margin, decides=decides)

    def _of_relu(self, known: dict[tuple[int, int], Estimate]) -> Iterator[Finding]:
        for shape in _RELU_SHAPES:
            yield self._finding(_named("ReLU", *shape), known[shape], decides=True)
        yield self._finding(_named("ReLU", *_WIDE), known[_WIDE], decides=False)

    def _of_scale(self) -> Iterator[Finding]:
        """Yield raw distances of one network at two inputs: one shape, two scales."""
        for variance, value in ((2, 1.0), (1, _UNIT_VARIANCE)):
            law = exact(_relu(1000, 1, value))
            question = f"raw distance to N(0,1), {_shape('ReLU', 1000, 1)}, variance {variance}"
            yield self._finding(question, _distance(law, standardize=False), decides=False)

    def _of_no_hidden_layer(self) -> Finding:
        law = exact(WeightedSum(10, FixedInputs([1.0] * 10), "identity", "normal"))
        question = "standardised distance before the first nonlinearity, 10 fixed inputs"
        return self._finding(question, _distance(law), decides=False)

    def _of_tanh(self, draws: int, seed: int, work: Work) -> Iterator[Finding]:
        for index, (width, depth, decides) in enumerate(_TANH_SHAPES):
            work.progress("tanh networks", index / len(_TANH_SHAPES))
            network = RandomNetwork(
                [width] * depth, "tanh", weight_variance=1.46, bias_variance=0.013
            )
            mixture = simulate_conditional(network, draws, seed=seed, executor=work.executor)
            distance = _distance(mixture)
            yield self._finding(_named("tanh", width, depth), distance, decides=decides)


@registry.register
@dataclass(frozen=True, slots=True)
class KurtosisOfReluNetworks(Claim):
    """The simulated kurtosis of ReLU networks is a product over the hidden layers.

    Parameters
    ----------
    within : float
        What the relative difference of simulation and formula must be below.
    """

    name: ClassVar[str] = "kurtosis-of-relu-networks"
    statement: ClassVar[str] = (
        "Over normal weights, at a fixed input and without biases, the pre-activation after ReLU"
        " layers of widths n_1 to n_L has the kurtosis 3 (1 + 5/n_1) ... (1 + 5/n_L)."
    )
    source: ClassVar[Source] = Source(
        "Zavatone-Veth & Pehlevan 2021, Exact marginal prior distributions of finite Bayesian"
        " neural networks; Hanin & Nica 2020, Products of Many Large Random Matrices and Gradients"
        " in Deep Neural Networks",
        "moments of the output at finite width",
    )
    rule: ClassVar[str] = (
        "Holds if the kurtosis in simulations differs from the formula by less than 2 % in six"
        " networks of widths from 10 to 100 and one to ten hidden layers, in two of which every"
        " weight is drawn."
    )
    turns: ClassVar[str] = (
        "The weight variance does not matter. Biases make the kurtosis smaller, random inputs"
        " larger; weights that are not normal and other nonlinearities have other formulas."
    )

    within: float = 0.02

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "within", positive("within", self.within))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Simulate each network, and compare its kurtosis with the formula."""
        draws, cases = _KURTOSIS_DRAWS[quality], (*_formula_cases(), *_other_cases())
        found = []
        for index, (words, network, decides) in enumerate(cases):
            work.progress(words, index / len(cases))
            found.append(self._of(words, network, draws, seed, work, decides=decides))
        return found

    def _of(
        self,
        words: str,
        network: RandomNetwork,
        draws: int,
        seed: int,
        work: Work,
        *,
        decides: bool,
    ) -> Finding:
        """Return the size of the relative difference of one network."""
        draw = simulate_conditional if network.sampler == "conditional" else simulate
        excess = draw(network, draws, seed=seed, executor=work.executor).excess_kurtosis
        formula = relu_kurtosis(network.widths)
        difference = abs((excess.value + 3.0) / formula - 1.0)
        reach = REACH * excess.stderr / formula
        low, high = max(difference - reach, 0.0), difference + reach
        question = f"relative difference from {formula:.5g}, {words}"
        return Finding(question, difference, low, high, "below", self.within, decides)


def relu_kurtosis(widths: Sequence[int]) -> float:
    """Return ``3 prod_l (1 + 5/n_l)``.

    Given the layer before, a pre-activation is normal with variance K. A layer multiplies
    ``E[K^2]/E[K]^2`` by ``1 + (m4/m2^2 - 1)/n``, with the moments ``m2 = 1/2`` and ``m4 = 3/2`` of
    ReLU of N(0,1).

    Examples
    --------
    >>> relu_kurtosis([10, 10, 10])
    10.125
    """
    return 3.0 * math.prod(1.0 + 5.0 / width for width in widths)


def _formula_cases() -> Iterator[tuple[str, RandomNetwork, bool]]:
    for widths, sampler in _FORMULA_CASES:
        words = f"ReLU layers {_listed(widths)}, {sampler} sampler"
        yield words, RandomNetwork(widths, sampler=sampler), True


def _other_cases() -> Iterator[tuple[str, RandomNetwork, bool]]:
    widths = (10, 10)
    yield "weight variance 1", RandomNetwork(widths, weight_variance=1.0), False
    yield "biases of variance 1", RandomNetwork(widths, bias_variance=1.0), False
    yield "10 normal inputs", RandomNetwork(widths, inputs="normal", input_width=10), False
    yield "uniform weights", RandomNetwork(widths, weights="uniform(low=-1, high=1)"), False
    yield "tanh layers", RandomNetwork(widths, "tanh"), False


def _listed(widths: Sequence[int]) -> str:
    same = len(widths) > 1 and len(set(widths)) == 1
    return f"{len(widths)} of {widths[0]}" if same else ", ".join(map(str, widths))


def _relu(width: int, depth: int, value: float = 1.0) -> RandomNetwork:
    return RandomNetwork([width] * depth, "relu", inputs=[value])


def _shape(nonlinearity: str, width: int, depth: int) -> str:
    layers = "layer" if depth == 1 else "layers"
    return f"{depth} {nonlinearity} {layers} of width {width}"


def _named(nonlinearity: str, width: int, depth: int) -> str:
    return f"standardised distance, {_shape(nonlinearity, width, depth)}"


def _distance(source: ExactLaw | Law | NormalMixture, *, standardize: bool = True) -> Estimate:
    report = gaussianity(source, measures=["kolmogorov"], standardize=standardize)
    return report["kolmogorov"]


def _distances_of_relu(work: Work) -> dict[tuple[int, int], Estimate]:
    """Return the standardised distances of ReLU networks, by width and depth."""
    rates = [(width, _RATE_DEPTH) for width in _RATE_WIDTHS]
    shapes = list(dict.fromkeys([*_RELU_SHAPES, _WIDE, *rates]))

    def words(shape: tuple[int, int]) -> str:
        return f"exact law of {_shape('ReLU', *shape)}"

    return dict(zip(shapes, work.map(_distance_of_relu, shapes, words), strict=True))


def _distance_of_relu(shape: tuple[int, int]) -> Estimate:
    return _distance(exact(_relu(*shape)))


def _fall(known: dict[tuple[int, int], Estimate]) -> Finding:
    """Return the power of 1/width by which the distance falls."""
    distances = [known[width, _RATE_DEPTH].value for width in _RATE_WIDTHS]
    fit = fit_rate(_RATE_WIDTHS, distances, confidence=CONFIDENCE)
    question = "power of 1/width by which it falls, 3 ReLU layers of widths 50 to 400"
    return Finding(question, fit.exponent, *fit.interval, "above", 0.9, decides=False)
