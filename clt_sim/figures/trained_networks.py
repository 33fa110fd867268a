"""The networks that several figures train on the digits: three hidden layers of 100 units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clt_sim.networks.training.settings import TrainingSettings

if TYPE_CHECKING:
    from clt_sim.figures.recipe import Progress

HIDDEN = (100, 100, 100)


def settings_of(
    normalization: str | None, nonlinearity: str, *, initial_sd: float | None = None
) -> TrainingSettings:
    """Return the settings of a network, apart from steps and seed.

    Parameters
    ----------
    normalization : str or None
        As `clt_sim.train` takes it.
    nonlinearity : Nonlinearity or str
        Of the hidden layers.
    initial_sd : float, optional
        Standard deviation of the initial weights; by default that of `clt_sim.train`.

    Raises
    ------
    ValueError
        If one of them is unknown or out of range.
    """
    return TrainingSettings(HIDDEN, nonlinearity, normalization, 1, 60, 0.1, initial_sd, 0)


def checked_normalizations(kinds: Sequence[str | None], phi: str) -> tuple[str | None, ...]:
    """Return the normalizations as a tuple.

    Raises
    ------
    ValueError
        If there is none, one is there twice, or one or the nonlinearity is unknown.
    """
    if isinstance(kinds, str) or not len(kinds):
        raise ValueError(f"normalizations must be a sequence of at least one, not {kinds!r}.")
    for kind in kinds:
        settings_of(kind, phi)
    if len(set(kinds)) < len(kinds):
        raise ValueError(f"normalizations must be different, not {tuple(kinds)}.")
    return tuple(kinds)


def share_of(progress: Progress, what: str, index: int, count: int) -> Callable[[int, int], None]:
    """Return what reports the steps of one of several trainings as a share of all of them."""

    def report(done: int, total: int) -> None:
        progress(what, (index + done / total) / count)

    return report
