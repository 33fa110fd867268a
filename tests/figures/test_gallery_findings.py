"""What captions say of the pictures of the gallery, against the numbers beside the pictures."""

from __future__ import annotations

import inspect
import json
import pathlib

import numpy as np
import pytest

from clt_sim import figures

FOLDER = pathlib.Path(__file__).parents[2] / "figures"


def data_of(name):
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        pytest.skip("the figures are not in a source distribution")
    described = json.loads(path.read_text(encoding="utf-8"))
    if described["quality"] != "paper":
        pytest.skip("the captions are of the quality paper")
    return described["data"]


def rounded(values, decimals=0):
    return np.round(np.asarray(values, float), decimals).tolist()


def convergence(data):
    exponents = [panel["fit"]["exponent"] for panel in data["panels"]]
    bounds = [(p["bound"]["value"], p["exact"]["value"]) for p in data["panels"] if p["bound"]]
    ratios = [bound / value for pair in bounds for bound, value in zip(*pair, strict=True)]
    assert rounded(exponents, 1) == [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    assert min(ratios) > 3.0
    assert max(ratios) < 1000.0


def counterexamples(data):
    last = {
        case["name"]: case["exact"][-1] or case["monte_carlo"]["value"][-1]
        for case in data["cases"]
    }
    names = list(last)
    assert names[:3] == ["control", "lattice", "third-moment"]
    assert max(last[name] for name in names[:3]) < 0.02
    assert min(last[name] for name in names[3:]) > 0.05


def discrete_illustration(data):
    n, distance, floor, corrected = (
        np.array(data["distances"][key]) for key in ("n", "kolmogorov", "half_atom", "corrected")
    )
    three = next(panel for panel in data["panels"] if panel["n"] == 3)
    assert np.max(distance[n >= 2] / floor[n >= 2]) < 1.01
    assert three["kolmogorov"] / three["half_atom"] < 1.01
    late = n >= 8
    slopes = [np.polyfit(np.log(n[late]), np.log(y[late]), 1)[0] for y in (floor, corrected)]
    assert rounded(slopes, 1) == [-0.5, -1.0]


def finite_width(data):
    exact = [[point["exact"] for point in width["points"]] for width in data["widths"]]
    shapes = np.array([[point["standardised"]["value"] for point in row] for row in exact])
    raw = [row[0]["raw"]["value"] for row in exact]
    assert [width["width"] for width in data["widths"]] == [10, 100, 1000]
    assert rounded(shapes[:-1, 0] / shapes[1:, 0]) == [10.0, 10.0]
    assert np.all(np.diff(shapes) > 0.0)
    assert raw == sorted(raw)
    assert {round(point["sd"], 2) for row in exact for point in row} == {1.41}


def gaussian_or_not(data):
    for kind in ("unit", "pooled"):
        above = {
            point["layer"]
            for point in data["points"]
            if point[kind]["pre_activation"]["value"] >= point[kind]["u"]["value"]
        }
        assert above == {"output"}


def gaussianity_in_training(data):
    medians, pooled = [], []
    for layer in (layer for run in data["runs"] for layer in run["layers"]):
        u, z = (layer["signals"][name]["kolmogorov"] for name in ("u", "pre-activation"))
        both = [np.array(one["quartiles"]) for one in (u, z)]
        middle = [q[1] if len(q) == 3 else q[:, 1] for q in both]
        medians.extend(middle[0] / middle[1])
        pooled.extend(np.array(u["pooled"]) / np.array(z["pooled"]))
    assert (round(min(medians)), round(max(medians))) == (2, 7)
    assert min(pooled) > 4.0


def ioffe_szegedy(data):
    first = {}
    for run in data["runs"]:
        reached = np.array(run["test_accuracy"]) > 0.95
        first[run["normalization"]] = run["steps"][int(np.argmax(reached))]
    wander = {run["normalization"]: run["instability"]["unit"] for run in data["runs"]}
    assert first == {None: 7500, "batch": 500, "batch-u": 500}
    assert rounded([wander[kind] / wander[None] for kind in ("batch", "batch-u")], 1) == [0.2, 0.3]


def layers(data):
    for layer in (layer for network in data["networks"] for layer in network["layers"]):
        u, z = layer["panels"][:2]
        for kind in ("pooled", "median_unit"):
            assert z[kind]["kolmogorov"]["value"] < u[kind]["kolmogorov"]["value"]


def power(data):
    shares = np.array(data["rejections"])[:, :, data["n"].index(50)] / data["repetitions"]
    rows = [data["alternatives"].index(name) for name in ("uniform", "student-t(df=3)")]
    columns = [data["tests"].index(name) for name in ("vasicek", "jarque-bera")]
    assert rounded(100.0 * shares[np.ix_(rows, columns)]) == [[96.0, 1.0], [23.0, 69.0]]


def shape_drift(data):
    ratios = {
        (kind["normalization"], layer["name"]): layer["ratio"]
        for kind in data["kinds"]
        for layer in kind["layers"]
    }
    assert all(ratio["between"]["high"] < 1.0 for ratio in ratios.values())
    for (normalization, _), ratio in ratios.items():
        mean = ratio["whole"]["mean"]
        assert mean > 1.0 if normalization is None else mean < 1.0


def sparsity(data):
    last, normal = data["sums"][-1]["exact"], data["normal"]["indices"]
    zeros = {one["n"]: one["exact"]["exact-zero"]["value"] for one in data["sums"]}
    assert zeros[16] < 1e-4 < zeros[8]
    for name in set(normal) - {"exact-zero"}:
        assert last[name]["value"] == pytest.approx(normal[name]["value"], abs=0.02)
        assert normal[name]["value"] > 0.05
    findings = data["axioms"]["findings"]
    every = {name for name, answers in findings.items() if set(answers.values()) == {"yes"}}
    assert (len(findings), every) == (16, {"gini", "pq-mean"})


def sum_of_n(data):
    distances = {
        p["n"]: p["gaussianity"]["exact"]["estimates"]["kolmogorov"]["value"]
        for p in data["panels"]
    }
    assert rounded([distances[1], distances[4]], 3) == [0.067, 0.008]


def sum_of_n_activations(data):
    fallen = {}
    for row in data["rows"]:
        first, last = (
            row["panels"][i]["gaussianity"]["exact"]["kolmogorov"]["value"] for i in (0, -1)
        )
        fallen[row["nonlinearity"]] = round(first / last)
    assert fallen == {"relu": 11, "tanh": 24, "sigmoid": 19}


def tails(data):
    for panel in data["panels"]:
        z = np.array(panel["z"])
        errors = {name: np.array(row, float) for name, row in panel["relative_errors"].items()}
        assert np.nanmax(errors.pop("saddlepoint", np.zeros(1))) < 0.002
        assert all(np.nanmin(row[z >= 8.0]) > 0.99 for row in errors.values())
        assert 1e-7 <= panel["monte_carlo"]["share"][-1] < 4e-7


FINDINGS = {
    "convergence": convergence,
    "counterexamples": counterexamples,
    "discrete-illustration": discrete_illustration,
    "finite-width": finite_width,
    "gaussian-or-not": gaussian_or_not,
    "gaussianity-in-training": gaussianity_in_training,
    "ioffe-szegedy": ioffe_szegedy,
    "layers": layers,
    "power": power,
    "shape-drift": shape_drift,
    "sparsity": sparsity,
    "sum-of-n": sum_of_n,
    "sum-of-n-activations": sum_of_n_activations,
    "tails": tails,
}


@pytest.mark.parametrize("name", FINDINGS)
def test_the_numbers_say_what_the_caption_says(name):
    FINDINGS[name](data_of(name))


def test_every_caption_says_what_is_seen():
    recipes = {name: type(figures.get(name)).__module__ for name in figures.names()}
    # Not those that examples of the documentation have registered.
    own = {name for name, module in recipes.items() if module.startswith("clt_sim.")}
    assert set(FINDINGS) == own
    for name in FINDINGS:
        caption = inspect.getdoc(figures.get(name)).partition("\nParameters\n")[0]
        assert "In the gallery" in caption or "default cases" in caption
