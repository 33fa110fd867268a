"""Tests of normality with mean and sd estimated, and null tables of the package's own.

Each statistic is a `Statistic` with a kernel, and one entry in the table of `registry`; null tables
are made by ``tools/make_null_tables.py``.
"""

from __future__ import annotations

from clt_sim.normality_tests.testing import TestResult, gaussianity_test, names

__all__ = ["TestResult", "gaussianity_test", "names"]
