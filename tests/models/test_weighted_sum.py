"""The weighted sum as a value, and its mean and variance."""

from __future__ import annotations

import copy
import itertools
import json
import math
import pickle

import numpy as np
import pytest
import specimens
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.laws import Discrete, Empirical
from clt_sim.models import (
    Autoregressive,
    DataRows,
    Equicorrelated,
    FixedInputs,
    FixedWeights,
    RandomScale,
)

MODELS = [
    clt.WeightedSum(n=1),
    clt.WeightedSum(n=64, inputs="normal", nonlinearity="relu", weights="normal", bias=-0.5),
    clt.WeightedSum(n=3, inputs="laplace(mean=1,scale=0.1)", weights=[0.1, -2.0, 1e-3]),
    clt.WeightedSum(n=10**6, inputs="uniform(low=-1)", weights="rademacher"),
    clt.WeightedSum(n=7, inputs="wikipedia", weights=1 / 3, bias=1e-300),
    clt.WeightedSum(n=5, inputs="exponential", nonlinearity="leaky-relu(slope=0.3)"),
    clt.WeightedSum(n=3, inputs=[0.5, -1.0, 1 / 3], nonlinearity="tanh", bias="laplace(scale=2)"),
    clt.WeightedSum(n=2, inputs=[[0.5, -1.0], [1 / 3, 0.0], [2.0, 4.0]], weights=1.0, dropout=0.3),
    clt.WeightedSum(n=4, inputs="uniform", dependence="equicorrelated(correlation=0.1)"),
    clt.WeightedSum(n=4, inputs="cauchy", dependence=RandomScale(Empirical(np.arange(1.0, 40.0)))),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=str)


