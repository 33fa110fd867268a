"""Nonlinearities that are functions of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from clt_sim._validation import shown
from clt_sim.nonlinearities.base import Nonlinearity, as_floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class UserFunction(Nonlinearity):
    """A compiled function of a number, such as ``numba.njit(lambda x: x**3)``.

    ``nonlinearity=`` takes the compiled function itself; this class is for functions with kinks
    or another growth. A simulation compiles a loop around the function, and no engine.

    Parameters
    ----------
    function : callable
        Compiled by ``numba.njit``; takes and returns one number.
    kinks : tuple of float
        Where it is not smooth, for moments by quadrature.
    growth : tuple of float
        Orders of growth to the left and to the right, as of every `Nonlinearity`; moments of heavy
        tails are judged by them.

    Raises
    ------
    TypeError
        If the function is not compiled.

    Examples
    --------
    >>> import numba
    >>> cube = UserFunction(numba.njit(lambda x: x * x * x), growth=(3.0, 3.0))
    >>> cube([1.0, 2.0])
    array([1., 8.])
    """

    name: ClassVar[str] = "user-function"
    kernel: ClassVar[int] = -1

    function: Callable[..., float]
    kinks: tuple[float, ...] = ()
    growth: tuple[float, float] = (1.0, 1.0)  # type: ignore[misc] # a field, no class variable

    def __post_init__(self) -> None:
        """Check the function."""
        if not is_compiled(self.function):
            raise TypeError(f"function must be compiled by numba.njit, not {shown(self.function)}.")

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return the function of each number; float32 stays float32."""
        x = as_floats(x)
        numbers = np.array([self.function(value) for value in x.ravel()], x.dtype)
        return numbers.reshape(x.shape)

    def derivative(self, x: ArrayLike) -> NoReturn:  # noqa: ARG002
        """Raise: a network with this nonlinearity cannot be trained."""
        raise TypeError(f"the derivative of {self} is not known.")

    def __str__(self) -> str:
        """Return the name of the function."""
        function: Any = self.function
        return f"{self.name} {function.py_func.__module__}.{function.py_func.__qualname__}"


def is_compiled(function: object) -> bool:
    """Say whether `numba.njit` made it."""
    return callable(function) and hasattr(function, "py_func")
