"""Sources of vectors, turned into samples."""

from __future__ import annotations

import numpy as np

from clt_sim._array_validation import finite_array, rectangular
from clt_sim._validation import shown
from clt_sim.multivariate.sample import MultivariateSample
from clt_sim.multivariate.whitening import whiten
from clt_sim.networks.recording.signal import Signal

_FARTHEST = 1e50
"""Squares of sums of such numbers are within the range of double precision, with room."""
Reading = tuple[MultivariateSample, str, str]
"""A sample, the ensemble and the route."""


def read(x: object, *, standardize: bool) -> Reading:
    """Return the sample of a source, what it ranges over and how it will be measured.

    Raises
    ------
    TypeError
        If `x` is not a source.
    ValueError
        If its shape does not fit, a value is not finite or the covariance matrix is singular.
    """
    if isinstance(x, Signal):
        inputs, units = x.values.shape
        ensemble = f"{x.name} of {x.layer}, the vector of {units} units over {inputs} inputs"
        array, name = x.values, "x.values"
    else:
        array, name = _checked_array(x), "x"
        ensemble = f"{array.shape[0]} vectors of dimension {array.shape[1]}"
    draws, dimensions = array.shape
    if draws <= dimensions + 1:
        raise ValueError(
            f"x must have more than {dimensions + 1} draws, the rows, for its {dimensions}"
            f" dimensions, the columns; it has {draws}. Pass x.T if columns are draws, or fewer"
            " dimensions."
        )
    raw = array.astype(np.float64)
    largest = float(np.max(np.abs(raw)))
    if not standardize and largest > _FARTHEST:
        raise ValueError(
            f"x must be at most {_FARTHEST:g} in size to be compared with N(0, I) as it is, not"
            f" {largest:g}: rescale it, or standardize."
        )
    whitened = whiten(raw, precision=float(np.finfo(array.dtype).eps), name=name)
    route = "whitened sample" if standardize else "raw sample"
    return MultivariateSample(raw, whitened, standardize), ensemble, route


def _checked_array(x: object) -> np.ndarray[tuple[int, int], np.dtype[np.floating]]:
    array = rectangular("x", x)
    if array.dtype.kind not in "biuf":
        kind = f"an array of {array.dtype}" if array.ndim else f"{type(x).__name__} {shown(x)}"
        raise TypeError(f"x must be a 2-D array of real numbers or a Signal, not {kind}.")
    if array.ndim != 2:
        raise ValueError(
            f"x must have draws in rows and dimensions in columns; its shape is {array.shape}."
            " A row of numbers is a source of gaussianity."
        )
    return finite_array("x", array, ndim=2)
