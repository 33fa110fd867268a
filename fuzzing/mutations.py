"""Changes to valid files that leave them readable far enough to reach what reads them.

A bit flipped in a compressed archive is nearly always stopped by its checksum. Here archives are
taken apart, and names, headers, numbers and JSON in them are changed before they are packed
again with right checksums.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**32,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    -(2**63),
    0.5,
    1e308,
    -0.0,
)
VALUES = (
    *NUMBERS,
    *(float("nan"), float("inf"), float("-inf")),
    *(None, True, "", "x", "nan", "1e400", "-1", "9" * 5000, "\x00", "\ud800", "../../x", "normal"),
    *([], {}, [[]], [1, 2], {"name": "normal"}, {"name": []}, [None], [[[[1]]]]),
)
"""What takes the place of a value in JSON."""
DTYPES = (
    "<f8",
    "<i8",
    "<u8",
    "<u4",
    "<f4",
    "|u1",
    "|b1",
    ">i8",
    "<f2",
    "<c16",
    "|O",
    "|S5",
    "<U3",
    "|V8",
)
NAMES = (
    "header.npy",
    "counts.npy",
    "../../x.npy",
    "/etc/x.npy",
    "",
    ".npy",
    "x" * 3000,
    "a\x00b",
    "C:\\x",
)

Change = Callable[[Random, Any], Any]


def changed_file(content: bytes, rng: Random) -> bytes | None:
    """Return a file with one to three changes to what is in it; None if it is of no known kind."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        changed = _changed_once(content, rng)
        if changed is None:
            return None
        content = changed
    return content


def _changed_once(content: bytes, rng: Random) -> bytes | None:
    if content.startswith(b"PK"):
        return _changed_archive(content, rng)
    if content.startswith(b"\x93NUMPY"):
        return changed_array(content, rng)
    if content.startswith(b"\x1f\x8b"):
        try:
            return gzip.compress(flipped(gzip.decompress(content), rng), mtime=0)
        except Exception:
            return None
    if content[:1] in {b"{", b"["}:
        return changed_json(content, rng)
    return None


def flipped(content: bytes, rng: Random) -> bytes:
    """Return bytes with a few of them changed, left out or put in."""
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        place = rng.randrange(len(damaged) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            damaged[place:place] = rng.randbytes(rng.choice((1, 4, 100)))
        elif kind == 1:
            del damaged[place : place + rng.choice((1, 4, 100))]
        else:
            damaged[place : place + 1] = bytes(
                [rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))]
            )
    return bytes(damaged)


def changed_json(content: bytes, rng: Random) -> bytes:
    """Return JSON with one value replaced, left out or repeated, or the text damaged."""
    try:
        value = json.loads(content)
        places = list(_places(value))
        holder, key = rng.choice(places)
    except (ValueError, RecursionError, IndexError):
        return flipped(content, rng)
    kind = rng.randrange(10)
    if kind == 0:
        return flipped(content, rng)
    if kind == 1:
        del holder[key]
    elif kind == 2:
        other, place = rng.choice(places)
        holder[key] = other[place]
    elif kind == 3 and isinstance(holder, list):
        holder.extend([holder[key]] * rng.choice((1, 2, 100)))
    elif kind == 4 and isinstance(holder, dict):
        holder[rng.choice(("", "model", "\x00", "x"))] = holder.pop(key)
    elif kind == 5 and isinstance(holder[key], int | float | str):
        holder[key] = _shifted(holder[key], rng)
    else:
        holder[key] = rng.choice(VALUES)
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):  # a value that was put into itself
        return content


def _shifted(value: float | str, rng: Random) -> Any:
    """Return a value that is nearly the same."""
    if isinstance(value, str):
        place = rng.randrange(len(value) + 1)
        return (
            value[:place]
            + rng.choice(("(", ")", "=", ",", "'", "1", "-", "e", "x", "["))
            + value[place:]
        )
    return value + rng.choice((-1, 1, 1e-9, 2**40))


def _places(value: Any) -> Any:
    """Yield all places in nested lists and mappings."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys)[:1000]:
        yield value, key
        yield from _places(value[key])


def changed_array(content: bytes, rng: Random) -> bytes:
    """Return an .npy file with another header, other numbers, or both so that they fit."""
    if len(content) < 10 or not content.startswith(b"\x93NUMPY"):
        return flipped(content, rng)
    (length,) = struct.unpack_from("<H", content, 8)
    header, body = content[: 10 + length], content[10 + length :]
    kind = rng.randrange(8)
    if kind < 3:
        return (
            header + flipped(body, rng),
            flipped(header, rng) + body,
            content[: rng.randrange(len(content))],
        )[kind]
    if kind == 3:
        number = struct.pack(rng.choice(("<d", "<q")), rng.choice((-1, 0, 1, 2**62)))
        place = rng.randrange(max(len(body) // 8, 1)) * 8
        return header + body[:place] + number + body[place + 8 :]
    if kind == 4:
        count = rng.randrange(40)
        shape = rng.choice(((count,), (count, 1), (1, count)))
        body = (body * (count + 1))[: 8 * count]
        return npy("<i8" if b"i8" in header else "<f8", shape, body)
    extents = rng.choice((0, 1, 1, 2, 3, 40))
    shape = tuple(rng.choice((*NUMBERS[:9], 3, 7)) for _ in range(extents))
    return npy(rng.choice(DTYPES), shape, body, fortran=rng.random() < 0.2)


def npy(descr: str, shape: tuple[Any, ...], body: bytes, *, fortran: bool = False) -> bytes:
    """Return an .npy file that states what it is told to state."""
    text = (
        repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode().ljust(117) + b"\n"
    )
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def _changed_archive(content: bytes, rng: Random) -> bytes | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
        place = rng.randrange(len(members))
    except Exception:
        return None
    name, body = members[place]
    kind = rng.randrange(12)
    if kind == 0:
        del members[place]
    elif kind == 1:
        members[place] = rng.choice(NAMES), body
    elif kind == 2:
        members.append((rng.choice((name, *NAMES)), body))
    elif kind == 3:
        members[place] = name, rng.choice(members)[1]
    elif kind == 4:
        members[place] = name, flipped(body, rng)
    elif name == "header.npy" or (
        kind < 8 and any(member == "header.npy" for member, _ in members)
    ):
        members = [
            (member, changed_header(body, rng) if member == "header.npy" else body)
            for member, body in members
        ]
    else:
        members[place] = name, changed_array(body, rng)
    return packed(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def changed_header(body: bytes, rng: Random) -> bytes:
    """Return the array that holds the JSON of an archive, with other JSON in it."""
    start = body.find(b"{", 80)
    text = changed_json(body[start:], rng) if start > 0 else flipped(body, rng)
    return npy("|u1", (len(text),), text)


def packed(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive, in which names may repeat."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in members:
            member = zipfile.ZipInfo(name)
            member.compress_type = compression
            archive.NameToInfo.pop(name, None)  # two of a name are warned of
            archive.writestr(member, body)
    return file.getvalue()
