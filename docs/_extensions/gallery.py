"""The gallery: a section for each registered figure, so that none can be missing.

The page ``gallery`` ends with the line ``% figures``, which `sections` take the place of.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

from clt_sim import figures

FIGURES = Path(__file__).parents[2] / "figures"
MARK = "% figures\n"
_PARAMETER = re.compile(r"^(\w+) : (.+)\n((?:(?: {4}.*)?\n)+)", flags=re.MULTILINE)
"""Name, type and indented words of a parameter in a docstring of numpydoc."""


def sections(folder: Path) -> str:
    """Return the Markdown of all figures, with pictures relative to the page.

    Raises
    ------
    FileNotFoundError
        If a picture is not in the folder.
    """
    names = figures.names()
    missing = [name for name in names if not (folder / f"{name}.png").is_file()]
    if missing:
        raise FileNotFoundError(
            f"{', '.join(missing)}: no picture in {folder}; build it with: clt-sim figure"
            f" {' '.join(missing)} --out {folder}"
        )
    return "\n".join(section(figures.get(name)) for name in names)


def section(recipe: figures.Recipe) -> str:
    """Return the Markdown of a figure: picture, caption, code, command and parameters."""
    caption, _, described = inspect.getdoc(recipe).partition("\n\nParameters\n----------\n")
    title = recipe.title.replace("|", r"\|")
    parameters = "\n".join(
        _parameter(recipe, *one) for one in _PARAMETER.findall(described.strip() + "\n")
    )
    return f"""\
## {title}

```{{image}} ../figures/{recipe.name}.png
:alt: {title}
:align: center
:width: 100%
```

{_text(caption)}

```python
{code(recipe)}
```

```console
$ clt-sim figure {recipe.name}
```

:::{{dropdown}} Parameters
{parameters}
:::
"""


def code(recipe: figures.Recipe) -> str:
    """Return the call that makes a figure, with all its parameters."""
    parameters = (f", {name}={_literal(value)}" for name, value in arguments(recipe).items())
    call = f'clt.figure("{recipe.name}"{"".join(parameters)})'
    if len(call) > 96:
        parameters = (
            f"    {name}={_literal(value)},\n" for name, value in arguments(recipe).items()
        )
        call = f'clt.figure(\n    "{recipe.name}",\n{"".join(parameters)})'
    return f"import clt_sim as clt\n\n{call}"


def arguments(recipe: figures.Recipe) -> dict[str, Any]:
    """Return the parameters of a figure as numbers, text and rows of these."""
    return {
        field.name: _plain(getattr(recipe, field.name))
        for field in dataclasses.fields(recipe)  # type: ignore[arg-type]
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return value if isinstance(value, bool | int | float | type(None)) else str(value)


def _literal(value: object) -> str:
    text = repr(value)
    return text if '"' in text else text.replace("'", '"')


def _parameter(recipe: figures.Recipe, name: str, kind: str, words: str) -> str:
    default = _literal(arguments(recipe)[name])
    return f"- `{name}` ({kind}): {_text(inspect.cleandoc(words))} Default `{default}`."


def _text(words: str) -> str:
    """Return the text of a docstring as Markdown."""
    return re.sub(r"``(.+?)``", r"`\1`", words.strip())


def _insert(_app: Any, name: str, source: list[str]) -> None:
    if name == "gallery":
        from sphinx.errors import ConfigError

        if MARK not in source[0]:
            raise ConfigError(f"the page {name} lacks the line {MARK!r}.")
        try:
            source[0] = source[0].replace(MARK, sections(FIGURES))
        except FileNotFoundError as error:
            raise ConfigError(f"gallery: {error}") from error


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True}
