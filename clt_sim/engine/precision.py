"""The precision of draws and terms: single or double."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clt_sim._kernels import tables
from clt_sim._validation import check_name


@dataclass(frozen=True, slots=True)
class Precision:
    """What depends on the precision of draws.

    Parameters
    ----------
    name : str
        ``"single"`` or ``"double"``.
    real : type
        Of the draws.
    table : Table
        How quantile functions are looked up.
    magnitudes : tuple of float
        Numbers from the first to the second in size leave room for products and tails.
    most_offset : float
        A location this many scales from 0 leaves draws enough digits: the sum of 32 of them is
        rounded to within a thousandth of its standard deviation.
    """

    name: str
    real: Any
    table: tables.Table
    magnitudes: tuple[float, float]
    most_offset: float


_PRECISIONS = {
    precision.name: precision
    for precision in (
        Precision("single", np.float32, tables.SINGLE, (1e-30, 1e30), 1e3),
        Precision("double", np.float64, tables.DOUBLE, (1e-150, 1e150), 1e11),
    )
}


def get_precision(name: object) -> Precision:
    """Return a precision by name, or raise ValueError."""
    check_name("precision", name, _PRECISIONS)
    return _PRECISIONS[str(name)]
