"""The independent terms of a weighted sum, and what is random in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.laws import Law
from clt_sim.models import DataRows, FixedInputs, FixedWeights, WeightedSum
from clt_sim.models.model import checked_sum
from clt_sim.nonlinearities import Identity, Nonlinearity

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Factor:
    """A random factor ``phi(X)`` of a term.

    Parameters
    ----------
    law : Law
        Law of X.
    nonlinearity : Nonlinearity
        The function phi; the identity for a weight.
    """

    law: Law
    nonlinearity: Nonlinearity = Identity()  # noqa: RUF009 - a frozen value

    def __str__(self) -> str:
        """Say what it is, such as ``"relu(x), x ~ normal"``."""
        identity = isinstance(self.nonlinearity, Identity)
        return str(self.law) if identity else f"{self.nonlinearity}(x), x ~ {self.law}"


@dataclass(frozen=True, slots=True)
class UnitTerm:
    """A term of scale 1: the product of its factors and of a dropout mask.

    Parameters
    ----------
    factors : tuple of Factor
        Independent random factors, at most two.
    dropout : float
        Probability that the mask is 0; otherwise it is ``1/(1 - dropout)``.
    """

    factors: tuple[Factor, ...]
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Independent terms ``s_i U_i``, where the U_i have one law.

    Parameters
    ----------
    scales : ndarray of float64, shape (terms,)
        The s_i, none of them 0.
    unit : UnitTerm
        The law of every U_i.
    """

    scales: NDArray[np.float64]
    unit: UnitTerm


def independent_terms(model: WeightedSum) -> tuple[Terms, ...]:
    """Return the terms of a sum, without those that are always 0 and without a constant bias.

    Parameters
    ----------
    model : WeightedSum
        A sum whose terms are independent of each other.

    Returns
    -------
    tuple of Terms
        The weighted terms, if any are left, then a bias that has a law.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, or all are 0.

    Examples
    --------
    >>> import clt_sim as clt
    >>> (terms,) = independent_terms(clt.WeightedSum(3, "uniform", weights=[1.0, 0.0, 2.0]))
    >>> terms.scales.tolist(), str(terms.unit.factors[0])
    ([1.0, 2.0], 'uniform')
    """
    model = checked_sum(model)
    if model.dependence is not None:
        raise ValueError(f"the terms must be independent; the inputs are {model.dependence}.")
    if isinstance(model.inputs, DataRows):
        raise ValueError("the terms must be independent; they share one row of data.")
    scales, factors = _scales_and_factors(model)
    groups = [Terms(scales[scales != 0.0], UnitTerm(factors, model.dropout))]
    if isinstance(model.bias, Law):
        groups.append(Terms(np.ones(1), UnitTerm((Factor(model.bias),))))
    random = [group for group in groups if group.scales.size and _is_random(group.unit)]
    if not random:
        raise ValueError("nothing is random: all terms with weights other than 0 are constant.")
    return tuple(random)


def _scales_and_factors(model: WeightedSum) -> tuple[NDArray[np.float64], tuple[Factor, ...]]:
    """Return what is fixed in the terms, shape (n,), and what is random."""
    scales = np.ones(model.n)
    factors = []
    if isinstance(model.weights, FixedWeights):
        scales = scales * model.weights.values
    else:
        factors.append(Factor(model.weights))
    if isinstance(model.inputs, FixedInputs):
        scales = scales * np.asarray(model.nonlinearity(model.inputs.values), np.float64)
    elif isinstance(model.inputs, Law):
        factors.append(Factor(model.inputs, model.nonlinearity))
    return scales, tuple(factors)


def _is_random(unit: UnitTerm) -> bool:
    return bool(unit.factors) or unit.dropout > 0.0
