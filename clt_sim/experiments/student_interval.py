"""The mean of a few independent values, with Student's interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class StudentInterval(NamedTuple):
    """The mean over independent values and its interval, each of the shape of one value."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    stderr: NDArray[np.float64]


def student_interval(values: ArrayLike, confidence: float) -> StudentInterval:
    """Return the mean over the first axis, with the interval of Student's t.

    The interval is right for normal values, and for the logarithms of values whose geometric mean
    is wanted, where these are normal ("Student", The probable error of a mean, Biometrika 6, 1908).

    Parameters
    ----------
    values : array_like of float, shape (count, ...)
        Independent values, at least 2.
    confidence : float
        Above 0 and below 1.

    Returns
    -------
    StudentInterval
        ``mean``, ``low``, ``high`` and ``stderr``, of the shape ``(...)``; nan where a value is not
        finite.

    Examples
    --------
    >>> found = student_interval([1.0, 2.0, 3.0], 0.95)
    >>> print(f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]")
    2.000 [-0.484, 4.484]
    """
    sample = np.asarray(values, np.float64)
    count = len(sample)
    # Infinite values have no deviations.
    with np.errstate(invalid="ignore"):
        middle = sample.mean(axis=0)
        stderr = sample.std(axis=0, ddof=1) / math.sqrt(count)
    half = float(stdtrit(count - 1, 0.5 + 0.5 * confidence)) * stderr
    return StudentInterval(middle, middle - half, middle + half, stderr)
