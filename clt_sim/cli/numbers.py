"""Numbers as the values of options."""

from __future__ import annotations

import click


class Numbers(click.ParamType):  # type: ignore[type-arg] # generic in some versions of click only
    """Numbers with commas between them."""

    name = "numbers"

    def convert(
        self,
        value: str | tuple[float, ...],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[float, ...]:
        """Return the numbers, or fail."""
        if isinstance(value, tuple):
            return value
        some = numbers_in(value)
        if some is None:
            self.fail(f"{value!r} is not numbers with commas between them.", param, ctx)
        return some


class Count(click.ParamType):  # type: ignore[type-arg] # generic in some versions of click only
    """A whole number, which may be written as 1e7.

    Parameters
    ----------
    least : int
        The smallest that is allowed.
    """

    name = "count"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number, or fail."""
        number = _whole(str(value))
        if number is None or number < self.least:
            self.fail(
                f"{value!r} is not a whole number from {self.least}, such as 1000 or 1e7.",
                param,
                ctx,
            )
        return number


def numbers_in(text: str) -> tuple[float, ...] | None:
    """Return the numbers of a text with commas between them; None if it is something else.

    Examples
    --------
    >>> numbers_in("1,-2.5"), numbers_in("normal")
    ((1.0, -2.5), None)
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
