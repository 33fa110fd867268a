"""Constants of tails that fall like a power."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import gammaln

from clt_sim import laws, nonlinearities
from clt_sim._validation import TooLargeError, finite
from clt_sim.laws import Cauchy, Law, Pareto, Stable, StudentT
from clt_sim.nonlinearities import Abs, Identity, LeakyReLU, Nonlinearity, ReLU
from clt_sim.tables import Facts

LINEAR_SIDES = Abs | Identity | LeakyReLU | ReLU
"""Functions that are linear on either side of 0."""


@dataclass(frozen=True, slots=True)
class TailConstants(Facts):
    """Tails that fall like a power: ``P(X > x) ~ right/x**index``, ``P(X < -x) ~ left/x**index``.

    Parameters
    ----------
    index : float
        The exponent, above 0.
    right, left : float
        The constants, at least 0.
    """

    index: float
    right: float
    left: float

    def times(self, factor: float) -> TailConstants:
        """Return the constants of ``factor*X``.

        Raises
        ------
        TypeError, ValueError
            If `factor` is not a finite number, or the constants are beyond doubles.
        """
        factor = finite("factor", factor)
        try:
            size = abs(factor) ** self.index
        except OverflowError:
            raise TooLargeError(f"a constant of the tails of {factor}*X is too large.") from None
        right, left = (self.right, self.left) if factor > 0.0 else (self.left, self.right)
        return TailConstants(self.index, size * right, size * left)


def stable_tail_constant(alpha: float) -> float:
    """Return ``C = lim x**alpha P(|X| > x)`` of the stable law of index alpha and scale 1.

    It is ``2 Gamma(alpha) sin(pi alpha/2)/pi`` (Nolan, "Univariate Stable Distributions", 2020,
    chapter 1). The right tail has the share ``(1 + beta)/2`` of it.

    Parameters
    ----------
    alpha : float
        Index, above 0 and below 2.

    Returns
    -------
    float
        The constant; 2/pi for the Cauchy law.

    Raises
    ------
    TypeError, ValueError
        If `alpha` is out of range.

    Examples
    --------
    >>> round(stable_tail_constant(1.0) * math.pi, 12)
    2.0
    """
    alpha = stable_index(alpha)
    return 2.0 * math.gamma(alpha) * math.sin(0.5 * math.pi * alpha) / math.pi


def tail_constants(law: Law | str, nonlinearity: Nonlinearity | str = "identity") -> TailConstants:
    """Return the constants of the tails of phi(X), where they fall like a power.

    Parameters
    ----------
    law : Law or str
        Law of X: Pareto, Student's t, Cauchy or stable with an index below 2.
    nonlinearity : Nonlinearity or str
        The identity, the absolute value, ReLU or leaky ReLU.

    Returns
    -------
    TailConstants
        Of phi(X); the index is that of X.

    Raises
    ------
    ValueError
        For other laws and nonlinearities, and if nothing is left of the tails.

    Examples
    --------
    >>> import clt_sim as clt
    >>> tail_constants(clt.laws.Pareto(shape=1.5, scale=4.0))
    TailConstants(index=1.5, right=8.0, left=0.0)
    >>> tail_constants(clt.laws.Pareto(shape=1.5, scale=4.0), "leaky-relu(slope=0.25)")
    TailConstants(index=1.5, right=8.0, left=0.0)
    """
    law, phi = laws.get(law), nonlinearities.get(nonlinearity)
    own = _of_law(law)
    if not isinstance(phi, LINEAR_SIDES):
        raise ValueError(
            f"there are no tail constants for {phi}, which is not linear in the tails."
        )
    above = TailConstants(own.index, own.right, 0.0).times(float(phi(1.0)))
    below = TailConstants(own.index, own.left, 0.0).times(float(phi(-1.0)))
    right, left = above.right + below.right, above.left + below.left
    if right + left == 0.0:
        raise ValueError(f"{phi} of {law} has no tails: what remains is bounded.")
    return TailConstants(own.index, right, left)


def _of_law(law: Law) -> TailConstants:
    if isinstance(law, Pareto):
        return TailConstants(law.shape, law.scale**law.shape, 0.0)
    if isinstance(law, Cauchy):
        return TailConstants(1.0, law.scale / math.pi, law.scale / math.pi)
    if isinstance(law, StudentT):
        # The density over scale**df falls like the constant times df/x**(df + 1).
        df = law.df
        gammas = gammaln(0.5 * (df + 1.0)) - gammaln(0.5 * df)
        log = gammas + 0.5 * (df - 2.0) * math.log(df) - 0.5 * math.log(math.pi)
        constant = math.exp(log + df * math.log(law.scale))
        return TailConstants(df, constant, constant)
    if isinstance(law, Stable) and law.alpha < 2.0:
        half = 0.5 * stable_tail_constant(law.alpha) * law.scale**law.alpha
        return TailConstants(law.alpha, (1.0 + law.beta) * half, (1.0 - law.beta) * half)
    raise ValueError(f"there are no tail constants for the law {law}.")


def stable_index(alpha: float, *, least: float = 0.0) -> float:
    """Return an index, or raise if it is not from `least`, above 0 and below 2."""
    alpha = finite("alpha", alpha)
    if not (least <= alpha < 2.0 and alpha > 0.0):
        low = f"from {least}" if least else "above 0"
        raise ValueError(f"alpha must be {low} and below 2, not {alpha}.")
    return alpha
