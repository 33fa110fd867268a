"""Where the density of a nonlinearity output may not be smooth."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.nonlinearities import Cos, Sin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.nonlinearities import Nonlinearity

_SAME = 1e-9
"""Places closer than this share of the spread of the output differ by rounding errors."""
_FAR = 1e300
_LITTLE = 1e-8


def limits(law: Law, phi: Nonlinearity) -> list[float]:
    """Return the limits of phi at infinite ends of the support of a law.

    Examples
    --------
    >>> from clt_sim.laws import Normal
    >>> from clt_sim.nonlinearities import Tanh
    >>> limits(Normal(), Tanh())
    [-1.0, 1.0]
    """
    return [limit for limit, _ in _limits(law, phi)]


def piles_up(law: Law, phi: Nonlinearity, flat: Sequence[tuple[float, float]]) -> bool:
    """Whether there is much mass beside a limit of phi, as for the tanh of a normal variable.

    The mass there falls with less than the third power of the distance, roughly. What is at the
    limit itself, as phi is flat up to an infinite end, is not meant.
    """
    return any(
        abs(limit - float(phi(x))) ** 3 < _LITTLE
        for limit, x in _limits(law, phi)
        if not any(low <= x <= high for low, high in flat)
    )


def _limits(law: Law, phi: Nonlinearity) -> list[tuple[float, float]]:
    """Return limits with x beyond which there is little mass."""
    if isinstance(phi, Sin | Cos):
        return []
    outer = law.quantile([_LITTLE, 1.0 - _LITTLE]).tolist()
    return [
        (float(phi(np.float64(far))), x)
        for end, growth, far, x in zip(law.support, phi.growth, (-_FAR, _FAR), outer, strict=True)
        if math.isinf(end) and growth == 0.0
    ]


def special_values(law: Law, phi: Nonlinearity) -> NDArray[np.float64]:
    """Return the images of kinks and of finite ends of the support, rising."""
    low, high = law.support
    ends = [end for end in law.support if math.isfinite(end)]
    x = [place for place in (*law.kinks, *phi.kinks, *ends) if low <= place <= high]
    return np.unique(np.asarray(phi(np.array(x)), np.float64))


def rough_places(
    law: Law, phi: Nonlinearity, turns: NDArray[np.float64], unit: float
) -> tuple[float, ...]:
    """Return where the density of ``y = phi(X)`` may not be smooth.

    Parameters
    ----------
    law : Law
        The law of X, without atoms.
    phi : Nonlinearity
        The function.
    turns : ndarray of float64, shape (k,)
        Where it turns.
    unit : float
        The spread of y.

    Returns
    -------
    tuple of float
        Rising: special values, limits, and the values at turning points, where there are poles.
    """
    at_turns = np.asarray(phi(turns), np.float64)
    values = {*special_values(law, phi).tolist(), *limits(law, phi), *at_turns.tolist()}
    rising = [-math.inf, *sorted(values)]
    return tuple(y for before, y in pairwise(rising) if y - before > _SAME * unit)
