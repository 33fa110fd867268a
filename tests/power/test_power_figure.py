"""The map of powers and the figure of maps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from clt_sim.experiments.work import Work
from clt_sim.figures import build
from clt_sim.figures.power import Power
from clt_sim.plotting.power import COLOURS, WHITE_FROM, power_map
from clt_sim.power import PowerStudy, power_study

RECIPE = Power(tests=("energy", "jarque-bera"), alternatives=("laplace", "beta"), ns=(10, 20))


@pytest.fixture(scope="module")
def study():
    return power_study(RECIPE.tests, RECIPE.alternatives, RECIPE.ns, repetitions=1000, seed=3)


def texts(ax):
    return np.array([text.get_text() for text in ax.texts]).reshape(3, 2).tolist()


def percents(study, n):
    return [[f"{100 * power.value:.0f}" for power in r.values()] for r in study.table(n).values()]


def test_a_map_shows_the_powers(study):
    ax = power_map(study, 20)
    assert texts(ax) == percents(study, 20)
    (mesh,) = ax.collections
    expected = [[power.value for power in row.values()] for row in study.table(20).values()]
    np.testing.assert_array_equal(mesh.get_array().reshape(3, 2), expected)
    assert mesh.get_clim() == (0.0, 1.0)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["normal", "laplace", "beta"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["energy", "jarque-bera"]
    low, high = ax.get_ylim()
    assert low > high  # the first row on top


def test_a_map_is_drawn_where_it_is_told(study):
    ax = Figure().subplots()
    assert power_map(study, 10, ax=ax) is ax
    with pytest.raises(ValueError, match="n must be one of 10, 20"):
        power_map(study, 30)


def test_numbers_can_be_read_on_their_colours():
    """Contrast of WCAG at least 4.3 for each number in the map."""

    def luminance(colour):
        rgb = np.array(colour[:3])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    shades = [luminance(COLOURS(power)) for power in np.linspace(0, 1, 101)]
    assert np.all(np.diff(shades) <= 0)
    for power, shade in zip(np.linspace(0, 1, 101), shades, strict=True):
        text = luminance(to_rgb("white" if power >= WHITE_FROM else "black"))
        assert (max(text, shade) + 0.05) / (min(text, shade) + 0.05) > 4.3


def test_what_is_drawn_is_what_was_computed(study):
    data = RECIPE.compute(quality="draft", seed=3, work=Work())
    assert PowerStudy.from_dict(data) == study
    figure = RECIPE.draw(json.loads(json.dumps(data)))
    assert [ax.get_title() for ax in figure.axes] == ["$n = 10$", "$n = 20$"]
    for ax, n in zip(figure.axes, study.n, strict=True):
        assert texts(ax) == percents(study, n)


def test_the_picture_and_its_bytes(tmp_path):
    shares = []
    first, second = (
        build(RECIPE, tmp_path / folder, seed=3, progress=lambda what, share: shares.append(share))
        for folder in "ab"
    )
    assert [file.name for file in first] == ["power.pdf", "power.png", "power.json"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert shares[-1] == 1.0
    picture = imread(first[1])
    assert picture.shape[1] > 300
    # Cells of full, of no and of some power: ink of many shades, and nothing but blue and grey.
    assert 0.05 < np.mean(picture[..., :3].min(axis=2) < 0.95) < 0.9
    assert np.all(picture[..., 2] >= picture[..., 0] - 0.03)


def test_the_defaults_are_everything():
    recipe = Power()
    assert len(recipe.tests) == 10
    assert "normal" not in recipe.alternatives
    assert Power(tests="energy", ns=50) == Power(tests=["energy"], ns=[50])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tests": ["enrgy"]}, "Did you mean 'energy'"),
        ({"alternatives": ["laplac"]}, "Did you mean 'laplace'"),
        ({"ns": (5,)}, "dagostino-k2 needs at least 8 values"),
        ({"level": 0.0}, "level must be above 0"),
    ],
)
def test_wrong_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        Power(**parameters)
