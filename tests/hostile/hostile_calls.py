"""Public functions, each with arguments that it was made for."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

import clt_sim as clt
from clt_sim import models, networks, normality_tests, plotting, theory
from clt_sim.gaussianity import names as gaussianity_names
from clt_sim.sparsity import axioms, hurley_rickard

DRAWS = np.random.default_rng(5).standard_normal(30)
MANY = np.random.default_rng(6).standard_normal(700)
TABLE = DRAWS.reshape(10, 3)


@functools.cache
def summary():
    """Return a small summary."""
    model = clt.WeightedSum(n=3, nonlinearity="relu", bias=0.5)
    return clt.simulate(model, draws=2000, characteristic_function=True)


@functools.cache
def mixture():
    """Return a small mixture of normal laws."""
    return clt.simulate_conditional(clt.RandomNetwork([3]), draws=2000)


@functools.cache
def signal():
    """Return the values of a layer."""
    return networks.Signal("u", "hidden 1", TABLE)


@functools.cache
def history():
    """Return a short training."""
    return clt.train(hidden=(3,), steps=2, batch_size=4)


def perceptron():
    """Return a small network."""
    return history().network


@functools.cache
def record():
    """Return the record of a small network."""
    return clt.record(perceptron(), networks.load_digits().test_inputs[:20])


@functools.cache
def power():
    """Return a small study."""
    return clt.power_study("jarque-bera", ["normal", "uniform"], 20, repetitions=20)


SUM = clt.WeightedSum(n=3, inputs="uniform", weights=1.0)
NETWORK = clt.RandomNetwork([3, 2])
CUMULANTS = theory.Cumulants(0.5, 2.0, (0.1, 0.2, 0.01, 0.02))
LAW_PARAMETERS = {"empirical": {"data": (1.0, 2.0, 5.0)}}
PLACES = {"x": 0.5, "p": 0.25, "t": 0.7}


def _parameters(value):
    return {
        field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init
    }


def _laws():
    for name in clt.laws.names():
        law = clt.laws.get(name, **LAW_PARAMETERS.get(name, {}))
        cls, fields = type(law), _parameters(law)
        yield f"laws.{cls.__name__}", cls, fields
        for method, argument in (("pdf", "x"), ("cdf", "x"), ("quantile", "p")):
            yield (
                f"laws.{cls.__name__}.{method}",
                getattr(law, method),
                {argument: PLACES[argument]},
            )
        yield (
            f"laws.{cls.__name__}.characteristic_function",
            law.characteristic_function,
            {"t": 0.7},
        )
        yield f"laws.{cls.__name__}.moment", law.moment, {"k": 2}
        yield f"laws.{cls.__name__}.sample", law.sample, {"size": 3, "rng": 1}
    yield "laws.get", clt.laws.get, {"specification": "normal", "sd": 2.0}
    yield "laws.from_description", clt.laws.from_description, {"description": "normal"}


@functools.cache
def _compiled():
    """Return a function as users compile theirs."""
    from numba import njit

    return njit(lambda x: x * 0.5)


def _nonlinearities():
    for name in clt.nonlinearities.names():
        phi = clt.nonlinearities.get(name)
        title = f"nonlinearities.{type(phi).__name__}"
        fields = _parameters(phi)
        if fields:
            yield title, type(phi), fields
        yield f"{title}.__call__", phi, {"x": 0.5}
        yield f"{title}.derivative", phi.derivative, {"x": 0.5}
        yield f"{title}.gaussian_moment", phi.gaussian_moment, {"k": 2, "variance": 1.0}
    function = {"function": _compiled(), "kinks": (), "growth": (0.0, 0.0)}
    yield "nonlinearities.UserFunction", clt.nonlinearities.UserFunction, function
    of_user = clt.nonlinearities.UserFunction(**function)
    yield "nonlinearities.UserFunction.__call__", of_user, {"x": 0.5}
    yield "nonlinearities.UserFunction.derivative", of_user.derivative, {"x": 0.5}
    yield (
        "nonlinearities.get",
        clt.nonlinearities.get,
        {"specification": "leaky-relu", "slope": 0.1},
    )


def _models():
    fixed = {"values": [1.0, 2.0]}
    yield "models.FixedWeights", models.FixedWeights, fixed
    yield "models.FixedInputs", models.FixedInputs, fixed
    yield "models.DataRows", models.DataRows, {"values": [[1.0, 2.0], [3.0, 5.0]]}
    yield "models.Equicorrelated", models.Equicorrelated, {"correlation": 0.5}
    yield "models.Autoregressive", models.Autoregressive, {"correlation": 0.5}
    yield "models.RandomScale", models.RandomScale, {"factor": clt.laws.Exponential()}
    for kind in (models.FixedWeights, models.FixedInputs):
        yield f"models.{kind.__name__}.prefix", kind([1.0, 2.0]).prefix, {"n": 1}
    yield "models.DataRows.prefix", models.DataRows([[1.0, 2.0], [3.0, 5.0]]).prefix, {"n": 1}
    for dependence in (models.Equicorrelated(), models.Autoregressive(), models.RandomScale()):
        title, inputs = f"models.{type(dependence).__name__}", clt.laws.Uniform()
        for method in ("first_moment", "second_moment", "keeps_law"):
            yield f"{title}.{method}", getattr(dependence, method), {"inputs": inputs}
        weights = np.array([1.0, 2.0])
        yield f"{title}.variance", dependence.variance, {"weights": weights, "inputs": inputs}
    terms = {
        "n": 4,
        "inputs": "normal",
        "nonlinearity": "relu",
        "weights": "normal",
        "bias": 0.5,
        "dependence": None,
        "dropout": 0.1,
    }
    yield "WeightedSum", clt.WeightedSum, terms
    yield "WeightedSum.prefix", SUM.prefix, {"n": 2}
    yield "WeightedSum.from_dict", clt.WeightedSum.from_dict, {"description": SUM.to_dict()}
    for part in terms:
        yield (
            f"WeightedSum.from_dict {part}",
            functools.partial(_from_dict, part),
            {"value": SUM.to_dict()[part]},
        )
    parts = {
        "widths": [3, 2],
        "nonlinearity": "relu",
        "weights": "normal",
        "weight_variance": 2.0,
        "bias_variance": 0.1,
        "normalization": None,
        "inputs": "normal",
        "input_width": 2,
        "batch_size": None,
        "weight_seed": None,
        "sampler": "auto",
    }
    yield "RandomNetwork", clt.RandomNetwork, parts
    batch = parts | {"normalization": "batch", "batch_size": 4, "sampler": "direct"}
    yield "RandomNetwork batch", clt.RandomNetwork, batch
    yield "RandomNetwork fixed", clt.RandomNetwork, parts | {"weight_seed": 1}
    yield "RandomNetwork.prefix", NETWORK.prefix, {"n": 2}
    yield "RandomNetwork.from_dict", clt.RandomNetwork.from_dict, {"description": NETWORK.to_dict()}
    for part in NETWORK.to_dict():
        value = NETWORK.to_dict()[part]
        yield (
            f"RandomNetwork.from_dict {part}",
            functools.partial(_network_from_dict, part),
            {"value": value},
        )
    yield "models.model_from_dict", models.model_from_dict, {"description": SUM.to_dict()}


def _from_dict(part, value):
    return clt.WeightedSum.from_dict(SUM.to_dict() | {part: value})


def _network_from_dict(part, value):
    return clt.RandomNetwork.from_dict(NETWORK.to_dict() | {part: value})


def _engine():
    common = {"seed": 1, "precision": "single", "threads": 1, "progress": None}
    yield (
        "simulate",
        clt.simulate,
        {
            "model": SUM,
            "draws": 100,
            **common,
            "executor": None,
            "start": 0,
            "characteristic_function": True,
            "checkpoint": None,
            "device": "cpu",
        },
    )
    yield "simulate network", clt.simulate, {"model": NETWORK, "draws": 100, **common, "start": 0}
    yield (
        "simulate_path",
        clt.simulate_path,
        {
            "model": SUM,
            "ns": [1, 3],
            "draws": 100,
            "independent": False,
            **common,
            "executor": None,
            "device": "cpu",
        },
    )
    yield (
        "simulate_conditional",
        clt.simulate_conditional,
        {"model": NETWORK, "draws": 100, **common, "executor": None},
    )
    yield "sample", clt.sample, {"model": SUM, "size": 5, "seed": 1, "precision": "single"}
    s, m = summary(), mixture()
    yield "Summary.cdf", s.cdf, {"x": 0.5}
    yield "Summary.quantile", s.quantile, {"p": 0.5}
    yield "Summary.__add__", s.__add__, {"other": s}
    yield "Summary.histogram.density", s.histogram.density, {"merge": 2}
    yield "NormalMixture.cdf", m.cdf, {"x": 0.5}
    yield "NormalMixture.pdf", m.pdf, {"x": 0.5}
    yield "NormalMixture.cdf_stderr", m.cdf_stderr, {"x": 0.5}
    yield "NormalMixture.pdf_stderr", m.pdf_stderr, {"x": 0.5}
    yield "NormalMixture.__add__", m.__add__, {"other": m}


def exact_laws():
    """Return an exact law of each kind."""
    return {
        "piecewise": clt.exact(clt.WeightedSum(n=2, inputs="uniform", weights=1.0)),
        "lattice": clt.exact(clt.WeightedSum(n=3, inputs="rademacher", weights=1.0)),
        "atoms": clt.exact(clt.WeightedSum(n=2, inputs="rademacher", weights=[1.0, 2.0**0.5])),
        "closed": clt.exact(clt.WeightedSum(n=3, inputs="normal", weights=1.0)),
        "inverted": clt.exact(clt.WeightedSum(n=4, inputs="normal", nonlinearity="relu")),
        "push": clt.exact(clt.WeightedSum(n=1, inputs="normal", nonlinearity="relu", weights=1.0)),
        "scale": clt.exact(
            clt.WeightedSum(
                n=2, inputs="normal", weights=1.0, dependence="random-scale(factor='uniform')"
            )
        ),
        "network": clt.exact(NETWORK),
    }


def _exact():
    yield "exact", clt.exact, {"model": SUM, "method": "auto"}
    yield "exact network", clt.exact, {"model": NETWORK, "method": "auto"}
    for kind, law in exact_laws().items():
        for method in ("pdf", "cdf", "sf", "logpdf", "quantile"):
            argument = "p" if method == "quantile" else "x"
            yield f"exact {kind}.{method}", getattr(law, method), {argument: PLACES[argument]}
        yield (
            f"exact {kind}.density_and_tail",
            law.density_and_tail,
            {"x": PLACES["x"], "upper": True},
        )
        yield f"exact {kind}.moment", law.moment, {"k": 3}
        if kind in ("lattice", "atoms"):
            yield f"exact {kind}.pmf", law.pmf, {"x": 1.0}
        if hasattr(law, "characteristic_function"):
            yield f"exact {kind}.characteristic_function", law.characteristic_function, {"t": 0.7}
    yield (
        "ClosedFamilyLaw",
        clt.ClosedFamilyLaw,
        {"law": clt.laws.Normal(), "location": 0.0, "scale": 1.0},
    )
    yield (
        "PushforwardLaw",
        clt.PushforwardLaw,
        {
            "law": clt.laws.Normal(),
            "nonlinearity": clt.nonlinearities.ReLU(),
            "weight": 1.0,
            "bias": 0.0,
        },
    )
    yield "InvertedLaw", clt.InvertedLaw, {"model": clt.WeightedSum(n=3)}


def _measures():
    options = {
        "standardize": True,
        "axis": None,
        "clusters": None,
        "nan_policy": "raise",
        "measures": None,
    }
    yield "gaussianity", clt.gaussianity, {"x": DRAWS, **options}
    yield "gaussianity raw", clt.gaussianity, {"x": DRAWS, **options, "standardize": False}
    yield "gaussianity omit", clt.gaussianity, {"x": DRAWS, **options, "nan_policy": "omit"}
    yield (
        "gaussianity clusters",
        clt.gaussianity,
        {"x": DRAWS, **options, "clusters": np.arange(30) // 3},
    )
    yield "gaussianity columns", clt.gaussianity, {"x": TABLE, **options, "axis": 0}
    yield "gaussianity rows", clt.gaussianity, {"x": TABLE, **options, "axis": 1}
    for name in gaussianity_names():
        yield f"gaussianity {name}", functools.partial(clt.gaussianity, measures=name), {"x": DRAWS}
    options = {"axis": None, "nan_policy": "raise", "measures": None, "signed": "magnitude"}
    yield "sparsity", clt.sparsity, {"x": DRAWS, **options}
    yield "sparsity rectified", clt.sparsity, {"x": DRAWS, **options, "signed": "rectified"}
    yield "sparsity omit", clt.sparsity, {"x": DRAWS, **options, "nan_policy": "omit"}
    yield "sparsity columns", clt.sparsity, {"x": TABLE, **options, "axis": 0}
    yield "sparsity lifetime", clt.sparsity, {"x": signal(), **options, "axis": "lifetime"}
    yield "sparsity.axioms", axioms, {"measures": None, "trials": 2, "seed": 0}
    for name, measure in hurley_rickard.items():
        yield f"sparsity.hurley_rickard {name}", measure, {"c": np.abs(DRAWS)}
    options = {
        "standardize": True,
        "measures": None,
        "seed": 0,
        "directions": 4,
        "pair_budget": 1e6,
    }
    yield "multivariate_gaussianity", clt.multivariate_gaussianity, {"x": TABLE, **options}
    raw = options | {"standardize": False}
    yield "multivariate_gaussianity raw", clt.multivariate_gaussianity, {"x": TABLE, **raw}
    yield "effective_size", clt.effective_size, {"x": DRAWS, "clusters": None}
    yield (
        "effective_size clusters",
        clt.effective_size,
        {"x": DRAWS, "clusters": np.arange(30) // 3},
    )
    for name in normality_tests.names():
        yield (
            f"gaussianity_test {name}",
            functools.partial(clt.gaussianity_test, test=name),
            {"x": DRAWS},
        )
    yield "gaussianity_test", clt.gaussianity_test, {"x": DRAWS, "test": "lilliefors"}
    options = {"within": 0.1, "measure": "kolmogorov", "confidence": 0.9, "standardize": True}
    yield "is_gaussian", clt.is_gaussian, {"x": DRAWS, **options, "clusters": None}
    yield (
        "is_gaussian model",
        clt.is_gaussian,
        {"x": SUM, **options, "budget": 100_000, "seed": 0, "progress": None},
    )
    for name in (
        "kolmogorov-nearest",
        "wasserstein-1",
        "skewness",
        "excess-kurtosis",
        "l-skewness",
        "l-kurtosis",
    ):
        yield f"is_gaussian {name}", functools.partial(clt.is_gaussian, measure=name), {"x": MANY}
    yield (
        "power_study",
        clt.power_study,
        {
            "tests": "jarque-bera",
            "alternatives": ["uniform"],
            "n": 20,
            "level": 0.05,
            "repetitions": 10,
            "seed": 0,
            "threads": 1,
            "executor": None,
            "progress": None,
        },
    )
    yield "PowerStudy.table", power().table, {"n": 20}
    yield (
        "PowerStudy.power",
        power().power,
        {"test": "jarque-bera", "alternative": "uniform", "n": 20},
    )
    yield "PowerStudy.__getitem__", power().__getitem__, {"key": ("jarque-bera", "uniform", 20)}
    yield "sampling_floor", clt.sampling_floor, {"measure": "kolmogorov", "rows": 50}
    yield (
        "layer_table",
        clt.layer_table,
        {"record": record(), "measures": ["skewness"], "axis": "lifetime"},
    )
    table = axioms(trials=2)
    yield "sparsity.AxiomTable.__getitem__", table.__getitem__, {"name": "gini"}
    report = clt.gaussianity(DRAWS, measures="skewness")
    yield "Report.__getitem__", report.__getitem__, {"name": "skewness"}


def _theory():
    yield "theory.sum_cumulants", theory.sum_cumulants, {"model": SUM, "order": 6}
    for name in ("berry_esseen_bound", "goldstein_bound", "lyapunov_fraction", "stable_limit"):
        model = (
            clt.WeightedSum(n=3, inputs="cauchy", weights=1.0) if name == "stable_limit" else SUM
        )
        yield f"theory.{name}", getattr(theory, name), {"model": model}
    yield "theory.lindeberg_sum", theory.lindeberg_sum, {"model": SUM, "epsilon": 0.5}
    for name in ("lindeberg_ratio", "effective_terms"):
        yield f"theory.{name}", getattr(theory, name), {"weights": [1.0, 2.0]}
    for name in (
        "depth_limit",
        "kernel_moments",
        "network_kurtosis",
        "sub_weibull_index",
        "unit_correlation",
    ):
        yield f"theory.{name}", getattr(theory, name), {"network": NETWORK}
    yield "theory.mardia_kurtosis", theory.mardia_kurtosis, {"network": NETWORK, "dimension": 3}
    yield (
        "theory.batch_normalization_law",
        theory.batch_normalization_law,
        {"batch_size": 5, "epsilon": 0.0},
    )
    yield (
        "theory.layer_normalization_law",
        theory.layer_normalization_law,
        {"width": 5, "epsilon": 0.0},
    )
    yield "theory.rms_normalization_law", theory.rms_normalization_law, {"width": 5, "epsilon": 0.0}
    rates = {"ns": [1, 2, 4], "distances": [0.4, 0.3, 0.2], "errors": [0.01, 0.01, 0.01]}
    yield "theory.check_bound", theory.check_bound, {**rates, "bounds": [0.5, 0.4, 0.3]}
    yield "theory.fit_rate", theory.fit_rate, {**rates, "confidence": 0.95, "theorem_exponent": 0.5}
    yield (
        "theory.cornish_fisher",
        theory.cornish_fisher,
        {"p": 0.3, "cumulants": CUMULANTS, "order": 2},
    )
    yield "theory.Edgeworth", theory.Edgeworth, {"cumulants": CUMULANTS, "order": 2}
    yield (
        "theory.Cumulants to Edgeworth",
        _edgeworth,
        {"mean": 0.5, "variance": 2.0, "skewness": 0.1},
    )
    for kind in (theory.CumulantGeneratingFunction, theory.Saddlepoint):
        yield f"theory.{kind.__name__}", kind, {"model": SUM}
    for name, series in (
        ("Edgeworth", theory.Edgeworth(CUMULANTS)),
        ("Saddlepoint", theory.Saddlepoint(SUM)),
    ):
        for method in ("pdf", "cdf", "sf", "quantile", "tilt"):
            if hasattr(series, method):
                argument = "p" if method == "quantile" else "x"
                yield (
                    f"theory.{name}.{method}",
                    getattr(series, method),
                    {argument: PLACES[argument]},
                )
    yield (
        "theory.CumulantGeneratingFunction.derivatives",
        theory.CumulantGeneratingFunction(SUM).derivatives,
        {"s": 0.5},
    )
    yield (
        "theory.dual_activation",
        theory.dual_activation,
        {"nonlinearity": "relu", "correlation": 0.5, "variances": (1.0, 2.0)},
    )
    yield (
        "theory.dual_activation tanh",
        theory.dual_activation,
        {"nonlinearity": "tanh", "correlation": 0.5, "variances": (1.0, 2.0)},
    )
    kernel = {
        "inputs": TABLE[:2],
        "depth": 2,
        "nonlinearity": "relu",
        "weight_variance": 2.0,
        "bias_variance": 0.1,
    }
    yield "theory.nngp_kernel", theory.nngp_kernel, kernel
    yield "theory.nngp_kernel tanh", theory.nngp_kernel, kernel | {"nonlinearity": "tanh"}
    scales = {"weight_scale": 1.0, "bias_scale": 0.1}
    yield (
        "theory.stable_next_layer",
        theory.stable_next_layer,
        {"nonlinearity": "tanh", "alpha": 1.5, "unit_scale": 1.0, **scales},
    )
    yield (
        "theory.stable_norming",
        theory.stable_norming,
        {"n": 10, "alpha": 1.5, "nonlinearity": "tanh"},
    )
    yield (
        "theory.stable_output",
        theory.stable_output,
        {"hidden": [1.0, 2.0], "alpha": 1.5, **scales},
    )
    yield "theory.stable_tail_constant", theory.stable_tail_constant, {"alpha": 1.5}
    yield "theory.tail_constants", theory.tail_constants, {"law": "cauchy", "nonlinearity": "relu"}
    yield "theory.TailConstants.times", theory.TailConstants(1.5, 1.0, 2.0).times, {"factor": -2.0}


def _edgeworth(mean, variance, skewness):
    return theory.Edgeworth(theory.Cumulants(mean, variance, (skewness,)), order=1).cdf([0.0, 1.0])


def _networks():
    network, data = perceptron(), networks.load_digits()
    images, labels = data.test_inputs[:6], data.test_labels[:6]
    yield (
        "record",
        clt.record,
        {
            "network": network,
            "inputs": images,
            "every": 1,
            "rows": 5,
            "units": 4,
            "seed": 0,
            "batch_size": 3,
        },
    )
    yield "MultilayerPerceptron.forward", network.forward, {"inputs": images}
    yield "MultilayerPerceptron.logits", network.logits, {"inputs": images}
    yield "MultilayerPerceptron.check_inputs", network.check_inputs, {"inputs": images}
    yield (
        "MultilayerPerceptron.propagate",
        functools.partial(_propagated, network),
        {"inputs": images},
    )
    yield "MultilayerPerceptron.loss", network.loss, {"inputs": images, "labels": labels}
    yield "MultilayerPerceptron.accuracy", network.accuracy, {"inputs": images, "labels": labels}
    yield (
        "MultilayerPerceptron",
        clt.MultilayerPerceptron,
        {"layers": network.layers, "nonlinearity": "relu"},
    )
    yield (
        "networks.permuted_weights",
        networks.permuted_weights,
        {"network": network, "seed": 0, "inputs": None},
    )
    yield (
        "networks.random_weights",
        networks.random_weights,
        {"network": network, "seed": 0, "inputs": None},
    )
    yield (
        "networks.Signal",
        networks.Signal,
        {
            "name": "u",
            "layer": "hidden",
            "values": TABLE,
            "clusters": None,
            "unit_indices": None,
            "statistics": None,
            "seen": None,
            "left_out": 0,
        },
    )
    yield (
        "networks.PooledSignal",
        networks.PooledSignal,
        {"name": "u", "layer": "hidden", "values": TABLE, "clusters": None, "ensemble": "pooled"},
    )
    yield "networks.Signal.unit", signal().unit, {"index": 1}
    yield (
        "networks.LayerBatch",
        networks.LayerBatch,
        {
            "u": TABLE,
            "pre_activation": TABLE,
            "normalized": None,
            "normalization": None,
            "clusters": None,
        },
    )
    yield "networks.Collector", networks.Collector, {"rows": 5, "units": 3, "seed": 0}
    yield (
        "networks.Collector.add",
        networks.Collector(rows=5, units=3).add,
        {"layer_name": "a", "batch": networks.LayerBatch(TABLE, TABLE)},
    )
    yield (
        "networks.Dataset",
        networks.Dataset,
        {
            "train_inputs": images,
            "train_labels": [0, 1, 0, 1, 2, 2],
            "test_inputs": images,
            "test_labels": [0, 1, 0, 1, 2, 2],
            "name": "x",
            "scaling": "y",
        },
    )
    yield (
        "networks.LayerNormalization",
        networks.LayerNormalization,
        {"gamma": [1.0, 1.0], "beta": [0.0, 1.0]},
    )
    yield (
        "networks.LayerNormalization.__call__",
        networks.LayerNormalization([1.0, 1.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]),
        {"pre_activation": DRAWS[:28].reshape(7, 4)},
    )
    yield "networks.Collector.record", _collector().record, {"network": "x", "every": 2}
    layer = record()["hidden 1"]
    yield "networks.RecordedLayer.moments", layer.moments, {"attribute": "u"}
    yield "networks.RecordedLayer.__add__", layer.__add__, {"other": layer}
    yield "LayerRecord.__getitem__", record().__getitem__, {"name": "hidden 1"}
    yield "LayerRecord.__add__", record().__add__, {"other": record()}
    yield (
        "train",
        clt.train,
        {
            "data": None,
            "hidden": (3,),
            "nonlinearity": "relu",
            "normalization": None,
            "steps": 1,
            "batch_size": 4,
            "learning_rate": 0.1,
            "initial_sd": None,
            "seed": 0,
            "records": 2,
            "snapshots": 1,
            "checkpoint": None,
            "checkpoint_every": 5000,
            "progress": None,
        },
    )
    yield "TrainingHistory.shape", history().shape, {"layer": "hidden 1", "signal": "u"}
    yield "networks.load_data", networks.load_data, {"source": None}
    yield "networks.load_digits", networks.load_digits, {"path": None}
    yield "networks.load_idx", networks.load_idx, {"path": "none.idx"}


def _propagated(network, inputs):
    return [values.pre_activation for values in network.propagate(inputs)]


def _collector():
    collector = networks.Collector(rows=5, units=3)
    collector.add("a", networks.LayerBatch(TABLE, TABLE))
    return collector


def _plotting():
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib.figure import Figure

    ax = Figure().subplots
    numbers = {1: 0.3, 2: 0.2, 4: 0.1}
    estimates = {n: clt.Estimate(value, 0.01) for n, value in numbers.items()}
    fit = theory.fit_rate([1, 2, 4], [0.3, 0.2, 0.1])

    def on_axes(function):
        return lambda **arguments: function(ax=Figure().subplots(), **arguments)

    del ax
    curve = (np.array([0.0, 1.0]), np.array([1.0, 0.5]))
    calls = {
        "corner_table": {"columns": [["a", "b"]], "size": 5.0},
        "density_overlay": {"curves": {"exact": curve}, "log": False},
        "distance_plot": {
            "exact": numbers,
            "monte_carlo": estimates,
            "bound": numbers,
            "fit": fit,
            "fit_ns": None,
            "bound_label": "b",
            "distance": "d",
        },
        "draw_bound": {"bounds": numbers, "label": "b"},
        "draw_distances": {"distances": numbers, "label": "b", "color": "red"},
        "draw_estimates": {"estimates": estimates, "label": "b", "color": "red"},
        "draw_histogram": {"edges": [0.0, 1.0, 2.0], "densities": [0.5, 0.5], "label": None},
        "draw_line": {"x": [0.0, 1.0], "densities": [1.0, 2.0], "label": None},
        "draw_normal": {"reach": 5.0, "label": None},
        "draw_rate": {"fit": fit, "ns": [1, 2, 4], "label": None},
        "draw_stems": {"x": [0.0, 1.0], "heights": [0.5, 0.5], "label": None},
        "note": {"lines": ["a"], "x": 0.9, "size": 6.5, "align": "right"},
        "power_map": {"study": power(), "n": 20, "size": 5.0},
    }
    for name, arguments in calls.items():
        yield f"plotting.{name}", on_axes(getattr(plotting, name)), arguments
    yield (
        "plotting.theory_densities",
        plotting.theory_densities,
        {"model": SUM, "names": ["exact", "normal"], "reach": 4.0, "points": 11},
    )


def _registries():
    from clt_sim import claims, figures

    yield "claims.get", claims.get, {"specification": claims.names()[0]}
    yield "figures.get", figures.get, {"specification": figures.names()[0]}
    yield (
        "figures.check_options",
        figures.check_options,
        {"quality": "draft", "seed": 0, "formats": ("pdf",)},
    )
    yield (
        "claims.finding",
        functools.partial(claims.finding, "q", side="above", threshold=0.1),
        {"estimate": clt.Estimate(1.0, 0.1)},
    )
    for kind, title in ((claims, "claims"), (figures, "figures")):
        for name in kind.names():
            specimen = kind.get(name)
            yield f"{title}.{type(specimen).__name__}", type(specimen), _parameters(specimen)
    claim = claims.get(claims.names()[0])
    found = claims.finding("q", clt.Estimate(1.0, 0.1), side="above", threshold=0.1)
    yield "claims.Claim.status", claim.status, {"findings": [found]}
    options = {"quality": "draft", "seed": 0, "executor": None}
    yield "check", clt.check, {"claim": "?", **options, "progress": None}
    yield "figure", clt.figure, {"name": "?", **options}
    yield (
        "figures.build",
        figures.build,
        {"name": "?", "folder": "pictures", **options, "formats": ("pdf",), "progress": None},
    )


def _files():
    kept = {
        "Summary": summary(),
        "NormalMixture": mixture(),
        "LayerRecord": record(),
        "PowerStudy": power(),
        "TrainingHistory": history(),
    }
    for title, value in kept.items():
        yield f"{title}.save", value.save, {"path": "saved"}
        yield f"{title}.load", type(value).load, {"path": "none.npz"}
        yield f"{title}.load saved", functools.partial(_saved_and_loaded, value), {"path": "saved"}
    for title in ("Summary", "NormalMixture"):
        value = kept[title]
        load = functools.partial(_saved_and_loaded, value, "saved")
        yield f"{title}.load of a model", load, {"model": value.model}
    study = power().to_dict()
    yield "PowerStudy.from_dict", clt.PowerStudy.from_dict, {"content": study}
    for part in study:
        changed = functools.partial(_study_from_dict, part)
        yield f"PowerStudy.from_dict {part}", changed, {"value": study[part]}


def _saved_and_loaded(value, path, **options):
    value.save(path)
    again = type(value).load(path, **options)
    if hasattr(value, "to_dict"):
        assert again.to_dict() == value.to_dict()
    return again


def _study_from_dict(part, value):
    return clt.PowerStudy.from_dict(power().to_dict() | {part: value})


FAMILIES = {
    "laws": _laws,
    "nonlinearities": _nonlinearities,
    "models": _models,
    "engine": _engine,
    "exact": _exact,
    "measures": _measures,
    "theory": _theory,
    "networks": _networks,
    "plotting": _plotting,
    "registries": _registries,
    "files": _files,
}


@functools.cache
def calls(family):
    """Return the calls of a family: a function and its arguments, by a title."""
    return {title: (function, arguments) for title, function, arguments in FAMILIES[family]()}
