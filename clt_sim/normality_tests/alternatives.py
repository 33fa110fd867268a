"""Alternatives to a normal law: what studies of the power of tests draw their samples from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from clt_sim import laws
from clt_sim._validation import unknown_name, whole
from clt_sim.models import RandomNetwork, WeightedSum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.models import Model

_LAWS = (
    *("uniform", "arcsine", "beta", "triangular"),
    *("logistic", "laplace", "student-t(df=5)", "student-t(df=3)"),
    *("exponential", "gamma", "lognormal"),
)
_WIDTHS = (4, 16, 64)

ALTERNATIVES: Mapping[str, laws.Law | Model] = MappingProxyType(
    {
        **{name: laws.get(name) for name in _LAWS},
        "scale-contaminated": laws.Mixture(("normal", "normal(sd=3)"), (0.9, 0.1)),
        "location-contaminated": laws.Mixture(("normal", "normal(mean=3)"), (0.9, 0.1)),
        **{f"relu-network-{width}": RandomNetwork([width] * 3, "relu") for width in _WIDTHS},
    }
)
"""Alternatives by name.

First laws with light tails, then symmetric ones with heavy tails, skew ones, normal laws of which
a tenth has three times the sd or is shifted by three of them, and pre-activations after three
hidden layers of ReLU of one width, over the weights, at a fixed input.
"""


def names() -> tuple[str, ...]:
    """Return the names of `ALTERNATIVES`, in their order.

    Examples
    --------
    >>> names()[-2:]
    ('relu-network-16', 'relu-network-64')
    """
    return tuple(ALTERNATIVES)


def get(alternative: object) -> laws.Law | Model:
    """Return the law or the model that an alternative stands for.

    Parameters
    ----------
    alternative : str, Law, WeightedSum, RandomNetwork or frozen distribution of scipy.stats
        A name of `ALTERNATIVES`; the specification of any law, such as ``"laplace"`` or
        ``"gamma(shape=0.5)"``; or a law or a model itself.

    Raises
    ------
    ValueError
        If the name is unknown (with the nearest match) or a parameter is wrong.
    TypeError
        If it is none of these.

    Examples
    --------
    >>> print(get("location-contaminated"))
    mixture(components=('normal', 'normal(mean=3.0)'), weights=(0.9, 0.1))
    >>> print(get("relu-network-4"))
    network 1-4-4-4-1 of relu, w ~ normal, weight variance 2, x fixed, all 1, conditional sampler
    """
    if isinstance(alternative, WeightedSum | RandomNetwork):
        return alternative
    if isinstance(alternative, str):
        if alternative in ALTERNATIVES:
            return ALTERNATIVES[alternative]
        if alternative.partition("(")[0].strip() not in laws.names():
            raise unknown_name("alternative", alternative, {*ALTERNATIVES, *laws.names()})
    return laws.get(alternative)


def sample(alternative: object, size: int | tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    """Draw independent values of an alternative, in double precision.

    Parameters
    ----------
    alternative : str, Law, WeightedSum, RandomNetwork or frozen distribution of scipy.stats
        As for `get`.
    size : int or tuple of int
        The shape of the result, each number at least 1: ``(samples, n)`` for samples in rows.
    seed : int
        From 0 to 2**64 - 1.

    Returns
    -------
    ndarray of float64
        The draws; a larger result in the same seed begins with the same numbers.

    Raises
    ------
    TypeError, ValueError
        For an unknown alternative, or a size or a seed out of range.

    Examples
    --------
    >>> rows = sample("student-t(df=3)", (1000, 20), seed=1)
    >>> rows.shape
    (1000, 20)
    >>> bool((rows.ravel()[:5] == sample("student-t(df=3)", 5, seed=1)).all())
    True
    """
    from clt_sim.engine import sample as draw

    source = get(alternative)
    if isinstance(source, laws.Law):
        source = WeightedSum(n=1, inputs=source, weights=1.0)
    given = size if isinstance(size, tuple) else (size,)
    shape = tuple(whole("each number of size", number, least=1) for number in given)
    return draw(source, math.prod(shape), seed=seed, precision="double").reshape(shape)
