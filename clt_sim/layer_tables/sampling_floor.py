"""What a measure gives for samples that are truly normal."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from clt_sim._validation import whole
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.draws import Draws
from clt_sim.gaussianity.views.units import median
from clt_sim.measures import select
from clt_sim.networks.normal_units import normal_units

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate

_MOST_ROWS = 10**7


@functools.lru_cache(maxsize=512)
def sampling_floor(measure: str, rows: int) -> Estimate:
    """Return the median over units of the size of a measure, for units that are normal.

    It is what sampling alone makes of N(0, 1): by this measure, a unit at the floor cannot be
    told from a normal one. The size, since skewness, kurtosis and the debiased negentropy are of
    either sign.

    Parameters
    ----------
    measure : str
        A measure of gaussianity, of standardised values.
    rows : int
        How many independent values a unit has, from 2 to 10**7.

    Returns
    -------
    Estimate
        By simulation of 400 units, or fewer but at least 50 where there are more than 2000
        rows, with a fixed seed; the error is that of the median.

    Raises
    ------
    ValueError
        If the measure is unknown or `rows` is too small.
    UnavailableError
        If so few values do not have the measure.

    Examples
    --------
    >>> [round(float(sampling_floor("kolmogorov", rows)), 3) for rows in (64, 400, 2000)]
    [0.074, 0.03, 0.014]
    """
    chosen = select("measure of gaussianity", MEASURES, measure)[measure]
    rows = whole("rows", rows, least=2, most=_MOST_ROWS)
    units = (Draws(unit, standardized=True) for unit in normal_units(rows))
    return median([abs(unit.estimate(chosen).value) for unit in units])
