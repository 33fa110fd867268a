"""Speed of `simulate` against Numba, PyTorch and JAX, on one thread.

Each draws sums of 64 terms ``w*relu(x)`` in the way that its own manual teaches, on one thread,
in chunks of a size that suits it. None takes statistics; `simulate` does. Rows of packages that
are not installed are skipped.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator

import numba
import numpy as np

import clt_sim as clt
import table
import weighted_sums
from pairing import Case, Settings, compare

N = 64
ROWS = 2**12
"""Sums of a chunk: large enough to hide the calls, small enough for the caches."""


def numba_case() -> Case:
    """Return the loop that a user of Numba writes."""

    @numba.njit
    def run(draws: int) -> float:
        total = 0.0
        for _ in range(draws):
            s = 0.0
            for _ in range(N):
                s += np.random.standard_normal() * max(np.random.standard_normal(), 0.0)  # noqa: NPY002
            total += s
        return total

    return Case("Numba np.random float64", run)


def torch_case() -> Case:
    """Return PyTorch in single precision, drawing in place."""
    import torch

    torch.set_num_threads(1)
    w, x = torch.empty(ROWS, N), torch.empty(ROWS, N)

    def run(draws: int) -> None:
        for _ in range(-(-draws // ROWS)):
            (w.normal_() * torch.relu(x.normal_())).sum(1)

    return Case("PyTorch float32", run)


def jax_case() -> Case:
    """Return JAX in single precision, compiled."""
    os.environ.setdefault(
        "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    )
    import jax

    @jax.jit
    def sums(key: jax.Array, chunk: int) -> jax.Array:
        for_weights, for_inputs = jax.random.split(jax.random.fold_in(key, chunk))
        w = jax.random.normal(for_weights, (ROWS, N))
        return (w * jax.nn.relu(jax.random.normal(for_inputs, (ROWS, N)))).sum(1)

    def run(draws: int) -> None:
        key = jax.random.key(0)
        for chunk in range(-(-draws // ROWS)):
            sums(key, chunk).block_until_ready()

    return Case("JAX float32", run)


PEERS: dict[str, tuple[Callable[[], Case], table.Goal]] = {
    "numba": (numba_case, table.at_least(45.0)),
    "torch": (torch_case, table.at_least(10.0)),
    "jax": (jax_case, table.at_least(18.0)),
}


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare with each peer that is installed."""
    model = clt.WeightedSum(N, "normal", "relu", "normal")
    for package, (make, goal) in PEERS.items():
        if importlib.util.find_spec(package) is None:
            note = f"{package} is not installed"
            yield table.Row(f"relu, n = {N}", package, goal=goal, note=note)
            continue
        reference = make()
        pairs = compare(reference, weighted_sums.ours(model), settings)
        yield table.speedup_row(f"relu, n = {N}", reference.name, pairs, goal, N)


if __name__ == "__main__":
    table.main(rows, __doc__)
