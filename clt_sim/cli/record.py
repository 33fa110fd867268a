"""The command ``record``: the layers of a network, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clt_sim.cli.numbers import Count
from clt_sim.cli.outcomes import Command, refusals, usage
from clt_sim.cli.output import (
    check_writable,
    figure_file,
    json_option,
    print_json,
    print_results,
)

if TYPE_CHECKING:
    from clt_sim.cli.network_inputs import Inputs
    from clt_sim.layer_tables import LayerTable
    from clt_sim.networks import LayerRecord

_FILE = click.Path(path_type=Path)


@click.command("record", cls=Command)
@click.argument("network", metavar="MODEL")
@click.option(
    "--inputs",
    metavar="FILE",
    help="An .npy or .npz file with inputs along the first axis; FILE:NAME for one array of it.",
)
@click.option(
    "--random-inputs",
    type=Count(),
    metavar="N",
    help="In place of data, N random normal inputs of the shape that the model takes.",
)
@click.option(
    "--every", type=Count(), default=1, show_default=True, help="Use every so many inputs only."
)
@click.option(
    "--rows", type=Count(2), default=2000, show_default=True, help="The most rows kept of a layer."
)
@click.option(
    "--units", type=Count(), default=256, show_default=True, help="The most units kept of a signal."
)
@click.option(
    "--batch-size", type=Count(), default=256, show_default=True, help="The most inputs at once."
)
@click.option(
    "--seed", type=Count(0), default=0, show_default=True, help="Decides which rows are kept."
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="NAME",
    help="A measure for the table, of clt-sim list; may be given more than once.",
)
@click.option("--out", type=_FILE, help="Save the record, for clt_sim.LayerRecord.load.")
@click.option(
    "--figure", type=_FILE, help="Draw the layers: a .pdf, .png or .svg file, or a folder."
)
@json_option
def record_layers(
    network: str,
    inputs: str | None,
    random_inputs: int | None,
    measures: tuple[str, ...],
    out: Path | None,
    figure: Path | None,
    as_json: bool,
    **options: int,
) -> None:
    """Record and measure the layers of MODEL.

    A table says how Gaussian and how sparse u, Wu+b and, where there is one, the normalized signal
    of each layer are.

    MODEL is an ONNX file, a TorchScript file (.pt), or module:name of a network, or of a function
    that returns one: a PyTorch module, or a list of (weights, biases, nonlinearity). Modules are
    imported, that is run, also from the current folder. Nothing pickled is loaded.

    \b
    For example:
      clt-sim record classifier.onnx --inputs images.npy --out layers.npz
      clt-sim record mynet:make --inputs mnist.npz:x_test --figure layers.pdf
    """  # noqa: D301 (click reads the control character)
    from clt_sim.cli.network_inputs import check_choice, chosen_inputs
    from clt_sim.cli.network_source import load_network
    from clt_sim.layer_tables import layer_table

    with usage():
        names = _known_measures(measures)
    check_choice(inputs, random_inputs)
    check_writable(out, figure_file(figure))
    loaded = load_network(network)
    with refusals():
        given = chosen_inputs(loaded, inputs, random_inputs, options["seed"])
        record = _recorded(loaded, given, options)
    if out is not None:
        record.save(out)
    table = layer_table(record, measures=names)
    if as_json:
        facts = {"inputs": given.origin, "settings": record.settings, "table": table.to_dict()}
        print_json(facts)
    else:
        _print(record, table, given)
    draw(record, figure, options["seed"])


def _known_measures(measures: tuple[str, ...]) -> tuple[str, ...]:
    """Return the measures of the table, or raise if one is unknown."""
    from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
    from clt_sim.layer_tables.table import DEFAULT
    from clt_sim.measures import select
    from clt_sim.sparsity.registry import MEASURES as SPARSITY

    return tuple(select("measure", {**GAUSSIANITY, **SPARSITY}, measures or DEFAULT))


def _recorded(network: Any, given: Inputs, options: dict[str, int]) -> LayerRecord:
    """Record with a bar."""
    from clt_sim.cli.progress import Bars
    from clt_sim.networks import record

    with Bars() as bars:
        batches = given.batches(options["batch_size"], bars.counted("record", "inputs"))
        try:
            return record(network, batches, **options)
        except KeyboardInterrupt as stop:
            raise click.ClickException("stopped; nothing of the record is kept.") from stop


def _print(record: LayerRecord, table: LayerTable, given: Inputs) -> None:
    from clt_sim.tables import Table

    _, *notes = str(record).splitlines()
    mode = record.settings.get("mode")
    lines = [f"inputs: {given.origin}", *([] if mode is None else [f"mode: {mode}"])]
    around = [Table("\n".join(text), (), ()) for text in (lines, notes)]
    print_results("\n".join([*lines, str(table), *notes]), [around[0], table, around[1]])


def draw(record: LayerRecord, figure: Path | None, seed: int) -> None:
    """Draw the layers of a record, if that is asked for, and name the files on stderr."""
    if figure is None:
        return
    from clt_sim.cli.layer_figure import write_layer_figure

    with refusals():
        paths = write_layer_figure(record, figure, seed=seed)
    for path in paths:
        click.echo(f"figure: {path}", err=True)
