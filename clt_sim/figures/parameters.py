"""Parameters that several figures have, and their checks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import nonlinearities
from clt_sim._validation import whole

if TYPE_CHECKING:
    from clt_sim.models import WeightedSum


def listed(given: Any) -> list[Any]:
    """Return a sequence as a list; one value alone is a list of one.

    Examples
    --------
    >>> listed("relu"), listed(("relu", "tanh"))
    (['relu'], ['relu', 'tanh'])
    """
    return list(given) if isinstance(given, list | tuple | range | np.ndarray) else [given]


def whole_numbers(argument: str, given: Any, *, most: int) -> tuple[int, ...]:
    """Return numbers of terms as they are given, at least one.

    Parameters
    ----------
    argument : str
        The name of the parameter, for the messages.
    given : sequence of int
        From 1 to `most` each.
    most : int
        The largest that is allowed.

    Raises
    ------
    TypeError
        If it is no sequence, is empty, or one is not whole.
    ValueError
        If one is out of range.
    """
    if not isinstance(given, list | tuple | range | np.ndarray) or len(given) == 0:
        raise TypeError(f"{argument} must be a list of whole numbers, not {given!r}.")
    return tuple(whole(f"each of {argument}", n, least=1, most=most) for n in given)


def nonlinearity_names(given: Any) -> tuple[str, ...]:
    """Return one or several nonlinearities as their texts.

    Raises
    ------
    ValueError
        If there is none, or one is unknown.
    """
    names = tuple(str(nonlinearities.get(phi)) for phi in listed(given))
    if not names:
        raise ValueError("nonlinearities must be at least one.")
    return names


def check_variances(models: Iterable[WeightedSum]) -> None:
    """Raise if one of the sums cannot be standardised.

    Raises
    ------
    ValueError
        If its variance is 0, infinite, or unknown.
    """
    for model in models:
        if not 0.0 < model.variance < math.inf:
            raise ValueError(
                "each sum must have a finite variance above 0 to be standardised by;"
                f" that of the {model} is {model.variance}."
            )
