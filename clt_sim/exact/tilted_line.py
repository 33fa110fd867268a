"""One line of integration: a law around the mean of one of its tilts."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from clt_sim.exact.fourier_panels import MANY, FourierPanels, panels_between
from clt_sim.exact.jump_line import JumpLine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.standardized_transform import StandardizedTransform

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]

_OTHER_UNIT = 1.37
_STEP = 1e-2
"""For differences along the line, in inverse standard deviations of the tilted law."""
_PHASE, _ROUNDING = 1e-15, 2.0**-52
_UNRESOLVED = 4.0
"""So many roundings of what is subtracted are no difference."""
_DENSITY, _TAIL = 1e-12, 1e-14
"""Errors of a panel of the integrals, in the units of the tilted law."""
_FEW_KINKS = 3
"""Of more kinks, none is tried as an origin where their jumps are in closed form."""
_MANY_OF_PIECES = 500
"""The panels of pieces are spread over many octaves, as far as the law falls off slowly."""
_CLOSE = 1e-3
"""Mean and sd need be no better than this, in sd: they only place the line."""
_FAR = 64.0
"""Where on the line, in the same units, only what is not smooth in the law still oscillates."""


@dataclass(frozen=True, slots=True)
class TiltedLaw:
    """The law of density ``exp(tilt*y - log_norm) f(y)``, in the bulk of which is a tail of f.

    Parameters
    ----------
    tilt : float
        Of the sign of `side`, or 0 where a tail is too heavy for any.
    side : float
        1 for the right tail, -1 for the left.
    log_norm : float
        ``log E exp(tilt*y)``.
    mean, sd : float
        Of the tilted law; without tilt the centre and a length.
    """

    tilt: float
    side: float
    log_norm: float
    mean: float
    sd: float

    @classmethod
    def of(
        cls,
        transform: StandardizedTransform,
        tilt: float,
        side: float,
        near: tuple[float, float] | None = None,
    ) -> TiltedLaw:
        """Find mean and sd of a tilt; `near` are those of a tilt nearby, by default of none."""
        near = near or (transform.centre, 1.0)
        if not tilt:
            return cls(tilt, side, 0.0, *near)
        log_norm = float(transform.log(np.array([tilt + 0j]))[0].real)
        return cls(tilt, side, log_norm, *_tilted_moments(transform, tilt, near))

    def factor(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what density and tail of the tilted law are multiplied by."""
        return np.exp(self.log_norm - self.tilt * y)

    @property
    def log_tail(self) -> float:
        """The logarithm of the tail at the tilted mean, roughly."""
        return self.log_norm - self.tilt * self.mean


