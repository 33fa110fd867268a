"""Choices that bytes make: each takes the next bytes, and those that are missing count as zeros.

So any bytes are an input, nothing at all chooses the first of everything, and one changed byte
mostly changes one choice. That is what libFuzzer's changes are good at.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Choices:
    """What is chosen by a row of bytes.

    Parameters
    ----------
    content : bytes
        The row.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        taken = self._content[self._place : self._place + count]
        self._place += count
        return taken.ljust(count, b"\0")

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to below a bound of at most 2**16."""
        return int.from_bytes(self.bytes(1 if bound <= 256 else 2), "little") % bound

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of some items."""
        return items[self.below(len(items))]

    def double(self) -> float:
        """Return any double; of those that are not a number, the quiet one."""
        value = float(struct.unpack("<d", self.bytes(8))[0])
        return math.nan if math.isnan(value) else value

    def moderate(self) -> float:
        """Return a number with few digits: from -1 to 1, mostly, and of any size in between."""
        mantissa, scale = struct.unpack("<hB", self.bytes(3))
        return float(mantissa) / 256.0 * 10.0 ** (scale % 8 - 5)

    def whole(self) -> int:
        """Return a whole number: small, or beside a power of two."""
        kind, value = self.bytes(2)
        if kind < 192:
            return int(value)
        return (1 << value % 66) * (1 if kind & 1 else -1) + (kind >> 1) % 3 - 1
