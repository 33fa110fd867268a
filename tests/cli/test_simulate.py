from __future__ import annotations

import json
import os

import pytest

import clt_sim as clt

RELU = ("-n", "16", "--nonlinearity", "relu")


def test_simulate_prints_moments_measures_and_sparsity(clt_sim):
    status, out, err = clt_sim("simulate", *RELU, "--draws", "1e5", "--seed", "3")
    assert (status, err) == (0, "")
    summary = clt.simulate(clt.WeightedSum(16, nonlinearity="relu"), draws=100_000, seed=3)
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == f"{summary.ensemble}, seed 3, single precision"
    assert f"excess kurtosis  {summary.excess_kurtosis}" in lines
    report = clt.gaussianity(summary)
    rows = [line.split(maxsplit=1) for line in lines]
    assert ["kolmogorov", str(report["kolmogorov"])] in rows
    assert ["near-zero", str(clt.sparsity(summary)["near-zero"])] in rows


def test_simulate_json_is_the_summary_and_the_reports(clt_sim):
    options = ("--draws", "65536", "--precision", "double", "--threads", "2")
    _, out, _ = clt_sim("simulate", *RELU, *options, "--json")
    facts = json.loads(out)
    model = clt.WeightedSum(16, nonlinearity="relu")
    summary = clt.simulate(model, draws=65_536, precision="double")
    assert {key: facts[key] for key in summary.to_dict()} == summary.to_dict()
    assert facts["gaussianity"] == clt.gaussianity(summary).to_dict()
    assert facts["sparsity"] == clt.sparsity(summary).to_dict()
    assert facts["verdict"] is None


def test_simulate_saves_the_summary(clt_sim, tmp_path):
    file = tmp_path / "sums.npz"
    clt_sim("simulate", *RELU, "--draws", "1000", "--seed", "5", "--out", file)
    loaded = clt.Summary.load(file)
    expected = clt.simulate(clt.WeightedSum(16, nonlinearity="relu"), draws=1000, seed=5)
    assert loaded.to_dict() == expected.to_dict()


def test_simulate_a_network(clt_sim):
    parts = ("--weight-variance", "1", "--bias-variance", "0.5", "--nonlinearity", "tanh")
    options = ("--normalization", "layer", "--sampler", "direct", "--weights", "uniform(low=-1)")
    _, out, _ = clt_sim(
        "simulate", "--widths", "4,3", *parts, *options, "--draws", "1000", "--json"
    )
    network = clt.RandomNetwork(
        [4, 3], "tanh", "uniform(low=-1)", 1.0, 0.5, normalization="layer", sampler="direct"
    )
    assert json.loads(out)["model"] == network.to_dict()
    assert json.loads(out)["mean"]["value"] == clt.simulate(network, draws=1000).mean.value


def test_a_network_over_inputs_at_fixed_weights(clt_sim):
    options = ("--inputs", "normal", "--input-width", "5", "--weight-seed", "2")
    _, out, _ = clt_sim("simulate", "--widths", "4", *options, "--draws", "1000")
    assert "1000 draws over inputs, at fixed weights" in out


@pytest.mark.parametrize(
    ("within", "status", "verdict"), [("0.2", 0, "holds"), ("0.001", 1, "refuted")]
)
def test_the_verdict_is_the_status(within, status, verdict, clt_sim):
    options = ("--draws", "1e5", "--within", within)
    found, out, err = clt_sim("simulate", "-n", "2", "--nonlinearity", "relu", *options)
    assert (found, err) == (status, "")
    assert out.splitlines()[-1].startswith(f"{verdict}: the Kolmogorov distance")
    assert "with 95 % confidence" in out


def test_an_undecided_verdict_exits_with_3(clt_sim):
    options = ("--draws", "1000", "--within", "0.03", "--measure", "kolmogorov-nearest")
    status, out, _ = clt_sim("simulate", *RELU, *options, "--confidence", "0.999", "--json")
    facts = json.loads(out)
    assert (status, facts["verdict"]["status"]) == (3, "undecided")
    assert facts["verdict"]["confidence"] == 0.999
    summary = clt.simulate(clt.WeightedSum(16, nonlinearity="relu"), draws=1000)
    expected = clt.is_gaussian(summary, within=0.03, measure="kolmogorov-nearest", confidence=0.999)
    assert facts["verdict"] == expected.to_dict()


def test_a_verdict_that_draws_cannot_give_leaves_the_summary(clt_sim):
    options = ("--draws", "1000", "--within", "0.1", "--measure", "wasserstein-1")
    status, out, err = clt_sim("simulate", "-n", "2", "--inputs", "student-t(df=3)", *options)
    assert status == 1
    assert "variance" in out
    assert "has no fourth moment" in err


