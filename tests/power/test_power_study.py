"""Studies of power: decisions, sizes, published orders, and what a result can do."""

from __future__ import annotations

import dataclasses
import json
import math
import re

import numpy as np
import pytest
import scipy.stats

import clt_sim as clt
from clt_sim.normality_tests import alternatives, gaussianity_test, names
from clt_sim.normality_tests.null_table import null_tables
from clt_sim.power import PowerStudy, power_study
from clt_sim.power.decisions import Decision, count_rejected, critical_score
from clt_sim.power.simulation import BLOCK, _run, _tasks
from clt_sim.power.specification import specify


@pytest.fixture(scope="module")
def study():
    """All tests and alternatives: standard errors of 1.1 % at most."""
    return power_study(n=(20, 50), repetitions=2000, seed=7, threads=2)


@pytest.fixture(scope="module")
def small():
    return power_study(["energy", "jarque-bera"], ["laplace", "beta"], [20, 10], repetitions=50)


def test_the_default_is_every_test_against_every_alternative(study):
    assert study.tests == names()
    assert study.alternatives == ("normal", *alternatives.names())
    assert study.n == (20, 50)
    assert len(study) == len(list(study)) == 10 * 17 * 2


def test_the_size_is_the_level():
    """20 sizes within 4.5 standard errors: false-alarm rate below 2e-4."""
    sizes = power_study(alternatives="student-t(df=9)", n=(10, 50), repetitions=20_000, seed=1)
    error = math.sqrt(0.05 * 0.95 / 20_000)
    far = {key: abs(sizes[key].value - 0.05) / error for key in sizes}
    assert max(value for key, value in far.items() if key[1] == "normal") < 4.5
    # Negative control: a law that hardly differs from the normal one fails the same check.
    tests = ("shapiro-wilk", "jarque-bera", "anderson-darling")
    assert min(far[test, "student-t(df=9)", 50] for test in tests) > 10.0


@pytest.mark.parametrize("level", [0.3, 0.05, 0.001])
@pytest.mark.parametrize("n", [10, 60])
def test_a_decision_is_that_of_the_p_value(n, level):
    """Sample by sample, for all tests."""
    rows = alternatives.sample("logistic", (12, n), seed=5)
    rows[6:] = np.exp(rows[6:])
    for test in names():
        decision = Decision.at_level(test, n, level)
        decided = [count_rejected([decision], row[np.newaxis].copy())[0] for row in rows]
        assert decided == [gaussianity_test(row, test).pvalue < level for row in rows]


@pytest.mark.parametrize("test", names())
@pytest.mark.parametrize("level", [0.9, 0.05, 1e-9])
def test_a_critical_score_is_the_last_that_is_accepted(test, level):
    table = null_tables()[test]
    critical = critical_score(table, 33, level)
    above = np.nextafter(critical, math.inf)
    assert table.pvalue(critical, 33)[0] >= level > table.pvalue(above, 33)[0]


def test_power_is_that_of_scipys_shapiro_on_the_same_samples():
    """The naive reference: two implementations of p-values differ for few samples."""
    asked = specify("shapiro-wilk", "laplace", 30, repetitions=500, seed=2)
    task = list(_tasks(asked))[1]
    rows = alternatives.sample("laplace", (500, 30), seed=task.seed)
    reference = sum(scipy.stats.shapiro(row).pvalue < 0.05 for row in rows)
    found = power_study("shapiro-wilk", "laplace", 30, repetitions=500, seed=2)
    assert abs(500 * found["shapiro-wilk", "laplace", 30].value - reference) <= 5
    assert 100 < reference < 300


def difference(study, better, worse, alternative, n):
    """In standard errors; samples in common make it larger."""
    first, second = (study.power(test, alternative, n) for test in (better, worse))
    return (first.value - second.value) / math.hypot(first.stderr, second.stderr)


@pytest.mark.parametrize(
    ("better", "worse", "alternative", "n"),
    [
        ("shapiro-wilk", "lilliefors", "exponential", 20),
        ("shapiro-wilk", "jarque-bera", "exponential", 20),
        ("shapiro-wilk", "lilliefors", "uniform", 50),
        ("shapiro-wilk", "shapiro-francia", "uniform", 50),
        ("shapiro-francia", "shapiro-wilk", "student-t(df=3)", 50),
        ("anderson-darling", "lilliefors", "laplace", 50),
        ("cramer-von-mises", "lilliefors", "laplace", 50),
        ("anderson-darling", "cramer-von-mises", "exponential", 20),
        ("jarque-bera", "shapiro-wilk", "scale-contaminated", 50),
        ("dagostino-k2", "shapiro-wilk", "scale-contaminated", 20),
        *((test, "vasicek", "laplace", n) for test in names()[:-1] for n in (20, 50)),
        *(("vasicek", test, "uniform", n) for test in names()[:-1] for n in (20, 50)),
    ],
)
def test_known_orders_of_power(study, better, worse, alternative, n):
    assert difference(study, better, worse, alternative, n) > 2.5


