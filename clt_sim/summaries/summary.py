"""The mergeable result of a simulation."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.estimate import Estimate
from clt_sim.models import Model, model_from_dict
from clt_sim.summaries.archive import read_archive, write_archive
from clt_sim.summaries.characteristic_function import (
    FREQUENCIES,
    STEP,
    CharacteristicFunction,
    WaveSums,
)
from clt_sim.summaries.consistency import is_consistent
from clt_sim.summaries.estimates import Estimates
from clt_sim.summaries.histogram import BINS, Grid, Histogram, frozen_counts
from clt_sim.summaries.power_sums import (
    PowerSums,
    estimated_excess_kurtosis,
    estimated_skewness,
    estimated_variance,
    if_moment_exists,
)
from clt_sim.summaries.reservoir import Reservoir
from clt_sim.summaries.runs import Run, merged_runs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FORMAT = "clt_sim summary 2"
MOST_BYTES = 2**26
"""Files that unpack to more are refused."""
MOST_RUNS = 2**17
"""Summaries of more runs are not read."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary(Estimates):
    """What is kept of the draws of a model: moments, histogram and extremes.

    Summaries of the same model add up, in any order, to the same bytes; draws that are in both
    are refused.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        What was simulated.
    runs : tuple of Run
        Which draws, sorted.
    power_sums : PowerSums
        Of ``z = (S - location)/scale`` on the histogram's grid.
    histogram : Histogram
        Counts on the model's grid.
    minimum, maximum : float
        Extremes of S.
    exact_zeros, near_zeros : int
        How many S are 0, and how many within a bin's width of it: ``abs(S) <= scale/128``.
    reservoir : Reservoir
        A uniform sample of the draws.
    precision : str
        Of the draws: ``"single"`` or ``"double"``.
    waves : WaveSums or None
        Sums for the characteristic function of z, where they were asked for.
    versions : tuple of str
        The versions of clt_sim that made the parts, sorted.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(n=2, inputs="uniform", weights=1.0)
    >>> summary = clt.simulate(model, draws=10_000, seed=1)
    >>> summary.count
    10000
    >>> abs(summary.mean.value - 1.0) < 4 * summary.mean.stderr
    True
    """

    _names: ClassVar[tuple[str, ...]] = ("mean", "variance", "skewness", "excess_kurtosis")

    model: Model
    runs: tuple[Run, ...]
    power_sums: PowerSums
    histogram: Histogram
    minimum: float
    maximum: float
    exact_zeros: int
    near_zeros: int
    reservoir: Reservoir
    precision: str
    waves: WaveSums | None
    versions: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of draws."""
        return self.power_sums.count

    @property
    def location(self) -> float:
        """The location of the grid."""
        return self.histogram.grid.location

    @property
    def scale(self) -> float:
        """The scale of the grid, a power of two."""
        return self.histogram.grid.scale

    @property
    def raw_moments(self) -> tuple[float, ...]:
        """``E[((S - location)/scale)**k]`` for k = 0, ..., 8."""
        return tuple(float(moment) for moment in self.power_sums.raw_moments())

    @property
    def mean(self) -> Estimate:
        """The mean; its error is infinite where the model has no finite variance."""
        central = self.power_sums.central_moments()
        value = self.location + self.scale * self.raw_moments[1]
        if self.count < 2:
            return Estimate(value, math.nan)
        error = self.scale * math.sqrt(central[2] / self.count)
        return if_moment_exists(self.model.tail_index, 2, Estimate(value, error))

    @property
    def variance(self) -> Estimate:
        """The unbiased variance; its error is infinite where the model has no fourth moment."""
        estimate = estimated_variance(self.count, self.power_sums.central_moments())
        scaled = Estimate(self.scale**2 * estimate.value, self.scale**2 * estimate.stderr)
        return if_moment_exists(self.model.tail_index, 4, scaled)

    @property
    def skewness(self) -> Estimate:
        """The skewness ``m3/m2^(3/2)``; its error is infinite without a sixth moment."""
        return if_moment_exists(
            self.model.tail_index,
            6,
            estimated_skewness(self.count, self.power_sums.central_moments()),
        )

    @property
    def excess_kurtosis(self) -> Estimate:
        """The excess kurtosis ``m4/m2^2 - 3``; its error is infinite without an eighth moment."""
        central = self.power_sums.central_moments()
        return if_moment_exists(
            self.model.tail_index, 8, estimated_excess_kurtosis(self.count, central)
        )

    @property
    def samples(self) -> NDArray[np.float64]:
        """A uniform sample of the draws, without replacement, in random order; shape (m,).

        All draws, or 1024 of them if there are more.
        """
        return self.reservoir.values

    @property
    def characteristic_function(self) -> CharacteristicFunction | None:
        """The empirical characteristic function, or None if it was not asked for."""
        if self.waves is None:
            return None
        t = STEP * np.arange(1, FREQUENCIES + 1) / self.scale
        means = self.waves.means(self.count)
        modulus = np.abs(means)
        stderr = np.sqrt(np.maximum(1.0 - modulus * modulus, 0.0) / self.count)
        return CharacteristicFunction(np.asarray(t), np.exp(1j * t * self.location) * means, stderr)

    @property
    def ensemble(self) -> str:
        """What the draws range over, and how many there are."""
        return f"{self.model}, {self.count} draws {self.model.ensemble}"

    def _cumulative(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return points and the share of draws below them; linear between is the estimate."""
        histogram = self.histogram
        below = histogram.underflow + np.concatenate([[0], np.cumsum(histogram.counts)])
        edges = np.concatenate([[self.minimum], histogram.edges, [self.maximum]])
        shares = np.concatenate([[0], below, [self.count]]) / self.count
        inside = (edges >= self.minimum) & (edges <= self.maximum)
        return edges[inside], shares[inside]

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the share of draws below `x`: exact at bin edges, linear in between."""
        points, shares = self._cumulative()
        return np.interp(real_numbers("x", x), points, shares, left=0.0, right=1.0)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the inverse of `cdf`, right to the width of a bin; nan outside [0, 1]."""
        points, shares = self._cumulative()
        p = real_numbers("p", p)
        return np.where((p >= 0.0) & (p <= 1.0), np.interp(p, shares, points), np.nan)

    def __add__(self, other: Summary) -> Summary:
        """Merge two summaries of one model.

        Raises
        ------
        ValueError
            If the models or precisions differ, or some draws are in both.
        """
        if not isinstance(other, Summary):
            return NotImplemented
        if self.model != other.model:
            raise ValueError(f"cannot merge different models: {self.model}; {other.model}.")
        if self.precision != other.precision:
            raise ValueError(f"cannot merge {self.precision} and {other.precision} precision.")
        return Summary(
            model=self.model,
            runs=merged_runs(self.runs + other.runs),
            power_sums=self.power_sums + other.power_sums,
            histogram=self.histogram + other.histogram,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
            exact_zeros=self.exact_zeros + other.exact_zeros,
            near_zeros=self.near_zeros + other.near_zeros,
            reservoir=self.reservoir + other.reservoir,
            precision=self.precision,
            waves=_merged_waves(self.waves, other.waves),
            versions=tuple(sorted({*self.versions, *other.versions})),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types, with the estimates spelled out.

        Errors that are not finite are text.
        """
        return {
            **self._header(),
            "count": self.count,
            **{name: estimate.to_dict() for name, estimate in self._estimates().items()},
            "histogram": {
                "location": self.location,
                "scale": self.scale,
                "edges": self.histogram.edges.tolist(),
                "counts": self.histogram.counts.tolist(),
            },
        }

    def _facts(self) -> Mapping[str, object]:
        return {
            **self._estimates(),
            "range": f"{self.minimum:.10g} to {self.maximum:.10g}",
            "exact zeros": self.exact_zeros,
        }

    def _header(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "versions": list(self.versions),
            "model": self.model.to_dict(),
            "precision": self.precision,
            "runs": [[run.seed, run.start, run.stop] for run in self.runs],
            "minimum": self.minimum,
            "maximum": self.maximum,
            "underflow": self.histogram.underflow,
            "overflow": self.histogram.overflow,
            "exact_zeros": self.exact_zeros,
            "near_zeros": self.near_zeros,
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz file without pickled objects; equal summaries give equal bytes."""
        header = {
            **self._header(),
            "grid": [self.location, self.scale],
            "power_sums": [self.count, *map(str, self.power_sums.sums)],
            "waves": None
            if self.waves is None
            else [list(map(str, part)) for part in (self.waves.cosines, self.waves.sines)],
        }
        arrays = dict(zip(_RESERVOIR_ARRAYS, self.reservoir.arrays(), strict=True))
        write_archive(path, header, {"counts": self.histogram.counts, **arrays})

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, model: Model | None = None) -> Summary:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : path
            The file.
        model : WeightedSum or RandomNetwork, optional
            The model it is of: only needed where the file cannot tell, because a nonlinearity
            is a function of yours.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not a summary, is damaged, or is of another model.
        """

        def make(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Summary:
            reservoir = [arrays[name] for name in _RESERVOIR_ARRAYS]
            return _from_header(header, arrays["counts"], reservoir, model)

        return read_archive(path, FORMAT, "a summary", make, MOST_BYTES)


_RESERVOIR_ARRAYS = ("kept_words", "kept_seeds", "kept_places", "kept_values")


def _merged_waves(first: WaveSums | None, second: WaveSums | None) -> WaveSums | None:
    if (first is None) != (second is None):
        raise ValueError("cannot merge summaries with and without a characteristic function.")
    return None if first is None or second is None else first + second


def _from_header(
    header: dict[str, Any],
    counts: NDArray[Any],
    reservoir: list[NDArray[Any]],
    model: Model | None,
) -> Summary:
    if counts.shape != (BINS,) or counts.dtype != np.int64 or counts.min() < 0:
        raise ValueError(f"its counts are not {BINS} whole numbers from 0")
    count, *sums = header["power_sums"]
    waves = header["waves"]
    check_origin(header)
    summary = Summary(
        model=described_model(header["model"], model),
        runs=tuple(Run(*map(int, run)) for run in header["runs"]),
        power_sums=PowerSums(int(count), tuple(int(total) for total in sums)),
        histogram=Histogram(
            Grid(*map(float, header["grid"])),
            frozen_counts(counts),
            int(header["underflow"]),
            int(header["overflow"]),
        ),
        minimum=float(header["minimum"]),
        maximum=float(header["maximum"]),
        exact_zeros=int(header["exact_zeros"]),
        near_zeros=int(header["near_zeros"]),
        reservoir=_reservoir(reservoir),
        precision=str(header["precision"]),
        waves=None if waves is None else WaveSums(*(tuple(map(int, part)) for part in waves)),
        versions=tuple(header["versions"]),
    )
    if not is_consistent(summary):
        raise ValueError("its parts do not fit each other")
    return summary


def check_origin(header: Mapping[str, Any]) -> None:
    """Raise if runs and versions are no lists, or are more than can be read in seconds."""
    runs, versions = header["runs"], header["versions"]
    if not isinstance(runs, list) or len(runs) > MOST_RUNS:
        raise ValueError(f"its runs are no list of at most {MOST_RUNS}")
    if not isinstance(versions, list) or not all(isinstance(text, str) for text in versions):
        raise ValueError(f"its versions are {versions!r}")


def described_model(description: dict[str, Any], model: Model | None) -> Model:
    """Return the model of a file, or the given one.

    Raises
    ------
    ValueError
        If the description is that of no model, or of another one than is given.
    """
    if model is None:
        return model_from_dict(description)
    if model.to_dict() != description:
        raise ValueError(f"it is not of {model}")
    return model


def _reservoir(arrays: list[NDArray[Any]]) -> Reservoir:
    dtypes = np.uint32, np.uint64, np.int64, np.float64
    shape = arrays[0].shape
    for array, dtype in zip(arrays, dtypes, strict=True):
        if array.dtype != dtype or array.shape != shape or array.ndim != 1:
            raise ValueError("its samples are damaged")
    return Reservoir.least(*arrays)
