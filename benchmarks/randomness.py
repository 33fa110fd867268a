"""The engine's random words, as a stream of bytes and before three batteries of tests.

The words are those that draws are made of: lanes keyed by ``seed_lanes``, advanced by
``xoshiro``, 256 lanes a block, four words of each lane a step, in the order in which a run
meets them. ``--steps`` says how many steps a block has before the next one begins: 1 as in sums
of one term, 10000 as in sums of ten thousand. ``--streams both`` takes steps of the weights and
of the inputs in turn. ``--control`` leaves the keying out, and must fail.

    python benchmarks/randomness.py check
    python benchmarks/randomness.py stream --steps 10000 | RNG_test stdin32
    python benchmarks/randomness.py dieharder --steps 1 [-- -d 2]
    python benchmarks/randomness.py testu01 --battery Crush --library /usr/local/lib

``check`` compares the words with a reference in plain Python, and with draws of the engine.
``dieharder`` is the program of that name, all its tests by default; ``testu01`` needs the shared
libraries of TestU01.
``stream`` runs until it is ended, or for ``--words`` words; PractRand's ``RNG_test`` reads it.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import itertools
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit, uint32

import clt_sim as clt
from clt_sim._kernels.bits import seed_lanes, xoshiro

LANES, WORDS_A_LANE = 256, 4
BLOCK = LANES * WORDS_A_LANE
STREAMS = {"weights": (0,), "inputs": (1,), "both": (0, 1)}
PIECE_ROWS = 240
BATTERIES = ("SmallCrush", "Crush", "BigCrush")
SUSPECT = 1e-3
"""TestU01 itself lists the tests whose p-value is nearer than this to 0 or 1."""


@njit
def step(state: np.ndarray, words: np.ndarray) -> None:
    """Take four words of each lane: the first of all lanes, then the second of all, and so on."""
    for j in range(LANES):
        a, b, c, d = state[0, j], state[1, j], state[2, j], state[3, j]
        for k in range(WORDS_A_LANE):
            words[k * LANES + j], a, b, c, d = xoshiro(a, b, c, d)
        state[0, j], state[1, j], state[2, j], state[3, j] = a, b, c, d


@njit
def leave_unkeyed(state: np.ndarray, stream: int, block: int) -> None:
    """Start the lanes at their counters, which threefry should have encrypted."""
    for lane in range(LANES):
        state[0, lane], state[1, lane] = uint32(lane), uint32(block)
        state[2, lane], state[3, lane] = uint32(block >> 32), uint32(stream)


@njit
def reverse_bits(words: np.ndarray) -> None:
    """Put the last bit first, for tests that look at the first bits alone."""
    for i in range(words.size):
        x = words[i]
        x = ((x & uint32(0x55555555)) << 1) | ((x >> 1) & uint32(0x55555555))
        x = ((x & uint32(0x33333333)) << 2) | ((x >> 2) & uint32(0x33333333))
        x = ((x & uint32(0x0F0F0F0F)) << 4) | ((x >> 4) & uint32(0x0F0F0F0F))
        x = ((x & uint32(0x00FF00FF)) << 8) | ((x >> 8) & uint32(0x00FF00FF))
        words[i] = uint32((x << 16) | (x >> 16))


@njit
def fill_rows(
    first_row: int,
    block_rows: int,
    streams: np.ndarray,
    seed: tuple[np.uint32, np.uint32],
    keyed: bool,
    states: np.ndarray,
    words: np.ndarray,
) -> None:
    """Fill `words` with the rows from `first_row` on; a row is a step of one of the streams."""
    for i in range(words.size // BLOCK):
        row = first_row + i
        if row % block_rows == 0:
            block = row // block_rows
            for j in range(streams.size):
                if keyed:
                    seed_lanes(states[j], seed[0], seed[1], streams[j], block)
                else:
                    leave_unkeyed(states[j], streams[j], block)
        step(states[row % streams.size], words[i * BLOCK : (i + 1) * BLOCK])


@dataclass(frozen=True)
class Source:
    """Which words, in which order."""

    seed: int
    steps: int
    streams: str
    keyed: bool = True
    reverse: bool = False

    def pieces(self) -> Iterator[np.ndarray]:
        """Yield the words of blocks 0, 1, 2, ... in arrays of uint32, without end."""
        seed = np.uint32(self.seed & 0xFFFFFFFF), np.uint32(self.seed >> 32)
        streams = np.array(STREAMS[self.streams], np.uint32)
        states = np.empty((streams.size, 4, LANES), np.uint32)
        words = np.empty(PIECE_ROWS * BLOCK, np.uint32)
        for row in itertools.count(0, PIECE_ROWS):
            fill_rows(row, self.steps * streams.size, streams, seed, self.keyed, states, words)
            if self.reverse:
                reverse_bits(words)
            yield words

    def command(self, byte_order: str = sys.byteorder) -> list[str]:
        """Return the command that streams this source."""
        options = [f"--seed={self.seed}", f"--steps={self.steps}", f"--streams={self.streams}"]
        options += ["--control"] * (not self.keyed) + ["--reverse"] * self.reverse
        return [sys.executable, __file__, "stream", *options, f"--byte-order={byte_order}"]


def write_stream(source: Source, byte_order: str, limit: int | None) -> None:
    """Write words to standard output: `limit` of them, or until nobody reads on."""
    left = math.inf if limit is None else limit
    try:
        for words in source.pieces():
            part = words[: int(min(left, words.size))]
            part = part if byte_order == sys.byteorder else part.byteswap()
            sys.stdout.buffer.write(memoryview(part).cast("B"))
            left -= part.size
            if not left:
                return
    except BrokenPipeError:
        # Python would try once more when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check() -> None:
    """Compare the words with a reference in plain Python, which shares no code with them."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "kernels"))
    naive = importlib.import_module("naive")
    for steps, streams, seed in itertools.product((1, 3), STREAMS, (0, 2**64 - 3)):
        states = {}
        expected = []
        for row in range(PIECE_ROWS):
            block, position = divmod(row, steps * len(STREAMS[streams]))
            if position == 0:
                states = {key: naive.lanes(seed, key, block) for key in STREAMS[streams]}
            state = states[STREAMS[streams][position % len(states)]]
            expected += [naive.xoshiro(state) for _ in range(WORDS_A_LANE)]
        words = next(Source(seed, steps, streams).pieces())
        if not np.array_equal(words, np.concatenate(expected)):
            raise SystemExit(f"steps={steps}, streams={streams}, seed={seed}: words differ.")
        print(f"steps={steps}, streams={streams}, seed={seed}: {words.size} words are the same")
        unkeyed = next(Source(seed, steps, streams, keyed=False).pieces())
        if (words == unkeyed).mean() > 1e-3:
            raise SystemExit("The control is hardly different.")
    check_against_engine()


