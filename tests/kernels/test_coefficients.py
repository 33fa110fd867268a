"""The literals in the kernels are what the tool that is said to make them computes."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim._kernels import elementary, elementary_double


@pytest.fixture
def shown(fitted, monkeypatch, capsys):
    """What the tool prints, by precision and name."""
    found = {"single": {}, "double": {}}
    monkeypatch.setattr(fitted, "show", found["single"].__setitem__)
    monkeypatch.setattr(fitted, "show_double", found["double"].__setitem__)
    fitted.main()
    return found


def test_single_coefficients_are_those_of_the_tool(shown):
    single = shown["single"]
    for name in ("LOG1P", "COSINE", "SINE", "EXPM1", "ATANH"):
        assert getattr(elementary, name) == tuple(map(np.float32, single.pop(name))), name
    # The fit of erf is a least-squares solution, whose last bits depend on the LAPACK in use.
    for name in ("ERF_NUMERATOR", "ERF_DENOMINATOR"):
        np.testing.assert_allclose(getattr(elementary, name), single.pop(name), rtol=1e-6)
    assert not single


def test_double_coefficients_are_those_of_the_tool(shown):
    assert len(shown["double"]) == 7
    for name, coefficients in shown["double"].items():
        assert getattr(elementary_double, name) == tuple(coefficients), name


def test_the_fit_of_erf_is_good_to_single_precision(fitted, capsys):
    fitted.erf_rational(3.92, 5, 5)
    assert float(capsys.readouterr().out.split()[-1]) < 6e-8
