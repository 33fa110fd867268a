"""Claims about sums, layers and networks, each put to a test whose rule is fixed beforehand.

A claim (`claim`) runs an experiment and returns findings (`finding`): numbers with intervals,
each against a threshold. `check` makes a verdict of them (`verdict`): holds, refuted or undecided.

Examples
--------
>>> import clt_sim as clt
>>> clt.check("sums-approach-normal").status
'holds'
"""

from __future__ import annotations

from clt_sim.claims import sums  # noqa: F401  (importing registers them)
from clt_sim.claims.checking import check
from clt_sim.claims.claim import Claim, Source, get, names
from clt_sim.claims.finding import Finding, finding
from clt_sim.claims.verdict import ClaimVerdict

__all__ = ["Claim", "ClaimVerdict", "Finding", "Source", "check", "finding", "get", "names"]
