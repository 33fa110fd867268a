from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from matplotlib.image import imread
from scipy import stats

from clt_sim.experiments.work import Work
from clt_sim.figures import build, get
from clt_sim.figures.discrete_illustration import DISTANCE_NS, DiscreteIllustration


def computed(**parameters):
    recipe = DiscreteIllustration(**parameters)
    shares = []
    data = recipe.compute(
        quality="draft", seed=1, work=Work(lambda what, share: shares.append(share))
    )
    return recipe, data, shares


@pytest.fixture(scope="module")
def dice():
    return computed()


def masses_by_counting(values, n):
    """Count all outcomes, each as likely as any other."""
    outcomes = Counter(sum(rolled) for rolled in itertools.product(values, repeat=n))
    return {total: Fraction(count, len(values) ** n) for total, count in outcomes.items()}


def test_masses_are_those_of_counting_all_outcomes(dice):
    _, data, _ = dice
    for panel in data["panels"][:4]:
        counted = masses_by_counting((1, 2, 3), panel["n"])
        np.testing.assert_array_equal(panel["places"], sorted(counted))
        expected = [float(counted[place]) for place in sorted(counted)]
        np.testing.assert_allclose(panel["masses"], expected, rtol=1e-14)
        assert panel["mean"] == 2 * panel["n"]
        assert panel["sd"] == pytest.approx(math.sqrt(2 / 3 * panel["n"]), rel=1e-15)


def test_the_sum_of_three_is_that_of_the_known_illustration(dice):
    _, data, _ = dice
    np.testing.assert_allclose(data["panels"][2]["masses"] * 27, [1, 3, 6, 7, 6, 3, 1], rtol=1e-14)


def test_distances_are_those_of_both_limits_at_every_jump(dice):
    _, data, _ = dice
    for panel in data["panels"][:4]:
        counted = masses_by_counting((1, 2, 3), panel["n"])
        places = np.array(sorted(counted), float)
        below = np.cumsum([float(counted[int(place)]) for place in places])
        normal = stats.norm.cdf(places, panel["mean"], panel["sd"])
        before = np.append(0.0, below[:-1])
        naive = max(np.abs(below - normal).max(), np.abs(before - normal).max())
        assert panel["kolmogorov"] == pytest.approx(naive, rel=1e-13)
        assert panel["half_atom"] == pytest.approx(0.5 * float(max(counted.values())), rel=1e-14)
        between = stats.norm.cdf(
            np.append(places[0] - 0.5, places + 0.5), 2 * panel["n"], panel["sd"]
        )
        corrected = np.abs(np.append(0.0, below) - between).max()
        assert panel["corrected"] == pytest.approx(corrected, rel=1e-12)


def test_half_the_largest_atom_is_a_floor_which_the_correction_removes(dice):
    _, data, _ = dice
    distances = data["distances"]
    assert distances["n"] == list(DISTANCE_NS)
    # Where the peak is at the mean, the floor is reached to the last bits.
    assert np.all(distances["kolmogorov"] >= distances["half_atom"] * (1.0 - 1e-12))
    late = np.array(DISTANCE_NS) >= 16
    slopes = {
        name: np.polyfit(np.log(DISTANCE_NS)[late], np.log(distances[name][late]), 1)[0]
        for name in ("kolmogorov", "corrected")
    }
    assert slopes["kolmogorov"] == pytest.approx(-0.5, abs=0.01)
    assert slopes["corrected"] == pytest.approx(-1.0, abs=0.02)


def test_a_skewed_law_is_not_mended_by_the_correction():
    _, data, _ = computed(law="bernoulli(probability=0.1)", ns=(10,))
    corrected = data["distances"]["corrected"]
    assert corrected[-1] / corrected[-3] == pytest.approx(0.5, abs=0.03)  # n**(-1/2)
    np.testing.assert_allclose(
        data["panels"][0]["masses"], stats.binom.pmf(np.arange(6), 10, 0.1), rtol=1e-12
    )


