from __future__ import annotations

import datetime as dt

import pytest

from webapp.history.queries import Write
from webapp.history.writers import ShownWrite, shown_writes, who_saved

AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
ME = 1


def write(actor_id: int | None, name: str, revision: int = 2) -> Write:
    return Write(revision, actor_id, name, AT)


def test_one_person_is_named() -> None:
    assert (
        who_saved([write(7, "Veruca Salt"), write(7, "Veruca Salt", 3)], ME).heading
        == "Veruca Salt saved first"
    )


def test_several_people_are_counted() -> None:
    writes = [write(7, "Veruca Salt"), write(8, "Mike", 3), write(None, "Gone", 4)]
    assert who_saved(writes, ME).heading == "Gone and 2 others saved first"


def test_my_other_window_is_said_so() -> None:
    assert who_saved([write(1, "Me")], ME).heading == "You saved this in another window"


def test_nobody_known_is_somebody() -> None:
    assert who_saved([], ME).heading == "Somebody saved first"


@pytest.mark.parametrize(
    ("action", "changed", "deed"),
    [
        ("update", ("description",), "changed the description"),
        ("update", ("plugin_class", "data"), "changed the class and the data"),
        ("update", ("name", "tags", "data"), "changed the name, the tags and the data"),
        ("update", (), "changed it"),
        ("delete", (), "moved it to the bin"),
        ("restore", ("name",), "restored it"),
        ("create", (), "created it"),
    ],
)
def test_a_write_in_words(action: str, changed: tuple[str, ...], deed: str) -> None:
    found = Write(2, 1, "Ann", AT, action, changed)
    assert shown_writes([found]) == [ShownWrite("Ann", deed, AT)]


def test_the_last_writes_are_shown_newest_first() -> None:
    writes = [Write(number, 1, f"Person {number}", AT) for number in range(2, 12)]
    assert [shown.who for shown in shown_writes(writes)] == [
        f"Person {number}" for number in range(11, 6, -1)
    ]
