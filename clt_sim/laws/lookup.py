"""The law that something stands for: a text, or a distribution of scipy.stats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clt_sim.laws.registry import registry
from clt_sim.laws.scipy_distribution import from_frozen

if TYPE_CHECKING:
    from clt_sim.laws.base import Law


def is_frozen_distribution(value: object) -> bool:
    """Say whether a value is a frozen distribution of scipy.stats, without importing that."""
    cls = type(value)
    return cls.__module__.startswith("scipy.stats") and "frozen" in cls.__name__


def get(specification: Any, **parameters: object) -> Law:
    """Return the law that a specification, a law or a frozen distribution stands for.

    Parameters
    ----------
    specification : str, Law or frozen distribution of scipy.stats
        A name, a name with parameters, a law, which is returned as it is, or a frozen
        univariate distribution, which becomes the law ``"scipy"``.
    **parameters
        Parameters of a law that is named; they go before those in the specification.

    Returns
    -------
    Law
        The law.

    Raises
    ------
    ValueError
        If the name or a parameter is unknown (with the nearest match), or a parameter is
        outside its range.
    TypeError
        If the specification is none of these.

    Examples
    --------
    >>> get("laplace(scale=2)") == get("laplace", scale=2)
    True
    """
    if is_frozen_distribution(specification):
        specification = from_frozen(specification)
    return registry.get(specification, **parameters)
