"""One number of an experiment, with its interval, against the threshold that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy.special import ndtri

from clt_sim._validation import shown
from clt_sim.estimate import Estimate
from clt_sim.tables import Facts

CONFIDENCE = 0.999
"""Of the interval of every finding: that any of ten is wrong has a probability of at most 1 %."""
REACH = float(ndtri(0.5 + 0.5 * CONFIDENCE))
"""Half the length of the interval of a normal estimate, in standard errors."""
SIDES = ("below", "above")


@dataclass(frozen=True, slots=True)
class Finding(Facts):
    """What a claim says of one number, and what the experiment found.

    Parameters
    ----------
    question : str
        What the number is, in words: ``"Kolmogorov distance of the sum of 64 uniform variables"``.
    value : float
        The number found.
    low, high : float
        The interval in which it lies with a confidence of 99.9 %; of a number from an exact law
        the bounds of the numerical error.
    side : str
        Where the claim says that the number is: ``"below"`` the threshold or ``"above"`` it.
    threshold : float
        The number that decides, fixed before the experiment.
    decides : bool
        Whether the claim rests on it. A finding that does not decide shows a condition: where the
        claim turns, or keeps, outside of what it says.

    Raises
    ------
    ValueError
        If the value is not in the interval, or the side is neither of the two.

    Examples
    --------
    >>> print(Finding("distance", 0.004, 0.003, 0.005, "below", 0.01))
    holds: distance 0.004 [0.003, 0.005], below 0.01
    """

    question: str
    value: float
    low: float
    high: float
    side: str
    threshold: float
    decides: bool = True

    def __post_init__(self) -> None:
        """Check the interval and the side."""
        if not self.low <= self.value <= self.high:
            raise ValueError(
                f"the value must be in its interval: {self.value} is not in"
                f" [{self.low}, {self.high}]."
            )
        if self.side not in SIDES:
            raise ValueError(f"side must be 'below' or 'above', not {self.side!r}.")

    @property
    def status(self) -> str:
        """Whether the whole interval is where the claim says.

        ``"holds"``, ``"refuted"`` (the whole interval is on the other side), or ``"undecided"``.
        """
        under, over = self.high <= self.threshold, self.low > self.threshold
        if not under and not over:
            return "undecided"
        return "holds" if under == (self.side == "below") else "refuted"

    def __str__(self) -> str:
        """Return the finding as one line."""
        interval = f"[{self.low:.4g}, {self.high:.4g}]"
        where = f"{self.side} {self.threshold:.4g}"
        return f"{self.status}: {self.question} {self.value:.4g} {interval}, {where}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""
        return {**Facts.to_dict(self), "status": self.status}


def finding(
    question: str, estimate: Estimate, side: str, threshold: float, *, decides: bool = True
) -> Finding:
    """Return the finding of an estimate with a normal error, or of an exact number.

    Parameters
    ----------
    question, side, threshold, decides
        As in `Finding`.
    estimate : Estimate
        The number; its standard error makes the interval of 99.9 % of a normal law.

    Examples
    --------
    >>> from clt_sim import Estimate
    >>> finding("kurtosis", Estimate(3.0, 0.1), "above", 2.5).status
    'holds'
    """
    if not isinstance(estimate, Estimate):
        raise TypeError(f"estimate must be an Estimate, not {shown(estimate)}.")
    reach = REACH * estimate.stderr
    low, high = estimate.value - reach, estimate.value + reach
    return Finding(question, estimate.value, low, high, side, threshold, decides)
