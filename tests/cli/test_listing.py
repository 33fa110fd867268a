from __future__ import annotations

import json

import clt_sim as clt
from clt_sim import claims, figures, normality_tests


def test_list_names_all_that_is_registered(clt_sim):
    status, out, err = clt_sim("list")
    assert (status, err) == (0, "")
    names = (
        *clt.laws.names(),
        *clt.nonlinearities.names(),
        *figures.names(),
        *claims.names(),
        *normality_tests.names(),
        "kolmogorov",
        "hoyer",
        "equicorrelated",
    )
    assert all(f"  {name} " in out for name in names)


def test_list_json(clt_sim):
    _, out, _ = clt_sim("list", "--json")
    known = json.loads(out)
    assert tuple(known["laws"]) == clt.laws.names()
    assert tuple(known["claims"]) == claims.names()
    assert tuple(known["tests of normality"]) == normality_tests.names()
    assert all(words for entries in known.values() for words in entries.values())
