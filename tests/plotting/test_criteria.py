from __future__ import annotations

import numpy as np
import pytest

from clt_sim.plotting.criteria import _with_minus, criteria_map


@pytest.mark.parametrize(
    ("name", "shown"),
    [("gini", "gini"), ("-l1", "−l1"), ("-lp-", "−lp−"), ("h-g", "h-g"), ("-h-s'", "−h-s'")],
)
def test_minus_signs_are_no_hyphens(name, shown):
    assert _with_minus(name) == shown


def test_cells_are_in_the_order_of_rows():
    ax = criteria_map({"gini": {"D1": "yes", "D2": "yes*"}, "-l1": {"D1": "no", "D2": "yes"}}, 5)
    assert [text.get_text() for text in ax.texts] == ["yes", "yes*", "no", "yes"]
    np.testing.assert_array_equal(ax.collections[0].get_array(), [[2, 1], [0, 2]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["gini", "−l1"]
    assert [label.get_fontweight() for label in ax.get_yticklabels()] == ["bold", "normal"]
    assert ax.get_xticklabels()[0].get_text().startswith("D1 ")
    assert ax.get_xlabel() == (
        "tried on 10 random vectors each\nyes*: but for equality at some with zeros or ties"
    )


def test_an_exception_is_explained_only_where_there_is_one():
    assert criteria_map({"gini": {"D1": "yes"}}, 5).get_xlabel() == (
        "tried on 10 random vectors each"
    )