def test_networks_are_harder_to_tell_from_normal_the_wider_they_are(study):
    """The excess kurtosis after three hidden layers falls as one over the width."""
    for test in ("jarque-bera", "dagostino-k2", "shapiro-wilk", "energy"):
        powers = [study.power(test, f"relu-network-{width}", 50).value for width in (4, 16, 64)]
        assert powers[0] > powers[1] + 0.2 > powers[2] + 0.4
        size = study.power(test, "normal", 50)
        assert powers[2] > size.value + 5.0 * size.stderr


def test_jarque_bera_is_biased_against_light_tails(study):
    assert study.power("jarque-bera", "uniform", 50).value < 0.02


def test_threads_do_not_matter(small):
    for threads in (1, 3):
        again = power_study(
            small.tests, small.alternatives, small.n, repetitions=50, threads=threads
        )
        assert again == small
    assert power_study(small.tests, small.alternatives, small.n, repetitions=50, seed=1) != small


def test_samples_do_not_depend_on_what_else_is_asked(small):
    alone = power_study("energy", clt.laws.get("beta"), 20, repetitions=50)
    assert alone["energy", "beta", 20] == small["energy", "beta", 20]


def test_blocks_are_bounded_and_all_are_counted():
    asked = specify("jarque-bera", "laplace", 1000, repetitions=1000)
    tasks = list(_tasks(asked))
    assert sum(task.samples for task in tasks) == 2 * 1000
    assert max(task.samples for task in tasks) * 1000 <= BLOCK
    assert len({task.seed for task in tasks}) == len(tasks) > 4
    found = power_study("jarque-bera", "laplace", 1000, repetitions=1000)
    assert found["jarque-bera", "laplace", 1000].value == 1.0


def test_samples_of_equal_values_are_rejected():
    found = power_study(["energy", "jarque-bera"], ["constant", "rademacher"], 8, repetitions=300)
    assert found["energy", "constant", 8].value == 1.0
    rows = np.array([[3.0] * 8, np.arange(8.0)])
    assert count_rejected([Decision.at_level("energy", 8, 0.05)], rows) == [1]


def test_numbers_of_any_size_are_tested():
    rows = np.arange(40.0).reshape(2, 20) ** 3 * [[1e303], [1e-310]]
    expected = count_rejected(
        [Decision.at_level("energy", 20, 0.05)], np.arange(40.0).reshape(2, 20) ** 3
    )
    assert count_rejected([Decision.at_level("energy", 20, 0.05)], rows) == expected


def test_models_and_labels():
    model = clt.WeightedSum(n=2, inputs="exponential", weights=1.0)
    found = power_study("shapiro-wilk", {"two terms": model}, 50, repetitions=300, seed=4)
    assert found.alternatives == ("normal", "two terms")
    assert found.sources[1] == str(model)
    by_itself = power_study("shapiro-wilk", [model], 50, repetitions=300, seed=4)
    assert by_itself.power("shapiro-wilk", model, 50) == found.power(
        "shapiro-wilk", "two terms", 50
    )
    gamma = power_study("shapiro-wilk", "gamma(shape=2)", 50, repetitions=300, seed=4)
    same = gamma.power("shapiro-wilk", "gamma(shape=2)", 50)
    assert found["shapiro-wilk", "two terms", 50].value == pytest.approx(same.value, abs=0.08)


