"""How much of the range of the values is empty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.binned import BinnedMagnitudes
    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.magnitudes import Magnitudes

_BINS_PER_UNIT = 8.0
"""Bins in a root mean square."""
_MERGED = 8
"""Bins of a histogram that make one, a 16th of its scale."""


class Support(Measure):
    """The share of the range of magnitudes on which their density is 0.

    Of a law it is 1 less the Lebesgue measure of the set where the density is positive, over the
    length of the smallest interval that holds all mass, atoms included: 1 for every discrete law,
    0 for one with a positive density, bounded or not, and 1/3 for zeros with a uniform slab from
    1 to 3.

    Of values it is the share of empty bins among those from the smallest to the largest magnitude,
    with bins of an eighth of the root mean square from 0 on. Values that occur more than once are
    atoms, which fill no bin. Gaps shorter than a bin are not seen, and others to a bin at each
    end. A bin of mass p is empty by chance with probability ``(1 - p)**n``: the index is too large
    by the mean of these over the bins, for normal values by 0.16 at n = 100, 0.08 at n = 1,000
    and 0.05 at n = 10,000, all in the tail. It does not go to 0 for every law without an end:
    that of values with a heavy tail goes to 1. Its standard error is the jackknife's, from values
    that are alone in a bin, with the width of the bins fixed: 1.2 to 1.4 times the spread for
    normal and Laplace values.

    Of a summary 8 bins of the histogram are one, a 16th of its scale, and atoms fill the bin they
    are in, but for one at 0; the error is the change when bins are merged in pairs.
    """

    name: ClassVar[str] = "support"
    least: ClassVar[int] = 2

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        bins = _bins(magnitudes)
        filled = np.count_nonzero(_first_of_bin(bins, _untied(magnitudes.values)), axis=-1)
        return np.asarray(1.0 - filled / (bins[..., -1] - bins[..., 0] + 1))

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return what each value of one row changes if it is left out, times their number."""
        if magnitudes.count is None:  # bins of draws, whose error is that of merging them
            return np.zeros_like(magnitudes.values)
        bins, untied = _bins(magnitudes), _untied(magnitudes.values)
        in_bin = np.bincount(bins[untied] - bins[0], minlength=1)
        alone = np.zeros(bins.size, np.bool_)
        alone[untied] = in_bin[bins[untied] - bins[0]] == 1
        filled, width = int(np.count_nonzero(in_bin)), int(bins[-1] - bins[0] + 1)
        left_out = np.where(alone, 1.0 - (filled - 1) / width, 1.0 - filled / width)
        if alone[-1]:
            left_out[-1] = 1.0 - (filled - 1) / (bins[-2] - bins[0] + 1)
        if alone[0]:
            left_out[0] = 1.0 - (filled - 1) / (bins[-1] - bins[1] + 1)
        return np.asarray(bins.size * (np.mean(left_out) - left_out))

    def of_binned(self, binned: BinnedMagnitudes) -> float:
        """Return the share of empty bins.

        Raises
        ------
        UnavailableError
            If the tail is heavy, or draws are outside of the histogram.
        """
        if math.isfinite(binned.tail_index):
            raise UnavailableError(
                "the tail is heavy: most of the range of draws is empty by chance"
            )
        if any(share > 0.0 for _, _, share in binned.outer):
            raise UnavailableError("where draws outside of the histogram are is not known")
        filled = np.unique(binned.bins_of_magnitudes(_MERGED))
        first = 0 if binned.has_atom_at_0 else int(filled[0])
        return 1.0 - filled.size / float(filled[-1] - first + 1)

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values and narrow bins."""
        if law.is_discrete:
            return Estimate(1.0, 0.0)
        if math.isinf(law.largest):
            return Estimate(0.0, 0.0)
        breaks = law.breaks()
        widths = np.diff(breaks)
        inside = breaks[:-1] + np.linspace(0.02, 0.98, 49)[:, None] * widths
        positive = np.any(law.density(inside) > 0.0, axis=0)
        ends = np.concatenate([breaks[:-1][positive], breaks[1:][positive], [*law.atoms]])
        hull = float(np.max(ends) - np.min(ends))
        return Estimate(1.0 - float(widths @ positive) / hull, law.precision)


def _bins(magnitudes: Magnitudes) -> NDArray[np.intp]:
    """Return the bin of each value, ascending."""
    scale = _BINS_PER_UNIT / np.sqrt(magnitudes.mean_square)
    return (magnitudes.values * scale[..., None]).astype(np.intp)


def _untied(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the ascending values occur once."""
    same = values[..., 1:] == values[..., :-1]
    untied = np.ones(values.shape, np.bool_)
    untied[..., 1:] &= ~same
    untied[..., :-1] &= ~same
    return untied


def _first_of_bin(bins: NDArray[np.intp], untied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which values are the first untied ones of their bins."""
    reached = np.maximum.accumulate(np.where(untied, bins, -1), axis=-1)
    before = np.concatenate([np.full_like(reached[..., :1], -1), reached[..., :-1]], axis=-1)
    return np.asarray(reached > before)
