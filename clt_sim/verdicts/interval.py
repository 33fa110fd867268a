"""Where a measure lies: its interval, apart from the question that is asked of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval for a measure, by what its width is made of.

    Parameters
    ----------
    value : float
        The measure of the draws, or of the law.
    least, most : float
        What is known of it: equal but for the width of bins and numerical errors, which no number
        of draws makes smaller.
    below, above : float
        How far below `least` and above `most` sampling lets the measure of the law be; they
        shrink as ``count**-0.5``.
    floor : float
        The least that the measure can be: 0 for a distance.
    count : int or None
        The number of independent draws (for a signal: units); None for a law, of which nothing
        was drawn.
    ensemble : str
        What the measure ranges over.
    method : str
        How the interval was made.
    counted : str
        What the count counts.

    Examples
    --------
    >>> interval = Interval(0.02, 0.019, 0.021, 0.03, 0.03, 0.0, 2000, "2000 values", "by hand")
    >>> interval.low, round(interval.high, 3)
    (0.0, 0.051)
    """

    value: float
    least: float
    most: float
    below: float
    above: float
    floor: float
    count: int | None
    ensemble: str
    method: str
    counted: str = "draws"

    @property
    def low(self) -> float:
        """The lower end."""
        return max(self.floor, self.least - self.below)

    @property
    def high(self) -> float:
        """The upper end."""
        return self.most + self.above

    @property
    def size(self) -> tuple[float, float]:
        """The interval of the absolute value of the measure."""
        return absolute(self.low, self.high)

    @property
    def known_size(self) -> tuple[float, float]:
        """The interval of the absolute value that is left when sampling errors are gone."""
        return absolute(self.least, self.most)


def absolute(low: float, high: float) -> tuple[float, float]:
    """Return the least and the greatest absolute value in an interval.

    Examples
    --------
    >>> absolute(-3.0, 1.0)
    (0.0, 3.0)
    """
    ends = abs(low), abs(high)
    return (0.0 if low <= 0.0 <= high else min(ends)), max(ends)
