"""Negentropy of a sample from the spacings of its sorted values."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import polygamma, psi

from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import LOG_ROOT_TWO_PI
from clt_sim.gaussianity.numerics.window_regression import window_sums
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_GUMBEL_SD = math.pi / math.sqrt(6.0)


def window_length(count: int) -> int:
    """Return the steps m from a value to the ends of its window, ``floor(n^(1/2) + 1/2)``.

    Logarithms of spacings of 2m steps are low by ``1/(4m)``; what windows that reach over an end
    of the sample do to the mean is of order ``m/n``, ``2 (1 - ln 2) m/n`` for a uniform law. At
    this m both are of order ``n^(-1/2)``, and their sum can be of no smaller one. It is also the
    default of ``scipy.stats.differential_entropy``.

    Parameters
    ----------
    count : int
        Number n of values, at least 5: with fewer a window is longer than the sample.

    Examples
    --------
    >>> window_length(5), window_length(1000)
    (2, 32)
    """
    return math.floor(math.sqrt(count) + 0.5)


class SpacingNegentropy(Measure):
    """The relative entropy ``(1/2) ln(2 pi) + (1/2) E z^2 - h`` to N(0, 1), h from spacings.

    For standardised values it is the negentropy, in nats. Its influence function is
    ``ln f(z) + (1/2) z^2`` less its mean, with f from the same spacings; along estimated mean and
    sd it does not move, to first order. For a normal law it vanishes, and two smaller parts are
    left of the standard error. The logarithms of spacings have noise, of which a mean over
    windows that overlap keeps a third: the rest is taken out of the influence. And the smallest
    and the largest value each end as many as m windows: what their own spread does to
    these is added to their influence. The error is too large for few values, by half for 50
    normal ones, and by up to a third for many.

    Ties of a few values, which come from rounding, count as they are. So many that a spacing is 0
    come from atoms, with which negentropy is infinite. All have a bias of order ``n^(-1/2)``, up
    to a logarithm, which is no part of the standard error; each says what it is for some laws.
    """

    least: ClassVar[int] = 5
    steps: ClassVar[int] = 2
    """Steps of a spacing, in units of m."""

    @abstractmethod
    def surprisals(self, values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
        """Return ``-ln f`` for the windows of a sample, but for ``ln n``.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            Ascending.
        window : int
            Number m of steps.

        Returns
        -------
        ndarray of float64, shape (windows,)
            Their mean, with ``ln n``, is the entropy.
        """

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the estimate and its influence function.

        Raises
        ------
        UnavailableError
            If a spacing is 0, or spacings or squares are no doubles.
        """
        counts = np.rint(sample.weights * sample.count).astype(np.int64)
        values, window = np.repeat(sample.values, counts), window_length(sample.count)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            surprisals = self.surprisals(values, window)
            influence = 0.5 * values**2
            entropy = math.log(values.size) + float(surprisals.mean())
            value = LOG_ROOT_TWO_PI + float(influence.mean()) - entropy
        if not math.isfinite(value):
            raise _infinite(sample)
        influence -= _at_values(surprisals, values.size)
        influence -= influence.mean()
        influence *= _share_without_noise(influence, self.steps * window)
        influence[0] += self._influence_of_end(values[: 2 * window + 1], window)
        influence[-1] += self._influence_of_end(-values[: -2 * window - 2 : -1], window)
        influence -= influence.mean()
        if sample.values.size < sample.count:
            influence = np.add.reduceat(influence, np.cumsum(counts) - counts) / counts
        return value, influence

    def _influence_of_end(self, values: NDArray[np.float64], window: int) -> float:
        """Return what one sd of the smallest value does to the windows that hold it.

        The sd is that beyond an exponential tail: there the j-th spacing from the end, times j,
        has the mean beta, and the last value the sd ``beta pi/6^(1/2)``.
        """
        outermost = np.arange(1, math.isqrt(window) + 1)
        beta = float(np.mean(outermost * np.diff(values[: outermost.size + 1])))
        moved = values.copy()
        moved[0] -= _GUMBEL_SD * beta
        # Windows at the other end of these few values may be of ties alone; they do not move.
        with np.errstate(divide="ignore", invalid="ignore"):
            change = self.surprisals(values, window) - self.surprisals(moved, window)
        return float(np.sum(change[np.isfinite(change)]))

    def of_binned(self, binned: BinnedDraws) -> Estimate:  # noqa: ARG002
        """Refuse: in bins there are no spacings."""
        raise UnavailableError("needs sorted draws; bins have no spacings")

    def of_distribution(self, distribution: Distribution) -> Estimate:  # noqa: ARG002
        """Refuse: a law has its negentropy itself."""
        raise UnavailableError("needs sorted draws; of a law there is negentropy itself")

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:  # noqa: ARG002
        """Refuse: the density of a mixture is known, and so its negentropy itself."""
        raise UnavailableError("needs sorted draws; of a mixture there is negentropy itself")


