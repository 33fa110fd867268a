from __future__ import annotations

import json
import subprocess
import sys

import pytest

import clt_sim as clt
from clt_sim import cli


def run(*arguments, monkeypatch, capsys):
    """Run the command line in this process: status, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["clt-sim", *arguments])
    with pytest.raises(SystemExit) as exit_info:
        cli.main()
    out, err = capsys.readouterr()
    return exit_info.value.code, out, err


@pytest.fixture
def clt_sim(monkeypatch, capsys):
    return lambda *arguments: run(*arguments, monkeypatch=monkeypatch, capsys=capsys)


def test_version(clt_sim):
    assert clt_sim("--version") == (0, f"clt-sim {clt.__version__}\n", "")


def test_help_names_the_commands(clt_sim):
    status, out, _ = clt_sim("--help")
    assert status == 0
    assert all(name in out for name in ("figure ", "figures", "list"))


def test_list_names_all_that_is_registered(clt_sim):
    status, out, err = clt_sim("list")
    assert (status, err) == (0, "")
    names = (*clt.laws.names(), *clt.nonlinearities.names(), "sum-of-n", "layers", "kolmogorov")
    assert all(f"  {name} " in out for name in names)


def test_list_json(clt_sim):
    _, out, _ = clt_sim("list", "--json")
    known = json.loads(out)
    assert tuple(known["laws"]) == clt.laws.names()
    assert all(words for entries in known.values() for words in entries.values())


def test_figure_prints_the_files_on_stdout_and_writes_them(clt_sim, tmp_path):
    name = 'sum-of-n(law="uniform", ns=(1, 2))'
    out_folder = tmp_path / "out"
    options = ("--out", str(out_folder), "--format", "png", "--seed", "4", "--quality", "draft")
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
    status, out, _ = clt_sim("figures", "--out", str(tmp_path))
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
        (("figure", "sum-of-n", "--seed", "-1"), "seed must be from 0"),
        (("figure", "sum-of-n", "--seed", "x"), "not a valid integer"),
        (("figure", "sum-of-n", "sum-of-n(ns=(1,))"), "would overwrite each other; use --out"),
        (("figure",), "Missing argument"),
        (("figur",), "No such command"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(arguments, message, clt_sim, tmp_path):
    options = ("--out", str(tmp_path)) if len(arguments) > 1 else ()
    status, out, err = clt_sim(*arguments, *options)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_one_bad_name_among_several_stops_before_any_work(clt_sim, tmp_path):
    status, out, _ = clt_sim("figure", "sum-of-n", "nonsense", "--out", str(tmp_path))
    assert (status, out) == (2, "")
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_exits_with_1(clt_sim, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = clt_sim("figure", "sum-of-n", "--out", str(tmp_path / "file"))
    assert status == 1
    assert "cannot write figures to" in err


def test_interruption_exits_with_1_and_no_traceback(clt_sim, tmp_path, monkeypatch):
    from clt_sim import figures

    def build(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(figures, "build", build)
    status, _, err = clt_sim("figure", "sum-of-n", "--out", str(tmp_path))
    assert status == 1
    assert "stopped" in err


def test_version_and_help_load_nothing_heavy():
    code = (
        "import sys; sys.argv = ['clt-sim', '--version']\n"
        "from clt_sim import cli\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "assert not {'numpy', 'numba', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_damaged_manifest_is_a_failure_and_not_wrong_usage(clt_sim, tmp_path):
    (tmp_path / "manifest.json").write_text("{half")
    status, _, err = clt_sim("figure", "sum-of-n", "--out", str(tmp_path), "--quality", "draft")
    assert status == 1
    assert "is not a manifest of figures" in err


def test_a_fault_of_the_program_is_not_called_wrong_usage(tmp_path, monkeypatch):
    from clt_sim import figures

    def build(*args, **kwargs):
        raise TypeError("a fault")

    monkeypatch.setattr(figures, "build", build)
    monkeypatch.setattr(sys, "argv", ["clt-sim", "figure", "sum-of-n", "--out", str(tmp_path)])
    with pytest.raises(TypeError, match="a fault"):
        cli.main()
