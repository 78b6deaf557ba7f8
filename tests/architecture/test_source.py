"""House rules that can be read off the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.conftest import source_files
from webapp.paths import CHECKOUT

LINES_MAX = 400
# A table of cases reads well at length; logic does not.
TEST_LINES_MAX = 700
VIEW_LINES_MAX = 40
FORBIDDEN_MODULES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "misc",
    "base",
    "tools",
}
# The stylesheet is one file by design; its layers are its chapters.
LONG_BY_DESIGN = {"static/css/plugdeck.css"}
RUDE_WORDS = re.compile(r"\b(please|oops|sorry|successfully|whoops|uh-oh)\b", re.IGNORECASE)
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


def _relative(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def test_no_file_is_longer_than_a_person_reads() -> None:
    long = {
        _relative(path): count
        for path in source_files(".py", ".js", ".css", ".html")
        if (count := len(path.read_text().splitlines()))
        > (TEST_LINES_MAX if path.is_relative_to(CHECKOUT / "tests") else LINES_MAX)
        and _relative(path) not in LONG_BY_DESIGN
    }
    assert long == {}


def test_every_module_is_named_for_what_it_holds(modules: dict[str, ast.Module]) -> None:
    assert [name for name in modules if FORBIDDEN_MODULES & set(Path(name).with_suffix("").parts)] == []


def test_every_module_says_what_it_is_for(modules: dict[str, ast.Module]) -> None:
    assert [name for name, tree in modules.items() if not ast.get_docstring(tree)] == []


def test_views_are_short(modules: dict[str, ast.Module]) -> None:
    long = [
        f"{name}: {function.name} has {lines} lines"
        for name, tree in modules.items()
        if "views" in name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and (lines := (function.end_lineno or 0) - function.lineno + 1) > VIEW_LINES_MAX
    ]
    assert long == []


def test_only_one_module_knows_the_headers_of_htmx(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{name}:{node.lineno} {node.value}"
        for name, tree in modules.items()
        if name != "webapp/web/htmx.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"HX-[\w-]+", node.value)
    ]
    assert found == []


def test_vary_is_set_in_one_module(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        if name != "webapp/web/htmx.py"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and node.value == "Vary")
        or (
            isinstance(node, ast.Attribute)
            and node.attr == "vary"
            and not (isinstance(node.value, ast.Name) and node.value.id == "htmx")
        )
    ]
    assert found == []


def test_only_transaction_commits(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        if name != "webapp/db/session.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert found == []


def test_nothing_is_marked_as_safe_html_but_rendered_templates(modules: dict[str, ast.Module]) -> None:
    marks = {
        name
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup"
    }
    assert marks <= {
        "webapp/plugins/views/listing.py",
        "webapp/plugins/views/stars.py",
        "webapp/web/highlight.py",
        "webapp/web/stencils.py",
    }


def test_no_view_is_cached_as_a_whole(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("cached", "memoize")
        and isinstance(node.value, ast.Name)
        and node.value.id == "cache"
    ]
    assert found == []


def test_nothing_runs_text_as_code(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["webapp", "templates", "static/js"])
def test_nothing_begs_apologises_or_cheers(folder: str) -> None:
    found = [
        f"{_relative(path)}:{number} {line.strip()}"
        for path in source_files(".py", ".html", ".js")
        if _relative(path).startswith(folder)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if RUDE_WORDS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("mark", ["TODO", "FIXME", "XXX", "HACK"])
def test_nothing_is_left_for_later(mark: str) -> None:
    word = re.compile(rf"\b{mark}\b")
    found = [
        _relative(path)
        for path in source_files(".py", ".html", ".js", ".css")
        if word.search(path.read_text())
    ]
    assert [path for path in found if path != "tests/architecture/test_source.py"] == []
