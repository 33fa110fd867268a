from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import clt_sim as clt
from clt_sim.plotting import (
    corner_table,
    distance_plot,
    draw_bound,
    draw_distances,
    draw_estimates,
    draw_histogram,
    draw_line,
    draw_normal,
    draw_rate,
    draw_stems,
    note,
    style,
)
from clt_sim.theory import fit_rate


def new_axes():
    return Figure().subplots()


def test_each_drawing_makes_axes_when_it_gets_none():
    assert draw_normal().lines
    assert draw_line([0, 1], [1, 1]).lines
    assert draw_stems([0, 1], [1, 1]).lines
    assert draw_histogram([0, 1, 2], [1, 2]).patches


def test_each_drawing_returns_the_axes_that_it_was_given():
    ax = new_axes()
    assert draw_normal(ax=ax) is ax
    assert draw_line([0], [1], ax=ax) is ax
    assert draw_stems([0], [1], ax=ax) is ax
    assert draw_histogram([0, 1], [1], ax=ax) is ax


def test_the_normal_is_the_normal():
    line = draw_normal(reach=3.0, ax=new_axes()).lines[0]
    x, y = line.get_data()
    assert (x[0], x[-1]) == (-3.0, 3.0)
    np.testing.assert_allclose(y, [math.exp(-v * v / 2) / math.sqrt(2 * math.pi) for v in x])


def test_notes_and_tables_are_written_in_the_corner():
    ax = new_axes()
    note(["first", "second"], ax=ax)
    assert ax.texts[0].get_text() == "first\nsecond"
    corner_table([["", "skewness"], ["pooled", "0.1"]], ax=ax)
    right, left = ax.texts[1:]
    assert right.get_text() == "pooled\n0.1"
    assert left.get_position()[0] < right.get_position()[0]


FIT = fit_rate([10, 100, 1000], [0.03, 0.0096, 0.003])
LABELLED = {
    "distances": lambda label: draw_distances({1: 0.1, 2: 0.05}, label=label),
    "estimates": lambda label: draw_estimates({1: clt.Estimate(0.1, 0.01)}, label=label),
    "bound": lambda label: draw_bound({1: 0.1, 2: 0.05}, label=label),
    "rate": lambda label: draw_rate(FIT, [10, 1000], label=label),
    "histogram": lambda label: draw_histogram([0, 1], [1], label=label),
    "line": lambda label: draw_line([0, 1], [1, 1], label=label),
    "stems": lambda label: draw_stems([0, 1], [1, 1], label=label),
    "normal": lambda label: draw_normal(label=label),
}


@pytest.mark.parametrize("draw", LABELLED.values(), ids=LABELLED)
def test_labels_are_text_or_none(draw):
    """Versions of Matplotlib differ in what they do with a row of labels for one line."""
    assert draw("words").get_legend_handles_labels()[1] == ["words"]
    draw(None)
    for label in (["one", "two"], np.array(["one"]), 1.0):
        with pytest.raises(TypeError, match="label must be text, not "):
            draw(label)


def test_words_are_text():
    for words in ({"bound_label": ["one"]}, {"distance": 1.0}):
        with pytest.raises(TypeError, match=f"{next(iter(words))} must be text, not "):
            distance_plot(exact={1: 0.1}, bound={1: 0.2}, **words)
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(TypeError, match=r"lines\[1\] must be text, not an object of type list"):
        note(["first", nested], ax=new_axes())


def test_notes_may_begin_at_the_left():
    ax = new_axes()
    note(["first"], x=0.1, align="left", ax=ax)
    assert ax.texts[0].get_horizontalalignment() == "left"


def test_the_style_is_a_context():
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["font.family"] == ["STIXGeneral"]
    assert dict(mpl.rcParams) == before