def test_a_checkpoint_keeps_what_is_done_and_goes_on(clt_sim, tmp_path, request):
    file = tmp_path / "sums.npz"
    arguments = ("simulate", "-n", "64", "--draws", "5000000", "--threads", "1")
    request.getfixturevalue("interrupted")
    status, out, err = clt_sim(*arguments, "--checkpoint", file)
    assert (status, out) == (1, "")
    done = clt.Summary.load(file).count
    assert 0 < done < 5_000_000
    assert err.strip().endswith(
        f"stopped after {done} of 5000000 draws; {str(file)!r} keeps them, and the same command"
        " goes on from there."
    )


def test_a_checkpoint_that_was_stopped_gives_the_same_bytes(clt_sim, tmp_path):
    file, whole = tmp_path / "part.npz", tmp_path / "whole.npz"
    model = clt.WeightedSum(1)
    clt.simulate(model, draws=65_536, checkpoint=file)
    options = ("simulate", "-n", "1", "--draws", "200000")
    assert clt_sim(*options, "--checkpoint", file)[0] == 0
    assert clt_sim(*options, "--out", whole)[0] == 0
    assert file.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("interrupted")
def test_without_a_checkpoint_nothing_is_kept(clt_sim):
    status, _, err = clt_sim("simulate", "-n", "64", "--draws", "5e6", "--threads", "1")
    assert status == 1
    assert err.strip().endswith("of 5000000 draws; nothing is kept without --checkpoint.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Missing option '-n'"),
        (("-n", "2", "--draws", "1.5"), "'1.5' is not a whole number from 1"),
        (("-n", "2", "--draws", "1e20"), "draws must be from 1 to"),
        (("-n", "2", "--seed", "-1"), "'-1' is not a whole number from 0"),
        (("-n", "2", "--seed", "1e30"), "seed must be from 0"),
        (("-n", "2", "--threads", "0"), "'0' is not a whole number from 1"),
        (("-n", "2", "--precision", "singel"), "Did you mean 'single'"),
        (("-n", "2", "--nonlinearity", "rel"), "Did you mean 'relu'"),
        (("-n", "2", "--within", "0"), "within must be above 0"),
        (("-n", "2", "--within", "1", "--confidence", "1"), "confidence must be between 0 and 1"),
        (("-n", "2", "--within", "1", "--measure", "kolmogorof"), "Did you mean 'kolmogorov'"),
        (("-n", "2", "--within", "1", "--inputs", "cauchy"), "ask for 'kolmogorov-nearest'"),
        (("-n", "2", "--inputs", "1,2", "--weights", "1,2"), "nothing is random"),
    ],
)
def test_wrong_usage_exits_with_2_before_any_draw(options, message, clt_sim, monkeypatch):
    from clt_sim import engine

    monkeypatch.setattr(engine, "simulate", pytest.fail)
    status, out, err = clt_sim("simulate", *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_checkpoint_of_another_run_is_refused(clt_sim, tmp_path):
    file = tmp_path / "sums.npz"
    clt_sim("simulate", "-n", "1", "--draws", "1000", "--out", file)
    status, _, err = clt_sim("simulate", "-n", "2", "--draws", "2000", "--checkpoint", file)
    assert status == 2
    assert "it is of another model" in err


@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
def test_a_file_that_cannot_be_written_is_named_before_the_draws(option, clt_sim, tmp_path):
    file = tmp_path / "missing" / "sums.npz"
    status, out, err = clt_sim("simulate", "-n", "2", option, file)
    assert (status, out) == (1, "")
    assert err == f"clt-sim: cannot write {str(file)!r}: No such file or directory.\n"
    assert "it is a folder" in clt_sim("simulate", "-n", "2", option, tmp_path)[2]


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs a device")
def test_a_device_is_not_replaced(clt_sim):
    status, _, err = clt_sim("simulate", "-n", "2", "--out", "/dev/null")
    assert (status, err) == (1, "clt-sim: cannot write '/dev/null': it is no ordinary file.\n")


def test_measures_of_verdicts_are_those_of_draws():
    from clt_sim.cli.simulate import _MEASURES
    from clt_sim.verdicts.sources import OF_DRAWS

    assert set(_MEASURES) == set(OF_DRAWS)


def test_equal_draws_have_no_shape(clt_sim):
    options = ("simulate", "-n", "2", "--inputs", "rademacher", "--weights", "constant(value=0)")
    status, out, _ = clt_sim(*options, "--draws", "10")
    assert (status, out.splitlines()[-1]) == (0, "all draws are equal.")
    nearest = ("--within", "1", "--measure", "kolmogorov-nearest")
    status, out, err = clt_sim(*options, "--draws", "10", *nearest, "--json")
    assert (status, json.loads(out)["verdict"]) == (1, None)
    assert "gaussianity" not in json.loads(out)
    assert err == "clt-sim: all draws are 0; they have no shape to compare.\n"


def test_one_draw_has_no_error(clt_sim):
    status, out, _ = clt_sim("simulate", "-n", "2", "--draws", "1", "--json")
    assert status == 0
    assert json.loads(out)["mean"]["stderr"] == "nan"
