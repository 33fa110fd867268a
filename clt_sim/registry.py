"""Registries: values such as laws by name, with parameters, as in ``"laplace(scale=2)"``."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Generic, TypeVar

from clt_sim._validation import shown, unknown_name

T = TypeVar("T")

# Longer text could exhaust the stack of the parser; no specification comes near.
_LONGEST = 1000
_SPECIFICATION = re.compile(r"\s*([A-Za-z0-9-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_MOST_SHOWN = 16
"""Longer rows of numbers are only counted in the text of a value."""
ALWAYS_TOLD = {"always told": True}
"""Metadata of a parameter without which the name says too little, even at its default."""


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
                raise TypeError(f"{specification} has its parameters already: {shown(parameters)}.")
            return specification
        if not isinstance(specification, str):
            raise TypeError(f"a {self.kind} is given by name or value, not {shown(specification)}.")
        name, written = _parse(self.kind, specification)
        return self._make(name, {**written, **parameters})

    def from_description(self, description: str | Mapping[str, Any]) -> T:
        """Return the value that `describe` has described.

        Nothing is executed: a description names classes of this registry and holds literals.

        Parameters
        ----------
        description : str or mapping
            A specification, or a mapping from ``"name"`` to the name and from parameters to JSON
            types, in which values of the same registry are descriptions themselves.

        Returns
        -------
        value
            Equal to the value that was described.

        Raises
        ------
        ValueError
            As `get`; or if the name is missing or the description is nested too deeply.
        TypeError
            If the description is neither text nor a mapping.
        """
        if not isinstance(description, Mapping):
            return self.get(description)
        if not isinstance(description.get("name"), str):
            raise ValueError(
                f"the description of a {self.kind} must have a name: {shown(description)}."
            )
        try:
            parameters = {key: self._read(value) for key, value in description.items()}
        except RecursionError:
            raise ValueError(f"the description of a {self.kind} is nested too deeply.") from None
        return self._make(parameters.pop("name"), parameters)

    def _read(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self.from_description(value)
        return tuple(map(self._read, value)) if isinstance(value, list) else value

    def class_of(self, name: str) -> type[T]:
        """Return the class that is registered under a name, without making a value of it."""
        if name not in self._classes:
            raise unknown_name(self.kind, name, self._classes)
        return self._classes[name]

    def _make(self, name: str, parameters: dict[str, Any]) -> T:
        cls = self.class_of(name)
        fields = _parameters(cls)
        for parameter in parameters:
            if parameter not in fields:
                raise unknown_name(f"parameter of {self.kind} {name!r}:", parameter, fields)
        for parameter, field in fields.items():
            required = field.default is dataclasses.MISSING
            if required and parameter not in parameters:
                raise ValueError(f"{self.kind} {name!r} needs {parameter}.")
        return cls(**parameters)


def specification(value: Any) -> str:
    """Return the text of a value: its name and its parameters that are not the default.

    Parameters with the metadata `ALWAYS_TOLD` are in it at their default too. The text makes an
    equal value, unless a parameter has more than 16 numbers: of those it says how many there are,
    and `describe` keeps them.

    Examples
    --------
    >>> import clt_sim as clt
    >>> str(clt.laws.Normal(sd=2.0))
    'normal(sd=2.0)'
    >>> str(clt.laws.Sparse("laplace", zero_probability=0.75))
    "sparse(slab='laplace', zero_probability=0.75)"
    """
    told = [f"{key}={_text(parameter)}" for key, parameter in _told(value).items()]
    return f"{value.name}({', '.join(told)})" if told else str(value.name)


def describe(value: Any) -> str | dict[str, Any]:
    """Return a registered value as JSON types, with all its data.

    Parameters
    ----------
    value : value
        An instance of a registered class.

    Returns
    -------
    str or dict
        Its text where that makes an equal value; otherwise its name and its parameters.
        ``Registry.from_description`` makes an equal value of either.

    Examples
    --------
    >>> import clt_sim as clt
    >>> describe(clt.laws.Normal(sd=2.0))
    'normal(sd=2.0)'
    >>> description = describe(clt.laws.Empirical(range(100)))
    >>> description["name"], description["data"][:3]
    ('empirical', [0.0, 1.0, 2.0])
    """
    told = _told(value)
    text = str(value)
    if len(text) <= _LONGEST and all(map(_has_text, told.values())):
        return text
    return {"name": value.name} | {key: _json(parameter) for key, parameter in told.items()}


def _parameters(cls: Any) -> dict[str, dataclasses.Field[Any]]:
    """Return the fields that are given when a value is made, by name."""
    return {field.name: field for field in dataclasses.fields(cls) if field.init}


def _told(value: Any) -> dict[str, Any]:
    """Return the parameters that are told; arrays become tuples."""
    told = {}
    for name, field in _parameters(value).items():
        parameter = getattr(value, name)
        if hasattr(parameter, "tolist"):
            parameter = tuple(parameter.tolist())
        if parameter != field.default or field.metadata == ALWAYS_TOLD:
            told[name] = parameter
    return told


def _is_row(parameter: object) -> bool:
    return isinstance(parameter, Sequence) and not isinstance(parameter, str)


def _has_text(parameter: Any) -> bool:
    """Say whether the text of a parameter holds all of it."""
    if _is_row(parameter):
        return len(parameter) <= _MOST_SHOWN and all(map(_has_text, parameter))
    if dataclasses.is_dataclass(parameter):
        return isinstance(describe(parameter), str)
    return True


def _text(parameter: Any) -> str:
    """Return a parameter as a Python literal, or how many numbers there are."""
    if _is_row(parameter):
        if len(parameter) > _MOST_SHOWN:
            return f"{len(parameter)} numbers"
        return f"({', '.join(map(_text, parameter))}{',' * (len(parameter) == 1)})"
    if dataclasses.is_dataclass(parameter):
        return repr(str(parameter))
    return repr(_json(parameter))


def _json(parameter: Any) -> Any:
    """Return a parameter as JSON types."""
    if _is_row(parameter):
        return [_json(item) for item in parameter]
    if dataclasses.is_dataclass(parameter):
        return describe(parameter)
    if isinstance(parameter, Fraction):
        return int(parameter) if parameter.denominator == 1 else str(parameter)
    return parameter


def _parse(kind: str, text: str) -> tuple[str, dict[str, Any]]:
    if len(text) > _LONGEST:
        raise ValueError(f"a {kind} is given in at most {_LONGEST} characters, not {len(text)}.")
    match = _SPECIFICATION.fullmatch(text)
    if match is None:
        raise ValueError(
            f"cannot read the {kind} {shown(text)}; write name or name(parameter=value)."
        )
    name, arguments = match.groups()
    try:
        return name, _literals(arguments or "")
    # All that ast.parse and ast.literal_eval are documented to raise.
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"cannot read the parameters of {kind} {shown(text)}: {error}.") from None


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
