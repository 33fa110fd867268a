"""What is said of a call: refused with a reason, answered and right, or at fault."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import math
import traceback
import warnings

import numpy as np

import clt_sim as clt
from clt_sim.models import model_from_dict

SIZES = {"draws", "size", "budget", "steps", "repetitions", "trials", "points", "n"}
REASONS = (
    ValueError,
    TypeError,
    OverflowError,
    KeyError,
    FloatingPointError,
    ImportError,
    FileNotFoundError,
)
"""The last four are those of mappings, trainings that diverge, optional packages and files."""
REASONS_OF_FILES = {errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EACCES}
"""Why there cannot be a file of that name."""


def is_too_much(name, value, most=10**5):
    """Say whether a value is right, and would take long or much memory because of its size."""
    if isinstance(value, np.ndarray) and value.size > 10**6:
        return True
    if name == "size" and isinstance(value, list | tuple):
        # Shapes of samples.
        return all(isinstance(n, int) for n in value) and abs(math.prod(value)) > most
    if name not in SIZES or not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return most < value <= (math.inf if name == "steps" else 2**53)


def complaint(function, arguments):
    """Call a function and return what is wrong with how it ends; nothing if nothing is.

    Warnings are faults.
    """
    before = {name: _contents(value) for name, value in arguments.items()}
    fault = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check(function(**arguments))
    except REASONS as error:
        if not str(error):
            fault = f"{type(error)} without a reason"
    except Exception as error:
        if not (isinstance(error, OSError) and error.errno in REASONS_OF_FILES):
            frame = traceback.extract_tb(error.__traceback__)[-1]
            fault = f"{error!r:.300} in {frame.name}, line {frame.lineno} of {frame.filename}"
    changed = [name for name, value in arguments.items() if _contents(value) != before[name]]
    return fault or (f"changed {', '.join(changed)}" if changed else "")


def _contents(value):
    """Return what an array holds, to see whether it was changed; None of anything else."""
    return value.tobytes() if isinstance(value, np.ndarray) and value.size < 10**6 else None


def check(answer):
    """Check what must hold of any answer."""
    for kind, judge in JUDGES.items():
        if isinstance(answer, kind):
            judge(answer)
            return
    if dataclasses.is_dataclass(answer):
        with contextlib.suppress(RecursionError):  # of a list that Python itself cannot show
            str(answer)


def check_estimate(estimate):
    """Check that there is a number; the error is nan for the mean of one value."""
    assert not math.isnan(estimate.value), estimate
    assert not estimate.stderr < 0.0, estimate


def check_report(report):
    """Check every estimate, and that a file can hold them."""
    for estimate in report.values():
        check_estimate(estimate)
    assert all(report.unavailable.values())
    json.dumps(report.to_dict(), allow_nan=False)


def check_verdict(verdict):
    """Check that the value is in its interval."""
    assert verdict.interval[0] <= verdict.value <= verdict.interval[1], verdict


def check_test(result):
    """Check that a probability is one."""
    assert 0.0 <= result.pvalue <= 1.0, result
    assert not math.isnan(result.statistic), result


def check_law(law):
    """Check the functions of a law at points of it and far out."""
    p = np.array([0.0, 0.01, 0.3, 0.5, 0.99, 1.0])
    x = law.quantile(p)
    assert not np.isnan(x).any()
    assert (x[1:] >= x[:-1]).all()
    far = np.concatenate([x[1:-1], [-1e300, 1e300, -math.inf, math.inf, 0.0]])
    heights = law.cdf(far)
    assert ((heights >= 0.0) & (heights <= 1.0)).all()
    assert heights[6:8].tolist() == [0.0, 1.0]
    assert (law.pdf(far) >= 0.0).all()
    assert (np.abs(law.characteristic_function([0.0, 0.5, -2.0])) <= 1.0 + 1e-9).all()
    assert np.isnan(law.cdf(math.nan))
    assert np.isnan(law.pdf(math.nan))


def check_exact(law):
    """Check that probabilities are some, grow with x, and make up 1 within the stated error."""
    assert 0.0 <= law.error < 1.0, law.error
    x = np.concatenate([np.sort(law.quantile([0.01, 0.3, 0.5, 0.99])), [-math.inf, math.inf]])
    assert not np.isnan(x).any(), x
    below, above = law.cdf(x), law.sf(x)
    for heights in (below, above):
        assert ((heights >= 0.0) & (heights <= 1.0)).all(), heights
    assert (np.diff(below[:4]) >= -2.0 * law.error - 1e-12).all(), below
    assert (np.abs(below + above - 1.0) <= 2.0 * law.error + 1e-9).all(), (below, above)
    assert (below[4:].tolist(), above[4:].tolist()) == ([0.0, 1.0], [1.0, 0.0]), (below, above)
    assert np.isnan(law.cdf(math.nan))


def check_summary(summary):
    """Check the estimates of a summary, and that quantiles grow."""
    str(summary)
    for name in ("mean", "variance", "skewness", "excess_kurtosis"):
        estimate = getattr(summary, name)
        assert not estimate.stderr < 0.0, (name, estimate)
    assert summary.minimum <= summary.maximum
    quantiles = summary.quantile([0.0, 0.1, 0.5, 0.9, 1.0])
    assert (np.diff(quantiles) >= 0.0).all(), quantiles
    heights = summary.cdf(quantiles)
    assert ((heights >= 0.0) & (heights <= 1.0)).all(), heights


def check_model(model):
    """Check that a description of a model makes an equal one; what only code describes is left."""
    str(model)
    try:
        description = json.loads(json.dumps(model.to_dict(), allow_nan=False))
    except (ValueError, TypeError):
        return
    assert model_from_dict(description) == model


JUDGES = {
    clt.Estimate: check_estimate,
    clt.Report: check_report,
    clt.Verdict: check_verdict,
    clt.TestResult: check_test,
    clt.laws.Law: check_law,
    clt.ExactLaw: check_exact,
    clt.Summary: check_summary,
    clt.WeightedSum: check_model,
    clt.RandomNetwork: check_model,
}
"""What judges an answer, by its class."""
