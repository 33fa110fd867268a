"""Values as JSON types."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return a value as JSON types.

    Tuples and arrays become lists, values with a method ``to_dict`` what that returns, and laws,
    functions and other values their text. JSON has no word for numbers that are not finite: they
    become the texts ``"inf"``, ``"-inf"`` and ``"nan"``, of which ``float`` makes the number again.

    Examples
    --------
    >>> plain({"support": (0.0, math.inf), "atoms": None})
    {'support': [0.0, 'inf'], 'atoms': None}
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def parsed(text: bytes) -> Any:
    """Return what a text in JSON says.

    Raises
    ------
    ValueError
        If it is not JSON, or is nested deeper than can be read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
