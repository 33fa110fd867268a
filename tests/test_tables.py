"""How results show themselves: every kind in every form."""

from __future__ import annotations

import functools
import io
import json
import math
import pickle
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import rich.console

import clt_sim as clt
from clt_sim import claims, theory
from clt_sim._json_types import plain
from clt_sim.claims import ClaimVerdict
from clt_sim.claims.finding import Finding
from clt_sim.sparsity import axioms
from clt_sim.tables import Table, Tabular, data_frame, facts_table

RELU = clt.WeightedSum(n=16, inputs="normal", nonlinearity="relu", weights="normal")
NETWORK = clt.RandomNetwork([10, 10], "relu")
CAUCHY = clt.WeightedSum(n=2, inputs="cauchy", weights=1.0)


@functools.cache
def summary(model=RELU):
    return clt.simulate(model, draws=5000, seed=1)


@functools.cache
def history():
    return clt.train(hidden=(12,), nonlinearity="relu", normalization="batch", steps=30)


@functools.cache
def record():
    return clt.record(history().network, clt.networks.load_digits().test_inputs, every=4)


MAKERS = {
    "report": lambda: clt.gaussianity(summary()),
    "report of raw values": lambda: clt.gaussianity(
        summary(), standardize=False, measures=["kolmogorov", "skewness", "negentropy"]
    ),
    "sparsity": lambda: clt.sparsity(summary()),
    "summary": summary,
    "summary without moments": lambda: summary(CAUCHY),
    "normal mixture": lambda: clt.simulate_conditional(NETWORK, 5000, seed=1),
    "lattice law": lambda: clt.exact(clt.WeightedSum(n=4, inputs="rademacher", weights=1.0)),
    "heavy law": lambda: clt.exact(CAUCHY),
    "network law": lambda: clt.exact(NETWORK),
    "verdict": lambda: clt.is_gaussian(summary(), within=0.01),
    "test": lambda: clt.gaussianity_test(summary().samples[:100]),
    "power": lambda: clt.power_study(["energy", "jarque-bera"], ["laplace"], 10, repetitions=20),
    "axioms": lambda: axioms(trials=10),
    "claim": lambda: ClaimVerdict(
        claims.get("sums-approach-normal"),
        "holds",
        (
            Finding("distance of <64> terms", 0.004, 0.003, 0.005, "below", 0.01),
            Finding("kurtosis without a fourth moment", math.inf, 5.0, math.inf, "above", 3.0),
            Finding("where it turns", 0.02, 0.0, 0.03, "below", 0.01, decides=False),
        ),
        "draft",
        0,
    ),
    "training": history,
    "record": record,
    "layers": lambda: clt.layer_table(record(), measures=["kolmogorov", "hoyer"]),
    "layers on both axes": lambda: clt.layer_table(
        record(), measures=["kolmogorov", "skewness"], axis="both"
    ),
    "effective size": lambda: clt.effective_size(np.arange(12.0).reshape(4, 3) ** 2),
    "estimate": lambda: clt.Estimate(0.123456, 0.0021),
    "estimate without error": lambda: clt.Estimate(math.nan, math.inf),
    "rate": lambda: theory.fit_rate([10, 100, 1000], [0.03, 0.003, 0.00031], theorem_exponent=1.0),
    "cumulants": lambda: theory.sum_cumulants(RELU),
    "kernel moments": lambda: theory.kernel_moments(NETWORK),
    "prediction": lambda: theory.network_kurtosis(NETWORK),
    "depth limit": lambda: theory.depth_limit(NETWORK),
    "tail constants": lambda: theory.tail_constants("cauchy"),
    "weighted sum": lambda: CAUCHY,
    "sum of given numbers": lambda: clt.WeightedSum(n=3, inputs="laplace", weights=[1.0, 2.0, 3.0]),
    "random network": lambda: NETWORK,
}
make = functools.cache(lambda kind: MAKERS[kind]())


