"""Statistics of sorted, standardised samples: the driver, and the signature of a statistic.

A statistic is a first-class function, so that the driver is compiled once for all of them. Its
module holds the kernel that computes it, ``_compiled_<name>(digest)`` that wraps the kernel for
the disk cache, and ``<name>()``, which compiles it on the first call.
"""

from __future__ import annotations

from typing import Any

from numba import types

from clt_sim._kernels.compilation import cached, source_digest

_ROW = types.Array(types.float64, 1, "C")
SIGNATURE = types.float64(_ROW, _ROW)
"""Of a statistic: the sorted and standardised values, and numbers that depend on how many."""


def _compiled(digest: int) -> Any:
    @cached
    def evaluate(statistic: Any, samples: Any, coefficients: Any, values: Any) -> int:
        for j in range(samples.shape[0]):
            values[j] = statistic(samples[j], coefficients)
        return digest

    return evaluate


evaluate = _compiled(source_digest())
"""Evaluate a statistic of each row.

The arguments are, in order: the statistic, a first-class function of `SIGNATURE`; the samples,
float64 of shape ``(samples, n)``, each sorted and standardised; its coefficients (float64); and
an array of float64 for the values, one for each sample, that is overwritten. The result is the
digest of the kernels' source.
"""
