"""The paper that several claims are from."""

from __future__ import annotations

from clt_sim.claims.claim import Source

BATCH_NORMALIZATION = (
    "Ioffe & Szegedy 2015, Batch Normalization: Accelerating Deep Network Training by Reducing"
    " Internal Covariate Shift"
)
SYMMETRIC_AND_NON_SPARSE = Source(
    BATCH_NORMALIZATION,
    "section 3.2",
    "In contrast, Wu + b is more likely to have a symmetric, non-sparse distribution, that is"
    " “more Gaussian” (Hyvärinen & Oja, 2000); normalizing it is likely to produce"
    " activations with a stable distribution.",
)
