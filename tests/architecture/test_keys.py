"""The sheet of shortcuts lists exactly the keys that do something."""

from __future__ import annotations

import re

from webapp.accounts.navigation import MAIN_PAGES
from webapp.help.keys import SHEET
from webapp.paths import CHECKOUT

KEYS_JS = (CHECKOUT / "static" / "js" / "keys.js").read_text()
SINGLE = {shortcut.keys for _, shortcuts in SHEET for shortcut in shortcuts if shortcut.single}
# Pressed on the links that lead from a record to the one before and after it, and on the merge page.
ELSEWHERE = {"[", "]", "1", "2"}


def _table() -> set[str]:
    table = re.search(r"^const KEYS = \{(.*?)^\};", KEYS_JS, re.S | re.M)
    assert table is not None
    return set(re.findall(r'^  "(.)":', table.group(1), re.M))


def test_every_single_key_of_the_sheet_does_something_and_the_other_way_round() -> None:
    chords = {key for key in SINGLE if " " in key}
    assert _table() | ELSEWHERE == SINGLE - chords
    assert chords == {page.key for page in MAIN_PAGES} | {"g h"}


def test_every_key_that_a_template_names_is_on_the_sheet(templates: dict[str, str]) -> None:
    listed = {shortcut.keys for _, shortcuts in SHEET for shortcut in shortcuts}
    named = {
        key for source in templates.values() for key in re.findall(r'(?:data-key=|\bkey=)"([^"{]+)"', source)
    }
    assert named <= listed
