"""What the options of a plan mean."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.core.text import NAME_MAX, is_snake_case
from webapp.manifests.options import PlanOptions, free_names, skip_reason


@pytest.mark.parametrize(
    ("mode", "taken", "exists", "reason"),
    [
        ("both", "update", True, ""),
        ("both", "update", False, ""),
        ("both", "skip", True, "x exists and is left as it is."),
        ("both", "skip", False, ""),
        ("both", "rename", True, ""),
        ("create", "update", True, "x exists, and only new records are created."),
        ("create", "skip", True, "x exists, and only new records are created."),
        ("create", "rename", True, ""),
        ("create", "update", False, ""),
        ("update", "update", True, ""),
        ("update", "update", False, "x does not exist, and only existing records are updated."),
        ("update", "rename", True, "x exists, and no new records are created."),
        ("update", "skip", True, "x exists and is left as it is."),
    ],
)  # fmt: skip
def test_a_document_is_skipped_for_a_reason(mode: str, taken: str, exists: bool, reason: str) -> None:
    options = PlanOptions(mode=mode, taken=taken)  # type: ignore[arg-type]
    assert skip_reason(options, exists=exists, name="x") == reason


@given(st.from_regex(r"[a-z0-9]+(_[a-z0-9]+)*", fullmatch=True).filter(lambda text: len(text) <= NAME_MAX))
@example("a" * (NAME_MAX - 2) + "_2")
def test_free_names_are_names_and_differ(name: str) -> None:
    found = free_names(name, NAME_MAX, 2, 20)
    assert name not in found
    assert len(set(found)) == len(found) >= 19
    assert all(is_snake_case(item) and len(item) <= NAME_MAX for item in found)
