"""What is fuzzed: every reader of a file or of text, with valid examples to start from."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import clt_sim as clt
import mutations
from clt_sim import claims, figures, laws, nonlinearities
from clt_sim.cli.network_inputs import read_inputs
from clt_sim.cli.numbers import Count, Numbers
from clt_sim.engine.checkpoint import Checkpoint
from clt_sim.figures.output import read_manifest
from clt_sim.models import model_from_dict
from clt_sim.models.dependence import registry as dependences
from clt_sim.networks import (
    Dataset,
    LayerRecord,
    TrainingHistory,
    load_data,
    load_digits,
    load_idx,
    record,
    train,
)
from clt_sim.power.study import PowerStudy
from clt_sim.summaries import NormalMixture, Summary

MODEL = clt.WeightedSum(3, "laplace(scale=2)", "relu", [1.0, -2.0, 0.5], dropout=0.25)
NETWORK = clt.RandomNetwork([4, 3], "tanh", normalization="layer", bias_variance=0.1)


@dataclass(frozen=True)
class Target:
    """A reader.

    Parameters
    ----------
    read : callable
        Reads a file; what it raises, other than `documented`, is a fault.
    seeds : callable
        Makes valid files.
    documented : tuple of exception types
        What the documentation of the reader says it raises.
    suffix : str
        Of the names of its files.
    """

    read: Callable[[Path], object]
    seeds: Callable[[], Iterable[bytes]]
    documented: tuple[type[Exception], ...] = (ValueError, OSError)
    suffix: str = ""


def _written(write: Callable[[Path], object]) -> bytes:
    """Return what a function writes to a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(path)
        return path.read_bytes()


def _read_and_used(load: Callable[[Path], Any]) -> Callable[[Path], object]:
    """Return a reader that also does with a result what users do."""

    def read(path: Path) -> object:
        result = load(path)
        text = str(result)
        if hasattr(result, "save"):
            result.save(path)
            assert str(load(path)) == text, "what was written is read as something else"
        return json.dumps(result.to_dict())

    return read


def _summaries() -> Iterable[bytes]:
    for model in (MODEL, NETWORK):
        yield _written(clt.simulate(model, 60, seed=3).save)
    mixed = clt.WeightedSum(2, laws.Empirical(np.arange(40.0) / 3.0), "tanh", "mixture")
    for model in (mixed,):
        one = clt.simulate(model, 2000, seed=4, characteristic_function=True)
        two = clt.simulate(model, 100, seed=5, characteristic_function=True)
        yield _written((one + two).save)


def _mixtures() -> Iterable[bytes]:
    yield _written(clt.simulate_conditional(clt.RandomNetwork([4], "relu"), 300, seed=1).save)


def _perceptron() -> list[Any]:
    rng = np.random.default_rng(0)
    return [
        (rng.normal(size=(3, 4)), np.zeros(4), "relu"),
        (rng.normal(size=(4, 2)), np.ones(2), None),
    ]


def _records() -> Iterable[bytes]:
    inputs = np.random.default_rng(1).normal(size=(30, 3))
    parts = [record(_perceptron(), inputs, rows=10, units=3, seed=seed) for seed in (0, 1)]
    yield _written(parts[0].save)
    yield _written((parts[0] + parts[1]).save)


def _small_data() -> Dataset:
    rng = np.random.default_rng(2)
    inputs, labels = rng.normal(size=(12, 3)), np.arange(12) % 2
    return Dataset(inputs, labels, inputs[:4], labels[:4], name="small", scaling="none")


SMALL_TRAINING: dict[str, Any] = {
    "hidden": (3,),
    "nonlinearity": "tanh",
    "normalization": "batch",
    "steps": 3,
    "batch_size": 5,
    "snapshots": 2,
}


def _histories() -> Iterable[bytes]:
    yield _written(train(data=_small_data(), **SMALL_TRAINING).save)
    plain = {**SMALL_TRAINING, "normalization": "layer", "snapshots": 0}
    yield _written(train(data=_small_data(), **plain).save)


def _resume_training(path: Path) -> object:
    return str(train(data=_small_data(), **SMALL_TRAINING, checkpoint=path))


def _training_checkpoints() -> Iterable[bytes]:
    yield _written(_resume_training)


def _resume_simulation(path: Path) -> object:
    return Checkpoint(path, MODEL, 3, 0, 60).load()


def _studies() -> Iterable[bytes]:
    study = clt.power_study(["energy"], ["laplace"], (20, 30), repetitions=10)
    yield _written(study.save)


def _read_manifest(path: Path) -> object:
    with tempfile.TemporaryDirectory() as folder:
        os.replace(path, Path(folder) / "manifest.json")
        return sorted(read_manifest(Path(folder)))


def _manifests() -> Iterable[bytes]:
    yield json.dumps({"sum-of-n": {"parameters": {"ns": [1, 2]}, "seed": 0, "sha256": {}}}).encode()


def _idx_files() -> Iterable[bytes]:
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 3, 4) + bytes(range(24))
    yield content
    yield gzip.compress(content, mtime=0)
    yield bytes([0, 0, 13, 1]) + struct.pack(">I2f", 2, 1.5, -1.0)


def _data_files() -> Iterable[bytes]:
    data = _small_data()
    names = ("train_inputs", "train_labels", "test_inputs", "test_labels")
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, **{name: getattr(data, name) for name in names})
        yield file.getvalue()


def _digits() -> Iterable[bytes]:
    file = io.BytesIO()
    np.savez_compressed(
        file, images=np.ones((1797, 8, 8), np.uint8), labels=np.zeros(1797, np.uint8)
    )
    yield file.getvalue()


