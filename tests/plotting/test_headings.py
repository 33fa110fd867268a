from __future__ import annotations

import pytest

import clt_sim as clt
from clt_sim.plotting.headings import terms_heading, weights_text


@pytest.mark.parametrize(
    ("weights", "text"),
    [("normal", r"$\sim$ normal"), (1.0, "= 1"), (-0.25, "= -0.25")],
)
def test_weights_are_a_law_or_a_number(weights, text):
    assert weights_text(clt.WeightedSum(3, "normal", weights=weights)) == text


@pytest.mark.parametrize(
    ("nonlinearity", "weights", "heading"),
    [
        ("identity", "= 1", "$x$, $x \\sim$ normal\n$w$ = 1"),
        ("relu", "= -0.25", "relu($x$), $x \\sim$ normal\n$w$ = −0.25"),
    ],
)
def test_headings_have_minus_signs(nonlinearity, weights, heading):
    assert terms_heading(nonlinearity, "normal", weights) == heading
