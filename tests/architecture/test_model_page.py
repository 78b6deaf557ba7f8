"""docs/model.md has a row for every public member of the reference page, and what its rows claim exists."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

import pytest

from webapp.paths import CHECKOUT, PACKAGE
from webapp.plugins.models import PluginMeta

PAGE = (CHECKOUT / "docs" / "model.md").read_text()
ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
PLUMBING = "Plumbing. "

# Every public member of the reference page, in its order.
MEMBERS = [
    "DoesNotExist",
    "DoesNotExist.__init__",
    "DoesNotExist.add_note",
    "DoesNotExist.args",
    "DoesNotExist.silent_variable_failure",
    "DoesNotExist.with_traceback",
    "HASH_FLOOR",
    "HASH_PREFIX",
    "HASH_SUFFIX",
    "MultipleObjectsReturned",
    "MultipleObjectsReturned.__init__",
    "MultipleObjectsReturned.add_note",
    "MultipleObjectsReturned.args",
    "MultipleObjectsReturned.with_traceback",
    "PLUGIN_CLASSES",
    "__init__",
    "adelete",
    "amnesty_urls",
    "annotations",
    "arefresh_from_db",
    "asave",
    "cache_expiration",
    "chatbotplugin_set",
    "chatpluginusage_set",
    "chattoolcall_set",
    "check",
    "clean",
    "clean_fields",
    "created_at",
    "data_to_dict",
    "date_error_message",
    "delete",
    "description",
    "elapsed_updated",
    "find_hash",
    "formatted_class_name",
    "formatted_state_not_ready",
    "formatted_state_ready",
    "from_db",
    "full_clean",
    "get_cached_object",
    "get_cached_objects",
    "get_cached_plugins_for_user_profile_id",
    "get_constraints",
    "get_deferred_fields",
    "get_object_by_locator",
    "get_plugin_class_display",
    "hash_regex",
    "hashed_id",
    "id",
    "id_from_hashed_id",
    "kind",
    "mask_string",
    "name",
    "objects",
    "pk",
    "plugin_class",
    "plugin_data_base_plugin",
    "plugin_prompt_plugin",
    "plugin_selector_plugin",
    "prepare_database_save",
    "ready",
    "record_locator",
    "refresh_from_db",
    "rfc1034_compliant_kind",
    "rfc1034_compliant_name",
    "save",
    "save_base",
    "serializable_value",
    "smarter_build_absolute_uri",
    "sorted_dict",
    "tagged_items",
    "tags",
    "tags_list",
    "to_json",
    "unformatted_class_name",
    "unique_error_message",
    "updated_at",
    "user_profile",
    "user_profile_id",
    "validate",
    "validate_constraints",
    "validate_unique",
    "version",
]

# What the page speaks of without a heading, or what its members are made of.
BESIDE = [
    "clone",
    "rename",
    "restore",
    "change_owner",
    "elapsed_since",
    "assign",
    "to_values",
    "judge",
    "selector",
    "prompt",
    "data",
    "chatbot_links",
    "usages",
    "tool_calls",
    "selector_history",
]

# What finds plugins for whoever asks, and words with the codes of a terminal: neither is for a page.
WITHOUT_A_VIEWER = {
    "get_cached_object",
    "get_cached_objects",
    "get_cached_plugins_for_user_profile_id",
    "get_object_by_locator",
    "objects",
}
FOR_TERMINALS = {"formatted_class_name", "formatted_state_ready", "formatted_state_not_ready"}


class Row(NamedTuple):
    """What the page says about one member."""

    member: str
    here: str
    where: str
    tests: str

    @property
    def is_ours(self) -> bool:
        return not self.here.startswith(PLUMBING)


ROWS = {row[0]: Row(*row) for row in ROW.findall(PAGE)}


def test_every_member_is_there_once_and_in_order() -> None:
    assert [row[0] for row in ROW.findall(PAGE)] == MEMBERS + BESIDE


@pytest.mark.parametrize("member", MEMBERS + BESIDE)
def test_what_a_row_claims_is_so(member: str) -> None:
    row = ROWS[member]
    named = NAMED.findall(row.tests)
    if not row.is_ours:
        assert (row.where, row.tests) == ("–", "–"), "plumbing has no place and no test"
        assert len(row.here) > len(PLUMBING) + 10, "it says how the same is done"
        return
    assert hasattr(PluginMeta, member)
    place = PACKAGE / row.where.strip("`")
    assert re.search(rf"\b{re.escape(member)}\b", place.read_text()), f"{row.where} does not hold it"
    assert named, "a member of ours has a test"
    assert [f"{path}::{name}" for path, name in named if name not in _tests_of(path)] == []


def test_plumbing_is_not_imitated() -> None:
    imitated = [
        member
        for member, row in ROWS.items()
        if not row.is_ours and "." not in member and hasattr(PluginMeta, member)
    ]
    assert imitated == []


def test_no_test_is_named_in_another_spelling() -> None:
    # A name that the pattern does not match would not be looked for.
    assert PAGE.count("::") == len(NAMED.findall(PAGE))


def test_what_knows_no_viewer_is_used_by_no_page(modules: dict[str, ast.Module]) -> None:
    """Below `webapp` only the model itself may hold these names, so that every read of ours knows who asks."""
    used = [
        f"{name}:{node.lineno} {node.attr}"
        for name, tree in modules.items()
        if not name.startswith("webapp/plugins/models/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in WITHOUT_A_VIEWER | FOR_TERMINALS
    ]
    assert used == []


def test_no_template_prints_words_for_a_terminal(templates: dict[str, str]) -> None:
    found = [name for name, source in templates.items() for word in FOR_TERMINALS if word in source]
    assert found == []


def _tests_of(path: str) -> set[str]:
    file = CHECKOUT / "tests" / path
    if not file.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
