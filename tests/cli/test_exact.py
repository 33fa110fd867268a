from __future__ import annotations

import json
import re

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.cli.exact import METHODS


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


def test_exact_knows_every_method():
    with pytest.raises(ValueError, match="unknown method") as error:
        clt.exact(clt.WeightedSum(4), method="none")
    known = re.findall(r"[a-z-]+", str(error.value).partition("Known: ")[2])
    assert {*METHODS} == {*known}


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
    dependence = "autoregressive(correlation=0.1)"
    status, out, err = clt_sim("exact", "-n", "2", "--dependence", dependence)
    assert (status, out) == (1, "")
    assert err.startswith("clt-sim: no exact law of the sum of 2 terms")
    assert f"Route lattice: the inputs are dependent, {dependence}." in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--n", "0"), "is not a whole number from 1"),
        (("--widths", "3"), "give one of them"),
        (("--weight-seed", "3"), "--weight-seed goes with --widths, not with -n"),
        (("--inputs", "lapla"), "Did you mean 'laplace'"),
        (("--weights", "1,2,3"), "weights must be n = 2 numbers, not 3"),
        (("--bias", "1,2"), "bias must be"),
        (("-x", "1,two"), "'1,two' is not numbers with commas between them"),
        (("-p", "0.5,1.5"), "probabilities must be from 0 to 1, not 1.5"),
        (("-p", "nan"), "probabilities must be from 0 to 1, not nan"),
        (("--method", "latice"), "unknown method 'latice'. Did you mean 'lattice'"),
    ],
)
def test_exact_refuses_wrong_usage(options, message, clt_sim):
    status, out, err = clt_sim("exact", "-n", "2", *options)
    assert (status, out) == (2, "")
    assert message in err


def test_a_fault_of_an_exact_law_is_not_called_wrong_usage(clt_sim, monkeypatch):
    from clt_sim.exact import routes

    def fault(model):
        raise ValueError("a fault")

    monkeypatch.setitem(routes._ROUTES, "closed-family", fault)
    status, out, err = clt_sim("exact", "-n", "2")
    assert (status, out) == (1, "")
    assert "a fault of the program: ValueError: a fault" in err


def test_exact_needs_a_model(clt_sim):
    status, out, err = clt_sim("exact")
    assert (status, out) == (2, "")
    assert "Missing option '-n'" in err


def test_exact_of_a_random_network(clt_sim):
    options = ("--weight-variance", "1.5", "--inputs", "3,4", "--normalization", "none")
    status, out, _ = clt_sim("exact", "--widths", "2,3", *options, "-x", "1", "--json")
    facts = json.loads(out)
    law = clt.exact(clt.RandomNetwork([2, 3], weight_variance=1.5, inputs=[3.0, 4.0]))
    assert (status, facts["method"]) == (0, "random-network")
    assert facts["points"][0]["sf"] == law.sf(1.0)
    assert facts["variance"] == pytest.approx(25 / 2 * 1.5 * 0.75**2, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--widths", "2,0"), "each of widths must be from 1"),
        (("--widths", "2,x"), "'2,x' is not numbers with commas between them"),
        (("--widths", "2", "--dropout", "0.5"), "--dropout goes with -n, not with --widths"),
        (("--widths", "2", "--normalization", "bacth"), "Did you mean 'batch'"),
        (("--widths", "2", "--sampler", "conditonal"), "Did you mean 'conditional'"),
        (("--widths", "2", "--weights", "2"), "unknown law '2'"),
    ],
)
def test_exact_refuses_wrong_networks(options, message, clt_sim):
    status, out, err = clt_sim("exact", *options)
    assert (status, out) == (2, "")
    assert message in err
