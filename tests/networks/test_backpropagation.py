"""Hand-written gradients against central differences in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_softmax

from clt_sim import nonlinearities
from clt_sim.networks.perceptron.backpropagation import Parameters, batch_gradients
from clt_sim.networks.perceptron.noise import Noise
from clt_sim.networks.perceptron.parameters import arrays_like

WIDTHS = (5, 6, 4, 3)
BATCH = 9


def random_parameters(normalized, seed=0):
    rng = np.random.default_rng(seed)
    parameters = []
    for i in range(3):
        weights = rng.standard_normal((WIDTHS[i], WIDTHS[i + 1]))
        shift = 0.3 * rng.standard_normal(WIDTHS[i + 1])
        gamma = 1.0 + 0.3 * rng.standard_normal(WIDTHS[i + 1])
        parameters.append(Parameters(weights, shift, gamma if normalized and i < 2 else None))
    return parameters


def batch(seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((BATCH, WIDTHS[0])), rng.integers(0, WIDTHS[-1], BATCH)


def with_input_normalization(parameters, seed=5):
    rng = np.random.default_rng(seed)
    first, *others = parameters
    return [
        first,
        *(
            layer._replace(
                input_gamma=1.0 + 0.3 * rng.standard_normal(len(layer.weights)),
                input_beta=0.3 * rng.standard_normal(len(layer.weights)),
            )
            for layer in others
        ),
    ]


def noises(seed=6):
    rng = np.random.default_rng(seed)
    return [
        Noise(1.0 + 0.2 * rng.random((BATCH, width)), 0.3 * rng.standard_normal((BATCH, width)))
        for width in WIDTHS[1:3]
    ]


VARIANTS = {
    "batch-u": (with_input_normalization(random_parameters(normalized=False)), {}),
    "batch-both": (with_input_normalization(random_parameters(normalized=True)), {}),
    "layer": (random_parameters(normalized=True), {"over_units": True}),
    "noisy-batch": (random_parameters(normalized=True), {"noise": noises()}),
}


def numerical_gradient(parameters, phi, inputs, labels, array, step=1e-6, **how):
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        upper = batch_gradients(parameters, phi, inputs, labels, **how)[0]
        array[index] = kept - step
        lower = batch_gradients(parameters, phi, inputs, labels, **how)[0]
        array[index] = kept
        gradient[index] = (upper - lower) / (2 * step)
    return gradient


# An exponential of exponentials is too steep for differences, unless it is normalised.
PAIRS = {(name, normalized) for name in nonlinearities.names() for normalized in (False, True)}


@pytest.mark.parametrize(("name", "normalized"), sorted(PAIRS - {("exp", False)}))
def test_gradients_are_the_numerical_ones(name, normalized):
    phi = nonlinearities.get(name)
    parameters, (inputs, labels) = random_parameters(normalized), batch()
    _, gradients = batch_gradients(parameters, phi, inputs, labels)
    for layer, gradient in zip(parameters, gradients, strict=True):
        assert len(layer.arrays) == len(gradient.arrays)
        for array, slopes in zip(layer.arrays, gradient.arrays, strict=True):
            expected = numerical_gradient(parameters, phi, inputs, labels, array)
            assert slopes == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("nonlinearity", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_of_all_normalizations_are_the_numerical_ones(variant, nonlinearity):
    parameters, how = VARIANTS[variant]
    phi, (inputs, labels) = nonlinearities.get(nonlinearity), batch()
    _, gradients = batch_gradients(parameters, phi, inputs, labels, **how)
    for layer, gradient in zip(parameters, gradients, strict=True):
        for array, slopes in zip(layer, gradient, strict=True):
            assert (array is None) == (slopes is None)
            if array is not None:
                expected = numerical_gradient(parameters, phi, inputs, labels, array, **how)
                assert slopes == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_scale_is_a_factor_of_the_gradients_alone():
    parameters, (inputs, labels) = random_parameters(normalized=True), batch()
    phi = nonlinearities.get("relu")
    loss, once = batch_gradients(parameters, phi, inputs, labels)
    same, scaled = batch_gradients(parameters, phi, inputs, labels, scale=0.25)
    assert loss == same
    for one, other in zip(once, scaled, strict=True):
        for array, quarter in zip(one.arrays, other.arrays, strict=True):
            assert quarter == pytest.approx(0.25 * array, rel=1e-12)


@pytest.mark.parametrize("nonlinearity", ["sigmoid", "relu"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_are_written_to_the_arrays_given(variant, nonlinearity):
    parameters, how = VARIANTS[variant]
    phi, (inputs, labels) = nonlinearities.get(nonlinearity), batch()
    loss, expected = batch_gradients(parameters, phi, inputs, labels, **how)
    out = arrays_like(parameters)
    for layer in out:
        for array in layer.arrays:
            array.fill(math.nan)
    same, found = batch_gradients(parameters, phi, inputs, labels, out=out, **how)
    assert same == loss
    for one, given, reference in zip(found, out, expected, strict=True):
        for array, place, exact in zip(one, given, reference, strict=True):
            assert array is place
            assert (array is None and exact is None) or np.array_equal(array, exact)


@pytest.mark.parametrize("normalization", [None, "batch", "layer", "batch-u"])
@pytest.mark.parametrize("nonlinearity", ["sigmoid", "tanh", "relu"])
def test_loss_and_gradients_are_those_of_torch(normalization, nonlinearity):
    torch = pytest.importorskip("torch")
    own = normalization in ("batch", "layer")
    parameters = random_parameters(normalized=own)
    if normalization == "batch-u":
        parameters = with_input_normalization(parameters)
    inputs, labels = batch()
    leaves = [
        {
            name: torch.tensor(array, requires_grad=True)
            for name, array in layer._asdict().items()
            if array is not None
        }
        for layer in parameters
    ]
    u = torch.tensor(inputs)
    functional = torch.nn.functional
    for i, leaf in enumerate(leaves):
        if "input_gamma" in leaf:
            u = functional.batch_norm(u, None, None, leaf["input_gamma"], leaf["input_beta"], True)
        z = u @ leaf["weights"]
        if "gamma" not in leaf:
            z = z + leaf["shift"]
        elif normalization == "layer":
            z = functional.layer_norm(z, z.shape[1:], leaf["gamma"], leaf["shift"])
        else:
            z = functional.batch_norm(z, None, None, leaf["gamma"], leaf["shift"], True)
        u = getattr(torch, nonlinearity)(z) if i < 2 else z
    expected = functional.cross_entropy(u, torch.tensor(labels))
    expected.backward()
    phi = nonlinearities.get(nonlinearity)
    loss, gradients = batch_gradients(
        parameters, phi, inputs, labels, over_units=normalization == "layer"
    )
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for leaf, gradient in zip(leaves, gradients, strict=True):
        for name, tensor in leaf.items():
            found = tensor.grad.numpy()
            assert getattr(gradient, name) == pytest.approx(found, rel=1e-9, abs=1e-12)


def test_the_check_sees_a_wrong_derivative():
    class Wrong(nonlinearities.Tanh):
        def derivative(self, x):
            return 1.01 * super().derivative(x)

    parameters, (inputs, labels) = random_parameters(normalized=True), batch()
    _, gradients = batch_gradients(parameters, Wrong(), inputs, labels)
    array = parameters[0].weights
    expected = numerical_gradient(parameters, Wrong(), inputs, labels, array)
    assert gradients[0].weights != pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("normalized", [False, True])
def test_loss_is_a_plain_recomputation(normalized):
    parameters, (inputs, labels) = random_parameters(normalized), batch()
    u = inputs
    for i, layer in enumerate(parameters):
        z = np.einsum("ij,jk->ik", u, layer.weights)
        if layer.gamma is not None:
            z = layer.gamma * (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
        z = z + layer.shift
        u = np.tanh(z) if i < 2 else z
    expected = -math.fsum(log_softmax(u, axis=1)[range(BATCH), labels]) / BATCH
    loss, _ = batch_gradients(parameters, nonlinearities.get("tanh"), inputs, labels)
    assert loss == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("nonlinearity", ["sigmoid", "tanh"])
@pytest.mark.parametrize("variant", ["batch-both", "batch-u", "layer", "noisy-batch"])
def test_all_normalizations_agree_in_single_precision(variant, nonlinearity):
    parameters, how = VARIANTS[variant]
    phi, (inputs, labels) = nonlinearities.get(nonlinearity), batch()
    single = [
        Parameters(*(None if part is None else part.astype(np.float32) for part in layer))
        for layer in parameters
    ]
    if "noise" in how:
        how = {"noise": [Noise(*(part.astype(np.float32) for part in one)) for one in how["noise"]]}
    loss, expected = batch_gradients(parameters, phi, inputs, labels, **VARIANTS[variant][1])
    close, found = batch_gradients(single, phi, inputs.astype(np.float32), labels, **how)
    assert close == pytest.approx(loss, rel=1e-5)
    for layer, reference in zip(found, expected, strict=True):
        for array, exact in zip(layer.arrays, reference.arrays, strict=True):
            assert array.dtype == np.float32
            assert array == pytest.approx(exact, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("normalized", [False, True])
def test_single_precision_stays_single_and_agrees(normalized):
    double, (inputs, labels) = random_parameters(normalized), batch()
    single = [
        Parameters(*(None if part is None else part.astype(np.float32) for part in layer))
        for layer in double
    ]
    phi = nonlinearities.get("sigmoid")
    _, expected = batch_gradients(double, phi, inputs, labels)
    _, found = batch_gradients(single, phi, inputs.astype(np.float32), labels)
    for layer, reference in zip(found, expected, strict=True):
        for array, exact in zip(layer.arrays, reference.arrays, strict=True):
            assert array.dtype == np.float32
            assert array == pytest.approx(exact, rel=1e-3, abs=1e-6)


def test_weights_before_a_normalization_have_no_radial_gradient():
    # Scaling a unit's weights does not change its normalized output, apart from epsilon.
    parameters, (inputs, labels) = random_parameters(normalized=True), batch()
    scaled = [layer._replace(weights=100.0 * layer.weights) for layer in parameters[:2]]
    scaled.append(parameters[2])
    _, gradients = batch_gradients(scaled, nonlinearities.get("tanh"), inputs, labels)
    radial = (gradients[0].weights * scaled[0].weights).sum(axis=0)
    assert np.abs(radial).max() < 1e-6 * np.abs(scaled[0].weights).max()
