"""The random network: a pre-activation after several layers of random weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import laws, nonlinearities
from clt_sim._validation import check_name, checked_row, finite, positive, shown, whole
from clt_sim.models import network_moments
from clt_sim.models.description import described_parts
from clt_sim.models.fixed import DataRows, FixedInputs
from clt_sim.models.weighted_sum import is_matrix, listed
from clt_sim.registry import describe
from clt_sim.tables import Facts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST_LAYERS = 1000
MOST_WIDTH = 2**14
MOST_ROWS = 2**16
"""Units of a layer times the size of a batch."""
MOST_FIXED_WEIGHTS = 2**24
NORMALIZATIONS = ("batch", "layer", "rms")
SAMPLERS = ("auto", "conditional", "direct")


@dataclass(frozen=True, slots=True)
class RandomNetwork(Facts):
    """The law of a pre-activation after the hidden layers of a network with random weights.

    With ``z_i = b_i + sum_j W_ij x_j`` of the inputs in the first hidden layer, and
    ``z_i = b_i + sum_j W_ij phi(z_j)`` of the layer before in all others, the quantity is the
    pre-activation z of one unit of the layer after the last hidden one. Each ``W_ij`` is a draw of
    the law of weights, as it is and not standardised, times ``sqrt(weight_variance/fan_in)``; each
    ``b_i`` is a draw of ``N(0, bias_variance)``. Every draw of the quantity is of another network.

    Parameters
    ----------
    widths : sequence of int
        The widths of the hidden layers, in order; at least one, each from 1 to 2**14.
    nonlinearity : Nonlinearity or str
        The function phi.
    weights : Law or str
        Law of the weights, with mean 0; a variance other than 1 multiplies `weight_variance`.
    weight_variance : float
        Of the weights, times the fan-in, where their law has variance 1; above 0.
    bias_variance : float
        Of the biases, at least 0.
    normalization : str, optional
        What pre-activations of hidden layers are normalised over before phi: ``"layer"``, the
        units of the layer, to mean 0 and mean square 1; ``"rms"``, the same, to mean square 1;
        ``"batch"``, the examples of a batch that go through the same network, to mean 0 and
        mean square 1 of each unit. Nothing is added to the variance; values that are all equal
        become 0. By default there is none.
    inputs : array_like of shape (d,) or (rows, d), Law or str, optional
        One fixed input; or rows of data, of which each draw takes one at random; or the law of
        each of `input_width` independent numbers. By default the single number 1.
    input_width : int, optional
        How many inputs there are, where they have a law.
    batch_size : int, optional
        The size of a batch, at least 2, for ``normalization="batch"``; the draw is that of the
        first example. Inputs must be random.
    weight_seed : int, optional
        If given, all weights and biases are drawn once, from this seed, and are the same for all
        draws: only inputs, which must be random, differ. From 0 to 2**64 - 1.
    sampler : str
        ``"direct"`` draws every weight. ``"conditional"`` draws, in the place of weights, what
        they make of one layer: given the layer before, its pre-activations are independent
        ``N(0, K)``, so that one normal number stands for all weights of a unit. It has the same
        law, and is for weights that are random and normal, without batch normalisation. With
        ``"auto"`` it is taken where it can be.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, unknown names, numbers out of range, parts that do not go
        together; or if nothing is random.

    Examples
    --------
    >>> import clt_sim as clt
    >>> network = clt.RandomNetwork([10, 10], "relu")
    >>> print(network)
    network 1-10-10-1 of relu, w ~ normal, weight variance 2, x fixed, all 1, conditional sampler
    >>> network.variance
    2.0
    >>> network.ensemble
    'over weights, at fixed inputs'
    """

    widths: tuple[int, ...]
    nonlinearity: nonlinearities.Nonlinearity
    weights: laws.Law
    weight_variance: float
    bias_variance: float
    normalization: str | None
    inputs: laws.Law | FixedInputs | DataRows
    input_width: int
    batch_size: int | None
    weight_seed: int | None
    sampler: str

    def __init__(
        self,
        widths: Sequence[int],
        nonlinearity: nonlinearities.Nonlinearity | str = "relu",
        weights: laws.Law | str = "normal",
        weight_variance: float = 2.0,
        bias_variance: float = 0.0,
        normalization: str | None = None,
        inputs: laws.Law | FixedInputs | DataRows | str | ArrayLike | None = None,
        *,
        input_width: int | None = None,
        batch_size: int | None = None,
        weight_seed: int | None = None,
        sampler: str = "auto",
    ) -> None:
        put = object.__setattr__
        put(self, "widths", _widths(widths))
        put(self, "nonlinearity", nonlinearities.get(nonlinearity))
        put(self, "weights", _centred(laws.get(weights)))
        put(self, "weight_variance", positive("weight_variance", weight_variance))
        put(self, "bias_variance", _at_least_zero("bias_variance", bias_variance))
        put(self, "normalization", _normalization(normalization))
        put(self, "inputs", _inputs(inputs))
        put(self, "input_width", _input_width(self.inputs, input_width))
        put(self, "batch_size", _batch_size(self, batch_size))
        put(self, "weight_seed", _weight_seed(self, weight_seed))
        put(self, "sampler", _sampler(self, sampler))

    @property
    def fan_ins(self) -> tuple[int, ...]:
        """The number of terms of each pre-activation: inputs, then hidden widths."""
        return (self.input_width, *self.widths)

    @property
    def n(self) -> int:
        """The number of terms of the sum that is drawn: the width of the last hidden layer."""
        return self.widths[-1]

    def prefix(self, n: int) -> RandomNetwork:
        """Return the network itself: it has no sums of fewer terms, as a `WeightedSum` has.

        Raises
        ------
        TypeError
            If `n` is not its own number of terms.
        """
        if whole("n", n, least=1) != self.n:
            raise TypeError(f"{self} has no sum of the first {n} terms.")
        return self

    @property
    def terms(self) -> int:
        """How many terms all sums together have that make one draw."""
        layers = zip(self.fan_ins, (*self.widths, 1), strict=True)
        if self.sampler == "conditional":
            return sum(self.fan_ins)
        return sum(inputs * units for inputs, units in layers) * (self.batch_size or 1)

    @property
    def mean(self) -> float:
        """The expectation: 0 over weights; nan where weights are fixed or it may not exist."""
        return network_moments.mean(self)

    @property
    def mean_of_terms(self) -> float:
        """The expectation without a constant bias, of which there is none."""
        return self.mean

    @property
    def constant_bias(self) -> float:
        """The constant that is added to every draw: none."""
        return 0.0

    @property
    def variance(self) -> float:
        """The variance, where there is a formula, and nan elsewhere.

        There is one for random weights without normalisation and ``E phi(z)^2 = c E z^2``: the
        identity, the absolute value and, for laws of weights that are known to be symmetric, ReLU
        and leaky ReLU.
        """
        return network_moments.variance(self)

    @property
    def tail_index(self) -> float:
        """The supremum of the orders k for which ``E|z|**k`` is known to be finite."""
        return network_moments.tail_index(self)

    @property
    def ensemble(self) -> str:
        """What is random, and what is fixed: ``"over weights, at fixed inputs"``."""
        parameters = ["weights", "biases"] if self.bias_variance else ["weights"]
        drawn = "rows of data" if isinstance(self.inputs, DataRows) else "inputs"
        if self.weight_seed is not None:
            return f"over {drawn}, at fixed {listed(parameters)}"
        if isinstance(self.inputs, FixedInputs):
            return f"over {listed(parameters)}, at fixed inputs"
        return f"over {listed([*parameters, drawn])}"

    def __str__(self) -> str:
        """Say the network in one line."""
        widths = "-".join(map(str, (*self.fan_ins, 1)))
        facts = [f"network {widths} of {self.nonlinearity}", f"w ~ {self.weights}"]
        facts.append(f"weight variance {self.weight_variance:g}")
        if self.bias_variance:
            facts.append(f"bias variance {self.bias_variance:g}")
        if self.normalization is not None:
            of = f" of {self.batch_size}" if self.batch_size else ""
            facts.append(f"{self.normalization} normalization{of}")
        said = "~ " if isinstance(self.inputs, laws.Law) else ""
        facts.append(f"x {said}{self.inputs}")
        if self.weight_seed is not None:
            facts.append(f"weight seed {self.weight_seed}")
        return ", ".join([*facts, f"{self.sampler} sampler"])

    def to_dict(self) -> dict[str, Any]:
        """Return the network as JSON types; `from_dict` makes an equal network of it."""
        inputs = self.inputs
        return {
            "model": "random-network",
            "widths": list(self.widths),
            "nonlinearity": str(self.nonlinearity),
            "weights": describe(self.weights),
            "weight_variance": self.weight_variance,
            "bias_variance": self.bias_variance,
            "normalization": self.normalization,
            "inputs": describe(inputs) if isinstance(inputs, laws.Law) else inputs.values.tolist(),
            "input_width": self.input_width,
            "batch_size": self.batch_size,
            "weight_seed": self.weight_seed,
            "sampler": self.sampler,
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> RandomNetwork:
        """Make the network that `to_dict` describes."""
        names = [field.name for field in fields(cls)]
        parts = described_parts(description, "random-network", names, required="widths")
        for name in ("weights", "inputs"):
            if isinstance(parts.get(name), Mapping):
                parts[name] = laws.from_description(parts[name])
        return cls(**parts)


def _widths(widths: Any) -> tuple[int, ...]:
    if isinstance(widths, str | bytes) or not isinstance(widths, Sequence | np.ndarray):
        raise TypeError(f"widths must be a list of whole numbers, not {shown(widths)}.")
    numbers = checked_row("widths", widths, what="row of whole numbers")
    if not 1 <= len(numbers) <= MOST_LAYERS:
        raise ValueError(f"widths must be of 1 to {MOST_LAYERS} layers, not {len(numbers)}.")
    return tuple(whole("each of widths", n, least=1, most=MOST_WIDTH) for n in numbers)


def _centred(law: laws.Law) -> laws.Law:
    """Refuse laws whose mean is not 0, but for rounding."""
    scale = math.sqrt(law.variance) if math.isfinite(law.variance) else 1.0
    if not abs(law.mean) <= 1e-12 * scale:
        raise ValueError(f"weights must have mean 0; that of {law} is {law.mean:g}.")
    return law


def _at_least_zero(argument: str, value: Any) -> float:
    number = finite(argument, value)
    if number < 0.0:
        raise ValueError(f"{argument} must be at least 0, not {number}.")
    return number


def _normalization(normalization: Any) -> str | None:
    if normalization is None:
        return None
    check_name("normalization", normalization, NORMALIZATIONS)
    return str(normalization)


def _inputs(inputs: Any) -> laws.Law | FixedInputs | DataRows:
    if inputs is None:
        return FixedInputs([1.0])
    if isinstance(inputs, laws.Law | str):
        return laws.get(inputs)
    if isinstance(inputs, FixedInputs | DataRows):
        return inputs
    return DataRows(inputs) if is_matrix(inputs) else FixedInputs(inputs)


def _input_width(inputs: laws.Law | FixedInputs | DataRows, width: Any) -> int:
    if isinstance(inputs, laws.Law):
        if width is None:
            raise ValueError(f"input_width must be given: how many inputs have the law {inputs}.")
        return whole("input_width", width, least=1, most=MOST_WIDTH)
    whole("the number of inputs", inputs.terms, least=1, most=MOST_WIDTH)
    if width is not None and whole("input_width", width, least=1) != inputs.terms:
        raise ValueError(f"input_width must be that of inputs, {inputs.terms}, not {width!r}.")
    return inputs.terms


def _batch_size(network: RandomNetwork, size: Any) -> int | None:
    if network.normalization != "batch":
        if size is not None:
            raise ValueError(
                f'batch_size is for normalization="batch", not {shown(size)} without it.'
            )
        return None
    if size is None:
        raise ValueError('batch_size must be given with normalization="batch".')
    if isinstance(network.inputs, FixedInputs):
        raise ValueError('normalization="batch" needs random inputs: a law or rows of data.')
    return whole("batch_size", size, least=2, most=MOST_ROWS // max(network.fan_ins))


def _weight_seed(network: RandomNetwork, seed: Any) -> int | None:
    if seed is None:
        return None
    if isinstance(network.inputs, FixedInputs):
        raise ValueError("nothing is random: weight_seed fixes the weights, and inputs are fixed.")
    layers = zip(network.fan_ins, network.widths, strict=False)
    weights = sum(inputs * units for inputs, units in layers)
    if weights > MOST_FIXED_WEIGHTS:
        raise ValueError(
            f"a network with weight_seed has at most {MOST_FIXED_WEIGHTS} weights, not {weights}."
        )
    return whole("weight_seed", seed, least=0, most=2**64 - 1)


def _sampler(network: RandomNetwork, sampler: Any) -> str:
    """Return which sampler is taken, or raise if it cannot be."""
    check_name("sampler", sampler, SAMPLERS)
    reason = _why_not_conditional(network)
    if sampler == "conditional" and reason is not None:
        raise ValueError(f'sampler="conditional" is not for {reason}; take "direct".')
    return "direct" if sampler == "direct" or reason is not None else "conditional"


def _why_not_conditional(network: RandomNetwork) -> str | None:
    if not isinstance(network.weights, laws.Normal):
        return f"weights {network.weights}, which are not normal"
    if network.weight_seed is not None:
        return "fixed weights"
    if network.normalization == "batch":
        return "batch normalization, where examples depend on each other"
    return None
