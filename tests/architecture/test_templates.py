"""Every template compiles, holds no code of its own, and is used."""

from __future__ import annotations

import ast
import re

import pytest
from flask import Flask
from jinja2 import StrictUndefined, meta

from webapp.paths import CHECKOUT

FORBIDDEN = {
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "an event attribute": re.compile(r"\s(on[a-z]+|hx-on[\w:.-]*)\s*=", re.IGNORECASE),
    "code in an attribute": re.compile(
        r"javascript:|hx-(vals|headers|vars)[\w:]*=[\"']js:|hx-trigger=[\"'][^\"']*\[", re.I
    ),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
    "the cookie or session": re.compile(r"\{\{[^}]*\b(session|request\.cookies)\b"),
}
JINJA = re.compile(r"{%.*?%}|{#.*?#}|{{.*?}}")
# htmx 4 inherits nothing unless told to, and reads old attribute names as unknown ones.
OLD_HTMX = re.compile(r"\shx-(ext|disable|disinherit|inherit|history-elt|request|prompt)\s*=")


def test_every_template_compiles(app: Flask, templates: dict[str, str]) -> None:
    for name in templates:
        app.jinja_env.get_template(name)


def test_an_unknown_name_in_a_template_is_an_error(app: Flask) -> None:
    assert app.jinja_env.undefined is StrictUndefined
    assert app.jinja_env.autoescape is not False


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str, templates: dict[str, str]) -> None:
    pattern = FORBIDDEN[what]
    found = [
        f"{name}:{number} {line.strip()[:100]}"
        for name, source in templates.items()
        for number, line in enumerate(source.splitlines(), 1)
        if pattern.search(line if "escaped" in what or "session" in what else JINJA.sub("", line))
    ]
    assert found == []


def test_no_template_uses_what_htmx_no_longer_knows(templates: dict[str, str]) -> None:
    assert [name for name, source in templates.items() if OLD_HTMX.search(source)] == []


def test_every_template_is_used(
    app: Flask, templates: dict[str, str], modules: dict[str, ast.Module]
) -> None:
    used: set[str] = set()
    for source in templates.values():
        used |= {name for name in meta.find_referenced_templates(app.jinja_env.parse(source)) if name}
    for tree in modules.values():
        used |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    assert sorted(set(templates) - used) == []


def test_every_imported_macro_is_used(templates: dict[str, str]) -> None:
    unused = []
    for name, source in templates.items():
        for imported in re.findall(
            r"{%-?\s*from\s+\S+\s+import\s+(.+?)\s*(?:with context|without context)?\s*-?%}", source, re.S
        ):
            for part in imported.split(","):
                macro = part.split(" as ")[-1].strip()
                if len(re.findall(rf"\b{re.escape(macro)}\b", source)) < 2:
                    unused.append(f"{name}: {macro}")
    assert unused == []


def test_a_partial_is_told_by_its_name(templates: dict[str, str]) -> None:
    """A page extends the frame; whatever does not is a partial or a file of macros and starts with `_`."""
    wrong = [
        name
        for name, source in templates.items()
        if ("{% extends" in source) == any(part.startswith("_") for part in name.split("/"))
        and name != "base.html"
    ]
    assert wrong == []


def test_static_files_hold_no_code_that_the_policy_forbids() -> None:
    for path in (CHECKOUT / "static" / "js").glob("*.js"):
        source = path.read_text()
        assert not re.search(
            r"\beval\(|new Function\(|innerHTML\s*=|insertAdjacentHTML|document\.write", source
        ), path
        assert not re.search(r"setAttribute\(\s*[\"'](style|on)", source), path
