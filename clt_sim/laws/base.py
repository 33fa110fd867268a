"""What every law knows about itself."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim._validation import MOST_ORDER, TooLargeError, whole
from clt_sim.registry import specification

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

NO_ATOMS: Mapping[float, float] = MappingProxyType({})
_MOST_DRAWS = 2**40
TABLE = 12
"""The kernel that draws any law through a table of its quantile function and its atoms."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A polynomial piece of a density, with exact rational numbers.

    Parameters
    ----------
    low, high : Fraction
        The piece covers ``low <= x < high``.
    coefficients : tuple of Fraction
        The density there is ``sum(c * x**k for k, c in enumerate(coefficients))``.
    """

    low: Fraction
    high: Fraction
    coefficients: tuple[Fraction, ...]


class KnownLaw(ABC):
    """What can be asked of any law that is known: facts, never estimates."""

    __slots__ = ()

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds all the mass."""

    @property
    def atoms(self) -> Mapping[float, float]:
        """Locations that have positive mass, with their masses."""
        return NO_ATOMS

    @property
    def kinks(self) -> tuple[float, ...]:
        """Points inside the support where the density is not smooth."""
        return ()

    # Laws that have a parameter called ``mean`` override this with their field.
    @property
    def mean(self) -> float:
        """The expectation."""
        return self.moment(1)

    @property
    def variance(self) -> float:
        """The variance; one that is finite but beyond doubles raises OverflowError."""
        try:
            return self._variance()
        except OverflowError as error:
            raise TooLargeError(f"the variance of {self} is too large.") from error

    def _variance(self) -> float:
        return self.moment(2) - self.moment(1) ** 2

    def moment(self, k: int) -> float:
        """Return ``E[X**k]`` for `k` from 0 to 1000; ``inf`` or ``nan`` where not finite.

        A finite moment beyond the range of doubles is ``inf``, or raises OverflowError.
        """
        k = whole("k", k, least=0, most=MOST_ORDER)
        try:
            moment = self._moment(k)
        except OverflowError as error:
            raise TooLargeError(f"the moment of order {k} of {self} is too large.") from error
        if math.isnan(moment) and self._is_finite_moment(k):
            raise TooLargeError(f"the moment of order {k} of {self} is too large.")
        return moment

    def _is_finite_moment(self, k: int) -> bool:  # noqa: ARG002 - of some it is not known
        """Return whether the moment is known to be finite, of whatever size."""
        return False

    @abstractmethod
    def _moment(self, k: int) -> float:
        """Return ``E[X**k]`` for a `k` that has been checked."""

    @abstractmethod
    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the part without atoms, in the shape of `x`."""

    @abstractmethod
    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(X <= x)``, in the shape of `x`."""

    @abstractmethod
    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``, for `p` in [0, 1]; nan outside."""


_EVALUATIONS = ("pdf", "cdf", "quantile", "characteristic_function")


class Law(KnownLaw):
    """The law of one real random variable: exact facts and the id of its sampling kernel.

    Subclasses are frozen, slotted dataclasses; equal values are equal laws.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        """Let the functions of points overflow to infinity without a warning.

        It is right wherever it happens: far out, an exponent is minus infinity and the density 0.
        """
        for name in _EVALUATIONS:
            function = cls.__dict__.get(name)
            if function is not None:
                setattr(cls, name, np.errstate(over="ignore")(function))

    name: ClassVar[str]
    """The registered name, lower case with dashes."""
    kernel: ClassVar[int] = TABLE
    """Which kernel draws the standard form (see ``clt_sim._kernels.draws``)."""

    @property
    def tail_index(self) -> float:
        """The supremum of the orders k for which ``E[|X|**k]`` is finite."""
        return math.inf

    def _is_finite_moment(self, k: int) -> bool:
        """Return whether the index says so."""
        return k < self.tail_index

    @property
    def exponential_index(self) -> float:
        """The supremum of the s >= 0 for which ``E[exp(s*X)]`` is finite."""
        return math.inf

    @property
    def without_atoms(self) -> Law | None:
        """The law of X given that it is at none of its atoms; None if it always is."""
        return None if self.atoms else self

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale that turn a draw of the kernel into a draw of this law."""
        return 0.0, 1.0

    @property
    def kernel_shape(self) -> float:
        """What else its standard form depends on (see ``clt_sim._kernels.draws``)."""
        return 0.0

    @property
    def pieces(self) -> tuple[Piece, ...] | None:
        """The density as exact polynomial pieces, or None where it is not of that form."""
        return None

    @abstractmethod
    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[exp(i*t*X)]``, in the shape of `t`."""

    def sample(
        self,
        size: int | tuple[int, ...] = 1,
        *,
        rng: int | np.random.Generator | None = None,
    ) -> NDArray[np.float64]:
        """Draw independent values by inversion, in double precision.

        This is the plain reference for the fast kernels, not their stream.

        Parameters
        ----------
        size : int or tuple of int
            Shape of the result, of at most 2**40 values.
        rng : int, sequence of int, numpy.random.Generator or None
            A seed, a generator, or None for fresh entropy (SPEC 7).

        Returns
        -------
        ndarray of float64
            The draws.

        Raises
        ------
        TypeError, ValueError
            If `size` is not made of whole numbers, at least 0, or `rng` is none of these.
        """
        # Odd multiples of 2^-53: never 0 or 1, whose quantiles may be infinite.
        places = _generator(rng).integers(2**52, size=_shape(size))
        return self.quantile((places + 0.5) * 2.0**-52)

    def __str__(self) -> str:
        """Return the specification, such as ``"laplace(scale=2.0)"``."""
        return specification(self)


def _shape(size: object) -> tuple[int, ...]:
    """Return the shape of so many draws, or raise if it is none."""
    lengths = size if isinstance(size, tuple | list) else (size,)
    shape = tuple(whole("size", length, least=0, most=_MOST_DRAWS) for length in lengths)
    if math.prod(shape) > _MOST_DRAWS:
        raise ValueError(f"size must be of at most {_MOST_DRAWS} values, not {shape}.")
    return shape


def _generator(rng: object) -> np.random.Generator:
    """Return NumPy's generator of a seed, or raise if it is none."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    if isinstance(rng, np.random.BitGenerator | np.random.SeedSequence):
        return np.random.default_rng(rng)
    # Of anything else only whole numbers: NumPy does not come back from a list in itself.
    if isinstance(rng, tuple | list):
        return np.random.default_rng([whole("rng", seed, least=0) for seed in rng])
    return np.random.default_rng(whole("rng", rng, least=0))


def no_density(x: ArrayLike) -> NDArray[np.float64]:
    """Return the density of a law that has none: 0 in the shape of `x`, nan where that is nan."""
    x = real_numbers("x", x)
    return np.where(np.isnan(x), np.nan, 0.0)


def turned(location: float, t: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return ``exp(i location t)``.

    Raises
    ------
    ValueError
        If a product is beyond doubles: its angle is not known.
    """
    return np.asarray(np.exp(1j * angles(location, t)))


def angles(x: ArrayLike, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of points and frequencies, or raise if one is beyond doubles."""
    with np.errstate(over="ignore"):
        angle = np.multiply(x, t)
    if not np.isfinite(angle).all():
        raise ValueError("t must be so small that its products with the values are finite.")
    return np.asarray(angle)
