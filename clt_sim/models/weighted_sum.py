"""The weighted sum ``S = sum_i w_i phi(x_i) + b``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import laws, nonlinearities
from clt_sim._validation import finite, whole
from clt_sim.models.expectation import expectation, variance

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_TERMS = 10**6


class FixedWeights:
    """Weights that are numbers, not draws; a value, compared by its contents.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite weights, at least one.
    """

    __slots__ = ("values",)

    values: NDArray[np.float64]

    def __init__(self, values: ArrayLike) -> None:
        try:
            # Adding 0 turns -0.0 into 0.0, which compares equal and must hash alike.
            array = np.array(values, ndmin=1).astype(np.float64, casting="same_kind") + 0.0
        except (TypeError, ValueError) as error:
            raise type(error)(f"weights must be real numbers: {error}.") from None
        if array.ndim != 1 or array.size == 0:
            raise ValueError(f"weights must be a row of numbers, not of shape {array.shape}.")
        bad = np.flatnonzero(~np.isfinite(array))
        if bad.size:
            raise ValueError(
                f"weights must be finite; weights[{bad[0]}] is {array[bad[0]]}"
                f" ({bad.size} of {array.size} are not)."
            )
        array.setflags(write=False)
        object.__setattr__(self, "values", array)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: weights are values."""
        raise AttributeError("fixed weights cannot be changed; make new ones.")

    def __reduce__(self) -> tuple[type[FixedWeights], tuple[NDArray[np.float64]]]:
        """Pickle by contents, for executors that use processes."""
        return FixedWeights, (self.values,)

    def __eq__(self, other: object) -> bool:
        """Compare the contents."""
        return isinstance(other, FixedWeights) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        """Hash the contents."""
        return hash(self.values.tobytes())

    def __repr__(self) -> str:
        """Show the weights, shortened as NumPy shortens arrays."""
        return f"FixedWeights({np.array2string(self.values, threshold=8)})"

    def __str__(self) -> str:
        """Say how many there are, and their value where all are equal."""
        first = self.values[0]
        if np.all(self.values == first):
            return f"fixed, all {first:g}"
        return f"fixed, {self.values.size} numbers"


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """The law of ``S = sum_{i=1}^n w_i phi(x_i) + b``, with no hidden scaling.

    Weights and inputs are independent; inputs are drawn anew for every sum, and so are
    weights that have a law.

    Parameters
    ----------
    n : int
        Number of terms, from 1 to 10**6.
    inputs : Law or str
        Law of every x_i.
    nonlinearity : Nonlinearity or str
        The function phi.
    weights : Law, str, float or array_like of shape (n,)
        Law of every w_i; or n fixed weights; or one number for n equal weights.
    bias : float
        The constant b.
    dependence : None
        How terms depend on each other: not at all, the only way there is.

    Raises
    ------
    ValueError
        For an unknown name (with the nearest match), `n` out of range, or weights that are not
        finite or not n.

    Examples
    --------
    >>> import clt_sim as clt
    >>> print(clt.WeightedSum(n=64, inputs="normal", nonlinearity="relu", weights="normal"))
    sum of 64 terms w*relu(x), x ~ normal, w ~ normal
    >>> clt.WeightedSum(n=4, inputs="uniform", weights=1.0).variance  # doctest: +ELLIPSIS
    0.3333...
    """

    n: int
    inputs: laws.Law
    nonlinearity: nonlinearities.Nonlinearity
    weights: laws.Law | FixedWeights
    bias: float

    def __init__(
        self,
        n: int,
        inputs: laws.Law | str = "normal",
        nonlinearity: nonlinearities.Nonlinearity | str = "identity",
        weights: laws.Law | FixedWeights | str | float | ArrayLike = "normal",
        bias: float = 0.0,
        dependence: None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "n", whole("n", n, least=1, most=MOST_TERMS))
        put(self, "inputs", laws.get(inputs))
        put(self, "nonlinearity", nonlinearities.get(nonlinearity))
        put(self, "weights", _weights(self.n, weights))
        put(self, "bias", finite("bias", bias))
        if dependence is not None:
            raise ValueError(f"dependence must be None, for independent terms, not {dependence!r}.")

    @property
    def mean(self) -> float:
        """The expectation of S, by quadrature where there is no closed form."""
        return self.mean_of_terms + self.bias

    @property
    def mean_of_terms(self) -> float:
        """The expectation of S without its bias, which may be so large that it hides the rest."""
        first = expectation(self.inputs, self.nonlinearity, 1)
        if isinstance(self.weights, FixedWeights):
            return float(self.weights.values.sum()) * first
        return self.n * self.weights.mean * first

    @property
    def variance(self) -> float:
        """The variance of S, by quadrature where there is no closed form."""
        spread = variance(self.inputs, self.nonlinearity)
        if isinstance(self.weights, FixedWeights):
            return float((self.weights.values**2).sum()) * spread
        second = expectation(self.inputs, self.nonlinearity, 2)
        return self.n * (self.weights.variance * second + self.weights.mean**2 * spread)

    def prefix(self, n: int) -> WeightedSum:
        """Return the sum of the first `n` terms, from 1 to all, with the same bias."""
        n = whole("n", n, least=1, most=self.n)
        weights = self.weights
        if isinstance(weights, FixedWeights):
            weights = FixedWeights(weights.values[:n])
        return WeightedSum(n, self.inputs, self.nonlinearity, weights, self.bias)

    @property
    def ensemble(self) -> str:
        """What is random: the inputs alone, or weights and inputs."""
        if isinstance(self.weights, FixedWeights):
            return "over inputs, at fixed weights"
        return "over weights and inputs"

    def __str__(self) -> str:
        """Say the model in one line."""
        term = "x" if self.nonlinearity.name == "identity" else f"{self.nonlinearity}(x)"
        link = " " if isinstance(self.weights, FixedWeights) else " ~ "
        bias = f", plus {self.bias:g}" if self.bias else ""
        return f"sum of {self.n} terms w*{term}, x ~ {self.inputs}, w{link}{self.weights}{bias}"

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON types; `from_dict` makes an equal model of it."""
        weights = self.weights
        return {
            "model": "weighted-sum",
            "n": self.n,
            "inputs": str(self.inputs),
            "nonlinearity": str(self.nonlinearity),
            "weights": (
                weights.values.tolist() if isinstance(weights, FixedWeights) else str(weights)
            ),
            "bias": self.bias,
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> WeightedSum:
        """Make the model that `to_dict` describes."""
        parts = dict(description)
        kind = parts.pop("model", None)
        if kind != "weighted-sum":
            raise ValueError(f"not the description of a weighted sum: model is {kind!r}.")
        return cls(**parts)


def _weights(n: int, weights: Any) -> laws.Law | FixedWeights:
    if isinstance(weights, laws.Law | str):
        return laws.get(weights)
    fixed = weights if isinstance(weights, FixedWeights) else FixedWeights(weights)
    if np.ndim(weights) == 0 and not isinstance(weights, FixedWeights):
        fixed = FixedWeights(np.full(n, fixed.values[0]))
    if fixed.values.size != n:
        raise ValueError(f"weights must be n = {n} numbers, not {fixed.values.size}.")
    return fixed
