"""The public question: how Gaussian a source is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from clt_sim._validation import check_flag
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.sources import read
from clt_sim.measures import make_report, select

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.exact import ExactLaw
    from clt_sim.laws import Law
    from clt_sim.networks import PooledSignal, Signal
    from clt_sim.report import Report
    from clt_sim.summaries import NormalMixture, Summary


def gaussianity(
    x: ArrayLike | Summary | NormalMixture | ExactLaw | Law | Signal | PooledSignal,
    *,
    standardize: bool = True,
    axis: int | None = None,
    clusters: ArrayLike | None = None,
    nan_policy: str = "raise",
    measures: str | Iterable[str] | None = None,
) -> Report:
    """Measure how far a source is from the normal law.

    Parameters
    ----------
    x : array_like of shape (n,) or (n, m), Summary, NormalMixture, ExactLaw, Law, Signal or \
PooledSignal
        The source. Values of an array are taken as independent draws, unless `clusters` says
        otherwise. A signal is measured unit by unit over the inputs, and the report gives the
        median over the units that are not constant; a pooled signal is measured over all its
        values, as clusters by input.
    standardize : bool
        Whether to compare the shape, ``(x - mean)/sd``, with N(0, 1), or else the raw values,
        location and scale included; the report of raw values shows those of the shape beside
        them. Skewness and kurtosis are of the shape either way.
    axis : {None, 0, 1}
        For an array of two dimensions: 0 to measure each column and 1 to measure each row; the
        report gives the median over them.
    clusters : array_like of int, shape (n,), optional
        Which values of a row may depend on each other, because they share weights, an input or
        an image: draws of different clusters are independent. Errors are then those of clusters.
    nan_policy : {"raise", "omit"}
        Whether NaN in an array are refused or left out, and counted in the report.
    measures : str, iterable of str or None
        Names of measures, listed in ``clt_sim.gaussianity.names()``; None for all.

    Returns
    -------
    Report
        An estimate for each measure: of draws with its standard error (by influence functions,
        that of an estimated mean and sd included; for a signal or a table from the spread between
        its units), of a law with its numerical error. ``unavailable`` has the reason for each
        measure that the source cannot give: a law or model without a finite variance has nothing
        to standardise by (the L-moments of a law do not change with its scale, and take just a
        mean), and a distance that is infinite is left out. Skewness and kurtosis are facts of a
        law, and infinite where its moments are. ``shape`` is the report of the standardised
        values where raw ones were asked for, else None.

    Raises
    ------
    TypeError
        If `x` is none of these.
    ValueError
        If a name is unknown, the values are constant or not finite, or another argument does
        not fit them.

    Examples
    --------
    >>> import clt_sim as clt
    >>> report = clt.gaussianity(clt.laws.get("uniform"), measures=["negentropy"])
    >>> round(report["negentropy"].value, 6)  # (1/2) ln(pi e / 6)
    0.176485
    >>> print(clt.gaussianity([0.0, 1.0, 2.0, 3.0], measures="kolmogorov").unavailable)
    {}

    A normal law of another scale is as far from N(0, 1) as many that are not normal: all of it
    is scale.

    >>> wide = clt.laws.get("normal", sd=2.0)
    >>> report = clt.gaussianity(wide, standardize=False, measures="wasserstein-1")
    >>> round(report["wasserstein-1"].value, 6), round(report.shape["wasserstein-1"].value, 6)
    (0.797885, 0.0)
    """
    check_flag("standardize", standardize)
    chosen = select("measure of gaussianity", MEASURES, measures)

    def report(title: str, *, standardize: bool) -> Report:
        view, ensemble, route = read(
            x, standardize=standardize, axis=axis, clusters=clusters, nan_policy=nan_policy
        )
        return make_report(f"gaussianity of {title}", ensemble, route, chosen, view.estimate)

    if standardize:
        return report("standardised values", standardize=True)
    raw = report("raw values", standardize=False)
    return dataclasses.replace(raw, shape=report("standardised values", standardize=True))


def names() -> list[str]:
    """Return the names of the measures, in the order of reports.

    Examples
    --------
    >>> names()[:3]
    ['skewness', 'excess-kurtosis', 'l-skewness']
    """
    return list(MEASURES)
