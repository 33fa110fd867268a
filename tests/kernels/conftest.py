"""What the tests of kernels share: the naive reference, and scalar kernels applied to arrays."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import mpmath
import numpy as np
import pytest
from numba import njit


def load(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def naive():
    return load(Path(__file__).parent / "naive.py")


@pytest.fixture(scope="module")
def fitted():
    """The tool sets mpmath to more digits than other tests have time for."""
    with mpmath.workdps(mpmath.mp.dps):
        yield load(Path(__file__).parents[2] / "tools" / "fit_coefficients.py")


@functools.cache
def loop_over(scalar):
    @njit(error_model="numpy")
    def loop(x, out, *parameters):
        for j in range(x.size):
            out[j] = scalar(x[j], *parameters)

    return loop


def looped(number):
    """Return a function that loops a scalar kernel over arrays of floats of one type."""

    def compiled(scalar, *parameters):
        def apply(x):
            out = np.empty(len(x), number)
            loop_over(scalar)(np.asarray(x, number), out, *map(number, parameters))
            return out

        return apply

    return compiled


@pytest.fixture(scope="session")
def elementwise():
    return looped(np.float32)


@pytest.fixture(scope="session")
def elementwise_double():
    return looped(np.float64)
