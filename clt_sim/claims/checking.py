"""The public question: whether a claim holds."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from clt_sim._validation import whole
from clt_sim.claims.claim import Claim, get
from clt_sim.claims.verdict import ClaimVerdict
from clt_sim.engine.simulation import MOST_SEED
from clt_sim.experiments.quality import check_quality
from clt_sim.experiments.work import Progress, Work, silent


def check(
    claim: Claim | str,
    *,
    quality: str = "draft",
    seed: int = 0,
    progress: Progress | None = None,
    executor: Executor | None = None,
    **parameters: Any,
) -> ClaimVerdict:
    """Run the experiment of a claim and return the verdict.

    Parameters
    ----------
    claim : Claim or str
        A claim or the name of one, with parameters in brackets or as keywords.
    quality : str
        ``"draft"``, in some seconds, or ``"paper"``, with tight intervals.
    seed : int
        Decides every random number, from 0 to ``2**64 - 1``.
    progress : callable, optional
        Called as ``progress(what, share)`` with what is being done and the share that is ready.
    executor : concurrent.futures.Executor, optional
        Where simulations, trainings, exact laws and other independent pieces are done, such as a
        process pool or a cluster; by default here. The verdict is the same. What cannot be sent to
        another process, such as a nonlinearity that a function defines, stays here, and so does
        what draws all its numbers from one stream.
    **parameters
        Parameters of the experiment.

    Returns
    -------
    ClaimVerdict
        With ``status`` (``"holds"``, ``"refuted"`` or ``"undecided"``), ``findings`` and
        ``explanation``.

    Raises
    ------
    TypeError, ValueError
        If the name or a parameter is not known or not allowed, with the nearest match.
    BrokenExecutor
        If the executor lost a worker and does not replace it.

    Examples
    --------
    >>> import clt_sim as clt
    >>> verdict = clt.check("sums-approach-normal")
    >>> verdict.status
    'holds'
    """
    asked = get(claim, **parameters)
    check_quality(quality)
    seed = whole("seed", seed, least=0, most=MOST_SEED)
    work = Work(silent if progress is None else progress, executor)
    found = asked.findings(quality=quality, seed=seed, work=work)
    ordered = sorted(found, key=lambda one: not one.decides)
    return ClaimVerdict(asked, asked.status(ordered), tuple(ordered), quality, seed)
