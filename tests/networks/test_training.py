"""Training: it learns, repeats, takes the steps it says, and refuses what it must."""

from __future__ import annotations

import json
import math
import signal

import numpy as np
import pytest
from scipy.special import expit, softmax

from clt_sim import nonlinearities
from clt_sim.networks import Dataset, load_digits, train
from clt_sim.networks.perceptron.backpropagation import batch_gradients
from clt_sim.networks.perceptron.initialization import initial_parameters
from clt_sim.networks.training.descent import Descent, ShuffledBatches
from clt_sim.networks.training.interruption import TrainingInterrupted
from clt_sim.networks.training.settings import TrainingSettings


def settings(**changes):
    defaults = {
        "hidden": (8, 6),
        "nonlinearity": "tanh",
        "normalization": None,
        "steps": 5,
        "batch_size": 4,
        "learning_rate": 0.1,
        "initial_sd": None,
        "seed": 3,
    }
    return TrainingSettings(**{**defaults, **changes})


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(30, 3)).astype(np.float32)
    labels = np.arange(30) % 3
    return Dataset(inputs[:20], labels[:20], inputs[20:], labels[20:], name="toy", scaling="none")


@pytest.mark.parametrize(
    ("nonlinearity", "normalization", "steps"),
    [
        ("sigmoid", None, 2500),
        ("sigmoid", "batch", 400),
        ("sigmoid", "batch-u", 400),
        ("sigmoid", "batch-both", 400),
        ("sigmoid", "layer", 1000),
        ("sigmoid", "noisy-batch", 400),
        ("relu", None, 500),
    ],
)
def test_digits_are_learnt(nonlinearity, normalization, steps):
    history = train(
        nonlinearity=nonlinearity, normalization=normalization, steps=steps, snapshots=0
    )
    assert history.test_accuracy[0] < 0.3
    assert history.test_accuracy[-1] > 0.92
    assert history.train_accuracy[-1] > 0.94
    assert history.loss[-1] < 0.3 < 1.9 < history.loss[0]


def test_nothing_is_learnt_from_shuffled_labels():
    data = load_digits()
    shuffled = np.random.default_rng(0).permutation(data.train_labels)
    wrong = Dataset(data.train_inputs, shuffled, data.test_inputs, data.test_labels, "wrong", "")
    history = train(data=wrong, nonlinearity="relu", normalization="batch", steps=500, snapshots=0)
    assert history.test_accuracy[-1] < 0.2


def test_history_describes_the_returned_network():
    data = load_digits()
    history = train(nonlinearity="relu", normalization="batch", steps=150)
    network = history.network
    assert history.test_accuracy[-1] == network.accuracy(data.test_inputs, data.test_labels)
    assert history.train_accuracy[-1] == network.accuracy(data.train_inputs, data.train_labels)
    assert history.loss[-1] == network.loss(data.test_inputs, data.test_labels)
    assert network.dtype == np.float32
    assert network.widths == (64, 100, 100, 100, 10)


def test_same_seed_same_bytes_other_seed_other_network(toy):
    first, again, other = (
        train(data=toy, hidden=(5,), steps=9, batch_size=4, seed=s) for s in (1, 1, 2)
    )
    for one, two in zip(first.network.layers, again.network.layers, strict=True):
        assert one.weights.tobytes() == two.weights.tobytes()
        assert one.bias.tobytes() == two.bias.tobytes()
    assert first.to_dict() == again.to_dict()
    assert not np.array_equal(first.network.layers[0].weights, other.network.layers[0].weights)


def test_normalization_does_not_change_the_initial_weights(toy):
    plain, normalized = (
        initial_parameters((3, 8, 3), settings(normalization=n), np.random.default_rng(0))
        for n in (None, "batch")
    )
    assert np.array_equal(plain[0].weights, normalized[0].weights)
    assert plain[0].gamma is None
    assert normalized[0].gamma.tolist() == [1.0] * 8
    assert normalized[1].gamma is None


