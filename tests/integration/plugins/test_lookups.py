"""`PluginMeta.objects`: live plugins of all accounts, for whoever knows whose they want."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests import factories
from webapp.accounts.models import UserProfile
from webapp.core.errors import InvalidInput, NotFound, SmarterValueError
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta


def test_get_returns_the_one_that_matches_or_says_which_error(session: Session) -> None:
    ann, bob = factories.person(), factories.person()
    mine, theirs = (factories.plugin(person, name="gobstopper") for person in (ann, bob))
    assert PluginMeta.objects.get(pk=mine.id).id == mine.id
    assert PluginMeta.objects.get(name="gobstopper", account_id=bob.account.id).id == theirs.id
    with pytest.raises(PluginMeta.DoesNotExist) as missing:
        PluginMeta.objects.get(pk=9_999)
    assert isinstance(missing.value, NotFound)
    with pytest.raises(PluginMeta.MultipleObjectsReturned):
        PluginMeta.objects.get(name="gobstopper")


def test_asking_for_nothing_or_by_an_unknown_field_is_an_error_and_never_all_records(
    session: Session,
) -> None:
    factories.plugin(factories.person())
    with pytest.raises(SmarterValueError):
        PluginMeta.objects.get()
    with pytest.raises(SmarterValueError):
        PluginMeta.objects.filter()
    for look in (PluginMeta.objects.get, PluginMeta.objects.filter, PluginMeta.objects.count):
        with pytest.raises(SmarterValueError, match="colour"):
            look(colour="red")  # type: ignore[call-arg]


def test_filter_all_and_count_know_only_what_is_live(session: Session) -> None:
    owner = factories.person()
    kept, gone = (factories.plugin(owner, name=name) for name in ("sherbet", "gobstopper"))
    factories.plugin(owner, factories.sql_values("fudge"))
    factories.plugin(factories.person(), name="foreign")
    assert [item.name for item in PluginMeta.objects.all()] == ["foreign", "fudge", "gobstopper", "sherbet"]
    with transaction() as writing:
        writing.get_one(PluginMeta, gone.id).delete()
    names = [item.name for item in PluginMeta.objects.filter(user_profile_id=owner.profile_id)]
    assert names == ["fudge", "sherbet"]
    assert [item.id for item in PluginMeta.objects.filter(plugin_class="static", name="sherbet")] == [kept.id]
    assert (PluginMeta.objects.count(), PluginMeta.objects.count(account_id=owner.account.id)) == (3, 2)
    with pytest.raises(PluginMeta.DoesNotExist):
        PluginMeta.objects.get(pk=gone.id)


def test_create_saves_with_everything_that_save_does(session: Session) -> None:
    owner = factories.person()
    with transaction() as writing:
        profile = writing.get_one(UserProfile, owner.profile_id)
        made = PluginMeta.objects.create(profile, factories.plugin_values("everlastingGobstopper"))
        assert (made.name, made.revision, made.readiness) == ("everlasting_gobstopper", 1, "ready")
        made_id = made.id
    assert session.get_one(PluginMeta, made_id).tags_list == ["sweets", "shop"]
    with pytest.raises(InvalidInput), transaction() as writing:
        profile = writing.get_one(UserProfile, owner.profile_id)
        PluginMeta.objects.create(profile, factories.plugin_values("everlasting_gobstopper"))
