"""The measures of sparsity that Hurley & Rickard compare, as functions of magnitudes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_array
from clt_sim.sparsity import entropies, norms
from clt_sim.sparsity.concentration import hoyer
from clt_sim.sparsity.gini import gini
from clt_sim.sparsity.kurtosis import kappa4
from clt_sim.sparsity.pq_mean import pq_mean
from clt_sim.sparsity.u_theta import u_theta

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class PublishedMeasure:
    """A function of N magnitudes that is larger where they are sparser.

    Parameters
    ----------
    formula : str
        What it is, with its parameters as they are set here.
    function : callable
        The function of an array of float64, shape (N,).
    in_reports : str or None
        The index of `clt_sim.sparsity` that is this function or its form free of scale and of N;
        None where there is no natural one.

    Examples
    --------
    >>> from clt_sim.sparsity import hurley_rickard
    >>> hurley_rickard["kappa4"]([0.0, 0.0, 0.0, 2.0])
    1.0
    >>> print(hurley_rickard["-l1"])
    -sum c
    """

    formula: str
    function: Callable[[NDArray[np.float64]], float]
    in_reports: str | None

    def __call__(self, c: ArrayLike) -> float:
        """Return the measure.

        Parameters
        ----------
        c : array_like, shape (N,)
            The magnitudes, at least one of them above 0.

        Raises
        ------
        ValueError
            If they are not that.
        """
        magnitudes = finite_array("c", c, ndim=1, dtype=np.float64)
        if magnitudes.min() < 0.0 or magnitudes.max() == 0.0:
            raise ValueError(f"c must be magnitudes, from 0 on and not all 0, not {magnitudes}.")
        return self.function(magnitudes.astype(np.float64, copy=False))

    def __str__(self) -> str:
        """Return the formula."""
        return self.formula


hurley_rickard: Mapping[str, PublishedMeasure] = MappingProxyType(
    {
        "l0": PublishedMeasure("#{c = 0}", norms.zeros, "exact-zero"),
        "l0-epsilon": PublishedMeasure("#{c <= 0.1}", norms.zeros_within, "near-zero"),
        "-l1": PublishedMeasure("-sum c", norms.negative_l1, None),
        "-lp": PublishedMeasure("-(sum c^(1/2))^2", norms.negative_lp, "pq-mean"),
        "l2/l1": PublishedMeasure("sqrt(sum c^2)/sum c", norms.l2_over_l1, "hoyer"),
        "-tanh": PublishedMeasure("-sum tanh(c)", norms.negative_tanh, None),
        "-log": PublishedMeasure("-sum log(1 + c^2)", norms.negative_log, None),
        "kappa4": PublishedMeasure("sum c^4/(sum c^2)^2", kappa4, "kurtosis"),
        "u-theta": PublishedMeasure(
            "1 - (shortest interval with half of c)/(range of c)", u_theta, "u-theta"
        ),
        "-lp-": PublishedMeasure("-sum c^(-1/2), c > 0", norms.negative_lp_minus, None),
        "h-g": PublishedMeasure("-sum log c^2", entropies.gaussian_entropy, "gaussian-entropy"),
        "-h-s": PublishedMeasure(
            "sum s log s^2, s = c^2/sum c^2", entropies.negative_shannon_entropy, "shannon-entropy"
        ),
        "-h-s'": PublishedMeasure(
            "sum c log c^2",
            entropies.negative_shannon_entropy_of_magnitudes,
            "shannon-entropy-of-magnitudes",
        ),
        "hoyer": PublishedMeasure("(sqrt(N) - l1/l2)/(sqrt(N) - 1)", hoyer, "hoyer"),
        "pq-mean": PublishedMeasure("-(mean c^(1/2))^2/(mean c^2)^(1/2)", pq_mean, "pq-mean"),
        "gini": PublishedMeasure("1 - 2 sum c_(k)/l1 (N - k + 1/2)/N", gini, "gini"),
    }
)
"""Table I of N. Hurley & S. Rickard, Comparing measures of sparsity (IEEE Trans. Inf. Theory 55,
2009), by name. The two Shannon entropies are larger where values are even; here they have the sign
that makes sparser ones larger."""
