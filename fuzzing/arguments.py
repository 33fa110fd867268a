"""Argument vectors of the command line: valid ones of little work, and hostile values in them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

HOSTILE = (
    *(
        "",
        " ",
        "-",
        "--",
        ",",
        "\x00",
        "é",
        "\udcff",
        "１２",
        "a" * 10_000,
        "%s%n",
        "$(touch sprung)",
    ),
    *("nan", "inf", "-inf", "-1", "0", "-0.0", "1e-320", "0.5", "1e30", "1e400", "10**12", "0x10"),
    *(
        "1_000",
        "9" * 5000,
        "1," * 2000,
        "1,,2",
        "1e308,1e308",
        "nan,inf",
        "None",
        "True",
        "[]",
        "{}",
    ),
    *("normal(", "normal)", "normal(sd=1e999)", "normal(sd=-1)", "normal(sd=nan)", "normal()()"),
    *(
        "normal(sd=__import__('os').system('touch sprung'))",
        "f(" * 400,
        "normal(*[1])",
        "a=b",
        "x(y=z",
    ),
    *("mixture(components=('normal',)*10)", "empirical(data=())", "stable(alpha=0)", "relu", "abs"),
    *(
        "../..",
        "/",
        "/dev/zero",
        "/dev/null/x",
        "folder",
        "pipe",
        "gone/x.npz",
        "broken.npz",
        "x" * 300,
    ),
)
"""What takes the place of a value."""

LAWS = ("normal", "laplace(scale=2)", "uniform", "cauchy", "rademacher", "1", "0.5", "1,2,3")
FUNCTIONS = ("identity", "relu", "tanh", "leaky-relu(slope=0.1)", "heaviside")
MODELS = {
    "-n": ("1", "3", "17"),
    "--widths": ("4", "3,2"),
    "--inputs": LAWS,
    "--nonlinearity": FUNCTIONS,
    "--weights": LAWS,
    "--bias": ("0", "1.5", "normal"),
    "--dependence": ("equicorrelated(correlation=0.1)", "random-scale(factor='uniform')"),
    "--dropout": ("0", "0.5"),
    "--weight-variance": ("2", "1e-3"),
    "--bias-variance": ("0", "0.1"),
    "--normalization": ("none", "layer", "rms", "batch"),
    "--input-width": ("1", "3"),
    "--batch-size": ("2", "4"),
    "--weight-seed": ("0", "7"),
    "--sampler": ("auto", "direct", "conditional"),
}
FLAGS = ("--json", "--debug", "--help")
COMMANDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "simulate": {
        **MODELS,
        "--draws": ("1", "2", "100", "1e3"),
        "--seed": ("0", "18446744073709551615"),
        "--precision": ("single", "double"),
        "--threads": ("1", "2"),
        "--checkpoint": ("run.npz",),
        "--out": ("out.npz",),
        "--within": ("0.1", "1e-9"),
        "--measure": ("kolmogorov", "skewness", "l-kurtosis"),
        "--confidence": ("0.95", "0.5"),
    },
    "exact": {
        **MODELS,
        "--method": ("auto", "closed-family", "lattice", "pushforward"),
        "-x": ("0", "-1,1", "1e300", "inf"),
        "-p": ("0.5", "0,1", "1e-9"),
    },
    "record": {
        "MODEL": (
            "own:layers",
            "own:make",
            "own:nothing",
            "own",
            "not.onnx",
            "not.pt",
            "broken.npz",
        ),
        "--inputs": ("inputs.npy", "inputs.npz:x", "inputs.npz", "broken.npz"),
        "--random-inputs": ("1", "20"),
        "--every": ("1", "3"),
        "--rows": ("2", "50"),
        "--units": ("1", "9"),
        "--batch-size": ("1", "7"),
        "--seed": ("0", "1"),
        "--measure": ("kolmogorov", "hoyer"),
        "--out": ("out.npz",),
    },
    "train": {
        "--data": ("small.npz", "folder", "broken.npz", "gone.npz"),
        "--hidden": ("3", "4,2"),
        "--nonlinearity": FUNCTIONS,
        "--normalization": ("none", "batch", "layer"),
        "--steps": ("1", "3"),
        "--batch-size": ("2", "5"),
        "--learning-rate": ("0.1", "1e9"),
        "--initial-sd": ("0.1", "1e30"),
        "--seed": ("0", "1"),
        "--snapshots": ("0", "1"),
        "--checkpoint": ("state.npz",),
        "--checkpoint-every": ("1", "2"),
        "--history": ("out.npz",),
        "--out": ("out.npz",),
    },
    "check": {
        "NAME": ("nonsense", "sums-approach-normal(within=-1)", "pre-activations-symmetric(n='x')"),
        "--quality": ("draft",),
        "--seed": ("0",),
    },
    "figure": {
        "NAME": ("nonsense", "sum-of-n(ns=())", "sum-of-n(law='nonsense')"),
        "--seed": ("0",),
        "--format": ("png", "svg"),
        "--out": ("folder",),
        "--quality": ("draft",),
    },
    "list": {},
    "completion": {"SHELL": ("bash", "zsh", "fish", "tcsh")},
}
"""For each command its options, or the names of its arguments, with values of little work."""
NEEDED = {
    "simulate": ("--draws", "-n"),
    "exact": ("-n", "--weights"),
    "record": ("MODEL", "--random-inputs"),
    "train": ("--data", "--hidden", "--steps", "--batch-size"),
    "check": ("NAME",),
    "figure": ("NAME",),
    "list": (),
    "completion": ("SHELL",),
}
"""What is nearly always given."""
HEAVY = {
    "--draws": ("", "nan", "-1", "0", "1e30", "1e400", "9" * 5000, "é", "1.5"),
    "--steps": ("", "nan", "-1", "0", "1.5", "é", "1e400"),
    "-n": ("", "nan", "-1", "0", "1e30", "1e400", "9" * 5000, "1000001", "1e12"),
}
"""Options of which some hostile values are valid, and only much work; here are others."""


def vector(rng: Random) -> list[str]:
    """Return the arguments of one call of the program."""
    if rng.random() < 0.02:
        return [rng.choice(HOSTILE) for _ in range(rng.randrange(4))]
    command = rng.choice((*COMMANDS, "simulate", "exact", "record", "train"))
    options = COMMANDS[command]
    needed = [name for name in NEEDED[command] if rng.random() < 0.95]
    if command in {"simulate", "exact"} and rng.random() < 0.3:
        needed = [*(name for name in needed if name != "-n"), "--widths"]
    others = rng.sample(sorted(options), min(len(options), rng.choice((0, 1, 2, 3))))
    if "--draws" in options and "--draws" not in needed:
        needed.append("--draws")  # the default takes seconds
    if command in {"train", "check"}:
        needed = list(NEEDED[command])  # without them it is the work of minutes
    arguments = [command]
    for name in dict.fromkeys([*needed, *others]):
        hostile = rng.random() < 0.25
        value = rng.choice(HEAVY.get(name, HOSTILE) if hostile else options[name])
        arguments += [value] if name.isupper() else [name, value]
    if rng.random() < 0.1:
        arguments.append(rng.choice((*FLAGS, *HOSTILE)))
    if rng.random() < 0.03:
        arguments[rng.randrange(len(arguments))] = rng.choice(HOSTILE)
    return arguments


OWN_MODULE = """
import numpy as np

layers = [(np.eye(3), np.zeros(3), "relu"), (np.ones((3, 2)), np.ones(2), None)]
nothing = None


def make():
    return layers
"""


def prepare(folder: Path) -> None:
    """Put the files into a folder that the valid values name."""
    import numpy as np

    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(12, 3)), np.arange(12) % 2
    (folder / "own.py").write_text(OWN_MODULE)
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    np.save(folder / "inputs.npy", inputs)
    np.savez(folder / "inputs.npz", x=inputs, y=labels)
    np.savez(
        folder / "small.npz", x_train=inputs, y_train=labels, x_test=inputs[:4], y_test=labels[:4]
    )
    (folder / "broken.npz").write_bytes((folder / "small.npz").read_bytes()[:-200])
    for name in ("not.onnx", "not.pt"):
        (folder / name).write_bytes(b"\x80\x02nothing")
