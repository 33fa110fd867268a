"""Weights and inputs that are numbers, not draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim._validation import whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class FixedNumbers:
    """An array of finite numbers that is a value: read-only, compared by its contents."""

    __slots__ = ("values",)

    argument: ClassVar[str]
    """What the numbers are, for messages."""
    dimensions: ClassVar[int] = 1
    shape: ClassVar[str] = "a row of numbers"
    """What an array of so many dimensions is, for messages."""

    values: NDArray[np.float64]

    def __init__(self, values: ArrayLike) -> None:
        argument = self.argument
        # Adding 0 turns -0.0 into 0.0, which compares equal and must hash alike; it copies.
        array = np.atleast_1d(real_numbers(argument, values)) + 0.0
        if array.ndim != self.dimensions or array.size == 0:
            raise ValueError(f"{argument} must be {self.shape}, not of shape {array.shape}.")
        bad = np.argwhere(~np.isfinite(array))
        if bad.size:
            place = ", ".join(map(str, bad[0]))
            raise ValueError(
                f"{argument} must be finite; {argument}[{place}] is {array[tuple(bad[0])]}"
                f" ({len(bad)} of {array.size} are not)."
            )
        array.setflags(write=False)
        object.__setattr__(self, "values", array)

    @property
    def terms(self) -> int:
        """For how many terms there are numbers."""
        return int(self.values.shape[-1])

    def prefix(self, n: int) -> Self:
        """Return the numbers of the first `n` terms.

        Raises
        ------
        TypeError, ValueError
            If `n` is not a whole number from 1 to that of terms.
        """
        n = whole("n", n, least=1, most=self.terms)
        return self if n == self.terms else type(self)(self.values[..., :n])

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: the numbers are a value."""
        raise AttributeError(f"fixed {self.argument} cannot be changed; make new ones.")

    def __reduce__(self) -> tuple[type[Self], tuple[NDArray[np.float64]]]:
        """Pickle by contents, for executors that use processes."""
        return type(self), (self.values,)

    def __eq__(self, other: object) -> bool:
        """Compare the contents."""
        return type(other) is type(self) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        """Hash the contents."""
        return hash((self.values.shape, self.values.tobytes()))

    def __repr__(self) -> str:
        """Show the numbers, shortened as NumPy shortens arrays."""
        return f"{type(self).__name__}({np.array2string(self.values, threshold=8)})"

    def __str__(self) -> str:
        """Say how many there are, and their value where all are equal."""
        first = self.values.flat[0]
        if np.all(self.values == first):
            return f"fixed, all {first:g}"
        return f"fixed, {self.values.size} numbers"


class FixedWeights(FixedNumbers):
    """Weights that are the same for every draw.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite numbers, at least one.
    """

    __slots__ = ()
    argument = "weights"


class FixedInputs(FixedNumbers):
    """Inputs that are the same for every draw.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite numbers, at least one.
    """

    __slots__ = ()
    argument = "inputs"


class DataRows(FixedNumbers):
    """Rows of inputs of which every draw takes one at random, each as likely as any other.

    Parameters
    ----------
    values : array_like, shape (rows, n)
        Finite numbers, at least one.
    """

    __slots__ = ()
    argument = "inputs"
    dimensions = 2
    shape = "a matrix of numbers with a row for each example"

    def __str__(self) -> str:
        """Say how many rows there are."""
        return f"one of {len(self.values)} rows of data"
