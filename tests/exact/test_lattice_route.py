"""Models of discrete parts against all outcomes, and what the route refuses."""

from __future__ import annotations

import itertools
import math
import re
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.discrete_terms import exact_masses
from clt_sim.exact.lattice_route import MOST_PLACES, lattice_law
from clt_sim.laws import Bernoulli, Discrete, Mixture, Rademacher, Sparse


def outcomes(model, inputs, weights, bias, phi):
    """All outcomes with their probabilities: one choice for each input, weight, mask and bias."""
    kept = 1 - Fraction(model.dropout)
    masks = [(1 / kept, kept), (Fraction(0), 1 - kept)] if model.dropout else [(Fraction(1), 1)]
    result = {}
    for b, *choice in itertools.product(bias, *itertools.chain(inputs, weights, [masks] * model.n)):
        xs, ws, ms = np.split(np.array(choice, dtype=object), 3)
        place = b[0] + sum(w[0] * phi(x[0]) * m[0] for x, w, m in zip(xs, ws, ms, strict=True))
        chance = b[1] * math.prod(pair[1] for pair in choice)
        result[place] = result.get(place, 0) + chance
    return result


def pairs(values, probabilities=None):
    values = list(values)
    chances = probabilities or [Fraction(1, len(values))] * len(values)
    return [
        (Fraction(value), Fraction(chance)) for value, chance in zip(values, chances, strict=True)
    ]


def check(law, exact):
    """Every number of the law against the exact masses of its places."""
    places = sorted(exact)
    x = np.array([float(place) for place in places])
    error = Fraction(law.error)
    for place, mass in zip(places, law.pmf(x).tolist(), strict=True):
        assert abs(Fraction(mass) - exact[place]) <= error * exact[place]
    assert [*law.atoms] == x.tolist()
    below = [*itertools.accumulate(exact[place] for place in places)]
    for value, above, true in zip(law.cdf(x).tolist(), law.sf(x).tolist(), below, strict=True):
        assert abs(Fraction(value) - true) <= error * true
        assert abs(Fraction(above) - (1 - true)) <= error * (1 - true)
    assert law.support == (x[0], x[-1])
    np.testing.assert_array_equal(law.quantile(law.cdf(x)), x)
    for k in range(5):
        moment = sum(mass * place**k for place, mass in exact.items())
        assert law.moment(k) == float(moment)
    mean = sum(mass * place for place, mass in exact.items())
    variance = sum(mass * (place - mean) ** 2 for place, mass in exact.items())
    assert law.variance == float(variance)


NUMBERS = st.integers(-12, 12).map(lambda k: k / 4)
PHIS = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, Fraction(0)),
    "abs": abs,
    "square": lambda x: x * x,
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
}
COUNTS = st.lists(st.integers(1, 9), min_size=1, max_size=3)


@st.composite
def discrete_parts(draw):
    """A discrete law with its exact masses."""
    counts = draw(COUNTS)
    values = draw(st.lists(NUMBERS, min_size=len(counts), max_size=len(counts), unique=True))
    probabilities = [count / sum(counts) for count in counts]
    total = sum(map(Fraction, probabilities))
    return Discrete(values, probabilities), pairs(
        values, [p / total for p in map(Fraction, probabilities)]
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data(), n=st.integers(1, 2), dropout=st.sampled_from([0.0, 0.25, 0.1]))
def test_small_models_against_all_outcomes(data, n, dropout):
    fixed = st.lists(NUMBERS, min_size=n, max_size=n)
    inputs, weights, bias = (
        data.draw(st.one_of(discrete_parts(), other)) for other in (fixed, fixed, NUMBERS)
    )
    if dropout == 0.1 and isinstance(bias, tuple):
        dropout = 0.25  # the numbers divided by 0.9 and those of the bias share no lattice
    phi = data.draw(st.sampled_from(sorted(PHIS)))
    parts = [part[0] if isinstance(part, tuple) else part for part in (inputs, weights, bias)]
    if not dropout and not any(isinstance(part, tuple) for part in (inputs, weights, bias)):
        return
    model = clt.WeightedSum(n, parts[0], phi, parts[1], bias=parts[2], dropout=dropout)
    rows = [
        [part[1]] * n if isinstance(part, tuple) else [pairs([value]) for value in part]
        for part in (inputs, weights)
    ]
    chances = bias[1] if isinstance(bias, tuple) else pairs([bias])
    check(lattice_law(model), outcomes(model, *rows, chances, PHIS[phi]))


