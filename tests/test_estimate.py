"""Numbers with their errors."""

from __future__ import annotations

import dataclasses
import math

import pytest

import clt_sim as clt


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (0.123456, 0.0021, "0.1235 ± 0.0021"),
        (0.1, 0.02, "0.100 ± 0.020"),
        (-3.14159, 0.5, "-3.14 ± 0.50"),
        (1234.56, 12.3, "1235 ± 12"),
        (1234.56, 123.0, "1235 ± 123"),
        (0.5, 0.0999, "0.50 ± 0.10"),
        (1.0, 1e-6, "1.0000000 ± 0.0000010"),
        (1.0, 1e-7, "1 ± 1e-07"),
        (1.0, 2.5e-9, "1 ± 2.5e-09"),
        (3e9, 2e8, "3e+09 ± 2e+08"),
        (1.5, 0.0, "1.5 ± 0"),
        (math.inf, math.nan, "inf ± nan"),
        (math.nan, math.inf, "nan ± inf"),
    ],
)
def test_text_shows_two_digits_of_the_error(value, stderr, text):
    assert str(clt.Estimate(value, stderr)) == text


def test_estimates_are_values():
    estimate = clt.Estimate(1.5, 0.25)
    assert float(estimate) == 1.5
    assert estimate == clt.Estimate(1.5, 0.25)
    assert hash(estimate) == hash(clt.Estimate(1.5, 0.25))
    assert estimate != clt.Estimate(1.5, 0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        estimate.value = 2.0
