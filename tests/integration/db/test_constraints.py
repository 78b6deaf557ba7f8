"""Every constraint of the database refuses what it is there for, and the list of cases is complete."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    MetaData,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import Base

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
TIMES = {"created_at": NOW, "updated_at": NOW}
A, B, NOBODY = 1, 2, 99
OWNED = {"annotations": [], "account_id": A, "user_profile_id": A, "revision": 1, **TIMES}
HAPPENING = {"plugin_id": A, "plugin_name": "gobstopper", "account_id": A, "at": NOW}

# One good row of each table, all of account A; the same ids + 1 are of account B.
GOOD: dict[str, dict[str, Any]] = {
    "accounts": {"id": A, "account_number": "1000-0000-0001", "name": "A", **TIMES},
    "users": {
        "id": A,
        "username": "ann",
        "username_key": "ann",
        "password_hash": "x",
        "preferences": {},
        **TIMES,
    },
    "user_profiles": {"id": A, "user_id": A, "account_id": A, "role": "member", **TIMES},
    "login_sessions": {
        "id": A,
        "token_hash": "t",
        "user_id": A,
        "user_profile_id": A,
        "account_id": A,
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": NOW,
    },
    "invitations": {
        "id": A,
        "account_id": A,
        "invited_by_id": A,
        "token_hash": "t",
        "name": "Wim",
        "role": "member",
        "created_at": NOW,
        "expires_at": NOW,
    },
    "saved_views": {
        "id": A,
        "account_id": A,
        "user_profile_id": A,
        "name": "Mine",
        "name_key": "mine",
        "query": "scope=mine",
        **TIMES,
    },
    "default_views": {"user_profile_id": A, "account_id": A, "saved_view_id": A},
    "drafts": {"id": A, "token": "t", "user_id": A, "path": "/", "fields": {}, "created_at": NOW},
    "history_units": {"id": A, "account_id": A, "actor_id": A, "origin": "manifest", "at": NOW},
    "history_sources": {"id": A, "unit_id": A, "position": 1},
    "applied_sources": {
        "id": A,
        "account_id": A,
        "record_kind": "pluginmeta",
        "record_id": A,
        "source": "ci",
        "at": NOW,
    },
    "jobs": {
        "id": A,
        "key": "k",
        "kind": "test",
        "account_id": A,
        "user_id": A,
        "user_profile_id": A,
        "state": "queued",
        "arguments": {},
        "result": {},
        "created_at": NOW,
    },
    "job_payloads": {"id": A, "job_id": A, "position": 1, "content": b"x"},
    "revisions": {
        "id": A,
        "account_id": A,
        "record_kind": "pluginmeta",
        "record_id": A,
        "revision": 1,
        "action": "create",
        "actor_id": A,
        "origin": "form",
        "at": NOW,
        "snapshot": {},
        "changed": [],
    },
    "secrets": {"id": A, "name": "key", "tag_names": [], "encrypted_value": b"x", **OWNED},
    "sql_connections": {
        "id": A,
        "name": "db",
        "tag_names": [],
        "db_engine": "postgresql",
        "hostname": "h",
        "database": "d",
        **OWNED,
    },
    "api_connections": {"id": A, "name": "api", "tag_names": [], "base_url": "https://api.example", **OWNED},
    "tags": {"id": A, "account_id": A, "name": "Sweets", "key": "sweets", "uses": 0},
    "plugin_meta": {
        "id": A,
        "name": "gobstopper",
        "plugin_class": "static",
        "version_key": "",
        "owner_key": "ann",
        "readiness": "ready",
        **OWNED,
    },
    "tag_aliases": {"id": A, "account_id": A, "tag_id": A, "name": "Treats", "key": "treats"},
    "plugin_tags": {"plugin_id": A, "tag_id": A, "account_id": A, "position": 0},
    "plugin_selectors": {"id": A, "plugin_id": A, "directive": "always", "search_terms": [], **TIMES},
    "plugin_prompts": {
        "id": A,
        "plugin_id": A,
        "provider": "openai",
        "model": "m",
        "temperature": 0.5,
        "max_tokens": 1,
        **TIMES,
    },
    "plugin_data": {
        "id": A,
        "plugin_id": A,
        "account_id": A,
        "plugin_class": "static",
        "parameters": [],
        "test_values": [],
        **TIMES,
    },
    "plugin_data_static": {"id": A, "static_data": {}},
    "plugin_data_sql": {"id": A, "connection_name": "db", "connection_id": A, "connection_account_id": A},
    "plugin_data_api": {
        "id": A,
        "connection_name": "api",
        "connection_id": A,
        "connection_account_id": A,
        "method": "GET",
        "endpoint": "/",
        "url_params": [],
        "headers": [],
        "body": {},
    },
    "plugin_annotations": {
        "plugin_id": A,
        "position": 0,
        "account_id": A,
        "key": "team",
        "value_key": "sweets",
    },
    "stars": {"user_profile_id": A, "plugin_id": A, "at": NOW},
    "plugin_search": {"plugin_id": A, "account_id": A, "scope": "acct1", "body": "gobstopper"},
    "plugin_tallies": {
        "account_id": A,
        "user_profile_id": A,
        "plugin_class": "static",
        "readiness": "ready",
        "records": 1,
    },
    "chatbot_plugins": {"id": A, "plugin_id": A, "account_id": A, "chatbot": "bot", "created_at": NOW},
    "chat_plugin_usages": {"id": A, **HAPPENING},
    "chat_tool_calls": {"id": A, "function_name": "f", "status": "ok", **HAPPENING},
    "plugin_selector_history": {"id": A, "directive": "always", **HAPPENING},
    "rate_limits": {"key": "k", "hits": 1, "expires_at": NOW},
}
# What differs for account B, so that both can stand beside each other.
OF_B: dict[str, dict[str, Any]] = {
    "accounts": {"account_number": "1000-0000-0002"},
    "users": {"username": "bob", "username_key": "bob"},
    "login_sessions": {"token_hash": "u"},
    "invitations": {"token_hash": "u"},
    "drafts": {"token": "u"},
    "jobs": {"key": "l"},
    "rate_limits": {"key": "l"},
}

NAMES = (
    "",
    "Upper",
    "with-hyphen",
    "with space",
    "_first",
    "last_",
    "two__together",
    "naïve",
    "x" * 65,
    "nul\u00a0",
)
OWNED_TABLES = ("secrets", "sql_connections", "api_connections", "plugin_meta")

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("ck_accounts_account_number", "accounts", {"account_number": "12"}),
    ("ck_accounts_account_number", "accounts", {"account_number": "1000-0000-000x"}),
    ("uq_accounts_account_number", "accounts", {"account_number": "1000-0000-0001"}),
    ("ck_installation_single_row", "installation", {"id": 2, "identity": "another"}),
    ("uq_users_username_key", "users", {"username_key": "ann"}),
    ("ck_user_profiles_role", "user_profiles", {"role": "superuser"}),
    ("uq_user_profiles_user_id_account_id", "user_profiles", {"user_id": A, "account_id": A}),
    ("fk_user_profiles_user_id_users", "user_profiles", {"user_id": NOBODY}),
    ("fk_user_profiles_account_id_accounts", "user_profiles", {"account_id": NOBODY}),
    ("uq_login_sessions_token_hash", "login_sessions", {"token_hash": "t"}),
    ("fk_login_sessions_user_id_users", "login_sessions", {"user_id": NOBODY}),
    ("fk_login_sessions_profile", "login_sessions", {"user_profile_id": A, "account_id": B}),
    ("uq_invitations_token_hash", "invitations", {"token_hash": "t"}),
    ("fk_invitations_invited_by", "invitations", {"invited_by_id": A, "account_id": B}),
    ("ck_invitations_role", "invitations", {"role": "superuser"}),
    ("fk_saved_views_profile", "saved_views", {"user_profile_id": A, "name_key": "another"}),
    ("uq_saved_views_name", "saved_views", {"user_profile_id": A, "account_id": A, "name": "MINE"}),
    ("fk_default_views_profile", "default_views", {"user_profile_id": NOBODY}),
    ("fk_default_views_view", "default_views", {"saved_view_id": A}),
    ("uq_drafts_token", "drafts", {"token": "t"}),
    ("fk_drafts_user_id_users", "drafts", {"user_id": NOBODY}),
    ("fk_drafts_profile_id_user_profiles", "drafts", {"profile_id": NOBODY}),
    ("fk_history_units_account_id_accounts", "history_units", {"account_id": NOBODY}),
    ("fk_history_units_actor_id_users", "history_units", {"actor_id": NOBODY}),
    ("fk_history_sources_unit_id_history_units", "history_sources", {"unit_id": NOBODY}),
    ("uq_history_sources_position", "history_sources", {"unit_id": A, "position": 1}),
    ("fk_applied_sources_account_id_accounts", "applied_sources", {"account_id": NOBODY}),
    ("uq_applied_sources_record", "applied_sources", {"record_id": A}),
    ("ck_jobs_state", "jobs", {"state": "lost"}),
    ("uq_jobs_key", "jobs", {"key": "k"}),
    ("fk_jobs_account_id_accounts", "jobs", {"account_id": NOBODY}),
    ("fk_jobs_user_id_users", "jobs", {"user_id": NOBODY}),
    ("fk_jobs_user_profile_id_user_profiles", "jobs", {"user_profile_id": NOBODY}),
    ("fk_job_payloads_job_id_jobs", "job_payloads", {"job_id": NOBODY}),
    ("uq_job_payloads_position", "job_payloads", {"job_id": A, "position": 1}),
    ("ck_revisions_action", "revisions", {"action": "rename"}),
    ("ck_revisions_revision", "revisions", {"revision": 0}),
    ("uq_revisions_record", "revisions", {"record_id": A, "revision": 1}),
    ("fk_revisions_account_id_accounts", "revisions", {"account_id": NOBODY}),
    ("fk_revisions_actor_id_users", "revisions", {"actor_id": NOBODY}),
    ("ck_tags_name", "tags", {"name": ""}),
    ("ck_tags_uses", "tags", {"uses": -1}),
    ("uq_tags_account_id_key", "tags", {"account_id": A, "name": "SWEETS"}),
    ("fk_tags_account_id_accounts", "tags", {"account_id": NOBODY}),
    ("ck_tag_aliases_name", "tag_aliases", {"name": ""}),
    ("uq_tag_aliases_account_id_key", "tag_aliases", {"account_id": A, "tag_id": A, "name": "TREATS"}),
    ("fk_tag_aliases_tag", "tag_aliases", {"tag_id": B, "account_id": A, "key": "other"}),
    ("fk_plugin_tags_tag", "plugin_tags", {"plugin_id": A, "tag_id": B, "account_id": A}),
    ("fk_plugin_tags_plugin", "plugin_tags", {"plugin_id": A, "tag_id": B, "account_id": B}),
    ("ck_plugin_meta_plugin_class", "plugin_meta", {"plugin_class": "other"}),
    ("ck_plugin_meta_readiness", "plugin_meta", {"readiness": "draft"}),
    ("ck_plugin_meta_revision", "plugin_meta", {"revision": 0}),
    ("uq_plugin_meta_account_name", "plugin_meta", {"account_id": A, "user_profile_id": A}),
    ("ck_plugin_selectors_directive", "plugin_selectors", {"directive": "never"}),
    ("ck_plugin_prompts_temperature", "plugin_prompts", {"temperature": 1.1}),
    ("ck_plugin_prompts_max_tokens", "plugin_prompts", {"max_tokens": 0}),
    *(
        case
        for table in ("plugin_selectors", "plugin_prompts")
        for case in (
            (f"fk_{table}_plugin_id_plugin_meta", table, {"plugin_id": NOBODY}),
            (f"uq_{table}_plugin_id", table, {"plugin_id": A}),
        )
    ),
    ("ck_plugin_data_plugin_class", "plugin_data", {"plugin_class": "other"}),
    ("fk_plugin_data_plugin", "plugin_data", {"plugin_id": B, "account_id": A}),
    ("uq_plugin_data_plugin_id", "plugin_data", {"plugin_id": A, "account_id": A}),
    ("fk_plugin_data_static_id_plugin_data", "plugin_data_static", {"id": NOBODY}),
    ("fk_plugin_data_sql_id_plugin_data", "plugin_data_sql", {"id": NOBODY}),
    ("fk_plugin_data_api_id_plugin_data", "plugin_data_api", {"id": NOBODY}),
    ("ck_plugin_data_sql_row_limit", "plugin_data_sql", {"row_limit": 0}),
    ("ck_plugin_data_api_row_limit", "plugin_data_api", {"row_limit": 0}),
    ("ck_plugin_data_api_method", "plugin_data_api", {"method": "TRACE"}),
    ("fk_plugin_data_sql_connection", "plugin_data_sql", {"connection_id": A, "connection_account_id": B}),
    ("fk_plugin_data_api_connection", "plugin_data_api", {"connection_id": A, "connection_account_id": B}),
    ("fk_plugin_annotations_plugin", "plugin_annotations", {"plugin_id": A, "account_id": B, "position": 1}),
    ("fk_stars_user_profile_id_user_profiles", "stars", {"user_profile_id": NOBODY}),
    ("fk_stars_plugin_id_plugin_meta", "stars", {"plugin_id": NOBODY}),
    ("fk_plugin_search_plugin_id_plugin_meta", "plugin_search", {"plugin_id": NOBODY}),
    ("ck_plugin_tallies_records", "plugin_tallies", {"records": -1}),
    ("fk_plugin_tallies_account_id_accounts", "plugin_tallies", {"account_id": NOBODY}),
    ("fk_plugin_tallies_user_profile_id_user_profiles", "plugin_tallies", {"user_profile_id": NOBODY}),
    ("ck_chatbot_plugins_chatbot", "chatbot_plugins", {"chatbot": ""}),
    (
        "uq_chatbot_plugins_plugin_id_account_id_chatbot",
        "chatbot_plugins",
        {"plugin_id": A, "account_id": A},
    ),
    ("fk_chatbot_plugins_plugin_id_plugin_meta", "chatbot_plugins", {"plugin_id": NOBODY}),
    ("fk_chatbot_plugins_account_id_accounts", "chatbot_plugins", {"account_id": NOBODY}),
    ("ck_chat_tool_calls_status", "chat_tool_calls", {"status": "maybe"}),
    ("ck_plugin_selector_history_directive", "plugin_selector_history", {"directive": "never"}),
    *(
        case
        for table in ("chat_plugin_usages", "chat_tool_calls", "plugin_selector_history")
        for case in (
            (f"ck_{table}_plugin_id", table, {"plugin_id": 0}),
            (f"fk_{table}_account_id_accounts", table, {"account_id": NOBODY}),
        )
    ),
    ("ck_sql_connections_timeout", "sql_connections", {"timeout": 0}),
    ("ck_sql_connections_pool_size", "sql_connections", {"pool_size": 0}),
    ("ck_sql_connections_max_overflow", "sql_connections", {"max_overflow": -1}),
    ("ck_sql_connections_port", "sql_connections", {"port": 70_000}),
    ("ck_api_connections_timeout", "api_connections", {"timeout": 0}),
    ("ck_api_connections_auth_method", "api_connections", {"auth_method": "kerberos"}),
    ("ck_api_connections_proxy_port", "api_connections", {"proxy_port": 0}),
    *(
        (f"fk_{table}_{column}", table, {column: A})
        for table, column in (
            ("sql_connections", "password_id"),
            ("sql_connections", "proxy_password_id"),
            ("api_connections", "api_key_id"),
            ("api_connections", "proxy_password_id"),
        )
    ),
    *((f"fk_{table}_owner", table, {"account_id": B, "user_profile_id": A}) for table in OWNED_TABLES),
    *((f"ck_{table}_name", table, {"name": name}) for table in OWNED_TABLES for name in NAMES),
    *(
        (f"uq_{table}_account_id_name", table, {"account_id": A, "user_profile_id": A})
        for table in OWNED_TABLES
        if table != "plugin_meta"
    ),
]


def _row(table: str, of: int) -> dict[str, Any]:
    """Return the good row of an account: every reference of it stays within the account."""
    row = dict(GOOD[table])
    if of == B:
        own = {key: B for key, value in row.items() if value == A and (key == "id" or key.endswith("_id"))}
        row |= own | OF_B.get(table, {})
    return row


def _add(session: Session, table: str, row: Mapping[str, Any]) -> None:
    session.execute(insert(_tables().tables[table]).values(dict(row)))


def _tables() -> MetaData:
    return Base.metadata


@pytest.fixture
def two_accounts(session: Session) -> Session:
    """Fill account A with a row of every table, and B with the rows that others refer to."""
    for table in GOOD:
        _add(session, table, _row(table, A))
    session.commit()
    return session


def test_the_good_rows_of_both_accounts_are_accepted(two_accounts: Session) -> None:
    for table in GOOD:
        _add(two_accounts, table, _row(table, B))
    two_accounts.commit()


@pytest.mark.parametrize(("constraint", "table", "changes"), CASES)
def test_a_row_that_breaks_a_constraint_is_refused(
    two_accounts: Session, constraint: str, table: str, changes: dict[str, Any]
) -> None:
    before = list(GOOD)[: list(GOOD).index(table)] if table in GOOD else []
    for needed in before:
        _add(two_accounts, needed, _row(needed, B))
    good = _row(table, B) if table in GOOD else {}
    with pytest.raises((IntegrityError, DataError)) as raised:
        _add(two_accounts, table, good | changes)
    two_accounts.rollback()
    if isinstance(raised.value, DataError):
        return  # PostgreSQL's types refuse a text that is too long before a check sees it.
    if two_accounts.get_bind().dialect.name == "postgresql" or constraint.startswith("ck_"):
        assert constraint in str(raised.value.orig)


def test_every_constraint_of_the_models_has_a_case() -> None:
    wanted = set()
    for table in _tables().tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint | ForeignKeyConstraint | UniqueConstraint):
                wanted.add(str(constraint.name))
        wanted |= {str(index.name) for index in table.indexes if index.unique}
    # What only serves as the target of composite foreign keys cannot be broken: it begins with the primary key.
    wanted = {name for name in wanted if not name.endswith("_id_account_id")}
    assert wanted - {name for name, _, _ in CASES} == set()


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("accounts", "it has people"),
        ("users", "they have a profile"),
        ("user_profiles", "it owns records"),
        ("sql_connections", "a plugin uses it"),
        ("api_connections", "a plugin uses it"),
    ],
)
def test_what_others_refer_to_cannot_be_deleted(two_accounts: Session, table: str, why: str) -> None:
    with pytest.raises(IntegrityError):
        two_accounts.execute(delete(_tables().tables[table]))
    two_accounts.rollback()


def test_a_secret_in_use_cannot_be_deleted(two_accounts: Session) -> None:
    _add(
        two_accounts,
        "sql_connections",
        GOOD["sql_connections"] | {"id": 5, "name": "second", "password_id": A},
    )
    with pytest.raises(IntegrityError):
        two_accounts.execute(delete(_tables().tables["secrets"]))
    two_accounts.rollback()


def test_the_parts_of_a_plugin_go_with_it(two_accounts: Session) -> None:
    two_accounts.execute(delete(_tables().tables["plugin_meta"]))
    two_accounts.commit()
    # What happened with a plugin outlives it.
    others = {"plugin_meta", "plugin_tallies", "plugin_selector_history"}
    parts = [name for name in GOOD if name.startswith("plugin_") and name not in others]
    parts += ["chatbot_plugins", "stars"]
    left = {
        name: two_accounts.scalar(select(func.count()).select_from(_tables().tables[name])) for name in parts
    }
    assert left == dict.fromkeys(parts, 0)
    for name in ("plugin_selector_history", "chat_plugin_usages", "chat_tool_calls"):
        assert two_accounts.scalar(select(func.count()).select_from(_tables().tables[name])) == 1


@pytest.mark.parametrize(
    "table", [name for name in GOOD if "id" in GOOD[name] and not name.startswith("plugin_")]
)
def test_ids_are_never_used_again(session: Session, table: str) -> None:
    model = _tables().tables[table]
    for needed in list(GOOD)[: list(GOOD).index(table)]:
        _add(session, needed, _row(needed, A))
    ids = []
    for _ in range(2):
        row = {key: value for key, value in _row(table, A).items() if key != "id"}
        if table in ("revisions", "users", "accounts"):
            row |= {"record_id": 50} if table == "revisions" else {}
        result = session.execute(insert(model).values(row).returning(model.c.id))
        ids.append(result.scalar_one())
        session.execute(delete(model).where(model.c.id == ids[-1]))
        session.commit()
    assert ids[1] > ids[0]


def test_a_binned_name_is_free(two_accounts: Session) -> None:
    _add(two_accounts, "plugin_meta", GOOD["plugin_meta"] | {"id": 5, "deleted_at": NOW})
    _add(two_accounts, "plugin_meta", GOOD["plugin_meta"] | {"id": 6, "deleted_at": NOW})
    two_accounts.commit()


def test_two_accounts_may_use_the_same_names(two_accounts: Session) -> None:
    for table in (
        "accounts",
        "users",
        "user_profiles",
        "secrets",
        "sql_connections",
        "api_connections",
        "plugin_meta",
    ):
        _add(two_accounts, table, _row(table, B))
    two_accounts.commit()
