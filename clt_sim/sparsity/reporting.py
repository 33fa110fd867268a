"""The public question: how sparse a source is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clt_sim.measures import make_report, select
from clt_sim.sparsity.registry import ALIASES, MEASURES
from clt_sim.sparsity.sources import read

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.exact import ExactLaw
    from clt_sim.laws import Law
    from clt_sim.networks import PooledSignal, Signal
    from clt_sim.report import Report
    from clt_sim.summaries import Summary


def sparsity(
    x: ArrayLike | Summary | ExactLaw | Law | Signal | PooledSignal,
    *,
    axis: int | str | None = None,
    nan_policy: str = "raise",
    measures: str | Iterable[str] | None = None,
    signed: str = "magnitude",
) -> Report:
    """Measure how sparse a source is; 1 is sparse in each index.

    All indices are of magnitudes, so that of signed values ``-x`` counts as ``x`` unless `signed`
    says otherwise, and none depends on their scale.

    Parameters
    ----------
    x : array_like of shape (n,) or (n, m), Summary, ExactLaw, Law, Signal or PooledSignal
        The source. A row of numbers is taken as independent draws, a pooled signal as clusters
        by input.
    axis : {None, 0, 1, "lifetime", "population"}
        What to summarise over: 0 or 1 for an array of two dimensions; for a signal
        ``"lifetime"`` (each unit over the inputs) or ``"population"`` (each input over the
        units), which are different questions (B. Willmore & D. J. Tolhurst, Characterizing the
        sparseness of neural codes, Network 12, 2001). The report gives the mean over the other
        axis. None for every other source.
    measures : str, iterable of str or None
        Names of indices: ``"near-zero"``, ``"exact-zero"``, ``"hoyer"``, ``"gini"``,
        ``"treves-rolls"`` (also as ``"vinje-gallant"``), ``"effective-dimension"``,
        ``"pq-mean"``, ``"kurtosis"``, ``"u-theta"``, ``"gaussian-entropy"``,
        ``"shannon-entropy"``, ``"shannon-entropy-of-magnitudes"`` and ``"support"``. None for all.
    nan_policy : {"raise", "omit"}
        Whether NaN in a row of numbers are refused or left out, and counted in the report.
    signed : {"magnitude", "rectified"}
        What negative values are: their magnitude, or 0, as for firing rates.

    Returns
    -------
    Report
        An estimate for each index. Of N values it is the formula for N values, with a
        standard error by influence functions; with an axis the mean over rows, with the
        standard error of that mean; of a law its limit for many values, with the numerical
        error; of a summary an estimate of that limit, with errors of sampling and resolution.
        The limit of an index relative to a moment is 1 where that moment is infinite: the first
        for Gini and Shannon's entropy of magnitudes, the fourth for kurtosis, the second for the
        others; near-zero, relative to the root mean square, is then not available. Of a summary
        whose model lacks that moment, none of these is.

    Raises
    ------
    TypeError
        If `x` is none of these.
    ValueError
        If a name or `signed` is unknown, `axis` does not fit the source, or the values are all 0,
        none above 0 where they are rectified, or not finite.

    Examples
    --------
    >>> import clt_sim as clt
    >>> clt.sparsity([0.0, 0.0, 0.0, 2.0])["hoyer"].value
    1.0
    >>> report = clt.sparsity(clt.laws.get("normal"), measures=["gini"])
    >>> round(report["gini"].value, 6)  # sqrt(2) - 1
    0.414214
    """
    names = list(MEASURES) if measures is None else measures
    chosen = select("measure of sparsity", MEASURES | ALIASES, names)
    view, ensemble, route = read(x, axis, nan_policy=nan_policy, signed=signed)
    return make_report("sparsity", ensemble, route, chosen, view.estimate)