def test_one_step_goes_against_the_gradient(toy):
    chosen = {"hidden": (8, 6), "nonlinearity": "tanh", "batch_size": 20, "seed": 3}
    history = train(data=toy, steps=1, learning_rate=0.5, **chosen)
    weight_seed, _ = np.random.SeedSequence(3).spawn(2)
    parameters = initial_parameters((3, 8, 6, 3), settings(), np.random.default_rng(weight_seed))
    phi = nonlinearities.get("tanh")
    _, gradients = batch_gradients(parameters, phi, toy.train_inputs, toy.train_labels)
    for layer, start, slope in zip(history.network.layers, parameters, gradients, strict=True):
        expected = start.weights - 0.5 * slope.weights
        assert layer.weights == pytest.approx(expected, rel=1e-4, abs=1e-6)
        assert layer.bias == pytest.approx(-0.5 * slope.shift, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("rows", "size"), [(10, 4), (10, 10), (7, 1), (12, 5)])
def test_every_pass_takes_every_row_once(rows, size):
    source = ShuffledBatches(rows, size, np.random.default_rng(0))
    batches = [source.draw() for _ in range(60)]
    assert {len(batch) for batch in batches} == {size}
    drawn = np.concatenate(batches)
    for start in range(0, len(drawn) - rows, rows):
        assert sorted(drawn[start : start + rows].tolist()) == list(range(rows))


@pytest.mark.parametrize(
    ("nonlinearity", "initial_sd", "expected"),
    [
        ("relu", None, math.sqrt(2 / 400)),
        ("identity", None, 1 / 20),
        ("sigmoid", 0.01, 0.01),
    ],
)
def test_initial_weights_have_the_stated_spread(nonlinearity, initial_sd, expected):
    chosen = settings(nonlinearity=nonlinearity, initial_sd=initial_sd)
    weights = initial_parameters((400, 400, 2), chosen, np.random.default_rng(5))[0].weights
    # 160000 normal numbers: relative standard errors 1/400 of the mean, 1/566 of the sd.
    assert abs(weights.mean()) < 4 * expected / 400
    assert weights.std() == pytest.approx(expected, rel=4 / 566)


def test_initial_pre_activations_keep_their_mean_square():
    rng = np.random.default_rng(6)
    for name in nonlinearities.names():
        chosen = settings(nonlinearity=name)
        u = nonlinearities.get(name)(rng.standard_normal((50, 1000)))
        weights = rng.standard_normal((1000, 300)) * chosen.weight_sd(1000)
        assert np.mean((u @ weights) ** 2) == pytest.approx(1.0, rel=0.1)


def test_small_initial_weights_leave_the_sigmoid_net_at_chance():
    history = train(initial_sd=0.01, steps=300, snapshots=0)
    assert history.test_accuracy[-1] < 0.2


def test_recorded_steps_and_progress(toy):
    calls = []
    history = train(
        data=toy, hidden=(4,), steps=250, batch_size=4, progress=lambda *c: calls.append(c)
    )
    assert history.steps[0] == 0
    assert history.steps[-1] == 250
    assert len(history.steps) == 101
    assert set(np.diff(history.steps)) == {2, 3}
    assert calls == [(step, 250) for step in history.steps]
    assert train(data=toy, hidden=(4,), steps=3, batch_size=4).steps.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("records", "expected"),
    [(1, [0, 250]), (4, [0, 62, 125, 187, 250]), (10_000, list(range(251)))],
)
def test_records_are_as_many_as_asked_for(toy, records, expected):
    arguments = {"data": toy, "hidden": (4,), "steps": 250, "batch_size": 4, "snapshots": 3}
    calls = []
    sparse = train(records=records, progress=lambda done, _: calls.append(done), **arguments)
    assert sparse.steps.tolist() == expected
    dense = train(records=250, **arguments)
    assert calls == [250 * k // 100 for k in range(101)]
    for name in ("train_accuracy", "test_accuracy", "loss", "percentiles"):
        assert np.array_equal(getattr(sparse, name), getattr(dense, name)[expected])
    assert sparse.shapes[0].to_dict() == dense.shapes[0].to_dict()
    for one, two in zip(sparse.network.layers, dense.network.layers, strict=True):
        assert np.array_equal(one.weights, two.weights)


def test_an_interrupt_between_records_adds_one(toy):
    def interrupt(done, total):
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted, match="after 40 of 100 steps") as caught:
        train(data=toy, hidden=(4,), batch_size=4, steps=100, records=4, progress=interrupt)
    assert caught.value.history.steps.tolist() == [0, 25, 40]


