"""The entropy of a known law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from clt_sim._quadrature import integrate_adaptively, integrate_tail
from clt_sim.laws.poles import Poles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws.base import KnownLaw

_PRECISION = 1e-13
_PROBABILITIES = np.concatenate(
    [10.0 ** np.arange(-14, -1), np.arange(1, 16) / 16.0, 1.0 - 10.0 ** np.arange(-2.0, -15.0, -1)]
)


def entropy(law: KnownLaw) -> float:
    """Return the entropy of a law in nats.

    Parameters
    ----------
    law : KnownLaw
        The law.

    Returns
    -------
    float
        ``-sum p log p`` if all mass is in atoms; ``-integral f log f`` if there are none; nan for
        a law with both, which has a density with respect to no common measure.

    Examples
    --------
    >>> import clt_sim as clt
    >>> abs(entropy(clt.laws.get("uniform", low=0.0, high=2.0)) - math.log(2.0)) < 1e-14
    True
    """
    if law.atoms:
        masses = np.array([*law.atoms.values()])
        whole = math.isclose(math.fsum(masses), 1.0, rel_tol=1e-9)
        return math.fsum(entr(masses)) if whole else math.nan
    poles = Poles.of(law)
    low, high = law.support
    special = [*law.kinks, *filter(math.isfinite, (low, high))]
    breaks = np.unique(np.concatenate([law.quantile(_PROBABILITIES), special]))
    breaks = breaks[np.isfinite(breaks)]

    def surprise(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(entr(law.pdf(x)))

    body = integrate_adaptively(surprise, *poles.panels(breaks), precision=_PRECISION)
    parts = [body.value, -poles.entropy_integral(1.0)[0]]
    median = float(law.quantile(0.5))
    for start, end in ((breaks[0], low), (breaks[-1], high)):
        if math.isinf(end):
            tail = integrate_tail(
                surprise,
                median,
                float(start),
                precision=_PRECISION,
                allowed=_PRECISION * abs(body.value),
            )
            parts.append(tail.value)
    return math.fsum(parts)
