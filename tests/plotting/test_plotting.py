from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from clt_sim.plotting import (
    corner_table,
    draw_histogram,
    draw_line,
    draw_normal,
    draw_stems,
    note,
    style,
)


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


def test_notes_may_begin_at_the_left():
    ax = new_axes()
    note(["first"], x=0.1, align="left", ax=ax)
    assert ax.texts[0].get_horizontalalignment() == "left"


def test_the_style_is_a_context():
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["font.family"] == ["STIXGeneral"]
    assert dict(mpl.rcParams) == before
