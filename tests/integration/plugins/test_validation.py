"""full_clean and its steps: every error of every field at once, and what `exclude` and the switches leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from webapp.core.errors import InvalidInput
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta, Tag
from webapp.plugins.models.data import PluginDataSql
from webapp.plugins.values import PluginValues


def _errors(check: Callable[..., None], **arguments: object) -> dict[str, list[str]]:
    """Return the codes of the errors by field; none when the check passes."""
    try:
        check(**arguments)
    except InvalidInput as refused:
        return {field: [error.code for error in found] for field, found in refused.errors.items()}
    return {}


def _record(owner: factories.Person, **changes: object) -> PluginMeta:
    record = PluginMeta(account_id=owner.account.id, user_profile_id=owner.profile_id)
    values: PluginValues = factories.plugin_values("gobstopper", tags=())
    record.assign(replace(values, **changes))  # type: ignore[arg-type]
    return record


def test_every_field_is_checked_and_each_can_be_left_out(session: Session) -> None:
    record = _record(
        factories.person(),
        name="x" * 65,
        description="nul \0",
        version="one",
        tags=("good", "with,comma"),
        annotations=({"bad key": 1},),
    )
    record.plugin_class, record.data = "other", None
    found = _errors(record.clean_fields)
    assert found == {
        "name": ["too_long"],
        "description": ["unstorable"],
        "version": ["semver"],
        "annotations": ["key"],
        "plugin_class": ["choice"],
        "tags": ["comma"],
    }
    for field in found:
        assert _errors(record.clean_fields, exclude=[field]).keys() == found.keys() - {field}
        assert _errors(record.full_clean, exclude=[field]).keys() == found.keys() - {field}
    assert _errors(record.clean_fields, exclude=found.keys()) == {}


def test_fields_get_the_spelling_that_is_stored(session: Session) -> None:
    owner = factories.person()
    with transaction() as writing:
        record = _record(owner, tags=(" Sweets ", "sweets", "shop"))
        record.annotations = {"a": 1, "b": [2]}  # A plain mapping is taken too.
        record.save()
        record_id = record.id
        assert writing.scalar(select(func.count()).select_from(Tag)) == 2
    stored = session.get_one(PluginMeta, record_id)
    assert stored.annotations == [{"a": 1}, {"b": [2]}]
    assert stored.tags_list == ["Sweets", "shop"]


def test_a_record_without_an_owner_is_refused_before_the_database_sees_it(session: Session) -> None:
    record = PluginMeta(name="gobstopper", plugin_class="static")
    assert _errors(record.full_clean) == {"user_profile": ["required"]}
    assert _errors(record.full_clean, exclude={"user_profile"}) == {}


def test_the_data_has_to_be_that_of_the_class(session: Session) -> None:
    record = _record(factories.person())
    assert _errors(record.clean) == {}
    record.data = PluginDataSql(plugin_class="sql")
    assert _errors(record.clean) == {"": ["class"]}
    assert _errors(record.full_clean) == {"": ["class"]}


def test_uniqueness_is_a_step_of_its_own(session: Session) -> None:
    owner = factories.person()
    factories.plugin(owner, name="gobstopper")
    record = _record(owner)
    assert _errors(record.validate_unique) == {"name": ["unique"]}
    assert _errors(record.full_clean) == {"name": ["unique"]}
    assert _errors(record.full_clean, validate_unique=False) == {}
    assert _errors(record.full_clean, exclude=["name"]) == {}
    assert _errors(record.validate_unique, exclude=["name"]) == {}
    assert _errors(record.clean_fields) == {}


def test_an_owner_of_another_account_is_a_constraint(session: Session) -> None:
    owner, stranger = factories.person(), factories.person()
    record = _record(owner)
    assert _errors(record.validate_constraints) == {}
    for profile_id in (stranger.profile_id, 9_999):
        record.user_profile_id = profile_id
        assert _errors(record.validate_constraints) == {"user_profile": ["account"]}
        assert _errors(record.full_clean) == {"user_profile": ["account"]}
        assert _errors(record.full_clean, validate_constraints=False) == {}
        assert _errors(record.validate_constraints, exclude=["user_profile"]) == {}


def test_a_stored_owner_is_not_looked_up_again(session: Session) -> None:
    owner = factories.person()
    stored = session.get_one(PluginMeta, factories.plugin(owner).id)
    with count_statements() as sent:
        stored.validate_constraints()
    assert sent == []
    stored.user_profile_id = factories.person().profile_id
    assert _errors(stored.validate_constraints) == {"user_profile": ["account"]}
    session.rollback()


def test_save_calls_validate_so_a_class_can_add_to_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: PluginMeta) -> None:
        raise InvalidInput.of("", "Not on Sundays.", "sunday")

    monkeypatch.setattr(PluginMeta, "validate", refuse)
    with pytest.raises(InvalidInput, match="Not on Sundays"):
        factories.plugin(factories.person())
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 0


def test_validate_is_all_of_it(session: Session) -> None:
    owner = factories.person()
    assert _errors(_record(owner).validate) == {}
    factories.plugin(owner, name="gobstopper")
    assert _errors(_record(owner, version="one").validate) == {"name": ["unique"], "version": ["semver"]}
