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

from clt_sim.claims import (  # noqa: F401  (importing registers them)
    batch_normality,
    counterexamples,
    drift,
    finite_width,
    more_gaussian,
    non_sparsity,
    one_input,
    process_limit,
    rms_normalization,
    sparsity_criteria,
    stability,
    sums,
    symmetry,
    trained_weights,
    unit_dependence,
)
from clt_sim.claims.checking import check
from clt_sim.claims.claim import Claim, Source, get, names
from clt_sim.claims.finding import Finding, finding
from clt_sim.claims.verdict import ClaimVerdict

__all__ = ["Claim", "ClaimVerdict", "Finding", "Source", "check", "finding", "get", "names"]
