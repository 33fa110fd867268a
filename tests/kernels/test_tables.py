"""Draws by table: every cell and place, quantiles of every law, and alias tables."""

from __future__ import annotations

import functools
import math
import time
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import specimens
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

import clt_sim as clt
from clt_sim._kernels import tables
from clt_sim.engine.alias_table import alias_table
from clt_sim.engine.law_program import law_program
from clt_sim.engine.precision import get_precision
from clt_sim.engine.quantile_table import quantile_table
from clt_sim.laws.base import TABLE

PRECISIONS = ["single", "double"]
BITS = {"single": 32, "double": 64}
WORD = {"single": np.uint32, "double": np.uint64}
RANDOM_WORDS = 3000


@njit(error_model="numpy")
def apply_look_up(cells, choices, values):
    tables.look_up(cells, choices, values)


@njit(error_model="numpy")
def apply_look_up_double(cells, choices, values):
    tables.look_up_double(cells, choices, values)


@njit(error_model="numpy")
def apply_choose(words, thresholds, partners, choices):
    tables.choose(words, thresholds, partners, choices)


@njit(error_model="numpy")
def apply_place_atoms(pieces, atoms, choices, values):
    tables.place_atoms(pieces, atoms, choices, values)


LOOK_UP = {"single": apply_look_up, "double": apply_look_up_double}


def looked_up(precision, cells, choices, words):
    """Return what the kernel makes of words, in the precision it is of."""
    real = get_precision(precision).real
    values = np.array(words, WORD[precision]).view(real)
    LOOK_UP[precision](np.ascontiguousarray(cells, real), np.asarray(choices, np.int32), values)
    return values


