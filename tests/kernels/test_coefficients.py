"""The literals in the kernels are what the tool that is said to make them computes."""

from __future__ import annotations

import numpy as np

from clt_sim._kernels import elementary


def test_coefficients_are_those_of_the_tool(fitted, monkeypatch, capsys):
    shown = {}
    monkeypatch.setattr(fitted, "show", shown.__setitem__)
    fitted.main()
    for name in ("LOG1P", "COSINE", "SINE", "EXPM1", "ATANH"):
        assert getattr(elementary, name) == tuple(map(np.float32, shown[name])), name
    # The fit of erf is a least-squares solution, whose last bits depend on the LAPACK in use.
    for name in ("ERF_NUMERATOR", "ERF_DENOMINATOR"):
        np.testing.assert_allclose(getattr(elementary, name), shown[name], rtol=1e-6)


def test_the_fit_of_erf_is_good_to_single_precision(fitted, capsys):
    fitted.erf_rational(3.92, 5, 5)
    assert float(capsys.readouterr().out.split()[-1]) < 6e-8