class TestMessages:
    @pytest.mark.parametrize(
        ("part", "given", "nearest"),
        [
            ("inputs", "laplac", "laplace"),
            ("weights", "norml", "normal"),
            ("nonlinearity", "rellu", "relu"),
            ("inputs", "laplace(scal=2)", "scale"),
        ],
    )
    def test_unknown_name(self, part, given, nearest):
        with pytest.raises(ValueError, match=rf"unknown .* Did you mean '{nearest}'\?.* Known: "):
            clt.WeightedSum(n=3, **{part: given})

    @pytest.mark.parametrize("n", [0, -1, 10**6 + 1, 10**30, 1e12])
    def test_n_out_of_range(self, n):
        with pytest.raises(ValueError, match=r"^n must be from 1 to 1000000, not -?\d+\.$"):
            clt.WeightedSum(n=n)

    @pytest.mark.parametrize("n", [2.5, "3", None, True, math.nan, math.inf, [3], 3j])
    def test_n_not_whole(self, n):
        with pytest.raises(TypeError, match=r"^n must be a whole number"):
            clt.WeightedSum(n=n)

    def test_whole_floats_and_numpy_integers_are_whole(self):
        assert clt.WeightedSum(n=3.0) == clt.WeightedSum(n=np.int32(3)) == clt.WeightedSum(n=3)

    @pytest.mark.parametrize("weights", [[1.0, 2.0], [1.0] * 4, np.ones(2), FixedWeights([1.0])])
    def test_wrong_number_of_weights(self, weights):
        with pytest.raises(ValueError, match=r"^weights must be n = 3 numbers, not \d\.$"):
            clt.WeightedSum(n=3, weights=weights)

    @pytest.mark.parametrize("weights", [[], np.ones((3, 1)), np.ones((1, 3)), [[1, 2, 3]]])
    def test_weights_not_a_row(self, weights):
        with pytest.raises(ValueError, match=r"^weights must be a row of numbers, not of shape \("):
            clt.WeightedSum(n=3, weights=weights)

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_weights_not_finite(self, bad):
        with pytest.raises(ValueError, match=r"weights\[1\] is (nan|inf|-inf) \(2 of 3 are not\)"):
            clt.WeightedSum(n=3, weights=[1.0, bad, bad])
        with pytest.raises(ValueError, match=r"^weights must be finite"):
            clt.WeightedSum(n=3, weights=bad)

    @pytest.mark.parametrize(
        "weights",
        [None, 1j, [1j, 2, 3], np.array([1j, 2, 3]), ["a", "b", "c"], [None] * 3, [1, [2], 3], {}],
    )
    def test_weights_not_numbers(self, weights):
        with pytest.raises((TypeError, ValueError), match=r"^weights must be"):
            clt.WeightedSum(n=3, weights=weights)

    @pytest.mark.parametrize(
        ("bias", "error", "message"),
        [
            (math.nan, ValueError, "^bias must be"),
            (math.inf, ValueError, "^bias must be"),
            ([1.0, 2.0], TypeError, "^bias must be"),
            (None, TypeError, "^bias must be"),
            ("0", ValueError, "unknown law '0'"),
            ("laplac", ValueError, "Did you mean 'laplace'"),
        ],
    )
    def test_bias(self, bias, error, message):
        with pytest.raises(error, match=message):
            clt.WeightedSum(n=3, bias=bias)

    @pytest.mark.parametrize("value", [None, 3, np.tanh])
    def test_nonlinearity_of_the_wrong_kind(self, value):
        with pytest.raises(TypeError, match="is given by name or value"):
            clt.WeightedSum(n=3, nonlinearity=value)

    @pytest.mark.parametrize("inputs", [None, np.tanh, {}, [1j, 2, 3], [["a"] * 3], [1, [2], 3]])
    def test_inputs_not_numbers(self, inputs):
        with pytest.raises((TypeError, ValueError), match=r"^inputs must be"):
            clt.WeightedSum(n=3, inputs=inputs)

    @pytest.mark.parametrize(
        ("inputs", "message"),
        [
            ([1.0, 2.0], "^inputs must be n = 3 numbers, not 2"),
            (3.0, "^inputs must be n = 3 numbers, not 1"),
            (np.ones((5, 2)), "^inputs must be n = 3 columns of numbers, not 2"),
            (DataRows(np.ones((3, 4))), "^inputs must be n = 3 columns of numbers, not 4"),
            (FixedInputs([1.0]), "^inputs must be n = 3 numbers, not 1"),
            (np.ones((2, 2, 3)), "^inputs must be a row of numbers, not of shape"),
            (np.empty((0, 3)), "^inputs must be a matrix of numbers with a row for each example"),
            ([math.nan, 0.0, 0.0], r"inputs\[0\] is nan \(1 of 3 are not\)"),
            ([[0.0] * 3, [0.0, math.inf, 0.0]], r"inputs\[1, 1\] is inf \(1 of 6 are not\)"),
        ],
    )
    def test_inputs_that_do_not_fit(self, inputs, message):
        with pytest.raises(ValueError, match=message):
            clt.WeightedSum(n=3, inputs=inputs)

    @pytest.mark.parametrize(
        ("dependence", "message"),
        [
            ("equicorelated", "Did you mean 'equicorrelated'"),
            ("equicorrelated(correlation=1.5)", "correlation must be from 0 to 1, not 1.5"),
            ("equicorrelated(correlation=-0.1)", "correlation must be from 0 to 1, not -0.1"),
            ("autoregressive(correlation=1)", "correlation must be above -1 and below 1, not 1"),
            ("autoregressive(rho=0.5)", "unknown parameter"),
            ("random-scale(factor='expnential')", "Did you mean 'exponential'"),
        ],
    )
    def test_dependence(self, dependence, message):
        with pytest.raises(ValueError, match=message):
            clt.WeightedSum(n=3, dependence=dependence)

    @pytest.mark.parametrize("inputs", [[1.0, 2.0, 3.0], np.eye(3)], ids=["fixed", "data"])
    def test_dependence_needs_a_law(self, inputs):
        with pytest.raises(ValueError, match="dependence is of inputs with a law, not of inputs"):
            clt.WeightedSum(n=3, inputs=inputs, dependence="equicorrelated")

    @pytest.mark.parametrize("name", ["equicorrelated", "autoregressive"])
    @pytest.mark.parametrize("law", ["cauchy", "pareto(shape=1)"])
    def test_correlations_need_a_mean(self, name, law):
        with pytest.raises(ValueError, match=f"dependence {name} is of inputs with a finite mean"):
            clt.WeightedSum(n=3, inputs=law, dependence=name)

    @pytest.mark.parametrize("dropout", [-0.1, 1.0, 2, math.nan])
    def test_dropout(self, dropout):
        with pytest.raises(ValueError, match=r"^dropout must be"):
            clt.WeightedSum(n=3, dropout=dropout)

    def test_dropout_of_the_wrong_kind(self):
        with pytest.raises(TypeError, match=r"^dropout must be"):
            clt.WeightedSum(n=3, dropout="0.5")

    def test_nothing_random(self):
        with pytest.raises(ValueError, match="nothing is random: weights and inputs are both"):
            clt.WeightedSum(n=3, inputs=[1.0, 2.0, 3.0], weights=1.0)

    def test_unknown_description(self):
        with pytest.raises(ValueError, match="not the description of a weighted sum"):
            clt.WeightedSum.from_dict({"model": "random-network", "n": 3})


