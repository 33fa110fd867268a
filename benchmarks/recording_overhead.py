"""What `clt.Recorder` costs a PyTorch network: training steps with it against without it.

A step is one pass, forward and backward, and one update by plain SGD, on one thread. Needs torch;
every row is of pairs of runs in turn.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

import table
from clt_sim.networks.pytorch.library import load_torch
from clt_sim.networks.recording.recorder import Recorder
from pairing import Case, Pairs, Settings, seconds

EVERY = (1, 10, 100)
STEPS = 20
"""The least steps of one run; all multiples of `every` so that each run has its share."""


def rows(settings: Settings) -> Iterator[table.Row]:
    """Train each network with and without the recorder."""
    torch = load_torch()
    torch.set_num_threads(1)
    for name, make in (("perceptron 784-3x100-10", perceptron), ("small CNN, 16x16", cnn)):
        for every in EVERY:
            plain, recorded = Case("plain", steps(make, None)), Case("recorded", steps(make, every))
            count = max(STEPS, every)
            pairs = paired(plain, recorded, count, settings.rounds)
            each = [1e3 * float(np.median(times)) for times in (pairs.reference, pairs.case)]
            rates = f"{each[0]:.2f} and {each[1]:.2f} ms/step"
            what = f"{name}, every={every}"
            yield table.Row(what, "without, time ratio", pairs.slowdown, rates=rates)


def paired(plain: Case, recorded: Case, count: int, rounds: int) -> Pairs:
    """Time so many steps of both in turn, after a run of each that is not counted."""
    for case in (plain, recorded):
        case.run(count)
    times = [
        [seconds(case, count, time.process_time) / count for case in (plain, recorded)]
        for _ in range(rounds)
    ]
    return Pairs(*np.array(times).T)


def steps(make: Callable[[], tuple[Any, Any]], every: int | None) -> Callable[[int], None]:
    """Return what trains for a number of steps, recorded or not."""
    torch = load_torch()
    torch.manual_seed(0)
    model, inputs = make()
    labels = torch.randint(0, 10, (len(inputs),))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def run(count: int) -> None:
        with ExitStack() as stack:
            if every is not None:
                stack.enter_context(Recorder(model, every=every))
            for _ in range(count):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(inputs), labels).backward()
                optimizer.step()

    return run


def perceptron() -> tuple[Any, Any]:
    """Return the network of Ioffe & Szegedy 2015, section 4.1, and a batch of 60."""
    torch = load_torch()
    nn = torch.nn
    widths = (784, 100, 100, 100)
    hidden = [
        part
        for a, b in itertools.pairwise(widths)
        for part in (nn.Linear(a, b), nn.BatchNorm1d(b), nn.Sigmoid())
    ]
    return nn.Sequential(*hidden, nn.Linear(100, 10)), torch.randn(60, 784)


def cnn() -> tuple[Any, Any]:
    """Return three convolutions with batch normalization, and a batch of 64 images."""
    torch = load_torch()
    nn = torch.nn
    channels = (3, 16, 32, 32)
    body = [
        part
        for a, b in itertools.pairwise(channels)
        for part in (
            nn.Conv2d(a, b, 3, padding=1, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(inplace=True),
        )
    ]
    body.insert(6, nn.MaxPool2d(2))
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    return nn.Sequential(*body, *head), torch.randn(64, 3, 16, 16)


if __name__ == "__main__":
    table.main(rows, __doc__)
