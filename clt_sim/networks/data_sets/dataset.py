"""Labelled inputs for training and for testing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import class_labels, finite_array
from clt_sim._validation import check_text

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Inputs with their classes, split into a training set and a test set.

    Parameters
    ----------
    train_inputs, test_inputs : ndarray of float32, shape (rows, features)
        Finite inputs, one a row; the two have equally many features.
    train_labels, test_labels : ndarray of int64, shape (rows,)
        The class of each row: 0 to K - 1, each of which occurs in `train_labels`.
    name : str
        What the data are.
    scaling : str
        How the inputs were made from the stored numbers.

    Raises
    ------
    TypeError
        If inputs are not real numbers or labels are not whole numbers.
    ValueError
        If shapes do not agree, an input is not finite, or a label is out of range.

    Examples
    --------
    >>> data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1], name="toy", scaling="none")
    >>> data.features, data.classes
    (1, 2)
    """

    train_inputs: NDArray[np.float32] = field(repr=False)
    train_labels: NDArray[np.int64] = field(repr=False)
    test_inputs: NDArray[np.float32] = field(repr=False)
    test_labels: NDArray[np.int64] = field(repr=False)
    name: str
    scaling: str

    def __post_init__(self) -> None:
        """Check that inputs and labels fit, and store them read-only."""
        check_text("name", self.name)
        check_text("scaling", self.scaling)
        for part in ("train", "test"):
            name = f"{part}_inputs"
            inputs = finite_array(name, getattr(self, name), ndim=2, dtype=np.float32)
            object.__setattr__(self, name, inputs)
        if self.test_inputs.shape[1] != self.features:
            raise ValueError(
                f"test_inputs must have {self.features} features as train_inputs have,"
                f" not {self.test_inputs.shape[1]}."
            )
        labels = class_labels("train_labels", self.train_labels, rows=len(self.train_inputs))
        present = np.unique(labels)
        if not np.array_equal(present, np.arange(len(present))):
            raise ValueError(
                "train_labels must be 0 to K - 1 with none missing; they are"
                f" {len(present)} values from {present[0]} to {present[-1]}."
            )
        object.__setattr__(self, "train_labels", labels)
        labels = class_labels(
            "test_labels", self.test_labels, rows=len(self.test_inputs), classes=self.classes
        )
        object.__setattr__(self, "test_labels", labels)

    @property
    def features(self) -> int:
        """The number of numbers in one input."""
        return int(self.train_inputs.shape[1])

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.train_labels.max()) + 1