class TestValues:
    def test_scalar_weight_is_n_equal_weights(self):
        model = clt.WeightedSum(n=4, weights=0.5)
        assert model.weights == FixedWeights([0.5] * 4)
        for same in (1, np.float32(1.0), np.array(1.0), np.ones(4), (1, 1, 1, 1)):
            assert clt.WeightedSum(n=4, weights=same) == clt.WeightedSum(n=4, weights=1.0)

    def test_names_and_values_make_equal_models(self):
        by_name = clt.WeightedSum(
            n=3, inputs="laplace(scale=2)", nonlinearity="tanh", weights="normal"
        )
        by_value = clt.WeightedSum(
            n=3,
            inputs=clt.laws.Laplace(scale=2),
            nonlinearity=clt.nonlinearities.Tanh(),
            weights=clt.laws.Normal(),
        )
        assert by_name == by_value
        assert hash(by_name) == hash(by_value)

    def test_fixed_weights_are_compared_by_contents(self):
        first, second = (clt.WeightedSum(n=3, weights=[1.0, 2.0, 3.0]) for _ in range(2))
        assert first == second
        assert hash(first) == hash(second)
        assert first != clt.WeightedSum(n=3, weights=[1.0, 2.0, 3.5])
        assert first != clt.WeightedSum(n=3, weights="normal")
        assert FixedWeights([1.0]) != [1.0]

    def test_signed_zeros_are_equal_weights(self):
        assert FixedWeights([0.0, 1.0]) == FixedWeights([-0.0, 1.0])
        assert hash(FixedWeights([0.0, 1.0])) == hash(FixedWeights([-0.0, 1.0]))

    def test_weights_are_a_read_only_copy(self):
        given = np.array([1.0, 2.0])
        model = clt.WeightedSum(n=2, weights=given)
        given[0] = 7.0
        assert model.weights.values.tolist() == [1.0, 2.0]
        with pytest.raises(ValueError, match="read-only"):
            model.weights.values[0] = 7.0
        with pytest.raises(AttributeError, match="cannot be changed"):
            model.weights.values = given

    @every_model
    def test_models_are_frozen(self, model):
        with pytest.raises(AttributeError):
            model.n = 5

    @every_model
    def test_copies_are_equal(self, model):
        for again in (
            pickle.loads(pickle.dumps(model)),  # noqa: S301 - our own bytes
            copy.deepcopy(model),
            clt.WeightedSum.from_dict(model.to_dict()),
            clt.WeightedSum.from_dict(json.loads(json.dumps(model.to_dict()))),
        ):
            assert again == model
            assert hash(again) == hash(model)
            assert str(again) == str(model)

    def test_description_is_left_alone(self):
        description = clt.WeightedSum(n=3).to_dict()
        clt.WeightedSum.from_dict(description)
        assert description["model"] == "weighted-sum"

    @given(st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=8), st.floats(-1e300, 1e300))
    def test_any_numbers_survive_json(self, weights, bias):
        model = clt.WeightedSum(n=len(weights), weights=weights, bias=bias)
        assert clt.WeightedSum.from_dict(json.loads(json.dumps(model.to_dict()))) == model


