"""Registries: values such as laws by name, with parameters, as in ``"laplace(scale=2)"``."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any, Generic, TypeVar

from clt_sim._validation import unknown_name

T = TypeVar("T")

# Longer text could exhaust the stack of the parser; no specification comes near.
_LONGEST = 1000
_SPECIFICATION = re.compile(r"\s*([A-Za-z0-9-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)


class Registry(Generic[T]):
    """Dataclasses of one kind, by their class attribute ``name``.

    Parameters
    ----------
    kind : str
        What the entries are, for messages: ``"law"``.
    base : type
        The class that all entries derive from.
    """

    def __init__(self, kind: str, base: type[T]) -> None:
        self.kind = kind
        self.base = base
        self._classes: dict[str, type[T]] = {}

    def register(self, cls: type[T]) -> type[T]:
        """Add a class under its ``name``; for use as a decorator."""
        self._classes[cls.name] = cls  # type: ignore[attr-defined]
        return cls

    def names(self) -> tuple[str, ...]:
        """Return the registered names, sorted."""
        return tuple(sorted(self._classes))

    def get(self, specification: str | T, **parameters: object) -> T:
        """Return the value that a specification names.

        Parameters
        ----------
        specification : str or value
            A name, a name with parameters, or a value, which is returned as it is.
        **parameters
            Parameters of the value; they go before those in the specification.

        Returns
        -------
        value
            An instance of the registered class.

        Raises
        ------
        ValueError
            If the name or a parameter is unknown (with the nearest match), or a parameter is
            outside its range.
        TypeError
            If the specification is neither text nor a value of this kind.
        """
        if isinstance(specification, self.base):
            if parameters:
                raise TypeError(f"{specification} has its parameters already: {parameters}.")
            return specification
        if not isinstance(specification, str):
            raise TypeError(f"a {self.kind} is given by name or value, not {specification!r}.")
        name, written = _parse(self.kind, specification)
        if name not in self._classes:
            raise unknown_name(self.kind, name, self._classes)
        cls = self._classes[name]
        merged = {**written, **parameters}
        allowed = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        for parameter in merged:
            if parameter not in allowed:
                raise unknown_name(f"parameter of {self.kind} {name!r}:", parameter, allowed)
        return cls(**merged)


def specification(value: Any) -> str:
    """Return the text that makes an equal value: its name and its non-default parameters.

    Examples
    --------
    >>> import clt_sim as clt
    >>> str(clt.laws.Normal(sd=2.0))
    'normal(sd=2.0)'
    """
    changed = [
        f"{field.name}={getattr(value, field.name)!r}"
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != field.default
    ]
    return f"{value.name}({', '.join(changed)})" if changed else str(value.name)


def _parse(kind: str, text: str) -> tuple[str, dict[str, Any]]:
    if len(text) > _LONGEST:
        raise ValueError(f"a {kind} is given in at most {_LONGEST} characters, not {len(text)}.")
    match = _SPECIFICATION.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the {kind} {text!r}; write name or name(parameter=value).")
    name, arguments = match.groups()
    try:
        return name, _literals(arguments or "")
    # All that ast.parse and ast.literal_eval are documented to raise.
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"cannot read the parameters of {kind} {text!r}: {error}.") from None


def _literals(arguments: str) -> dict[str, Any]:
    call = ast.parse(f"f({arguments})", mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise ValueError("write parameter=value, with commas between")
    values: dict[str, Any] = {}
    for item in call.keywords:
        if item.arg is None:
            raise ValueError("write parameter=value, not **")
        if item.arg in values:
            raise ValueError(f"{item.arg} is given twice")
        values[item.arg] = ast.literal_eval(item.value)
    return values
