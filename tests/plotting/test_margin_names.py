from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from clt_sim.plotting.margin_names import _spread, write_margin_names


def test_names_keep_apart_and_near_their_values():
    heights = _spread([0.0, 0.30, 0.31, 0.32, 0.9], 0.05)
    np.testing.assert_allclose(heights, [0.0, 0.26, 0.31, 0.36, 0.9])


def test_names_are_written_from_below_in_their_colours():
    ax = Figure().subplots()
    write_margin_names([(0.8, "high", "red"), (0.2, "low", "blue")], gap=0.1, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["low", "high"]
    assert [text.get_color() for text in ax.texts] == ["blue", "red"]
    assert [text.xy[1] for text in ax.texts] == [0.2, 0.8]


def test_without_names_nothing_is_written():
    ax = Figure().subplots()
    write_margin_names([], gap=0.1, ax=ax)
    assert len(ax.texts) == 0
