"""The mergeable law of a centred normal number with a random variance."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim._array_validation import real_numbers
from clt_sim.estimate import Estimate
from clt_sim.summaries.archive import read_archive, write_archive
from clt_sim.summaries.consistency import PRECISIONS
from clt_sim.summaries.estimates import Estimates
from clt_sim.summaries.power_sums import PowerSums, if_moment_exists
from clt_sim.summaries.runs import Run, merged_runs
from clt_sim.summaries.summary import MOST_BYTES, check_origin, described_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.models import Model

FORMAT = "clt_sim normal mixture 1"
ORDERS = 4
"""Power sums of K of orders 1 to 4."""
BIN_BITS = 8
"""An octave of K has 2^8 bins of equal width."""
OFFSET_BITS = 20
"""A place in a bin is one of 2^20."""
OCTAVES_BELOW, OCTAVES_ABOVE = 96, 32
"""There are bins from 2^-96 to 2^32 units."""
BINS = (OCTAVES_BELOW + OCTAVES_ABOVE) << BIN_BITS
MOST_IN_BIN = 2 ** (63 - OFFSET_BITS)
"""The places of so many K in a bin add up below 2^63."""
_MOST_ELEMENTS = 2**21
"""Functions are averaged over the variances for so many pairs of a place and a bin at once."""
_ROOT_TAU = math.sqrt(2.0 * math.pi)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NormalMixture(Estimates):
    """What is kept of draws of the variance K, where the quantity is ``N(location, K)`` given K.

    The law of the quantity is the average of normal laws: its distribution function and density
    are smooth, and far less uncertain than those of as many draws of the quantity (by the
    Rao-Blackwell theorem). Mixtures of the same model add up, in any order, to the same bytes.

    Each octave of K has 256 bins, with a count and a mean each. Averages of functions of K are
    those of their values at the means: what that leaves out of the distribution function is below
    3e-7, and less than the standard error unless K hardly varies.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        What was simulated.
    runs : tuple of Run
        Which draws, sorted.
    unit : float
        A power of two in which K is counted.
    power_sums : PowerSums
        Of ``K/unit``, orders 1 to 4.
    counts, offsets : ndarray of int64, shape (32768,)
        For each bin, how many K there are, and the sum of their places in it, in 2^-20 bins.
    zeros, underflow, overflow : int
        How many K are 0, above 0 but below all bins, and above all bins.
    precision : str
        Of the draws.
    versions : tuple of str
        The versions of clt_sim that made the parts, sorted.

    Examples
    --------
    >>> import clt_sim as clt
    >>> network = clt.RandomNetwork([10], "relu")
    >>> mixture = clt.simulate_conditional(network, 100_000, seed=1)
    >>> print(mixture.excess_kurtosis)  # the limit is 15/10
    1.5018 ± 0.0079
    >>> mixture.cdf([-1.0, 0.0, 1.0]).round(3)
    array([0.206, 0.5  , 0.794])
    """

    _names: ClassVar[tuple[str, ...]] = ("variance", "excess_kurtosis", "mass_at_location")

    model: Model
    runs: tuple[Run, ...]
    unit: float
    power_sums: PowerSums
    counts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    zeros: int
    underflow: int
    overflow: int
    precision: str
    versions: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of draws of K."""
        return self.power_sums.count

    @property
    def location(self) -> float:
        """The centre of symmetry: the constant bias of the model."""
        return self.model.constant_bias

    @property
    def variance(self) -> Estimate:
        """The variance of the quantity, which is the mean of K."""
        moments = self._moments()
        error = self._error(moments[2] - moments[1] ** 2)
        return if_moment_exists(
            self.model.tail_index, 4, Estimate(self.unit * moments[1], self.unit * error)
        )

    @property
    def excess_kurtosis(self) -> Estimate:
        """The excess kurtosis ``3 E[K^2]/E[K]^2 - 3``, with the standard error of the delta method.

        It is nan where all K are 0; its error is infinite without an eighth moment.
        """
        _, first, second, third, fourth = self._moments()
        if first == 0.0:
            return Estimate(math.nan, math.nan)
        m2, m3, m4 = second / first**2, third / first**3, fourth / first**4
        spread = m4 - m2**2 - 4.0 * m2 * (m3 - m2) + 4.0 * m2**2 * (m2 - 1.0)
        error = 3.0 * self._error(spread)
        return if_moment_exists(self.model.tail_index, 8, Estimate(3.0 * (m2 - 1.0), error))

    @property
    def mass_at_location(self) -> Estimate:
        """The probability that K is 0: an atom of the quantity."""
        share = self.zeros / self.count
        return Estimate(share, math.sqrt(share * (1.0 - share) / self.count))

    @property
    def ensemble(self) -> str:
        """What the draws range over, and how many there are."""
        return f"{self.model}, {self.count} draws of the variance {self.model.ensemble}"

    def variances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the K that are above 0, by bin, with their shares of all draws.

        Returns
        -------
        values, shares : ndarray of float64, shape (m,)
            The mean of K in each bin that is not empty, ascending, and the share of the draws
            in it. Draws outside of the bins are at the nearest end. With the share of zeros
            they sum to 1.
        """
        occupied = np.flatnonzero(self.counts)
        counts = self.counts[occupied]
        values = _values(occupied, (self.offsets[occupied] / counts + 0.5) * 2.0**-OFFSET_BITS)
        ends = _values(np.array([0, BINS]), np.zeros(2))
        values = self.unit * np.concatenate([ends[:1], values, ends[1:]])
        shares = np.concatenate([[self.underflow], counts, [self.overflow]]) / self.count
        return values[shares > 0.0], shares[shares > 0.0]

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, in the shape of `x`."""
        return self._averages(x, _cdf)[0]

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the part without the atom, in the shape of `x`.

        Where K comes near 0 it may be infinite at the location: what is returned there is finite,
        and its standard error means nothing.
        """
        return self._averages(x, _pdf)[0]

    def cdf_stderr(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the standard errors of `cdf`."""
        return self._averages(x, _cdf)[1]

    def pdf_stderr(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the standard errors of `pdf`."""
        return self._averages(x, _pdf)[1]

    def __add__(self, other: NormalMixture) -> NormalMixture:
        """Merge two mixtures of one model.

        Raises
        ------
        ValueError
            If the models or precisions differ, some draws are in both, or a bin has too many
            to be counted.
        """
        if not isinstance(other, NormalMixture):
            return NotImplemented
        if self.model != other.model:
            raise ValueError(f"cannot merge different models: {self.model}; {other.model}.")
        if self.precision != other.precision:
            raise ValueError(f"cannot merge {self.precision} and {other.precision} precision.")
        most = int(np.max(self.counts + other.counts))
        if most > MOST_IN_BIN:
            raise ValueError(
                f"together they have {most} draws in one bin; {MOST_IN_BIN} can be added up."
            )
        return NormalMixture(
            model=self.model,
            runs=merged_runs(self.runs + other.runs),
            unit=self.unit,
            power_sums=self.power_sums + other.power_sums,
            counts=_frozen(self.counts + other.counts),
            offsets=_frozen(self.offsets + other.offsets),
            zeros=self.zeros + other.zeros,
            underflow=self.underflow + other.underflow,
            overflow=self.overflow + other.overflow,
            precision=self.precision,
            versions=tuple(sorted({*self.versions, *other.versions})),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz file without pickled objects; equal mixtures give equal bytes."""
        header = {
            "format": FORMAT,
            "versions": list(self.versions),
            "model": self.model.to_dict(),
            "precision": self.precision,
            "runs": [[run.seed, run.start, run.stop] for run in self.runs],
            "unit": self.unit,
            "power_sums": [self.count, *map(str, self.power_sums.sums)],
            "zeros": self.zeros,
            "underflow": self.underflow,
            "overflow": self.overflow,
        }
        write_archive(path, header, {"counts": self.counts, "offsets": self.offsets})

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, model: Model | None = None) -> NormalMixture:
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
            If the file is not a normal mixture, is damaged, or is of another model.
        """

        def make(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> NormalMixture:
            return _from_header(header, arrays["counts"], arrays["offsets"], model)

        return read_archive(path, FORMAT, "a normal mixture", make, MOST_BYTES)

    def to_dict(self) -> dict[str, Any]:
        """Return the model, the draws and the estimates as JSON types.

        Numbers that are not finite are text.
        """
        values, shares = self.variances()
        return {
            "versions": list(self.versions),
            "model": self.model.to_dict(),
            "precision": self.precision,
            "runs": [[run.seed, run.start, run.stop] for run in self.runs],
            "count": self.count,
            "location": self.location,
            **{name: estimate.to_dict() for name, estimate in self._estimates().items()},
            "variances": values.tolist(),
            "shares": shares.tolist(),
        }

    def _facts(self) -> Mapping[str, object]:
        return {"location": self.location, **self._estimates()}

    def _error(self, variance: float) -> float:
        """Return the error of a mean of draws; one draw tells nothing of it."""
        return math.sqrt(max(variance, 0.0) / self.count) if self.count > 1 else math.nan

    def _moments(self) -> tuple[float, ...]:
        return tuple(float(moment) for moment in self.power_sums.raw_moments())

    def _averages(
        self,
        x: ArrayLike,
        function: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean of a function of place and sd, and its standard error, for each place."""
        x = real_numbers("x", x)
        places = x.ravel() - self.location
        values, shares = self.variances()
        sds = np.concatenate([[0.0], np.sqrt(values)])
        shares = np.concatenate([[self.zeros / self.count], shares])
        means, squares = np.empty(places.size), np.empty(places.size)
        step = max(_MOST_ELEMENTS // sds.size, 1)
        for start in range(0, places.size, step):
            some = slice(start, start + step)
            outputs = function(places[some, None], sds)
            means[some], squares[some] = outputs @ shares, outputs**2 @ shares
        errors = np.sqrt(np.maximum(squares - means**2, 0.0) / self.count)
        return means.reshape(x.shape), errors.reshape(x.shape)


def _from_header(
    header: dict[str, Any], counts: NDArray[Any], offsets: NDArray[Any], model: Model | None
) -> NormalMixture:
    for name, array in (("counts", counts), ("offsets", offsets)):
        if array.shape != (BINS,) or array.dtype != np.int64 or array.min() < 0:
            raise ValueError(f"its {name} are not {BINS} whole numbers from 0")
    check_origin(header)
    count, *sums = header["power_sums"]
    mixture = NormalMixture(
        model=described_model(header["model"], model),
        runs=tuple(Run(*map(int, run)) for run in header["runs"]),
        unit=float(header["unit"]),
        power_sums=PowerSums(int(count), tuple(map(int, sums))),
        counts=_frozen(counts),
        offsets=_frozen(offsets),
        zeros=int(header["zeros"]),
        underflow=int(header["underflow"]),
        overflow=int(header["overflow"]),
        precision=str(header["precision"]),
        versions=tuple(header["versions"]),
    )
    if not _consistent(mixture):
        raise ValueError("its parts do not fit each other")
    return mixture


def _consistent(mixture: NormalMixture) -> bool:
    """Whether the parts could be of the same draws."""
    lengths = [run.stop - run.start for run in mixture.runs]
    outside = mixture.zeros, mixture.underflow, mixture.overflow
    return bool(
        len(mixture.power_sums.sums) == ORDERS
        and mixture.count == int(mixture.counts.sum()) + sum(outside) == sum(lengths) > 0
        and min(*lengths, *outside, *mixture.power_sums.sums) >= 0
        and mixture.precision in PRECISIONS
        and mixture.runs == merged_runs(mixture.runs)
        and math.frexp(mixture.unit)[0] == 0.5
        and mixture.counts.max() <= MOST_IN_BIN
        and np.all(mixture.offsets >> OFFSET_BITS <= mixture.counts)
        and mixture.power_sums.central_moments()[2] >= 0.0
    )


def _values(places: NDArray[np.int64], offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the numbers that are the given share into each bin."""
    octaves, steps = np.divmod(places, 1 << BIN_BITS)
    mantissas = 1.0 + (steps + offsets) / (1 << BIN_BITS)
    return np.ldexp(mantissas, (octaves - OCTAVES_BELOW).astype(np.intc))


@np.errstate(over="ignore")
def _cdf(x: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return that of N(0, sd^2); for the sd 0 a step at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = x / sd
    return np.asarray(ndtr(np.where(np.isnan(z), np.inf, z)))


@np.errstate(over="ignore")
def _pdf(x: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return that of N(0, sd^2); for the sd 0 it is 0."""
    inverse = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0.0)
    with np.errstate(invalid="ignore"):  # at infinity, for the sd 0
        heights = np.exp(-0.5 * (x * inverse) ** 2) * (inverse / _ROOT_TAU)
    return np.where(inverse > 0.0, heights, 0.0)


def _frozen(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    counts.setflags(write=False)
    return counts
