"""Options that say a weighted sum or a random network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from clt_sim.cli.names import DEPENDENCE, LAW, NONLINEARITY, Choice
from clt_sim.cli.numbers import Count, Numbers, numbers_in

if TYPE_CHECKING:
    from clt_sim.models import Model

F = TypeVar("F", bound=Callable[..., Any])

_OF_SUMS = {"bias": "--bias", "dependence": "--dependence", "dropout": "--dropout"}
_OF_NETWORKS = {
    "widths": "--widths",
    "weight_variance": "--weight-variance",
    "bias_variance": "--bias-variance",
    "normalization": "--normalization",
    "input_width": "--input-width",
    "batch_size": "--batch-size",
    "weight_seed": "--weight-seed",
    "sampler": "--sampler",
}
_NORMALIZATIONS = Choice("normalization", ("none", "batch", "layer", "rms"))
_SAMPLERS = Choice("sampler", ("auto", "conditional", "direct"))
# Nothing has a default here: what is not given is left to the model.
_OPTIONS = (
    click.option("-n", "--n", "n", type=Count(), help="A weighted sum of so many terms."),
    click.option(
        "--widths", type=Numbers(), help="A random network: the widths of its hidden layers."
    ),
    click.option(
        "--inputs",
        type=LAW,
        help="A law, or fixed numbers with commas between them.  [normal; for networks: 1]",
    ),
    click.option(
        "--nonlinearity",
        type=NONLINEARITY,
        help="The function phi.  [identity; for networks: relu]",
    ),
    click.option(
        "--weights",
        type=LAW,
        help="A law; for sums also one number for all, or n numbers.  [normal]",
    ),
    click.option("--bias", type=LAW, help="Of a sum: a number or a law.  [0]"),
    click.option(
        "--dependence", type=DEPENDENCE, help="Of a sum: such as 'equicorrelated(correlation=0.1)'."
    ),
    click.option(
        "--dropout", type=float, help="Of a sum: probability that a term is left out.  [0]"
    ),
    click.option(
        "--weight-variance", type=float, help="Of a network: times the fan-in, as in 2/n.  [2]"
    ),
    click.option("--bias-variance", type=float, help="Of a network.  [0]"),
    click.option(
        "--normalization", type=_NORMALIZATIONS, help="Of a network: batch, layer or rms.  [none]"
    ),
    click.option("--input-width", type=Count(), help="Of a network: how many inputs have a law."),
    click.option("--batch-size", type=Count(), help="Of a network with batch normalization."),
    click.option(
        "--weight-seed", type=Count(0), help="Of a network: draw the weights once, from this seed."
    ),
    click.option(
        "--sampler", type=_SAMPLERS, help="Of a network: auto, conditional or direct.  [auto]"
    ),
)
MODEL_OPTIONS = ("n", *_OF_SUMS, *_OF_NETWORKS, "inputs", "nonlinearity", "weights")


def model_options(command: F) -> F:
    """Give a command the options of a model."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def build_model(options: dict[str, Any]) -> Model:
    """Return the model that options say; those of the model are taken out of `options`.

    Raises
    ------
    click.UsageError
        If they say no model, or two.
    TypeError, ValueError
        If a part of the model is not allowed.
    """
    given = {name: options.pop(name) for name in MODEL_OPTIONS}
    parts = {name: value for name, value in given.items() if value is not None}
    is_network = "widths" in parts
    if not is_network and "n" not in parts:
        raise click.UsageError(
            "Missing option '-n' (a weighted sum) or '--widths' (a random network).",
            click.get_current_context(),
        )
    if is_network and "n" in parts:
        raise click.UsageError(
            "-n says a weighted sum and --widths a random network: give one of them.",
            click.get_current_context(),
        )
    others, kind = (_OF_SUMS, "-n") if is_network else (_OF_NETWORKS, "--widths")
    for name in parts:
        if name in others:
            own = "--widths" if is_network else "-n"
            raise click.UsageError(
                f"{others[name]} goes with {kind}, not with {own}.", click.get_current_context()
            )
    return _network(parts) if is_network else _weighted_sum(parts)


def _weighted_sum(parts: dict[str, Any]) -> Model:
    from clt_sim.models import WeightedSum

    for name in ("inputs", "weights", "bias"):
        some = numbers_in(parts.get(name, ""))
        if some is not None:
            parts[name] = list(some) if name == "inputs" or len(some) > 1 else some[0]
    return WeightedSum(**parts)


def _network(parts: dict[str, Any]) -> Model:
    from clt_sim.models import RandomNetwork

    some = numbers_in(parts.get("inputs", ""))
    if some is not None:
        parts["inputs"] = list(some)
    if parts.get("normalization") == "none":
        del parts["normalization"]
    return RandomNetwork(**parts)
