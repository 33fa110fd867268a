"""For which s ``E[exp(s phi(X))]`` is finite, from the tails of X and the growth of phi."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clt_sim.laws import Law, Mixture, Scipy, Sparse

if TYPE_CHECKING:
    from clt_sim.theory.terms import Factor

_FAR = 2.0**30
"""Where phi has the slope of its limit."""


def strip(factor: Factor) -> tuple[float, float]:
    """Return the ends of the open interval of s for which ``E[exp(s phi(X))]`` is finite.

    Parameters
    ----------
    factor : Factor
        The law of X and phi.

    Returns
    -------
    low, high : float
        At most 0 and at least 0.

    Raises
    ------
    ValueError
        If phi grows faster than linearly where X is unbounded, or the lower tail is not known.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.theory.terms import Factor
    >>> strip(Factor(clt.laws.get("laplace(scale=2)"), clt.nonlinearities.get("relu")))
    (-inf, 0.5)
    """
    low, high = -math.inf, math.inf
    sides = zip((-1.0, 1.0), factor.law.support, factor.nonlinearity.growth, strict=True)
    for side, end, growth in sides:
        if math.isinf(end) and growth > 0.0:
            ends = _ends_from(factor, side, growth)
            low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


def _ends_from(factor: Factor, side: float, growth: float) -> tuple[float, float]:
    """Return the ends that one infinite side of the support leaves."""
    law, phi = factor.law, factor.nonlinearity
    if side < 0.0 and _from_scipy(law):
        raise ValueError(f"the rate of the lower tail of the law {law} is not known.")
    rising = float(phi(side * _FAR)) > 0.0
    if law.exponential_index == 0.0 or math.isinf(growth):
        rate = 0.0
    elif growth == 1.0:
        rate = law.exponential_index * _FAR / abs(float(phi(side * _FAR)))
    else:
        raise ValueError(f"{phi} does not grow linearly where the law {law} is unbounded.")
    return (-math.inf, rate) if rising else (-rate, math.inf)


def _from_scipy(law: Law) -> bool:
    """Whether a part of the law is scipy's, whose index is only that of the upper tail."""
    if isinstance(law, Mixture):
        return any(map(_from_scipy, law.components))
    return _from_scipy(law.slab) if isinstance(law, Sparse) else isinstance(law, Scipy)
