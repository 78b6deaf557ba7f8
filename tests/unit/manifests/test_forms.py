"""What the upload page sends, read into sources."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from webapp.manifests.forms import Upload, read_upload
from webapp.manifests.sources import Source


def read(**fields: Any) -> Upload:
    builder = EnvironBuilder(method="POST", data=fields)
    try:
        return read_upload(builder.get_request(Request))  # type: ignore[arg-type]
    finally:
        builder.close()


def test_lines_of_a_textarea_end_like_those_of_a_file() -> None:
    assert read(text="a: 1\r\nb: 2\r\n").text == "a: 1\nb: 2\n"


def test_pasted_text_comes_first_and_blank_text_is_none() -> None:
    assert [source.name for source in read(text="a", files=(BytesIO(b"b"), "b.yaml")).sources] == [
        "pasted text",
        "b.yaml",
    ]
    assert [source.name for source in read(text=" \n", files=(BytesIO(b"b"), "b.yaml")).sources] == ["b.yaml"]


def test_a_browser_that_chose_no_file_sends_an_empty_one() -> None:
    assert read(files=(BytesIO(b""), "")).files == ()


def test_a_file_that_is_chosen_again_takes_its_old_place() -> None:
    found = read(
        source_name=["a", "b", "c"],
        source_text=["1", "2", " "],
        files=[(BytesIO(b"new"), "a"), (BytesIO(b"other"), "d"), (BytesIO(b"twin"), "a")],
    )
    assert found.files == (Source("a", b"new"), Source("b", "2"), Source("d", b"other"), Source("a", b"twin"))


@pytest.mark.parametrize(
    ("do", "press", "value"),
    [
        ("apply", "apply", ""), ("check", "check", ""), ("", "check", ""), ("rm -rf", "check", ""),
        ("fix:ab:c", "fix", "ab:c"), ("drop:a:b.yaml", "drop", "a:b.yaml"), ("leave_out:1", "leave_out", "1"),
    ],
)  # fmt: skip
def test_the_button_says_what_to_do_and_anything_else_only_checks(do: str, press: str, value: str) -> None:
    found = read(do=do)
    assert (found.press, found.value) == (press, value)
