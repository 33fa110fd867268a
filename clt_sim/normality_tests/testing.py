"""The public question: whether values could be draws from a normal law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_array, rectangular
from clt_sim._validation import check_name
from clt_sim.normality_tests.moment_tests import OF_MOMENTS
from clt_sim.normality_tests.null_samples import departures, standardized_rows
from clt_sim.normality_tests.null_table import null_tables
from clt_sim.normality_tests.registry import STATISTICS
from clt_sim.summaries import Summary
from clt_sim.tables import Facts, Table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.normality_tests.statistic import Statistic


@dataclass(frozen=True, slots=True)
class TestResult(Facts):
    """What a test of normality found.

    Parameters
    ----------
    test : str
        The name of the test.
    statistic : float
        Its statistic, in the conventional form.
    pvalue : float
        The probability that as many independent draws from a normal law give a statistic that is
        as far from what is normal, or farther.
    count : int
        The number of values.
    table_error : float
        Standard error of the p-value: that of the simulated null table.
    explanation : str
        A sentence about the result.

    Examples
    --------
    >>> import clt_sim as clt
    >>> values = clt.sample(clt.WeightedSum(n=1, inputs="uniform", weights=1.0), 100)
    >>> print(gaussianity_test(values, "jarque-bera"))
    jarque-bera: JB = 3.2976, p = 0.1213 ± 0.0004 (n = 100)
    """

    __test__ = False  # not a class of tests for pytest

    test: str
    statistic: float
    pvalue: float
    count: int
    table_error: float
    explanation: str

    def _as_tables(self) -> Sequence[Table]:
        return [Table(str(self), (), (), (self.explanation,))]

    def __str__(self) -> str:
        """Show the statistic, the p-value and the number of values in one line."""
        symbol = STATISTICS[self.test].symbol
        return f"{self.test}: {symbol} = {self.statistic:.6g}, {self._shown()} (n = {self.count})"

    def _shown(self) -> str:
        if self.pvalue == 0.0:
            return "p < 1e-300"
        return f"p = {self.pvalue:.4g} ± {self.table_error:.1g}"


def names() -> tuple[str, ...]:
    """Return the names of the tests of normality.

    Examples
    --------
    >>> names()[:3]
    ('shapiro-wilk', 'shapiro-francia', 'anderson-darling')
    """
    return tuple(STATISTICS)


def gaussianity_test(x: ArrayLike | Summary, test: str = "shapiro-wilk") -> TestResult:
    """Test whether values could be independent draws from a normal law, of any mean and sd.

    Mean and sd are estimated from the values in every test, and p-values come from tables of the
    package that were simulated with the same estimates, for 3 to 20,000 values and the limit; the
    statistics of Shapiro and Vasicek, which have none, up to 1e6 values and, by their trend, 1e8,
    whose table serves for more. A small p-value is evidence against a normal law. A large one is
    none for it: with few values every test is blind, and with millions the least departure shows.
    How far a law is from the normal one is what `clt_sim.gaussianity` says.

    Parameters
    ----------
    x : array_like of shape (n,), or Summary
        Real numbers, or a simulation. Ties are allowed; where rounding made them, they count as
        the departure that they are, least of all in the tests of moments. Of a summary all draws
        are used, up to 1e15 of them, by ``"jarque-bera"`` and ``"dagostino-k2"`` only: it keeps
        their moments and not their order.
    test : str
        One of ``names()``.

    Returns
    -------
    TestResult
        Statistic, p-value and the error of the p-value.

    Raises
    ------
    TypeError
        If `x` is not made of real numbers.
    ValueError
        If the test is unknown, the values are too few, constant, not finite or not a row, or the
        test cannot be made of a summary.

    Notes
    -----
    Between the quantiles of a table p-values are interpolated; beyond the last one, where about
    20 of the simulated samples were left, the tail is taken for a Weibull one with the slope of
    the last decade, and `table_error` says how uncertain that is. No p-value is cut off.

    Examples
    --------
    >>> import clt_sim as clt
    >>> relu = clt.WeightedSum(n=50, inputs="normal", nonlinearity="relu", weights=1.0)
    >>> summary = clt.simulate(relu, draws=10_000, seed=1)
    >>> gaussianity_test(summary, "dagostino-k2").pvalue < 1e-10
    True
    """
    check_name("test of normality", test, STATISTICS)
    statistic = STATISTICS[test]
    departure, count = _of_summary(statistic, x) if isinstance(x, Summary) else _of(statistic, x)
    score = float(statistic.scores(departure, count))
    pvalue, error = null_tables()[test].pvalue(score, count)
    value = statistic.conventional(departure)
    return TestResult(
        test, value, pvalue, count, error, _explanation(statistic, value, pvalue, count)
    )


def _of_summary(statistic: Statistic, summary: Summary) -> tuple[float, int]:
    """Return the departure and the number of draws."""
    if statistic.name not in OF_MOMENTS:
        raise ValueError(
            f"{statistic.name} needs every value in order, and a Summary keeps moments: it can be"
            f" tested by {' or '.join(OF_MOMENTS)}, or its samples by any test."
        )
    _check(statistic, summary.count, summary.minimum, summary.maximum)
    shape = summary.skewness.value, summary.excess_kurtosis.value
    return OF_MOMENTS[statistic.name](*shape, summary.count), summary.count


def _of(statistic: Statistic, x: ArrayLike) -> tuple[float, int]:
    """Return the departure and the number of values."""
    array = rectangular("x", x)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"x must be a 1-D array of real numbers or a Summary, not {type(x).__name__}."
        )
    values = finite_array("x", array, ndim=1, dtype=np.float64)
    _check(statistic, values.size, float(values.min()), float(values.max()))
    # By a power of two, which is exact: sums of the largest numbers would overflow.
    _, exponent = np.frexp(np.max(np.abs(values)))
    rows = standardized_rows(np.ldexp(values, -exponent)[np.newaxis])
    return float(departures(statistic, rows)[0]), values.size


def _check(statistic: Statistic, count: int, least: float, largest: float) -> None:
    if count < statistic.least:
        raise ValueError(
            f"{statistic.name} needs at least {statistic.least} values; x has {count}."
        )
    if least == largest:
        raise ValueError(f"x must not be constant; all {count} values are {least}.")


def _explanation(statistic: Statistic, value: float, pvalue: float, count: int) -> str:
    direction = "at least" if statistic.rejects == "large" else "at most"
    chance = f"probability {pvalue:.3g}" if pvalue else "a probability below 1e-300"
    return (
        f"For {count} independent draws from a normal law, whatever its mean and sd,"
        f" {statistic.symbol} would be {direction} {value:.6g} with {chance}."
    )
