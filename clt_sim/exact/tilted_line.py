"""One line of integration: a law around the mean of one of its tilts."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from clt_sim.exact.fourier_panels import FourierPanels, panels_between

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.transform import Transform

_STEP = 1e-2
"""For differences along the line, in inverse standard deviations of the tilted law."""
_PHASE = 1e-15
_DENSITY, _TAIL = 1e-12, 1e-14
"""Errors of a panel of the integrals, in the units of the tilted law."""
_FAR = 64.0
"""Where on the line, in the same units, only what is not smooth in the law still oscillates."""


@dataclass(frozen=True, slots=True, eq=False)
class TiltedLine:
    """The density and one tail of ``y = (x - origin)/scale`` by an integral over ``tilt + i t``.

    With the tilted law, of density ``exp(tilt*y - log_norm) f(y)``, in the place of the law
    itself, errors are relative to f near the tilted mean, however far that is in a tail
    (Daniels, 1954).

    Parameters
    ----------
    tilt : float
        Real part of the line, for y; of the sign of `side`, or 0, where errors are absolute.
    side : float
        1 for the right tail, -1 for the left.
    log_norm : float
        ``log E exp(tilt*y)``.
    mean, sd : float
        Of the tilted law; without tilt the centre and a length.
    origin : float
        What y is measured from in the integrals.
    panels : FourierPanels
        The integrands of the density and of the tail.
    """

    tilt: float
    side: float
    log_norm: float
    mean: float
    sd: float
    origin: float
    panels: FourierPanels

    @classmethod
    def of(
        cls,
        transform: Transform,
        kinks: tuple[float, ...],
        tilt: float,
        side: float,
        near: tuple[float, float] | None = None,
    ) -> TiltedLine:
        """Expand the transform along the line with this real part.

        `near` are mean and sd of a tilt nearby, by default of none.
        """
        near = near or (float(standardized(transform, transform.centre)), 1.0)
        log_norm = float(log_transform(transform, np.array([tilt + 0j]))[0].real) if tilt else 0.0
        mean, sd = tilted_moments(transform, tilt, near) if tilt else near

        def integrands(t: NDArray[np.float64], origin: float) -> NDArray[np.complex128]:
            s = np.asarray(tilt + 1j * t / sd, np.complex128)  # panels suit the tilted law
            with np.errstate(under="ignore"):
                turn = np.exp(-1j * t * (origin / sd))
                tilted = np.exp(log_transform(transform, s) - log_norm) * turn
                if tilt:
                    return np.stack([tilted, tilted / (s * sd)])
                # The difference from the normal law has no pole at 0.
                normal = np.exp(1j * t * ((mean - origin) / sd) - 0.5 * t * t)
                return np.stack([tilted, (tilted - normal) / (1j * t)])

        tolerances = max(_DENSITY, transform.error), max(_TAIL, transform.error)
        places = _origins(transform, kinks, mean)
        # Phases are known to a unit in the last place.
        noise = _PHASE * max(1.0, max(map(abs, places)) / sd)
        origin = min(
            places,
            key=lambda place: panels_between(
                functools.partial(integrands, origin=place), _FAR, tolerances, noise
            ),
        )
        panels = FourierPanels.of(functools.partial(integrands, origin=origin), tolerances, noise)
        return cls(tilt, side, log_norm, mean, sd, origin, panels)

    def tilted(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return density and tail without their `factor`, in an array of shape (2, points)."""
        values = self.panels.integrals((y - self.origin) / self.sd).real / math.pi
        values[0] /= self.sd
        values[1] *= self.side
        if not self.tilt:
            values[1] += ndtr(-self.side * (y - self.mean) / self.sd)
        return values

    def factor(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what density and tail of the tilted law are multiplied by."""
        return np.exp(self.log_norm - self.tilt * y)

    @property
    def log_tail(self) -> float:
        """The logarithm of the tail at the tilted mean, roughly."""
        return self.log_norm - self.tilt * self.mean


def log_transform(transform: Transform, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return a logarithm of ``E exp(s y)``, with y as `standardized` gives it."""
    return transform.log(s / transform.scale) - s * (origin(transform) / transform.scale)


def origin(transform: Transform) -> float:
    """Return what y is measured from: the end of a support that has one, to tell points near it."""
    ends = [end for end in transform.support if math.isfinite(end)]
    return ends[0] if len(ends) == 1 else transform.centre


def standardized(transform: Transform, x: ArrayLike) -> NDArray[np.float64]:
    """Return ``y = (x - origin)/scale``."""
    return (np.asarray(x, np.float64) - origin(transform)) / transform.scale


def tilted_moments(
    transform: Transform, tilt: float, near: tuple[float, float]
) -> tuple[float, float]:
    """Return mean and sd of a tilted law, from differences of the transform along its line."""
    mean, sd = near
    for _ in range(3):
        step = _STEP / sd
        at, beside = log_transform(transform, np.array([tilt, tilt + 1j * step])).tolist()
        change = beside - at
        # On the right turn by the mean of the step before, which was a short one.
        mean += math.remainder(change.imag - mean * step, math.tau) / step
        sd = math.sqrt(max(-2.0 * change.real, 1e-30)) / step
    return mean, sd


def _origins(transform: Transform, kinks: tuple[float, ...], mean: float) -> list[float]:
    """Return where the law may have a point that is not smooth, beside the mean."""
    places = standardized(transform, [*transform.support, *kinks])
    return [mean, *filter(math.isfinite, places.tolist())]
