"""Files: the same bytes after a round trip, and a clear error for everything else."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.summaries.summary import FORMAT


@pytest.fixture
def path(parts, tmp_path):
    parts[0].save(tmp_path / "summary.npz")
    return tmp_path / "summary.npz"


def refused(path, message="is not a summary"):
    with pytest.raises(ValueError, match=message) as caught:
        clt.Summary.load(path)
    assert str(path) in str(caught.value)


def loaded_or_refused(path):
    try:
        return clt.Summary.load(path).to_dict()
    except ValueError:
        return None


def rewrite(path, change, **changed_arrays):
    """Apply a function to the header and the counts of a file, and replace other arrays."""
    with np.load(path) as arrays:
        parts = dict(arrays)
    header = json.loads(bytes(parts.pop("header")))
    header, counts = change(header, parts.pop("counts").copy())
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez_compressed(path, header=text, counts=counts, **{**parts, **changed_arrays})


MODELS = [
    clt.WeightedSum(3, "normal", "leaky-relu(slope=0.1)", "laplace(scale=2.0)", bias=-1.0),
    clt.WeightedSum(3, "uniform(low=-1.0)", "gelu", [0.1, -2.0, 1 / 3]),
    clt.WeightedSum(2, weights=0.0, bias=2.5),
    clt.WeightedSum(3, "student-t(df=2.5)", "relu", "cauchy", "exponential", dropout=0.25),
    clt.WeightedSum(2, np.arange(6.0).reshape(3, 2) / 7.0, "tanh", [1.0, -1.0]),
    clt.WeightedSum(2, [0.1, 0.7], "tanh", clt.laws.Empirical(np.arange(40.0) / 3.0)),
    clt.WeightedSum(2, "sparse", dependence="random-scale(factor='gamma(shape=0.3)')"),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_round_trip_gives_the_same_bytes(model, tmp_path):
    summary = clt.simulate(model, 5000, seed=4) + clt.simulate(model, 70_000, seed=2**64 - 1)
    summary.save(tmp_path / "once")
    loaded = clt.Summary.load(tmp_path / "once")
    loaded.save(str(tmp_path / "again"))
    assert (tmp_path / "once").read_bytes() == (tmp_path / "again").read_bytes()
    assert loaded.model == summary.model
    assert json.dumps(loaded.to_dict()) == json.dumps(summary.to_dict())
    assert not loaded.histogram.counts.flags.writeable


def test_a_loaded_summary_merges(parts, path):
    both = clt.Summary.load(path) + parts[1]
    assert both.excess_kurtosis == (parts[0] + parts[1]).excess_kurtosis


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        clt.Summary.load(tmp_path / "nothing.npz")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04", b"hello", b"\x93NUMPY", b"\x00" * 999]
)
def test_foreign_bytes(content, tmp_path):
    (tmp_path / "foreign").write_bytes(content)
    refused(tmp_path / "foreign")


def test_a_single_array(tmp_path):
    np.save(tmp_path / "array.npy", np.arange(3))
    refused(tmp_path / "array.npy")


def test_arrays_of_something_else(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    refused(tmp_path / "other.npz")


def test_every_truncation_is_noticed(path):
    content = path.read_bytes()
    for length in range(0, len(content), 37):
        path.write_bytes(content[:length])
        refused(path)


def test_damaged_bytes_are_noticed_or_harmless(path):
    """Some bytes of a zip file, such as its dates, mean nothing for the contents."""
    content, expected = path.read_bytes(), clt.Summary.load(path).to_dict()
    rng, noticed = np.random.default_rng(1), 0
    for place in rng.choice(len(content), 400, replace=False):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        found = loaded_or_refused(path)
        assert found in (None, expected)
        noticed += found is None
    assert noticed > 300


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("member", ["header", "counts", "kept_values"])
def test_nothing_is_unpickled(member, path, tmp_path):
    trap = tmp_path / "sprung"
    with np.load(path) as arrays:
        contents = dict(arrays)
    np.savez(path, **{**contents, member: np.array([Trap(trap)], object)})
    refused(path)
    (tmp_path / "pickle").write_bytes(pickle.dumps(Trap(trap)))
    refused(tmp_path / "pickle")
    assert not trap.exists()
    with np.load(path, allow_pickle=True) as arrays:
        arrays[member][0].close()
    assert trap.exists()  # the trap works where pickles are allowed


def with_header(**changes):
    return lambda header, counts: ({**header, **changes}, counts)


def without(name):
    return lambda header, counts: ({k: v for k, v in header.items() if k != name}, counts)


def with_counts(function):
    return lambda header, counts: (header, function(counts))


def one_more(header, counts):
    counts[100] += 1
    return header, counts


def moved(header, counts):
    """A draw of the first bins beyond everything: the total stays."""
    counts[np.flatnonzero(counts)[0]] -= 1
    return {**header, "overflow": header["overflow"] + 1}, np.roll(counts, 3)


INCONSISTENT = {
    "one more count": one_more,
    "moved counts": moved,
    "negative counts": with_counts(lambda counts: -counts),
    "fewer bins": with_counts(lambda counts: counts[:-1]),
    "more dimensions": with_counts(lambda counts: counts[None]),
    "floating counts": with_counts(lambda counts: counts.astype(float)),
    "no runs": with_header(runs=[]),
    "a longer run": with_header(runs=[[1, 0, 99_999_999]]),
    "a run backwards": with_header(runs=[[1, 61_000, 0]]),
    "overlapping runs": with_header(runs=[[1, 0, 30_500], [1, 0, 30_500]]),
    "runs that are joined": with_header(runs=[[1, 0, 500], [1, 500, 61_000]]),
    "runs that are no numbers": with_header(runs="abc"),
    "an unknown law": with_header(model={**MODELS[0].to_dict(), "inputs": "nomal"}),
    "no model": with_header(model=None),
    "another grid": with_header(grid=[1.0, 2.0]),
    "a grid of nothing": with_header(grid=[1.0, 0.0]),
    "no grid": without("grid"),
    "extremes exchanged": with_header(minimum=13.0, maximum=0.0),
    "an extreme that is nan": with_header(minimum=float("nan")),
    "negative underflow": with_header(underflow=-1),
    "infinite underflow": with_header(underflow=float("inf")),
    "seven powers": with_header(power_sums=[61_000, *["0"] * 7]),
    "impossible powers": with_header(power_sums=[61_000, str(2**1160), *["0"] * 7]),
    "powers of another count": with_header(power_sums=[60_999, *["0"] * 8]),
    "powers that are no numbers": with_header(power_sums=[61_000, *["x"] * 8]),
    "no power sums": without("power_sums"),
    "negative zeros": with_header(exact_zeros=-1),
    "more exact zeros than near ones": with_header(exact_zeros=61_000, near_zeros=60_000),
    "more zeros than draws": with_header(near_zeros=61_001),
    "zeros that are no numbers": with_header(exact_zeros=None),
    "no zeros": without("near_zeros"),
    "waves of one kind": with_header(waves=[["0"] * 32]),
    "too few waves": with_header(waves=[["0"] * 31, ["0"] * 31]),
    "waves that are no numbers": with_header(waves=[["x"] * 32, ["0"] * 32]),
    "no word of waves": without("waves"),
    "no precision": without("precision"),
    "an unknown precision": with_header(precision="half"),
    "no versions": without("versions"),
    "a list": lambda header, counts: ([], counts),
}


@pytest.mark.parametrize("name", INCONSISTENT)
def test_parts_that_do_not_fit_each_other(name, path):
    rewrite(path, INCONSISTENT[name])
    refused(path)


def test_rewriting_alone_is_harmless(path, parts):
    rewrite(path, lambda header, counts: (header, counts))
    assert clt.Summary.load(path).to_dict() == parts[0].to_dict()


def reservoir(path):
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays if name.startswith("kept_")}


DAMAGED = {
    "fewer of all": lambda kept: {name: array[:-1] for name, array in kept.items()},
    "fewer words": lambda kept: {"kept_words": kept["kept_words"][:-1]},
    "more dimensions": lambda kept: {name: array[None] for name, array in kept.items()},
    "wide words": lambda kept: {"kept_words": kept["kept_words"].astype(np.uint64)},
    "signed seeds": lambda kept: {"kept_seeds": kept["kept_seeds"].astype(np.int64)},
    "unsigned places": lambda kept: {"kept_places": kept["kept_places"].astype(np.uint64)},
    "single values": lambda kept: {"kept_values": kept["kept_values"].astype(np.float32)},
    "values below all": lambda kept: {"kept_values": kept["kept_values"] - 1e3},
    "values above all": lambda kept: {"kept_values": kept["kept_values"] + 1e3},
    "a value that is nan": lambda kept: {"kept_values": kept["kept_values"] * np.nan},
    "places outside the run": lambda kept: {"kept_places": kept["kept_places"] + 61_000},
    "places below 0": lambda kept: {"kept_places": -1 - kept["kept_places"]},
    "another seed": lambda kept: {"kept_seeds": kept["kept_seeds"] + np.uint64(1)},
    "the same place twice": lambda kept: {"kept_places": np.zeros(1024, np.int64)},
}


@pytest.mark.parametrize("name", DAMAGED)
def test_samples_that_are_damaged(name, path):
    rewrite(path, lambda header, counts: (header, counts), **DAMAGED[name](reservoir(path)))
    refused(path)


def test_samples_are_brought_back(path, parts):
    loaded, kept = clt.Summary.load(path), parts[0].reservoir
    assert all(map(np.array_equal, loaded.reservoir.arrays(), kept.arrays()))
    assert not loaded.samples.flags.writeable
    assert (loaded.exact_zeros, loaded.near_zeros) == (parts[0].exact_zeros, parts[0].near_zeros)
    assert loaded.precision == "single"


@pytest.mark.parametrize("version", ["clt_sim summary 1", "clt_sim summary 9", None, 2])
def test_another_version_of_the_format(version, path):
    rewrite(path, with_header(format=version))
    refused(path, f"its format is {version!r}, not {FORMAT!r}")


def test_the_format_is_the_second():
    """It has samples, zeros and precision; a file of the first has none."""
    assert FORMAT == "clt_sim summary 2"


def test_the_model_may_be_given(path, parts):
    assert clt.Summary.load(path, model=parts[0].model).mean == parts[0].mean
    other = clt.WeightedSum(1, "laplace", weights=1.0)
    with pytest.raises(ValueError, match=r"is not a summary: it is not of sum of 1 terms.*laplace"):
        clt.Summary.load(path, model=other)


@pytest.mark.parametrize("text", [b"{", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_headers_that_are_not_json(text, path):
    with np.load(path) as arrays:
        parts = {**arrays, "header": np.frombuffer(text, np.uint8)}
    np.savez_compressed(path, **parts)
    refused(path)


def test_a_member_that_is_missing(path, tmp_path):
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "half", "w") as half:
        half.writestr("header.npy", whole.read("header.npy"))
    refused(tmp_path / "half")


def test_a_file_is_replaced(path, parts):
    parts[1].save(path)
    assert clt.Summary.load(path).count == parts[1].count


def test_to_dict_is_json(parts):
    text = io.StringIO()
    json.dump(parts[0].to_dict(), text, allow_nan=False)
    assert json.loads(text.getvalue())["count"] == parts[0].count


def test_a_copy_loads(path, tmp_path, parts):
    shutil.copy(path, tmp_path / "copy without suffix")
    assert clt.Summary.load(tmp_path / "copy without suffix").mean == parts[0].mean
