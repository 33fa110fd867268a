"""The table of measurements: its rows, and the command line that prints it."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import llvmlite.binding
import numba
import numpy as np

import clt_sim
from pairing import QUARTILES, Pairs, Settings

HEADINGS = ("what", "against", "measured", "quartiles", "goal", "result", "rates")
HOW = """Medians and quartiles; a ratio is of two runs in turn. The goals are for a processor with
AVX-512 that does nothing else: other programs (load) make rates, and some ratios, worse."""
WIDTHS = (34, 34, 10, 16, 8, 7, 28)


@dataclass(frozen=True)
class Goal:
    """A bound on the median of what is measured."""

    limit: float
    is_least: bool

    def met(self, value: float) -> bool:
        """Say whether a value is on the right side."""
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        """Return the bound as it is printed."""
        return f"{'>=' if self.is_least else '<='} {self.limit:g}"


def at_least(limit: float) -> Goal:
    return Goal(limit, is_least=True)


def at_most(limit: float) -> Goal:
    return Goal(limit, is_least=False)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    what, against : str
        What was measured, and what it was compared with.
    values : sequence of float
        One for each repetition; none if nothing could be measured.
    unit : str
        Of the values; ``"x"`` for ratios.
    goal : Goal or None
        What the median is held against.
    rates : str
        How fast both were.
    note : str
        Why there are no values.
    """

    what: str
    against: str = ""
    values: Iterable[float] = ()
    unit: str = "x"
    goal: Goal | None = None
    rates: str = ""
    note: str = ""

    @property
    def result(self) -> str:
        """Whether the goal is met: "yes", "no", "skipped", or nothing if there is no goal."""
        values = [*self.values]
        if not values:
            return "skipped"
        if self.goal is None:
            return ""
        return "yes" if self.goal.met(float(np.median(values))) else "no"

    def cells(self) -> tuple[str, ...]:
        """Return what is printed in each column."""
        goal = "" if self.goal is None else str(self.goal)
        values = [*self.values]
        if not values:
            return self.what, self.against, "", "", goal, self.result, self.note
        low, median, high = np.quantile(values, QUARTILES)
        spread = f"{_short(low)} to {_short(high)}" if len(values) > 1 else ""
        measured = f"{_short(median)} {self.unit}"
        return self.what, self.against, measured, spread, goal, self.result, self.rates


Rows = Callable[[Settings], Iterator[Row]]


def _short(value: float) -> str:
    """Write a number with about three digits."""
    if float(value).is_integer():
        return f"{value:.0f}"
    digits = 3 if abs(value) < 1.0 else 2 if abs(value) < 10.0 else 1 if abs(value) < 1000.0 else 0
    return f"{value:.{digits}f}"


def rates(pairs: Pairs, scale: float, unit: str) -> str:
    """Return the median rates of the reference and the case: draws a second, times `scale`."""
    slow, fast = (scale / np.median(times) for times in (pairs.reference, pairs.case))
    return f"{_short(slow)} and {_short(fast)} {unit}"


def term_rates(pairs: Pairs, n: int) -> str:
    """Return the median rates, where a draw is a sum of n terms."""
    return rates(pairs, 1e-6 * n, "M terms/s")


def speedup_row(what: str, against: str, pairs: Pairs, goal: Goal | None, n: int) -> Row:
    """Return the row that says how many times as fast sums of n terms are."""
    return Row(what, against, pairs.speedup, goal=goal, rates=term_rates(pairs, n))


def show(parts: Iterable[Rows], settings: Settings) -> None:
    """Print rows as they are measured, and how many goals were met in the end."""
    print(machine(), HOW, sep="\n", end="\n\n")
    _print_line(HEADINGS)
    _print_line(["-" * width for width in WIDTHS])
    results = []
    for rows in parts:
        for row in rows(settings):
            _print_line(row.cells())
            results.append(row.result)
    met, missed, skipped = (results.count(result) for result in ("yes", "no", "skipped"))
    print(f"\n{met} goals met, {missed} not, {skipped} rows skipped; {load()}")


def _print_line(cells: Iterable[str]) -> None:
    line = " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    print(f"| {line} |", flush=True)


def machine() -> str:
    """Say what the table is measured on."""
    wide = "with" if has_wide_vectors() else "without"
    facts = (
        f"{os.cpu_count()} processors {llvmlite.binding.get_host_cpu_name()} {wide} AVX-512",
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__}",
        f"Numba {numba.__version__}",
        f"clt_sim {clt_sim.__version__}",
        load(),
    )
    return ", ".join(facts)


def has_wide_vectors() -> bool:
    """Say whether the processor has AVX-512."""
    return llvmlite.binding.get_host_cpu_features().get("avx512f", False)


def load() -> str:
    """Return how many programs ran in the last minute."""
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


def argument_parser(description: str) -> argparse.ArgumentParser:
    """Return the options that all benchmarks have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=Settings.rounds, help="pairs for each ratio")
    parser.add_argument("--seconds", type=float, default=Settings.seconds, help="for each run")
    parser.add_argument("--long", action="store_true", help="more draws for memory, more starts")
    return parser


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return what the options say."""
    return Settings(arguments.rounds, arguments.seconds, arguments.long)


def main(rows: Rows, description: str) -> None:
    """Print the rows of one benchmark."""
    show([rows], settings_of(argument_parser(description).parse_args()))
