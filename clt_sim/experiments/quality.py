"""How long an experiment is."""

from __future__ import annotations

from clt_sim._validation import check_name

QUALITIES = ("draft", "paper")
"""A draft takes some seconds, a paper has narrow intervals and smooth curves."""


def check_quality(quality: str) -> None:
    """Raise if a quality is unknown.

    Raises
    ------
    ValueError
        With the nearest match.

    Examples
    --------
    >>> check_quality("drafts")
    Traceback (most recent call last):
    ...
    ValueError: unknown quality 'drafts'. Did you mean 'draft'? Known: draft, paper.
    """
    check_name("quality", quality, QUALITIES)
