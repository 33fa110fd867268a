"""The public question: whether a source is Gaussian to within a margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clt_sim._validation import check_flag, check_name, finite, positive
from clt_sim.engine.execution import Execution
from clt_sim.engine.simulation import checked_run
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.measures import UnavailableError
from clt_sim.models import RandomNetwork, WeightedSum
from clt_sim.verdicts.sequential import draw_until_decided
from clt_sim.verdicts.sources import NEAREST, interval_of
from clt_sim.verdicts.verdict import Verdict, judge

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.exact import ExactLaw
    from clt_sim.laws import Law
    from clt_sim.models import Model
    from clt_sim.networks import PooledSignal, Signal
    from clt_sim.summaries import Summary

_NOUNS = {
    "kolmogorov": "Kolmogorov distance to the normal law of the same mean and sd",
    NEAREST: "Kolmogorov distance to the nearest normal law",
    "wasserstein-1": "Wasserstein-1 distance, in units of the sd,",
    "excess-kurtosis": "excess kurtosis",
    "l-skewness": "L-skewness",
    "l-kurtosis": "L-kurtosis, less that of the normal law,",
}


def is_gaussian(
    x: ArrayLike | Summary | ExactLaw | Law | Signal | PooledSignal | Model,
    *,
    within: float = 0.01,
    measure: str = "kolmogorov",
    confidence: float = 0.95,
    standardize: bool = True,
    clusters: ArrayLike | None = None,
    budget: int = 10**9,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Decide whether a source is Gaussian to within a margin, or say that this is not decided.

    No law of interest is exactly normal, and no sample can show that one is. What can be decided is
    whether a measure of gaussianity is at most a margin: it is if the whole of an interval for the
    measure is (``"holds"``), it is not if none of it is (``"refuted"``).

    Parameters
    ----------
    x : array_like of shape (n,), Summary, ExactLaw, Law, Signal, PooledSignal, WeightedSum \
or RandomNetwork
        The source. Values of an array are taken as independent draws, but for `clusters`. Of a
        signal it is the median over its units that is asked for, each over these inputs. A model
        is drawn until the margin is decided.
    within : float
        The margin, above 0. It is for the absolute value of a measure that has a sign.
    measure : str
        For draws ``"kolmogorov"``, ``"kolmogorov-nearest"``, ``"wasserstein-1"`` or one of the
        moments ``"skewness"``, ``"excess-kurtosis"``, ``"l-skewness"`` and ``"l-kurtosis"``; for a
        model not ``"wasserstein-1"``; for a law all those of `gaussianity` as well.
        ``"kolmogorov"`` is the distance to the normal law that has the mean and sd of the law in
        question, ``"kolmogorov-nearest"`` the least distance to any normal law.
    confidence : float
        Between 0 and 1: the probability that the interval will cover the measure.
    standardize : bool
        Whether the shape is meant, or else the raw values and N(0, 1).
    clusters : array_like of int, shape (n,), or None
        For an array, which values may depend on each other: those with the same label. Clusters are
        independent of each other. Values of a pooled signal are in clusters by input.
    budget : int
        The most draws of a model.
    seed : int
        Of the draws of a model.
    progress : callable, optional
        Called as ``progress(draws_done, budget)`` while a model is drawn.

    Returns
    -------
    Verdict
        With the interval, its method and an explanation.

    Raises
    ------
    TypeError
        If `x` is none of these.
    ValueError
        If an argument is out of range, or the source has no valid interval for the measure, with
        the reason.

    Notes
    -----
    ==================== =========================== ==============================================
    source               measure                     interval
    ==================== =========================== ==============================================
    law                  all                         numerical error
    model, summary       both kolmogorov             certificate: for every law and number of draws
    array                kolmogorov-nearest          certificate, also of clusters
    array                kolmogorov, raw             certificate, also of clusters
    array                kolmogorov, wasserstein-1   inverted tests, for large samples
    summary              wasserstein-1               the same
    array, model,        moments                     standard error and Student's t, by L-moments;
    summary                                          also of clusters
    signal               all of draws                order statistics of the units
    ==================== =========================== ==============================================

    A certificate is not possible for ``"kolmogorov"`` of an array: mean and sd of its law are not
    known, and a mass too small to be seen may move them. That interval, like that of
    ``"wasserstein-1"``, is for large samples of laws with a fourth moment: it has the distances
    that tests with draws of the standardised empirical process do not refute. Of 1000 and more
    values of laws without heavy tails, intervals of 95 % covered in 93 to 97 %. They are longer
    where few draws decide the error of the variance. Nothing warns of far values that are too rare
    to be seen: of 1000 values of ``"student-t(df=3)"`` intervals covered ``"wasserstein-1"`` in
    88 % of samples and ``"kolmogorov"`` in 91 to 92 %.

    The intervals of moments are longer than two standard errors where draws are few or tails
    heavy: as much as Student's t has it with the degrees of freedom that the L-moments show
    (`clt_sim.verdicts.degrees_of_freedom`). Where these are less than 1.5, or draws fewer than 50
    for L-moments, 700 for the skewness and 5000 for the excess kurtosis, there is none, and a model
    is drawn on instead. What does not show in L-moments may pass: a few far values, or, for
    ``"skewness"`` and ``"excess-kurtosis"``, a law without the moments that their errors take.

    The value of a unit of a signal is that of its values over the inputs, with the floor that
    few inputs leave under a distance.

    For a model all looks at the growing draws are allowed for (`clt_sim.verdicts.sequential`).

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.verdicts import is_gaussian
    >>> model = clt.WeightedSum(n=4, inputs="uniform", weights=1.0)
    >>> verdict = is_gaussian(model, within=0.02)
    >>> verdict.status, verdict.count
    ('holds', 65536)
    >>> is_gaussian(model, within=0.02, measure="excess-kurtosis").status
    'refuted'
    """
    check_flag("standardize", standardize)
    within = positive("within", within)
    confidence = finite("confidence", confidence)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}.")
    check_name("measure of gaussianity", measure, [NEAREST, *MEASURES])
    is_model = isinstance(x, WeightedSum | RandomNetwork)
    if is_model and clusters is not None:
        raise ValueError("clusters must be None for a model: its draws are independent.")
    needed = None
    try:
        if is_model:
            model, budget, seed = checked_run(x, "budget", budget, seed, "single")
            interval, needed = draw_until_decided(
                model,
                measure,
                within,
                confidence,
                standardize=standardize,
                budget=budget,
                seed=seed,
                execution=Execution(None, None, progress),
            )
        else:
            interval = interval_of(
                x, measure, confidence, standardize=standardize, clusters=clusters
            )
    except UnavailableError as reason:
        raise UnavailableError(f"{measure} is not available: {reason}.") from None
    noun = _noun(measure, standardize=standardize)
    return judge(
        interval, measure=measure, noun=noun, within=within, confidence=confidence, needed=needed
    )


def _noun(measure: str, *, standardize: bool) -> str:
    if measure == "kolmogorov" and not standardize:
        return "Kolmogorov distance of the raw values to N(0, 1)"
    return _NOUNS.get(measure, measure)
