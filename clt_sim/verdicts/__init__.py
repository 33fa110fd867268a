"""Verdicts by a margin: Gaussian to within 0.01, or certainly not, or undecided.

An interval for a measure (`sources`, by `certificate` or `large_sample`) is compared with a
margin (`verdict`). Models are drawn until the margin is decided (`sequential`).
"""

from __future__ import annotations

from clt_sim.verdicts.asking import is_gaussian
from clt_sim.verdicts.verdict import Verdict

__all__ = ["Verdict", "is_gaussian"]
