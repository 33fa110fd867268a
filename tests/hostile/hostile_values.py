"""Hostile values: what a function may be given and was not made for.

Every value is made anew for every call, so that no call can change that of another.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import itertools
import math

import numpy as np

import clt_sim as clt


class LyingArray:
    """An object that becomes something that is not an array of numbers."""

    def __init__(self, content):
        self.content = content

    def __array__(self, dtype=None, copy=None):
        return np.array(self.content, dtype=dtype, copy=True)


class LyingLength(list):
    """A list that says that it is longer than it is."""

    def __len__(self):
        return 10


class SubArray(np.ndarray):
    """A sub-class of arrays."""


def _numbers():
    floats = [0.0, -0.0, 0.5, 1.0, -1.0, 5e-324, -5e-324, 1e-300, 1e-30, 1e30, 1e300, -1e300]
    floats += [math.nan, math.inf, -math.inf, 1.7976931348623157e308, 1.0 + 2**-52, 1e16]
    integers = [0, 1, -1, 2, 3, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, -(2**63), 10**400, 10**5000]
    for number in (*floats, *integers):
        huge = isinstance(number, int) and number > 2**65
        size = f"10**{round(math.log10(number))}" if huge else repr(number)
        yield f"{type(number).__name__} {size}", lambda number=number: number
    yield "True", lambda: True
    yield "False", lambda: False
    yield "Fraction", lambda: fractions.Fraction(1, 3)
    yield "huge Fraction", lambda: fractions.Fraction(10**400, 3)
    yield "Decimal", lambda: decimal.Decimal("0.5")
    yield "Decimal nan", lambda: decimal.Decimal("sNaN")
    yield "complex", lambda: 1.0 + 0.0j
    for kind in (
        "float16",
        "float32",
        "float64",
        "longdouble",
        "int8",
        "uint64",
        "bool",
        "complex64",
    ):
        yield f"numpy {kind}", lambda kind=kind: np.dtype(kind).type(1)
    yield "numpy nan", lambda: np.float32("nan")
    yield "huge longdouble", lambda: np.longdouble("1e4000")
    yield "uint64 2**64 - 1", lambda: np.uint64(2**64 - 1)


def _names():
    texts = {
        "empty text": "",
        "blank text": "  ",
        "unknown name": "no-such-thing",
        "near miss": "norml",
        "other case": "NORMAL",
        "unicode": "nörmal\N{SNOWMAN}\U0001f600",
        "lone surrogate": "\ud800",
        "null byte": "normal\0",
        "newline": "normal\n",
        "open bracket": "normal(",
        "empty brackets": "normal()",
        "double star": "normal(**{'sd': 1})",
        "positional": "normal(1)",
        "code": "normal(sd=__import__('os').getpid())",
        "twice": "normal(sd=1,sd=2)",
        "huge number": "normal(sd=1e999)",
        "huge integer": "normal(sd=" + "9" * 900 + ")",
        "complex parameter": "normal(sd=1j)",
        "nested parentheses": "normal(sd=" + "(" * 400 + "1" + ")" * 400 + ")",
        "deep parentheses": "normal(sd=" + "(" * 100_000 + "1" + ")" * 100_000 + ")",
        "unary minus": "normal(sd=" + "-" * 900 + "1)",
        "deep power": "normal(sd=9**9**9)",
        "nested names": "sparse(slab='sparse')",
        "digits": "1",
        "nan text": "nan",
        "long text": "normal" * 200_000,
        "long digits": "9" * 100_000,
        "path": "../../etc/passwd",
        "law": "normal",
        "heavy law": "cauchy",
        "nonlinearity": "relu",
        "steep nonlinearity": "exp",
        "measure": "kolmogorov",
        "precision": "double",
    }
    for label, text in texts.items():
        yield label, lambda text=text: text
    yield "bytes", lambda: b"normal"
    yield "numpy text", lambda: np.str_("normal")


def _objects():
    yield "None", lambda: None
    yield "Ellipsis", lambda: ...
    yield "object", object
    yield "type", lambda: float
    yield "function", lambda: len
    yield "dict", dict
    yield "full dict", lambda: {"a": 1.0}
    yield "set", lambda: {1.0, 2.0}
    yield "slice", lambda: slice(3)
    yield "range", lambda: range(4)
    yield "generator", lambda: (x for x in (1.0, 2.0, 4.0))
    yield "iterator of names", lambda: iter(["kolmogorov", "skewness"])
    yield "datetime", lambda: datetime.datetime(2020, 1, 1)
    yield "module", lambda: math
    yield "exception", lambda: ValueError("x")
    yield "memoryview", lambda: memoryview(b"abcdefgh")
    yield "law value", clt.laws.Normal
    yield "nonlinearity value", clt.nonlinearities.ReLU
    yield "estimate", lambda: clt.Estimate(0.5, 0.1)
    yield "sum", lambda: clt.WeightedSum(n=2)
    yield "network", lambda: clt.RandomNetwork([2, 2])
    yield "class of laws", lambda: clt.laws.Normal
    yield "list of laws", lambda: [clt.laws.Normal(), "uniform"]


def _self_containing():
    items = []
    items.append(items)
    return items


def _nested(depth):
    items = [1.0]
    for _ in range(depth):
        items = [items]
    return items


def _lists():
    lists = {
        "empty list": [],
        "list of one": [2.0],
        "list of two": [1.0, 2.0],
        "list of four": [0.5, -1.0, 2.0, 0.0],
        "list of lists": [[1.0, 2.0], [3.0, 5.0]],
        "empty lists": [[], []],
        "ragged": [[1.0, 2.0], [3.0]],
        "ragged depth": [1.0, [2.0, 3.0]],
        "list of None": [None, 1.0],
        "list of text": ["a", "b"],
        "digits as text": ["1", "2"],
        "mixed": [1.0, "a", None],
        "list of bool": [True, False, True],
        "list of huge integers": [10**400, 1, 2],
        "list near 2**63": [2**63, 2**63 + 1, 5],
        "list of -2**63 and 2**64": [-(2**63), 2**64, 5],
        "list of Fraction": [fractions.Fraction(1, 3), fractions.Fraction(2, 3)],
        "list of Decimal": [decimal.Decimal("0.1"), decimal.Decimal("0.7")],
        "list of names": ["kolmogorov", "kolmogorov"],
        "list of datetime": [datetime.datetime(2020, 1, 1)] * 3,
        "list of dict": [{}, {}],
        "widths": [3, 2],
        "pair": (0.1, 0.9),
        "upset pair": (0.9, 0.1),
    }
    for label, items in lists.items():
        yield label, lambda items=items: items.copy() if isinstance(items, list) else items
    yield "lying length", lambda: LyingLength([1.0, 2.0, 4.0])
    yield "list in itself", _self_containing
    yield "deep list", lambda: _nested(50)
    yield "very deep list", lambda: _nested(5000)


def _arrays():
    normal = np.random.default_rng(0).standard_normal(40)
    many = np.random.default_rng(2).standard_normal(600)
    arrays = {
        "draws": normal,
        "one NaN": np.where(np.arange(40) == 7, np.nan, normal),
        "all NaN": np.full(5, np.nan),
        "one inf": np.where(np.arange(40) == 7, np.inf, normal),
        "both inf": np.array([np.inf, -np.inf, 0.0, 1.0]),
        "constant": np.full(20, 3.25),
        "zeros": np.zeros(20),
        "negative zeros": np.array([0.0, -0.0, -0.0]),
        "two values": np.array([0.0, 1.0] * 10),
        "nearly constant": np.append(np.full(19, 1.0), 1.0 + 2**-52),
        "one far": np.append(many, 1e300),
        "one as far as can be": np.append(many, 1.7e308),
        "huge range": np.array([1e308, -1e308, 0.0, 5.0]),
        "huge": many * 1e307,
        "large squares": many * 1e200,
        "large fourth powers": many * 1e100,
        "subnormal": np.array([5e-324, 1e-323, 0.0, -5e-324]),
        "tiny": many * 1e-300,
        "small squares": many * 1e-170,
        "tiny and huge": np.array([1e-300, 1e300, 1.0, -1.0]),
        "offset": many + 1e15,
        "far offset": many * 1e-3 + 1e12,
        "n = 1": np.array([1.0]),
        "n = 2": np.array([1.0, -2.0]),
        "n = 3": np.array([1.0, -2.0, 5.0]),
        "n = 4": np.array([1.0, -2.0, 5.0, 5.0]),
        "n = 0": np.array([]),
        "0-d": np.array(1.5),
        "0-d nan": np.array(np.nan),
        "0 x 3": np.zeros((0, 3)),
        "3 x 0": np.zeros((3, 0)),
        "1 x 1": np.ones((1, 1)),
        "5-d": np.ones((1, 2, 1, 2, 1)),
        "table": normal.reshape(10, 4),
        "table with NaN": np.where(np.arange(40) == 7, np.nan, normal).reshape(10, 4),
        "table with a constant column": np.column_stack([normal, np.ones(40)]),
        "singular table": np.column_stack([normal, 2.0 * normal]),
        "square": normal[:16].reshape(4, 4),
        "wide table": normal.reshape(2, 20),
        "huge table": normal.reshape(10, 4) * 1e300,
        "tiny table": normal.reshape(10, 4) * 1e-300,
        "column": normal[:, None],
        "int8": np.arange(-20, 20, dtype=np.int8),
        "uint8": np.arange(40, dtype=np.uint8),
        "int64 near the ends": np.array([2**63 - 1, -(2**63), 0, 1]),
        "uint64 near the end": np.array([2**64 - 1, 2**64 - 3, 5], dtype=np.uint64),
        "bool": np.array([True, False, True, True]),
        "float16": normal.astype(np.float16),
        "float16 huge": np.array([65504, -65504, 1, 2], dtype=np.float16),
        "float32": normal.astype(np.float32),
        "float32 huge": np.array([3e38, -3e38, 1.0, 2.0], dtype=np.float32),
        "float32 tiny": np.array([1e-45, -1e-45, 0.0, 3e-45], dtype=np.float32),
        "longdouble": normal.astype(np.longdouble),
        "longdouble huge": np.array(["1e4000", "1", "2"], dtype=np.longdouble),
        "big-endian": normal.astype(">f8"),
        "big-endian int": np.arange(10).astype(">i4"),
        "complex": normal + 0j,
        "complex nan": np.array([1.0, complex(0, math.nan)]),
        "object": np.array([1.0, 2.0, None], dtype=object),
        "object numbers": np.array([1.0, 2.0, 4.0], dtype=object),
        "object integers": np.array([10**30, 1, 2], dtype=object),
        "text": np.array(["a", "b", "c"]),
        "bytes array": np.array([b"a", b"b"]),
        "datetime64": np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
        "timedelta64": np.array([1, 2, 3], dtype="timedelta64[s]"),
        "structured": np.zeros(3, dtype=[("a", float), ("b", int)]),
        "void": np.zeros(3, dtype="V8"),
        "matrix": normal[:9].reshape(3, 3).view(np.matrix) if hasattr(np, "matrix") else None,
    }
    for label, array in arrays.items():
        if array is not None:
            yield f"array {label}", lambda array=array: array.copy()
    yield "array strided", lambda: np.repeat(normal, 3)[::3]
    yield "array reversed", lambda: normal[::-1]
    yield "array of zero stride", lambda: np.broadcast_to(np.float64(2.0), (6,))
    yield "array in Fortran order", lambda: np.asfortranarray(normal.reshape(10, 4))
    yield "array read-only", _read_only
    yield (
        "array unaligned",
        lambda: np.frombuffer(b"\0" + normal.tobytes(), np.uint8)[1:].view(float),
    )
    yield "array sub-class", lambda: normal.copy().view(SubArray)
    yield "array masked", lambda: np.ma.array(normal, mask=normal > 1.0)
    yield "array masked all", lambda: np.ma.array(normal, mask=True)
    yield "array in an object", lambda: LyingArray(normal)
    yield "array of text in an object", lambda: LyingArray("text")
    yield "array of None in an object", lambda: LyingArray([None, 1.0])
    yield "array huge by stride", lambda: np.broadcast_to(np.float64(2.0), (2**40,))


def _read_only():
    array = np.random.default_rng(1).standard_normal(40)
    array.setflags(write=False)
    return array


def _build():
    groups = {
        "number": _numbers(),
        "name": _names(),
        "object": _objects(),
        "list": _lists(),
        "array": _arrays(),
    }
    return {f"{group}: {label}": make for group, items in groups.items() for label, make in items}


VALUES = _build()
"""What makes a value, by its label."""

ENDLESS = {"count": itertools.count, "cycle": lambda: itertools.cycle([1.0])}
"""Iterators that have no end."""
