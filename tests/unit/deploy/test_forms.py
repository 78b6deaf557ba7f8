from __future__ import annotations

import pytest

from deploy.forms import fields_of, form_with


def test_a_form_is_read_as_a_browser_sends_it() -> None:
    page = """<form><input name=other value=1></form><form>
      <input name=a value=1><input name=off type=checkbox><input name=on type=checkbox checked>
      <input name=no value=1 disabled><textarea name=t>\nx &amp; y</textarea>
      <select name=s><option value=1><option value=2 selected></select>
      <template><input name=later></template><button name=go value=1></button></form>"""
    assert form_with(page, "t") == [("a", "1"), ("on", "on"), ("t", "x & y"), ("s", "2")]
    with pytest.raises(LookupError):
        form_with(page, "later")


def test_a_form_is_found_by_where_it_is_sent() -> None:
    page = """<form action="/search?x=1"><input name=q value=a></form>
      <form action="/login"><input name=who type=hidden value=b><select name=s><option value=3></select></form>"""
    assert fields_of(page, "/login") == {"who": "b", "s": "3"}
    assert fields_of(page, "/search") == {"q": "a"}
    assert fields_of("<form><input name=here></form>", "/anything") == {"here": ""}
    with pytest.raises(LookupError):
        fields_of(page, "/elsewhere")
