"""What a study of power is asked: tests, alternatives and numbers of values, checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clt_sim import laws
from clt_sim._validation import check_name, finite, shown, whole
from clt_sim.engine.simulation import MOST_SEED
from clt_sim.models import RandomNetwork, WeightedSum
from clt_sim.normality_tests import alternatives as known_alternatives
from clt_sim.normality_tests.registry import STATISTICS

if TYPE_CHECKING:
    from clt_sim.models import Model

NORMAL = "normal"
"""The label of the alternative that is none."""
MOST_VALUES = 1_000_000
"""Values in a sample: as far as all null tables were simulated."""
MOST_REPETITIONS = 2**40


@dataclass(frozen=True, slots=True)
class Specification:
    """A study that can be run.

    Parameters
    ----------
    tests : tuple of str
        Names of tests of normality.
    alternatives : mapping of str to Law, WeightedSum or RandomNetwork
        What samples are drawn from, by its label; the normal law is the first.
    n : tuple of int
        Numbers of values in a sample, ascending.
    level : float
        Above 0 and below 1.
    repetitions, seed : int
        Samples of each kind, and what decides them.
    """

    tests: tuple[str, ...]
    alternatives: Mapping[str, laws.Law | Model]
    n: tuple[int, ...]
    level: float
    repetitions: int
    seed: int


def specify(
    tests: object = None,
    alternatives: object = None,
    n: object = (20, 50, 200),
    *,
    level: float = 0.05,
    repetitions: int = 10_000,
    seed: int = 0,
) -> Specification:
    """Check the arguments of `power_study`.

    Returns
    -------
    Specification
        With the defaults filled in and repetitions left out.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind or out of range.

    Examples
    --------
    >>> specify("energy", ["laplace"], 30).n
    (30,)
    """
    level = finite("level", level)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be above 0 and below 1, not {level}.")
    checked = _checked_tests(tests)
    return Specification(
        checked,
        _checked_alternatives(alternatives),
        _checked_sizes(n, checked),
        level,
        whole("repetitions", repetitions, least=1, most=MOST_REPETITIONS),
        whole("seed", seed, least=0, most=MOST_SEED),
    )


def label(alternative: object) -> str:
    """Return what an alternative is called in a study: its name as given, or its description."""
    if isinstance(alternative, str):
        return alternative.strip()
    try:
        return str(alternative)
    except RecursionError:  # of lists in lists in ..., which are none
        return shown(alternative)


def _checked_tests(given: object) -> tuple[str, ...]:
    tests = tuple(STATISTICS) if given is None else _several("tests", given)
    for test in tests:
        check_name("test of normality", test, STATISTICS)
    return tuple(dict.fromkeys(tests))


def _checked_alternatives(given: object) -> dict[str, laws.Law | Model]:
    if given is None:
        given = known_alternatives.ALTERNATIVES
    named = given.items() if isinstance(given, Mapping) else _labelled(given)
    checked: dict[str, laws.Law | Model] = {NORMAL: laws.get(NORMAL)}
    for name, one in named:
        if not isinstance(name, str):
            raise TypeError(f"labels of alternatives must be strings, not {name!r}.")
        source = known_alternatives.get(one)
        if checked.setdefault(name, source) != source:
            raise ValueError(
                f"two alternatives have the label {name!r}: give a mapping with a label for each."
            )
    return checked


def _labelled(given: object) -> Iterator[tuple[str, object]]:
    for one in _several("alternatives", given):
        yield label(one if isinstance(one, str) else known_alternatives.get(one)), one


def _checked_sizes(given: object, tests: tuple[str, ...]) -> tuple[int, ...]:
    several = _several("n", given)
    sizes = tuple(sorted({whole("each n", n, least=1, most=MOST_VALUES) for n in several}))
    for test in tests:
        least = STATISTICS[test].least
        if sizes[0] < least:
            raise ValueError(f"{test} needs at least {least} values; n has {sizes[0]}.")
    return sizes


def _several(argument: str, given: object) -> tuple[Any, ...]:
    """Return one thing or several of them as a tuple."""
    single = isinstance(given, str | laws.Law | WeightedSum | RandomNetwork)
    if single or not isinstance(given, Iterable):
        return (given,)
    several = tuple(given)
    if not several:
        raise ValueError(f"{argument} must not be empty.")
    return several
