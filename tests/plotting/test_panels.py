from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from clt_sim.plotting.panels import label_grid, legend_below, legend_entries, letter_panels


def grid_of(rows, columns):
    return Figure(layout="constrained").subplots(
        rows, columns, squeeze=False, sharex=True, sharey=True
    )


def test_panels_have_letters_row_by_row():
    grid = grid_of(2, 2)
    letter_panels(grid.flat)
    assert [ax.get_title(loc="left") for ax in grid.flat] == ["a", "b", "c", "d"]


def test_the_last_used_panel_of_each_column_has_the_label():
    grid = grid_of(2, 3)
    label_grid(grid, 5, xlabel="n", ylabel="density")
    assert [ax.get_xlabel() for ax in grid.flat] == ["", "", "n", "n", "n", ""]
    assert [ax.get_ylabel() for ax in grid[:, 0]] == ["density", "density"]
    assert [ax.get_visible() for ax in grid.flat] == [True] * 5 + [False]
    assert grid[0, 2].xaxis.get_tick_params()["labelbottom"]
    assert not grid[0, 1].xaxis.get_tick_params()["labelbottom"]


def test_one_legend_explains_what_occurs_in_any_panel():
    first, second = grid_of(1, 2).flat
    (line,) = first.plot([0.0, 1.0], label="exact")
    second.plot([0.0, 1.0], label="exact")
    second.plot([0.0, 1.0], label="bound")
    second.plot([0.0, 1.0])
    entries = legend_entries([first, second])
    assert list(entries) == ["exact", "bound"]
    assert entries["exact"] is line
    legend_below(first.figure, entries)
    (legend,) = first.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["exact", "bound"]
    first.figure.draw_without_rendering()
    assert legend.get_window_extent().y1 < np.min([ax.get_tightbbox().y0 for ax in (first, second)])
