"""What tells the storage of a tensor, which views and in-place operations share."""

from __future__ import annotations

from typing import Any


def storage_key(tensor: Any) -> int:
    """Return what tells the storage of a tensor from all others alive; 0 if it has not one."""
    if tensor.is_nested or tensor.is_sparse or str(tensor.layout) != "torch.strided":
        return 0
    return int(tensor.untyped_storage()._cdata)