class TestText:
    @pytest.mark.parametrize(
        ("model", "text"),
        [
            (MODELS[0], "sum of 1 terms w*x, x ~ normal, w ~ normal"),
            (MODELS[1], "sum of 64 terms w*relu(x), x ~ normal, w ~ normal, plus -0.5"),
            (MODELS[2], "sum of 3 terms w*x, x ~ laplace(mean=1.0, scale=0.1), w fixed, 3 numbers"),
            (clt.WeightedSum(n=2, weights=0.5), "sum of 2 terms w*x, x ~ normal, w fixed, all 0.5"),
        ],
    )
    def test_model(self, model, text):
        assert str(model) == text

    @pytest.mark.parametrize(
        ("model", "text"),
        [
            (MODELS[6], "sum of 3 terms w*tanh(x), x fixed, 3 numbers, w ~ normal, b ~ laplace("),
            (MODELS[7], "sum of 2 terms w*x, x one of 3 rows of data, w fixed, all 1, dropout 0.3"),
            (MODELS[8], "w*x, x ~ uniform equicorrelated(correlation=0.1), w ~ normal"),
            (MODELS[9], "x ~ cauchy random-scale(factor='empirical(data=39 numbers)'), w ~ normal"),
        ],
    )
    def test_parts_are_named(self, model, text):
        assert text in str(model)

    def test_fixed_weights(self):
        assert repr(FixedWeights([1.0, 2.0])) == "FixedWeights([1. 2.])"
        assert len(repr(FixedWeights(np.arange(10**5)))) < 100

    def test_ensemble(self):
        assert MODELS[0].ensemble == "over weights and inputs"
        assert MODELS[2].ensemble == "over inputs, at fixed weights"


@pytest.mark.parametrize("law", specimens.laws(), ids=str)
def test_every_law_survives_json(law):
    """In each place that it can have."""
    for parts in (
        {"inputs": law},
        {"weights": law},
        {"bias": law},
        {"dependence": RandomScale(law)},
    ):
        model = clt.WeightedSum(n=3, **parts)
        again = clt.WeightedSum.from_dict(json.loads(json.dumps(model.to_dict())))
        assert again == model
        assert hash(again) == hash(model)


@pytest.mark.parametrize(
    "law",
    [
        Empirical(np.arange(1000.0) / 7.0),
        Discrete(np.arange(50.0) ** 2 / 3.0),
        clt.laws.Mixture((Empirical(np.arange(100.0) / 3.0), "normal")),
        clt.laws.Sparse(Empirical(np.arange(100.0) / 3.0), 0.25),
    ],
    ids=["empirical", "discrete", "mixture", "sparse"],
)
def test_laws_with_much_data_survive_json(law):
    for parts in ({"inputs": law}, {"weights": law}, {"dependence": RandomScale(law)}):
        model = clt.WeightedSum(n=3, **parts)
        again = clt.WeightedSum.from_dict(json.loads(json.dumps(model.to_dict())))
        assert again == model
        assert len(str(model)) < 300


def weights_of(model):
    """The atoms of each weight after dropout, with their masses."""
    fixed = isinstance(model.weights, FixedWeights)
    for i in range(model.n):
        atoms = {model.weights.values[i]: 1.0} if fixed else model.weights.atoms
        kept = [(w / (1.0 - model.dropout), p * (1.0 - model.dropout)) for w, p in atoms.items()]
        yield [*kept, (0.0, model.dropout)] if model.dropout else kept