def test_the_discrete_illustration():
    """Values 1, 2, 3: the numbers of ways to three faces."""
    law = lattice_law(clt.WeightedSum(n=3, inputs="discrete", weights=1.0))
    np.testing.assert_array_equal(law.pmf(range(3, 10)), np.array([1, 3, 6, 7, 6, 3, 1]) / 27)
    law = lattice_law(clt.WeightedSum(n=2, inputs="discrete", weights=1.0))
    np.testing.assert_array_equal(law.pmf(range(2, 7)), np.array([1, 2, 3, 2, 1]) / 9)


def test_halving_weights_give_exactly_the_uniform_law():
    weights = 0.5 ** np.arange(1, 21)
    law = lattice_law(clt.WeightedSum(n=20, inputs="rademacher", weights=weights))
    np.testing.assert_array_equal(law.masses, np.full(2**20, 2.0**-20))
    np.testing.assert_array_equal(law.places, np.arange(1 - 2**20, 2**20, 2) * 2.0**-20)


def test_many_coins():
    law = lattice_law(clt.WeightedSum(n=100_000, inputs="rademacher", weights=1.0))
    x = np.array([-11_000, -3000, 0, 3000, 11_000])
    exact = [Fraction(math.comb(100_000, (100_000 + int(value)) // 2), 2**100_000) for value in x]
    for mass, true in zip(law.pmf(x).tolist(), exact, strict=True):
        assert abs(Fraction(mass) / true - 1) < law.error
    assert law.moment(4) == 3 * 10**10 - 2 * 10**5
    np.testing.assert_array_equal(law.cdf(-x - 0.5), law.sf(x + 0.5))


def test_atoms_of_mixtures():
    law = Mixture(
        (Bernoulli(0.25), "constant(value=2)", Sparse(Rademacher(), 0.5)), (0.5, 0.25, 0.25)
    )
    eighth = Fraction(1, 8)
    expected = {0: eighth * 4, 1: eighth * Fraction(3, 2), 2: eighth * 2, -1: eighth / 2}
    assert exact_masses(law) == expected
    check(lattice_law(clt.WeightedSum(n=1, inputs=law, weights=1.0)), expected)


def test_probabilities_are_those_of_the_parameter():
    """The mass of 0 is 1 - 0.1 exactly; rounded, it would be off by 100000 roundings."""
    law = lattice_law(clt.WeightedSum(n=100_000, inputs="bernoulli(probability=0.1)", weights=1.0))
    with mpmath.workdps(40):
        exact = mpmath.binomial(100_000, 9000)
        exact *= mpmath.mpf(0.1) ** 9000 * (1 - mpmath.mpf(0.1)) ** 91_000
        assert abs(mpmath.mpf(float(law.pmf(9000))) / exact - 1) < law.error


def test_repeated_data_and_different_weights():
    data = (0.0, 1.0, 1.0, 4.0)
    weights = (1.0, -2.0, 1.0)
    model = clt.WeightedSum(3, f"empirical(data={data})", weights=weights)
    exact = outcomes(
        model, [pairs(data)] * 3, [pairs([w]) for w in weights], pairs([0]), lambda x: x
    )
    check(lattice_law(model), exact)


def test_a_constant_sum():
    law = lattice_law(clt.WeightedSum(n=3, inputs="constant(value=2)", weights=0.5))
    assert dict(law.atoms) == {3.0: 1.0}
    assert law.variance == 0.0
    assert str(law).startswith("lattice law on [3, 3]: 1 place, ")


def test_zero_is_a_place_although_dropout_divides():
    law = lattice_law(clt.WeightedSum(n=10, inputs="rademacher", weights=1.0, dropout=0.3))
    assert law.pmf(0.0) > 0.0
    np.testing.assert_array_equal(law.places, -law.places[::-1])


MODELS = {
    "coins": {"n": 9, "inputs": "rademacher", "weights": 1.0},
    "dice": {"n": 5, "inputs": "discrete", "nonlinearity": "square", "weights": "rademacher"},
    "dropout": {"n": 6, "inputs": "bernoulli", "weights": [1, 2, 3, 4, 5, 6], "dropout": 0.5},
}
DRAWS = 2**18


def deviations(law, summary):
    """Standard errors between the distribution functions, in the middle between places."""
    middle = 0.5 * (law.places[1:] + law.places[:-1])
    exact = law.cdf(middle)
    seen = DRAWS * np.minimum(exact, 1.0 - exact) > 100.0
    sd = np.sqrt(exact * (1.0 - exact) / DRAWS)
    return np.max(np.abs(summary.cdf(middle) - exact)[seen] / sd[seen])


@pytest.mark.parametrize("name", MODELS)
def test_simulations_agree(name):
    """A false alarm at 5 standard errors is rarer than 1e-4 for 60 places."""
    model = clt.WeightedSum(**MODELS[name])
    summary = clt.simulate(model, draws=DRAWS, seed=3)
    assert deviations(lattice_law(model), summary) < 5.0


def test_simulations_of_another_model_disagree():
    """Negative control: a coin that is off by one in a hundred."""
    model = clt.WeightedSum(n=9, inputs="bernoulli(probability=0.505)", weights=2.0, bias=-9.0)
    summary = clt.simulate(model, draws=DRAWS, seed=3)
    assert deviations(lattice_law(clt.WeightedSum(**MODELS["coins"])), summary) > 5.0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"inputs": "normal"}, "the law of the inputs is not discrete: normal has no atoms."),
        (
            {"inputs": "mixture(components=('constant','uniform'))"},
            "the law of the inputs is not discrete: uniform has no atoms.",
        ),
        ({"weights": "uniform"}, "the law of the weights is not discrete: uniform has no atoms."),
        ({"bias": "laplace"}, "the law of the bias is not discrete: laplace has no atoms."),
        (
            {"inputs": "scipy(distribution='poisson',shapes=(2,))"},
            "has masses that are not exact.",
        ),
        (
            {"dependence": "equicorrelated(correlation=0.25)"},
            "the inputs are dependent, equicorrelated(correlation=0.25).",
        ),
        (
            {"inputs": [[1.0, 2.0], [3.0, 4.0]]},
            "the inputs are rows of data, whose numbers are not independent.",
        ),
        (
            {"weights": [1.0, math.pi]},
            f"the values lie on no lattice of at most {MOST_PLACES} places: over their range of"
            " 8.28319 the step is at most 7.10543e-15.",
        ),
        ({"weights": 1e308}, "the places reach more than 1.79769e+308 from 0 in steps of"),
        ({"weights": 1e-280}, "in steps of 2e-280; steps must be at least 1e-270 and 2^-52 of"),
        (
            {"bias": 1e17},
            "the places reach 1e+17 from 0 in steps of 2; steps must be at least 1e-270 and 2^-52",
        ),
        (
            {"inputs": "constant(value=1000)", "nonlinearity": "exp"},
            "the nonlinearity exp is not finite at an input.",
        ),
        (
            {"inputs": clt.laws.Empirical(np.arange(400.0)),
             "weights": clt.laws.Empirical(np.arange(400.0))},
            "a term has up to 160000 values; the limit is 100000.",
        ),
    ],
)  # fmt: skip
def test_refusals_name_the_part(arguments, reason):
    model = clt.WeightedSum(**{"n": 2, "inputs": "rademacher", "weights": 1.0, **arguments})
    with pytest.raises(NoExactLaw, match=re.escape(reason)) as caught:
        lattice_law(model)
    assert str(caught.value)[0].islower()