def test_progress_is_told_and_may_stop_the_study():
    seen = []
    power_study(
        "energy", "beta", [10, 20], repetitions=100, progress=lambda *done: seen.append(done)
    )
    assert seen == [(100, 400), (200, 400), (300, 400), (400, 400)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        power_study("energy", "beta", 10, repetitions=100, threads=2, progress=stop)


def test_errors_are_wilsons(small):
    """Of 50 samples; the interval solves (p - x/n)^2 = p (1 - p)/n."""
    for rejected in (0, 1, 25, 50):
        estimate = small._estimate(rejected)
        share = rejected / 50
        low, high = np.sort(np.roots([1 + 1 / 50, -2 * share - 1 / 50, share**2]).real)
        assert estimate.value == share
        assert estimate.stderr == pytest.approx(0.5 * (high - low), rel=1e-9)


def test_a_result_is_a_mapping(small):
    key = ("energy", "laplace", 20)
    assert small[key] == small.power(*key) == small.table(20)["laplace"]["energy"]
    assert small.power("energy", clt.laws.get("laplace"), 20) == small[key]
    assert key in small
    assert ("energy", "laplace", 21) not in small
    assert "energy" not in small
    with pytest.raises(dataclasses.FrozenInstanceError):
        small.level = 0.1
    with pytest.raises(ValueError, match=r"unknown test of the study 'enrgy'\. Did you mean"):
        small.power("enrgy", "laplace", 20)
    with pytest.raises(ValueError, match=r"alternative of the study 'laplac'\. Did you mean"):
        small.power("energy", "laplac", 20)
    with pytest.raises(ValueError, match="n must be one of 10, 20, not 30"):
        small.table(30)
    with pytest.raises(KeyError, match="n must be one of 10, 20, not 30"):
        small["energy", "laplace", 30]


def test_how_a_result_reads(small):
    text, page = str(small), small._repr_html_()
    assert "level 0.05, in %: 50 samples each, standard errors up to" in text
    assert text.splitlines()[1].split() == ["n", "=", "10", "E", "JB"]
    assert text.splitlines()[-1] == "E energy, JB jarque-bera"
    power = f"{100 * small['energy', 'laplace', 20].value:.1f}"
    assert text.splitlines()[7].split()[:2] == ["laplace", power]
    assert page.count("<table>") == 2
    assert re.search(f">laplace</th><td[^>]*>{power}</td>", page)
    assert "shapiro" not in page


def test_saved_and_loaded(small, tmp_path):
    path = tmp_path / "study.json"
    small.save(path)
    loaded = PowerStudy.load(path)
    assert loaded == small
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    content = json.loads(path.read_text())
    damages = [
        {**content, "format": "something"},
        {**content, "rejections": content["rejections"][:1]},
        {**content, "rejections": [[[51, 0], [0, 0]]] * 3},
        {**content, "rejections": [[[0.5, 0], [0, 0]]] * 3},
        {**content, "rejections": [[["0", 0], [0, 0]]] * 3},
        {**content, "tests": ["energy", "jarque"]},
        {name: value for name, value in content.items() if name != "seed"},
        [content],
    ]
    for damaged in damages:
        path.write_text(json.dumps(damaged))
        with pytest.raises(ValueError, match=r"study\.json' is not a study of power of clt_sim"):
            PowerStudy.load(path)
    path.write_bytes(b"\x93NUMPY")
    with pytest.raises(ValueError, match="is not a study of power"):
        PowerStudy.load(path)
    with pytest.raises(FileNotFoundError):
        PowerStudy.load(tmp_path / "nothing.json")


SAME = [clt.WeightedSum(n=2, weights=weights) for weights in ([1.0, 2.0], [1.0, 3.0])]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"tests": "shapiro"}, ValueError, "unknown test of normality 'shapiro'"),
        ({"tests": []}, ValueError, "tests must not be empty"),
        ({"alternatives": "laplac"}, ValueError, "alternative 'laplac'. Did you mean 'laplace'"),
        ({"alternatives": [3.0]}, TypeError, "3.0"),
        ({"alternatives": {"normal": "laplace"}}, ValueError, "two alternatives have the label"),
        ({"alternatives": {1: "laplace"}}, TypeError, "labels of alternatives must be strings"),
        ({"n": 7}, ValueError, "dagostino-k2 needs at least 8 values; n has 7"),
        ({"tests": "energy", "n": [2, 30]}, ValueError, "energy needs at least 3 values; n has 2"),
        ({"n": "20"}, TypeError, "each n must be a whole number, not '20'"),
        ({"n": 10**7}, ValueError, "each n must be from 1 to 1000000"),
        ({"level": 1.0}, ValueError, "level must be above 0 and below 1, not 1.0"),
        ({"repetitions": 0}, ValueError, "repetitions must be"),
        ({"seed": -1}, ValueError, "seed must be"),
        ({"threads": 0}, ValueError, "threads must be"),
        ({"progress": 3}, TypeError, "progress must be callable"),
    ],
)
def test_what_is_wrong_is_said_before_any_work(arguments, error, message, monkeypatch):
    monkeypatch.setattr("clt_sim.power.simulation.sample", None)
    with pytest.raises(error, match=message):
        power_study(**arguments)


def test_two_models_of_one_description_need_labels():
    first, second = SAME
    if str(first) != str(second):
        pytest.skip("their descriptions differ")
    with pytest.raises(ValueError, match="two alternatives have the label"):
        specify("energy", SAME)
    assert len(specify("energy", {"first": first, "second": second}).alternatives) == 3


def test_draws_that_are_not_finite_are_an_error(monkeypatch):
    """The engine refuses models of which a pilot shows it; a rarer one is found here."""

    def rarely(source, size, seed):
        rows = np.arange(math.prod(np.atleast_1d(size)), dtype=float).reshape(size)
        rows.flat[-1] = math.nan
        return rows

    monkeypatch.setattr("clt_sim.power.simulation.sample", rarely)
    with pytest.raises(ArithmeticError, match="not all draws of normal are finite numbers"):
        list(map(_run, _tasks(specify("energy", "laplace", 20))))
