"""Workers of MPI: the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("mpi4py")
FOLDERS = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
MPIEXEC = shutil.which("mpiexec", path=FOLDERS)

SCRIPT = """
import sys
from mpi4py.futures import MPIPoolExecutor
import clt_sim as clt
from clt_sim.engine import tasks

if __name__ == "__main__":
    tasks.TASK_CHUNKS = 1
    model = clt.WeightedSum(5, "laplace", "gelu", "normal", bias=0.1)
    with MPIPoolExecutor() as executor:
        assert executor.num_workers == 2
        clt.simulate(model, 600_000, seed=8, executor=executor).save(sys.argv[1])
    clt.simulate(model, 600_000, seed=8).save(sys.argv[2])
"""


@pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec")
def test_two_workers_of_mpi_give_the_same_bytes(tmp_path):
    script, there, here = (tmp_path / name for name in ("run.py", "there.npz", "here.npz"))
    script.write_text(SCRIPT)
    command = [MPIEXEC, "-n", "3", sys.executable, "-m", "mpi4py.futures", script, there, here]
    subprocess.run(command, check=True, timeout=120, env={**os.environ, "PATH": FOLDERS})
    assert there.read_bytes() == here.read_bytes()
