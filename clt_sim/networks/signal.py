"""One signal of one layer, for many inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clt_sim._array_validation import finite_array
from clt_sim._validation import whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PooledSignal:
    """All units of a signal taken together.

    The values keep their rows: units share their inputs, so the values of one row are not
    independent, and an error that is to hold must resample whole rows.

    Parameters
    ----------
    name : str
        Which signal, such as ``"u"``.
    layer : str
        Which layer, such as ``"hidden 2"``.
    values : ndarray of floats, shape (inputs, units)
        Finite numbers, stored read-only.
    """

    name: str
    layer: str
    values: NDArray[np.floating] = field(repr=False)

    def __post_init__(self) -> None:
        """Check the values and store them read-only."""
        object.__setattr__(self, "values", finite_array(_place(self), self.values, ndim=2))

    @property
    def ensemble(self) -> str:
        """What the values range over, and how many they are."""
        inputs, units = self.values.shape
        return f"{_place(self)}, {_count(units, 'unit')} and {_count(inputs, 'input')} pooled"


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One signal of one layer for many inputs.

    Parameters
    ----------
    name : str
        Which signal: ``"u"``, ``"pre-activation"`` or ``"normalized"``.
    layer : str
        Which layer, such as ``"hidden 2"``.
    values : ndarray of floats, shape (inputs, units)
        Finite numbers, one input a row; stored read-only.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If they have no two dimensions or one is not finite.

    Examples
    --------
    >>> signal = Signal("u", "hidden 1", [[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])
    >>> signal.ensemble
    'u of hidden 1, each of 2 units over 3 inputs'
    >>> signal.constant_units
    1
    >>> signal.unit(1)
    array([1., 2., 4.])
    """

    name: str
    layer: str
    values: NDArray[np.floating] = field(repr=False)

    def __post_init__(self) -> None:
        """Check the values and store them read-only."""
        object.__setattr__(self, "values", finite_array(_place(self), self.values, ndim=2))

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return int(self.values.shape[0])

    @property
    def units(self) -> int:
        """The number of units."""
        return int(self.values.shape[1])

    @property
    def constant_units(self) -> int:
        """The number of units that have the same value for all inputs, and so no shape."""
        return int((self.values == self.values[0]).all(axis=0).sum())

    @property
    def ensemble(self) -> str:
        """What the values range over, and how many they are."""
        units, inputs = _count(self.units, "unit"), _count(self.inputs, "input")
        return f"{_place(self)}, each of {units} over {inputs}"

    @property
    def pooled(self) -> PooledSignal:
        """All units together."""
        return PooledSignal(self.name, self.layer, self.values)

    def unit(self, index: int) -> NDArray[np.floating]:
        """Return the values of one unit.

        Parameters
        ----------
        index : int
            Which unit, from 0 to ``units - 1``.

        Returns
        -------
        ndarray of floats, shape (inputs,)
            A copy.

        Raises
        ------
        TypeError, ValueError
            If there is no such unit.
        """
        return self.values[:, whole("index", index, least=0, most=self.units - 1)].copy()


def _place(signal: Signal | PooledSignal) -> str:
    return f"{signal.name} of {signal.layer}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