@functools.cache
def some_words(precision):
    """Words at the ends of halves, octaves and cells, the ones beside them, and random ones."""
    bits = BITS[precision]
    top = 1 << (bits - 1)
    powers = [1 << place for place in range(bits)]
    cells = [powers[place] // 16 * part for place in (20, bits - 2) for part in range(16, 32)]
    ends = [0, top - 1, top, 2 * top - 1, *powers, *cells]
    # Beside these the rounding to a number of 24 or 53 bits changes its direction.
    steps = [(1 << (bits - 1)) - (1 << place) for place in range(bits - 1)]
    near = {(end + step) % (2 * top) for end in ends + steps for step in (-1, 0, 1)}
    near |= {word ^ top for word in near}
    random = np.random.default_rng(8).integers(0, 2 * top - 1, RANDOM_WORDS, np.uint64)
    # Small words are rare, and in cells of their own.
    small = [word >> shift for word in random.tolist()[:bits] for shift in range(0, bits, 3)]
    return sorted({*near, *random.tolist(), *small})


def probability(precision, word):
    """Return the half a word is in, and how much of the mass of the piece is beyond, exactly."""
    bits = BITS[precision]
    half, rest = word >> (bits - 1), word & ((1 << (bits - 1)) - 1)
    if precision == "single":
        rounded = np.float32(np.float64(np.float32(rest)) * 2.0**-32 + 2.0**-33)
        return half, min(Fraction(float(rounded)), Fraction(1, 2) - Fraction(1, 2**25))
    return half, max(Fraction(rest >> 11 | 1, 2**53), Fraction(1, 2**33))


def cell_and_place(precision, word):
    """Octaves from 2^-33 to 1/2, each of 16 equal cells; the upper half after the lower one."""
    half, share = probability(precision, word)
    octave = 0
    while share >= Fraction(2, 2**33) * 2**octave:
        octave += 1
    parts = (share / Fraction(1, 2**33) / 2**octave - 1) * 16
    part = parts.numerator // parts.denominator
    return half * tables.SIDE_CELLS + octave * 16 + part, parts - part


@pytest.mark.parametrize("precision", PRECISIONS)
def test_cell_and_place_of_every_word(precision):
    words = some_words(precision)
    coefficients = get_precision(precision).table.coefficients
    number, place = np.zeros((2, tables.CELLS, coefficients))
    number[:, 0] = np.arange(tables.CELLS)
    place[:, 1] = 1.0
    choices = np.zeros(len(words))
    expected = [cell_and_place(precision, word) for word in words]
    assert {0, tables.SIDE_CELLS - 1, tables.SIDE_CELLS, tables.CELLS - 1} <= {
        cell for cell, _ in expected
    }
    assert looked_up(precision, number, choices, words).tolist() == [cell for cell, _ in expected]
    assert looked_up(precision, place, choices, words).tolist() == [
        float(inside) for _, inside in expected
    ]


def test_half_words_of_single_precision_are_rounded_once():
    """A control: the probabilities are odd multiples of 2^-33 only where 24 bits hold these."""
    half, share = probability("single", 12345)
    assert (half, share) == (0, Fraction(2 * 12345 + 1, 2**33))
    _, share = probability("single", 0x7FFFFFFF)
    assert share == Fraction(1, 2) - Fraction(1, 2**25)


def fused(a, b, c, real):
    """Round a*b + c once; in single precision by way of a double, which holds the product."""
    if real is np.float32:
        return np.float32(float(a) * float(b) + float(c))
    return float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_polynomial_of_the_piece(precision):
    """Horner's scheme with one rounding for each step; a choice beyond is any, for atoms."""
    real, coefficients = (
        get_precision(precision).real,
        get_precision(precision).table.coefficients,
    )
    rng = np.random.default_rng(9)
    words = rng.integers(0, 2 ** BITS[precision] - 1, 2000, np.uint64).tolist()
    cells = rng.normal(size=(3 * tables.CELLS, coefficients)).astype(real)
    choices = rng.integers(0, 5, len(words))
    expected = []
    for word, choice in zip(words, choices.tolist(), strict=True):
        cell, place = cell_and_place(precision, word)
        terms = cells[min(choice, 2) * tables.CELLS + cell]
        value = terms[-1]
        for term in terms[-2::-1]:
            value = fused(value, float(place), term, real)
        expected.append(value)
    np.testing.assert_array_equal(looked_up(precision, cells, choices, words), expected)


def chosen(words, thresholds, partners):
    columns = np.empty(len(words), np.int32)
    numbers = np.array(words, np.uint32).view(np.float32)
    apply_choose(numbers, np.uint32(thresholds), np.int32(partners), columns)
    return columns.tolist()


def chosen_slowly(words, thresholds, partners):
    result = []
    for word in words:
        column, inside = divmod(word * len(thresholds), 2**32)
        result.append(column if inside < thresholds[column] else int(partners[column]))
    return result


@pytest.mark.parametrize("columns", [1, 2, 3, 7, 1000, 2**16, 10**6 + 3])
def test_choice_of_every_word(columns):
    rng = np.random.default_rng(columns)
    thresholds = rng.integers(0, 2**32 - 1, columns, np.uint32)
    thresholds[:: max(columns // 3, 1)] = rng.choice([0, 1, 2**31, 2**32 - 1], 1)
    partners = rng.integers(0, columns, columns, np.int32)
    some = rng.integers(0, columns, 50).tolist()
    starts = [-(-(column << 32) // columns) for column in some]
    inside = [-(-((column << 32) + int(thresholds[column])) // columns) for column in some]
    near = {(word + step) % 2**32 for word in starts + inside for step in (-1, 0, 1)}
    words = sorted({*some_words("single"), *near})
    assert chosen(words, thresholds, partners) == chosen_slowly(words, thresholds, partners)


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_atoms_take_the_place_of_draws(real, pieces):
    rng = np.random.default_rng(7)
    atoms, before = rng.normal(size=5).astype(real), rng.normal(size=1000).astype(real)
    choices = rng.integers(0, pieces + 5, 1000, np.int32)
    values = before.copy()
    apply_place_atoms(np.int64(pieces), atoms, choices, values)
    expected = [
        atoms[choice - pieces] if choice >= pieces else value
        for choice, value in zip(choices.tolist(), before, strict=True)
    ]
    assert values.tolist() == expected


# Quantile tables.


def tabled_laws():
    laws = [law.without_atoms for law in specimens.laws() if law.kernel == TABLE]
    return [law for law in dict.fromkeys(laws) if law is not None and law.kernel == TABLE]


def spans(made):
    """The probabilities that the pieces of a table are between, in ascending order."""
    ends = np.concatenate([[0.0], np.cumsum(made.masses)])
    ends[-1] = 1.0
    return np.stack([ends[:-1], ends[1:]])


def drawn(law, table, precision, choices, words):
    """Return draws as the kernels make them, with the location and the scale of the table."""
    real = get_precision(precision).real
    values = looked_up(precision, table.cells, choices, words).astype(np.float64)
    return float(real(table.location)) + float(real(table.scale)) * values


class Untold(type(clt.laws.get("mixture"))):
    """A mixture that does not tell where its density jumps."""

    kinks = ()


WITHOUT_KINKS = Untold(tuple(map(clt.laws.get, ("uniform", "uniform(low=0.5,high=4)"))), (0.3, 0.7))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("law", [*tabled_laws(), WITHOUT_KINKS], ids=str)
def test_draws_are_quantiles(law, precision):
    table = get_precision(precision).table
    made = quantile_table(law, table)
    words = some_words(precision)[::3]
    choices = np.random.default_rng(5).integers(0, made.masses.size, len(words))
    x = drawn(law, made, precision, choices, words)
    low, high = spans(made)[:, choices]
    halves, shares = zip(*(probability(precision, word) for word in words), strict=True)
    inside = np.array([float(share) for share in shares]) * (high - low)
    p = np.where(np.array(halves) == 0, low + inside, high - inside)
    expected = law.quantile(p)
    # Probabilities are rounded, those of the upper half to 2^-53.
    rounded = p * 2.0**-51
    moved = law.quantile(np.minimum(p + rounded, 1.0)) - law.quantile(p - rounded)
    rounding = float(np.finfo(get_precision(precision).real).eps)
    allowed = table.tolerance * (np.abs(expected - made.location) + made.scale)
    allowed += rounding * (np.abs(expected) + abs(made.location))
    allowed += moved
    assert np.all(np.abs(x - expected) <= allowed)
    assert not np.any(np.abs(x + 3.0 * allowed - expected) <= allowed)


def upper_quantile_of_cauchy(share):
    return mpmath.cot(mpmath.pi * share)


def upper_quantile_of_pareto(share):
    return mpmath.mpf(share) ** -(1 / mpmath.mpf("1.5"))


def upper_quantile_of_arcsine(share):
    return mpmath.cos(mpmath.pi * share / 2) ** 2


@pytest.mark.parametrize(
    ("specification", "exact"),
    [
        ("cauchy", upper_quantile_of_cauchy),
        ("pareto(shape=1.5)", upper_quantile_of_pareto),
        ("arcsine", upper_quantile_of_arcsine),
    ],
)
def test_upper_tails_in_double_precision(specification, exact):
    """Closed forms of what is beyond: a draw is that of a probability within 2^-52."""
    law, precision = clt.laws.get(specification), "double"
    made = quantile_table(law, get_precision(precision).table)
    words = [word for word in some_words(precision) if word >> 63]
    x = drawn(law, made, precision, np.zeros(len(words)), words)
    with mpmath.workdps(40):
        for word, value in zip(words, x.tolist(), strict=True):
            _, share = probability(precision, word)
            share = mpmath.mpf(share.numerator) / share.denominator
            ends = [exact(share * (1 + step * mpmath.mpf(2) ** -52 / share)) for step in (-1, 1)]
            off = 2e-11 * (abs(exact(share)) + made.scale)
            assert min(ends) - off <= value <= max(ends) + off


def test_pieces_begin_and_end_at_kinks():
    law = clt.laws.get("piecewise-polynomial")
    made = quantile_table(law, get_precision("double").table)
    ends = np.cumsum(made.masses)
    assert np.abs(law.cdf(np.array(law.kinks))[:, None] - ends).min(axis=1).max() < 1e-15


def test_more_jumps_than_pieces_are_refused():
    class Steps(type(clt.laws.get("uniform"))):
        def quantile(self, p):
            return np.floor(1000.0 * np.asarray(p)) / 1000.0

    with pytest.raises(ValueError, match="cannot be drawn: a table of its quantile function is"):
        quantile_table(Steps(), get_precision("single").table)


# Alias tables.


def words_for_each(table):
    """Count exactly which words choose each outcome: those of a column are consecutive."""
    size = np.uint64(table.partners.size)
    starts = np.arange(table.partners.size, dtype=np.uint64) << np.uint64(32)

    def first_word(places):
        return (places + size - np.uint64(1)) // size

    own = first_word(starts + table.thresholds) - first_word(starts)
    every = first_word(starts + np.uint64(2**32)) - first_word(starts)
    counts = np.zeros(table.partners.size, np.int64)
    np.add.at(counts, np.arange(table.partners.size), own.astype(np.int64))
    np.add.at(counts, table.partners, (every - own).astype(np.int64))
    return counts


def probabilities_of(table):
    """Return, as exact fractions, what thresholds and partners say."""
    size = table.partners.size
    found = [0] * size
    for column, (own, partner) in enumerate(
        zip(table.thresholds.tolist(), table.partners.tolist(), strict=True)
    ):
        found[column] += own
        found[partner] += 2**32 - own
    return [Fraction(count, size * 2**32) for count in found]


def normalized(masses):
    masses = np.asarray(masses, np.float64)
    return masses / masses.sum()


MASSES = {
    "one": [1.0],
    "two": [0.25, 0.75],
    "rare": [1e-12, 1.0],
    "equal": np.ones(1000),
    "one of many": [999.0, *np.ones(999)],
    "of all sizes": 2.0 ** -np.arange(40.0),
    "random": np.random.default_rng(6).exponential(size=2000),
}


@pytest.mark.parametrize("masses", MASSES.values(), ids=MASSES)
def test_alias_table_has_the_probabilities(masses):
    probabilities = normalized(masses)
    found = probabilities_of(alias_table(probabilities))
    assert sum(found) == 1
    for exact, wanted in zip(found, probabilities.tolist(), strict=True):
        assert abs(exact - Fraction(wanted)) <= Fraction(1, 2**31)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=60))
def test_alias_table_of_any_masses(masses):
    table = alias_table(normalized(masses))
    for exact, wanted in zip(probabilities_of(table), normalized(masses).tolist(), strict=True):
        assert abs(exact - Fraction(wanted)) <= Fraction(1, 2**31)
    counts = words_for_each(table)
    holding = 1 + np.bincount(table.partners, minlength=len(masses))
    off = np.abs(counts - normalized(masses) * 2.0**32)
    assert np.all(off <= holding + 2.0)


def test_words_of_each_outcome_are_those_that_choose_it():
    probabilities = normalized(MASSES["of all sizes"])
    table = alias_table(probabilities)
    rng = np.random.default_rng(3)
    words = rng.integers(0, 2**32 - 1, 2**20, np.uint32).tolist()
    drawn_counts = np.bincount(chosen(words, table.thresholds, table.partners), minlength=40)
    expected = words_for_each(table) * 2.0**-12
    assert words_for_each(table).sum() == 2**32
    # A sum of squares in units of its expectation, about 1 with a standard deviation of 0.3.
    often = expected > 8.0
    square = np.mean((drawn_counts - expected)[often] ** 2 / expected[often])
    assert square < 2.5
    moved = np.roll(expected, 1)
    assert np.mean((drawn_counts - moved)[often] ** 2 / expected[often]) > 2.5


def test_a_million_outcomes_take_about_a_second():
    probabilities = normalized(1.0 / np.arange(1.0, 10**6 + 1.0))
    start = time.process_time()
    table = alias_table(probabilities)
    assert time.process_time() - start < 3.0
    off = np.abs(words_for_each(table) * 2.0**-32 - probabilities)
    assert off.max() < 2e-8
    assert math.isclose(off.sum(), 0.0, abs_tol=3e-4)


def test_an_empirical_law_of_many_values_is_drawn_from_its_data():
    data = np.random.default_rng(2).normal(size=5000)
    law = clt.laws.get("empirical", data=data)
    program = law_program(law, get_precision("double"))
    assert program.pieces == 0
    assert set(program.atoms.tolist()) == set(data.tolist())
    found = probabilities_of(program.choice)
    assert all(abs(each - Fraction(1, 5000)) <= Fraction(1, 2**31) for each in found)
