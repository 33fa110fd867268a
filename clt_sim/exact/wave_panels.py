"""Integrals of a density times ``exp(s y)`` that cost no more where the exponential turns fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.wave_integrals import wave_integrals
from clt_sim._array_kernels.wave_sums import wave_sums
from clt_sim._quadrature import gauss_legendre, legendre_rule
from clt_sim.exact.density_panels import nodes_and_masses
from clt_sim.exact.law import NoExactLaw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.nonlinearities import Nonlinearity

_NODES = 20
FAST = 12.0
"""Half of the change of the exponent over a panel up to which the 20-point rule is exact."""
_RESOLVED = 1e-12
"""Panels over which y changes by a smaller share have no series."""
_SMALLEST = 1e-13
"""Nor have those over which it changes by less than this times its spread."""
_LEAST_TURN = 1e-9
"""On panels narrower than this share of y sums over nodes may have phases whose sines are none."""
_ROWS = 2**18
_MOST_PANELS = 8000
_PRECISION = 1e-15
_LEAST_MASS = 1e-19
_LEAST_TILTED = 1e-250
"""Masses in the tails down to this matter to tilted laws."""
_LEAST_SHARE = 2.0**-70


@dataclass(frozen=True, slots=True, eq=False)
class WavePanels:
    """The law of ``y = phi(X)`` on panels of x in which phi is monotone.

    Slow exponentials are integrated over x by the Gauss-Legendre rule. Fast ones are integrated
    exactly times the Legendre series of the density of y: Filon's rule, with the recurrence of the
    modified spherical Bessel functions (DLMF 10.51.4), which is stable for large arguments.

    Parameters
    ----------
    nodes, masses : ndarray of float64, shape (panels, 20)
        Values y and the masses that they stand for.
    low, high : ndarray of float64, shape (panels,)
        Values y at the lower and upper end in x.
    series : ndarray of float64, shape (panels, 20)
        The Legendre coefficients of the mass over the panel scaled to [-1, 1]; nan where y
        hardly changes.
    """

    nodes: NDArray[np.float64]
    masses: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    series: NDArray[np.float64]

    @classmethod
    def of(cls, law: Law, phi: Nonlinearity, low: object, high: object, mass: float) -> WavePanels:
        """Make the panels of phi(X), given that X is in one of the panels.

        Parameters
        ----------
        law : Law
            The law of X, without atoms.
        phi : Nonlinearity
            The function, monotone in each panel.
        low, high : ndarray of float64, shape (panels,)
            The ends in x.
        mass : float
            The probability of all panels together.
        """
        middle = law.quantile(np.arange(1.0, 32.0) / 32.0)
        spread = float(np.std(np.asarray(phi(middle), np.float64)))
        starts, stops, series = resolved_panels(law, phi, np.asarray(low), np.asarray(high), spread)
        x, masses = nodes_and_masses(law, starts, stops)
        first, last = (np.asarray(phi(end), np.float64) for end in (starts, stops))
        nodes = np.asarray(phi(x), np.float64)
        panels = cls(nodes, masses / mass, first, last, series / mass)._without_copies()
        # Where all masses are below doubles, a tilt that suits the others may overflow.
        return panels.part(np.any(panels.masses > 0.0, axis=1))

    def _without_copies(self) -> WavePanels:
        """Make one panel of all over which y is the same number, as in far tails of tanh."""
        same = np.all(self.nodes == self.nodes[:, :1], axis=1) & (self.low == self.high)
        values, which = np.unique(self.nodes[same, 0], return_inverse=True)
        if values.size == np.count_nonzero(same):
            return self
        masses = np.bincount(which, self.masses[same].sum(axis=1)) / _NODES
        rest = self.part(~same)
        return WavePanels(
            np.append(rest.nodes, np.repeat(values[:, None], _NODES, axis=1), axis=0),
            np.append(rest.masses, np.repeat(masses[:, None], _NODES, axis=1), axis=0),
            np.append(rest.low, values),
            np.append(rest.high, values),
            np.append(rest.series, np.full((values.size, _NODES), np.nan), axis=0),
        )

    def part(self, chosen: NDArray[np.bool_]) -> WavePanels:
        """Return some of the panels."""
        fields = (self.nodes, self.masses, self.low, self.high, self.series)
        return WavePanels(*(field[chosen] for field in fields))

    def times(self, shares: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> WavePanels:
        """Return the part of the mass that a smooth function of y gives."""
        nodes, weights = legendre_rule(_NODES)
        basis = np.polynomial.legendre.legvander(nodes, _NODES - 1)
        y = 0.5 * (self.low + self.high)[:, None] + 0.5 * (self.high - self.low)[:, None] * nodes
        series = of_values(self.series @ basis.T * weights * shares(y))
        return WavePanels(self.nodes, self.masses * shares(self.nodes), self.low, self.high, series)

    def over(self, mass: float) -> WavePanels:
        """Return the panels with masses divided by a number."""
        return WavePanels(self.nodes, self.masses / mass, self.low, self.high, self.series / mass)

    def from_place(self, place: float) -> WavePanels:
        """Return the panels of ``y - place``."""
        low, high = self.low - place, self.high - place
        return WavePanels(self.nodes - place, self.masses, low, high, self.series)

    def cut(self, places: NDArray[np.float64]) -> WavePanels:
        """Return the same law on panels that end at some places, where there are series."""
        lower, upper = np.minimum(self.low, self.high), np.maximum(self.low, self.high)
        whole = np.isnan(self.series[:, 0]) | (
            np.searchsorted(places, lower, "right") >= np.searchsorted(places, upper, "left")
        )
        starts, stops, which = [], [], []
        for panel in np.flatnonzero(~whole).tolist():
            inside = places[(places > lower[panel]) & (places < upper[panel])]
            ends = [float(lower[panel]), *inside.tolist(), float(upper[panel])]
            starts += ends[:-1]
            stops += ends[1:]
            which += [panel] * (len(ends) - 1)
        if not which:
            return self
        low, high = np.array(starts), np.array(stops)
        y, weights = gauss_legendre(low, high)
        first, last = self.low[which, None], self.high[which, None]
        place = (2.0 * y - first - last) / (last - first)
        powers = np.polynomial.legendre.legvander(place, _NODES - 1)
        density = np.einsum("pik,pk->pi", powers, self.series[which])
        masses = 2.0 * density * weights / np.abs(last - first)
        rest, (_, rule) = self.part(whole), legendre_rule(_NODES)
        half = 0.5 * (high - low)[:, None]
        values = masses / weights * half * rule
        return WavePanels(
            np.append(rest.nodes, y, axis=0),
            np.append(rest.masses, masses, axis=0),
            np.append(rest.low, low),
            np.append(rest.high, high),
            np.append(rest.series, of_values(values), axis=0),
        )

    def half_widths(self) -> NDArray[np.float64]:
        """Return half of the change of y over each panel."""
        return 0.5 * np.abs(self.high - self.low)

    def offset(self, theta: float) -> float:
        """Return the logarithm of the largest of the panels' masses times ``exp(theta y)``."""
        exponents = np.maximum(theta * self.low, theta * self.high)
        with np.errstate(divide="ignore"):
            return float(np.max(exponents + np.log(np.sum(np.abs(self.masses), axis=-1))))

    def log_integral(
        self, s: NDArray[np.complex128], *, resolved: bool = True
    ) -> NDArray[np.complex128]:
        """Return the logarithm of the integral of ``exp(s y)``, at s of any shape.

        Parameters
        ----------
        s : ndarray of complex128
            All with the same real part.
        resolved : bool
            Whether the law is at places where ``s y`` has to be a number modulo 2 pi; not, if all
            that matters at large s is beside 0.
        """
        flat = np.ravel(s)
        offset = self.offset(float(flat.real[0])) if flat.size else 0.0
        if resolved:
            self._check_resolved(flat)
        with np.errstate(divide="ignore"):
            logs = np.log(self.integral(flat, offset)) + offset
        return np.asarray(logs.reshape(s.shape))

    def _check_resolved(self, s: NDArray[np.complex128]) -> None:
        largest = float(np.abs(s).max(initial=0.0))
        half, farther = self.half_widths(), np.maximum(np.abs(self.low), np.abs(self.high))
        if np.any((largest * half > FAST) & (2.0 * half < _LEAST_TURN * farther)):
            raise NoExactLaw(f"at s = {largest:.2g} the transform is not resolved by floats.")

    def integral(self, s: NDArray[np.complex128], offset: float) -> NDArray[np.complex128]:
        """Return the integral of ``exp(s y - offset)``.

        Parameters
        ----------
        s : ndarray of complex128, shape (m,)
            All with the same real part.
        offset : float
            So that nothing overflows.

        Raises
        ------
        NoExactLaw
            If s is so large that floats do not resolve the turns of the exponential.
        """
        result = np.zeros(s.shape, np.complex128)
        for group in groups(s):
            largest = float(np.max(np.abs(s[group])))
            fast = largest * self.half_widths() > FAST
            if np.any(np.isnan(self.series[fast, 0])):
                raise NoExactLaw(f"at s = {largest:.2g} the transform is not resolved by floats.")
            result[group] = self.part(~fast)._slow(s[group], offset)
            result[group] += self.part(fast)._fast(s[group], offset)
        return result

    def _slow(self, s: NDArray[np.complex128], offset: float) -> NDArray[np.complex128]:
        """Return the sum over the nodes."""
        if not s.size or not self.masses.size:
            return np.zeros(s.shape, np.complex128)
        theta = float(s.real[0])
        nodes, masses = self.nodes.ravel(), self.masses.ravel()
        with np.errstate(under="ignore"):
            tilted = masses * np.exp(theta * nodes - offset)
        kept = np.abs(tilted) > _LEAST_SHARE * np.max(np.abs(tilted))
        return wave_sums(s.imag, nodes[kept], tilted[kept])

    def _fast(self, s: NDArray[np.complex128], offset: float) -> NDArray[np.complex128]:
        """Return the sum of the Legendre series times their exact integrals."""
        return wave_integrals(s, offset, self.low, self.high, self.series)


