"""The weighted sum ``S = sum_i w_i phi(x_i) + b``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import laws, nonlinearities
from clt_sim._validation import finite, whole
from clt_sim.laws.lookup import is_frozen_distribution
from clt_sim.models import dependence as dependences
from clt_sim.models import sum_moments
from clt_sim.models.description import described_parts
from clt_sim.models.fixed import DataRows, FixedInputs, FixedNumbers, FixedWeights
from clt_sim.registry import describe
from clt_sim.tables import Facts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.models.dependence import Dependence

MOST_TERMS = 10**6


@dataclass(frozen=True, slots=True)
class WeightedSum(Facts):
    """The law of ``S = sum_{i=1}^n w_i phi(x_i) + b``, with no hidden scaling.

    Weights, inputs and bias are independent of each other. What has a law is drawn anew for
    every sum; what is given by numbers is the same for all.

    Parameters
    ----------
    n : int
        Number of terms, from 1 to 10**6.
    inputs : Law, str, frozen distribution of scipy.stats, or array_like of shape (n,) or (rows, n)
        Law of every x_i; or n fixed inputs; or rows of data, of which each sum takes one.
    nonlinearity : Nonlinearity or str
        The function phi.
    weights : Law, str, frozen distribution, float or array_like of shape (n,)
        Law of every w_i; or n fixed weights; or one number for n equal weights.
    bias : float, Law, str or frozen distribution
        The constant b, or its law.
    dependence : Dependence or str, optional
        How the inputs of a sum depend on each other: ``"equicorrelated(correlation=0.5)"``,
        ``"autoregressive(correlation=0.5)"`` or ``"random-scale(factor='exponential')"``. By
        default they are independent.
    dropout : float
        Probability, from 0 and below 1, with which a term is left out; each term by itself. The
        others are divided by ``1 - dropout``, as networks do it in training.

    Raises
    ------
    ValueError
        For an unknown name (with the nearest match), `n` out of range, or numbers that are
        not finite or not n; or if nothing is random.

    Examples
    --------
    >>> import clt_sim as clt
    >>> print(clt.WeightedSum(n=64, inputs="normal", nonlinearity="relu", weights="normal"))
    sum of 64 terms w*relu(x), x ~ normal, w ~ normal
    >>> clt.WeightedSum(n=4, inputs="uniform", weights=1.0).variance  # doctest: +ELLIPSIS
    0.3333...
    """

    n: int
    inputs: laws.Law | FixedInputs | DataRows
    nonlinearity: nonlinearities.Nonlinearity
    weights: laws.Law | FixedWeights
    bias: float | laws.Law
    dependence: Dependence | None
    dropout: float

    def __init__(
        self,
        n: int,
        inputs: laws.Law | FixedInputs | DataRows | str | ArrayLike = "normal",
        nonlinearity: nonlinearities.Nonlinearity | str = "identity",
        weights: laws.Law | FixedWeights | str | float | ArrayLike = "normal",
        bias: float | laws.Law | str = 0.0,
        dependence: Dependence | str | None = None,
        dropout: float = 0.0,
    ) -> None:
        put = object.__setattr__
        put(self, "n", whole("n", n, least=1, most=MOST_TERMS))
        put(self, "inputs", _inputs(self.n, inputs))
        put(self, "nonlinearity", nonlinearities.get(nonlinearity))
        put(self, "weights", _weights(self.n, weights))
        put(self, "bias", _bias(bias))
        put(self, "dependence", None if dependence is None else dependences.get(dependence))
        put(self, "dropout", _dropout(dropout))
        _check_dependence(self.dependence, self.inputs)
        if not self._random_parts:
            raise ValueError("nothing is random: weights and inputs are both fixed.")

    @property
    def mean(self) -> float:
        """The expectation of S; nan for dependent inputs that have no formula."""
        return self.mean_of_terms + self.constant_bias

    @property
    def mean_of_terms(self) -> float:
        """The expectation of S without a constant bias, which may be so large that it hides it."""
        mean = sum_moments.mean_of_terms(self)
        return mean + self.bias.mean if isinstance(self.bias, laws.Law) else mean

    @property
    def variance(self) -> float:
        """The variance of S, inf also beyond doubles; nan for dependent inputs without formula."""
        variance = sum_moments.variance_of_terms(self)
        return variance + self.bias.variance if isinstance(self.bias, laws.Law) else variance

    @property
    def tail_index(self) -> float:
        """The supremum of the orders k for which ``E|S|**k`` is finite."""
        return sum_moments.tail_index(self)

    @property
    def constant_bias(self) -> float:
        """The bias if it is a number, 0 if it has a law."""
        return 0.0 if isinstance(self.bias, laws.Law) else self.bias

    def prefix(self, n: int) -> WeightedSum:
        """Return the sum of the first `n` terms, from 1 to all, with the same bias."""
        n = whole("n", n, least=1, most=self.n)
        if n == self.n:
            return self
        inputs, weights = self.inputs, self.weights
        return WeightedSum(
            n,
            inputs if isinstance(inputs, laws.Law) else inputs.prefix(n),
            self.nonlinearity,
            weights if isinstance(weights, laws.Law) else weights.prefix(n),
            self.bias,
            self.dependence,
            self.dropout,
        )

    @property
    def ensemble(self) -> str:
        """What is random, and what is fixed: ``"over inputs, at fixed weights"``."""
        fixed = {"weights": FixedWeights, "inputs": FixedInputs}
        held = [name for name, kind in fixed.items() if isinstance(getattr(self, name), kind)]
        over = f"over {listed(self._random_parts)}"
        return f"{over}, at fixed {listed(held)}" if held else over

    @property
    def _random_parts(self) -> list[str]:
        rows = isinstance(self.inputs, DataRows)
        parts = {
            "weights": isinstance(self.weights, laws.Law),
            "inputs": isinstance(self.inputs, laws.Law),
            "rows of data": rows,
            "biases": isinstance(self.bias, laws.Law),
            "dropout masks": self.dropout > 0.0,
        }
        return [name for name, random in parts.items() if random]

    def __str__(self) -> str:
        """Say the model in one line."""
        x = "x" if self.nonlinearity.name == "identity" else f"{self.nonlinearity}(x)"
        facts = [f"sum of {self.n} terms w*{x}", _said("x", self.inputs)]
        if self.dependence is not None:
            facts[-1] += f" {self.dependence}"
        facts.append(_said("w", self.weights))
        if self.dropout:
            facts.append(f"dropout {self.dropout:g}")
        if isinstance(self.bias, laws.Law):
            facts.append(_said("b", self.bias))
        elif self.bias:
            facts.append(f"plus {self.bias:g}")
        return ", ".join(facts)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON types; `from_dict` makes an equal model of it."""
        return {
            "model": "weighted-sum",
            "n": self.n,
            "inputs": _described(self.inputs),
            "nonlinearity": str(self.nonlinearity),
            "weights": _described(self.weights),
            "bias": _described(self.bias),
            "dependence": None if self.dependence is None else describe(self.dependence),
            "dropout": self.dropout,
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> WeightedSum:
        """Make the model that `to_dict` describes."""
        names = [field.name for field in fields(cls)]
        parts = described_parts(description, "weighted-sum", names, required="n")
        for name in ("inputs", "weights", "bias"):
            if isinstance(parts.get(name), Mapping):
                parts[name] = laws.from_description(parts[name])
        if parts.get("dependence") is not None:
            parts["dependence"] = dependences.from_description(parts["dependence"])
        return cls(**parts)


def _said(symbol: str, part: laws.Law | FixedNumbers) -> str:
    return f"{symbol} {part}" if isinstance(part, FixedNumbers) else f"{symbol} ~ {part}"


def listed(names: list[str]) -> str:
    """Join names with commas and an "and"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _described(part: laws.Law | FixedNumbers | float) -> Any:
    if isinstance(part, FixedNumbers):
        return part.values.tolist()
    return describe(part) if isinstance(part, laws.Law) else part


def _is_law(part: object) -> bool:
    return isinstance(part, laws.Law | str) or is_frozen_distribution(part)


def _inputs(n: int, inputs: Any) -> laws.Law | FixedInputs | DataRows:
    if _is_law(inputs):
        return laws.get(inputs)
    if isinstance(inputs, FixedInputs | DataRows):
        numbers = inputs
    else:
        numbers = DataRows(inputs) if is_matrix(inputs) else FixedInputs(inputs)
    _check_terms(n, numbers)
    return numbers


def is_matrix(values: Any) -> bool:
    """Say whether values have two dimensions."""
    try:
        return np.ndim(values) == 2
    except ValueError:  # rows of different lengths
        return False


def _weights(n: int, weights: Any) -> laws.Law | FixedWeights:
    if _is_law(weights):
        return laws.get(weights)
    fixed = weights if isinstance(weights, FixedWeights) else FixedWeights(weights)
    if np.ndim(weights) == 0 and not isinstance(weights, FixedWeights):
        fixed = FixedWeights(np.full(n, fixed.values[0]))
    _check_terms(n, fixed)
    return fixed


def _check_terms(n: int, numbers: FixedNumbers) -> None:
    if numbers.terms != n:
        columns = " columns of" if isinstance(numbers, DataRows) else ""
        raise ValueError(
            f"{numbers.argument} must be n = {n}{columns} numbers, not {numbers.terms}."
        )


def _bias(bias: object) -> float | laws.Law:
    return laws.get(bias) if _is_law(bias) else finite("bias", bias)


def _check_dependence(
    dependence: Dependence | None, inputs: laws.Law | FixedInputs | DataRows
) -> None:
    if dependence is None:
        return
    if not isinstance(inputs, laws.Law):
        raise ValueError(f"dependence is of inputs with a law, not of inputs {inputs}.")
    if dependence.needs_mean and not math.isfinite(inputs.mean):
        raise ValueError(
            f"dependence {dependence} is of inputs with a finite mean; that of {inputs} is"
            f" {inputs.mean}."
        )


def _dropout(dropout: object) -> float:
    probability = finite("dropout", dropout)
    if not 0.0 <= probability < 1.0:
        raise ValueError(f"dropout must be from 0 and below 1, not {probability}.")
    return probability
