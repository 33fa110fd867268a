"""Reading of specifications, friendly and hostile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.registry import Registry, specification


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("laplace", clt.laws.Laplace()),
        (" laplace ( ) ", clt.laws.Laplace()),
        ("laplace(scale=2)", clt.laws.Laplace(scale=2)),
        ("laplace( mean = -1.5 ,\n scale = 1e3 , )", clt.laws.Laplace(mean=-1.5, scale=1000)),
        ("laplace(scale=+2)", clt.laws.Laplace(scale=2)),
        ("laplace(scale=2_000)", clt.laws.Laplace(scale=2000)),
        ("uniform(high=3, low=-3)", clt.laws.Uniform(-3, 3)),
    ],
)
def test_specifications(text, law):
    assert clt.laws.get(text) == law


def test_keywords_go_before_the_text():
    assert clt.laws.get("laplace(scale=2, mean=1)", scale=3) == clt.laws.Laplace(1, 3)


HOSTILE = {
    "import": "laplace(__import__('os'))",
    "import by name": "laplace(scale=__import__('os').getpid())",
    "huge list": "laplace(scale=[1]*9**9)",
    "huge power": "laplace(scale=9**9**9)",
    "repeated": "laplace(scale=1,scale=2)",
    "stars": "laplace(**{})",
    "stars with parameter": "laplace(**{'scale': 2})",
    "star": "laplace(*[1])",
    "positional": "laplace(1)",
    "text": "laplace(scale='a')",
    "none": "laplace(scale=None)",
    "truth": "laplace(scale=True)",
    "complex": "laplace(scale=1j)",
    "list": "laplace(scale=[1])",
    "unhashable key": "laplace(scale={[]: 1})",
    "name": "laplace(scale=mean)",
    "attribute": "laplace(scale=(1).real)",
    "lambda": "laplace(scale=lambda: 1)",
    "walrus": "laplace(scale=(x:=1))",
    "second call": "laplace(scale=1)(scale=2)",
    "second expression": "laplace(scale=1)*f(scale=2)",
    "second line": "laplace(scale=1)\nimport os",
    "comment": "laplace(scale=1) # x",
    "sum": "laplace(scale=1+1)",
    "null byte": "laplace(scale=1\0)",
    "surrogate": "laplace(scale=1\ud800)",
    "bad escape": "laplace(scale='\\N{nothing}')",
    "infinite": "laplace(scale=1e999)",
    "too long an integer": f"laplace(scale={'9' * 500})",
    "negative": "laplace(scale=-1)",
    "class attribute": "laplace(kernel=1)",
    "dunder": "laplace(__class__=1)",
    "open": "laplace(",
    "closed": "laplace)",
    "no name": "(scale=1)",
    "empty": "",
    "blank": "  \n",
    "long name": "x" * 10**6,
    "long digits": f"laplace(scale={'9' * 10**5})",
    "long minus": f"laplace(scale={'-' * 10**5}1)",
    "longest minus": f"laplace(scale={'-' * 980}1)",
    "long brackets": f"laplace(scale={'(' * 10**5})",
    "longest brackets": f"laplace(scale={'[' * 490}{']' * 490})",
    "long sum": f"laplace(scale={'1+' * 10**5}1)",
    "longest sum": f"laplace(scale={'1+' * 480}1)",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused(text):
    with pytest.raises((ValueError, TypeError)) as caught:
        clt.laws.get(text)
    assert 0 < len(str(caught.value)) < 2500


def test_nothing_is_evaluated(monkeypatch):
    """A specification that would raise the alarm if any of it ran."""
    ran = []
    monkeypatch.setattr("builtins.alarm", lambda: ran.append(1), raising=False)
    with pytest.raises(ValueError, match="cannot read the parameters"):
        clt.laws.get("laplace(scale=alarm())")
    assert not ran
    eval("alarm()")  # noqa: S307 - the negative control
    assert ran


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for attempt in (text, f"laplace({text})", f"laplace(scale={text})"):
        try:
            law = clt.laws.get(attempt)
        except (ValueError, TypeError):
            continue
        assert law.name in clt.laws.names()


@pytest.mark.parametrize("value", [None, 3, 1.5, b"laplace", ["laplace"], clt.laws.Laplace])
def test_other_kinds_of_value(value):
    with pytest.raises(TypeError, match="a law is given by name or value"):
        clt.laws.get(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lapalce", r"unknown law 'lapalce'\. Did you mean 'laplace'\? Known: .*, laplace, "),
        ("Normal", r"Did you mean 'normal'\?"),
        ("zzz", r"^unknown law 'zzz'\. Known: "),
        ("laplace(scales=1)", r"parameter of law 'laplace': 'scales'\. Did you mean 'scale'\?"),
        ("laplace(scale=1, scale=1)", "scale is given twice"),
        ("laplace(2)", "write parameter=value"),
        ("laplace[2]", r"write name or name\(parameter=value\)"),
        ("x" * 1001, "at most 1000 characters, not 1001"),
    ],
)
def test_messages(text, message):
    with pytest.raises(ValueError, match=message):
        clt.laws.get(text)


def test_a_registry_of_ones_own():
    class Shape:
        pass

    registry = Registry("shape", Shape)

    @registry.register
    @dataclass(frozen=True)
    class Circle(Shape):
        name: ClassVar[str] = "circle"
        radius: float = 1.0

    assert registry.names() == ("circle",)
    assert registry.get("circle(radius=2)") == Circle(2)
    assert specification(Circle()) == "circle"
    assert specification(Circle(2.0)) == "circle(radius=2.0)"