def _inputs() -> Iterable[bytes]:
    file = io.BytesIO()
    np.save(file, np.arange(6.0).reshape(2, 3))
    yield file.getvalue()
    yield mutations.packed([("x.npy", file.getvalue())])
    yield from _data_files()


def _read_inputs(path: Path) -> object:
    given = read_inputs(str(path))
    return [*given.batches(2, lambda *_: None)] if given.count < 1000 else None


def _onnx_model() -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(3)
    weights = [
        numpy_helper.from_array(rng.normal(size=(3, 3)).astype("f"), name) for name in ("v", "w")
    ]
    shape = numpy_helper.from_array(np.array([-1, 3]), "shape")
    ones = [numpy_helper.from_array(np.ones(3, "f"), name) for name in ("g", "b", "m", "s")]
    nodes = [
        helper.make_node("MatMul", ["x", "v"], ["a"]),
        helper.make_node("BatchNormalization", ["a", "g", "b", "m", "s"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("Reshape", ["r", "shape"], ["q"]),
        helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]),
        helper.make_node("Own", ["q", "t", "b"], ["y"], domain="own"),
    ]
    body = [helper.make_node("Gemm", ["p", "q", "c"], ["o"], alpha=2.0)]
    own = helper.make_function(
        "own", "Own", ["p", "q", "c"], ["o"], body, [helper.make_opsetid("", 17)]
    )
    extents = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("x", "y")
    ]
    graph = helper.make_graph(nodes, "g", extents[:1], extents[1:], [*weights, *ones, shape])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    model = helper.make_model(graph, opset_imports=opsets, functions=[own])
    return bytes(model.SerializeToString())


def _read_onnx(path: Path) -> object:
    from clt_sim.networks.onnx_files.graph import OnnxGraph
    from clt_sim.networks.onnx_files.layers import find_layers
    from clt_sim.networks.onnx_files.model import load_model
    from clt_sim.networks.onnx_files.normalization import link_normalizations

    _, model = load_model(path)
    graph = OnnxGraph(model.graph)
    found = find_layers(graph)
    return found, link_normalizations(graph, found.layers)


def _run_onnx(path: Path) -> object:
    inputs = np.random.default_rng(4).normal(size=(5, 3)).astype("f")
    return str(record(path, inputs, rows=5))


_KINDS: tuple[Callable[[str], object], ...] = (
    laws.get,
    nonlinearities.get,
    dependences.get,
    claims.get,
    figures.get,
    lambda text: Numbers().convert(text, None, None),
    lambda text: Count().convert(text, None, None),
)


def _read_specification(path: Path) -> object:
    """Read the first byte as the kind of specification, and the rest as its text."""
    content = path.read_bytes()
    kind = _KINDS[content[0] % len(_KINDS)] if content else laws.get
    return repr(kind(content[1:].decode(errors="replace")))[:100]


def _specifications() -> Iterable[bytes]:
    texts = [
        "student-t(df=2.5)",
        "leaky-relu(slope=0.1)",
        "random-scale(factor='gamma(shape=0.3)')",
        "sums-approach-normal(within=0.02)",
        'sum-of-n(law="uniform", ns=(1, 2, 8))',
        "1,-2.5,nan",
        "1e7",
    ]
    for kind, text in enumerate(texts):
        yield bytes([kind]) + text.encode()
    for text in (
        "mixture(components=('normal', 'laplace'), weights=(0.5, 0.5))",
        "stable(alpha=1.5)",
    ):
        yield b"\0" + text.encode()


def _read_model(path: Path) -> object:
    """Read the description of a model, as it is in the header of a summary."""
    from clt_sim._json_types import parsed

    description = parsed(path.read_bytes())
    if not isinstance(description, dict):
        return None
    model = model_from_dict(description)
    assert model_from_dict(json.loads(json.dumps(model.to_dict()))) == model
    return str(model)


def _models() -> Iterable[bytes]:
    models = [
        MODEL,
        NETWORK,
        clt.WeightedSum(2, "sparse", dependence="equicorrelated(correlation=0.1)"),
    ]
    models.append(clt.WeightedSum(1, laws.Empirical(np.arange(40.0))))
    for model in models:
        yield json.dumps(model.to_dict()).encode()


def _click_errors() -> type[Exception]:
    import click

    return click.ClickException


TARGETS: dict[str, Target] = {
    "summary": Target(_read_and_used(Summary.load), _summaries),
    "normal-mixture": Target(_read_and_used(NormalMixture.load), _mixtures),
    "layer-record": Target(_read_and_used(LayerRecord.load), _records),
    "training-history": Target(_read_and_used(TrainingHistory.load), _histories),
    "training-checkpoint": Target(
        _resume_training, _training_checkpoints, (ValueError, OSError, FloatingPointError)
    ),
    "simulation-checkpoint": Target(_resume_simulation, _summaries),
    "power-study": Target(_read_and_used(PowerStudy.load), _studies),
    "manifest": Target(_read_manifest, _manifests, (OSError,)),
    "idx": Target(load_idx, _idx_files),
    "data-npz": Target(load_data, _data_files, (ValueError, TypeError, OSError), ".npz"),
    "digits": Target(load_digits, _digits),
    "inputs": Target(_read_inputs, _inputs, (ValueError, OSError, _click_errors())),
    "onnx": Target(_read_onnx, lambda: [_onnx_model()], suffix=".onnx"),
    "onnx-run": Target(
        _run_onnx, lambda: [_onnx_model()], (ValueError, TypeError, OSError, RuntimeError), ".onnx"
    ),
    "specification": Target(
        _read_specification, _specifications, (ValueError, TypeError, _click_errors())
    ),
    "model": Target(_read_model, _models, (ValueError, TypeError)),
}
"""Readers by name."""
