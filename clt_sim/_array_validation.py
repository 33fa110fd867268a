"""Checks of arrays: finite numbers, class labels."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._validation import check_name, shown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray


def real_numbers(argument: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as an array of doubles, or raise if it is not made of real numbers.

    This is the door of functions that take points: NaN and infinities are points as well, and
    any shape will do. It costs next to nothing for an array of doubles.

    Parameters
    ----------
    argument : str
        Name for the message.
    value : array_like
        The numbers; booleans count as 0 and 1.

    Returns
    -------
    ndarray of float64
        In the shape of `value`; `value` itself where it is such an array already.

    Raises
    ------
    TypeError
        If the elements are not real numbers: text, complex numbers and dates are not.
    ValueError
        If the array is not rectangular, or a finite element is beyond the range of doubles.

    Examples
    --------
    >>> real_numbers("x", [1, 2.5]).tolist()
    [1.0, 2.5]
    >>> real_numbers("x", "1.5")
    Traceback (most recent call last):
    TypeError: x must be real numbers, not of dtype <U3.
    """
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value
    return _doubles(argument, _real(argument, value))


def real_floats(argument: str, value: ArrayLike) -> NDArray[np.floating]:
    """Return `value` as `real_numbers` does, but float32 as it is.

    Raises
    ------
    TypeError, ValueError
        As `real_numbers`.
    """
    array = _real(argument, value)
    return array if array.dtype == np.float32 else _doubles(argument, array)


def finite_numbers(argument: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as an array of finite doubles of any shape, or raise.

    Raises
    ------
    TypeError, ValueError
        As `real_numbers`; also if an element is NaN or infinite.
    """
    array = real_numbers(argument, value)
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(f"{argument} must be finite, not {array[~finite].flat[0]}.")
    return array


def rectangular(argument: str, value: object) -> NDArray[Any]:
    """Return `value` as an array of any dtype, or raise if it is ragged or masked.

    Raises
    ------
    TypeError, ValueError
        If it is.
    """
    refuse_mask(argument, value)
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{argument} must be a rectangular array: {error}") from None


def is_axis(axis: object) -> bool:
    """Say whether `axis` is 0 or 1 and a whole number."""
    return isinstance(axis, int | np.integer) and not isinstance(axis, bool) and axis in (0, 1)


def _real(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Return `value` as an array of any dtype of real numbers."""
    array = rectangular(argument, value)
    if array.dtype.kind == "O":
        array = _doubles_of_objects(argument, array)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument} must be real numbers, not of dtype {array.dtype}.")
    return array


def _doubles_of_objects(argument: str, array: NDArray[Any]) -> NDArray[np.float64]:
    """Return Python numbers that have no dtype, such as large integers and fractions."""
    for item in array.flat:
        if not isinstance(item, numbers.Real):
            raise TypeError(f"{argument} must be real numbers, not {shown(item)}.")
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise _too_large(argument) from None


