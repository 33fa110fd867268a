"""Outputs of normal inputs with several means, on panels that all of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre
from clt_sim.exact.density_panels import closing_in, is_linear, turning_points, zeros
from clt_sim.exact.jumps import Jumps, of_panels
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.wave_panels import of_values, resolved_panels, series_rule
from clt_sim.laws import Normal, Uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.common_factor import CommonFactor
    from clt_sim.nonlinearities import Nonlinearity

    Reals = NDArray[np.float64]

_STEP, _PHI_STEP = 0.65, 0.75
"""Panels are no wider, in standard deviations given the common draw; behind a nonlinearity."""
_UNBOUNDED, _BOUNDED = 30.0, 14.0
"""Of these the densities are followed beyond the outermost means."""
_MOST_PANELS = 1000
_DEPTH = 30
_ALL = slice(None)
_LOG_ROOT = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalPanels:
    """The values y of a nonlinearity on panels of x, apart from what is flat.

    Parameters
    ----------
    phi : Nonlinearity
        The function.
    factor : CommonFactor
        The means of x.
    low, high : ndarray of float64, shape (panels,)
        Ends in x; phi is monotone between.
    """

    phi: Nonlinearity
    factor: CommonFactor
    low: Reals
    high: Reals
    _rules: list[tuple[Reals, Reals]] = field(default_factory=list, init=False)

    @classmethod
    def of(
        cls,
        phi: Nonlinearity,
        factor: CommonFactor,
        flat: tuple[tuple[float, float, float], ...],
        depth: int = 0,
    ) -> ConditionalPanels:
        """Make panels that close in on turning points, and as `depth` says on zeros of phi.

        Raises
        ------
        NoExactLaw
            If that takes more than 1000 panels.
        """
        ends = _ends(phi, factor)
        turns = turning_points(phi, ends)
        if turns.size:
            # The density of y is a power -1/2 of the distance: in y, panels grow by a factor 2.
            ends = closing_in(ends, turns, math.sqrt(2.0), _DEPTH)
        if depth:
            ends = closing_in(ends, np.setdiff1d(zeros(phi, ends), turns), 2.0, depth)
        low, high = ends[:-1], ends[1:]
        middle = 0.5 * (low + high)
        kept = np.ones(middle.shape, np.bool_)
        for start, stop, _ in flat:
            kept &= ~((middle > start) & (middle < stop))
        return cls(phi, factor, low[kept], high[kept])

    def split_for_waves(self) -> ConditionalPanels:
        """Return panels on which the density of y is a polynomial wherever that of x is."""
        flat = Uniform(float(self.low[0]), float(self.high[-1]))
        low, high, _ = resolved_panels(flat, self.phi, self.low, self.high, self._spread())
        return ConditionalPanels(self.phi, self.factor, low, high)

    def cut(self, pieces: int) -> ConditionalPanels:
        """Return every panel in equal pieces."""
        shares = np.linspace(0.0, 1.0, pieces + 1)
        ends = self.low[:, None] + (self.high - self.low)[:, None] * shares
        return ConditionalPanels(self.phi, self.factor, ends[:, :-1].ravel(), ends[:, 1:].ravel())

    def _spread(self) -> float:
        """Return about the standard deviation of y, with the mean of x in the middle."""
        middle = float(self.factor.means[self.factor.size // 2])
        x = Normal(middle, self.factor.sd).quantile(np.arange(1.0, 32.0) / 32.0)
        return float(np.std(np.asarray(self.phi(x), np.float64)))

    def rule(self) -> tuple[Reals, Reals]:
        """Return values y and logarithms of masses, shape (panels*20,) and (.., nodes)."""
        if not self._rules:
            x, weights = gauss_legendre(self.low, self.high)
            with np.errstate(over="ignore"):
                y = np.asarray(self.phi(x), np.float64).ravel()
            logs = self.log_densities(x.ravel()) + np.log(weights.ravel())[:, None]
            self._rules.append((y, logs))
        return self._rules[0]

    def series(self) -> tuple[Reals, Reals]:
        """Return places x and factors of the densities there, for series in y; (panels, 20).

        The factors are nan where y hardly changes over a panel.
        """
        return series_rule(self.phi, self.low, self.high, self._spread())

    def jumps(self, unit: float) -> Jumps | None:
        """Return the jumps of the densities of y over a unit, for each node; None if phi turns."""
        if turning_points(self.phi, np.append(self.low, self.high[-1:])).size:
            return None
        places = np.unique(np.asarray(self.phi([*self.phi.kinks]), np.float64))
        low, high = self.ends()
        beside = np.isin(low, places) | np.isin(high, places)
        some = ConditionalPanels(self.phi, self.factor, self.low[beside], self.high[beside])
        x, factors = some.series()
        logs = some.log_densities(x.ravel()).reshape(*x.shape, self.factor.size)
        series = of_values(np.exp(logs) * factors[:, :, None])
        bottom, top, special = (y / unit for y in (low[beside], high[beside], places))
        return of_panels(bottom, top, series, special.tolist())

    def ends(self) -> tuple[Reals, Reals]:
        """Return the values y at the low and high ends."""
        first, last = (np.asarray(self.phi(end), np.float64) for end in (self.low, self.high))
        return first, last

    def log_densities(self, x: Reals, nodes: NDArray[np.intp] | slice = _ALL) -> Reals:
        """Return the logarithms of densities at x for some nodes, shape (points, nodes)."""
        y = np.subtract.outer(x, self.factor.means[nodes]) / self.factor.sd
        return np.asarray(-0.5 * y * y - (_LOG_ROOT + math.log(self.factor.sd)))


def _ends(phi: Nonlinearity, factor: CommonFactor) -> Reals:
    """Return rising ends of panels no wider than the density and the function allow."""
    linear = is_linear(phi)
    step = _STEP * factor.sd if linear else min(_STEP * factor.sd, _PHI_STEP)
    low, high = (
        float(factor.means[end]) + side * factor.sd * (_UNBOUNDED if growth > 0.0 else _BOUNDED)
        for end, side, growth in zip((0, -1), (-1.0, 1.0), phi.growth, strict=True)
    )
    count = math.ceil((high - low) / step)
    if count > _MOST_PANELS:
        raise NoExactLaw(f"the correlation is so high that it takes {count} panels.")
    kinks = np.array([kink for kink in phi.kinks if low < kink < high])
    places = np.linspace(low, high, count + 1)
    if kinks.size:
        away = np.abs(np.subtract.outer(places[1:-1], kinks)).min(axis=1) > 0.3 * step
        places = np.concatenate([[low], places[1:-1][away], kinks, [high]])
    return np.unique(places)
