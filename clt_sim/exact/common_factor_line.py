"""The transform of a sum of terms that are independent given a common factor, along one line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log1p, logsumexp

from clt_sim.exact.conditional_terms import LEAST_SHARE, ConditionalTerm
from clt_sim.exact.wave_panels import chunks, groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.common_factor import CommonFactor
    from clt_sim.exact.output_pieces import Piece

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]
    Part = Callable[[Reals], Complex]

_COLUMNS = 2**11
"""Chunks of s are as long as if so many numbers were found for each."""
_MOSTLY_ATOMS = 0.7
SIDES = -1.0, 1.0
"""The lower one and the upper one."""


class CommonFactorLine:
    """The transform along one line, relative to that at its real point.

    Parameters
    ----------
    factor : CommonFactor
        The nodes.
    terms : tuple of ConditionalTerm
        The kinds of terms.
    theta : float
        The real point.

    Attributes
    ----------
    log_norm : float
        The logarithm of the transform at the real point.
    all_shares : ndarray of float64, shape (nodes,)
        The probabilities of the nodes, tilted.
    """

    def __init__(
        self, factor: CommonFactor, terms: tuple[ConditionalTerm, ...], theta: float
    ) -> None:
        self._theta = theta
        self._terms = [(term.tilted(theta), term.count) for term in terms]
        self._atomic = all(term.places.size for term, _ in self._terms)
        logs = factor.log_shares.copy()
        self._beyond = np.full(factor.size, np.inf)
        if self._atomic:
            self._beyond = np.zeros(factor.size)
            for term, count in self._terms:
                with np.errstate(divide="ignore"):
                    self._beyond -= count * np.log1p(-term.smooth_mass)
        for term, count in self._terms:
            logs += count * term.log_norms
        with np.errstate(divide="ignore"):
            logs += np.log(-np.expm1(-self._beyond))
        self.log_norm = float(logsumexp(logs))
        self.all_shares = np.exp(logs - self.log_norm)
        self._nodes = np.flatnonzero(self.all_shares > LEAST_SHARE * self.all_shares.max())
        self._shares = self.all_shares[self._nodes]

    def relative(self, t: Reals, part: Part | None = None) -> Complex:
        """Return the transform at points of the line over that at its real point, or a part."""
        values = np.zeros(t.shape, np.complex128)
        for group in groups(np.asarray(self._theta + 1j * t, np.complex128)):
            for rows in chunks(group.size, _COLUMNS):
                values[group[rows]] = (part or self._whole)(t[group[rows]])
        return values

    def _whole(self, t: Reals) -> Complex:
        """Return all of it for points of about one size."""
        return self._over_nodes(t, np.ones(self._nodes.size, np.bool_))

    def on_side(self, side: float, t: Reals) -> Complex:
        """Return the part of the nodes on one side of the middle."""
        chosen = (self._nodes >= self.all_shares.size // 2) == (side > 0.0)
        return self._over_nodes(t, chosen) if chosen.any() else np.zeros(t.size, np.complex128)

    def piece(self, piece: Piece, t: Reals) -> Complex:
        """Return the part with so many terms in the halves of their supports."""
        product: Complex = np.ones((t.size, self._nodes.size), np.complex128)
        for (term, _), counts in zip(self._terms, piece.counts, strict=True):
            for half, count in enumerate(counts):
                if count:
                    product *= _power(term.smooth_half(t, self._nodes, half), count)
        return np.asarray(math.exp(piece.log_ways) * (product @ self._shares))

    def _over_nodes(self, t: Reals, chosen: NDArray[np.bool_]) -> Complex:
        """Return the average over some of the nodes."""
        nodes = self._nodes[chosen]
        whole: Complex = np.ones((t.size, nodes.size), np.complex128)
        atoms = whole.copy()
        ratios = []
        for term, count in self._terms:
            smooth = term.smooth(t, nodes)
            if not term.places.size:
                whole *= _power(smooth, count)
                continue
            own = term.at_atoms(t, nodes)
            whole *= _power(smooth + own, count)
            if self._atomic:
                atoms *= _power(own, count)
                ratios.append((smooth, own, count))
        if self._atomic:
            whole = self._without_atoms(whole, atoms, ratios, self._beyond[nodes])
        return np.asarray(whole @ self._shares[chosen])

    def _without_atoms(
        self,
        whole: Complex,
        atoms: Complex,
        ratios: list[tuple[Complex, Complex, int]],
        beyond: Reals,
    ) -> Complex:
        """Return the difference from the atoms, over that at the real point."""
        rest = (whole - atoms) / -np.expm1(-beyond)
        few = beyond < _MOSTLY_ATOMS
        if few.any():  # where the difference would cancel
            logs = sum(count * log1p(smooth[:, few] / own[:, few]) for smooth, own, count in ratios)
            accurate = whole[:, few] * np.expm1(-logs) / np.expm1(-beyond[few])
            rest[:, few] = np.where(np.isfinite(accurate), accurate, rest[:, few])
        return np.asarray(rest)


def _power(base: Complex, exponent: int) -> Complex:
    """Return a power by squaring, faster than by logarithms and with no branch to choose."""
    result: Complex | None = None
    while True:
        if exponent % 2:
            result = base.copy() if result is None else result * base
        exponent //= 2
        if not exponent:
            return base if result is None else result
        base = base * base
