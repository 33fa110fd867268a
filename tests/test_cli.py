from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
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
    assert all(name in out for name in ("exact", "figure ", "figures", "list"))


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
        (("exact",), "Missing option '-n'"),
        (("exact", "-n", "0"), "n must be from 1"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(arguments, message, clt_sim, tmp_path):
    options = ("--out", str(tmp_path)) if arguments[0] == "figure" and arguments[1:] else ()
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


def test_exact_prints_the_law_its_error_moments_atoms_and_tables(clt_sim):
    status, out, err = clt_sim(
        "exact", "-n", "4", "--inputs", "uniform", "--weights", "1", "-x", "-1,2", "-p", "0.5"
    )
    assert (status, err) == (0, "")
    law = clt.exact(clt.WeightedSum(n=4, inputs="uniform", weights=1.0))
    lines = out.splitlines()
    assert lines[0] == str(law)
    rows = {tuple(line.split()) for line in lines}
    assert {("method", "piecewise-polynomial"), ("mean", "2"), ("atoms", "0")} <= rows
    assert ("excess", "kurtosis", "-0.3") in rows
    assert {("-1", "0", "0", "1"), ("2", "0.6666666667", "0.5", "0.5"), ("0.5", "2")} <= rows


def test_exact_json_holds_what_the_law_says(clt_sim):
    options = ("--nonlinearity", "relu", "--weights", "1", "--bias", "-0.5")
    points = ("-x", "-1,2", "--at", "4", "-p", "0.01,0.99")
    status, out, _ = clt_sim("exact", "-n", "1", *options, *points, "--json")
    facts = json.loads(out)
    law = clt.exact(clt.WeightedSum(n=1, nonlinearity="relu", weights=1.0, bias=-0.5))
    assert status == 0
    assert (facts["method"], facts["error"]) == (law.method, law.error)
    assert (facts["relative_error"], facts["smallest"]) == (law.relative_error, law.smallest)
    assert facts["support"] == [-0.5, "inf"]
    assert facts["atoms"] == {"count": 1, "largest": [{"x": -0.5, "mass": 0.5}]}
    assert [row["sf"] for row in facts["points"]] == law.sf([-1.0, 2.0, 4.0]).tolist()
    assert [row["x"] for row in facts["quantiles"]] == law.quantile([0.01, 0.99]).tolist()
    kurtosis = clt.gaussianity(law, measures=["excess-kurtosis"])["excess-kurtosis"].value
    assert facts["excess_kurtosis"] == kurtosis


def test_exact_shows_at_most_ten_atoms_and_says_how_many_there_are(clt_sim):
    arguments = ("exact", "-n", "30", "--inputs", "rademacher", "--weights", "1")
    _, out, _ = clt_sim(*arguments)
    assert re.search(r"atoms +31, the largest:\n", out)
    atoms = json.loads(clt_sim(*arguments, "--json")[1])["atoms"]
    masses = np.array([atom["mass"] for atom in atoms["largest"]])
    assert (atoms["count"], masses.size) == (31, 10)
    assert np.all(np.diff(masses) <= 0.0)
    assert atoms["largest"][0]["x"] == 0.0


@pytest.mark.parametrize(
    ("options", "model"),
    [
        (("--inputs", "1,-2", "--weights", "laplace"), ([1.0, -2.0], "laplace", 0.0)),
        (("--weights", "1,-2", "--bias", "cauchy"), ("normal", [1.0, -2.0], "cauchy")),
        (
            ("--inputs", "gamma(shape=2, scale=3)", "--weights", "-2"),
            ("gamma(shape=2, scale=3)", -2.0, 0.0),
        ),
    ],
)
def test_exact_takes_numbers_or_laws(options, model, clt_sim):
    inputs, weights, bias = model
    law = clt.exact(clt.WeightedSum(2, inputs, weights=weights, bias=bias))
    assert clt_sim("exact", "-n", "2", *options)[1].splitlines()[0] == str(law)


def test_exact_takes_a_method(clt_sim):
    arguments = ("exact", "-n", "4", "--weights", "1", "--method")
    assert "closed-family" in clt_sim(*arguments, "auto")[1]
    assert "characteristic-function law" in clt_sim(*arguments, "characteristic-function")[1]


def test_exact_knows_every_method_for_sums():
    with pytest.raises(ValueError, match="unknown method") as error:
        clt.exact(clt.WeightedSum(4), method="none")
    known = re.findall(r"[a-z-]+", str(error.value).partition("Known: ")[2])
    assert {*cli.METHODS} == {*known} - {"random-network"}


def test_exact_has_no_relative_error_in_a_heavy_tail(clt_sim):
    out = clt_sim("exact", "-n", "2", "--inputs", "student-t(df=3)", "--weights", "1")[1]
    assert "relative error   none in a heavy tail" in out
    assert "excess kurtosis  inf" in out
    assert "skewness" not in out


def test_exact_of_a_constant_has_no_shape(clt_sim):
    options = ("--inputs", "rademacher", "--weights", "constant(value=0)")
    status, out, _ = clt_sim("exact", "-n", "2", *options, "--json")
    facts = json.loads(out)
    assert (status, facts["variance"], facts["atoms"]["count"]) == (0, 0.0, 1)
    assert "skewness" not in facts


def test_exact_without_a_route_exits_with_1_and_names_the_part(clt_sim):
    dependence = "equicorrelated(correlation=0.1)"
    status, out, err = clt_sim("exact", "-n", "2", "--dependence", dependence)
    assert (status, out) == (1, "")
    assert err.startswith("clt-sim: no exact law of the sum of 2 terms")
    assert f"Route lattice: the inputs are dependent, {dependence}." in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--inputs", "lapla"), "Did you mean 'laplace'"),
        (("--weights", "1,2,3"), "weights must be n = 2 numbers, not 3"),
        (("--bias", "1,2"), "bias must be"),
        (("-x", "1,two"), "'1,two' is not numbers with commas between them"),
        (("-p", "0.5,1.5"), "probabilities must be from 0 to 1, not 1.5"),
        (("-p", "nan"), "probabilities must be from 0 to 1, not nan"),
        (("--method", "latice"), "'latice' is not one of 'auto', 'piecewise-polynomial'"),
    ],
)
def test_exact_refuses_wrong_usage(options, message, clt_sim):
    status, out, err = clt_sim("exact", "-n", "2", *options)
    assert (status, out) == (2, "")
    assert message in err


def test_a_fault_of_an_exact_law_is_not_called_wrong_usage(monkeypatch):
    from clt_sim.exact import routes

    def fault(model):
        raise ValueError("a fault")

    monkeypatch.setitem(routes._ROUTES, "closed-family", fault)
    monkeypatch.setattr(sys, "argv", ["clt-sim", "exact", "-n", "2"])
    with pytest.raises(ValueError, match="a fault"):
        cli.main()


def test_help_for_exact_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['clt-sim', 'exact', '--help']\n"
        "from clt_sim import cli\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "assert not {'numpy', 'numba', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
