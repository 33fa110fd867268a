"""The empirical law of data."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_array
from clt_sim.laws.atomic import AtomicLaw, Steps
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True, eq=False)
class Empirical(AtomicLaw):
    """The law of a number drawn from data, each with equal probability, as in the bootstrap.

    Parameters
    ----------
    data : array_like, shape (n,)
        Finite numbers; kept in rising order, read-only. Repeated ones are heavier atoms.

    Examples
    --------
    >>> law = Empirical([3.0, 1.0, 3.0, 5.0])
    >>> law.mean, law.atoms[3.0]
    (3.0, 0.5)
    """

    name: ClassVar[str] = "empirical"

    data: NDArray[np.float64]
    _hash: int = field(init=False, repr=False)

    def __init__(self, data: ArrayLike) -> None:
        # Adding 0 turns -0.0 into 0.0, which compares equal and must hash alike.
        numbers = np.sort(finite_array("data", data, ndim=1, dtype=np.float64)) + 0.0
        numbers.setflags(write=False)
        object.__setattr__(self, "data", numbers)
        object.__setattr__(self, "_hash", hash(numbers.tobytes()))

    def __reduce__(self) -> tuple[type[Empirical], tuple[NDArray[np.float64]]]:
        """Pickle by contents: hashes differ from process to process."""
        return Empirical, (self.data,)

    def __eq__(self, other: object) -> bool:
        """Compare the contents."""
        return isinstance(other, Empirical) and np.array_equal(self.data, other.data)

    def __hash__(self) -> int:
        """Hash the contents."""
        return self._hash

    def __repr__(self) -> str:
        """Show the data, shortened as NumPy shortens arrays."""
        return f"Empirical({np.array2string(self.data, threshold=8)})"

    @property
    def _steps(self) -> Steps:
        return _steps(self)

    def _moment(self, k: int) -> float:
        """Return the mean of ``x**k``, rounded once after the powers."""
        with np.errstate(over="ignore"):
            return _finite_sum(self.data**k) / self.data.size

    def _variance(self) -> float:
        """Return the mean squared deviation from the mean."""
        with np.errstate(over="ignore"):
            squares = (self.data - self.mean) ** 2
        return _finite_sum(squares) / self.data.size


def _finite_sum(terms: NDArray[np.float64]) -> float:
    """Return the sum, or raise OverflowError where it is beyond doubles."""
    if not np.isfinite(terms).all():
        raise OverflowError
    return math.fsum(terms)


@functools.lru_cache(maxsize=16)
def _steps(law: Empirical) -> Steps:
    values, counts = np.unique(law.data, return_counts=True)
    return Steps(values, counts / law.data.size, np.cumsum(counts) / law.data.size)
