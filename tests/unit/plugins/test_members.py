"""Members of the seed page that need no database: names, numbers, JSON, tools at hand."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from dataclasses import dataclass

import pytest
from flask import Flask, render_template_string
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.core.errors import InvalidInput, NotFound, SmarterValueError
from webapp.core.locators import ID_MAX
from webapp.plugins.models import PluginMeta, PluginTag, Tag
from webapp.plugins.models.identity import SAMKinds

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def record(**columns: object) -> PluginMeta:
    """Return a plugin that is not saved, with changes."""
    return PluginMeta(**{"name": "gobstopper", "plugin_class": "static", **columns})


@given(st.integers(1, ID_MAX))
@example(1)
@example(ID_MAX)
def test_every_id_of_the_column_has_one_hash_and_one_locator(id: int) -> None:
    plugin = record(id=id)
    assert plugin.pk == plugin.id == id
    assert plugin.hashed_id is not None and plugin.record_locator is not None
    assert PluginMeta.id_from_hashed_id(plugin.hashed_id) == id
    assert PluginMeta.hash_regex().fullmatch(plugin.hashed_id)
    assert plugin.record_locator == f"pluginmeta-{plugin.hashed_id}"
    assert (
        PluginMeta.find_hash(f"https://plugdeck.example/r/{plugin.record_locator}/?a=1") == plugin.hashed_id
    )
    assert plugin.hashed_id[0] == PluginMeta.HASH_PREFIX and plugin.hashed_id[-1] == PluginMeta.HASH_SUFFIX


@given(st.text(alphabet="rx0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_=", max_size=32))
@example("rMTAwMDEyMwyx")
@example("rMTAwMDEyMw==x")
@example("rMQx")
def test_no_other_spelling_of_an_id_is_read(text: str) -> None:
    found = PluginMeta.id_from_hashed_id(text)
    assert found is None or record(id=found).hashed_id == text


def test_an_unsaved_record_has_no_locator() -> None:
    assert (record().pk, record().hashed_id, record().record_locator) == (None, None, None)


def test_the_constants_of_the_page() -> None:
    assert (PluginMeta.HASH_FLOOR, PluginMeta.HASH_PREFIX, PluginMeta.HASH_SUFFIX) == (1_000_000, "r", "x")
    assert PluginMeta.PLUGIN_CLASSES == [("static", "static"), ("sql", "sql"), ("api", "api")]
    assert PluginMeta.cache_expiration == 60


def test_a_new_record_has_its_defaults_at_once_and_shares_none_of_them() -> None:
    one, other = record(), record()
    assert (one.description, one.version, one.annotations) == ("", "1.0.0", [])
    one.annotations.append({"a": 1})
    assert other.annotations == []
    assert record(version="2.0.0").version == "2.0.0"


@pytest.mark.parametrize(
    ("plugin_class", "kind", "label"),
    [
        ("static", SAMKinds.STATIC_PLUGIN, "static"),
        ("sql", SAMKinds.SQL_PLUGIN, "sql"),
        ("api", SAMKinds.API_PLUGIN, "api"),
    ],
)
def test_kind_label_and_address_of_each_class(plugin_class: str, kind: SAMKinds, label: str) -> None:
    plugin = record(plugin_class=plugin_class)
    assert plugin.kind is kind
    assert plugin.rfc1034_compliant_kind == label
    assert plugin.get_plugin_class_display() == label


def test_a_class_that_does_not_exist_has_no_kind() -> None:
    plugin = record(plugin_class="other")
    with pytest.raises(SmarterValueError):
        _ = plugin.kind
    assert plugin.rfc1034_compliant_kind is None
    assert plugin.get_plugin_class_display() == "other"


def test_the_name_as_a_label_follows_the_name() -> None:
    plugin = record(name="example_chat_bot_1")
    assert plugin.rfc1034_compliant_name == "example-chat-bot-1"
    plugin.name = "other"
    assert plugin.rfc1034_compliant_name == "other"
    assert record(name=None).rfc1034_compliant_name is None


def test_the_tags_follow_their_places() -> None:
    tags = [Tag(name="sweets", key="sweets"), Tag(name="shop", key="shop")]
    plugin = record(tagged_items=[PluginTag(tag=tag, position=place) for place, tag in enumerate(tags)])
    assert plugin.tags == tags
    assert plugin.tags_list == ["sweets", "shop"]
    tags[0].name = "Sweets"
    assert plugin.tags_list == ["Sweets", "shop"]


def test_json_has_every_field_and_only_what_json_has() -> None:
    plugin = record(
        id=123,
        account_id=1,
        user_profile_id=2,
        readiness="ready",
        revision=3,
        created_at=NOON.replace(tzinfo=None),
        updated_at=NOON,
        annotations=[{"released": dt.date(2024, 6, 15)}, {"ratio": float("nan")}],
    )
    found = plugin.to_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found == {
        "id": 123,
        "record_locator": "pluginmeta-rMTAwMDEyMwx",
        "name": "gobstopper",
        "description": "",
        "version": "1.0.0",
        "plugin_class": "static",
        "tags": [],
        "annotations": [{"released": "2024-06-15"}, {"ratio": None}],
        "account_id": 1,
        "user_profile_id": 2,
        "readiness": "ready",
        "revision": 3,
        "created_at": "2026-11-23T12:00:00Z",
        "updated_at": "2026-11-23T12:00:00Z",
        "deleted_at": None,
    }
    assert record().to_json()["created_at"] is None


def test_the_seconds_since_the_last_change() -> None:
    plugin = record(updated_at=NOON)
    assert plugin.elapsed_since(NOON + dt.timedelta(seconds=12.9)) == 12
    assert plugin.elapsed_since(NOON - dt.timedelta(seconds=5)) == 5
    assert plugin.elapsed_since(dt.datetime(2026, 11, 23, 12, 1)) == 60, "a naive moment is UTC"
    elapsed = plugin.elapsed_updated
    assert elapsed is not None and elapsed >= 0
    assert record(updated_at=dt.datetime.now(dt.UTC)).elapsed_updated in range(60)


def test_an_unsaved_record_has_not_changed_yet() -> None:
    assert record().elapsed_updated is None
    assert record().elapsed_since(NOON) is None


@pytest.mark.parametrize("moment", [None, "2026-11-23", 0, dt.date(2026, 11, 23)])
def test_a_moment_that_is_none_is_a_type_error(moment: object) -> None:
    for plugin in (record(), record(updated_at=NOON)):
        with pytest.raises(TypeError):
            plugin.elapsed_since(moment)  # type: ignore[arg-type]


def test_the_tools_at_hand_are_those_of_the_core() -> None:
    assert record().data_to_dict("a: 1") == {"a": 1}
    with pytest.raises(SmarterValueError):
        record().data_to_dict("[1, 2]")
    assert list(record().sorted_dict({"b": 1, "a": 2})) == ["a", "b"]
    with pytest.raises(SmarterValueError):
        record().sorted_dict([1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "masked"),
    [
        ({"string": "supersecretpassword"}, "****word"),
        ({"string": "abc"}, "***"),
        ({"string": "supersecret", "mask_char": "#", "mask_length": 2, "string_length": 4}, "##et"),
        ({}, ""),
    ],
)
def test_secrets_are_masked_with_the_arguments_of_the_page(arguments: dict[str, object], masked: str) -> None:
    assert record().mask_string(**arguments) == masked  # type: ignore[arg-type]


def test_no_address_is_exempt_and_nobody_can_make_one_so() -> None:
    record().amnesty_urls.append("/")
    assert record().amnesty_urls == []


@dataclass
class AnyRequest:
    url: str = "https://plugdeck.example/plugins/?q=a"


def test_the_address_of_a_request() -> None:
    assert record().smarter_build_absolute_uri(AnyRequest()) == "https://plugdeck.example/plugins/?q=a"
    assert record().smarter_build_absolute_uri(AnyRequest("http://other.example/")) == "http://other.example/"
    with pytest.raises(SmarterValueError):
        record().smarter_build_absolute_uri(None)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_words_for_the_log_have_colour_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    plugin = record()
    words = ["PluginMeta", "READY", "NOT_READY"]

    def shown() -> list[str]:
        return [plugin.formatted_class_name, plugin.formatted_state_ready, plugin.formatted_state_not_ready]

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert shown() == words
    monkeypatch.setattr(sys, "stderr", _Terminal())
    assert [text.startswith("\x1b[") and text.endswith("\x1b[0m") for text in shown()] == [True] * 3
    assert plugin.unformatted_class_name == "PluginMeta"
    with Flask("test").app_context():
        assert render_template_string("{{ words|join(' ') }}", words=shown()) == " ".join(words)
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown() == words


def test_the_errors_stand_on_the_class() -> None:
    assert issubclass(PluginMeta.DoesNotExist, NotFound)
    assert issubclass(PluginMeta.MultipleObjectsReturned, SmarterValueError)
    assert not issubclass(PluginMeta.MultipleObjectsReturned, InvalidInput)
    for error in (PluginMeta.DoesNotExist(), PluginMeta.MultipleObjectsReturned()):
        assert error.args == (str(error),)
        error.add_note("while looking")
        assert error.__notes__ == ["while looking"]
        assert error.with_traceback(None) is error
