"""How many independent draws a dependent sample is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from clt_sim._array_validation import cluster_indices, finite_array
from clt_sim.tables import Facts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class EffectiveSize(Facts):
    """The number of independent draws whose mean has the same variance.

    Parameters
    ----------
    value : float
        That number. It is above `count` where draws lean against each other.
    stderr : float
        Its standard error.
    count : int
        The number of draws.
    method : str
        How it was found: ``"clusters"`` or ``"initial positive sequence"``.

    Examples
    --------
    >>> size = EffectiveSize(25.0, 3.0, 100, "clusters")
    >>> print(size)
    25.0 ± 3.0 of 100 (clusters)
    >>> size.design_effect
    4.0
    """

    value: float
    stderr: float
    count: int
    method: str

    @property
    def design_effect(self) -> float:
        """``count/value``: the variance of the mean, over that of as many independent draws."""
        return self.count / self.value

    def __float__(self) -> float:
        """Return the value without its error."""
        return self.value

    def __str__(self) -> str:
        """Show the value, its error, the number of draws and the method."""
        return f"{self.value:.1f} ± {self.stderr:.1f} of {self.count} ({self.method})"


def effective_size(x: ArrayLike, *, clusters: ArrayLike | None = None) -> EffectiveSize:
    """Return how many independent draws the mean of dependent draws is worth.

    Parameters
    ----------
    x : array_like of shape (n,) or (rows, columns)
        The draws. Without `clusters`, a row of numbers is a stationary sequence in time, and the
        rows of a table are clusters: the draws of one row, such as the units of a layer for one
        input, may depend on each other, and different rows do not.
    clusters : array_like of shape (n,), or None
        For a row of numbers: a label for each, whole numbers or strings. Draws of different labels
        are independent.

    Returns
    -------
    EffectiveSize
        Clusters: n times ``sum (deviation)^2/n^2``, the variance of the mean if all draws were
        independent, over its cluster-robust variance ``sum_g (sum of deviations in g)^2/n^2``.
        The second over the first is the design effect (L. Kish, Survey Sampling, 1965, section
        8.2): ``1 + (m - 1) rho`` for equal clusters of m with correlation rho. The error is
        that of a ratio of sums over clusters.

        Sequence: ``n/tau``, with the sum tau of all autocorrelations cut where the sum of two
        neighbours is no longer positive, Geyer's initial positive sequence estimator (C. J. Geyer,
        Practical Markov chain Monte Carlo, Statistical Science 7, 1992, section 3.3). That it
        stays positive up to infinity is a theorem for reversible Markov chains, such as AR(1). The
        noise of the last terms is positive as well: of 2000 independent draws it makes 3 %
        fewer. The relative error is ``sqrt(2 (2 M + 1)/n)`` for M lags (A. Sokal, Monte Carlo
        methods in statistical mechanics, 1997, section 3).

    Raises
    ------
    TypeError
        If `x` is not made of real numbers, or labels are not whole numbers or strings.
    ValueError
        If `x` is not finite or constant, the shapes do not fit, there are fewer than 2
        clusters or 4 draws in time, or the mean varies so little that no number fits.

    Examples
    --------
    >>> import numpy as np
    >>> effective_size([1.0, 1.0, 4.0, 4.0, 3.0, 3.0], clusters=["a", "a", "b", "b", "c", "c"])
    EffectiveSize(value=3.0, stderr=0.0, count=6, method='clusters')
    >>> rng = np.random.default_rng(0)
    >>> table = rng.standard_normal((1000, 1)) + rng.standard_normal((1000, 4))
    >>> print(effective_size(table))  # the correlation within rows is 1/2: 4000/(1 + 3/2)
    1634.2 ± 31.6 of 4000 (clusters)
    """
    values = _checked(x, clusters)
    if values.ndim == 1 and clusters is None:
        return _of_sequence(values)
    if clusters is None:
        return _of_clusters(values.ravel(), np.repeat(np.arange(len(values)), values.shape[1]))
    return _of_clusters(values, cluster_indices("clusters", clusters, size=values.size))


def _checked(x: ArrayLike, clusters: ArrayLike | None) -> NDArray[np.float64]:
    ndim = np.ndim(x)
    if ndim not in (1, 2):
        raise ValueError(f"x must have 1 or 2 dimensions; its shape is {np.shape(x)}.")
    if ndim == 2 and clusters is not None:
        raise ValueError("clusters must be None for a table: its rows are the clusters.")
    values = finite_array("x", x, ndim=ndim).astype(np.float64)
    if values.min() == values.max():
        raise ValueError(f"x must not be constant; all {values.size} values are {values.flat[0]}.")
    return values


def _deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return deviations from the mean, in a scale that keeps their squares in range."""
    # By a power of two, so that what varies beside a large mean keeps its digits.
    scaled = np.ldexp(values, -math.frexp(float(np.max(np.abs(values))))[1])
    scaled -= scaled.mean()
    scaled -= scaled.mean()  # what rounding left of an offset
    return np.asarray(scaled / np.max(np.abs(scaled)))


def _of_clusters(values: NDArray[np.float64], cluster: NDArray[np.intp]) -> EffectiveSize:
    deviations = _deviations(values)
    sums = np.bincount(cluster, deviations)
    n, groups = values.size, sums.size
    if groups < 2:
        raise ValueError("clusters must be at least 2: the error of a mean rests on their spread.")
    within, between = np.bincount(cluster, deviations**2), sums**2
    rounding = np.finfo(np.float64).eps * n
    if np.max(np.abs(sums)) <= rounding:
        raise ValueError("x must have a mean that differs between clusters: no number fits.")
    ratio = float(within.sum() / between.sum())
    spread = float(np.linalg.norm(within - ratio * between) / between.sum())
    stderr = n * spread * math.sqrt(groups / (groups - 1))
    return EffectiveSize(n * ratio, stderr, n, "clusters")


def _of_sequence(values: NDArray[np.float64]) -> EffectiveSize:
    n = values.size
    if n < 4:
        raise ValueError(f"x must have at least 4 draws in time; it has {n}.")
    correlations = _autocorrelations(_deviations(values))
    pairs = correlations[: n - n % 2].reshape(-1, 2).sum(axis=1)
    stop = np.flatnonzero(pairs <= 0.0)
    terms = int(stop[0]) if stop.size else pairs.size
    time = 2.0 * float(pairs[:terms].sum()) - 1.0
    if time <= 4.0 * np.finfo(np.float64).eps * n:
        raise ValueError(
            f"x must have a positive autocorrelation time, not {time:.3g}: its draws alternate so"
            " regularly that no number fits."
        )
    relative = math.sqrt(2.0 * (4 * terms - 1) / n)
    return EffectiveSize(n / time, relative * n / time, n, "initial positive sequence")


def _autocorrelations(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the autocorrelations at all lags, divisor n, by a Fourier transform."""
    n = deviations.size
    length = next_fast_len(2 * n, real=True)
    spectrum = np.abs(rfft(deviations, length)) ** 2
    covariances = np.asarray(irfft(spectrum, length)[:n])
    return np.asarray(covariances / covariances[0])