@pytest.mark.parametrize(
    ("inputs", "phi", "chance"),
    [
        ("normal", "sign", 0.5),
        ("normal(mean=0.3)", "step", float(special.ndtr(0.3))),
        ("exponential", "sign", 1.0),
        ("student-t(df=1.5)", "step", 0.5),
    ],
)
def test_sign_and_step_make_every_law_discrete(inputs, phi, chance):
    law = lattice_law(clt.WeightedSum(30, inputs, phi, 1.0))
    low, high = (-1.0, 1.0) if phi == "sign" else (0.0, 1.0)
    k = np.arange(31)
    expected = stats.binom(30, chance).pmf(k)
    np.testing.assert_allclose(law.pmf(30 * low + (high - low) * k), expected, rtol=1e-12)
    assert law.error < (1e-15 if chance == 0.5 else 1e-10)
    assert clt.exact(clt.WeightedSum(30, inputs, phi, 1.0)).method == "lattice"


def test_sign_of_mixtures_and_sparse_inputs():
    """Half of the inputs are 0, and so is their sign; dropout leaves out a quarter of the rest."""
    law = lattice_law(clt.WeightedSum(1, "sparse(zero_probability=0.5)", "sign", 3.0, dropout=0.25))
    assert {x: float(m) for x, m in law.atoms.items()} == pytest.approx(
        {-4.0: 0.1875, 0.0: 0.625, 4.0: 0.1875}
    )
