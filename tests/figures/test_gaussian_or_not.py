from __future__ import annotations

import numpy as np
import pytest
from figure_files import check_files
from scipy import stats

from clt_sim.experiments.work import Work
from clt_sim.figures import gaussian_or_not, get
from clt_sim.figures.gaussian_or_not import KINDS, VIEWS, GaussianOrNot, _kind
from clt_sim.networks import Collector, LayerBatch, load_digits, train

STEPS = 10


@pytest.fixture(scope="module", autouse=True)
def _short():
    patch = pytest.MonkeyPatch()
    patch.setitem(gaussian_or_not.STEPS, "draft", STEPS)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def drawn():
    shares = []
    recipe = GaussianOrNot(nonlinearities="relu", normalizations=(None, "batch-u"))
    data = recipe.compute(
        quality="draft", seed=3, work=Work(lambda what, share: shares.append(share))
    )
    return recipe, data, shares, recipe.draw(data)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A record of layers whose u is the input, LN(u), sparse, dense, not seen and constant."""
    rng = np.random.default_rng(5)
    u, after = rng.exponential(size=(60, 8)), rng.standard_normal((60, 4))
    sparse = u * (u > 1.0)
    rows = (u - u.mean(1, keepdims=True)) / u.std(1, keepdims=True)
    collector = Collector(rows=100, units=100, seed=0)
    collector.add("first", LayerBatch(u, after))
    collector.add("normalized", LayerBatch(u, after, rows, "layer norm of u"))
    collector.add("sparse", LayerBatch(sparse, after))
    collector.add("dense", LayerBatch(u + 1.0, after))
    collector.add("unseen", LayerBatch(None, after))
    collector.add("constant", LayerBatch(np.ones((60, 8)), after))
    path = tmp_path_factory.mktemp("records") / "network.npz"
    collector.record(network="by hand").save(path)
    return str(path), {"first": u, "normalized": rows, "sparse": sparse, "dense": u + 1.0}, after


def distance(values):
    return stats.kstest(values, stats.norm(values.mean(), values.std()).cdf).statistic


def distances(values):
    values = values.astype(np.float64)
    varying = values[:, np.ptp(values, axis=0) > 0]
    return {
        "unit": np.median([distance(unit) for unit in varying.T]),
        "pooled": distance(values.ravel()),
    }


def test_every_layer_of_every_network_is_a_point(drawn):
    _, data, shares, _ = drawn
    assert len(data["points"]) == 8
    assert len({point["network"] for point in data["points"]}) == 2
    kinds = [point["kind"] for point in data["points"][4:]]
    assert kinds == ["input", "normalized", "normalized", "normalized"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_distances_of_trained_layers_are_those_of_scipy(drawn):
    _, data, _, _ = drawn
    seed = int(data["points"][0]["network"].split()[-1])
    network = train(nonlinearity="relu", steps=STEPS, seed=seed).network
    for point, layer in zip(
        data["points"][:4], network.propagate(load_digits().test_inputs), strict=True
    ):
        u, after = distances(layer.u), distances(layer.pre_activation)
        for view in VIEWS:
            assert point[view]["u"]["value"] == pytest.approx(u[view], rel=1e-4)
            assert point[view]["pre_activation"]["value"] == pytest.approx(
                after[view], rel=1e-4
            )  # single precision
        near = np.abs(layer.u) <= 0.1 * np.sqrt((layer.u.astype(float) ** 2).mean())
        assert point["near_zero"] == pytest.approx(near.mean(), abs=1e-4)


def test_records_of_any_network_are_drawn(saved):
    path, signals, after = saved
    data = GaussianOrNot(records=path).compute(quality="draft", seed=0, work=Work())
    points = {point["layer"]: point for point in data["points"]}
    assert [points[name]["kind"] for name in signals] == ["input", "normalized", "sparse", "dense"]
    for name, values in signals.items():
        for view in VIEWS:
            assert points[name][view]["u"]["value"] == pytest.approx(distances(values)[view])
            found = points[name][view]["pre_activation"]["value"]
            assert found == pytest.approx(distances(after)[view])
    assert points["unseen"]["missing"] == "no u"
    assert "kind" in points["constant"]
    assert points["constant"]["kind"] is None
    assert data["shares"]["unit"]["missing"] == 2


def test_layers_without_distances_are_counted_on_the_picture(saved):
    recipe = GaussianOrNot(records=[saved[0]])
    data = recipe.compute(quality="draft", seed=0, work=Work())
    figure = recipe.draw(data)
    for ax in figure.axes:
        assert "2 layers without both distances" in ax.texts[0].get_text()


def test_a_record_without_any_distance_can_be_drawn(tmp_path):
    collector = Collector(rows=10, units=10, seed=0)
    collector.add("unseen", LayerBatch(None, np.eye(5)))
    collector.record(network="by hand").save(tmp_path / "one.npz")
    recipe = GaussianOrNot(records=tmp_path / "one.npz")
    data = recipe.compute(quality="draft", seed=0, work=Work())
    figure = recipe.draw(data)
    assert "closer in 0 of 0 layers" in figure.axes[0].texts[0].get_text()


def test_the_figure_shows_points_shares_and_the_diagonal(drawn):
    _, data, _, figure = drawn
    for ax, view in zip(figure.axes, VIEWS, strict=True):
        shown = {}
        for container in ax.containers:
            shown[container.get_label()] = container[0].get_xydata()
        for kind, (words, _, _) in KINDS.items():
            expected = [
                (p[view]["u"]["value"], p[view]["pre_activation"]["value"])
                for p in data["points"]
                if p["kind"] == kind
            ]
            assert np.array_equal(shown.get(words, np.empty((0, 2))), np.reshape(expected, (-1, 2)))
        shares = data["shares"][view]
        below = sum(
            p[view]["pre_activation"]["value"] < p[view]["u"]["value"] for p in data["points"]
        )
        words = ax.texts[0].get_text()
        assert shares["below"] == below
        assert f"closer in {below} of 8 layers" in words
        assert f"interval {100 * shares['interval'][0]:.0f} to" in words
        diagonals = [line for line in ax.lines if line.get_label() == "the same distance"]
        assert np.array_equal(diagonals[0].get_xdata(), diagonals[0].get_ydata())
        assert ax.get_xlim() == ax.get_ylim()
    floors = [line for line in figure.axes[0].lines if line.get_label() == "median of normal units"]
    assert len(floors) == 1
    assert floors[0].get_ydata()[0] == data["points"][0]["floor"][1]
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["a", "b"]


def test_kinds_in_their_order():
    assert _kind(0, True, 0.9) == "input"
    assert _kind(1, True, 0.9) == "normalized"
    assert _kind(1, False, 0.31) == "sparse"
    assert _kind(1, False, 0.3) == "dense"


def test_the_same_seed_gives_the_same_bytes_and_a_picture(drawn, tmp_path):
    recipe, data = drawn[:2]
    check_files(recipe, data, tmp_path, seed=3, white=(0.8, 0.99))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nonlinearities": ("rellu",)}, "Did you mean 'relu'"),
        ({"nonlinearities": ()}, "at least one"),
        ({"normalizations": (None, "bach")}, "Did you mean 'batch'"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"records": ()}, "records must be paths of files, at least one"),
        ({"records": 3}, "records must be paths of files"),
        ({"records": "none.npz", "seeds": 2}, "seeds is of networks to be trained"),
        ({"records": ("a.npz", "a.npz")}, "records must be different"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("gaussian-or-not", **parameters)


def test_files_that_are_no_records_are_refused_before_work(tmp_path):
    (tmp_path / "file.npz").write_text("something else")
    with pytest.raises(ValueError, match="is not a layer record"):
        GaussianOrNot(records=tmp_path / "file.npz")
    with pytest.raises(FileNotFoundError):
        GaussianOrNot(records=tmp_path / "none.npz")
