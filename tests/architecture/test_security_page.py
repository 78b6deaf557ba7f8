"""docs/security.md names a test for each case, or a reason, and every test that it names exists."""

from __future__ import annotations

import ast
import re

import pytest

from webapp.paths import CHECKOUT

PAGE = (CHECKOUT / "docs" / "security.md").read_text()
CASES = (
    *(f"C{number:02}" for number in range(1, 14)),
    *(f"A{number:02}" for number in range(1, 13)),
    *(f"X{number:02}" for number in range(1, 11)),
)
ROW = re.compile(r"^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
REASON = "No test yet: "


def _rows() -> dict[str, str]:
    return {id_: held for id_, _, held in ROW.findall(PAGE)}


def test_every_case_is_there_once_and_in_order() -> None:
    assert tuple(id_ for id_, _, _ in ROW.findall(PAGE)) == CASES


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_a_test_or_a_reason(case: str) -> None:
    held = _rows()[case]
    assert NAMED.search(held) or (held.startswith(REASON) and len(held) > len(REASON) + 20), held


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 50
    missing = [f"{path}::{name}" for path, name in set(named) if name not in _tests_of(path)]
    assert missing == []
    # A name in another spelling than the pattern would not be looked for.
    assert PAGE.count("::") == len(named) + 1


def _tests_of(path: str) -> set[str]:
    file = CHECKOUT / "tests" / path
    if not file.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
