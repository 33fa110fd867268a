"""Make a figure: as an object, or as files."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clt_sim._validation import check_name, checked_row, whole
from clt_sim.engine.simulation import MOST_SEED
from clt_sim.experiments.quality import check_quality
from clt_sim.experiments.work import Progress, Work, silent
from clt_sim.figures import output
from clt_sim.figures.recipe import Recipe, get
from clt_sim.plotting.style import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(
    name: str | Recipe,
    *,
    quality: str = "draft",
    seed: int = 0,
    executor: Executor | None = None,
    **parameters: Any,
) -> Figure:
    """Make a figure.

    Parameters
    ----------
    name : str or Recipe
        Such as ``"sum-of-n"``; ``clt-sim list`` shows all.
    quality : str
        ``"draft"`` is quick, ``"paper"`` has the draws and training steps of the gallery.
    seed : int
        From 0 to 2**64 - 1; decides every random number.
    executor : concurrent.futures.Executor, optional
        Where simulations, trainings, exact laws and other independent pieces are done, such as a
        process pool or a cluster; by default here. What is drawn is the same. What cannot be sent
        to another process, such as a nonlinearity that a function defines, stays here, and so does
        the drawing.
    **parameters
        Parameters of the figure, such as ``law="uniform"``.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``savefig``; it is not registered with pyplot.

    Raises
    ------
    ValueError, TypeError
        For an unknown figure, quality or parameter, before any work.
    BrokenExecutor
        If the executor lost a worker and does not replace it.

    Examples
    --------
    >>> import clt_sim as clt
    >>> figure = clt.figure("sum-of-n", law="uniform", ns=[1, 2])
    >>> len(figure.axes)
    2
    """
    recipe = get(name, **parameters)
    check_options(quality, seed)
    work = Work(executor=executor)
    return recipe.draw(recipe.compute(quality=quality, seed=seed, work=work))


def build(
    name: str | Recipe,
    folder: str | os.PathLike[str],
    *,
    quality: str = "draft",
    seed: int = 0,
    formats: Sequence[str] = ("pdf", "png"),
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> list[Path]:
    """Make a figure and write it, the data that it shows, and its entry in the manifest.

    Parameters
    ----------
    name : str or Recipe
        The figure.
    folder : path
        Where to write; made if need be.
    quality, seed, executor
        As for `figure`.
    formats : sequence of str
        Some of ``"pdf"``, ``"png"`` and ``"svg"``.
    progress : callable, optional
        Called as ``progress(what, share)``.

    Returns
    -------
    list of Path
        The files that were written.
    """
    recipe = get(name)
    check_options(quality, seed, formats)
    work = Work(silent if progress is None else progress, executor)
    path = output.writable_folder(folder)
    output.read_manifest(path)  # a damaged one is named before the work
    data = recipe.compute(quality=quality, seed=seed, work=work)
    description = {
        "name": recipe.name,
        "title": recipe.title,
        "parameters": _parameters(recipe),
        "quality": quality,
        "seed": seed,
        "data": data,
    }
    with style():
        return output.write(recipe.draw(data), description, path, formats)


def check_options(quality: str, seed: int, formats: Sequence[str] = ()) -> None:
    """Raise if an option of building is not allowed.

    Raises
    ------
    ValueError, TypeError
        If `quality` or a format is unknown (with the nearest match), or `seed` out of range.
    """
    for name in checked_row("formats", formats, what="row of names"):
        check_name("format", name, output.FORMATS)
    check_quality(quality)
    whole("seed", seed, least=0, most=MOST_SEED)


def _parameters(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe's parameters as JSON types; values such as laws as their names."""
    values = {
        field.name: getattr(recipe, field.name)
        for field in dataclasses.fields(recipe)  # type: ignore[arg-type]
    }
    return {
        name: value if isinstance(value, bool | int | float | tuple | type(None)) else str(value)
        for name, value in values.items()
    }
