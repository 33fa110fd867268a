"""How Gaussian is a weighted sum of nonlinearity outputs, and why or why not.

Importing this package loads nothing heavy; each public name is imported when first used.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__version__ = "0.1.0"

_HOME = {
    "ClaimVerdict": "clt_sim.claims",
    "ClosedFamilyLaw": "clt_sim.exact",
    "DiscreteLaw": "clt_sim.exact",
    "EffectiveSize": "clt_sim.effective_size",
    "Estimate": "clt_sim.estimate",
    "ExactLaw": "clt_sim.exact",
    "InvertedLaw": "clt_sim.exact",
    "LatticeLaw": "clt_sim.exact",
    "LayerRecord": "clt_sim.networks",
    "LayerTable": "clt_sim.layer_tables",
    "MultilayerPerceptron": "clt_sim.networks",
    "NetworkLaw": "clt_sim.exact",
    "NoExactLaw": "clt_sim.exact",
    "NormalMixture": "clt_sim.summaries",
    "PiecewisePolynomialLaw": "clt_sim.exact",
    "PushforwardLaw": "clt_sim.exact",
    "PowerStudy": "clt_sim.power",
    "RandomNetwork": "clt_sim.models",
    "Recorder": "clt_sim.networks",
    "Report": "clt_sim.report",
    "ScaleMixtureLaw": "clt_sim.exact",
    "Summary": "clt_sim.summaries",
    "TestResult": "clt_sim.normality_tests",
    "Verdict": "clt_sim.verdicts",
    "WeightedSum": "clt_sim.models",
    "check": "clt_sim.claims",
    "effective_size": "clt_sim.effective_size",
    "exact": "clt_sim.exact",
    "figure": "clt_sim.figures",
    "gaussianity": "clt_sim.gaussianity",
    "gaussianity_test": "clt_sim.normality_tests",
    "is_gaussian": "clt_sim.verdicts",
    "layer_table": "clt_sim.layer_tables",
    "multivariate_gaussianity": "clt_sim.multivariate",
    "power_study": "clt_sim.power",
    "record": "clt_sim.networks",
    "sample": "clt_sim.engine",
    "sampling_floor": "clt_sim.layer_tables",
    "simulate": "clt_sim.engine",
    "simulate_conditional": "clt_sim.engine",
    "simulate_path": "clt_sim.engine",
    "sparsity": "clt_sim.sparsity",
    "train": "clt_sim.networks",
}
_SUBPACKAGES = ("claims", "laws", "networks", "nonlinearities", "theory")

__all__ = [*sorted(_HOME), *_SUBPACKAGES, "__version__"]  # noqa: PLE0604


class _Package(ModuleType):
    """The package, in which ``clt_sim.exact`` is the function and not the folder behind it.

    Python binds a subpackage to its parent when it is first imported. Where a public function
    has the name of the folder it lives in, the function keeps the name.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _SUBPACKAGES:
        value = importlib.import_module(f"clt_sim.{name}")
    else:
        raise AttributeError(f"module 'clt_sim' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


sys.modules[__name__].__class__ = _Package
