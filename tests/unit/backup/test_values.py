"""The manifest of a backup: what is written is read again, and anything else is refused in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.backup.values import (
    BackupManifest,
    ColumnEntry,
    TableEntry,
    UnusableBackup,
    encode_rows,
    fingerprint,
    read_manifest,
    write_manifest,
)

MANIFEST = BackupManifest(
    program="1.0",
    revision="0015",
    dialect="sqlite",
    created_at="2026-11-26T17:00:00+00:00",
    keys=("abc",),
    unreadable_secrets=0,
    tables=(
        TableEntry("tags", (ColumnEntry("id", "plain"), ColumnEntry("at", "time")), ("id",), (), 3, "00"),
    ),
    sequences={"tags": 7},
)


def test_what_is_written_is_read_again() -> None:
    assert read_manifest(write_manifest(MANIFEST).encode()) == MANIFEST
    assert (MANIFEST.rows, MANIFEST.count_of("tags"), MANIFEST.count_of("none")) == (3, 3, 0)


@given(
    st.one_of(
        st.binary(), st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
    )
)
def test_anything_else_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UnusableBackup):
        read_manifest(content)


@pytest.mark.parametrize("part", ["format", "format_version", "tables", "keys", "sequences", "revision"])
def test_a_manifest_without_a_part_is_refused(part: str) -> None:
    content = json.loads(write_manifest(MANIFEST))
    del content[part]
    with pytest.raises(UnusableBackup):
        read_manifest(json.dumps(content).encode())


def test_a_later_format_names_the_version_to_use() -> None:
    content = {**json.loads(write_manifest(MANIFEST)), "format_version": 9, "program": "3.1"}
    with pytest.raises(UnusableBackup, match=r"3\.1"):
        read_manifest(json.dumps(content).encode())


@given(
    st.lists(
        st.lists(st.none() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False))
    )
)
def test_a_row_is_a_line_and_the_same_when_it_is_read(rows: list[list[object]]) -> None:
    lines = encode_rows(rows).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == rows


def test_a_fingerprint_tells_keys_apart_and_gives_none_away() -> None:
    assert fingerprint("one") != fingerprint("two")
    assert len(fingerprint("one")) == 12
