from __future__ import annotations

import json

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.cli.train import _NORMALIZATIONS
from clt_sim.networks.training.history import TrainingHistory
from clt_sim.networks.training.settings import NORMALIZATIONS

SMALL = ("--hidden", "12,8", "--steps", "60", "--nonlinearity", "relu")


@pytest.fixture(scope="module")
def history():
    return clt.train(hidden=(12, 8), nonlinearity="relu", steps=60)


def test_train_prints_accuracy_instability_and_shapes(history, clt_sim):
    status, out, err = clt_sim("train", *SMALL)
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert out.startswith(f"{history.network}: 60 steps\n")
    assert ["test", "accuracy", f"{history.test_accuracy[-1]:.4f}"] in lines
    assert f"instability     {np.nanmedian(history.instability):.4g}, median over 8 units" in out
    shape = history.shape("hidden 2", "pre-activation")
    row = next(line for line in lines if line[:3] == ["hidden", "2", "Wu+b"])
    assert row[3] == f"{np.nanmedian(shape.kolmogorov[-1]):.3g}"
    assert row[5] == f"{np.nanmedian(shape.excess_kurtosis[-1]):.3g}"
    assert "shapes over 400 test inputs after 60 steps:" in out


def test_train_json(history, clt_sim):
    facts = json.loads(clt_sim("train", *SMALL, "--json")[1])
    assert facts["settings"] == history.settings
    assert facts["test_loss"] == history.loss[-1]
    assert facts["instability"]["quartiles"][1] == np.nanmedian(history.instability)
    names = [(shape["layer"], shape["signal"]) for shape in facts["shapes"]]
    assert names == [(shape.layer, shape.signal) for shape in history.shapes]
    first = facts["shapes"][0]
    assert first["constant_units"] == history.shapes[0].constant_units[-1]
    assert first["pooled"]["kolmogorov"] == history.shapes[0].pooled_kolmogorov[-1]


def test_train_saves_the_history_and_the_record(history, clt_sim, tmp_path):
    files = tmp_path / "history.npz", tmp_path / "layers.npz"
    clt_sim("train", *SMALL, "--history", files[0], "--out", files[1])
    assert TrainingHistory.load(files[0]).to_dict() == history.to_dict()
    record = clt.record(history.network, clt.networks.load_digits().test_inputs)
    assert clt.LayerRecord.load(files[1]).to_dict() == record.to_dict()


def test_train_without_snapshots_has_no_shapes(clt_sim):
    status, out, _ = clt_sim("train", *SMALL, "--snapshots", "0", "--normalization", "batch")
    assert status == 0
    assert "shapes" not in out
    assert "batch normalization: 60 steps" in out


def test_a_network_of_constant_units_is_said_to_be_one(clt_sim):
    options = ("--hidden", "5", "--steps", "3", "--nonlinearity", "cos", "--initial-sd", "1e-30")
    status, out, _ = clt_sim("train", *options)
    assert status == 0
    row = next(line.split() for line in out.splitlines() if line.startswith("  output    u"))
    assert (row[2], row[-1]) == ("-", "5")


def test_normalizations_are_those_of_training():
    assert set(_NORMALIZATIONS.names) == {name or "none" for name in NORMALIZATIONS}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--nonlinearity", "rel"), "Did you mean 'relu'"),
        (("--normalization", "bacth"), "Did you mean 'batch'"),
        (("--hidden", "10.5"), "hidden[0] must be a whole number, not 10.5"),
        (("--hidden", "ten"), "'ten' is not numbers"),
        (("--steps", "0"), "'0' is not a whole number from 1"),
        (("--batch-size", "5000"), "batch_size must be at most 1397"),
        (("--learning-rate", "-1"), "learning_rate must be above 0"),
        (("--records", "20000"), "records must be from 1 to 10000"),
        (("--snapshots", "2000"), "snapshots must be from 0 to 1000"),
        (("--data", "digit"), "Did you mean 'digits'"),
    ],
)
def test_wrong_usage_exits_with_2(options, message, clt_sim):
    status, out, err = clt_sim("train", *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_data_that_are_not_there_are_a_failure(clt_sim, tmp_path):
    status, out, err = clt_sim("train", "--data", tmp_path / "mnist.npz")
    assert (status, out) == (1, "")
    assert err == f"clt-sim: data: there is no {str(tmp_path / 'mnist.npz')!r}.\n"


@pytest.mark.parametrize("option", ["--history", "--out"])
def test_a_file_that_cannot_be_written_is_named_before_the_training(option, clt_sim, tmp_path):
    status, out, err = clt_sim("train", option, tmp_path / "missing" / "file.npz")
    assert (status, out) == (1, "")
    assert "cannot write" in err


@pytest.mark.usefixtures("interrupted")
def test_an_interrupt_keeps_what_is_done_in_the_checkpoint(clt_sim, tmp_path):
    file = tmp_path / "run.npz"
    status, out, err = clt_sim("train", *SMALL, "--checkpoint", file)
    assert (status, out) == (1, "")
    assert err.strip() == (
        f"clt-sim: stopped after 1 of 60 steps; {str(file)!r} keeps them, and the same command"
        " goes on from there."
    )
    assert file.exists()
    _, _, err = clt_sim("train", *SMALL)
    assert "stopped after 1 of 60 steps; nothing is kept without --checkpoint." in err


def test_training_goes_on_from_a_checkpoint_of_the_same_settings(history, clt_sim, tmp_path):
    file = tmp_path / "run.npz"

    def interrupt(done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clt.train(
            hidden=(12, 8), nonlinearity="relu", steps=60, checkpoint=file, progress=interrupt
        )
    out = clt_sim("train", *SMALL, "--checkpoint", file, "--json")[1]
    assert json.loads(out)["test_loss"] == history.loss[-1]
    status, _, err = clt_sim("train", *SMALL, "--seed", "2", "--checkpoint", file)
    assert status == 2
    assert "is of a run with seed = 0, not 2" in err
