from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import beta, kstest, norm

from clt_sim import claims
from clt_sim.claims import batch_normality
from clt_sim.claims.trained import digits, histories
from clt_sim.experiments.trained_networks import Kind
from clt_sim.experiments.work import Work

CLOSE = "batch-normalized-close-to-standard-normal"


@functools.cache
def draft(name):
    return claims.check(name)


def history(phi="relu"):
    kind = Kind(phi, "batch")
    return histories([kind], None, quality="draft", seed=0, work=Work())[kind][0]


def test_a_batch_of_a_trained_network_is_farther_from_normal():
    assert draft(CLOSE).status == "refuted"
    assert draft(CLOSE).findings[0].low > 1.05
    assert claims.check(CLOSE, margin=1.6).status == "holds"
    with pytest.raises(ValueError, match="margin"):
        claims.check(CLOSE, margin=0.0)


def test_the_floor_is_that_of_the_exact_law():
    (floor,) = [one for one in draft(CLOSE).findings if "exact law" in one.question]
    x = np.linspace(0.0, np.sqrt(59.0), 200_001)
    law = beta.cdf(x, 29.0, 29.0, loc=-np.sqrt(59.0), scale=2.0 * np.sqrt(59.0))
    assert floor.value == pytest.approx(np.abs(law - norm.cdf(x)).max(), rel=1e-6)


def test_the_pass_in_training_against_numpy():
    network, batch = history().network, digits().train_inputs[:60].astype(np.float64)
    u = batch
    passed = list(batch_normality.training_pass(network, batch.astype(np.float32)))
    assert len(passed) == 3
    for layer, standardized in zip(network.layers, passed, strict=False):
        z = u @ layer.weights.astype(np.float64)
        expected = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
        assert standardized == pytest.approx(expected, abs=2e-3)
        u = np.maximum(expected * layer.normalization.gamma + layer.normalization.beta, 0.0)


def test_a_network_without_batch_normalization_has_no_such_pass():
    kind = Kind("sigmoid", None)
    plain = histories([kind], None, quality="draft", seed=0, work=Work())[kind][0].network
    with pytest.raises(ValueError, match="must have batch normalization"):
        next(batch_normality.training_pass(plain, digits().train_inputs[:60]))


def test_distances_in_batches_against_scipy():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((200, 5))
    batches = batch_normality.shuffled_batches(200, 2, rng)
    assert [len(batch) for batch in batches] == [60] * 6
    assert all(len(set(np.concatenate(batches[i : i + 3]))) == 180 for i in (0, 3))

    def normalized(batch):
        rows = values[batch]
        return (rows - rows.mean(axis=0)) / rows.std(axis=0)

    (found,) = batch_normality.batch_distances(batches, lambda batch: [normalized(batch)])
    each = [kstest(column, "norm").statistic for b in batches for column in normalized(b).T]
    over = [kstest(column, "norm").statistic for column in np.vstack([*map(normalized, batches)]).T]
    assert found.in_batch == pytest.approx(np.mean(each))
    assert found.over_batches == pytest.approx(np.median(over))


def test_rectified_normal_units_are_found_to_be_far_from_normal():
    # Negative control of the comparison: u in the place of Wu+b.
    rng = np.random.default_rng(1)
    batches = batch_normality.shuffled_batches(600, 2, rng)
    normal = rng.standard_normal((600, 50))

    def normalized(batch):
        for values in (normal[batch], np.maximum(normal[batch], 0.0)):
            yield (values - values.mean(axis=0)) / values.std(axis=0)

    floor, rectified = batch_normality.batch_distances(batches, normalized)
    assert 0.07 < floor.in_batch < 0.1
    assert rectified.in_batch > 2.0 * floor.in_batch
