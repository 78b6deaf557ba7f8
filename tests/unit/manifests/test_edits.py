"""Edits by one press: making a fix, leaving a document or a file out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.connections.schema import CONNECTION_MANIFESTS
from webapp.manifests.edits import commented, edit, item_key, may_leave_out, problem_key
from webapp.manifests.forms import Upload
from webapp.manifests.loader import load_sources
from webapp.manifests.plan import Plan, PlanItem
from webapp.manifests.sources import Source
from webapp.manifests.validation import schemas_by_kind, validate

TEXT = "apiVersion: smarter.sh/v1\nkind: secret\n---\nkind: Secret\nspecs: 1\n--- # 3\na: b: c\n---\nkind: Secret\n"


def make(upload: Upload) -> Plan:
    loaded = load_sources(upload.sources)
    schemas = schemas_by_kind(CONNECTION_MANIFESTS)
    items = []
    for document in loaded.documents:
        _, problems = validate(document, schemas)
        said = [item for item in loaded.problems if item.document == document.number] + problems
        items.append(PlanItem(document, "", "", "refused", tuple(said)))
    return Plan(tuple(items), (), loaded.texts)


def test_a_fix_is_made_in_its_own_source_only() -> None:
    upload = Upload(text=TEXT, files=(Source("a", TEXT), Source("a", TEXT.encode())))
    plan = make(upload)
    for name in upload.names:
        found = [
            item for item in plan.all_problems if item.source == name and item.fix and "specs" in item.path
        ]
        edited = edit(replace(upload, press="fix", value=problem_key(found[0])), plan)
        assert edited is not None
        texts = [
            source.content if isinstance(source.content, str) else source.content.decode()
            for source in edited.sources
        ]
        assert [("\nspec: 1" in text) for text in texts] == [known == name for known in upload.names]


@pytest.mark.parametrize("press", ["fix", "leave_out"])
def test_an_unknown_key_edits_nothing(press: str) -> None:
    upload = Upload(text=TEXT, press=press, value="0123456789abcdef")  # type: ignore[arg-type]
    assert edit(upload, make(upload)) is None


def test_each_document_can_be_left_out_and_the_others_stay_what_they_were() -> None:
    upload = Upload(text=TEXT)
    plan = make(upload)
    assert len(plan.items) == 4
    for item in plan.items:
        edited = edit(replace(upload, press="leave_out", value=item_key(item)), plan)
        assert edited is not None
        assert edited.text.count("\n") == TEXT.count("\n")
        rest = make(edited).items
        assert [other.document.data for other in rest] == [
            other.document.data for other in plan.items if other is not item
        ]
        assert all(word in edited.text for word in TEXT.split())


def test_text_that_stands_on_the_line_of_the_marker_is_left_out() -> None:
    text = "a: 1\n--- {b: 2}\n---\nc: 3\n"
    document = load_sources([Source("x", text)]).documents[1]
    assert commented(text, document.line, document.text) == "a: 1\n--- # {b: 2}\n---\nc: 3\n"


def test_one_entry_of_a_json_list_cannot_be_left_out_alone() -> None:
    plan = make(Upload(text='[{"kind": "Secret"}, {"kind": "Secret"}]'))
    assert [may_leave_out(item) for item in plan.items] == [False, False]


def test_a_file_is_left_out_by_its_shown_name() -> None:
    upload = Upload(text="p: 1", files=(Source("a", "x: 1"), Source("a", "y: 1"), Source("b", "z: 1")))
    without = edit(replace(upload, press="drop", value="a (2)"), make(upload))
    assert without is not None
    assert [source.content for source in without.sources] == ["p: 1", "x: 1", "z: 1"]
    assert edit(replace(upload, press="drop", value="nope"), make(upload)) == replace(
        upload, press="drop", value="nope"
    )
