"""The figure of recorded layers, in a folder or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clt_sim import figures
from clt_sim.cli.output import figure_file
from clt_sim.experiments.work import Work
from clt_sim.plotting import style

if TYPE_CHECKING:
    from clt_sim.networks import LayerRecord

_NO_DATES: dict[str, dict[str, None]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": {"Date": None},
}
"""What keeps the bytes of pictures the same from run to run."""


def write_layer_figure(record: LayerRecord, place: Path, *, seed: int) -> list[Path]:
    """Draw the layers of a record and return the files that were written.

    Parameters
    ----------
    record : LayerRecord
        What is drawn.
    place : Path
        A file, if its name ends in .pdf, .png or .svg; otherwise a folder, which also gets the
        data of the figure.
    seed : int
        Of the figure's data file.
    """
    recipe = figures.get("layers", record=record)
    if figure_file(place) is None:
        return figures.build(recipe, place, quality="paper", seed=seed)
    figure = recipe.draw(recipe.compute(quality="paper", seed=seed, work=Work()))
    with style():
        figure.savefig(place, metadata=_NO_DATES[place.suffix.lower()])
    return [place]
