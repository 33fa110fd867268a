"""Tables for drawing one of finitely many outcomes with one random word."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRACTIONS = 2.0**32


class AliasTable(NamedTuple):
    """Equal columns of two outcomes each: the column itself and its partner.

    Every outcome has its probability to within 2**-31. A random word of 32 bits adds to this up to
    2**-32 for each column that holds the outcome.
    """

    thresholds: NDArray[np.uint32]
    """Shape (K,): which share of a column is its own, in units of 2**-32."""
    partners: NDArray[np.int32]
    """Shape (K,): the outcome that has the rest."""


def alias_table(probabilities: NDArray[np.float64]) -> AliasTable:
    """Return the table of Walker (1977), as Vose (1991) builds it.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (K,)
        Positive, with the sum 1; at most 2**31 - 1 of them.
    """
    size = probabilities.size
    shares = probabilities * size
    partners = np.arange(size, dtype=np.int32)
    if np.ptp(shares) > 1e-9:
        shares, partners = _paired(shares.tolist(), partners.tolist())
    thresholds = np.clip(np.rint(shares * FRACTIONS), 0.0, FRACTIONS - 1.0)
    return AliasTable(thresholds.astype(np.uint32), partners)


def _paired(
    shares: list[float], partners: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Fill each column that has less than 1 from one that has more."""
    small = [column for column, share in enumerate(shares) if share < 1.0]
    large = [column for column, share in enumerate(shares) if share >= 1.0]
    while small and large:
        column, donor = small.pop(), large[-1]
        partners[column] = donor
        shares[donor] -= 1.0 - shares[column]
        if shares[donor] < 1.0:
            small.append(large.pop())
    return np.array(shares), np.array(partners, np.int32)
