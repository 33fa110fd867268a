"""A uniform sample of rows, the same for several signals, that merges exactly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True, eq=False)
class RowSample:
    """The rows with the least random keys, which are a uniform sample of all rows.

    A key depends on where a row is from and not on its values. The least of two sets are among
    the least of each, so that parts merge to the same sample in any order. The rows are in the
    order in which they came, those of the lesser seed first.

    Parameters
    ----------
    size : int
        So many rows are kept, or all if there are fewer.
    keys : ndarray of uint64, shape (rows,)
        The random keys.
    seeds, calls, places : ndarray of int64, shape (rows,)
        The run that a row is of, the call of the layer in it, and the row of the call.
    inputs : ndarray of int64, shape (rows,), or None
        Which input of the call it belongs to; None where every row is an input of its own.
    values : dict of str to ndarray, shape (rows, kept units)
        The signals.
    """

    size: int
    keys: NDArray[np.uint64]
    seeds: NDArray[np.int64]
    calls: NDArray[np.int64]
    places: NDArray[np.int64]
    inputs: NDArray[np.int64] | None
    values: Mapping[str, NDArray[np.floating]]

    def __len__(self) -> int:
        """Return the number of rows kept."""
        return self.keys.size

    def __add__(self, other: RowSample) -> RowSample:
        """Merge the samples of two disjoint sets of rows."""
        size = min(self.size, other.size)
        pairs = zip(self.arrays().values(), other.arrays().values(), strict=True)
        columns = dict(zip(self.arrays(), (np.concatenate(p) for p in pairs), strict=True))
        return RowSample.least(size, columns)

    @classmethod
    def least(cls, size: int, columns: Mapping[str, NDArray[Any]]) -> RowSample:
        """Return the sample of rows given as arrays, by the names that `arrays` gives them."""
        keys, seeds = columns["keys"], columns["seeds"]
        calls, places = columns["calls"], columns["places"]
        kept = np.lexsort((places, calls, seeds, keys))[:size]
        kept = kept[np.lexsort((places[kept], calls[kept], seeds[kept]))]
        taken = {name: _frozen(array[kept]) for name, array in columns.items()}
        facts = {name: taken.pop(name) for name in ("keys", "seeds", "calls", "places")}
        return cls(size, **facts, inputs=taken.pop("inputs", None), values=taken)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by name."""
        facts: dict[str, NDArray[Any]] = {
            "keys": self.keys,
            "seeds": self.seeds,
            "calls": self.calls,
            "places": self.places,
        }
        if self.inputs is not None:
            facts["inputs"] = self.inputs
        return {**facts, **self.values}

    @property
    def clusters(self) -> NDArray[np.intp] | None:
        """Which rows are of the same input, numbered from 0; None where none are."""
        if self.inputs is None:
            return None
        places = np.stack([self.seeds, self.calls, self.inputs], axis=1)
        return np.unique(places, axis=0, return_inverse=True)[1].ravel()


def row_keys(seed: int, layer: str, call: int, rows: int) -> NDArray[np.uint64]:
    """Return a random key for each row of a call of a layer.

    The i-th key is the i-th output of SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, Fast
    splittable pseudorandom number generators, OOPSLA 2014) from a state that is a hash of seed,
    layer and call.

    Examples
    --------
    >>> row_keys(0, "hidden 1", 0, 5)[:3] == row_keys(0, "hidden 1", 0, 3)
    array([ True,  True,  True])
    """
    text = f"{seed}\0{call}\0{layer}".encode()
    state = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
    return _mixed(np.uint64(state) + np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(_GOLDEN))


def kept_units(units: int, most: int) -> NDArray[np.intp]:
    """Return which units of a signal are kept: a random choice that is the same in all runs.

    Examples
    --------
    >>> kept_units(5, 8)
    array([0, 1, 2, 3, 4])
    >>> len(kept_units(1000, 8))
    8
    """
    keys = _mixed(np.arange(1, units + 1, dtype=np.uint64) * np.uint64(_GOLDEN))
    return np.sort(np.argsort(keys, kind="stable")[:most])


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
