"""The public question: how Gaussian a source is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.sources import read
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
    measures: str | Iterable[str] | None = None,
) -> Report:
    """Measure how far a source is from the normal law.

    Parameters
    ----------
    x : array_like of shape (n,), Summary, NormalMixture, ExactLaw, Law, Signal or PooledSignal
        The source. Values of an array are taken as independent draws. A signal is measured
        unit by unit over the inputs, and the report gives the median over the units that are
        not constant; a pooled signal is measured over all its values, as clusters by input.
    standardize : bool
        Whether to compare the shape, ``(x - mean)/sd``, with N(0, 1), or else the raw values,
        location and scale included. Skewness and kurtosis are of the shape either way.
    measures : str, iterable of str or None
        Names of measures: ``"skewness"``, ``"excess-kurtosis"``, ``"kolmogorov"``,
        ``"wasserstein-1"``, ``"wasserstein-2"``, ``"total-variation"``, ``"negentropy"`` (of raw
        values: the relative entropy to N(0, 1)) and ``"negentropy-maxent"``. None for all.

    Returns
    -------
    Report
        An estimate for each measure: of draws with its standard error (by influence functions,
        that of an estimated mean and sd included; for a signal from the spread between units),
        of a law with its numerical error. ``unavailable`` has the reason for each measure that
        the source cannot give: a law or model without a finite variance has nothing to
        standardise by,
        and a distance that is infinite is left out. Skewness and kurtosis are facts of a law, and
        infinite where its moments are.

    Raises
    ------
    TypeError
        If `x` is none of these.
    ValueError
        If a name is unknown, or the values are constant, not finite or not a row.

    Examples
    --------
    >>> import clt_sim as clt
    >>> report = clt.gaussianity(clt.laws.get("uniform"), measures=["negentropy"])
    >>> round(report["negentropy"].value, 6)  # (1/2) ln(pi e / 6)
    0.176485
    >>> print(clt.gaussianity([0.0, 1.0, 2.0, 3.0], measures="kolmogorov").unavailable)
    {}
    """
    chosen = select("measure of gaussianity", MEASURES, measures)
    scope = "standardised values" if standardize else "raw values"
    return make_report(f"gaussianity of {scope}", read(x, standardize=standardize), chosen)
