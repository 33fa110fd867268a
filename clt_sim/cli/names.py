"""Names as the values of options, completed by shells without importing what they name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

import click
from click.shell_completion import CompletionItem

from clt_sim._validation import unknown_name

_REGISTERED = re.compile(
    r'^@registry\.register\n.*?^    name: ClassVar\[str\] = "([a-z0-9-]+)"',
    re.DOTALL | re.MULTILINE,
)


def declared_names(package: str) -> list[str]:
    """Return the names of the classes that the modules of a package register, sorted.

    They are read in the source: importing it would compile for a second or two.

    Parameters
    ----------
    package : str
        Such as ``"laws"``, in clt_sim; or a module in it, ``"models/dependence.py"``.

    Examples
    --------
    >>> "laplace" in declared_names("laws")
    True
    """
    place = files("clt_sim").joinpath(package)
    modules = place.iterdir() if place.is_dir() else [place]
    texts = (module.read_text("utf-8") for module in modules if module.name.endswith(".py"))
    return sorted(name for text in texts for name in _REGISTERED.findall(text))


class Registered(click.ParamType):  # type: ignore[type-arg] # generic in some versions of click only
    """The text of a registered value, such as ``laplace(scale=2)``.

    Parameters
    ----------
    kind : str
        What it is, for help.
    package : str
        Where such values are declared, as for `declared_names`.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.name = kind
        self._package = package

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the names that begin as what is written."""
        return _beginning(declared_names(self._package), incomplete)


class Choice(click.ParamType):  # type: ignore[type-arg] # generic in some versions of click only
    """One of a few names; the error for another has the nearest match.

    Parameters
    ----------
    kind : str
        What it is, for help and messages.
    names : iterable of str
        The names.
    """

    def __init__(self, kind: str, names: Iterable[str]) -> None:
        self.name, self.names = kind, tuple(names)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or fail."""
        if value not in self.names:
            self.fail(str(unknown_name(self.name, value, self.names)), param, ctx)
        return value

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the names that begin as what is written."""
        return _beginning(self.names, incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


LAW = Registered("law", "laws")
NONLINEARITY = Registered("function", "nonlinearities")
DEPENDENCE = Registered("dependence", "models/dependence.py")
FIGURE = Registered("figure", "figures")
CLAIM = Registered("claim", "claims")
QUALITY = Choice("quality", ("draft", "paper"))
