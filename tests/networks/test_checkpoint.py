"""A run that was stopped goes on to the same bytes; other runs are refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numba
import numpy as np
import pytest

from clt_sim import nonlinearities
from clt_sim.networks import TrainingHistory, load_digits, train
from clt_sim.networks.data_sets.dataset import Dataset
from clt_sim.networks.training.interruption import TrainingInterrupted

RUN = {"hidden": (12, 8), "steps": 120, "seed": 4, "snapshots": 5, "checkpoint_every": 7}


def saved(history, tmp_path, name):
    path = tmp_path / name
    history.save(path)
    return path.read_bytes()


def stop_at(step):
    def progress(done, total):
        if done == step:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize(
    "normalization", [None, "batch", "batch-u", "batch-both", "layer", "noisy-batch"]
)
def test_a_resumed_run_has_the_bytes_of_a_whole_one(tmp_path, normalization):
    run = {**RUN, "normalization": normalization, "steps": 90}
    whole = saved(train(**run), tmp_path, "whole.npz")
    file = tmp_path / "state.npz"
    for step in (31, 62):
        with pytest.raises(TrainingInterrupted, match="the same call goes on from"):
            train(**run, checkpoint=file, progress=stop_at(step))
    assert saved(train(**run, checkpoint=file), tmp_path, "resumed.npz") == whole
    # A finished run is taken from its file.
    steps = []
    again = train(**run, checkpoint=file, progress=lambda done, total: steps.append(done))
    assert steps == [90]
    assert saved(again, tmp_path, "again.npz") == whole


def test_a_run_of_few_records_is_resumed_between_them(tmp_path):
    run = {**RUN, "records": 3}
    file = tmp_path / "state.npz"
    with pytest.raises(TrainingInterrupted) as caught:
        train(**run, checkpoint=file, progress=stop_at(54))
    assert caught.value.history.steps.tolist() == [0, 40, 54]
    resumed = train(**run, checkpoint=file)
    assert resumed.steps.tolist() == [0, 40, 80, 120]
    assert saved(resumed, tmp_path, "a.npz") == saved(train(**run), tmp_path, "b.npz")


def test_a_killed_process_leaves_a_whole_checkpoint(tmp_path):
    file = tmp_path / "state.npz"
    run = {**RUN, "steps": 2000, "checkpoint_every": 50, "snapshots": 0}
    script = (
        "from clt_sim.networks import train\n"
        f"train(**{run!r}, checkpoint={str(file)!r}, progress=lambda d, t: print(d, flush=True))"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) >= 200:
                break
        process.send_signal(signal.SIGKILL)
    assert file.exists()
    resumed = train(**run, checkpoint=file)
    assert saved(resumed, tmp_path, "a.npz") == saved(train(**run), tmp_path, "b.npz")


def test_ctrl_c_waits_for_the_end_of_a_step(tmp_path):
    file = tmp_path / "state.npz"

    def press(done, total):
        if done == 60:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with pytest.raises(TrainingInterrupted, match="after 60 of 120 steps") as caught:
        train(**RUN, checkpoint=file, progress=press)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert caught.value.history.steps[-1] == 60
    resumed = train(**RUN, checkpoint=file)
    assert saved(resumed, tmp_path, "a.npz") == saved(train(**RUN), tmp_path, "b.npz")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"steps": 130}, "steps"),
        ({"hidden": (12, 9)}, "hidden"),
        ({"nonlinearity": "tanh"}, "nonlinearity"),
        ({"learning_rate": 0.2}, "learning_rate"),
        ({"normalization": "batch"}, "normalization"),
        ({"seed": 5}, "seed"),
        ({"records": 6}, "records"),
        ({"snapshots": 6}, "snapshots"),
    ],
)
def test_a_changed_setting_is_refused(tmp_path, change, name):
    file = tmp_path / "state.npz"
    with pytest.raises(TrainingInterrupted):
        train(**RUN, checkpoint=file, progress=stop_at(6))
    before = file.read_bytes()
    with pytest.raises(ValueError, match=f"run with {name} = .*Use the same settings"):
        train(**{**RUN, **change}, checkpoint=file)
    assert file.read_bytes() == before


def test_changed_data_are_refused(tmp_path):
    file, data = tmp_path / "state.npz", load_digits()
    with pytest.raises(TrainingInterrupted):
        train(**RUN, checkpoint=file, progress=stop_at(6))
    other = Dataset(
        data.train_inputs[::-1],
        data.train_labels[::-1],
        data.test_inputs,
        data.test_labels,
        data.name,
        data.scaling,
    )
    with pytest.raises(ValueError, match="run with sha256"):
        train(**RUN, data=other, checkpoint=file)


@pytest.mark.parametrize("content", [b"", b"PK", b"nonsense"])
def test_other_files_are_refused_and_kept(tmp_path, content):
    file = tmp_path / "state.npz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="not a training checkpoint"):
        train(**RUN, checkpoint=file)
    assert file.read_bytes() == content


def test_functions_of_the_user_cannot_be_resumed(tmp_path):
    own = nonlinearities.UserFunction(numba.njit(lambda x: x))
    with pytest.raises(ValueError, match="needs a registered nonlinearity"):
        train(**RUN, nonlinearity=own, checkpoint=tmp_path / "state.npz")


@pytest.mark.parametrize("normalization", ["batch-both", "layer"])
def test_a_saved_history_comes_back(tmp_path, normalization):
    history = train(**RUN, normalization=normalization)
    path = tmp_path / "history.npz"
    history.save(path)
    loaded = TrainingHistory.load(path)
    assert loaded.to_dict() == history.to_dict()
    images = load_digits().test_inputs
    assert np.array_equal(loaded.network.forward(images), history.network.forward(images))
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match="not a training history"):
        TrainingHistory.load(path)
