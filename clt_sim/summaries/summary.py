"""The mergeable result of a simulation."""

from __future__ import annotations

import io
import json
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._files import replace_file
from clt_sim.estimate import Estimate
from clt_sim.models import WeightedSum
from clt_sim.summaries.histogram import BINS, Grid, Histogram, frozen_counts
from clt_sim.summaries.power_sums import (
    PowerSums,
    estimated_excess_kurtosis,
    estimated_skewness,
    estimated_variance,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FORMAT = "clt_sim summary 1"


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """The draws ``start <= i < stop`` of the stream of a seed."""

    seed: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What is kept of the draws of a model: moments, histogram and extremes.

    Summaries of the same model add up, in any order, to the same bytes; draws that are in both
    are refused.

    Parameters
    ----------
    model : WeightedSum
        What was simulated.
    runs : tuple of Run
        Which draws, sorted.
    power_sums : PowerSums
        Of ``z = (S - location)/scale`` on the histogram's grid.
    histogram : Histogram
        Counts on the model's grid.
    minimum, maximum : float
        Extremes of S.
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

    model: WeightedSum
    runs: tuple[Run, ...]
    power_sums: PowerSums
    histogram: Histogram
    minimum: float
    maximum: float
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
        """The mean."""
        central = self.power_sums.central_moments()
        value = self.location + self.scale * self.raw_moments[1]
        if self.count < 2:
            return Estimate(value, math.nan)
        return Estimate(value, self.scale * math.sqrt(central[2] / self.count))

    @property
    def variance(self) -> Estimate:
        """The unbiased variance."""
        estimate = estimated_variance(self.count, self.power_sums.central_moments())
        return Estimate(self.scale**2 * estimate.value, self.scale**2 * estimate.stderr)

    @property
    def skewness(self) -> Estimate:
        """The skewness ``m3/m2^(3/2)``."""
        return estimated_skewness(self.count, self.power_sums.central_moments())

    @property
    def excess_kurtosis(self) -> Estimate:
        """The excess kurtosis ``m4/m2^2 - 3``."""
        return estimated_excess_kurtosis(self.count, self.power_sums.central_moments())

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
        return np.interp(np.asarray(x, np.float64), points, shares, left=0.0, right=1.0)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the inverse of `cdf`, right to the width of a bin; nan outside [0, 1]."""
        points, shares = self._cumulative()
        p = np.asarray(p, np.float64)
        return np.where((p >= 0.0) & (p <= 1.0), np.interp(p, shares, points), np.nan)

    def __add__(self, other: Summary) -> Summary:
        """Merge two summaries of one model.

        Raises
        ------
        ValueError
            If the models differ or some draws are in both.
        """
        if not isinstance(other, Summary):
            return NotImplemented
        if self.model != other.model:
            raise ValueError(f"cannot merge different models: {self.model}; {other.model}.")
        return Summary(
            model=self.model,
            runs=_merged_runs(self.runs + other.runs),
            power_sums=self.power_sums + other.power_sums,
            histogram=self.histogram + other.histogram,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
            versions=tuple(sorted({*self.versions, *other.versions})),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types, with the estimates spelled out."""
        estimates = ("mean", "variance", "skewness", "excess_kurtosis")
        return {
            **self._header(),
            "count": self.count,
            **{
                name: {"value": getattr(self, name).value, "stderr": getattr(self, name).stderr}
                for name in estimates
            },
            "histogram": {
                "location": self.location,
                "scale": self.scale,
                "edges": self.histogram.edges.tolist(),
                "counts": self.histogram.counts.tolist(),
            },
        }

    def _header(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "versions": list(self.versions),
            "model": self.model.to_dict(),
            "runs": [[run.seed, run.start, run.stop] for run in self.runs],
            "minimum": self.minimum,
            "maximum": self.maximum,
            "underflow": self.histogram.underflow,
            "overflow": self.histogram.overflow,
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz file without pickled objects; equal summaries give equal bytes."""
        header = {
            **self._header(),
            "grid": [self.location, self.scale],
            "power_sums": [self.count, *map(str, self.power_sums.sums)],
        }
        text = np.frombuffer(json.dumps(header).encode(), np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, header=text, counts=self.histogram.counts)
        replace_file(path, file.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Summary:
        """Read a file that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not a summary, or is damaged.
        """
        with open(path, "rb") as file:
            content = file.read()
        try:
            if not content.startswith(b"PK"):
                # NumPy would take it for pickled objects and offer to load them unsafely.
                raise ValueError("it is not an .npz file")
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                header = json.loads(bytes(arrays["header"]))
                return _from_header(header, arrays["counts"])
        # What zipfile, zlib, NumPy and json raise for damaged bytes has no common base.
        except Exception as error:
            raise ValueError(f"{os.fspath(path)!r} is not a summary: {error}") from error


def terms_grid(model: WeightedSum) -> Grid:
    """Return the grid of a model without its bias, from its own mean and variance."""
    return Grid.around(model.mean_of_terms, math.sqrt(model.variance))


def model_grid(model: WeightedSum) -> Grid:
    """Return the grid on which a model's summaries count."""
    grid = terms_grid(model)
    return Grid(grid.location + model.bias, grid.scale)


def _merged_runs(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs sorted, neighbours joined; refuse draws that occur twice."""
    merged: list[Run] = []
    for run in sorted(runs):
        last = merged[-1] if merged else None
        if last is None or last.seed != run.seed or last.stop < run.start:
            merged.append(run)
        elif last.stop == run.start:
            merged[-1] = Run(run.seed, last.start, run.stop)
        else:
            raise ValueError(
                f"draws {run.start} to {min(last.stop, run.stop)} of seed {run.seed} are in both"
                " summaries; give each simulation its own seed."
            )
    return tuple(merged)


def _from_header(header: dict[str, Any], counts: NDArray[Any]) -> Summary:
    if header.get("format") != FORMAT:
        raise ValueError(f"its format is {header.get('format')!r}, not {FORMAT!r}")
    if counts.shape != (BINS,) or counts.dtype != np.int64 or counts.min() < 0:
        raise ValueError(f"its counts are not {BINS} whole numbers from 0")
    count, *sums = header["power_sums"]
    summary = Summary(
        model=WeightedSum.from_dict(header["model"]),
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
        versions=tuple(header["versions"]),
    )
    if not _consistent(summary):
        raise ValueError("its parts do not fit each other")
    return summary


def _consistent(summary: Summary) -> bool:
    """Whether the parts could be of the same draws."""
    histogram, sums = summary.histogram, summary.power_sums.sums
    lengths = [run.stop - run.start for run in summary.runs]
    below, above = np.searchsorted(
        histogram.edges, [summary.minimum, summary.maximum], side="right"
    )
    occupied = np.flatnonzero([histogram.underflow, *histogram.counts, histogram.overflow])
    return bool(
        len(sums) == 8
        and summary.count == histogram.total == sum(lengths) > 0
        and min(lengths) > 0
        and summary.runs == _merged_runs(summary.runs)
        and min(histogram.underflow, histogram.overflow) >= 0
        and histogram.grid == model_grid(summary.model)
        and (below, above) == (occupied[0], occupied[-1])
        and summary.power_sums.central_moments()[2] >= 0.0
    )
