"""The networks that claims and figures train on the digits: three hidden layers of 100 units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clt_sim.networks.training.settings import TrainingSettings

HIDDEN = (100, 100, 100)
WORDS = {
    None: "no normalization",
    "batch": "BN(Wu+b)",
    "batch-u": "BN(u)",
    "batch-both": "BN(u) and BN(Wu+b)",
    "layer": "LN(Wu+b)",
    "noisy-batch": "noisy BN(Wu+b)",
}
"""Normalizations in words; by them the seeds of networks differ, so that they stay as they are."""


class Kind(NamedTuple):
    """What networks differ in, apart from their seeds."""

    nonlinearity: str
    normalization: str | None

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.nonlinearity}, {WORDS[self.normalization]}"


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


def checked_kinds(
    nonlinearities: Sequence[str], normalizations: Sequence[str | None]
) -> tuple[Kind, ...]:
    """Return all kinds of networks with some nonlinearities and normalizations.

    Raises
    ------
    TypeError, ValueError
        If there is none, one is there twice, or a name is unknown.
    """
    for name, names in (("nonlinearities", nonlinearities), ("normalizations", normalizations)):
        if isinstance(names, str) or not len(names):
            raise ValueError(f"{name} must be a sequence of at least one, not {names!r}.")
        if len(set(names)) < len(names):
            raise ValueError(f"{name} must be different, not {tuple(names)}.")
    settings = [settings_of(how, phi) for phi in nonlinearities for how in normalizations]
    return tuple(Kind(str(one.nonlinearity), one.normalization) for one in settings)
