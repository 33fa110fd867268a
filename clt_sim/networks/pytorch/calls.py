"""Calls of layers of one pass, held until they are given on together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from clt_sim.networks.pytorch.layers import LayerCall
    from clt_sim.networks.recording.collector import LayerBatch

_HELD_BYTES = 2**28
"""So much is held of one pass before its oldest calls are reduced."""


class HeldCalls:
    """Holds the calls of layers of one pass.

    Calls of one layer in one pass, such as the steps of a recurrent layer, become one batch.

    Parameters
    ----------
    add : callable
        ``add(layer_name, batch)`` takes a `LayerBatch`.
    """

    def __init__(self, add: Callable[[str, LayerBatch], None]) -> None:
        self._add = add
        self._calls: list[LayerCall] = []
        self._layouts: dict[str, dict[tuple[Any, ...], str]] = {}
        self._bytes = 0
        self.inputs = 0

    @property
    def layers(self) -> int:
        """The number of layers met so far."""
        return len(self._layouts)

    def clear(self) -> None:
        """Throw away what is held."""
        self._calls.clear()
        self._bytes = 0

    def hold(self, call: LayerCall) -> None:
        """Hold a call; reduce the oldest if they are many."""
        self._calls.append(call)
        self._bytes += call.size
        if self._bytes > _HELD_BYTES:
            # The last two may still be waiting for a bias or a normalisation.
            self._reduce(max(len(self._calls) - 2, 0))
            self._bytes = sum(each.size for each in self._calls)

    def reduce(self) -> None:
        """Give on all that is held."""
        self._reduce(len(self._calls))

    def _reduce(self, count: int) -> None:
        """Give the oldest calls to the collector, those of one layer together."""
        calls, self._calls = self._calls[:count], self._calls[count:]
        together: dict[tuple[str, tuple[Any, ...]], list[LayerBatch]] = {}
        for call in calls:
            for name, batch in call.batches():
                together.setdefault((name, _layout(batch)), []).append(batch)
        for (name, layout), batches in together.items():
            batch = batches[0] if len(batches) == 1 else _joined(batches)
            self._add_as(name, layout, batch)

    def _add_as(self, name: str, layout: tuple[Any, ...], batch: LayerBatch) -> None:
        """Add a batch under a name that has one layout, with clusters only where they say more."""
        names = self._layouts.setdefault(name, {})
        is_alone = len(batch.pre_activation) == self.inputs
        for clustered in (False, True) if is_alone else (True,):
            if (*layout, clustered) in names:
                break
        else:
            clustered = not is_alone
            suffix = f" ({len(names) + 1})" if names else ""
            names[*layout, clustered] = f"{name}{suffix}"
        clusters = batch.clusters if clustered else None
        self._add(names[*layout, clustered], replace(batch, clusters=clusters))


def _layout(batch: LayerBatch) -> tuple[Any, ...]:
    widths = (each.shape[1] for each in (batch.u, batch.pre_activation) if each is not None)
    return *widths, batch.normalization


def _joined(batches: Iterable[LayerBatch]) -> LayerBatch:
    """Return several calls of one layer in one pass as one batch."""
    batches = list(batches)
    first = batches[0]

    def joined(name: str) -> Any:
        parts = [getattr(batch, name) for batch in batches]
        return None if parts[0] is None else np.concatenate(parts)

    return replace(
        first,
        **{name: joined(name) for name in ("u", "pre_activation", "normalized", "clusters")},
    )
