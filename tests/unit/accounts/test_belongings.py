"""Things that people own, in words."""

from __future__ import annotations

import pytest

from webapp.accounts import belongings
from webapp.accounts.belongings import Amount, Kind, in_words

PLUGIN = Kind("plugin", "plugins", lambda *_: {}, lambda *_: 0)
SECRET = Kind("secret", "secrets", lambda *_: {}, lambda *_: 0)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], "nothing"),
        ([(PLUGIN, 1)], "1 plugin"),
        ([(PLUGIN, 3_214), (SECRET, 1)], "3,214 plugins and 1 secret"),
        ([(PLUGIN, 2), (SECRET, 2), (PLUGIN, 1)], "2 plugins, 2 secrets and 1 plugin"),
    ],
)
def test_amounts_are_listed(numbers: list[tuple[Kind, int]], words: str) -> None:
    assert in_words([Amount(kind, number) for kind, number in numbers]) == words


def test_a_kind_is_asked_once_however_often_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[Kind] = []
    monkeypatch.setattr(belongings, "_kinds", known)
    for _ in range(2):
        belongings.register(PLUGIN)
        belongings.register(SECRET)
    assert known == [PLUGIN, SECRET]