class NegentropyVasicek(SpacingNegentropy):
    """The negentropy with Vasicek's entropy ``mean ln(n/(2m) (x_(i+m) - x_(i-m)))``.

    Beyond the ends the smallest and the largest value stand for those that are missing
    (O. Vasicek, A test for normality based on sample entropy, JRSS B 38, 1976).

    Ends make the value too large, of a uniform law by ``1/(4m) + 2 (1 - ln 2) m/n``, and tails,
    over which windows are wide, too small. Of a normal law the bias is 0.0835, 0.0078 and -0.0022
    for 100, 1000 and 10,000 values (exactly: `normal_mean` of the module `debiased`), of an
    exponential law 0.010 and 0.001 for 1000 and 10,000.
    """

    name: ClassVar[str] = "negentropy-vasicek"

    def surprisals(self, values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
        """Return the logarithm of the spacing around each value."""
        return _log_spacings(values, window)


class NegentropyEbrahimi(SpacingNegentropy):
    """The negentropy with the entropy of Ebrahimi, Pflughoeft & Soofi.

    It is Vasicek's, with windows that reach over an end divided by the steps that they have left
    (Two measures of sample entropy, Statistics & Probability Letters 20, 1994).

    Of a uniform law the bias is that of the logarithms, ``1/(4m)`` and a little more at the ends.
    Tails make the value too small: of a normal law by 0.012 and 0.009 for 1000 and 10,000 values,
    of an exponential law by 0.011 and 0.005.
    """

    name: ClassVar[str] = "negentropy-ebrahimi"

    def surprisals(self, values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
        """Return the logarithm of the spacing around each value, by its own steps."""
        surprisals = _log_spacings(values, window)
        # Of 2m steps, the i-th window from an end has m + i - 1 in the sample.
        missing = math.log(2.0 * window) - np.log(np.arange(window, 2 * window))
        surprisals[:window] += missing
        surprisals[-window:] += missing[::-1]
        return surprisals


class NegentropyVanEs(SpacingNegentropy):
    """The negentropy with Van Es's entropy, from spacings of m steps that stay in the sample.

    ``sum ln((n + 1)/m (x_(i+m) - x_i))/(n - m) + sum from m to n of 1/k + ln(m/(n + 1))`` has the
    mean of the logarithms taken out (B. van Es, Estimating functionals related to a density by a
    class of statistics based on spacings, Scandinavian J. of Statistics 19, 1992).

    Of a uniform law the entropy has no bias at all. Tails are in too few spacings, which makes
    the value too large, by the order of ``(m/n) ln n``: of a normal law by 0.077 and 0.034 for 1000
    and 10,000 values, of an exponential law by 0.042 and 0.020.
    """

    name: ClassVar[str] = "negentropy-van-es"
    steps: ClassVar[int] = 1

    def surprisals(self, values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
        """Return the logarithm of each spacing, less the mean that it has for a uniform law."""
        surprisals = values[window:] - values[:-window]
        np.log(surprisals, out=surprisals)
        # The sum of 1/k from m to n is psi(n + 1) - psi(m).
        surprisals += float(psi(values.size + 1) - psi(window)) - math.log(values.size)
        return surprisals


class NegentropyCorrea(SpacingNegentropy):
    """The negentropy with Correa's entropy ``-mean ln b_i``, b_i the local slope of the cdf.

    The slope is ``sum (x_j - mean)(j - i)/(n sum (x_j - mean)^2)``, the regression of the
    ranks ``j/n`` on the values ``x_j`` with ``|j - i| <= m``. Beyond the ends the
    smallest and the largest value stand for those that are missing (J. C. Correa, A new estimator
    of entropy, Communications in Statistics 24, 1995).

    Of a uniform law the bias is about ``1/(4m)``. Tails make the value too small: of a normal law
    by 0.014 and 0.010 for 1000 and 10,000 values, of an exponential law by 0.012 and 0.006.
    """

    name: ClassVar[str] = "negentropy-correa"

    def surprisals(self, values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
        """Return the negative logarithm of the slope of the ranks around each value."""
        squares, products = window_sums(values, window)
        squares /= products
        return np.asarray(np.log(squares, out=squares))


def _infinite(sample: Sample) -> UnavailableError:
    ties = sample.count - sample.values.size
    if not ties:
        return UnavailableError("spacings or squares are beyond the range of doubles")
    return UnavailableError(
        f"is infinite: {ties} of {sample.count} values are ties, so many in a row that a spacing"
        " is 0"
    )


def _log_spacings(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return ``ln((x_(i+m) - x_(i-m))/(2m))``, the ends standing for what is beyond them."""
    spacings = np.empty(values.size)
    spacings[:window] = values[window : 2 * window] - values[0]
    np.subtract(values[2 * window :], values[: -2 * window], out=spacings[window:-window])
    spacings[-window:] = values[-1] - values[-2 * window : -window]
    np.log(spacings, out=spacings)
    spacings -= math.log(2.0 * window)
    return spacings


def _at_values(surprisals: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the surprisal of the window around each value, at the ends of the nearest."""
    before = (count - surprisals.size) // 2
    return np.pad(surprisals, (before, count - surprisals.size - before), mode="edge")


def _share_without_noise(influence: NDArray[np.float64], steps: int) -> float:
    """Return by how much to multiply an influence for the error of its mean.

    The logarithm of a sum of k exponential numbers has the variance ``psi'(k)``. Of that the mean
    over sums that overlap keeps a third, for long ones.
    """
    noise = float(polygamma(1, steps))
    square = float(influence @ influence) / influence.size
    return math.sqrt(max(square - 2.0 / 3.0 * noise, noise / 3.0) / square)
