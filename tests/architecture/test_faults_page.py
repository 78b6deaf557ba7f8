"""docs/faults.md names a test for each fault, or a reason, and every test that it names exists."""

from __future__ import annotations

import ast
import re

import pytest

from webapp.paths import CHECKOUT

PAGE = (CHECKOUT / "docs" / "faults.md").read_text()
FAULTS = (*(f"F{number:02}" for number in range(1, 16)), *(f"R{number:02}" for number in range(1, 7)))
ROW = re.compile(r"^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_every_fault_is_there_once_and_in_order() -> None:
    assert tuple(id_ for id_, _, _ in ROW.findall(PAGE)) == FAULTS


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_a_test_or_a_reason(fault: str) -> None:
    held = {id_: held for id_, _, held in ROW.findall(PAGE)}[fault]
    assert NAMED.search(held) or held.startswith("No test yet: "), held


def test_every_test_that_is_named_exists() -> None:
    for path, name in set(NAMED.findall(PAGE)):
        tree = ast.parse((CHECKOUT / "tests" / path).read_text())
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name
