from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from clt_sim.plotting.step_axis import _signed_root, _signed_square, root_steps
from clt_sim.plotting.ticks import mark_numbers, mark_powers


@pytest.fixture
def ax():
    return Figure().subplots()


def shown(axis):
    low, high = axis.get_view_interval()
    labels = axis.get_ticklabels()
    return [
        label.get_text()
        for place, label in zip(axis.get_ticklocs(), labels, strict=True)
        if low <= place <= high
    ]


def test_powers_are_written_as_they_are(ax):
    ax.set(xscale="log", xlim=(0.9, 70.0))
    mark_powers(ax.xaxis, 4)
    assert shown(ax.xaxis) == ["1", "4", "16", "64"]
    assert len(ax.xaxis.get_minorticklocs()) == 0


def test_digits_of_a_decade(ax):
    ax.set(yscale="log", ylim=(0.03, 0.6))
    mark_powers(ax.yaxis, 10, digits=(1.0, 2.0, 5.0))
    assert shown(ax.yaxis) == ["0.05", "0.1", "0.2", "0.5"]


def test_powers_of_ten_may_stay_powers(ax):
    ax.set(yscale="log", ylim=(3e-5, 2.0))
    mark_powers(ax.yaxis, 10, most=12, plain=False)
    assert "10^{-4}" in shown(ax.yaxis)[0]


def test_numbers_outside_the_limits_have_no_ticks(ax):
    ax.set(yscale="log", ylim=(0.015, 0.3))
    mark_numbers(ax.yaxis, (0.01, 0.02, 0.05, 0.1, 0.2, 0.5), (0.015, 0.3))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.02", "0.05", "0.1", "0.2"]
    assert len(ax.yaxis.get_minorticklocs()) == 0
    assert ax.get_ylim() == (0.015, 0.3)


def test_the_square_root_axis_is_its_own_inverse():
    x = pytest.approx([-4.0, 0.0, 2.25])
    assert _signed_root([-4.0, 0.0, 2.25]) == pytest.approx([-2.0, 0.0, 1.5])
    assert _signed_square(_signed_root([-4.0, 0.0, 2.25])) == x


def test_a_quarter_of_the_steps_is_in_the_middle(ax):
    root_steps(400, ax)
    assert ax.get_xlim() == (0, 400)
    assert ax.get_xticks().tolist() == [0, 20, 100, 200, 400]
    to_panel = ax.transData + ax.transAxes.inverted()
    assert to_panel.transform((100.0, 0.0))[0] == pytest.approx(0.5)
