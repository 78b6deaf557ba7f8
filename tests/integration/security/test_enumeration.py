"""Who exists cannot be told from how long a refusal takes, nor from how much is asked of the database."""

from __future__ import annotations

import re
import time
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.integration.security.conftest import places
from tests.pages import PageClient, sign_in
from webapp.accounts import passwords
from webapp.accounts.models import User
from webapp.plugins.models import PluginMeta

ROUNDS = 7
# A password that is not checked at all would be some fifty times as fast at these costs.
FACTOR = 2.0
COSTS = passwords.Costs(time=2, memory=16_384, parallelism=1)


@pytest.mark.sqlite_only
def test_a_refusal_takes_as_long_whoever_it_is(client: PageClient, session: Session) -> None:
    """The time that this thread was computing is compared, which other programs on the machine do not change."""
    passwords.use_costs(COSTS)
    try:
        hasher = passwords._hasher(COSTS)
        for name, is_active in (("renske", True), ("gone", False)):
            person = factories.person(name, is_active=is_active, password="the same for all of them")
            hashed = hasher.hash("the same for all of them")
            session.execute(update(User).where(User.id == person.user_id).values(password_hash=hashed))
            session.commit()
        tries = {
            "unknown": ("nobody", "the same for all of them"),
            "mistaken": ("renske", "another one altogether"),
            "disabled": ("gone", "the same for all of them"),
        }
        spent: dict[str, list[float]] = {name: [] for name in tries}
        for number in range(ROUNDS):
            for name, (username, password) in tries.items():
                data = {"username": username, "password": password}
                start = time.thread_time()
                answer = client.post("/login", data=data, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
                spent[name].append(time.thread_time() - start)
                assert answer.status_code == 422
    finally:
        passwords.use_costs(passwords.CHEAP)
    medians = {name: median(values) for name, values in spent.items()}
    assert max(medians.values()) < FACTOR * min(medians.values()), medians


def test_a_foreign_record_costs_the_same_statements_as_none(app: Flask, session: Session) -> None:
    saved = factories.plugin(factories.person())
    nothing = PluginMeta(id=987_654).record_locator
    assert nothing is not None
    client = app.test_client()
    sign_in(client, factories.person(role="staff"))
    for foreign, missing in zip(places(app, saved.locator), places(app, nothing), strict=True):
        if saved.locator in foreign.path:
            sent = []
            for place in (foreign, missing):
                with count_statements() as statements:
                    answer = client.open(place.path, method=place.method, data={"revision": "1"})
                assert answer.status_code == 404, place
                sent.append([re.sub(r"\d+", "N", text) for text in statements])
            assert sent[0] == sent[1], foreign


@pytest.mark.sqlite_only
def test_counting_through_the_locators_finds_nothing(app: Flask, session: Session) -> None:
    """The ids around one's own belong to somebody else: each of them is no page, in any spelling."""
    own, other = factories.person(), factories.person()
    made = [factories.plugin(person) for person in (other, own, other) for _ in range(5)]
    client = app.test_client()
    sign_in(client, own)
    mine = {saved.locator for saved in made[5:10]}
    for id_ in range(made[7].id - 15, made[7].id + 16):
        locator = PluginMeta(id=id_).record_locator if id_ > 0 else None
        if locator:
            expected = 200 if locator in mine else 404
            assert client.get(f"/plugins/{locator}/").status_code == expected, id_
    locator = made[7].locator
    for spelling in (
        locator.upper(),
        f"{locator}=",
        f"{locator[:-1]}",
        f"{locator}/x",
        locator.replace("-", "_"),
        f" {locator}",
    ):
        assert client.get(f"/plugins/{spelling}/").status_code == 404, spelling
