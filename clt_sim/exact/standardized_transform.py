"""A law in its own units: what is inverted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.jumps import Jumps
    from clt_sim.exact.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class StandardizedTransform:
    """The transform of ``y = (x - origin)/scale`` for x of another transform, and its facts.

    Parameters
    ----------
    transform : Transform
        That of x.
    origin, scale : float
        In x: the end of a support that has one, to tell points near it, or else the centre.
    centre : float
        A point in the bulk of y, where 1 is a length.
    support : tuple of float
        The smallest interval that holds all the mass of y.
    strip : tuple of float
        The open interval of tilts of y; (0, 0) if there are none.
    error : float
        Bound on the error of the transform.
    kinks : tuple of float
        Places of y, ascending, where its density may not be smooth.
    jumps : Jumps or None
        How it jumps there, if that is known.
    piece_places : tuple of float
        Those of the transform, in y.
    """

    transform: Transform
    origin: float
    scale: float
    centre: float
    support: tuple[float, float]
    strip: tuple[float, float]
    error: float
    kinks: tuple[float, ...]
    jumps: Jumps | None
    piece_places: tuple[float, ...]

    @classmethod
    def of(cls, transform: Transform, kinks: tuple[float, ...]) -> StandardizedTransform:
        """Take the facts of a transform; `kinks` are places of x."""
        scale, support, centre = transform.scale, transform.support, transform.centre
        ends = [end for end in support if math.isfinite(end)]
        origin = ends[0] if len(ends) == 1 else centre
        low, high = transform.strip
        jumps = transform.jumps(scale)
        return cls(
            transform,
            origin,
            scale,
            (centre - origin) / scale,
            ((support[0] - origin) / scale, (support[1] - origin) / scale),
            (low * scale, high * scale),
            transform.error,
            tuple(sorted((kink - origin) / scale for kink in kinks)),
            None if jumps is None else jumps.moved(-origin / scale),
            tuple((place - origin) / scale for place in transform.piece_places),
        )

    def place(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return y at x."""
        return (np.asarray(x, np.float64) - self.origin) / self.scale

    def log_piece(self, piece: int, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return a logarithm of a piece of ``E exp(s (y - place))``, the place being its own."""
        return self.transform.log_piece(piece, s / self.scale)

    def log(self, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return a logarithm of ``E exp(s y)``."""
        return self.transform.log(s / self.scale) - s * (self.origin / self.scale)
