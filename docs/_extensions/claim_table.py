"""The page of claims: a row and a section for each registered claim, so that none can be missing.

The verdicts are those that ``clt-sim check --quality paper --json`` wrote to ``claims.json``.
The page ``claims`` ends with the line ``% claims``, which `sections` take the place of.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clt_sim import claims

VERDICTS = Path(__file__).parents[1] / "claims.json"
MARK = "% claims\n"
FACTS = ("specification", "statement", "source", "rule", "turns")


def verdicts(file: Path) -> dict[str, dict[str, Any]]:
    """Return the verdict of every registered claim.

    Raises
    ------
    LookupError
        If a claim has none, or one of other words.
    """
    found = {one["claim"]: one for one in json.loads(file.read_text(encoding="utf-8"))}
    stale = [name for name in claims.names() if not current(name, found)]
    if stale:
        raise LookupError(
            f"{', '.join(stale)}: no verdict of this claim in {file}; make it with:"
            f" clt-sim check --quality paper --json > {file}"
        )
    return {name: found[name] for name in claims.names()}


def current(name: str, found: dict[str, dict[str, Any]]) -> bool:
    """Return whether the verdict of a claim is on the claim as it is."""
    claim = claims.get(name)
    facts = (str(claim), *(str(getattr(claim, fact)) for fact in FACTS[1:]))
    return name in found and facts == tuple(found[name][fact] for fact in FACTS)


def sections(file: Path) -> str:
    """Return the Markdown of all claims: a table, and a section for each."""
    found = verdicts(file)
    rows = "\n".join(
        f"| {one['status']} | [{name}](#{name}) | {_cell(one['statement'])} |"
        for name, one in found.items()
    )
    table = f"| verdict | claim | in a sentence |\n| --- | --- | --- |\n{rows}\n"
    return "\n".join([table, *map(section, found.values())])


def section(verdict: dict[str, Any]) -> str:
    """Return the Markdown of a claim: source, rule, numbers, and where the verdict turns."""
    rows = "\n".join(
        f"| {one['status']} | {_cell(one['question'])} | {one['value']:.4g} |"
        f" {one['low']:.4g} to {one['high']:.4g} | {one['side']} {one['threshold']:.4g} |"
        f" {'yes' if one['decides'] else 'no'} |"
        for one in verdict["findings"]
    )
    return f"""\
## {verdict["claim"]}

**{verdict["status"]}**: {verdict["statement"]}

- *Source*: {verdict["source"]}
- *Rule*: {verdict["rule"]}
- *Turns*: {verdict["turns"]}

:::{{dropdown}} The numbers ({verdict["quality"]}, seed {verdict["seed"]})
| verdict | question | found | 99.9 % interval | claimed | decides |
| --- | --- | --- | --- | --- | --- |
{rows}
:::

```console
$ clt-sim check {verdict["claim"]} --findings
```
"""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _insert(_app: Any, name: str, source: list[str]) -> None:
    if name == "claims":
        from sphinx.errors import ConfigError

        if MARK not in source[0]:
            raise ConfigError(f"the page {name} lacks the line {MARK!r}.")
        try:
            source[0] = source[0].replace(MARK, sections(VERDICTS))
        except (LookupError, OSError) as error:
            raise ConfigError(f"claims: {error}") from error


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True}
