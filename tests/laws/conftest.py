"""Every registered law, at its defaults and with its parameters changed."""

from __future__ import annotations

import dataclasses

import pytest

import clt_sim as clt


def _variants(name):
    defaults = clt.laws.get(name)
    yield defaults
    parameters = {field.name: field.default for field in dataclasses.fields(defaults)}
    if parameters:
        yield clt.laws.get(name, **{key: 2.5 * value + 0.75 for key, value in parameters.items()})
        yield clt.laws.get(name, **{key: 0.03 * value for key, value in parameters.items()})
        yield clt.laws.get(name, **{key: 41 * value - 17 for key, value in parameters.items()})


LAWS = [law for name in clt.laws.names() for law in _variants(name)]


@pytest.fixture(params=LAWS, ids=str)
def law(request):
    return request.param