@pytest.mark.parametrize("size", [60, 64])
def test_a_step_is_a_step_of_a_plain_descent(size):
    """Many steps in single precision against the same in double precision."""
    data, chosen = load_digits(), settings(nonlinearity="sigmoid", batch_size=size)
    descent = Descent(data, chosen)
    _, batches, _ = np.random.SeedSequence(chosen.seed).spawn(3)
    rows = ShuffledBatches(len(data.train_inputs), size, np.random.default_rng(batches))
    layers = [
        (np.array(one.weights, np.float64), np.array(one.shift, np.float64))
        for one in descent.parameters
    ]
    for _ in range(30):
        descent.advance()
        batch = rows.draw()
        u = [data.train_inputs[batch].astype(np.float64)]
        for weights, bias in layers:
            u.append(expit(u[-1] @ weights + bias))
        slope = softmax(u[-2] @ layers[-1][0] + layers[-1][1], axis=1)
        slope[np.arange(size), data.train_labels[batch]] -= 1.0
        slope *= chosen.learning_rate / size
        for (weights, bias), entering in reversed(list(zip(layers, u, strict=False))):
            before = (slope @ weights.T) * entering * (1.0 - entering)
            np.subtract(weights, entering.T @ slope, out=weights)
            np.subtract(bias, slope.sum(axis=0), out=bias)
            slope = before
    for found, (weights, bias) in zip(descent.parameters, layers, strict=True):
        assert found.weights == pytest.approx(weights, abs=2e-6)
        assert found.shift == pytest.approx(bias, abs=2e-6)


def test_to_dict_is_json_and_says_what_was_done(toy):
    history = train(data=toy, hidden=[4], nonlinearity="leaky-relu", steps=2, batch_size=4)
    described = json.loads(json.dumps(history.to_dict()))
    assert described["network"] == "perceptron 3-4-3, leaky-relu"
    assert described["steps"] == [0, 1, 2]
    chosen = described["settings"]
    assert chosen["data"] == "toy"
    assert chosen["hidden"] == [4]
    assert chosen["weight_sd"] == [settings(nonlinearity="leaky-relu").weight_sd(n) for n in (3, 4)]
    assert chosen["versions"]["numpy"] == np.__version__
    assert str(history).endswith(f"2 steps, test accuracy {history.test_accuracy[-1]:.4f}")
    with pytest.raises(ValueError, match="read-only"):
        history.loss[0] = 0.0


@pytest.mark.parametrize("normalization", [None, "batch"])
@pytest.mark.parametrize("rate", [1e20, 1e300])
def test_divergence_names_step_and_learning_rate(toy, normalization, rate):
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+ with learning_rate=1e\+"):
        train(
            data=toy,
            hidden=(4,),
            nonlinearity="relu",
            normalization=normalization,
            steps=50,
            batch_size=4,
            learning_rate=rate,
        )


def test_divergence_of_the_initial_weights(toy):
    with pytest.raises(FloatingPointError, match="diverged at step 0"):
        train(data=toy, steps=1, batch_size=4, initial_sd=1e60)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"nonlinearity": "sigmoids"}, ValueError, "Did you mean 'sigmoid'"),
        (
            {"normalization": "bach"},
            ValueError,
            "unknown normalization 'bach'. Did you mean 'batch'",
        ),
        ({"normalization": 3}, ValueError, "unknown normalization '3'"),
        ({"normalization": ["batch"]}, ValueError, "unknown normalization"),
        ({"steps": 0}, ValueError, "steps must be at least 1, not 0"),
        ({"steps": 2.5}, TypeError, "steps must be a whole number"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": 1, "normalization": "batch"}, ValueError, "batch_size must be at least 2"),
        ({"batch_size": 21}, ValueError, "batch_size must be at most 20, .*'toy', not 21"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be finite"),
        ({"initial_sd": -1.0}, ValueError, "initial_sd must be above 0"),
        ({"records": 0}, ValueError, "records must be from 1 to 10000"),
        ({"snapshots": -1}, ValueError, "snapshots must be from 0 to 1000"),
        ({"checkpoint_every": 0}, ValueError, "checkpoint_every must be at least 1"),
        ({"data": "mnits"}, ValueError, "unknown data 'mnits'. Did you mean 'mnist'.* Or give"),
        ({"checkpoint": "no/such/folder.npz"}, FileNotFoundError, "no folder 'no/such'"),
        ({"hidden": ()}, ValueError, "hidden must have at least one width"),
        ({"hidden": 100}, TypeError, "hidden must be a sequence of widths"),
        ({"hidden": "100"}, TypeError, "hidden must be a sequence of widths"),
        ({"hidden": (4, 0)}, ValueError, r"hidden\[1\] must be at least 1"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"data": np.ones((3, 3))}, TypeError, "data must be a Dataset, .*, not ndarray"),
    ],
)
def test_arguments_are_checked_before_any_work(toy, change, error, message):
    def untouched(done, total):
        pytest.fail("training began")

    with pytest.raises(error, match=message):
        train(**{"data": toy, "batch_size": 4, "progress": untouched, **change})


