"""Integrals of ``exp(s y)`` over many densities at once, as products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.wave_panels import FAST, of_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.conditional_panels import ConditionalPanels
    from clt_sim.exact.output_pieces import Share

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]

_LEAST_SHARE = 2.0**-70
_NODES = 20
_LARGEST_LOG = 700.0


class Waves:
    """The values ``y = weight phi(x)`` on panels, with the masses that K densities of x give them.

    What turns is the same for all densities: it is found once, and multiplied by the matrix of
    masses where it turns slowly, by that of Legendre coefficients where it turns fast, as in
    `clt_sim.exact.wave_panels.WavePanels`.

    Parameters
    ----------
    panels : ConditionalPanels
        Panels of x.
    weight : float
        Not 0.
    log_share : float
        Logarithm of a factor of all masses.
    part : Share, optional
        The part of the mass that is meant; by default all.

    Attributes
    ----------
    values : ndarray of float64, shape (panels*20,)
        y at the nodes.
    logs : ndarray of float64, shape (panels*20, K)
        Logarithms of masses, before they are multiplied by the common factor.
    """

    def __init__(
        self,
        panels: ConditionalPanels,
        weight: float,
        log_share: float,
        part: Share | None = None,
    ) -> None:
        y, logs = panels.rule()
        if part is not None:
            logs = logs + part.log_share(y)[:, None]
        self.values, self.logs = weight * y, logs
        self.log_share = log_share
        self._panels = panels
        self._low, self._high = (weight * end for end in panels.ends())
        self._half = 0.5 * (self._high - self._low)
        self._x, factors = panels.series()
        self._log_shares = np.zeros(self._x.shape)
        if part is not None:
            self._log_shares = part.log_share(np.asarray(panels.phi(self._x), np.float64))
        self._sized = ~np.isnan(factors[:, 0])
        self._factors = np.where(self._sized[:, None], factors, 0.0)
        self._every = np.arange(logs.shape[1])
        self._line: tuple[float, bytes] | None = None
        self._of_line: dict[bytes, tuple[Reals, Reals]] = {}
        self._of_series: Reals | None = None

    def log_mass(self, theta: float) -> Reals:
        """Return the logarithms of the integrals of ``exp(theta y)``, shape (K,)."""
        fast = np.abs(theta * self._half) > FAST
        slow = np.repeat(~fast, _NODES)
        sums = logsumexp(self.logs[slow] + theta * self.values[slow, None], axis=0)
        if fast.any():
            size = self._log_sizes(theta, self._every)[fast].max(axis=(0, 1))
            series = self._series_over(theta, size, self._every)[fast]
            integrals = self._fast(theta, np.zeros(1), fast, series)[0].real
            with np.errstate(divide="ignore"):
                sums = np.logaddexp(sums, size + np.log(np.maximum(integrals, 0.0)))
        return np.asarray(sums + self.log_share)

    def integral(
        self, theta: float, t: Reals, log_norms: Reals, nodes: NDArray[np.intp]
    ) -> Complex:
        """Return the integrals of ``exp((theta + i t) y)`` over norms, for some of the densities.

        Parameters
        ----------
        theta : float
            The real part.
        t : ndarray of float64, shape (m,)
            Imaginary parts, of about one size.
        log_norms : ndarray of float64, shape (K,)
            Logarithms by whose exponentials the integrals are divided.
        nodes : ndarray of int, shape (k,)
            Which densities.

        Returns
        -------
        ndarray of complex128, shape (m, k)
            The integrals.

        Raises
        ------
        NoExactLaw
            If floats do not resolve the turns of the exponential.
        """
        largest = float(np.hypot(theta, np.abs(t).max()))
        fast = largest * np.abs(self._half) > FAST
        if not np.all(self._sized[fast]):
            raise NoExactLaw(f"at s = {largest:.2g} the transform is not resolved by floats.")
        log_divisors = log_norms[nodes] - self.log_share
        y, masses = self._masses(theta, log_divisors, ~fast, nodes)
        turned = np.multiply.outer(t, y)
        result = np.cos(turned) @ masses + 1j * (np.sin(turned) @ masses)
        if fast.any():
            result += self._fast(theta, t, fast, self._series(theta, log_divisors, nodes)[fast])
        return np.asarray(result)

    def _masses(
        self, theta: float, log_divisors: Reals, slow: NDArray[np.bool_], nodes: NDArray[np.intp]
    ) -> tuple[Reals, Reals]:
        """Return the nodes of panels that matter, and their tilted masses.

        Those of one line are kept.
        """
        line = theta, nodes.tobytes()
        if self._line != line:
            self._line, self._of_line, self._of_series = line, {}, None
        key = slow.tobytes()
        if key not in self._of_line:
            rows = np.repeat(slow, _NODES)
            y = self.values[rows]
            masses = np.exp(self.logs[np.ix_(rows, nodes)] + theta * y[:, None] - log_divisors)
            used = masses.max(axis=1, initial=0.0) > _LEAST_SHARE
            self._of_line[key] = y[used], masses[used]
        return self._of_line[key]

    def _series(self, theta: float, log_divisors: Reals, nodes: NDArray[np.intp]) -> Reals:
        """Return `_series_over` the divisors; that of the last line is kept."""
        if self._of_series is None:
            self._of_series = self._series_over(theta, log_divisors, nodes)
        return self._of_series

    def _series_over(self, theta: float, log_sizes: Reals, nodes: NDArray[np.intp]) -> Reals:
        """Return Legendre coefficients of densities over some sizes, shape (panels, 20, k).

        They are multiplied by the largest ``exp(theta y)`` of each panel.
        """
        # What is beyond the range of floats is in panels that are summed over nodes.
        densities = np.exp(np.minimum(self._log_sizes(theta, nodes) - log_sizes, _LARGEST_LOG))
        return of_values(densities * self._factors[:, :, None])

    def _log_sizes(self, theta: float, nodes: NDArray[np.intp]) -> Reals:
        """Return logarithms of densities times the largest ``exp(theta y)``."""
        tops = np.maximum(theta * self._low, theta * self._high)
        logs = self._panels.log_densities(self._x.ravel(), nodes)
        logs = logs.reshape(self._low.size, _NODES, nodes.size) + self._log_shares[:, :, None]
        return np.asarray(logs + tops[:, None, None])

    def _fast(self, theta: float, t: Reals, fast: NDArray[np.bool_], series: Reals) -> Complex:
        """Return the sum of the Legendre series times their exact integrals."""
        used = np.abs(series).max(axis=(1, 2)) > _LEAST_SHARE
        low, high, series = self._low[fast][used], self._high[fast][used], series[used]
        s = (theta + 1j * t)[:, None]
        tops = np.maximum(theta * low, theta * high)
        over = 1.0 / (s * (0.5 * (high - low)))
        upper, lower = np.exp(s * high - tops), np.exp(s * low - tops)
        integrals = np.empty((t.size, low.size, _NODES), np.complex128)
        integrals[:, :, 0] = (upper - lower) * over
        integrals[:, :, 1] = (upper + lower - integrals[:, :, 0]) * over
        for k in range(1, _NODES - 1):
            before, now = integrals[:, :, k - 1], integrals[:, :, k]
            integrals[:, :, k + 1] = before - (2 * k + 1) * over * now
        flat = integrals.reshape(t.size, -1)
        matrix = series.reshape(flat.shape[1], series.shape[2])
        return np.asarray(flat.real @ matrix + 1j * (flat.imag @ matrix))