class Page(HTMLParser):
    """The tags of a page, which have to be closed in order, and its text."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.text, self.rows = [], [], "", []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert {name for name, _ in attrs} <= {"style", "colspan"}
        self.seen.append(tag)
        if tag == "br":
            self.handle_data(" ")
        else:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def printed(result, *, width=80, terminal=False):
    """Return what rich prints."""
    out = io.StringIO()
    colours = "standard" if terminal else None
    console = rich.console.Console(
        file=out, width=width, force_terminal=terminal, color_system=colours, no_color=False
    )
    console.print(result)
    return out.getvalue()


@pytest.mark.parametrize("kind", MAKERS)
class TestEveryResult:
    def test_is_strict_json(self, kind):
        result = make(kind)
        text = json.dumps(result.to_dict(), allow_nan=False)
        assert json.loads(text) == result.to_dict()

    def test_is_a_page_of_escaped_text(self, kind):
        page = Page(make(kind)._repr_html_())
        allowed = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "p", "br"}
        assert set(page.seen) <= allowed
        assert page.text.strip()

    def test_fits_a_terminal(self, kind):
        lines = printed(make(kind)).splitlines()
        assert max(map(len, lines)) <= 80
        assert "object at 0x" not in "".join(lines)
        assert "…" not in "".join(lines)

    def test_page_and_terminal_show_the_same(self, kind):
        page, text = Page(make(kind)._repr_html_()), printed(make(kind), width=1000)
        for row in page.rows:
            for cell in row:
                for word in cell.split():
                    assert word in text

    def test_survives_a_pickle(self, kind):
        result = make(kind)
        assert isinstance(result, Tabular)
        again = pickle.loads(pickle.dumps(result))  # noqa: S301 - just made
        assert (str(again), again.to_dict()) == (str(result), result.to_dict())

    def test_is_a_data_frame(self, kind):
        pandas = pytest.importorskip("pandas")
        frame = make(kind).to_dataframe()
        assert isinstance(frame, pandas.DataFrame)
        assert len(frame) >= 1
        assert frame.columns.is_unique

    def test_without_pandas_says_how_to_install_it(self, kind, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
            make(kind).to_dataframe()


def test_every_public_result_is_covered():
    names = [name for name in clt.__all__ if isinstance(getattr(clt, name), type)]
    public = {getattr(clt, name) for name in names if issubclass(getattr(clt, name), Tabular)}
    missing = {
        one.__name__ for one in public if not any(isinstance(make(kind), one) for kind in MAKERS)
    }
    # Other routes to an exact law: what they show is made by ExactLaw.
    assert missing == {
        "DiscreteLaw",
        "InvertedLaw",
        "PiecewisePolynomialLaw",
        "PushforwardLaw",
        "ScaleMixtureLaw",
    }


class TestFrames:
    """The numbers of data frames are those of the results."""

    @pytest.fixture(autouse=True)
    def _pandas(self):
        pytest.importorskip("pandas")

    def test_report(self):
        report = clt.gaussianity(summary(), measures=["kolmogorov", "negentropy"])
        frame = report.to_dataframe().set_index("measure")
        assert frame.loc["kolmogorov", "value"] == report["kolmogorov"].value
        assert frame.loc["kolmogorov", "stderr"] == report["kolmogorov"].stderr
        assert frame.loc["negentropy", "unavailable"] == report.unavailable["negentropy"]
        assert math.isnan(frame.loc["negentropy", "value"])
        raw = make("report of raw values")
        frame = raw.to_dataframe().set_index("measure")
        assert frame.loc["kolmogorov", "shape_value"] == raw.shape["kolmogorov"].value
        assert frame.loc["kolmogorov", "value"] == raw["kolmogorov"].value

    def test_draws(self):
        frame = summary().to_dataframe().set_index("measure")
        assert frame.loc["excess_kurtosis", "stderr"] == summary().excess_kurtosis.stderr
        assert math.isinf(summary(CAUCHY).to_dataframe().stderr[0])
        mixture = make("normal mixture")
        frame = mixture.to_dataframe().set_index("measure")
        assert frame.loc["mass_at_location", "value"] == mixture.mass_at_location.value

    def test_one_row_a_result(self):
        law, verdict, rate = make("heavy law"), make("verdict"), make("rate")
        row = law.to_dataframe().iloc[0]
        assert (row.method, row.low, row.high) == (law.method, -math.inf, math.inf)
        row = verdict.to_dataframe().iloc[0]
        assert (row.low, row.high) == verdict.interval
        assert (row.status, row.within) == (verdict.status, 0.01)
        assert rate.to_dataframe().low[0] == rate.interval[0]

    def test_tables(self):
        power, claim, table = make("power"), make("claim"), make("axioms")
        frame = power.to_dataframe()
        assert len(frame) == len(power)
        some = frame[(frame.test == "energy") & (frame.alternative == "laplace")]
        assert some.power.tolist() == [power["energy", "laplace", 10].value]
        assert claim.to_dataframe().value.tolist() == [one.value for one in claim.findings]
        assert claim.to_dataframe().status.tolist() == [one.status for one in claim.findings]
        frame = table.to_dataframe()
        assert frame[frame.measure == "gini"].holds.all()
        assert len(frame) == 16 * 6
        assert history().to_dataframe().loss.tolist() == history().loss.tolist()


def test_numbers_that_are_not_finite_are_text_in_json():
    assert plain([math.inf, -math.inf, math.nan, 1.0, True, None]) == [
        "inf",
        "-inf",
        "nan",
        1.0,
        True,
        None,
    ]
    assert plain(np.array([[1.0, np.nan]])) == [[1.0, "nan"]]
    assert plain({"a": (clt.Estimate(1.0, math.inf),)}) == {"a": [{"value": 1.0, "stderr": "inf"}]}
    assert plain(clt.laws.get("laplace")) == "laplace"
    described = summary(CAUCHY).to_dict()
    assert described["mean"] == {"value": summary(CAUCHY).mean.value, "stderr": "inf"}
    assert clt.Report("t", "e", "r", {"a": clt.Estimate(math.nan, 0.5)}).to_dict()["estimates"] == {
        "a": {"value": "nan", "stderr": 0.5}
    }


def test_a_summary_reads_as_its_estimates():
    lines = str(summary()).splitlines()
    assert "".join(lines[:2]).replace("\n", " ").startswith("sum of 16 terms w*relu(x)")
    assert f"  excess kurtosis  {summary().excess_kurtosis}" in lines
    assert repr(summary()) == str(summary())
    mixture = make("normal mixture")
    assert f"  variance          {mixture.variance}" in str(mixture).splitlines()


def test_a_training_table_says_which_steps_it_shows():
    page = Page(history()._repr_html_())
    steps = [row[0] for row in page.rows[1:-1]]
    assert (steps[0], steps[-1]) == ("0", "30")
    assert page.rows[-1] == [f"{len(steps)} of {len(history().steps)} recorded steps"]


class TestTable:
    WIDE = Table(
        "a title that is so long that it has to be wrapped, as it would not fit into a line of 80",
        ("name", "words", "number"),
        (("first", "words " * 30, "1.5"), ("second", "few", "-10.25")),
        ("a note",),
        align="llr",
    )

    def test_words_wrap_and_numbers_do_not(self):
        lines = str(self.WIDE).splitlines()
        assert max(map(len, lines)) <= 80
        assert " ".join(lines[:2]) == self.WIDE.title
        assert lines[2].split() == ["name", "words", "number"]
        assert lines[3].endswith("    1.5")
        assert lines[-2].endswith(" -10.25")
        assert len(lines[3]) == len(lines[-2]) == 80
        assert str(self.WIDE).count("words") == 31
        assert lines[-1] == "a note"

    def test_a_table_without_headings_has_no_line_for_them(self):
        table = facts_table("law", [("atoms", 3), ("mean", None), ("error", 1.0 / 3.0)])
        assert str(table) == "law\n  atoms  3\n  error  0.333333"
        assert "thead" not in table._repr_html_()

    def test_text_is_taken_as_it_is(self):
        table = Table("[bold]<b>", ("[red]", "&"), (("<script>", "[/]"),), ("<i> [0, 1]",))
        assert table.title in printed(table)
        assert "[/]" in printed(table)
        assert "[red]" in printed(table)
        page = table._repr_html_()
        assert "<script" not in page
        assert "<b>" not in page
        assert Page(page).rows == [["[red]", "&"], ["<script>", "[/]"], ["<i> [0, 1]"]]

    def test_verdicts_have_colours_in_a_terminal(self):
        table = Table("", ("",), (("holds",), ("refuted",), ("it holds",)))
        assert re.search("\x1b\\[32mholds", printed(table, terminal=True))
        assert re.search("\x1b\\[1;31mrefuted", printed(table, terminal=True))
        assert "it holds" in printed(table, terminal=True)

    def test_sides_of_cells(self):
        page = self.WIDE._repr_html_()
        assert '<td style="text-align: right">1.5</td>' in page
        assert '<th style="text-align: left">first</th>' in page

    def test_shapes_are_checked(self):
        with pytest.raises(ValueError, match=r"each row must be of 2 cells, not \('a',\)"):
            Table("", ("x", "y"), (("a",),))
        with pytest.raises(ValueError, match="align must be l or r for each of 2 columns: 'c'"):
            Table("", ("x", "y"), (), align="c")

    def test_an_empty_frame_keeps_its_columns(self):
        pytest.importorskip("pandas")
        assert list(data_frame(("a", "b"), ()).columns) == ["a", "b"]
