"""Stencils: what is filled in is escaped, and equals what Jinja would have written."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader
from markupsafe import Markup, escape

from webapp.web.stencils import Stencil, cut, hole

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)))


@given(name=TEXT, title=TEXT)
def test_a_filled_stencil_is_what_escaping_each_value_gives(name: str, title: str) -> None:
    stencil = Stencil(f'<a title="{hole("title")}">{hole("name")}, 100 % {hole("name")}</a>')
    expected = f'<a title="{escape(title)}">{escape(name)}, 100 % {escape(name)}</a>'
    assert stencil.fill(name=name, title=title) == expected


def test_what_is_html_already_stays_it_and_numbers_are_written() -> None:
    stencil = Stencil(f"{hole('link')}{hole('number')}")
    assert stencil.fill(link=Markup("<a></a>"), number=7) == "<a></a>7"
    assert isinstance(stencil.fill(link="", number=7), Markup)


def test_a_value_that_looks_like_a_hole_or_a_pattern_is_text() -> None:
    stencil = Stencil(f"{hole('a')} {hole('b')}")
    assert stencil.fill(a=hole("b"), b="%(a)s") == f"{hole('b')} %(a)s"


def test_a_hole_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="name"):
        Stencil(hole("name")).fill(other="x")


def test_a_template_is_cut_once_for_each_set_of_fixed_values() -> None:
    app = Flask(__name__)
    app.jinja_env.loader = DictLoader({"row.html": "{% if is_new %}new {% endif %}{{ name }}"})
    with app.app_context():
        new, old = cut("row.html", is_new=True), cut("row.html", is_new=False)
        assert (new.fill(name="<"), old.fill(name="x")) == ("new &lt;", "x")
        assert cut("row.html", is_new=True) is new


def test_a_stencil_sees_nothing_of_the_request() -> None:
    app = Flask(__name__)
    app.jinja_env.loader = DictLoader({"row.html": "{{ viewer }}"})
    app.context_processor(lambda: {"viewer": "alice"})
    with app.test_request_context():
        assert cut("row.html").fill(viewer="bob") == "bob"
