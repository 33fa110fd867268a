"""Reports as mappings and as tables."""

from __future__ import annotations

import json
import re

import pytest

import clt_sim as clt


@pytest.fixture
def report():
    estimates = {"skewness": clt.Estimate(0.1, 0.02), "kolmogorov": clt.Estimate(0.5, 0.25)}
    missing = {"negentropy": "needs n > 2 & a <density>"}
    return clt.Report("gaussianity", "5 < 10 draws", "sorted sample", estimates, missing)


def test_mapping(report):
    assert len(report) == 2
    assert list(report) == ["skewness", "kolmogorov"]
    assert report["skewness"] == clt.Estimate(0.1, 0.02)
    assert "negentropy" not in report
    assert report.get("negentropy") is None
    assert dict(report) == report.estimates


def test_absent_measures_say_why(report):
    with pytest.raises(KeyError, match="negentropy is not available: needs n > 2"):
        report["negentropy"]
    with pytest.raises(KeyError, match=r"unknown measure 'skewnes'.* Did you mean 'skewness'"):
        report["skewnes"]


def test_text(report):
    assert str(report) == repr(report)
    assert str(report).splitlines() == [
        "gaussianity: 5 < 10 draws (sorted sample)",
        "  skewness    0.100 ± 0.020",
        "  kolmogorov  0.50 ± 0.25",
        "  negentropy  not available: needs n > 2 & a <density>",
    ]
    assert str(clt.Report("t", "e", "r", {})) == "t: e (r)"


def test_html_is_escaped(report):
    html = report._repr_html_()
    assert ">gaussianity: 5 &lt; 10 draws (sorted sample)</caption>" in html
    cells = re.findall("<t[hd][^>]*>([^<]*)</t[hd]>", html)
    assert cells[:4] == ["measure", "value", "skewness", "0.100 ± 0.020"]
    assert "needs n &gt; 2 &amp; a &lt;density&gt;" in html
    assert "<density>" not in html


def test_to_dict_is_json(report):
    description = json.loads(json.dumps(report.to_dict()))
    assert description == {
        "title": "gaussianity",
        "ensemble": "5 < 10 draws",
        "route": "sorted sample",
        "estimates": {
            "skewness": {"value": 0.1, "stderr": 0.02},
            "kolmogorov": {"value": 0.5, "stderr": 0.25},
        },
        "unavailable": {"negentropy": "needs n > 2 & a <density>"},
    }


def test_reports_are_values(report):
    same = clt.Report(
        "gaussianity", "5 < 10 draws", "sorted sample", {**report}, report.unavailable
    )
    assert report == same
    assert report != clt.Report("gaussianity", "6 draws", "sorted sample", {**report})
    with pytest.raises(AttributeError):
        report.title = "sparsity"


def test_raw_values_stand_beside_their_shape(report):
    raw = {
        "skewness": clt.Estimate(0.1, 0.02),
        "kolmogorov": clt.Estimate(0.8, 0.25),
        "tail-ratio": clt.Estimate(-0.1, 0.02),
        "negentropy": clt.Estimate(1.0, 0.1),
    }
    shape = clt.Report("t", "e", "r", {**report, "tail-ratio": clt.Estimate(0.3, 0.02)})
    both = clt.Report("t", "e", "r", raw, shape=shape)
    assert str(both).splitlines()[1:] == [
        "  skewness    0.100 ± 0.020",
        "  kolmogorov  0.80 ± 0.25; of its shape 0.50 ± 0.25; location and scale 37.5 %",
        "  tail-ratio  -0.100 ± 0.020; of its shape 0.300 ± 0.020",
        "  negentropy  1.00 ± 0.10",
    ]
    assert both.to_dict()["shape"] == shape.to_dict()
