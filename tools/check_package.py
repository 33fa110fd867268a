"""Check the wheel and the source distribution in dist/ as users get them.

The wheel is built again, from the tree and from the unpacked source distribution: the bytes are
the same, and with another SOURCE_DATE_EPOCH only the dates differ. It is installed into a fresh
environment and used from an empty folder: its data files, its types, the command line, a simulation
and a draft figure.

Run ``python tools/check_package.py [dist]`` with an environment that has build and hatchling.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SLOWEST_IMPORT = 0.3
"""Seconds of processor time, above those of the bare interpreter."""
OTHER_DATE = (2020, 1, 1, 0, 0, 0)
OTHER_EPOCH = "1577836800"
"""The same date in seconds. Where none is given, hatchling writes a fixed one."""

SMOKE_TEST = """
import importlib.resources, json, pathlib, sys, time

start = time.process_time()
import clt_sim as clt
seconds = time.process_time() - start

folder = pathlib.Path(clt.__file__).parent
missing = [name for name in json.loads(sys.argv[1]) if not (folder.parent / name).is_file()]
model = clt.WeightedSum(n=4, inputs="uniform", weights=1.0)
summary = clt.simulate(model, draws=100_000, seed=1)
digits = clt.networks.load_digits()
print(json.dumps({
    "folder": str(folder),
    "seconds": seconds,
    "missing": missing,
    "version": clt.__version__,
    "deviation": abs(summary.variance.value - 1.0 / 3.0) / summary.variance.stderr,
    "pvalue": clt.gaussianity_test(summary.samples).pvalue,
    "digits": len(digits.train_inputs) + len(digits.test_inputs),
    "text": (importlib.resources.files("clt_sim") / "py.typed").is_file(),
}))
"""


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command that must succeed, away from this environment, and return what it prints."""
    kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def require(condition: object, message: str) -> None:
    """Stop with a message if a condition does not hold."""
    if not condition:
        raise SystemExit(f"not as it should be: {message}")


def only(folder: Path, pattern: str) -> Path:
    """Return the one file with a pattern in a folder."""
    found = list(folder.glob(pattern))
    require(len(found) == 1, f"{folder} has {len(found)} files {pattern}, not 1")
    return found[0]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build_wheel(source: Path, out: Path, **variables: str) -> Path:
    """Build the wheel of a source tree."""
    command = (sys.executable, "-m", "build", "--wheel", "--outdir", out, source)
    run(*command, cwd=out.parent, **variables)
    return only(out, "*.whl")


def tracked_files() -> list[str]:
    """Return the files of the package that git knows, as paths in the wheel."""
    listed = run("git", "ls-files", "-z", "clt_sim", cwd=ROOT).split("\0")
    return sorted(name for name in listed if name and (ROOT / name).is_file())


def check_contents(wheel: Path) -> list[str]:
    """Return the files of the package in the wheel: all that git knows, and no others."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packaged = sorted(name for name in names if name.startswith("clt_sim/"))
    missing = set(tracked_files()) - set(packaged)
    require(not missing, f"the wheel lacks {sorted(missing)}")
    strange = {Path(name).suffix for name in packaged} & {".pyc", ".nbi", ".nbc", ".so"}
    require(not strange, f"the wheel has built files {sorted(strange)}")
    for kind in ("null_tables.npz", ".mplstyle", "py.typed", ".pyi"):
        require(any(name.endswith(kind) for name in packaged), f"the wheel has no {kind}")
    return packaged


def check_builds(wheel: Path, sdist: Path, work: Path) -> str:
    """Build the wheel again, from the tree and from the source distribution; return its hash."""
    with tarfile.open(sdist) as archive:
        archive.extractall(work / "unpacked", filter="data")
    again = build_wheel(ROOT, work / "again")
    from_sdist = build_wheel(only(work / "unpacked", "*"), work / "from-sdist")
    require(contents(again) == contents(wheel), f"{wheel.name} is not of this tree")
    sums = {str(path): sha256(path) for path in (wheel, again, from_sdist)}
    require(len({*sums.values()}) == 1, f"wheels differ: {sums}")
    dated = build_wheel(ROOT, work / "dated", SOURCE_DATE_EPOCH=OTHER_EPOCH)
    require(contents(dated) == contents(wheel), "a wheel of another date has other files")
    with zipfile.ZipFile(dated) as archive:
        dates = {entry.date_time for entry in archive.infolist()}
    require(dates == {OTHER_DATE}, f"SOURCE_DATE_EPOCH is not honoured: {dates}")
    return sha256(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel without their dates."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def install(wheel: Path, work: Path) -> Path:
    """Install a wheel into a fresh environment and return its folder of programs."""
    environment = work / "environment"
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=work)
    return programs


def check_installed(programs: Path, packaged: list[str], work: Path) -> float:
    """Use the installed package from an empty folder; return the seconds that its import takes."""
    empty = work / "empty"
    empty.mkdir()
    python = programs / "python"
    cache = str(work / "cache")
    printed = run(python, "-I", "-c", SMOKE_TEST, json.dumps(packaged), cwd=empty,
                  NUMBA_CACHE_DIR=cache)  # fmt: skip
    found = json.loads(printed)
    require(Path(found["folder"]).is_relative_to(programs.parent), f"imported {found['folder']}")
    require(found["seconds"] < SLOWEST_IMPORT, f"import took {found['seconds']:.2f} s")
    require(not found["missing"], f"not installed: {found['missing']}")
    require(found["deviation"] < 5.0, f"variance is off by {found['deviation']:.1f} errors")
    require(0.0 < found["pvalue"] <= 1.0, f"p-value {found['pvalue']}")
    require(found["digits"] == 1797, f"{found['digits']} digits")
    require(found["text"], "py.typed is not a file of the package")
    check_command_line(programs / "clt-sim", found["version"], empty, cache)
    return float(found["seconds"])


def check_command_line(program: Path, version: str, empty: Path, cache: str) -> None:
    """Run the installed program."""

    def cli(*arguments: str) -> str:
        return run(program, *arguments, cwd=empty, NUMBA_CACHE_DIR=cache)

    require(version in cli("--version"), "clt-sim --version has another version")
    require("laplace" in cli("list"), "clt-sim list does not list the laws")
    printed = cli("simulate", "-n", "4", "--draws", "100000", "--json")
    require(json.loads(printed), "clt-sim simulate --json printed nothing")
    cli("figure", "sum-of-n", "--quality", "draft", "--out", "figures")
    require(list((empty / "figures").glob("sum-of-n.*")), "no figure was written")


def main() -> None:
    dist = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").resolve()
    wheel, sdist = only(dist, "*.whl"), only(dist, "*.tar.gz")
    start = time.perf_counter()
    packaged = check_contents(wheel)
    print(f"{wheel.name}: {len(packaged)} files, {wheel.stat().st_size / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        digest = check_builds(wheel, sdist, work)
        print(f"the same bytes again from the tree and from {sdist.name}: sha256 {digest}")
        seconds = check_installed(install(wheel, work), packaged, work)
    print(f"installed and used outside of the tree; import takes {seconds:.2f} s")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
