"""The cached getters of the seed page: what they find, what they refuse, and how often they ask the database."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from webapp.accounts.models import Account, User, UserProfile
from webapp.core.errors import SmarterValueError
from webapp.db.session import transaction
from webapp.extensions import db
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import delete_plugin, restore_plugin, update_plugin


def _again(session: Session) -> None:
    """Act as the next request does: with a session that holds nothing."""
    session.rollback()
    session.expunge_all()


@pytest.fixture
def owner(session: Session) -> factories.Person:
    """Return somebody with two plugins."""
    person = factories.person("ann")
    factories.plugin(person, name="sherbet")
    factories.plugin(person, name="gobstopper")
    return person


@pytest.fixture
def pk(session: Session, owner: factories.Person) -> int:
    """Return the id of the gobstopper."""
    found = PluginMeta.get_cached_object(name="gobstopper", username="ann")
    assert found is not None
    found_id = found.id
    _again(session)
    return found_id


MISSING: list[dict[str, Any]] = [
    {},
    {"name": "gobstopper"},
    {"username": "ann"},
    {"invalidate": True},
    {"plugin_class": "static"},
    {"name": "", "username": "ann"},
    {"name": "gobstopper", "plugin_class": "static"},
    {"name": "gobstopper", "invalidate": True},
    {"name": "gobstopper", "user": User()},
    {"name": "gobstopper", "user_profile": UserProfile()},
    {"name": "gobstopper", "account": Account()},
    # What is not saved owns nothing, so the rest must not be found without it.
    {"name": "gobstopper", "username": "ann", "account": Account()},
    {"pk": 1, "user_profile": UserProfile()},
]


def test_missing_arguments_are_an_error_and_never_any_record(
    session: Session, owner: factories.Person
) -> None:
    for ways in MISSING:
        with pytest.raises(SmarterValueError):
            PluginMeta.get_cached_object(**ways)
    with pytest.raises(SmarterValueError):
        PluginMeta.get_cached_objects(user_profile=UserProfile())


def _ways(session: Session, person: factories.Person) -> dict[str, dict[str, Any]]:
    """Return the argument for each way of saying whose plugin it is."""
    return {
        "user": {"user": session.get_one(User, person.user_id)},
        "user_profile": {"user_profile": session.get_one(UserProfile, person.profile_id)},
        "username": {"username": person.username.upper()},
        "account": {"account": session.get_one(Account, person.account.id)},
        "nothing": {},
    }


def test_every_combination_of_arguments_finds_the_same_record(
    session: Session, owner: factories.Person, pk: int
) -> None:
    ways = _ways(session, owner)
    for way, also, plugin_class in itertools.product(ways, ways, (None, "static")):
        if way == also == "nothing":
            continue
        arguments = {"name": "Gobstopper", **ways[way], **ways[also], "plugin_class": plugin_class}
        found = PluginMeta.get_cached_object(**arguments)
        assert found is not None, arguments
        assert (found.id, found.name, found.tags_list) == (pk, "gobstopper", ["sweets", "shop"])


def test_a_primary_key_is_enough_and_what_else_is_given_has_to_hold(
    session: Session, owner: factories.Person, pk: int
) -> None:
    mine, others = _ways(session, owner), _ways(session, factories.person())
    for way, name, plugin_class in itertools.product(mine, (None, "gobstopper"), (None, "static")):
        given = {"name": name, "plugin_class": plugin_class}
        found = PluginMeta.get_cached_object(pk=pk, **given, **mine[way])
        assert found is not None, given
        assert found.id == pk
        if way != "nothing":
            assert PluginMeta.get_cached_object(pk=pk, **given, **others[way]) is None


def test_arguments_that_contradict_each_other_find_nothing(
    session: Session, owner: factories.Person, pk: int
) -> None:
    mine, others = _ways(session, owner), _ways(session, factories.person())
    for way, also in itertools.permutations(mine.keys() - {"nothing"}, 2):
        assert PluginMeta.get_cached_object(name="gobstopper", **mine[way], **others[also]) is None


def test_a_user_with_the_name_in_two_accounts_has_to_be_asked_more_exactly(
    session: Session, owner: factories.Person, pk: int
) -> None:
    there = factories.also_in(owner)
    other = factories.plugin(there, name="gobstopper").id
    user = session.get_one(User, owner.user_id)
    for way in ({"user": user}, {"username": "ann"}):
        with pytest.raises(PluginMeta.MultipleObjectsReturned):
            PluginMeta.get_cached_object(name="gobstopper", **way)  # type: ignore[arg-type]
    for person, wanted in ((owner, pk), (there, other)):
        account = session.get_one(Account, person.account.id)
        found = PluginMeta.get_cached_object(name="gobstopper", user=user, account=account)
        assert found is not None
        assert found.id == wanted


@pytest.mark.parametrize(
    "arguments",
    [
        {"pk": 9_999},
        {"name": "nothing", "username": "ann"},
        {"name": "gobstopper", "username": "nobody"},
        {"name": "gobstopper", "username": "ann", "plugin_class": "api"},
    ],
)
def test_what_is_not_there_is_none(
    session: Session, owner: factories.Person, arguments: dict[str, object]
) -> None:
    assert PluginMeta.get_cached_object(**arguments) is None  # type: ignore[arg-type]


def test_the_second_request_does_not_read_the_record_again(
    session: Session, owner: factories.Person, pk: int
) -> None:
    PluginMeta.get_cached_object(pk=pk)
    _again(session)
    with count_statements() as sent:
        found = PluginMeta.get_cached_object(pk=pk)
        assert found is not None
        assert found.description
    assert len(sent) == 1  # Where it is and at which generation.
    _again(session)
    with count_statements() as sent:
        PluginMeta.get_cached_object(invalidate=True, pk=pk)
    assert len(sent) == 2


def test_the_lists_ask_only_for_generations_the_second_time(
    session: Session, owner: factories.Person
) -> None:
    profile = session.get_one(UserProfile, owner.profile_id)
    first = PluginMeta.get_cached_objects(user_profile=profile)
    names = [plugin.name for plugin in first]
    _again(session)
    profile = session.get_one(UserProfile, owner.profile_id)
    with count_statements() as sent:
        assert [plugin.name for plugin in PluginMeta.get_cached_objects(user_profile=profile)] == names
    assert names == ["gobstopper", "sherbet"]
    assert len(sent) == 1


def test_the_list_of_a_profile_asks_once_and_reads_again_only_when_told(
    session: Session, owner: factories.Person
) -> None:
    factories.plugin(factories.person(of=factories.platform()), name="common")
    sent: list[int] = []
    for invalidate in (False, False, True, False):
        _again(session)
        with count_statements() as statements:
            found = PluginMeta.get_cached_plugins_for_user_profile_id(invalidate, owner.profile_id)
            assert [plugin.name for plugin in found] == ["common", "gobstopper", "sherbet"]
        sent.append(len(statements))
    assert sent == [2, 1, 2, 1]


def test_the_list_of_an_owner_is_read_again_when_told(session: Session, owner: factories.Person) -> None:
    sent: list[int] = []
    for invalidate in (False, False, True, False):
        _again(session)
        profile = session.get_one(UserProfile, owner.profile_id)
        with count_statements() as statements:
            assert len(PluginMeta.get_cached_objects(invalidate, profile)) == 2
        sent.append(len(statements))
    assert sent == [2, 1, 2, 1]


def test_a_write_of_another_worker_is_seen_by_every_getter(
    make_app: Callable[..., Flask], session: Session, owner: factories.Person, pk: int
) -> None:
    """Each application has a cache of its own, as each worker has."""

    def described() -> set[str]:
        _again(session)
        profile = session.get_one(UserProfile, owner.profile_id)
        one = PluginMeta.get_cached_object(pk=pk)
        lists = PluginMeta.get_cached_objects(user_profile=profile)
        lists += PluginMeta.get_cached_plugins_for_user_profile_id(user_profile_id=owner.profile_id)
        return {plugin.description for plugin in [one, *lists] if plugin is not None and plugin.id == pk}

    (before,) = described()
    _again(session)
    values = factories.plugin_values("gobstopper", description="Written by the other worker.")
    with make_app().app_context():
        update_plugin(factories.viewer_of(owner), pk, 1, values)
    assert described() == {values.description} != {before}


def test_a_write_is_seen_at_once_without_invalidating(
    session: Session, owner: factories.Person, pk: int
) -> None:
    assert PluginMeta.get_cached_object(pk=pk)
    values = factories.plugin_values("gobstopper", description="Written after the first read of it.")
    update_plugin(factories.viewer_of(owner), pk, 1, values)
    _again(session)
    found = PluginMeta.get_cached_object(pk=pk)
    assert found is not None
    assert found.description == values.description


def test_invalidate_reads_what_was_changed_behind_our_back(
    session: Session, owner: factories.Person, pk: int
) -> None:
    assert PluginMeta.get_cached_object(pk=pk)
    _again(session)
    with db.engine.begin() as behind:
        behind.execute(text("UPDATE plugin_meta SET description = 'by hand' WHERE id = :id"), {"id": pk})
    held = PluginMeta.get_cached_object(pk=pk)
    assert held is not None
    assert held.description != "by hand"
    _again(session)
    read = PluginMeta.get_cached_object(invalidate=True, pk=pk)
    assert read is not None
    assert read.description == "by hand"
    _again(session)
    kept = PluginMeta.get_cached_object(pk=pk)
    assert kept is not None
    assert kept.description == "by hand"


def test_the_bin_is_not_found(session: Session, owner: factories.Person, pk: int) -> None:
    assert PluginMeta.get_cached_object(pk=pk)
    with transaction() as writing:
        writing.get_one(PluginMeta, pk).delete()
    _again(session)
    assert PluginMeta.get_cached_object(pk=pk) is None
    profile = session.get_one(UserProfile, owner.profile_id)
    assert [plugin.name for plugin in PluginMeta.get_cached_objects(user_profile=profile)] == ["sherbet"]


def test_a_profile_may_use_its_account_and_the_platform_and_nothing_else(
    session: Session, owner: factories.Person
) -> None:
    colleague = factories.person(of=owner.account)
    factories.plugin(colleague, name="fudge")
    factories.plugin(factories.person(), name="foreign")
    factories.plugin(factories.also_in(owner), name="elsewhere")
    assert _usable(owner) == ["fudge", "gobstopper", "sherbet"]
    factories.plugin(factories.person(of=factories.platform()), name="common")
    assert _usable(owner) == ["common", "fudge", "gobstopper", "sherbet"]
    assert _usable(colleague) == ["common", "fudge", "gobstopper", "sherbet"]
    # Who belongs to the platform owns what all may use, and sees it once.
    assert _usable(factories.person(of=factories.platform())) == ["common"]


def _usable(person: factories.Person) -> list[str]:
    found = PluginMeta.get_cached_plugins_for_user_profile_id(user_profile_id=person.profile_id)
    return [plugin.name for plugin in found]


def test_lists_refuse_a_missing_or_unknown_profile(session: Session) -> None:
    with pytest.raises(SmarterValueError):
        PluginMeta.get_cached_objects()
    with pytest.raises(SmarterValueError):
        PluginMeta.get_cached_plugins_for_user_profile_id()
    with pytest.raises(SmarterValueError):
        PluginMeta.get_cached_plugins_for_user_profile_id(user_profile_id=9_999)
    # The classes' own errors, as the seed page names them.
    assert issubclass(SmarterValueError, ValueError)


def test_an_entity_from_the_cache_can_be_changed_and_saved(
    session: Session, owner: factories.Person, pk: int
) -> None:
    PluginMeta.get_cached_object(pk=pk)
    _again(session)
    with transaction():
        found = PluginMeta.get_cached_object(pk=pk)
        assert found is not None
        found.description = "Changed on an entity that came from the cache."
        found.save()
    _again(session)
    assert session.get_one(PluginMeta, pk).description.startswith("Changed on")


def test_no_getter_shows_what_is_in_the_bin(session: Session, owner: factories.Person, pk: int) -> None:
    profile, account = (
        session.get_one(model, key)
        for model, key in ((UserProfile, owner.profile_id), (Account, owner.account.id))
    )
    locator = session.get_one(PluginMeta, pk).record_locator
    assert locator is not None
    assert len(PluginMeta.get_cached_objects(user_profile=profile)) == 2
    deleted = delete_plugin(factories.viewer_of(owner), pk, 1)
    session.expire_all()
    for ways in (
        {"pk": pk},
        {"name": "gobstopper", "username": "ann"},
        {"name": "gobstopper", "account": account},
    ):
        assert PluginMeta.get_cached_object(**ways) is None
    assert [item.name for item in PluginMeta.get_cached_objects(user_profile=profile)] == ["sherbet"]
    mine = PluginMeta.get_cached_plugins_for_user_profile_id(user_profile_id=owner.profile_id)
    assert [item.name for item in mine] == ["sherbet"]
    assert PluginMeta.get_object_by_locator(locator) is None
    restore_plugin(factories.viewer_of(owner), pk, deleted.revision)
    session.expire_all()
    found = PluginMeta.get_object_by_locator(locator)
    assert found is not None and found.id == pk
    assert len(PluginMeta.get_cached_objects(user_profile=profile)) == 2
