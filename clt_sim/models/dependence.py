"""How the inputs of one sum depend on each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws
from clt_sim._array_validation import finite_numbers
from clt_sim._validation import finite, shown
from clt_sim.registry import Registry, specification

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Dependence(ABC):
    """A way in which inputs depend on each other; a frozen value."""

    __slots__ = ()

    name: ClassVar[str]
    """The registered name, lower case with dashes."""
    needs_mean: ClassVar[bool] = True
    """Whether the inputs must have a finite mean."""

    def first_moment(self, inputs: laws.Law) -> float:
        """Return ``E[x_i]``, where the law of inputs is `inputs`.

        Raises
        ------
        TypeError
            If `inputs` is no law.
        """
        _check_law(inputs)
        return self._first_moment(inputs)

    def second_moment(self, inputs: laws.Law) -> float:
        """Return ``E[x_i**2]``.

        Raises
        ------
        TypeError
            If `inputs` is no law.
        """
        _check_law(inputs)
        return self._second_moment(inputs)

    def variance(self, weights: ArrayLike, inputs: laws.Law) -> float:
        """Return the variance of ``sum_i weights[i] x_i``.

        Parameters
        ----------
        weights : array_like, shape (n,)
            Finite numbers.
        inputs : Law
            The law of inputs.

        Returns
        -------
        float
            At least 0; infinite where it is, or is beyond doubles.

        Raises
        ------
        TypeError, ValueError
            If `weights` are no such numbers, or `inputs` is no law.
        """
        _check_law(inputs)
        row = finite_numbers("weights", weights)
        if row.ndim != 1:
            raise ValueError(f"weights must be a row of numbers, not of shape {row.shape}.")
        with np.errstate(over="ignore", invalid="ignore"):
            return self._variance(row, inputs)

    def keeps_law(self, inputs: laws.Law) -> bool:
        """Say whether every x_i has the law `inputs`, as independent ones have.

        Raises
        ------
        TypeError
            If `inputs` is no law.
        """
        _check_law(inputs)
        return self._keeps_law(inputs)

    @abstractmethod
    def _first_moment(self, inputs: laws.Law) -> float: ...

    @abstractmethod
    def _second_moment(self, inputs: laws.Law) -> float: ...

    @abstractmethod
    def _variance(self, weights: NDArray[np.float64], inputs: laws.Law) -> float: ...

    def _keeps_law(self, inputs: laws.Law) -> bool:
        return isinstance(inputs, laws.Normal)

    def __str__(self) -> str:
        """Return the specification, such as ``"equicorrelated(correlation=0.5)"``."""
        return specification(self)


def _check_law(inputs: object) -> None:
    if not isinstance(inputs, laws.Law):
        raise TypeError(f"inputs must be a Law, not {shown(inputs)}.")


registry: Registry[Dependence] = Registry(
    "dependence",
    Dependence,  # type: ignore[type-abstract]
)
get, names = registry.get, registry.names


@registry.register
@dataclass(frozen=True, slots=True)
class Equicorrelated(Dependence):
    """Inputs that share a common draw: ``x_i = m + sqrt(r) (c - m) + sqrt(1 - r) (e_i - m)``.

    The common c and the e_i are independent draws of the law of inputs, whose mean is m. All x_i
    have its mean and variance, and any two the correlation r. Normal inputs stay normal; with
    another law the x_i have a law in between.

    Parameters
    ----------
    correlation : float
        r, from 0 to 1.
    """

    name: ClassVar[str] = "equicorrelated"

    correlation: float = 0.5

    def __post_init__(self) -> None:
        """Check the parameter."""
        correlation = finite("correlation", self.correlation)
        if not 0.0 <= correlation <= 1.0:
            raise ValueError(f"correlation must be from 0 to 1, not {correlation}.")
        object.__setattr__(self, "correlation", correlation)

    def _first_moment(self, inputs: laws.Law) -> float:
        """Return that of the law."""
        return inputs.mean

    def _second_moment(self, inputs: laws.Law) -> float:
        """Return that of the law."""
        return inputs.moment(2)

    def _variance(self, weights: NDArray[np.float64], inputs: laws.Law) -> float:
        """Return ``((1 - r) sum w^2 + r (sum w)^2) var(x)``."""
        r = self.correlation
        shape = (1.0 - r) * (weights @ weights) + r * weights.sum() ** 2
        return float(shape) * inputs.variance


@registry.register
@dataclass(frozen=True, slots=True)
class Autoregressive(Dependence):
    """A stationary chain: ``x_i = m + r (x_{i-1} - m) + sqrt(1 - r^2) (e_i - m)``, ``x_1 = e_1``.

    The e_i are independent draws of the law of inputs, whose mean is m. All x_i have its mean and
    variance; x_i and x_j have the correlation ``r**abs(i - j)``. Normal inputs stay normal; with
    another law the x_i after the first have a law in between.

    Parameters
    ----------
    correlation : float
        r, of neighbours; above -1 and below 1.
    """

    name: ClassVar[str] = "autoregressive"

    correlation: float = 0.5

    def __post_init__(self) -> None:
        """Check the parameter."""
        correlation = finite("correlation", self.correlation)
        if not -1.0 < correlation < 1.0:
            raise ValueError(f"correlation must be above -1 and below 1, not {correlation}.")
        object.__setattr__(self, "correlation", correlation)

    def _first_moment(self, inputs: laws.Law) -> float:
        """Return that of the law."""
        return inputs.mean

    def _second_moment(self, inputs: laws.Law) -> float:
        """Return that of the law."""
        return inputs.moment(2)

    def _variance(self, weights: NDArray[np.float64], inputs: laws.Law) -> float:
        """Return ``sum_ij w_i w_j r^|i-j| var(x)``."""
        total, carried = 0.0, 0.0  # carried: sum of w_j r^(i - j) over j < i
        for weight in weights.tolist():
            total += weight * (weight + 2.0 * carried)
            carried = self.correlation * (carried + weight)
        return total * inputs.variance


@registry.register
@dataclass(frozen=True, slots=True)
class RandomScale(Dependence):
    """Inputs that share a random factor: ``x_i = R z_i``, drawn once for every sum.

    The z_i are independent draws of the law of inputs, and R one of the law of the factor: the
    x_i are dependent, and where their mean is 0 uncorrelated.

    Parameters
    ----------
    factor : Law, str or frozen distribution of scipy.stats
        The law of R.
    """

    name: ClassVar[str] = "random-scale"
    needs_mean: ClassVar[bool] = False

    factor: laws.Law = laws.Exponential()  # noqa: RUF009 - a frozen value

    def __post_init__(self) -> None:
        """Make a law of its specification."""
        object.__setattr__(self, "factor", laws.get(self.factor))

    def _keeps_law(self, inputs: laws.Law) -> bool:  # noqa: ARG002 - the same for all
        """Say no."""
        return False

    def _first_moment(self, inputs: laws.Law) -> float:
        """Return ``E[R] E[z]``."""
        return self.factor.mean * inputs.mean

    def _second_moment(self, inputs: laws.Law) -> float:
        """Return ``E[R^2] E[z^2]``."""
        return self.factor.moment(2) * inputs.moment(2)

    def _variance(self, weights: NDArray[np.float64], inputs: laws.Law) -> float:
        """Return ``E[R^2] sum w^2 var(z) + var(R) (sum w)^2 E[z]^2``."""
        own = self.factor.moment(2) * float(weights @ weights) * inputs.variance
        mean = float(weights.sum() * inputs.mean)
        return own + self.factor.variance * (mean * mean)


def from_description(description: str | Mapping[str, Any]) -> Dependence:
    """Return the dependence that ``clt_sim.registry.describe`` has described."""
    if isinstance(description, Mapping) and isinstance(description.get("factor"), Mapping):
        description = {**description, "factor": laws.from_description(description["factor"])}
    return registry.from_description(description)
