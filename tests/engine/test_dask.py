"""Clusters of Dask: the same bytes, also where a worker is killed in mid-run."""

from __future__ import annotations

import os
import signal

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import execution, tasks
from clt_sim.power import power_study
from clt_sim.summaries import Summary

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own
MODEL = clt.WeightedSum(5, "laplace", "gelu", "normal", bias=0.1)
CHUNK = driver.CHUNK


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process, at this machine."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def small_tasks(monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    monkeypatch.setattr(tasks, "LONG", 1)


def saved(tmp_path, draws, **settings):
    path = tmp_path / "summary.npz"
    clt.simulate(MODEL, draws, seed=8, **settings).save(path)
    return path.read_bytes()


def test_a_cluster_gives_the_same_bytes(client, small_tasks, tmp_path):
    draws = 9 * CHUNK + 77
    with client.get_executor() as executor:
        assert saved(tmp_path, draws, executor=executor) == saved(tmp_path, draws)


def test_a_killed_worker_changes_nothing(client, small_tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "WAITING_TASKS", 8)
    draws, path, pids = 60 * CHUNK, tmp_path / "run.npz", []

    def kill_one(done, draws):
        if not pids:
            pids.extend(client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)

    with client.get_executor() as executor:
        found = saved(tmp_path, draws, executor=executor, checkpoint=path, progress=kill_one)
    assert found == saved(tmp_path, draws)
    assert Summary.load(path).count == draws
    client.wait_for_workers(2, timeout=60)  # Dask replaces it
    assert pids[0] not in client.run(os.getpid).values()


def test_other_simulations_on_a_cluster(client, small_tasks):
    with client.get_executor() as executor:
        network = clt.RandomNetwork([4, 4], "relu")
        mixture = clt.simulate_conditional(network, 3 * CHUNK, seed=4, executor=executor)
        assert mixture.to_dict() == clt.simulate_conditional(network, 3 * CHUNK, seed=4).to_dict()
        path = clt.simulate_path(MODEL, [1, 5], 3 * CHUNK, executor=executor)
        assert path[5].to_dict() == clt.simulate(MODEL, 3 * CHUNK).to_dict()
        asked = ["energy", "lilliefors"], ["laplace"]
        study = power_study(*asked, n=20, repetitions=30_000, executor=executor)
        assert study == power_study(*asked, n=20, repetitions=30_000)