def test_progress_that_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="progress must be callable, not 3"):
        train(steps=1, progress=3)


def test_progress_bar_and_none(toy, capsys):
    train(data=toy, hidden=(4,), steps=3, batch_size=4, progress=False)
    assert capsys.readouterr().err == ""
    train(data=toy, hidden=(4,), steps=3, batch_size=4, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""


def test_batch_u_normalizes_every_u_but_the_data(toy):
    for name, own in (("batch-u", False), ("batch-both", True)):
        network = train(data=toy, hidden=(8, 6), normalization=name, steps=3, batch_size=10).network
        assert network.normalization == name
        of_u = [layer.input_normalization is not None for layer in network.layers]
        assert of_u == [False, True, True]
        assert [layer.normalization is not None for layer in network.layers] == [own, own, False]
        _, second, _ = network.propagate(toy.train_inputs)
        beta = network.layers[1].input_normalization.beta
        assert second.normalized_u.mean(axis=0) == pytest.approx(beta, abs=1e-5)
        expected = second.normalized_u @ network.layers[1].weights + network.layers[1].bias
        assert second.pre_activation == pytest.approx(expected)


def test_noise_is_of_training_alone_and_has_a_stream_of_its_own(toy):
    plain, noisy = (
        train(data=toy, hidden=(8,), normalization=name, steps=1, batch_size=10)
        for name in ("batch", "noisy-batch")
    )
    assert plain.loss[0] == noisy.loss[0]
    assert plain.loss[1] != noisy.loss[1]
    assert noisy.network.normalization == "batch"


def test_an_interrupt_keeps_what_was_done(toy):
    def interrupt(done, total):
        if done == 40:
            raise KeyboardInterrupt

    arguments = {"data": toy, "hidden": (4,), "batch_size": 4, "seed": 2}
    with pytest.raises(TrainingInterrupted, match="after 40 of 100 steps") as caught:
        train(steps=100, progress=interrupt, **arguments)
    history = caught.value.history
    assert isinstance(caught.value, KeyboardInterrupt)
    assert history.steps[-1] == 40
    whole = train(steps=100, **arguments)
    assert np.array_equal(history.loss, whole.loss[:41])
    assert np.array_equal(history.percentiles, whole.percentiles[:41])


def test_shapes_are_kept_on_an_interrupt(toy):
    calls = []

    def press(done, total):
        calls.append(done)
        if done == 250:
            signal.raise_signal(signal.SIGINT)

    arguments = {"data": toy, "hidden": (4,), "batch_size": 4, "steps": 1000, "snapshots": 4}
    with pytest.raises(TrainingInterrupted) as caught:
        train(progress=press, **arguments)
    assert calls[-1] == 250
    assert caught.value.history.steps[-1] == 250
    assert caught.value.history.shapes[0].steps.tolist() == [0, 62, 250]


def test_an_interrupt_at_a_snapshot_between_records(toy, monkeypatch):
    def advance(descent, original=Descent.advance):
        original(descent)
        if descent.step == 62:  # a snapshot, not a record, which are at multiples of 10
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Descent, "advance", advance)
    with pytest.raises(TrainingInterrupted, match="after 62 of 1000 steps") as caught:
        train(data=toy, hidden=(4,), batch_size=4, steps=1000, snapshots=4)
    assert caught.value.history.steps.tolist() == [0, 10, 20, 30, 40, 50, 60, 62]
    assert caught.value.history.shapes[0].steps.tolist() == [0, 62]
