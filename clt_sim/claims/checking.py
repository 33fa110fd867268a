"""The public question: whether a claim holds."""

from __future__ import annotations

from typing import Any

from clt_sim._validation import unknown_name, whole
from clt_sim.claims.claim import QUALITIES, Claim, Progress, get
from clt_sim.claims.verdict import ClaimVerdict
from clt_sim.engine.simulation import MOST_SEED


def check(
    claim: Claim | str,
    *,
    quality: str = "draft",
    seed: int = 0,
    progress: Progress | None = None,
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

    Examples
    --------
    >>> import clt_sim as clt
    >>> verdict = clt.check("sums-approach-normal")
    >>> verdict.status
    'holds'
    """
    asked = get(claim, **parameters)
    if quality not in QUALITIES:
        raise unknown_name("quality", quality, QUALITIES)
    seed = whole("seed", seed, least=0, most=MOST_SEED)
    found = asked.findings(quality=quality, seed=seed, progress=progress or _silent)
    ordered = sorted(found, key=lambda one: not one.decides)
    return ClaimVerdict(asked, asked.status(ordered), tuple(ordered), quality, seed)


def _silent(what: str, share: float) -> None:
    """Report nothing."""
