"""Who uses a connection: whatever other domains say, counted up to a bound."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

import pytest
from sqlalchemy.orm import Session

from webapp.connections import uses
from webapp.connections.kinds import KindKey, split
from webapp.connections.uses import COUNTED_MAX, SHOWN_MAX, Use, Uses

NO_SESSION = cast(Session, None)


class Known:
    """Users that are there without a database."""

    def __init__(self, number: int) -> None:
        self.number = number

    def list_uses(self, session: Session, kind: KindKey, connection_id: int, limit: int) -> Sequence[Use]:
        return [Use("Plugin", f"p{index}", "") for index in range(min(self.number, limit))]

    def count_uses(
        self, session: Session, kind: KindKey, connection_ids: Collection[int], limit: int
    ) -> Mapping[int, int]:
        return dict.fromkeys(connection_ids, min(self.number, limit)) if self.number else {}

    def hold(self, session: Session, kind: KindKey, connection_id: int) -> None:
        """Nothing to hold."""

    def let_go(self, session: Session, kind: KindKey, connection_id: int) -> None:
        """Nothing to let go of."""


@pytest.fixture(autouse=True)
def _nobody() -> Iterator[None]:
    kept = list(uses._users)
    uses._users.clear()
    yield
    uses._users[:] = kept


@pytest.mark.parametrize(
    ("number", "total", "text", "rest"),
    [
        (0, 0, "0", "0"),
        (3, 3, "3", "0"),
        (SHOWN_MAX, SHOWN_MAX, "50", "0"),
        (SHOWN_MAX + 1, SHOWN_MAX + 1, "51", "1"),
        (5_000, COUNTED_MAX + 1, "1,000+", "950+"),
    ],
)
def test_the_first_are_listed_and_the_rest_is_counted(number: int, total: int, text: str, rest: str) -> None:
    uses.register(Known(number))
    found = uses.list_uses(NO_SESSION, "sql", 1)
    assert (len(found.shown), found.total) == (min(number, SHOWN_MAX), total)
    assert (found.total_text, found.rest_text) == (text, rest)


def test_several_domains_add_up() -> None:
    uses.register(Known(40))
    uses.register(Known(40))
    assert uses.list_uses(NO_SESSION, "sql", 1).total == 80
    assert uses.count_uses(NO_SESSION, "sql", [1, 2]) == {1: 80, 2: 80}


def test_nobody_is_asked_about_nothing() -> None:
    assert uses.list_uses(NO_SESSION, "sql", 1) == Uses()
    assert uses.count_uses(NO_SESSION, "sql", [7]) == {7: 0}


def test_a_second_registration_changes_nothing() -> None:
    known = Known(2)
    uses.register(known)
    uses.register(known)
    assert uses.list_uses(NO_SESSION, "sql", 1).total == 2


def test_locators_of_this_domain_are_told_from_others() -> None:
    kind, record_id = split("secret-rMTAwMDAwMQx") or (None, 0)
    assert (kind and kind.key, record_id) == ("secret", 1)
    for text in ("pluginmeta-rMTAwMDAwMQx", "secret-1", "secret-rMTAwMDAwMQ", "", "secret"):
        assert split(text) is None