def test_shares_of_draws_agree_with_the_masses(dice):
    """5 standard errors for 58 masses: false alarm rate below 4e-5."""
    _, data, _ = dice
    for panel in data["panels"]:
        off = np.abs(panel["shares"] - panel["masses"])
        assert np.all(off <= 5 * panel["shares_stderr"] + 1 / data["draws"])
    # The check can fail: the shares of a sum of two against the masses of one of three.
    second, third = data["panels"][1], data["panels"][2]
    assert np.abs(second["shares"] - third["masses"][1:6]).max() > 5 * second["shares_stderr"].max()


def test_the_curve_is_the_normal_density_times_the_step():
    _, data, _ = computed(law="rademacher", ns=(4,))
    (panel,) = data["panels"]
    assert panel["step"] == 2.0
    x = panel["normal"]["x"]
    np.testing.assert_allclose(panel["normal"]["height"], 2 * stats.norm.pdf(x, 0, 2), rtol=1e-13)


def test_panels_draw_the_data(dice):
    recipe, data, shares = dice
    figure = recipe.draw(data)
    *panels, last = figure.axes
    assert len(panels) == len(data["panels"]) == 5
    assert shares == sorted(shares)
    for ax, panel in zip(panels, data["panels"], strict=True):
        stems, drawn, normal = ax.lines
        np.testing.assert_array_equal(stems.get_ydata(), panel["masses"])
        np.testing.assert_array_equal(drawn.get_ydata(), panel["shares"])
        np.testing.assert_array_equal(normal.get_ydata(), panel["normal"]["height"])
        (said,) = (text.get_text() for text in ax.texts)
        assert f"Kolmogorov distance {panel['kolmogorov']:.4f}" in said
        assert ax.get_ylim()[1] > 1.3 * np.max(panel["masses"])
        inside = [
            tick for tick in ax.get_xticks() if panel["places"][0] <= tick <= panel["places"][-1]
        ]
        assert set(inside) <= set(panel["places"].tolist())
    assert last.get_xscale() == last.get_yscale() == "log"
    for line, name in zip(last.lines, ("kolmogorov", "half_atom", "corrected"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), data["distances"][name])
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 6


def test_empty_places_are_not_drawn():
    recipe, data, _ = computed(law="rademacher", ns=(1, 2, 3, 4))
    assert [ax.axison for ax in recipe.draw(data).axes] == [True] * 5 + [False]


def test_the_same_seed_gives_the_same_bytes_and_a_picture(tmp_path):
    recipe = DiscreteIllustration(ns=(2,))
    first, second = (
        build(recipe, tmp_path / name, seed=1, formats=("png",)) for name in ("one", "two")
    )
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
    picture = imread(first[0])
    assert picture.shape[1] > 800
    assert 0.02 < np.mean(picture[..., :3].min(axis=2) < 0.9) < 0.5


def test_the_seed_decides_the_shares_alone():
    recipe = DiscreteIllustration(ns=(2,))
    silent = {"quality": "draft", "work": Work()}
    first, other = (recipe.compute(seed=seed, **silent)["panels"][0] for seed in (1, 2))
    assert not np.array_equal(first["shares"], other["shares"])
    np.testing.assert_array_equal(first["masses"], other["masses"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"law": "normal"}, "law must be discrete, such as rademacher; normal is not"),
        ({"law": "sparse"}, "law must be discrete"),
        ({"law": "constant"}, "law must have a variance above 0; that of constant is 0.0"),
        ({"law": "discrete(values=(0.0, 0.1, 0.3))"}, "law must have its values on a lattice"),
        ({"law": "rademachr"}, "Did you mean 'rademacher'"),
        ({"ns": (0,)}, "each of ns must be from 1 to 4096, not 0"),
        ({"ns": (1, 5000)}, "each of ns must be from 1 to 4096, not 5000"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("discrete-illustration", **parameters)


@pytest.mark.parametrize("ns", [(), 3, None, (1.5,), "12"])
def test_ns_must_be_whole_numbers(ns):
    with pytest.raises(TypeError, match="ns"):
        DiscreteIllustration(ns=ns)
