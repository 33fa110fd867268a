"""Axes of training steps on a square-root scale, as most changes in the beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

STEPS_LABEL = "steps, on a square-root scale"


def root_steps(last: int, ax: Axes) -> None:
    """Put steps from 0 to the last on a square-root axis.

    Parameters
    ----------
    last : int
        The last step.
    ax : matplotlib.axes.Axes
        The panel, whose x axis it is.
    """
    ax.set_xscale("function", functions=(_signed_root, _signed_square))
    ax.set(xlim=(0, last), xticks=[round(last * share) for share in (0, 0.05, 0.25, 0.5, 1)])


# Of either sign, as limits in the making may be below 0.
def _signed_root(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sign(x) * np.sqrt(np.abs(x))


def _signed_square(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sign(x) * np.square(x)
