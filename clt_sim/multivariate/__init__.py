"""How far the joint law of several variables is from the multivariate normal law.

Each measure is one class and one entry in the table of `registry`. All take one view, a
`MultivariateSample`, and get their errors from influence functions.
"""

from __future__ import annotations

from clt_sim.multivariate.reporting import multivariate_gaussianity

__all__ = ["multivariate_gaussianity"]
