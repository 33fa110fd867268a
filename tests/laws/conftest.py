"""Every registered law, at its defaults and with its parameters changed."""

from __future__ import annotations

import dataclasses

import pytest

import clt_sim as clt

CHANGED = {
    "bernoulli": ["probability=.03", "probability=.95", "probability=.5"],
    "constant": ["value=3.25", "value=0", "value=-24"],
    "lognormal": ["mean_log=.75,sd_log=.5", "mean_log=-5", "mean_log=2,sd_log=.1"],
    "symmetric-weibull": ["shape=.75,scale=3.25", "shape=4.5,scale=.03", "shape=1.5,scale=24"],
    "triangular": [
        "low=-1.5,mode=-1,high=3.25",
        "low=0,mode=0,high=.03",
        "low=-17,mode=24,high=24",
    ],
}
"""For laws whose parameters cannot be changed one like the other."""


def _variants(name):
    defaults = clt.laws.get(name)
    yield defaults
    parameters = {field.name: field.default for field in dataclasses.fields(defaults)}
    if name in CHANGED:
        yield from (clt.laws.get(f"{name}({changed})") for changed in CHANGED[name])
    elif parameters:
        yield clt.laws.get(name, **{key: 2.5 * value + 0.75 for key, value in parameters.items()})
        yield clt.laws.get(name, **{key: 0.03 * value for key, value in parameters.items()})
        yield clt.laws.get(name, **{key: 41 * value - 17 for key, value in parameters.items()})


LAWS = list(dict.fromkeys(law for name in clt.laws.names() for law in _variants(name)))


@pytest.fixture(params=LAWS, ids=str)
def law(request):
    return request.param
