"""Descriptions of laws in JSON types."""

from __future__ import annotations

import json

import pytest

import clt_sim as clt
from clt_sim.laws.registry import registry
from clt_sim.registry import describe

LONG = clt.laws.Empirical(range(100))


def again(law):
    return registry.from_description(json.loads(json.dumps(describe(law))))


def test_every_law_survives(law):
    assert again(law) == law


@pytest.mark.parametrize(
    "law",
    [
        clt.laws.Sparse(LONG, 0.25),
        clt.laws.Sparse(clt.laws.Mixture((LONG, "laplace(scale=2)"), (0.25, 0.75))),
        clt.laws.Discrete(range(50)),
    ],
    ids=str,
)
def test_data_survives_inside_other_laws(law):
    assert isinstance(describe(law), dict)
    assert again(law) == law


def test_nested_specifications():
    text = "sparse(slab=\"mixture(components=('normal', 'laplace'))\", zero_probability=0.9)"
    law = clt.laws.get(text)
    assert law == clt.laws.Sparse(clt.laws.Mixture(("normal", "laplace")), 0.9)
    assert str(law) == text


@pytest.mark.parametrize(
    ("description", "error", "message"),
    [
        ({"scale": 2}, ValueError, "must have a name"),
        ({"name": "lapalce"}, ValueError, "Did you mean 'laplace'"),
        ({"name": "laplace", "scales": 2}, ValueError, "Did you mean 'scale'"),
        ({"name": "sparse", "slab": {"name": "__import__"}}, ValueError, "unknown law"),
        ({"name": "empirical"}, ValueError, "needs data"),
        (3, TypeError, "given by name or value"),
    ],
)
def test_refusals(description, error, message):
    with pytest.raises(error, match=message):
        registry.from_description(description)


def test_nested_too_deeply():
    description = "normal"
    for _ in range(10**4):
        description = {"name": "sparse", "slab": description}
    with pytest.raises(ValueError, match="nested too deeply"):
        registry.from_description(description)
