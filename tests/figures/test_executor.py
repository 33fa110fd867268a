"""Figures on executors: the same bytes."""

from __future__ import annotations

import pytest
from travelling import Travelling

import clt_sim as clt
from clt_sim import figures
from clt_sim.figures import gaussianity_in_training, shape_drift

FIGURES = {
    "sum-of-n(law='uniform', ns=(1, 2))": 4,
    "discrete-illustration(ns=(1, 2))": 4,
    "finite-width(widths=(5,), depth=2)": 4,
    "shape-drift(normalizations=(None,))": 3,
    "gaussianity-in-training": 2,
    "gaussian-or-not(nonlinearities=('relu',), normalizations=(None,))": 1,
    "power(tests=('lilliefors',), alternatives=('uniform',), ns=(20,))": 1,
}
"""Small figures, and how many tasks they have at least."""


@pytest.fixture
def _short_trainings(monkeypatch):
    for module in (gaussianity_in_training, shape_drift):
        monkeypatch.setattr(module, "STEPS", {"draft": 16})


@pytest.mark.usefixtures("_short_trainings")
@pytest.mark.parametrize("name", FIGURES)
def test_the_pieces_travel_and_the_bytes_stay(name, tmp_path):
    far = Travelling()
    here = figures.build(name, tmp_path / "here", formats=("png",))
    there = figures.build(name, tmp_path / "there", formats=("png",), executor=far)
    assert far.tasks >= FIGURES[name]
    for one, other in zip(here, there, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_a_figure_in_memory_takes_an_executor():
    far = Travelling()
    assert len(clt.figure("sum-of-n", law="uniform", ns=[1], executor=far).axes) == 1
    assert far.tasks >= 2


def test_other_things_are_refused_before_work(tmp_path):
    for make in (clt.figure, lambda *a, **k: figures.build(*a, tmp_path / "none", **k)):
        with pytest.raises(TypeError, match="executor must be"):
            make("sum-of-n", executor=2)
    assert not (tmp_path / "none").exists()
