from __future__ import annotations

import json

import pytest


def test_figure_prints_the_files_on_stdout_and_writes_them(clt_sim, tmp_path):
    name = 'sum-of-n(law="uniform", ns=(1, 2))'
    out_folder = tmp_path / "out"
    options = ("--out", out_folder, "--format", "png", "--seed", "4", "--quality", "draft")
    status, out, err = clt_sim("figure", name, *options)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        str(out_folder / "sum-of-n.png"),
        str(out_folder / "sum-of-n.json"),
    ]
    description = json.loads((out_folder / "sum-of-n.json").read_text())
    assert description["seed"] == 4
    assert description["parameters"]["law"] == "uniform"


def test_figures_builds_every_figure(clt_sim, tmp_path, monkeypatch):
    from clt_sim import figures

    built = []

    def build(recipe, folder, **options):
        built.append((recipe.name, options["quality"]))
        return [folder / recipe.name]

    monkeypatch.setattr(figures, "build", build)
    status, out, _ = clt_sim("figures", "--out", tmp_path)
    assert status == 0
    assert built == [(name, "paper") for name in figures.names()]
    assert len(out.splitlines()) == len(figures.names())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("figure", "sum-of"), "Did you mean 'sum-of-n'"),
        (("figure", "sum-of-n(law='lapla')"), "Did you mean 'laplace'"),
        (("figure", "sum-of-n(law='normal(sd=1e200)')"), "the scale of inputs must be"),
        (("figure", "sum-of-n(ns=(0,))"), "each of ns must be from 1"),
        (("figure", "sum-of-n", "--quality", "papr"), "Did you mean 'paper'"),
        (("figure", "sum-of-n", "--format", "pgn"), "Did you mean 'png'"),
        (("figure", "sum-of-n", "--seed", "-1"), "'-1' is not a whole number from 0"),
        (("figure", "sum-of-n", "--seed", "1e30"), "seed must be from 0"),
        (("figure", "sum-of-n", "--seed", "x"), "'x' is not a whole number from 0"),
        (("figure", "sum-of-n", "sum-of-n(ns=(1,))"), "would overwrite each other; use --out"),
        (("figure",), "Missing argument"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(arguments, message, clt_sim, tmp_path):
    options = ("--out", tmp_path) if arguments[1:] else ()
    status, out, err = clt_sim(*arguments, *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_one_bad_name_among_several_stops_before_any_work(clt_sim, tmp_path):
    status, out, _ = clt_sim("figure", "sum-of-n", "nonsense", "--out", tmp_path)
    assert (status, out) == (2, "")
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_exits_with_1(clt_sim, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = clt_sim("figure", "sum-of-n", "--out", tmp_path / "file")
    assert status == 1
    assert "cannot write figures to" in err


def test_interruption_exits_with_1_and_no_traceback(clt_sim, tmp_path, monkeypatch):
    from clt_sim import figures

    def build(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(figures, "build", build)
    status, _, err = clt_sim("figure", "sum-of-n", "--out", tmp_path)
    assert (status, err) == (1, "clt-sim: stopped; the files that were named are complete.\n")


def test_a_damaged_manifest_is_a_failure_and_not_wrong_usage(clt_sim, tmp_path):
    (tmp_path / "manifest.json").write_text("{half")
    status, _, err = clt_sim("figure", "sum-of-n", "--out", tmp_path, "--quality", "draft")
    assert status == 1
    assert "is not a manifest of figures" in err
