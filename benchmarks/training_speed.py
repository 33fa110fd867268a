"""Speed of the steps of `train` against PyTorch, on one thread.

Perceptrons with 784 inputs, three hidden layers of 100 sigmoid units and 10 classes, batches of
60: forward, backward and plain gradient descent in single precision, without what is recorded on
the way. PyTorch is eager: `nn.Sequential`, `cross_entropy`, `optim.SGD`. Matrix products must be
on one thread, or their time counts twice: set OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Iterator

import numpy as np

import table
from clt_sim.networks import Dataset
from clt_sim.networks.training.descent import Descent
from clt_sim.networks.training.settings import TrainingSettings
from pairing import Case, Settings, compare

FEATURES, HIDDEN, CLASSES, BATCH, RATE = 784, (100, 100, 100), 10, 60, 0.1
ROWS = 5000
RATES = {None: table.at_least(1200.0), "batch": table.at_least(900.0)}
"""Steps for each second of processor time."""
RATIO = table.at_least(1.8)


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare plain and batch-normalized networks with PyTorch's."""
    for normalization, goal in RATES.items():
        what = f"training steps, {normalization or 'no'} normalization"
        ours = numpy_case(normalization)
        if importlib.util.find_spec("torch") is None:
            yield table.Row(what, "torch", goal=RATIO, note="torch is not installed")
            continue
        pairs = compare(torch_case(normalization), ours, settings)
        rates = table.rates(pairs, 1.0, "steps/s")
        yield table.Row(what, "PyTorch eager", pairs.speedup, goal=RATIO, rates=rates)
        yield table.Row(what, "", 1.0 / pairs.case, "steps/s", goal=goal)


def numpy_case(normalization: str | None) -> Case:
    """Return the steps of `train`."""
    inputs, labels = images()
    data = Dataset(inputs, labels, inputs[:1], labels[:1], name="noise", scaling="none")
    settings = TrainingSettings(HIDDEN, "sigmoid", normalization, 1, BATCH, RATE, None, 0)
    descent = Descent(data, settings)

    def run(steps: int) -> None:
        for _ in range(steps):
            descent.advance()

    return Case("clt_sim", run)


def torch_case(normalization: str | None) -> Case:
    """Return the loop that a user of PyTorch writes."""
    import torch

    torch.set_num_threads(1)
    inputs, labels = map(torch.from_numpy, images())
    modules: list[torch.nn.Module] = []
    for fan_in, units in itertools.pairwise((FEATURES, *HIDDEN)):
        modules.append(torch.nn.Linear(fan_in, units, bias=normalization is None))
        if normalization is not None:
            modules.append(torch.nn.BatchNorm1d(units))
        modules.append(torch.nn.Sigmoid())
    network = torch.nn.Sequential(*modules, torch.nn.Linear(HIDDEN[-1], CLASSES))
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    return Case("PyTorch eager", _loop(network, optimizer, inputs, labels))


def _loop(network, optimizer, inputs, labels) -> Callable[[int], None]:
    import torch

    def run(steps: int) -> None:
        passes = -(-steps * BATCH // ROWS)
        order = torch.cat([torch.randperm(ROWS) for _ in range(passes)])
        for batch in order[: steps * BATCH].split(BATCH):
            optimizer.zero_grad()
            logits = network(inputs[batch])
            torch.nn.functional.cross_entropy(logits, labels[batch]).backward()
            optimizer.step()

    return run


def images() -> tuple[np.ndarray, np.ndarray]:
    """Return noise in the shape of images, with classes."""
    inputs = np.random.default_rng(0).random((ROWS, FEATURES), dtype=np.float32)
    return inputs, np.arange(ROWS) % CLASSES


if __name__ == "__main__":
    table.main(rows, __doc__)
