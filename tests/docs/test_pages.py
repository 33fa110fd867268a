"""Every page of the documentation does what it shows: its code, its output, its commands."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib.util
import io
import json
import math
import pathlib
import re
import shlex
import sys
import types
from typing import ClassVar

import matplotlib as mpl
import pytest
from click.testing import CliRunner

import clt_sim as clt
from clt_sim import figures
from clt_sim.cli import commands

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", flags=re.M | re.S)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", flags=re.M | re.S)
NUMBER = re.compile(r"[-\u2212]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
EXTRAS = {"torch", "onnx", "onnxruntime", "pandas", "dask"}
QUICK = {"exact", "list", "completion"}
"""Commands that are run, not only parsed."""
TWO_LINES = "print('a first line'); print('p = 0.123')"
SMALL = 1e-8
"""Shown numbers below this are bounds of roundings, which another machine may round otherwise."""


def pages():
    found = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(found)]


def title(page):
    return page.relative_to(ROOT).with_suffix("").as_posix().removeprefix("docs/")


def imports(code):
    """Return the packages that a block of code imports."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def blocks(page):
    """Return the blocks of code of a page with the output that it shows."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


TEXTS = {title(page): blocks(page) for page in pages()}
WITH_CODE = sorted(name for name, found in TEXTS.items() if found)
WITH_EXTRAS = sorted(
    name for name in WITH_CODE if any(EXTRAS & imports(code) for code, _ in TEXTS[name])
)


def same(shown, found):
    """Whether an output is the one shown: the same words, numbers to one unit of the last digit.

    ``[...]`` stands for any text.
    """
    parts = [part.strip() for part in shown.split("[...]")]
    found, at = found.strip(), 0
    for index, part in enumerate(parts):
        matches = (match for match in _pattern(part).finditer(found, at) if _as_shown(part, match))
        if index == 0:
            matches = (match for match in matches if match.start() == 0)
        if index == len(parts) - 1 and part:
            matches = (match for match in matches if match.end() == len(found))
        match = next(matches, None)
        if match is None:
            return False
        at = match.end()
    return True


def _pattern(text):
    """Return a pattern of the same words, with a group for each number."""
    words = (re.escape(word) for word in NUMBER.sub("\0", text).split())
    return re.compile(r"\s+".join(words).replace(re.escape("\0"), f"({NUMBER.pattern})"))


def _as_shown(shown, match):
    return all(map(_near, NUMBER.findall(shown), match.groups()))


def _near(shown, found):
    a, b = (float(text.replace("\u2212", "-")) for text in (shown, found))
    if a == b:
        return True
    if 0.0 < abs(a) < SMALL and 0.0 < abs(b) < SMALL:
        return abs(math.log10(abs(a / b))) < 1.0
    digits, _, power = shown.partition("e")
    unit = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    return abs(a - b) <= max(1.001 * unit, 1e-9 * abs(a))


def run(name, found):
    """Run blocks of a page; compare what they print with what the page shows."""
    page = types.ModuleType("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "page", page)  # where classes look for their module
        _run(name, found, vars(page))


def _run(name, found, names):
    for number, (code, shown) in enumerate(found, start=1):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, f"{name}, block {number}", "exec"), names)  # noqa: S102
        if shown:
            assert same(shown, out.getvalue()), (
                f"{name}, block {number} shows\n{shown}and prints\n{out.getvalue()}"
            )


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with mpl.rc_context():
        yield


@pytest.mark.parametrize("name", WITH_CODE)
def test_code(name):
    run(name, [block for block in TEXTS[name] if not EXTRAS & imports(block[0])])


@pytest.mark.parametrize("name", WITH_EXTRAS)
def test_code_with_extras(name):
    for code, _ in TEXTS[name]:
        for package in sorted(EXTRAS & imports(code)):
            pytest.importorskip(package)
    run(name, TEXTS[name])


def command_lines():
    """Yield the command lines of all pages, with their page and the output that is shown."""
    for page in pages():
        for block in CONSOLE.findall(page.read_text(encoding="utf-8")):
            line, shown = None, []
            for text in [*block.splitlines(), "$ "]:
                if text.startswith("$ "):
                    if line:
                        yield title(page), line, "\n".join(shown)
                    line, shown = text.removeprefix("$ "), []
                else:
                    shown.append(text)


COMMANDS = sorted(set(command_lines()))


def parsed(words):
    """Return the subcommand and the parameters of a command line of clt-sim; refuse wrong ones."""
    if not words or words[0].startswith("-"):
        return None, {}
    context = commands.make_context("clt-sim", [], resilient_parsing=True)
    command = commands.get_command(context, words[0])
    assert command is not None, f"there is no command {words[0]}"
    with command.make_context(words[0], [], parent=context, resilient_parsing=True) as inner:
        options, arguments, _ = command.make_parser(inner).parse_args(list(words[1:]))
    assert not arguments
    return command.name, options


def check(line):
    """Check that a command line of a page names what there is; return its words for clt-sim."""
    words = shlex.split(line, comments=True)
    words = words[: next((i for i, word in enumerate(words) if word in {">", "&&", "|"}), None)]
    program, *rest = words
    if program == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.M)
        assert {word for word in rest if "=" not in word} <= set(targets)
    elif program == "python" and rest[:2] == ["-m", "clt_sim"]:
        rest = rest[2:]
    elif program == "python":
        assert (ROOT / rest[0]).is_file()
    else:
        assert program in {"clt-sim", "pip", "cd", "git"}
    if program not in {"clt-sim", "python"}:
        return None
    command, options = parsed(rest)
    get = {"figure": figures.get, "check": clt.claims.get}.get(command)
    given = options.get("names")
    for name in given if get and isinstance(given, tuple | list) else ():
        with contextlib.suppress(FileNotFoundError):  # files of the reader's
            get(name)
    return rest if command in QUICK else None


@pytest.mark.parametrize("line", sorted({line for _, line, _ in COMMANDS}))
def test_command(line):
    words = check(line)
    if words is None:
        return
    result = CliRunner().invoke(commands, words)
    assert result.exit_code == 0, result.output
    for shown in {shown for _, other, shown in COMMANDS if other == line and shown}:
        assert same(shown, result.stdout)


def extension(name):
    """Return a module that makes pages."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_extensions" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gallery():
    return extension("gallery")


