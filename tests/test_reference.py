"""The reference lists what there is."""

from __future__ import annotations

import importlib
import pathlib
import re

import pytest

import clt_sim as clt
from clt_sim import claims, figures, models, plotting, summaries, theory

REFERENCE = pathlib.Path(__file__).parents[1] / "docs" / "reference" / "api.rst"
LISTED = set(re.findall(r"^   ([\w.]+)$", REFERENCE.read_text(), flags=re.MULTILINE))
LAWS = [type(clt.laws.get(name)) for name in clt.laws.names() if name != "empirical"]
NONLINEARITIES = [type(clt.nonlinearities.get(name)) for name in clt.nonlinearities.names()]
EXPECTED = {
    *(name for name in clt.__all__ if name[0] != "_" and name not in clt._SUBPACKAGES),
    *(f"laws.{law.__name__}" for law in [*LAWS, clt.laws.Empirical]),
    *(f"nonlinearities.{phi.__name__}" for phi in NONLINEARITIES),
    "nonlinearities.UserFunction",
    "models.Dependence",
    *(f"models.{cls.__name__}" for cls in models.Dependence.__subclasses__()),
    "summaries.CharacteristicFunction",
    *(f"claims.{name}" for name in claims.__all__ if name not in clt.__all__),
    *(f"figures.{name}" for name in figures.__all__ if name not in clt.__all__),
    *(f"plotting.{name}" for name in plotting.__all__),
    *(f"theory.{name}" for name in theory.__all__),
}


def attribute(name):
    *folders, last = name.split(".")
    return getattr(importlib.import_module(".".join(["clt_sim", *folders])), last)


def test_everything_public_is_listed():
    assert not EXPECTED - LISTED


@pytest.mark.parametrize("name", sorted(LISTED))
def test_what_is_listed_exists_and_is_described(name):
    assert attribute(name).__doc__


def test_a_name_that_is_missing_is_found():
    """The negative control."""
    assert {*EXPECTED, "laws.Zipf"} - LISTED == {"laws.Zipf"}
    assert summaries.CharacteristicFunction.__name__ in str(LISTED)