def _doubles(argument: str, array: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        doubles: NDArray[np.float64] = array.astype(np.float64, copy=False)
    if array.dtype.itemsize > doubles.itemsize and (np.isinf(doubles) & np.isfinite(array)).any():
        raise _too_large(argument)
    return doubles


def _too_large(argument: str) -> ValueError:
    return ValueError(f"{argument} must be at most {np.finfo(np.float64).max} in size.")


NAN_POLICIES = ("raise", "omit")


def finite_array(
    argument: str, value: ArrayLike, *, ndim: int, dtype: DTypeLike | None = None
) -> NDArray[np.floating]:
    """Return `value` as a read-only array, or raise if it is not made of finite numbers.

    Parameters
    ----------
    argument : str
        Name for the message.
    value : array_like
        The numbers; booleans count as 0 and 1.
    ndim : int
        The number of dimensions that the array must have, none of them empty.
    dtype : dtype or None
        float32 or float64; None keeps float32 and makes everything else float64.

    Returns
    -------
    ndarray of float32 or float64
        A copy in row order; `value` itself where it is such an array already, and read-only.

    Raises
    ------
    TypeError
        If the elements are not real numbers.
    ValueError
        If the shape is wrong or an element is not finite in `dtype`.
    """
    refuse_mask(argument, value)
    fixed = isinstance(value, np.ndarray) and value.flags.owndata and not value.flags.writeable
    try:
        array = np.array(value, order="C", copy=None if fixed else True)
    except ValueError as error:
        raise ValueError(f"{argument} must be a rectangular array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument} must be real numbers, not of dtype {array.dtype}.")
    if array.ndim != ndim or array.size == 0:
        raise ValueError(
            f"{argument} must have {ndim} dimension{'s' * (ndim > 1)} and be not empty;"
            f" its shape is {array.shape}."
        )
    if dtype is None:
        dtype = np.float32 if array.dtype == np.float32 else np.float64
    with np.errstate(over="ignore"):
        array = array.astype(dtype, copy=False)
    is_finite = np.isfinite(array)
    if not is_finite.all():
        bad = np.argwhere(~is_finite)
        index = tuple(int(i) for i in bad[0])
        raise ValueError(
            f"{argument} must be finite; {argument}[{', '.join(map(str, index))}] is"
            f" {array[index]} ({len(bad)} of {array.size} are not)."
        )
    array.setflags(write=False)
    return array


def check_nan_policy(nan_policy: str) -> None:
    """Raise if a policy is neither ``"raise"`` nor ``"omit"``.

    Raises
    ------
    ValueError
        If it is not.
    """
    check_name("nan_policy", nan_policy, NAN_POLICIES)


def refuse_mask(argument: str, value: object) -> None:
    """Raise if `value` is a masked array, whose mask would be lost.

    Raises
    ------
    TypeError
        If it is.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{argument} must not be a masked array; pass {argument}.compressed().")


def class_labels(
    argument: str, value: ArrayLike, *, rows: int, classes: int | None = None
) -> NDArray[np.int64]:
    """Return `value` as a read-only array of class labels, or raise if it is not one.

    Parameters
    ----------
    argument : str
        Name for the message.
    value : array_like of int
        One label for each input.
    rows : int
        The number of inputs.
    classes : int or None
        The labels must be from 0 to ``classes - 1``; None if that is not known.

    Returns
    -------
    ndarray of int64, shape (rows,)
        A copy.

    Raises
    ------
    TypeError
        If the labels are not whole numbers.
    ValueError
        If they are not `rows` or one is out of range.
    """
    array = rectangular(argument, value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{argument} must be whole numbers, not of dtype {array.dtype}.")
    if array.shape != (rows,):
        raise ValueError(
            f"{argument} must be one label for each of the {rows} inputs; its shape is"
            f" {array.shape}."
        )
    labels = array.astype(np.int64)
    if classes is not None and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"{argument} must be from 0 to {classes - 1}, not from {labels.min()} to"
            f" {labels.max()}."
        )
    labels.setflags(write=False)
    return labels


def cluster_indices(argument: str, value: ArrayLike, *, size: int) -> NDArray[np.intp]:
    """Return labels as indices from 0, or raise if there is not one for each value.

    Parameters
    ----------
    argument : str
        Name for the message.
    value : array_like of int or str
        The labels.
    size : int
        The number of values.

    Returns
    -------
    ndarray of intp, shape (size,)
        From 0 to the number of different labels less 1.

    Raises
    ------
    TypeError
        If the labels are not whole numbers or strings.
    ValueError
        If they are not `size`.
    """
    labels = rectangular(argument, value)
    if labels.dtype.kind not in "iubUS":
        raise TypeError(
            f"{argument} must be whole numbers or strings, not of dtype {labels.dtype}."
        )
    if labels.shape != (size,):
        raise ValueError(
            f"{argument} must be one label for each of the {size} values; their shape is"
            f" {labels.shape}."
        )
    return np.unique(labels, return_inverse=True)[1]
