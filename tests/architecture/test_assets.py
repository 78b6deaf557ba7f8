"""What every page brings along holds nothing that no page uses."""

from __future__ import annotations

import re

import pytest

from tests.architecture.conftest import source_files
from webapp.paths import CHECKOUT

SYMBOL = re.compile(r'<symbol id="([^"]+)"')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"[\w-]+\s*:[^;{}]*[;}]|url\([^)]*\)")
CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
# The end of these is a value: a colour of a person, a kind of chart, token or field, a size.
MADE = ("av-", "f-", "is-", "size-", "t-")


@pytest.fixture(scope="module")
def written() -> str:
    """Return everything that names a class or an icon."""
    folders = {"webapp", "templates", "static"}
    return "\n".join(
        path.read_text()
        for path in source_files(".py", ".html", ".js")
        if path.relative_to(CHECKOUT).parts[0] in folders
    )


def test_every_icon_of_the_sprite_is_used_and_every_icon_that_is_used_is_there(written: str) -> None:
    held = set(SYMBOL.findall((CHECKOUT / "static/icons.svg").read_text()))
    assert {name for name in held if not re.search(rf"""["'#]{re.escape(name)}["']""", written)} == set()
    assert set(re.findall(r"""\bicon\(["']([a-z0-9-]+)["']""", written)) <= held


def test_every_class_of_the_stylesheet_is_used(written: str) -> None:
    sheet = COMMENT.sub("", (CHECKOUT / "static/css/plugdeck.css").read_text())
    styled = set(CLASS.findall(DECLARATION.sub("", sheet)))
    words = set(re.findall(r"[\w-]+", written))
    assert {name for name in styled if name not in words and not name.startswith(MADE)} == set()
