"""The range of raw values that can be compared with N(0, 1)."""

from __future__ import annotations

from clt_sim.measures import UnavailableError

_LEAST, _MOST = 1e-200, 1e70
"""The fourth powers of values, and their inverses, are in the range of doubles."""


def check_raw_size(size: float) -> None:
    """Raise if raw values are so large or small that their powers leave the range of doubles.

    Parameters
    ----------
    size : float
        The largest of their magnitudes.

    Raises
    ------
    UnavailableError
        If they are.
    """
    if not _LEAST <= size <= _MOST:
        raise UnavailableError(
            f"the largest raw value must be from {_LEAST:g} to {_MOST:g} in size, not {size:g},"
            " whose powers are beyond the range of doubles; rescale the values, or standardise them"
        )
