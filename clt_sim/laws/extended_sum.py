"""Sums of numbers that may be infinite."""

from __future__ import annotations

import math
from collections.abc import Iterable


def extended_sum(terms: Iterable[float]) -> float:
    """Return the sum, right to the last digit if all terms are finite.

    For infinities of both signs it is nan, where `math.fsum` raises.

    Examples
    --------
    >>> import math
    >>> extended_sum([1e16, 1.0, -1e16]), extended_sum([math.inf, 1.0, -math.inf])
    (1.0, nan)
    """
    numbers = list(terms)
    return math.fsum(numbers) if all(map(math.isfinite, numbers)) else sum(numbers)
