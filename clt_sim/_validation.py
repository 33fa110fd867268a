"""Checks of arguments: every message names the argument, its value and what is allowed."""

from __future__ import annotations

import difflib
import math
import numbers
import sys
from collections.abc import Iterable


def unknown_name(kind: str, name: object, known: Iterable[str]) -> ValueError:
    """Return the error for a name that is not registered, with the nearest match.

    Parameters
    ----------
    kind : str
        What the name stands for, such as ``"law"``.
    name : object
        What was given for a name.
    known : iterable of str
        The names that are registered.

    Returns
    -------
    ValueError
        To be raised by the caller.
    """
    known = sorted(known)
    nearest = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ValueError(f"unknown {kind} {name!r}.{hint} Known: {', '.join(known)}.")


def finite(argument: str, value: object) -> float:
    """Return `value` as a float, or raise if it is not a finite real number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} must be a real number, not {value!r}.")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{argument} must be at most {sys.float_info.max} in size.") from None
    if not math.isfinite(number):
        raise ValueError(f"{argument} must be finite, not {number}.")
    return number


def positive(argument: str, value: object) -> float:
    """Return `value` as a float, or raise if it is not finite and above zero."""
    number = finite(argument, value)
    if number <= 0.0:
        raise ValueError(f"{argument} must be above 0, not {number}.")
    return number


def whole(argument: str, value: object, *, least: int, most: int | None = None) -> int:
    """Return `value` as an int, or raise if it is not a whole number in [least, most]."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{argument} must be a whole number, not {value!r}.")
    number = int(value)
    if number < least or (most is not None and number > most):
        allowed = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{argument} must be {allowed}, not {number}.")
    return number