@dataclass(frozen=True, slots=True, eq=False)
class TiltedLine:
    """The density and one tail of y by an integral over ``tilt + i t``.

    With the tilted law in the place of the law itself, errors are relative to f near the tilted
    mean, however far that is in a tail (Daniels, 1954); without tilt they are absolute.

    Parameters
    ----------
    law : TiltedLaw
        The tilt.
    pieces : tuple of (float, FourierPanels)
        The integrands of the density and of the tail, less those of the jumps; in one piece, or in
        several whose waves turn about different places. Each with what y is measured from.
    jumps : JumpLine or None
        The part of jumps of the density and of its derivatives, which is in closed form.
    normal_parts : tuple of (float, float)
        The masses and means of normal laws, with the sd of the line, that are left out of the tail.
    """

    law: TiltedLaw
    pieces: tuple[tuple[float, FourierPanels], ...]
    jumps: JumpLine | None
    normal_parts: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, transform: StandardizedTransform, law: TiltedLaw) -> TiltedLine:
        """Expand the transform along the line of a tilt."""
        integrands = _Integrands.of(transform, law)
        # The logarithm of the transform has no more digits than its greatest part.
        least = max(transform.error, _ROUNDING * abs(law.log_norm))
        tolerances = max(_DENSITY, least), max(_TAIL, least)
        if integrands.in_pieces:
            return cls._in_pieces(integrands, tolerances)
        origin = _origin(transform, law.mean, integrands.of_all, (tolerances, integrands.noise))
        whole = functools.partial(integrands.of_all, origin=origin)
        panels_of_all = FourierPanels.of(whole, tolerances, integrands.noise, MANY)
        normal_parts = integrands.normal_parts
        return cls(law, ((origin, panels_of_all),), integrands.jumps, normal_parts)

    @classmethod
    def on_other_panels(cls, transform: StandardizedTransform, law: TiltedLaw) -> TiltedLine:
        """Expand the transform along the same line in another unit, to compare."""
        return cls.of(transform, dataclasses.replace(law, sd=_OTHER_UNIT * law.sd))

    @classmethod
    def _in_pieces(cls, integrands: _Integrands, tolerances: tuple[float, float]) -> TiltedLine:
        normal_parts, pieces = integrands.normal_parts, []
        for piece, place in enumerate(integrands.transform.piece_places):
            mass = normal_parts[piece][0] if normal_parts else 0.0
            functions = functools.partial(integrands.of_piece, piece=piece, normal_mass=mass)
            panels = FourierPanels.of(functions, tolerances, integrands.noise, _MANY_OF_PIECES)
            pieces.append((place, panels))
        return cls(integrands.law, tuple(pieces), None, normal_parts)

    @property
    def remainder(self) -> NDArray[np.float64]:
        """What was cut off of the integrals of the density and of the tail, about."""
        return sum((panels.remainder for _, panels in self.pieces), np.zeros(2))

    def tilted(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return density and tail without their `factor`, in an array of shape (2, points)."""
        law = self.law
        values = np.zeros((2, y.size))
        for origin, panels in self.pieces:
            values += panels.integrals((y - origin) / law.sd).real / math.pi
        if self.jumps is not None:
            values += self.jumps.functions(y / law.sd)
        values[0] /= law.sd
        values[1] *= law.side
        for mass, mean in self.normal_parts:
            values[1] += mass * ndtr(-law.side * (y - mean) / law.sd)
        return values

    def untilted(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return density and tail, in an array of shape (2, points)."""
        return self.tilted(y) * self.law.factor(y)


@dataclass(frozen=True, slots=True, eq=False)
class _Integrands:
    """What is integrated along a line for the density and for the tail.

    Parameters
    ----------
    transform : StandardizedTransform
        The law.
    law : TiltedLaw
        The tilt.
    jumps : JumpLine or None
        What is left out.
    noise : float
        The error of phases, for a unit of the argument.
    """

    transform: StandardizedTransform
    law: TiltedLaw
    jumps: JumpLine | None
    noise: float

    @classmethod
    def of(cls, transform: StandardizedTransform, law: TiltedLaw) -> _Integrands:
        """Take what is known of a transform."""
        # Phases are known to a unit in the last place.
        ends = filter(math.isfinite, transform.support)
        farthest = max(map(abs, (law.mean, *ends, *transform.kinks)))
        noise = _PHASE * max(1.0, farthest / law.sd)
        jumps = None
        if transform.jumps is not None and not transform.piece_places:
            jumps = JumpLine.of(transform.jumps, law.tilt, law.log_norm, law.sd, law.side)
        return cls(transform, law, jumps, noise)

    @property
    def in_pieces(self) -> bool:
        """Whether the transform is integrated piece by piece."""
        return bool(self.transform.piece_places)

    @property
    def normal_parts(self) -> tuple[tuple[float, float], ...]:
        """The masses and means of normal laws that are left out of the tail without a tilt."""
        if self.law.tilt:
            return ()
        if not self.in_pieces:
            return ((1.0, self.law.mean),)
        zero = np.zeros(1, np.complex128)
        return tuple(
            (float(np.exp(self.transform.log_piece(piece, zero).real[0])), place)
            for piece, place in enumerate(self.transform.piece_places)
        )

    def of_piece(self, t: Reals, piece: int, normal_mass: float) -> Complex:
        """Return both for one piece, around its place."""
        law, place = self.law, self.transform.piece_places[piece]
        s = np.asarray(law.tilt + 1j * t / law.sd, np.complex128)
        log_size = law.tilt * place - law.log_norm
        with np.errstate(under="ignore"):
            tilted = np.exp(self.transform.log_piece(piece, s) + log_size)
            # A difference from a normal law of the same mass has no pole at 0.
            rest = tilted - normal_mass * np.exp(-0.5 * t * t) if normal_mass else tilted
            return np.stack([tilted, rest / (s * law.sd)])

    def of_all(self, t: Reals, origin: float) -> Complex:
        """Return both for all of the law around an origin, less the jumps."""
        law = self.law
        s = np.asarray(law.tilt + 1j * t / law.sd, np.complex128)  # panels suit the tilted law
        with np.errstate(under="ignore"):
            turn = np.exp(-1j * t * (origin / law.sd))
            tilted = np.exp(self.transform.log(s) - law.log_norm) * turn
            rest = tilted
            if not law.tilt:  # The difference from the normal law has no pole at 0.
                rest = tilted - np.exp(1j * t * ((law.mean - origin) / law.sd) - 0.5 * t * t)
            both = np.stack([tilted, rest / (s * law.sd)])
            if self.jumps is None:
                return both
            of_jumps = self.jumps.transform(t, origin / law.sd)
            sizes = np.abs(both) + np.abs(of_jumps)
            unresolved = _UNRESOLVED * (_ROUNDING + self.noise * t) * sizes
            smooth = both - of_jumps
            return np.where(np.abs(smooth) > unresolved, smooth, 0.0)


def _tilted_moments(
    transform: StandardizedTransform, tilt: float, near: tuple[float, float]
) -> tuple[float, float]:
    """Return mean and sd of a tilted law, from differences of the transform along its line."""
    mean, sd = near
    for _ in range(6):
        step = _STEP / sd
        at, beside = transform.log(np.array([tilt, tilt + 1j * step])).tolist()
        change = beside - at
        # On the right turn by the mean of the step before, which was a short one.
        correction = math.remainder(change.imag - mean * step, math.tau) / step
        mean, before = mean + correction, sd
        sd = math.sqrt(max(-2.0 * change.real, 1e-30)) / step
        if max(abs(correction), abs(sd - before)) < _CLOSE * sd:
            break
    return mean, sd


def _origin(
    transform: StandardizedTransform,
    mean: float,
    integrands: Callable[..., NDArray[np.complex128]],
    accuracy: tuple[tuple[float, ...], float],
) -> float:
    """Return the point around which the integrands turn least, far out on the line.

    It is the mean, or else a place where the law is not smooth.
    """
    ends = filter(math.isfinite, transform.support)
    best, fewest = mean, math.inf
    followed = transform.jumps is not None and len(transform.kinks) > _FEW_KINKS
    kinks = () if followed else transform.kinks
    for place in (mean, *ends, *kinks):
        panels = panels_between(functools.partial(integrands, origin=place), _FAR, *accuracy)
        if panels < fewest:
            best, fewest = place, panels
        if fewest == 1:
            break
    return best
