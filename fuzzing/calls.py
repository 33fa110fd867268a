"""Calls of public functions, chosen by bytes: any of their arguments hostile, odd or usual.

The functions and the hostile values are those of `tests/hostile`, and so is the verdict.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import clt_sim as clt
from choices import Choices
from clt_sim import normality_tests
from clt_sim._validation import shown
from clt_sim.gaussianity import names as gaussianity_names

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hostile.hostile_calls import FAMILIES, calls
from hostile.hostile_values import VALUES
from hostile.hostile_verdicts import complaint, is_too_much

MOST_WORK = 2000
"""Of draws, steps and the like: more is much work because it was asked for."""
ROUTES = (
    "auto",
    "piecewise-polynomial",
    "closed-family",
    "lattice",
    "pushforward",
    "characteristic-function",
    "random-scale",
    "random-network",
)


def families() -> list[str]:
    """Return the names of the families of functions."""
    return list(FAMILIES)


@dataclass(frozen=True)
class Call:
    """A function and its arguments, with a note of what is unusual in them."""

    title: str
    function: Callable[..., object]
    arguments: Mapping[str, object]
    note: str

    def complaint(self) -> str:
        """Make the call and return what is wrong with how it ends; nothing if nothing is."""
        return complaint(self.function, self.arguments)


def chosen_call(family: str, content: bytes) -> Call:
    """Return the call of a family that bytes choose."""
    choices = Choices(content)
    known = calls(family)
    title = sorted(known)[int.from_bytes(choices.bytes(2), "little") % len(known)]
    function, usual = known[title]
    arguments, notes = dict(usual), []
    for name in usual:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what makes values is called elsewhere, too
            label, value = _argument(family, name, choices)
        if label and not is_too_much(name, value, MOST_WORK):
            arguments[name] = value
            notes.append(f"{name}={label}")
    return Call(title, function, arguments, f"{title}({', '.join(notes)})")


def seeds(family: str) -> list[bytes]:
    """Return a usual call of each function."""
    return [number.to_bytes(2, "little") for number in range(len(calls(family)))]


def prepared(family: str) -> None:
    """Import what the functions of a family import at their first use."""
    for name in clt.__all__:
        getattr(clt, name)
    calls(family)


def _argument(family: str, name: str, choices: Choices) -> tuple[str, object]:
    """Return what is unusual in an argument, and its value; nothing for the usual one."""
    kind = choices.below(16)
    if kind < 6:
        return "", None
    if kind < 9:
        label = choices.one_of(sorted(VALUES))
        return label, VALUES[label]()
    if kind < 13:
        make = LIKELY.get(f"{family} {name}", LIKELY.get(name, number))
    else:
        make = numbers if kind == 13 else number
    value = make(choices)
    return _text(value), value


def _text(value: object) -> str:
    """Return a text of a value that makes it again, or nearly."""
    is_model = isinstance(value, clt.WeightedSum | clt.RandomNetwork)
    return str(value.to_dict()) if is_model else shown(value)


def number(choices: Choices) -> object:
    """Return a number."""
    return (choices.double, choices.moderate, choices.whole)[choices.below(3)]()


def numbers(choices: Choices) -> object:
    """Return a row of numbers, or a table."""
    make = (choices.double, choices.moderate, choices.whole)[choices.below(3)]
    count = choices.below(9)
    row = [make() for _ in range(count)]
    kind = choices.below(4)
    if kind == 0:
        return row
    with np.errstate(all="ignore"):
        dtype = object if make == choices.whole else choices.one_of((float, np.float32, ">f8"))
        array = np.array(row).astype(dtype)
    return array if kind < 3 else np.resize(array, (count, 3))


def _with_parameters(choices: Choices, kind: str) -> Any:
    """Return a law or a nonlinearity whose numbers are others, if it may have them."""
    known = {title: call for title, call in calls(kind).items() if isinstance(call[0], type)}
    title = choices.one_of(sorted(known))
    function, usual = known[title]
    changed = {
        name: choices.moderate()
        for name, value in usual.items()
        if isinstance(value, float) and choices.below(2)
    }
    try:
        return function(**usual | changed)
    except (ValueError, TypeError, OverflowError):
        return function(**usual)


def law(choices: Choices) -> Any:
    """Return a law."""
    return _with_parameters(choices, "laws")


def nonlinearity(choices: Choices) -> Any:
    """Return a nonlinearity."""
    if choices.below(2):
        return _with_parameters(choices, "nonlinearities")
    return choices.one_of(clt.nonlinearities.names())


def _terms(choices: Choices) -> object:
    """Return a law, a number or a row of numbers: weights, biases, inputs."""
    kind = choices.below(4)
    if kind == 0:
        return law(choices)
    if kind == 1:
        return choices.moderate()
    return choices.one_of(("normal", "rademacher", "uniform", "cauchy"))


def _dependence(choices: Choices) -> object:
    """Return what makes terms dependent, mostly nothing."""
    kind = choices.below(8)
    if kind == 1:
        return f"equicorrelated(correlation={choices.moderate()})"
    if kind == 2:
        return f"autoregressive(correlation={choices.moderate()})"
    return clt.models.RandomScale(law(choices)) if kind == 3 else None


def weighted_sum(choices: Choices) -> object:
    """Return a sum, or its parts where they do not make one."""
    n = choices.one_of((1, 2, 3, 4, 5, 8, 17, 64, 300))
    parts = {
        "inputs": law(choices),
        "nonlinearity": nonlinearity(choices),
        "weights": _terms(choices),
        "bias": choices.one_of((0.0, 0.0, 0.5, "laplace", 1e8)),
        "dependence": _dependence(choices),
        "dropout": choices.one_of((0.0, 0.0, 0.0, 0.25)),
    }
    for left_out in ((), ("dependence",), ("dependence", "dropout", "weights"), tuple(parts)):
        try:
            return clt.WeightedSum(n, **{k: v for k, v in parts.items() if k not in left_out})
        except (ValueError, TypeError):
            continue
    return parts


def network(choices: Choices) -> object:
    """Return a random network."""
    depth = choices.one_of((1, 1, 2, 3, 6))
    parts: dict[str, Any] = {
        "widths": [choices.one_of((1, 2, 3, 4, 8, 31)) for _ in range(depth)],
        "nonlinearity": nonlinearity(choices),
        "weights": choices.one_of(
            ("normal", "normal", "rademacher", "student-t(df=5)", "uniform(low=-1)")
        ),
        "weight_variance": choices.one_of((2.0, 1.0, 1e-6, 1e6)),
        "bias_variance": choices.one_of((0.0, 0.1, 1e6)),
        "input_width": choices.one_of((1, 2, 5)),
    }
    odd: dict[str, Any] = {
        "normalization": choices.one_of((None, None, "layer", "rms", "batch")),
        "inputs": _terms(choices),
        "batch_size": choices.one_of((None, None, 2, 4)),
        "weight_seed": choices.one_of((None, None, None, 3)),
        "sampler": choices.one_of(("auto", "auto", "direct", "conditional")),
    }
    for given in (parts | odd, parts | {"normalization": odd["normalization"]}, parts):
        try:
            return clt.RandomNetwork(**given)
        except (ValueError, TypeError):
            continue
    return clt.RandomNetwork(parts["widths"])


def model(choices: Choices) -> object:
    """Return a sum or a network."""
    return network(choices) if choices.below(4) == 3 else weighted_sum(choices)


def _layers(choices: Choices) -> object:
    """Return the layers of a network as arrays."""
    widths = [choices.one_of((64, 3, 1)), *(choices.below(5) for _ in range(choices.below(3))), 2]
    rng = np.random.default_rng(choices.below(256))
    scale = choices.one_of((1.0, 1e-30, 1e30, 1e200))
    return [
        (
            rng.normal(size=shape) * scale,
            numbers(choices) if choices.below(4) == 3 else None,
            choices.one_of((*clt.nonlinearities.names(), None)),
        )
        for shape in itertools.pairwise(widths)
    ]


def _table(choices: Choices) -> object:
    """Return rows of inputs."""
    rows, columns = choices.below(9), choices.one_of((64, 64, 64, 3, 1, 0))
    scale = choices.one_of((1.0, 1e-30, 1e30, 1e300, 0.0))
    table = np.random.default_rng(choices.below(256)).normal(size=(rows, columns)) * scale
    return table.astype(choices.one_of((float, np.float32, int)), casting="unsafe")


def _specimen(names: Callable[[], Sequence[str]]) -> Callable[[Choices], object]:
    """Return what chooses a name of a registry."""
    return lambda choices: choices.one_of(names())


def _among(*items: object) -> Callable[[Choices], object]:
    """Return what chooses one of some items."""
    return lambda choices: choices.one_of(items)


def _small_widths(choices: Choices) -> object:
    """Return widths of hidden layers."""
    return tuple(choices.below(6) for _ in range(choices.below(4)))


_FLAG = _among(True, False)
LIKELY: dict[str, Callable[[Choices], object]] = {
    "model": model,
    "network": network,
    "networks network": _layers,
    "networks layers": _layers,
    "networks inputs": _table,
    "networks hidden": _small_widths,
    "law": law,
    "inputs": _terms,
    "weights": _terms,
    "theory weights": numbers,
    "bias": _terms,
    "factor": law,
    "theory factor": number,
    "dependence": _dependence,
    "nonlinearity": nonlinearity,
    "widths": _small_widths,
    "x": numbers,
    "p": numbers,
    "t": numbers,
    "c": numbers,
    "ns": numbers,
    "data": numbers,
    "values": numbers,
    "clusters": numbers,
    "method": _among(*ROUTES),
    "precision": _among("single", "double"),
    "normalization": _among(None, "layer", "rms", "batch", "batch-u"),
    "sampler": _among("auto", "direct", "conditional"),
    "characteristic_function": _FLAG,
    "independent": _FLAG,
    "standardize": _FLAG,
    "log": _FLAG,
    "progress": _among(None, False, lambda *_: None, lambda: None, print),
    "threads": _among(None, 1, 2, 0, 10**6),
    "axis": _among(None, 0, 1, -1, 2, "lifetime", "population", "pooled"),
    "nan_policy": _among("raise", "omit", "propagate"),
    "signed": _among("magnitude", "rectified", "refuse"),
    "measures": _specimen(gaussianity_names),
    "measure": _specimen(gaussianity_names),
    "tests": _specimen(normality_tests.names),
    "test": _specimen(normality_tests.names),
    "alternatives": lambda choices: [law(choices) for _ in range(1 + choices.below(3))],
}
"""What an argument is made for, by its name, or by the family of the function and its name."""