def inputs_of(model):
    """Every row of inputs of a model of atoms, with its mass."""
    if isinstance(model.inputs, FixedInputs):
        return [(model.inputs.values, 1.0)]
    if isinstance(model.inputs, DataRows):
        return [(row, 1.0 / len(model.inputs.values)) for row in model.inputs.values]
    n, m, dependence = model.n, model.inputs.mean, model.dependence
    shared = isinstance(dependence, Equicorrelated | RandomScale)
    common = getattr(dependence, "factor", model.inputs).atoms if shared else {0.0: 1.0}
    fresh = itertools.product(model.inputs.atoms.items(), repeat=n)
    return [
        (
            dependent(np.array([x for x, _ in row]), c, m, dependence),
            q * math.prod(p for _, p in row),
        )
        for row, (c, q) in itertools.product(fresh, common.items())
    ]


def dependent(e, c, m, dependence):
    """Return the inputs for fresh draws e and the common draw c."""
    if isinstance(dependence, RandomScale):
        return c * e
    if isinstance(dependence, Equicorrelated):
        r = dependence.correlation
        return m + math.sqrt(r) * (c - m) + math.sqrt(1.0 - r) * (e - m)
    x = e.copy()
    if isinstance(dependence, Autoregressive):
        r = dependence.correlation
        for i in range(1, x.size):
            x[i] = m + r * (x[i - 1] - m) + math.sqrt(1.0 - r * r) * (e[i] - m)
    return x


def brute_force(model):
    """Return mean and variance of a sum of atoms by listing every outcome."""
    random_bias = isinstance(model.bias, clt.laws.Law)
    biases = model.bias.atoms if random_bias else {model.bias: 1.0}
    outcomes = []
    for (x, q), weights, (b, s) in itertools.product(
        inputs_of(model), list(itertools.product(*weights_of(model))), biases.items()
    ):
        outputs = model.nonlinearity(x)
        total = b + sum(w * phi for (w, _), phi in zip(weights, outputs, strict=True))
        outcomes.append((total, q * s * math.prod(p for _, p in weights)))
    assert math.fsum(p for _, p in outcomes) == pytest.approx(1.0, rel=1e-13)
    mean = math.fsum(s * p for s, p in outcomes)
    return mean, math.fsum((s - mean) ** 2 * p for s, p in outcomes)


def assert_brute_force(model):
    mean, variance = brute_force(model)
    assert model.mean == pytest.approx(mean, rel=1e-13, abs=1e-14)
    assert model.variance == pytest.approx(variance, rel=1e-13)


@pytest.mark.parametrize("phi", clt.nonlinearities.names())
@pytest.mark.parametrize("weights", ["rademacher", [0.5, -2.0, 1.0, 3.0]], ids=str)
def test_mean_and_variance_of_all_outcomes(phi, weights):
    assert_brute_force(
        clt.WeightedSum(n=4, inputs="rademacher", nonlinearity=phi, weights=weights, bias=0.25)
    )


COIN = Discrete((-1.0, 2.0), (0.25, 0.75))
INPUTS = {
    "law": {"inputs": COIN},
    "fixed": {"inputs": [0.5, -1.0, 2.0]},
    "rows": {"inputs": [[0.5, -1.0, 2.0], [1.0, 1.0, 0.0], [0.0, 3.0, -2.0]]},
    "equicorrelated": {"inputs": COIN, "dependence": Equicorrelated(0.3)},
    "fully correlated": {"inputs": COIN, "dependence": Equicorrelated(1.0)},
    "autoregressive": {"inputs": COIN, "dependence": Autoregressive(-0.7)},
    "random scale": {"inputs": COIN, "dependence": RandomScale(Discrete((1.0, 3.0), (0.9, 0.1)))},
}
DEPENDENT = {name for name, parts in INPUTS.items() if "dependence" in parts}


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("phi", ["identity", "gelu", "sign"])
@pytest.mark.parametrize("weights", [COIN, [0.5, -2.0, 1.0]], ids=["random", "numbers"])
@pytest.mark.parametrize("bias", [0.25, "bernoulli(probability=0.2)"])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_every_combination_against_all_outcomes(inputs, phi, weights, bias, dropout):
    parts = {"weights": weights, "bias": bias, "dropout": dropout, "nonlinearity": phi}
    if inputs == "fixed" and isinstance(weights, list) and not dropout and bias == 0.25:
        return  # nothing is random
    model = clt.WeightedSum(3, **INPUTS[inputs], **parts)
    if inputs in DEPENDENT and phi != "identity":
        assert math.isnan(model.mean)
        assert math.isnan(model.variance)
    else:
        assert_brute_force(model)


