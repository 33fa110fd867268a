"""A number with its standard error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clt_sim.tables import Facts, Table


@dataclass(frozen=True, slots=True)
class Estimate(Facts):
    """A number and how far it may be off.

    Parameters
    ----------
    value : float
        The estimate.
    stderr : float
        Its standard error; for numbers from an exact law a bound on the numerical error.

    Examples
    --------
    >>> estimate = Estimate(0.123456, 0.0021)
    >>> print(estimate)
    0.1235 ± 0.0021
    >>> float(estimate)
    0.123456
    """

    value: float
    stderr: float

    def __float__(self) -> float:
        """Return the value without its error."""
        return self.value

    def _as_tables(self) -> Sequence[Table]:
        return [Table(str(self), (), ())]

    def __str__(self) -> str:
        """Show the value with two significant digits of its error."""
        if not 0.0 < self.stderr < float("inf"):
            return f"{self.value:.6g} ± {self.stderr:.2g}"
        exponent = int(f"{self.stderr:.1e}".split("e")[1])
        if -7 < exponent < 5:
            decimals = max(0, 1 - exponent)
            return f"{self.value:.{decimals}f} ± {self.stderr:.{decimals}f}"
        return f"{self.value:.6g} ± {self.stderr:.2g}"
