from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from clt_sim.plotting.estimates import BARS, MONTE_CARLO, draw_points, legend_keys


def test_bars_reach_two_standard_errors_to_either_side():
    ax = Figure().subplots()
    assert draw_points([1.0, 2.0], [0.5, 0.7], [0.1, 0.2], ax=ax) is ax
    points, _, (bars,) = ax.containers[0].lines
    np.testing.assert_array_equal(points.get_ydata(), [0.5, 0.7])
    heights = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
    assert heights == pytest.approx([0.4, 0.8])
    assert f"{BARS:g} s.e." in MONTE_CARLO


@pytest.mark.parametrize(("dashes", "style"), [("none", "None"), ("-", "-")])
def test_points_are_joined_only_when_asked(dashes, style):
    points, _, _ = draw_points([1.0], [2.0], [0.0], dashes=dashes).containers[0].lines
    assert points.get_linestyle() == style


def test_keys_are_a_line_and_points():
    line, points = legend_keys("theory").values()
    assert (line.get_linestyle(), line.get_marker()) == ("-", "None")
    assert (points.get_linestyle(), points.get_marker()) == ("None", "o")
