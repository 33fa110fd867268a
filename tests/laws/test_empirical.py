"""The empirical law of data."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pytest

import clt_sim as clt


def test_facts_are_those_of_the_data():
    data = np.random.default_rng(3).normal(size=500).round(1)
    law = clt.laws.Empirical(data)
    assert law.mean == pytest.approx(data.mean(), rel=1e-14)
    assert law.variance == pytest.approx(data.var(), rel=1e-13)
    values, counts = np.unique(data + 0.0, return_counts=True)
    assert dict(law.atoms) == dict(zip(values.tolist(), (counts / 500).tolist(), strict=True))
    p = np.linspace(0.01, 0.99, 50)
    np.testing.assert_array_equal(law.quantile(p), np.quantile(data, p, method="inverted_cdf"))


def test_it_is_a_value():
    law = clt.laws.Empirical([2.0, 1.0, 2.0])
    same = clt.laws.Empirical(np.array([1, 2, 2]))
    assert law == same
    assert hash(law) == hash(same)
    assert law != clt.laws.Empirical([1.0, 2.0])
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301 - our own bytes
    with pytest.raises(ValueError, match="read-only"):
        law.data[0] = 5.0


def test_a_million_numbers():
    data = np.random.default_rng(4).normal(size=10**6)
    start = time.perf_counter()
    law = clt.laws.Empirical(data)
    assert len(law.atoms) == 10**6
    assert law.quantile(1.0) == data.max()
    assert time.perf_counter() - start < 10.0


def test_text_is_short():
    assert str(clt.laws.Empirical(np.arange(1797))) == "empirical(data=1797 numbers)"


@pytest.mark.parametrize("data", [[], [[1.0]], [np.nan], 3.0])
def test_refusals(data):
    with pytest.raises(ValueError, match="data must"):
        clt.laws.Empirical(data)


def test_data_is_needed():
    with pytest.raises(ValueError, match="law 'empirical' needs data"):
        clt.laws.get("empirical")
