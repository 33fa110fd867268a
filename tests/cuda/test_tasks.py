"""Tasks of a graphics processor are longer, and are the same draws."""

from __future__ import annotations

import itertools

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import tasks

DRAWS = 10**9 + 17


def tasks_on(device, n):
    return [*tasks.cut(clt.WeightedSum(n), (n,), 3, DRAWS, device=device)]


@pytest.mark.parametrize("n", [1, 64, 10**6])
def test_tasks_follow_each_other(n):
    found = tasks_on("cuda", n)
    assert {task.device for task in found} == {"cuda"}
    assert found[0].first == 0
    assert all(a.last == b.first for a, b in itertools.pairwise(found))
    assert sum(len(task.replicates) for task in found) == DRAWS
    most = max(task.chunks for task in found)
    assert most * driver.CHUNK * n <= max(tasks.LONG_ON_CUDA * tasks.TASK_TERMS, driver.CHUNK * n)


def test_tasks_are_longer_than_those_of_the_processor():
    assert len(tasks_on("cpu", 64)) > 50 * len(tasks_on("cuda", 64))
