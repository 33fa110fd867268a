"""The command ``simulate``: draws of a model, their summary, and a verdict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clt_sim.cli.model_options import build_model, model_options
from clt_sim.cli.names import Choice
from clt_sim.cli.numbers import Count
from clt_sim.cli.outcomes import Command, refusals, status_of, usage
from clt_sim.cli.output import check_writable, json_option, named, print_json, print_results

if TYPE_CHECKING:
    from clt_sim.models import Model
    from clt_sim.report import Report
    from clt_sim.summaries import Summary
    from clt_sim.verdicts import Verdict

_MEASURES = (
    "kolmogorov",
    "kolmogorov-nearest",
    "wasserstein-1",
    "skewness",
    "excess-kurtosis",
    "l-skewness",
    "l-kurtosis",
)
"""Measures that have an interval for draws."""
_FILE = click.Path(path_type=Path)


@click.command("simulate", cls=Command)
@model_options
@click.option(
    "--draws", type=Count(), default=10_000_000, show_default=True, help="How many, such as 1e8."
)
@click.option("--seed", type=Count(0), default=0, show_default=True, help="Decides every draw.")
@click.option(
    "--precision",
    type=Choice("precision", ("single", "double")),
    default="single",
    show_default=True,
    help="Of draws and terms; double takes about twice as long.",
)
@click.option("--threads", type=Count(), help="By default as many as there are processors.")
@click.option(
    "--device",
    type=Choice("device", ("cpu", "cuda")),
    default="cpu",
    show_default=True,
    help="Where to draw; cuda is an NVIDIA graphics processor.",
)
@click.option(
    "--checkpoint",
    type=_FILE,
    help="A file that keeps what is done: the same command goes on from it.",
)
@click.option("--out", type=_FILE, help="Save the summary, for clt_sim.Summary.load.")
@click.option("--within", type=float, help="Decide whether the measure is within this margin.")
@click.option(
    "--measure",
    type=Choice("measure", _MEASURES),
    default="kolmogorov",
    show_default=True,
    help=f"What --within is about: {', '.join(_MEASURES)}.",
)
@click.option(
    "--confidence", type=float, default=0.95, show_default=True, help="Of the interval of --within."
)
@json_option
def simulate_model(
    checkpoint: Path | None,
    out: Path | None,
    within: float | None,
    measure: str,
    confidence: float,
    as_json: bool,
    **options: Any,
) -> int:
    """Draw a sum or a random network, and measure it.

    The sum is sum_i w_i phi(x_i) + b. Printed are moments, and how Gaussian and how sparse it is.

    With --within the exit status is 0 if the margin holds, 1 if it is refuted and 3 if these draws
    leave it undecided.

    \b
    For example:
      clt-sim simulate -n 64 --nonlinearity relu --within 0.01
      clt-sim simulate --widths 10,10,10 --draws 1e6 --out network.npz
    """  # noqa: D301 (click reads the control character)
    with usage():
        model = build_model(options)
        _check_question(model, within, measure, confidence)
    check_writable(out, checkpoint)
    summary = _drawn(model, checkpoint, options)
    if out is not None:
        summary.save(out)
    reports = _reports(summary)
    verdict, refusal = None, ""
    if within is not None:
        verdict, refusal = _judged(summary, within, measure, confidence)
    if as_json:
        print_json(_facts(summary, reports, verdict))
    else:
        shown = (summary, *reports.values(), *([] if verdict is None else [verdict]))
        print_results(_text(summary, reports, verdict), shown)
    if refusal:
        raise click.ClickException(refusal)
    return 0 if verdict is None else status_of([verdict.status])


def _check_question(model: Model, within: float | None, measure: str, confidence: float) -> None:
    """Refuse, before the draws, a question that they could not answer."""
    from clt_sim._validation import positive

    if within is None:
        return
    positive("within", within)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}.")
    if measure == "kolmogorov":
        from clt_sim.verdicts.sources import known_moments

        known_moments(model)


def _drawn(model: Model, checkpoint: Path | None, options: dict[str, Any]) -> Summary:
    """Draw with a bar; say what is kept where that is interrupted."""
    from clt_sim.cli.progress import Bars
    from clt_sim.engine import simulate
    from clt_sim.engine.device import checked_device
    from clt_sim.engine.execution import Execution
    from clt_sim.engine.simulation import checked_run

    with refusals(), usage():
        checked_run(model, "draws", options["draws"], options["seed"], options["precision"])
        checked_device(options["device"], model, Execution(options["threads"]))
    reached = _Reached()
    with Bars() as bars:
        reached.show = bars.counted("draws", "draws")
        try:
            # What can be wrong by now is a checkpoint, of another run.
            with usage() if checkpoint else nullcontext():
                return simulate(model, checkpoint=checkpoint, progress=reached, **options)
        except KeyboardInterrupt as stop:
            raise click.ClickException(reached.said(options["draws"], checkpoint)) from stop


class _Reached:
    """How many draws are done."""

    show: Callable[[int, int], None]
    done = 0

    def __call__(self, done: int, total: int) -> None:
        self.done = done
        self.show(done, total)

    def said(self, draws: int, checkpoint: Path | None) -> str:
        """Return what an interrupt leaves."""
        count = f"stopped after {self.done} of {draws} draws"
        if checkpoint is None:
            return f"{count}; nothing is kept without --checkpoint."
        return f"{count}; {str(checkpoint)!r} keeps them, and the same command goes on from there."


def _judged(
    summary: Summary, within: float, measure: str, confidence: float
) -> tuple[Verdict | None, str]:
    """Return the verdict, or why these draws have none: their summary is printed all the same."""
    from clt_sim.measures import UnavailableError
    from clt_sim.verdicts import is_gaussian

    if summary.minimum == summary.maximum:
        return None, f"all draws are {summary.minimum:.10g}; they have no shape to compare."
    try:
        verdict = is_gaussian(summary, within=within, measure=measure, confidence=confidence)
    except UnavailableError as reason:
        return None, str(reason)
    return verdict, ""


def _reports(summary: Summary) -> dict[str, Report]:
    """Return what is measured; nothing of draws that are all equal."""
    from clt_sim.gaussianity import gaussianity
    from clt_sim.sparsity import sparsity

    if summary.minimum == summary.maximum:
        return {}
    return {"gaussianity": gaussianity(summary), "sparsity": sparsity(summary)}


def _facts(summary: Summary, reports: dict[str, Report], verdict: Verdict | None) -> dict[str, Any]:
    return {
        **summary.to_dict(),
        **{name: report.to_dict() for name, report in reports.items()},
        "verdict": None if verdict is None else verdict.to_dict(),
    }


def _text(summary: Summary, reports: dict[str, Report], verdict: Verdict | None) -> str:
    seeds = ", ".join(str(run.seed) for run in summary.runs)
    rows = {
        "mean": str(summary.mean),
        "variance": str(summary.variance),
        "skewness": str(summary.skewness),
        "excess kurtosis": str(summary.excess_kurtosis),
        "range": f"from {summary.minimum:.10g} to {summary.maximum:.10g}",
    }
    lines = [f"{summary.ensemble}, seed {seeds}, {summary.precision} precision", *named(rows)]
    lines += ["", *map(_measured, reports.values())] if reports else ["", "all draws are equal."]
    return "\n".join(lines if verdict is None else [*lines, "", str(verdict)])


def _measured(report: Report) -> str:
    """Return a report without the ensemble, which stands above."""
    _, *rows = str(report).splitlines()
    return "\n".join([f"{report.title} ({report.route})", *rows])