@pytest.mark.parametrize("name", figures.names())
def test_gallery(gallery, name):
    """The call on the page makes the figure as it is by default, and its title is there."""
    recipe = figures.get(name)
    text = gallery.section(recipe)
    assert text.startswith(f"## {recipe.title}\n")
    made = []
    clt_with_no_drawing = types.SimpleNamespace(
        figure=lambda *args, **parameters: made.append(figures.get(*args, **parameters))
    )
    (code,) = (code.replace("import clt_sim as clt", "") for code, _ in BLOCK.findall(text))
    exec(code, {"clt": clt_with_no_drawing})  # noqa: S102
    assert made == [recipe]
    assert text.count(" Default `") == len(dataclasses.fields(recipe))
    (block,) = CONSOLE.findall(text)
    assert check(block.removeprefix("$ ").strip()) is None


def test_a_picture_that_is_missing_is_named(gallery, tmp_path):
    for name in figures.names()[1:]:
        (tmp_path / f"{name}.png").touch()
    with pytest.raises(FileNotFoundError, match=rf"clt-sim figure {figures.names()[0]} --out"):
        gallery.sections(tmp_path)
    (tmp_path / f"{figures.names()[0]}.png").touch()
    assert gallery.sections(tmp_path).count("{image}") == len(figures.names())


def test_verdicts_of_claims(tmp_path):
    table = extension("claim_table")
    verdict = clt.check(Certain()).to_dict()
    clt.claims.claim.registry.register(Certain)
    try:
        file = tmp_path / "claims.json"
        file.write_text(json.dumps([verdict]))
        text = table.section(verdict)
        assert "| holds | number | 1 | 1 to 1 | above 0 | yes |" in text
        assert table.current("certain", {"certain": verdict})
        assert not table.current("certain", {"certain": {**verdict, "rule": "another"}})
        assert not table.current("certain", {})
        with pytest.raises(LookupError, match="make it with: clt-sim check"):
            table.verdicts(file)
    finally:
        del clt.claims.claim.registry._classes["certain"]


@dataclasses.dataclass(frozen=True, slots=True)
class Certain(clt.claims.Claim):
    name: ClassVar[str] = "certain"
    statement: ClassVar[str] = "1 is above 0."
    source: ClassVar[clt.claims.Source] = clt.claims.Source("nobody", "nowhere")
    rule: ClassVar[str] = "Holds if it is."
    turns: ClassVar[str] = "Never."

    def findings(self, *, quality, seed, work):
        return [clt.claims.Finding("number", 1.0, 1.0, 1.0, "above", 0.0)]


def test_there_are_pages():
    assert {"README", "index", "explanation/traps", "how-to/measure"} <= set(WITH_CODE)
    assert len(COMMANDS) > 10


@pytest.mark.parametrize(
    "shown",
    [
        "a first line\np = 0.125\n",
        "a first line\nq = 0.123\n",
        "a first line\np = 0.123 and more\n",
        "p = 0.123\n",
        "a first line\n",
        "[...]\np = 0.125\n",
        "[...]\nx\n[...]\n",
        "[...]\na first line\n",
    ],
)
def test_another_output_is_found(shown):
    """The negative control."""
    with pytest.raises(AssertionError, match="prints"):
        run("control", [(TWO_LINES, shown)])


@pytest.mark.parametrize(
    "shown", ["a first line\np = 0.123\n", "[...]\np = 0.123\n", "a [...] line\n[...]\n"]
)
def test_the_same_output_is_not_refused(shown):
    run("control", [(TWO_LINES, shown)])


@pytest.mark.parametrize("line", ["clt-sim figure sum-of-m", "clt-sim exakt", "make coffee"])
def test_another_command_is_found(line):
    """The negative control of commands."""
    with pytest.raises((AssertionError, ValueError)):
        check(line)
