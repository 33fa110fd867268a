"""Descriptions of models as JSON types, before a model is made of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clt_sim._validation import check_name, shown


def described_parts(
    description: object, kind: str, known: Iterable[str], *, required: str
) -> dict[str, Any]:
    """Return the parts of a model by name, or raise if they are not those of such a model.

    Parameters
    ----------
    description : dict
        Maps ``"model"`` to `kind` and names of parts to their descriptions.
    kind : str
        Which model: ``"weighted-sum"``.
    known : iterable of str
        The names of its parts.
    required : str
        The part that has no default.

    Returns
    -------
    dict
        A copy without ``"model"``.

    Raises
    ------
    TypeError
        If the description is not a mapping.
    ValueError
        If it is that of something else, or a part is unknown or missing.
    """
    parts = as_mapping(description)
    found = parts.pop("model", None)
    if not isinstance(found, str) or found != kind:
        raise ValueError(
            f"not the description of a {kind.replace('-', ' ')}: model is {shown(found)}."
        )
    for name in parts:
        check_name(f"part of a {kind.replace('-', ' ')}:", name, known)
    if required not in parts:
        raise ValueError(f"the description of a {kind.replace('-', ' ')} needs {required}.")
    return parts


def as_mapping(description: object) -> dict[str, Any]:
    """Return a copy of the description of a model, or raise if it is not a mapping."""
    if not isinstance(description, Mapping):
        raise TypeError(f"the description of a model must be a dict, not {shown(description)}.")
    return dict(description)
