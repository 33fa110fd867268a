"""Checks of arguments: every message names the argument, its value and what is allowed."""

from __future__ import annotations

import difflib
import itertools
import math
import numbers
import operator
import sys
from collections.abc import Iterable
from typing import Any

MOST_ORDER = 1000
"""The highest order of a moment that can be asked for."""
_MOST_ITEMS = 10**6
_MOST_SHOWN = 200
"""Longer text of a value is cut in messages; to look for names like it would take long."""


class TooLargeError(OverflowError, ValueError):
    """A number that is finite and beyond the range of doubles; the message says which."""


def shown(value: object) -> str:
    """Return the text of a value for a message, cut where it is long.

    Examples
    --------
    >>> shown("normal"), shown(10**5000)
    ("'normal'", 'an object of type int')
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an int of too many digits, a list in a list in a ...
        return f"an object of type {type(value).__name__}"
    half = _MOST_SHOWN // 2
    return text if len(text) <= _MOST_SHOWN else f"{text[:half]}...{text[-half:]}"


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
    text = name if isinstance(name, str) else shown(name)
    short = len(text) <= _MOST_SHOWN
    nearest = difflib.get_close_matches(text, known, n=1, cutoff=0.5) if short else []
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ValueError(f"unknown {kind} {shown(name)}.{hint} Known: {', '.join(known)}.")


def check_name(kind: str, name: object, known: Iterable[str]) -> None:
    """Raise if `name` is not text or not among those that are known, with the nearest match."""
    known = list(known)
    if not isinstance(name, str) or name not in known:
        raise unknown_name(kind, name, known)


def check_flag(argument: str, value: object) -> None:
    """Raise if `value` is neither True nor False."""
    # NumPy's own booleans are not bool, and this module does not load NumPy.
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{argument} must be True or False, not {shown(value)}.")


def check_text(argument: str, value: object) -> None:
    """Raise if `value` is not text."""
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be text, not {shown(value)}.")


def finite(argument: str, value: object) -> float:
    """Return `value` as a float, or raise if it is not a finite real number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} must be a real number, not {shown(value)}.")
    try:
        number = float(value)
    except TypeError:  # a difference of times, which NumPy counts as a whole number
        raise TypeError(f"{argument} must be a real number, not {shown(value)}.") from None
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


def finite_row(argument: str, values: object) -> tuple[float, ...]:
    """Return an iterable of real numbers as floats, or raise if it is none or one is not finite.

    Raises
    ------
    TypeError, ValueError
        As `checked_row` and `finite`.
    """
    row = checked_row(argument, values, what="row of numbers")
    return tuple(finite(f"{argument}[{i}]", value) for i, value in enumerate(row))


def checked_row(argument: str, values: object, *, what: str = "row") -> tuple[Any, ...]:
    """Return the items of an iterable, or raise if it is none, text, or has no end."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{argument} must be a {what}, not {shown(values)}.")
    try:
        items = tuple(itertools.islice(values, _MOST_ITEMS + 1))
    except TypeError:  # an array without a dimension
        raise TypeError(f"{argument} must be a {what}, not {shown(values)}.") from None
    if len(items) > _MOST_ITEMS:
        raise ValueError(f"{argument} must have at most {_MOST_ITEMS} items.")
    return items


def shape_parameter(argument: str, value: object) -> float:
    """Return `value` as a float, or raise if it is not from 1e-10 to 1e10.

    Exponents and degrees of freedom farther out make laws that doubles cannot tell from a
    constant, or whose quantiles are nearly all infinite.
    """
    number = positive(argument, value)
    if not 1e-10 <= number <= 1e10:
        raise ValueError(f"{argument} must be from 1e-10 to 1e10, not {number}.")
    return number


def check_ends(low: float, high: float) -> None:
    """Raise if two numbers are not the ends of an interval whose length is a double."""
    if low >= high:
        raise ValueError(f"low must be below high, not {low} >= {high}.")
    if not math.isfinite(high - low):
        raise ValueError(f"high - low must be finite, not {high - low}.")


def whole(argument: str, value: object, *, least: int, most: int | None = None) -> int:
    """Return `value` as an int, or raise if it is not a whole number in [least, most]."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{argument} must be a whole number, not {shown(value)}.")
    try:
        number = operator.index(value)
    except TypeError:  # as in `finite`
        raise TypeError(f"{argument} must be a whole number, not {shown(value)}.") from None
    if number < least or (most is not None and number > most):
        allowed = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{argument} must be {allowed}, not {shown(number)}.")
    return number