def test_dependent_normal_inputs_keep_their_mean_through_a_nonlinearity():
    for dependence in ("equicorrelated", "autoregressive"):
        model = clt.WeightedSum(3, "normal(mean=1)", "relu", 0.5, dependence=dependence)
        assert model.mean == clt.WeightedSum(3, "normal(mean=1)", "relu", 0.5).mean
        assert math.isnan(model.variance)


INFINITE = [
    ({"inputs": "student-t(df=1.5)"}, 0.0, math.inf),
    ({"inputs": "student-t(df=1.5)", "weights": 0.0}, 0.0, 0.0),
    ({"inputs": "student-t(df=1.5)", "nonlinearity": "tanh", "weights": 1.0}, 0.0, None),
    ({"inputs": "pareto(shape=1.5)", "weights": 1.0}, 9.0, math.inf),
    ({"inputs": "pareto(shape=0.5)", "weights": 1.0}, math.inf, None),
    ({"inputs": [1.0, 0.0, -1.0], "weights": "pareto(shape=1.5)"}, 0.0, math.inf),
    ({"inputs": [1.0, 0.0, 2.0], "weights": "pareto(shape=1.5)", "dropout": 0.5}, 9.0, math.inf),
    ({"bias": "student-t(df=1.5)"}, 0.0, math.inf),
    ({"inputs": "cauchy"}, None, None),
    ({"weights": "pareto(shape=0.5)"}, None, None),
    ({"weights": "cauchy", "inputs": [1.0, 0.0, 2.0]}, None, None),
    ({"weights": "cauchy", "inputs": [[1.0, 0.0, 2.0]]}, None, None),
    ({"weights": "pareto(shape=0.5)", "inputs": [[1.0, 0.0, -2.0]], "dropout": 0.5}, None, None),
]


@pytest.mark.parametrize(("parts", "mean", "variance"), INFINITE, ids=str)
def test_moments_that_are_not_finite(parts, mean, variance):
    """Nothing raises or warns; None is not stated here: it may be infinite or not defined."""
    model = clt.WeightedSum(3, **parts)
    assert mean is None or model.mean == pytest.approx(mean)
    assert variance is None or model.variance == variance
    assert mean is not None or not math.isfinite(model.mean)


TAILS = [
    ({}, math.inf),
    ({"inputs": "student-t(df=6)"}, 6.0),
    ({"inputs": "student-t(df=6)", "nonlinearity": "square"}, 3.0),
    ({"inputs": "student-t(df=6)", "nonlinearity": "sigmoid"}, math.inf),
    ({"inputs": "pareto(shape=2)", "nonlinearity": "relu"}, 2.0),
    ({"inputs": "lognormal", "nonlinearity": "square"}, math.inf),
    ({"inputs": "lognormal", "nonlinearity": "exp"}, 0.0),
    ({"inputs": "laplace(scale=0.5)", "nonlinearity": "exp"}, 2.0),
    ({"inputs": "uniform", "nonlinearity": "exp"}, math.inf),
    ({"weights": "cauchy"}, 1.0),
    ({"weights": "cauchy", "bias": "pareto(shape=0.5)"}, 0.5),
    ({"weights": "student-t(df=3)", "inputs": [1.0, 2.0, 3.0]}, 3.0),
    ({"weights": "student-t(df=3)", "inputs": np.eye(3)}, 3.0),
    ({"dependence": "random-scale(factor='student-t(df=5)')"}, 5.0),
    (
        {"dependence": "random-scale(factor='student-t(df=5)')", "nonlinearity": "square"},
        2.5,
    ),
    ({"dependence": "random-scale(factor='student-t(df=5)')", "nonlinearity": "erf"}, math.inf),
    ({"inputs": "student-t(df=6)", "dependence": "equicorrelated", "dropout": 0.5}, 6.0),
]


