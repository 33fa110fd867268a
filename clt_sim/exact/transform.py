"""Two-sided Laplace transforms: what sums and products of independent numbers have simply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.exact.jumps import Jumps

USUAL_ERROR = 1e-14


class Transform(ABC):
    """``E[exp(s X)]`` of a law without atoms, at complex s.

    On the imaginary axis it is the characteristic function; off it, that of a tilted law, whose
    bulk is in the tail of this one.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def centre(self) -> float:
        """A point in the bulk of the law, such as its mean or median."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """A length of the bulk, such as the standard deviation."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest interval that holds all the mass; ends may be infinite."""

    @property
    def error(self) -> float:
        """Bound on the error of the transform, relative to its value at the real part of s."""
        return USUAL_ERROR

    @property
    @abstractmethod
    def strip(self) -> tuple[float, float]:
        """The open interval of real parts of s with a finite transform; (0, 0) if only 0 has."""

    @property
    def even(self) -> bool:
        """Whether the law is known to be symmetric about 0, which then is the centre of a sum."""
        return False

    def jumps(self, unit: float) -> Jumps | None:  # noqa: ARG002 - for transforms that know them
        """Return the jumps of the density of ``x/unit`` and of its derivatives.

        None, if they are not known. The unit is any number but 0.
        """
        return None

    @property
    def piece_places(self) -> tuple[float, ...]:
        """Places near which the law falls off slowly, if the transform comes in pieces for them."""
        return ()

    def log_piece(self, piece: int, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return the logarithm of the piece of the transform for one of the `piece_places`.

        It is the transform of the distance from that place, which is where its waves turn least.
        The pieces times ``exp(s place)`` add up to the transform.
        """
        raise AssertionError(f"there is no piece {piece} at {s.shape}")

    @abstractmethod
    def log(self, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return a logarithm of the transform at points of the strip, on any of its branches.

        Parameters
        ----------
        s : ndarray of complex128, of any shape
            The real part is the same for all and in the strip, or 0.

        Returns
        -------
        ndarray of complex128
            In the shape of `s`; the real part is ``-inf`` where the transform is 0.
        """
