"""Draws of any law: a choice among its atoms and the smooth pieces of its quantile function.

A smooth piece is drawn by inversion. Its quantile function is a polynomial in each of many cells
of probability, which halve towards both ends of the piece, each octave cut into equal parts: a
cell follows from the leading bits of a random number, and the place in the cell from the others.

Walker, "An efficient method for generating discrete random variables with general distributions"
(1977), is the method of choice: each of K equal columns holds two outcomes, and a threshold.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import uint32, uint64

from clt_sim._kernels.compilation import (
    bits_of,
    bits_of_double,
    double_of,
    float_of,
    fma,
    kernel,
    prefer_wide_vectors,
    scalar,
)

single, double = np.float32, np.float64
int32, int64 = np.int32, np.int64

OCTAVES = 32
"""Of probability, from 1/2 down to 2^-33, at either end of a piece."""
CELL_BITS = 4
SIDE_CELLS = OCTAVES << CELL_BITS
CELLS = 2 * SIDE_CELLS
"""Cells of a piece: those of the lower half, from its end upwards, then those of the upper."""


class Table(NamedTuple):
    """How one precision looks up the cells of quantile functions."""

    look_up: Any
    """The kernel, as `look_up`."""
    cells: int
    coefficients: int
    tolerance: float
    """Error that a draw may have, in units of ``abs(draw - location) + scale``."""


@scalar
def chosen(word: Any, thresholds: Any, partners: Any) -> Any:
    """Return the outcome that a word chooses, of the columns of `choose`."""
    product = uint64(uint32(word)) * uint64(thresholds.size)
    column = int32(product >> uint64(32))
    own = uint32(product) < thresholds[column]
    return column if own else partners[column]


@kernel
def choose(words: Any, thresholds: Any, partners: Any, choices: Any) -> None:
    """Choose an outcome with each word.

    Parameters
    ----------
    words : ndarray of float32, shape (block,)
        Random words, each as the number that has the same bits.
    thresholds : ndarray of uint32, shape (K,)
        The column itself is chosen where the fraction in it is below this.
    partners : ndarray of int32, shape (K,)
        What is chosen otherwise.
    choices : ndarray of int32, shape (block,)
        Overwritten.
    """
    prefer_wide_vectors()
    for j in range(words.size):
        choices[j] = chosen(uint32(bits_of(words[j])), thresholds, partners)


# In single precision the probability v is an odd multiple of 2^-33, rounded to 24 bits.
_STEP, _HALF_STEP = single(2.0**-32), single(2.0**-33)
_BELOW_HALF = single(np.nextafter(single(0.5), single(0.0)))
_ONE, _ONE_BITS = single(1.0), int32(0x3F800000)
_MANTISSA = 23
_LEAST_CELL = int32((127 - 1 - OCTAVES) << CELL_BITS)
_PLACE_MASK = int32((1 << (_MANTISSA - CELL_BITS)) - 1)


@scalar
def _cell_and_place(word: Any) -> Any:
    """Return the cell of a random word, from 0 on, and the place in it, in [0, 1)."""
    # The top bit is the half.
    v = fma(single(int32(word & uint32(0x7FFFFFFF))), _STEP, _HALF_STEP)
    bits = bits_of(v if v < _BELOW_HALF else _BELOW_HALF)
    cell = int32(int32(bits >> int32(_MANTISSA - CELL_BITS)) - _LEAST_CELL)
    place = float_of(int32(int32(int32(bits & _PLACE_MASK) << int32(CELL_BITS)) | _ONE_BITS)) - _ONE
    return int32(cell + int32(word >> uint32(31)) * int32(SIDE_CELLS)), place


@scalar
def smooth_draw(cells: Any, choice: Any, word: Any) -> Any:
    """Return the draw of the piece `choice`, or of the last if it is none, from a word."""
    last = int32(cells.shape[0] // CELLS - 1)
    cell, t = _cell_and_place(word)
    piece = choice if choice < last else last
    row = int32(cell + int32(piece * int32(CELLS)))
    high = fma(cells[row, 3], t, cells[row, 2])
    return fma(fma(high, t, cells[row, 1]), t, cells[row, 0])


@kernel
def look_up(cells: Any, choices: Any, values: Any) -> None:
    """Turn words into draws of the smooth pieces.

    Parameters
    ----------
    cells : ndarray of float32, shape (pieces*CELLS, 4)
        The polynomials, in ascending powers of the place in the cell.
    choices : ndarray of int32, shape (block,)
        The piece of each draw; draws whose choice is no piece are left to `place_atoms`.
    values : ndarray of float32, shape (block,)
        Words, each as the number that has the same bits; overwritten.
    """
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = smooth_draw(cells, choices[j], uint32(bits_of(values[j])))


SINGLE = Table(look_up, CELLS, coefficients=4, tolerance=2e-6)

# In double precision v is an odd multiple of 2^-53, at least 2^-33.
_ONE_DOUBLE, _HALF_DOUBLE, _LEAST = double(1.0), double(0.5), double(2.0**-33)
_ONE_DOUBLE_BITS, _LAST_BIT = uint64(0x3FF << 52), uint64(1)
_DOUBLE_MANTISSA = 52
_LEAST_DOUBLE_CELL = int64((1023 - 1 - OCTAVES) << CELL_BITS)
_DOUBLE_PLACE_MASK = uint64((1 << (_DOUBLE_MANTISSA - CELL_BITS)) - 1)


@scalar
def _double_cell_and_place(word: Any) -> Any:
    """Return the cell of 64 random bits, from 0 on, and the place in it, in [0, 1)."""
    # (1 + f) - 1 with f in [0, 1) an odd multiple of 2^-52, then its half.
    fraction = uint64(uint64(word << uint64(1)) >> uint64(12)) | _LAST_BIT
    v = _HALF_DOUBLE * (double_of(uint64(_ONE_DOUBLE_BITS | fraction)) - _ONE_DOUBLE)
    bits = bits_of_double(v if v > _LEAST else _LEAST)
    cell = int64(uint64(bits >> uint64(_DOUBLE_MANTISSA - CELL_BITS))) - _LEAST_DOUBLE_CELL
    inside = uint64(uint64(bits & _DOUBLE_PLACE_MASK) << uint64(CELL_BITS))
    place = double_of(uint64(inside | _ONE_DOUBLE_BITS)) - _ONE_DOUBLE
    return cell + int64(word >> uint64(63)) * int64(SIDE_CELLS), place


@scalar
def smooth_draw_double(cells: Any, choice: Any, word: Any) -> Any:
    """Return the draw of the piece `choice`, or of the last if it is none, from 64 bits."""
    last = int32(cells.shape[0] // CELLS - 1)
    cell, t = _double_cell_and_place(word)
    piece = choice if choice < last else last
    row = cell + int64(piece) * int64(CELLS)
    y = fma(cells[row, 7], t, cells[row, 6])
    y = fma(fma(y, t, cells[row, 5]), t, cells[row, 4])
    y = fma(fma(y, t, cells[row, 3]), t, cells[row, 2])
    return fma(fma(y, t, cells[row, 1]), t, cells[row, 0])


@kernel
def look_up_double(cells: Any, choices: Any, values: Any) -> None:
    """Turn words into draws of the smooth pieces, in double precision.

    Parameters
    ----------
    cells : ndarray of float64, shape (pieces*CELLS, 8)
        The polynomials, in ascending powers of the place in the cell.
    choices : ndarray of int32, shape (block,)
        The piece of each draw; draws whose choice is no piece are left to `place_atoms`.
    values : ndarray of float64, shape (block,)
        Pairs of words, each as the number that has the same bits; overwritten.
    """
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = smooth_draw_double(cells, choices[j], bits_of_double(values[j]))


DOUBLE = Table(look_up_double, CELLS, coefficients=8, tolerance=1e-11)


@kernel
def place_atoms(pieces: Any, atoms: Any, choices: Any, values: Any) -> None:
    """Overwrite the draws whose choice is an atom.

    Parameters
    ----------
    pieces : int64
        Choices below this are no atoms.
    atoms : ndarray of float32 or float64, shape (m,)
        Where they are, at least one.
    choices : ndarray of int32, shape (block,)
        What was chosen.
    values : ndarray of the same, shape (block,)
        Overwritten in part.
    """
    prefer_wide_vectors()
    for j in range(values.size):
        atom = int32(choices[j] - int32(pieces))
        at = atoms[atom if atom > 0 else 0]
        values[j] = values[j] if atom < 0 else at