@pytest.mark.parametrize(("parts", "index"), TAILS, ids=str)
def test_tail_index_is_that_of_the_heaviest_part(parts, index):
    assert clt.WeightedSum(3, **parts).tail_index == index


@pytest.mark.parametrize("law", ["exponential", "wikipedia", "laplace(mean=1)", "normal(mean=2)"])
@pytest.mark.parametrize("weights", ["uniform", "normal(mean=-1)", 0.7, [1.0, -0.5, 2.0]], ids=str)
@pytest.mark.parametrize("phi", ["tanh", "gelu"])
def test_mean_and_variance_of_draws(law, weights, phi):
    """Within 5 standard errors: 64 comparisons raise a false alarm with probability 4e-5."""
    model = clt.WeightedSum(n=3, inputs=law, nonlinearity=phi, weights=weights, bias=0.25)
    rng = np.random.default_rng(1733)
    shape = (40_000, model.n)
    fixed = isinstance(model.weights, FixedWeights)
    w = model.weights.values if fixed else model.weights.sample(shape, rng=rng)
    sums = (w * model.nonlinearity(model.inputs.sample(shape, rng=rng))).sum(axis=1) + model.bias
    squares = (sums - sums.mean()) ** 2
    root = math.sqrt(shape[0])
    assert abs(sums.mean() - model.mean) < 5 * sums.std() / root
    assert abs(squares.mean() - model.variance) < 5 * squares.std() / root
    # The negative control: a tenth of a standard deviation, or a tenth of the variance, is seen.
    assert abs(sums.mean() - model.mean - 0.1 * sums.std()) > 5 * sums.std() / root
    assert abs(squares.mean() - 1.2 * model.variance) > 5 * squares.std() / root


def test_identity_models_in_closed_form():
    model = clt.WeightedSum(n=5, inputs="uniform(low=1,high=3)", weights="exponential", bias=-4)
    assert model.mean == pytest.approx(5 * 1 * 2 - 4, rel=1e-15)
    # E[w^2] E[x^2] - (E[w] E[x])^2 = 2 (4 + 1/3) - 4
    assert model.variance == pytest.approx(5 * (2 * 13 / 3 - 4), rel=1e-14)


def test_variance_does_not_cancel():
    model = clt.WeightedSum(n=2, inputs=clt.laws.Uniform(1e8, 1e8 + 1), weights=1.0)
    assert model.variance == pytest.approx(1 / 6, rel=1e-12)


def test_prefixes_keep_everything_else():
    for model in MODELS[6:]:
        shorter = model.prefix(2)
        assert shorter.n == 2
        assert (shorter.bias, shorter.dependence) == (model.bias, model.dependence)
        assert shorter.dropout == model.dropout
    assert MODELS[6].prefix(2).inputs == FixedInputs([0.5, -1.0])
    assert MODELS[7].prefix(1).inputs == DataRows([[0.5], [1 / 3], [2.0]])


def test_inputs_of_one_and_two_dimensions():
    assert clt.WeightedSum(2, [1, 2]) == clt.WeightedSum(2, FixedInputs([1.0, 2.0]))
    assert clt.WeightedSum(2, [[1, 2]]) == clt.WeightedSum(2, DataRows([[1.0, 2.0]]))
    assert clt.WeightedSum(2, [1, 2]) != clt.WeightedSum(2, [[1, 2]])
    assert FixedInputs([1.0, 2.0]) != FixedWeights([1.0, 2.0])
    assert DataRows(np.ones((2, 3))) != DataRows(np.ones((3, 2)))
