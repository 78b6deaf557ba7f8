"""What a page carries of the records that it had shown."""

from __future__ import annotations

import pytest

from webapp.manifests.moved import SEEN_MAX, Seen, Since, read_seen, write_seen


def test_what_is_written_is_read_again() -> None:
    records = {"pluginmeta-rMTAwMDAwMQx": Seen(3, 5), "secret-rMTAwMDAwMgx": Seen(1, 1)}
    assert read_seen(write_seen(records.items())) == records


@pytest.mark.parametrize(
    "text", ["", "x", "pluginmeta-rMTAx:1", "pluginmeta-rMTAx:5:3", "pluginmeta-rMTAx:-1:2", "a:1:2", "p-r:1:" + "9" * 40]
)  # fmt: skip
def test_what_is_no_record_is_left_out(text: str) -> None:
    assert read_seen(text) == {}


def test_no_more_records_are_read_than_a_plan_can_have() -> None:
    entries = (f"p-r{number}:1:1" for number in range(SEEN_MAX + 5))
    assert len(read_seen(" ".join(entries))) == SEEN_MAX


def test_choices_belong_to_their_record() -> None:
    since = Since({}, {"a-r:description": "mine", "a-r:parameters.x": "theirs", "b-r:description": "theirs"})
    assert since.choices_of("a-r") == {"description": "mine", "parameters.x": "theirs"}


def test_a_record_can_be_taken_as_it_is_written() -> None:
    since = Since({"a-r": Seen(1, 2), "b-r": Seen(1, 1)})
    assert set(since.without("a-r").records) == {"b-r"}
