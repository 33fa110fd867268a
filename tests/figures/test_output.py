from __future__ import annotations

import hashlib
import json
import stat

import matplotlib as mpl
import numpy as np
import pytest

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import build
from clt_sim.figures.sum_of_n import SumOfN

RECIPE = SumOfN(law="uniform", ns=(1, 2))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "new" / "figures"
    return folder, build(RECIPE, folder, seed=5, formats=("pdf", "png", "svg"))


def test_the_files_are_pictures_and_data(built):
    folder, files = built
    assert [file.name for file in files] == [f"sum-of-n.{e}" for e in ("pdf", "png", "svg", "json")]
    assert files[0].read_bytes().startswith(b"%PDF")
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in files[2].read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(file.name for file in files), "manifest.json"]
    )
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o644


def test_the_same_seed_gives_the_same_bytes(built, tmp_path):
    _, files = built
    again = build(RECIPE, tmp_path, seed=5, formats=("pdf", "png", "svg"))
    for first, second in zip(files, again, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_another_seed_gives_other_bytes(built, tmp_path):
    _, files = built
    other = build(RECIPE, tmp_path, seed=6, formats=("png",))
    assert other[-1].read_bytes() != files[-1].read_bytes()


def test_the_data_file_holds_all_that_is_drawn(built):
    _, files = built
    description = json.loads(files[-1].read_text())
    assert description["seed"] == 5
    assert description["quality"] == "draft"
    assert description["parameters"]["law"] == "uniform"
    assert description["parameters"]["ns"] == [1, 2]
    assert description["versions"]["clt_sim"] == clt.__version__
    assert set(description["versions"]) >= {"numpy", "scipy", "numba", "matplotlib", "python"}
    data = RECIPE.compute(quality="draft", seed=5, work=Work())
    for panel, stored in zip(data["panels"], description["data"]["panels"], strict=True):
        for part, key in (("histogram", "density"), ("line", "x"), ("line", "density")):
            np.testing.assert_allclose(stored[part][key], panel[part][key], rtol=1e-4)


def test_the_manifest_has_the_digest_of_each_file(built):
    folder, files = built
    entry = json.loads((folder / "manifest.json").read_text())["sum-of-n"]
    for file in files:
        assert entry["sha256"][file.name] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert entry["seed"] == 5


def test_the_manifest_keeps_other_figures(built, tmp_path):
    (tmp_path / "manifest.json").write_text('{"another": {"seed": 1}}')
    build(RECIPE, tmp_path, formats=("png",))
    assert set(json.loads((tmp_path / "manifest.json").read_text())) == {"another", "sum-of-n"}


def test_a_damaged_manifest_is_named_before_work(tmp_path, monkeypatch):
    (tmp_path / "manifest.json").write_text("{half")
    monkeypatch.setattr(SumOfN, "compute", _must_not_run)
    with pytest.raises(OSError, match=r"manifest\.json' is not a manifest"):
        build(RECIPE, tmp_path)


def test_global_settings_of_matplotlib_are_left_alone(tmp_path):
    before = dict(mpl.rcParams)
    build(RECIPE, tmp_path, formats=("png",))
    clt.figure("sum-of-n", law="uniform", ns=[1])
    assert dict(mpl.rcParams) == before


def _must_not_run(*args, **kwargs):
    raise AssertionError("work was started")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": "papr"}, "Did you mean 'paper'"),
        ({"formats": ("pgn",)}, "unknown format 'pgn'. Did you mean 'png'"),
        ({"seed": -1}, "seed must be from 0"),
    ],
)
def test_bad_options_are_refused_before_work(options, message, tmp_path, monkeypatch):
    monkeypatch.setattr(SumOfN, "compute", _must_not_run)
    with pytest.raises(ValueError, match=message):
        build(RECIPE, tmp_path, **options)


def test_a_folder_that_is_a_file_is_refused_before_work(tmp_path, monkeypatch):
    monkeypatch.setattr(SumOfN, "compute", _must_not_run)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot write figures to"):
        build(RECIPE, tmp_path / "file")
    with pytest.raises(OSError, match="cannot write figures to"):
        build(RECIPE, tmp_path / "file" / "below")


def test_an_unknown_figure_has_its_nearest_match():
    with pytest.raises(ValueError, match=r"unknown figure 'sum-of'\. Did you mean 'sum-of-n'"):
        clt.figure("sum-of")