def check_against_engine() -> None:
    """Compare the first bits with the signs that the engine draws for sums of one term."""
    words = next(Source(seed=5, steps=2, streams="inputs").pieces())
    # The first step of a block decides which of its sums are kept as a sample.
    first_bits = words.reshape(-1, 2, BLOCK)[:, 1].ravel() >> np.uint32(31)
    model = clt.WeightedSum(n=1, inputs="rademacher", weights=1.0)
    if not np.array_equal(clt.sample(model, first_bits.size, seed=5), 1.0 - 2.0 * first_bits):
        raise SystemExit("The signs that the engine draws are not the first bits of the words.")
    print(f"The signs of {first_bits.size} draws of the engine are the first bits of the words.")


def run_dieharder(source: Source, options: list[str]) -> None:
    """Let dieharder read the stream: all of its tests, unless `options` say which."""
    stream = subprocess.Popen(source.command(), stdout=subprocess.PIPE)
    command = ["dieharder", "-g", "200", *(options or ["-a"])]
    subprocess.run(command, stdin=stream.stdout, check=False)
    stream.terminate()


def run_testu01(source: Source, battery: str, library: Path) -> None:
    """Let a battery of TestU01 read the stream, and list its suspect p-values."""
    for name in ("libmylib.so", "libprobdist.so"):
        ctypes.CDLL(library / name, ctypes.RTLD_GLOBAL)
    testu01 = ctypes.CDLL(library / "libtestu01.so")
    testu01.ufile_CreateReadBin.restype = ctypes.c_void_p
    # TestU01 reads the most significant byte first.
    stream = subprocess.Popen(source.command("big"), stdout=subprocess.PIPE)
    path = f"/dev/fd/{stream.stdout.fileno()}".encode()
    generator = testu01.ufile_CreateReadBin(path, ctypes.c_long(BLOCK * PIECE_ROWS))
    getattr(testu01, f"bbattery_{battery}")(ctypes.c_void_p(generator))
    stream.terminate()
    count = ctypes.c_int.in_dll(testu01, "bbattery_NTests").value
    pvalues = (ctypes.c_double * count).in_dll(testu01, "bbattery_pVal")
    names = (ctypes.c_char_p * count).in_dll(testu01, "bbattery_TestNames")
    suspects = [(n.decode(), p) for n, p in zip(names, pvalues, strict=True) if is_suspect(p)]
    print(f"{battery}: {count} p-values, {len(suspects)} suspect", *suspects, sep="\n")


def is_suspect(pvalue: float) -> bool:
    return not SUSPECT <= pvalue <= 1.0 - SUSPECT


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("--seed", type=int, default=0, help="of the engine")
    source.add_argument("--steps", type=int, default=1, help="of each stream in a block")
    source.add_argument("--streams", choices=STREAMS, default="inputs")
    source.add_argument("--control", action="store_true", help="leave the lanes unkeyed")
    source.add_argument("--reverse", action="store_true", help="put the last bit first")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    stream = commands.add_parser("stream", parents=[source])
    stream.add_argument("--words", type=int, help="how many; without end by default")
    stream.add_argument("--byte-order", choices=("little", "big"), default=sys.byteorder)
    dieharder = commands.add_parser("dieharder", parents=[source])
    dieharder.add_argument("options", nargs="*", help="of dieharder, after --")
    testu01 = commands.add_parser("testu01", parents=[source])
    testu01.add_argument("--battery", choices=BATTERIES, default="SmallCrush")
    testu01.add_argument("--library", type=Path, required=True, help="folder of its libraries")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    if arguments.command == "check":
        check()
        return
    source = Source(
        seed=arguments.seed,
        steps=arguments.steps,
        streams=arguments.streams,
        keyed=not arguments.control,
        reverse=arguments.reverse,
    )
    if arguments.command == "stream":
        write_stream(source, arguments.byte_order, arguments.words)
    elif arguments.command == "dieharder":
        run_dieharder(source, arguments.options)
    else:
        run_testu01(source, arguments.battery, arguments.library)


if __name__ == "__main__":
    main()