def groups(s: NDArray[np.complex128]) -> list[NDArray[np.int64]]:
    """Return places of numbers whose sizes differ by no more than a factor of sqrt(2)."""
    with np.errstate(divide="ignore"):
        octaves = np.maximum(np.floor(2.0 * np.log2(np.abs(s))), -2000.0)  # 0 for itself
    return [np.flatnonzero(octaves == octave) for octave in np.unique(octaves)]


def chunks(rows: int, columns: int) -> list[slice]:
    """Return slices of rows for arrays of bounded size."""
    step = max(1, _ROWS // max(columns, 1))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def resolved_panels(
    law: Law,
    phi: Nonlinearity,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    spread: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Halve panels until the series of the density of y has come to its end.

    Parameters
    ----------
    law : Law
        The law of X, without atoms.
    phi : Nonlinearity
        The function, monotone in each panel.
    low, high : ndarray of float64, shape (panels,)
        The ends in x.
    spread : float
        About the standard deviation of y: far smaller changes are none.

    Returns
    -------
    low, high : ndarray of float64, shape (panels,)
        Rising.
    series : ndarray of float64, shape (panels, 20)
        The Legendre series on them; nan where y hardly changes.

    Raises
    ------
    NoExactLaw
        If y is beyond floats at the end of a panel, or that takes more than 8000 panels.
    """
    if not np.isfinite([phi(low), phi(high)]).all():
        raise NoExactLaw(f"{phi} of {law} reaches beyond floats.")
    parts = []
    count = 0
    shortest = 2.0**-10 * float(np.median(high - low))  # narrower ones are beside poles
    while low.size:
        series = _series(law, phi, low, high, spread)
        rough = _is_rough(phi, low, high, series)
        size = np.abs(series[:, 0])
        rough &= (size > _LEAST_MASS) | ((high - low > shortest) & (size > _LEAST_TILTED))
        parts.append((low[~rough], high[~rough], series[~rough]))
        count += low.size
        if count > _MOST_PANELS:
            raise NoExactLaw(f"{phi} of {law} needs more than {_MOST_PANELS} panels.")
        middle = 0.5 * (low[rough] + high[rough])
        low, high = np.append(low[rough], middle), np.append(middle, high[rough])
    lows, highs, kept = (np.concatenate(fields) for fields in zip(*parts, strict=True))
    order = np.argsort(lows)
    return lows[order], highs[order], kept[order]


def _is_rough(
    phi: Nonlinearity,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    series: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether the last coefficients are more than rounding errors of x, y and the density."""
    first, last = (np.asarray(phi(end), np.float64) for end in (low, high))
    size = np.abs(series[:, 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        digits = 1.0 + np.abs(np.log(np.maximum(size, 1e-300)))
        noise = _PRECISION * digits
        noise += 1e-15 * np.maximum(np.abs(low), np.abs(high)) / (high - low)
        noise += 1e-15 * np.maximum(np.abs(first), np.abs(last)) / np.abs(last - first)
        end = np.max(np.abs(series[:, -3:]), axis=1)
        # nan, where y hardly changes, is not rough.
        return np.asarray(end > noise * size)


def _series(
    law: Law,
    phi: Nonlinearity,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    spread: float,
) -> NDArray[np.float64]:
    """Return Legendre series of the density of y = phi(x) over panels."""
    x, factors = series_rule(phi, low, high, spread)
    sized = ~np.isnan(factors[:, 0])
    with np.errstate(invalid="ignore"):
        weighted = law.pdf(x[sized]) * factors[sized]
    weighted[~np.isfinite(weighted)] = 0.0  # beside poles
    series = np.full((low.size, _NODES), np.nan)
    series[sized] = of_values(weighted)
    return series


def series_rule(
    phi: Nonlinearity, low: NDArray[np.float64], high: NDArray[np.float64], spread: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places at which a density of x gives the series of that of ``y = phi(x)``.

    Parameters
    ----------
    phi : Nonlinearity
        The function, monotone in each panel.
    low, high : ndarray of float64, shape (panels,)
        The ends in x.
    spread : float
        About the standard deviation of y.

    Returns
    -------
    x : ndarray of float64, shape (panels, 20)
        Where y is at the nodes of the Gauss-Legendre rule.
    factors : ndarray of float64, shape (panels, 20)
        The weights times the ratio of lengths, by which densities are multiplied; nan where y
        hardly changes over the panel.
    """
    first, last = (np.asarray(phi(end), np.float64) for end in (low, high))
    size = np.maximum(np.abs(first), np.abs(last))
    sized = np.abs(last - first) > np.maximum(_RESOLVED * size, _SMALLEST * spread)
    x, factors = np.zeros((low.size, _NODES)), np.full((low.size, _NODES), np.nan)
    _, weights = legendre_rule(_NODES)
    y, _ = gauss_legendre(first[sized], last[sized])
    x[sized] = _inverse(phi, y, low[sized], high[sized])
    slope = np.asarray(phi.derivative(x[sized]), np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (0.5 * (last - first)[sized])[:, None] / slope
    ratio[~np.isfinite(ratio)] = 0.0
    factors[sized] = ratio * weights
    return x, factors


def of_values(weighted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Legendre coefficients of weighted values at the nodes, along the second axis."""
    nodes, _ = legendre_rule(_NODES)
    basis = np.polynomial.legendre.legvander(nodes, _NODES - 1) * (np.arange(_NODES) + 0.5)
    return np.asarray(np.einsum("pi...,il->pl...", weighted, basis, optimize=True))


def _inverse(
    phi: Nonlinearity,
    y: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return x with phi(x) = y, by bisection; phi is monotone in each panel."""
    rising = (np.asarray(phi(high)) > np.asarray(phi(low)))[:, None]
    left, right = np.broadcast_to(low[:, None], y.shape), np.broadcast_to(high[:, None], y.shape)
    for _ in range(60):
        middle = 0.5 * (left + right)
        below = (np.asarray(phi(middle), np.float64) < y) == rising
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    return np.asarray(0.5 * (left + right))
