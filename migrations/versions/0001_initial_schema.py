"""The initial schema: accounts and people, plugins and their parts, connections, secrets, history."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def binary_text(length: int) -> sa.String:
    """Return a text type that sorts by code unit on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "accounts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_number", binary_text(14), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "account_number GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]'",
            name=op.f("ck_accounts_account_number"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "account_number ~ '^[0-9]{4}-[0-9]{4}-[0-9]{4}$'", name=op.f("ck_accounts_account_number")
        ).ddl_if(dialect="postgresql"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("account_number", name=op.f("uq_accounts_account_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    # Each installation names its cache keys, so that two of them can share one cache server.
    op.execute(
        sa.text("INSERT INTO installation (id, identity, epoch) VALUES (1, :identity, 1)").bindparams(
            identity=uuid.uuid4().hex
        )
    )
    op.create_table(
        "rate_limits",
        sa.Column("key", binary_text(200), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
    )
    op.create_index(op.f("ix_rate_limits_expires_at"), "rate_limits", ["expires_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("username", sa.String(length=150), nullable=False),
        sa.Column("username_key", binary_text(200), nullable=False),
        sa.Column("display_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_superuser", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("preferences", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "drafts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("token", binary_text(64), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_drafts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("token", name=op.f("uq_drafts_token")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drafts_user", "drafts", ["user_id", "path"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("record_kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("actor_id", BIG_ID, nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.Column("changed", JSON, nullable=False),
        sa.CheckConstraint(
            "action IN ('create', 'update', 'delete', 'restore')", name=op.f("ck_revisions_action")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_revisions_revision")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_revisions_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_revisions_actor_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revisions_account_at", "revisions", ["account_id", "at", "id"], unique=False)
    op.create_index("uq_revisions_record", "revisions", ["record_kind", "record_id", "revision"], unique=True)
    op.create_table(
        "tags",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key", binary_text(1152), nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("length(name) >= 1", name=op.f("ck_tags_name")),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_tags_uses")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_tags_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_tags_account_id_key")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_tags_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tags_account_uses", "tags", ["account_id", "uses"], unique=False)
    op.create_table(
        "user_profiles",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('member', 'staff')", name=op.f("ck_user_profiles_role")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_user_profiles_account_id_accounts"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_profiles_user_id_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_profiles")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_user_profiles_id_account_id")),
        sa.UniqueConstraint("user_id", "account_id", name=op.f("uq_user_profiles_user_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_user_profiles_account_id"), "user_profiles", ["account_id"], unique=False)
    op.create_table(
        "login_sessions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("token_hash", binary_text(64), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("user_profile_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("user_agent", sa.String(length=300), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_login_sessions_profile",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_login_sessions_expires_at"), "login_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_login_sessions_user_id"), "login_sessions", ["user_id"], unique=False)
    op.create_table(
        "plugin_meta",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin_class", sa.String(length=10), nullable=False),
        sa.Column("version_key", binary_text(512), nullable=False),
        sa.Column("owner_key", binary_text(200), nullable=False),
        sa.Column("readiness", sa.String(length=10), nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("deleted_by_id", BIG_ID, nullable=True),
        sa.Column("name", binary_text(64), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.String(length=128), server_default="1.0.0", nullable=False),
        sa.Column("annotations", JSON, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("user_profile_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "length(name) <= 64 AND name ~ '^[a-z0-9]+(_[a-z0-9]+)*$'", name=op.f("ck_plugin_meta_name")
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 64 AND name NOT GLOB '*[^a-z0-9_]*' AND name NOT GLOB '_*' AND name NOT GLOB '*_' AND name NOT GLOB '*__*'",
            name=op.f("ck_plugin_meta_name"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "plugin_class IN ('static', 'sql', 'api')", name=op.f("ck_plugin_meta_plugin_class")
        ),
        sa.CheckConstraint(
            "readiness IN ('ready', 'attention', 'not_ready')", name=op.f("ck_plugin_meta_readiness")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_plugin_meta_revision")),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_plugin_meta_owner",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_meta")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_plugin_meta_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_plugin_meta_all_name",
        "plugin_meta",
        ["name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_all_updated",
        "plugin_meta",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_plugin_meta_bin", "plugin_meta", ["account_id", "deleted_at", "id"], unique=False)
    op.create_index(
        "ix_plugin_meta_class",
        "plugin_meta",
        ["account_id", "plugin_class", "name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_created",
        "plugin_meta",
        ["account_id", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_mine_name",
        "plugin_meta",
        ["user_profile_id", "name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_mine_updated",
        "plugin_meta",
        ["user_profile_id", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_name",
        "plugin_meta",
        ["account_id", "name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_owner",
        "plugin_meta",
        ["account_id", "owner_key", "name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_readiness",
        "plugin_meta",
        ["account_id", "readiness", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_updated",
        "plugin_meta",
        ["account_id", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plugin_meta_version",
        "plugin_meta",
        ["account_id", "version_key", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_plugin_meta_account_name",
        "plugin_meta",
        ["account_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "plugin_tallies",
        sa.Column("account_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("user_profile_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("plugin_class", sa.String(length=10), nullable=False),
        sa.Column("readiness", sa.String(length=10), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.CheckConstraint("records >= 0", name=op.f("ck_plugin_tallies_records")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_plugin_tallies_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_profile_id"],
            ["user_profiles.id"],
            name=op.f("fk_plugin_tallies_user_profile_id_user_profiles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "user_profile_id", "plugin_class", "readiness", name=op.f("pk_plugin_tallies")
        ),
    )
    op.create_table(
        "secrets",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tag_names", JSON, nullable=False),
        sa.Column("encrypted_value", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("name", binary_text(64), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.String(length=128), server_default="1.0.0", nullable=False),
        sa.Column("annotations", JSON, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("user_profile_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "length(name) <= 64 AND name ~ '^[a-z0-9]+(_[a-z0-9]+)*$'", name=op.f("ck_secrets_name")
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 64 AND name NOT GLOB '*[^a-z0-9_]*' AND name NOT GLOB '_*' AND name NOT GLOB '*_' AND name NOT GLOB '*__*'",
            name=op.f("ck_secrets_name"),
        ).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_secrets_owner",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_secrets_account_id_name")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_secrets_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_connections",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tag_names", JSON, nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=False),
        sa.Column("auth_method", sa.String(length=20), server_default="none", nullable=False),
        sa.Column("api_key_name", binary_text(64), nullable=True),
        sa.Column("api_key_id", BIG_ID, nullable=True),
        sa.Column("timeout", sa.Integer(), server_default="30", nullable=False),
        sa.Column("proxy_protocol", sa.String(length=10), nullable=True),
        sa.Column("proxy_host", sa.String(length=255), nullable=True),
        sa.Column("proxy_port", sa.Integer(), nullable=True),
        sa.Column("proxy_username", sa.String(length=255), nullable=True),
        sa.Column("proxy_password_name", binary_text(64), nullable=True),
        sa.Column("proxy_password_id", BIG_ID, nullable=True),
        sa.Column("name", binary_text(64), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.String(length=128), server_default="1.0.0", nullable=False),
        sa.Column("annotations", JSON, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("user_profile_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "auth_method IN ('none', 'basic', 'token', 'oauth')", name=op.f("ck_api_connections_auth_method")
        ),
        sa.CheckConstraint(
            "length(name) <= 64 AND name ~ '^[a-z0-9]+(_[a-z0-9]+)*$'", name=op.f("ck_api_connections_name")
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 64 AND name NOT GLOB '*[^a-z0-9_]*' AND name NOT GLOB '_*' AND name NOT GLOB '*_' AND name NOT GLOB '*__*'",
            name=op.f("ck_api_connections_name"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "proxy_port IS NULL OR proxy_port BETWEEN 1 AND 65535", name=op.f("ck_api_connections_proxy_port")
        ),
        sa.CheckConstraint("timeout >= 1", name=op.f("ck_api_connections_timeout")),
        sa.ForeignKeyConstraint(
            ["api_key_id", "account_id"],
            ["secrets.id", "secrets.account_id"],
            name="fk_api_connections_api_key_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["proxy_password_id", "account_id"],
            ["secrets.id", "secrets.account_id"],
            name="fk_api_connections_proxy_password_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_api_connections_owner",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_connections")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_api_connections_account_id_name")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_api_connections_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_connections_api_key_id", "api_connections", ["api_key_id"], unique=False)
    op.create_index(
        "ix_api_connections_proxy_password_id", "api_connections", ["proxy_password_id"], unique=False
    )
    op.create_table(
        "plugin_data",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("plugin_class", sa.String(length=10), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("test_values", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "plugin_class IN ('static', 'sql', 'api')", name=op.f("ck_plugin_data_plugin_class")
        ),
        sa.ForeignKeyConstraint(
            ["plugin_id", "account_id"],
            ["plugin_meta.id", "plugin_meta.account_id"],
            name="fk_plugin_data_plugin",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_data")),
        sa.UniqueConstraint("plugin_id", name=op.f("uq_plugin_data_plugin_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plugin_prompts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("system_role", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("temperature", sa.Float(), nullable=False),
        sa.Column("max_tokens", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("max_tokens >= 1", name=op.f("ck_plugin_prompts_max_tokens")),
        sa.CheckConstraint("temperature BETWEEN 0 AND 1", name=op.f("ck_plugin_prompts_temperature")),
        sa.ForeignKeyConstraint(
            ["plugin_id"],
            ["plugin_meta.id"],
            name=op.f("fk_plugin_prompts_plugin_id_plugin_meta"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_prompts")),
        sa.UniqueConstraint("plugin_id", name=op.f("uq_plugin_prompts_plugin_id")),
    )
    op.create_table(
        "plugin_search",
        sa.Column("plugin_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_id"],
            ["plugin_meta.id"],
            name=op.f("fk_plugin_search_plugin_id_plugin_meta"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plugin_id", name=op.f("pk_plugin_search")),
    )
    op.create_table(
        "plugin_selectors",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("directive", sa.String(length=20), nullable=False),
        sa.Column("search_terms", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "directive IN ('search_terms', 'always', 'llm')", name=op.f("ck_plugin_selectors_directive")
        ),
        sa.ForeignKeyConstraint(
            ["plugin_id"],
            ["plugin_meta.id"],
            name=op.f("fk_plugin_selectors_plugin_id_plugin_meta"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_selectors")),
        sa.UniqueConstraint("plugin_id", name=op.f("uq_plugin_selectors_plugin_id")),
    )
    op.create_table(
        "plugin_tags",
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_id", "account_id"],
            ["plugin_meta.id", "plugin_meta.account_id"],
            name="fk_plugin_tags_plugin",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id", "account_id"],
            ["tags.id", "tags.account_id"],
            name="fk_plugin_tags_tag",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plugin_id", "tag_id", name=op.f("pk_plugin_tags")),
    )
    op.create_index("ix_plugin_tags_tag", "plugin_tags", ["tag_id", "plugin_id"], unique=False)
    op.create_table(
        "sql_connections",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tag_names", JSON, nullable=False),
        sa.Column("db_engine", sa.String(length=100), nullable=False),
        sa.Column("authentication_method", sa.String(length=30), server_default="none", nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("database", sa.String(length=255), nullable=False),
        sa.Column("username", sa.String(length=255), server_default="", nullable=False),
        sa.Column("password_name", binary_text(64), nullable=True),
        sa.Column("password_id", BIG_ID, nullable=True),
        sa.Column("timeout", sa.Integer(), server_default="30", nullable=False),
        sa.Column("use_ssl", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ssl_cert", sa.Text(), nullable=True),
        sa.Column("ssl_key", sa.Text(), nullable=True),
        sa.Column("ssl_ca", sa.Text(), nullable=True),
        sa.Column("proxy_host", sa.String(length=255), nullable=True),
        sa.Column("proxy_port", sa.Integer(), nullable=True),
        sa.Column("proxy_username", sa.String(length=255), nullable=True),
        sa.Column("proxy_password_name", binary_text(64), nullable=True),
        sa.Column("proxy_password_id", BIG_ID, nullable=True),
        sa.Column("ssh_known_hosts", sa.Text(), nullable=True),
        sa.Column("pool_size", sa.Integer(), server_default="5", nullable=False),
        sa.Column("max_overflow", sa.Integer(), server_default="10", nullable=False),
        sa.Column("name", binary_text(64), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.String(length=128), server_default="1.0.0", nullable=False),
        sa.Column("annotations", JSON, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("user_profile_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "length(name) <= 64 AND name ~ '^[a-z0-9]+(_[a-z0-9]+)*$'", name=op.f("ck_sql_connections_name")
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 64 AND name NOT GLOB '*[^a-z0-9_]*' AND name NOT GLOB '_*' AND name NOT GLOB '*_' AND name NOT GLOB '*__*'",
            name=op.f("ck_sql_connections_name"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("max_overflow >= 0", name=op.f("ck_sql_connections_max_overflow")),
        sa.CheckConstraint("pool_size >= 1", name=op.f("ck_sql_connections_pool_size")),
        sa.CheckConstraint("port IS NULL OR port BETWEEN 1 AND 65535", name=op.f("ck_sql_connections_port")),
        sa.CheckConstraint("timeout >= 1", name=op.f("ck_sql_connections_timeout")),
        sa.ForeignKeyConstraint(
            ["password_id", "account_id"],
            ["secrets.id", "secrets.account_id"],
            name="fk_sql_connections_password_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["proxy_password_id", "account_id"],
            ["secrets.id", "secrets.account_id"],
            name="fk_sql_connections_proxy_password_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_sql_connections_owner",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sql_connections")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_sql_connections_account_id_name")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_sql_connections_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sql_connections_password_id", "sql_connections", ["password_id"], unique=False)
    op.create_index(
        "ix_sql_connections_proxy_password_id", "sql_connections", ["proxy_password_id"], unique=False
    )
    op.create_table(
        "plugin_data_api",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("connection_name", binary_text(64), server_default="", nullable=False),
        sa.Column("connection_id", BIG_ID, nullable=True),
        sa.Column("connection_account_id", BIG_ID, nullable=True),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("endpoint", sa.String(length=255), nullable=False),
        sa.Column("url_params", JSON, nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("body", JSON, nullable=True),
        sa.Column("row_limit", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "method IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')", name=op.f("ck_plugin_data_api_method")
        ),
        sa.CheckConstraint("row_limit IS NULL OR row_limit >= 1", name=op.f("ck_plugin_data_api_row_limit")),
        sa.ForeignKeyConstraint(
            ["connection_id", "connection_account_id"],
            ["api_connections.id", "api_connections.account_id"],
            name="fk_plugin_data_api_connection",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["plugin_data.id"], name=op.f("fk_plugin_data_api_id_plugin_data"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_data_api")),
    )
    op.create_index("ix_plugin_data_api_connection", "plugin_data_api", ["connection_id"], unique=False)
    op.create_table(
        "plugin_data_sql",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("connection_name", binary_text(64), server_default="", nullable=False),
        sa.Column("connection_id", BIG_ID, nullable=True),
        sa.Column("connection_account_id", BIG_ID, nullable=True),
        sa.Column("sql_query", sa.Text(), server_default="", nullable=False),
        sa.Column("row_limit", sa.Integer(), nullable=True),
        sa.CheckConstraint("row_limit IS NULL OR row_limit >= 1", name=op.f("ck_plugin_data_sql_row_limit")),
        sa.ForeignKeyConstraint(
            ["connection_id", "connection_account_id"],
            ["sql_connections.id", "sql_connections.account_id"],
            name="fk_plugin_data_sql_connection",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["plugin_data.id"], name=op.f("fk_plugin_data_sql_id_plugin_data"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_data_sql")),
    )
    op.create_index("ix_plugin_data_sql_connection", "plugin_data_sql", ["connection_id"], unique=False)
    op.create_table(
        "plugin_data_static",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("static_data", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["id"], ["plugin_data.id"], name=op.f("fk_plugin_data_static_id_plugin_data"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_data_static")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("plugin_data_static")
    op.drop_index("ix_plugin_data_sql_connection", table_name="plugin_data_sql")
    op.drop_table("plugin_data_sql")
    op.drop_index("ix_plugin_data_api_connection", table_name="plugin_data_api")
    op.drop_table("plugin_data_api")
    op.drop_index("ix_sql_connections_proxy_password_id", table_name="sql_connections")
    op.drop_index("ix_sql_connections_password_id", table_name="sql_connections")
    op.drop_table("sql_connections")
    op.drop_index("ix_plugin_tags_tag", table_name="plugin_tags")
    op.drop_table("plugin_tags")
    op.drop_table("plugin_selectors")
    op.drop_table("plugin_search")
    op.drop_table("plugin_prompts")
    op.drop_table("plugin_data")
    op.drop_index("ix_api_connections_proxy_password_id", table_name="api_connections")
    op.drop_index("ix_api_connections_api_key_id", table_name="api_connections")
    op.drop_table("api_connections")
    op.drop_table("secrets")
    op.drop_table("plugin_tallies")
    op.drop_index(
        "uq_plugin_meta_account_name",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_version",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_updated",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_readiness",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_owner",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_name",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_mine_updated",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_mine_name",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_created",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_class",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index("ix_plugin_meta_bin", table_name="plugin_meta")
    op.drop_index(
        "ix_plugin_meta_all_updated",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plugin_meta_all_name",
        table_name="plugin_meta",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("plugin_meta")
    op.drop_index(op.f("ix_login_sessions_user_id"), table_name="login_sessions")
    op.drop_index(op.f("ix_login_sessions_expires_at"), table_name="login_sessions")
    op.drop_table("login_sessions")
    op.drop_index(op.f("ix_user_profiles_account_id"), table_name="user_profiles")
    op.drop_table("user_profiles")
    op.drop_index("ix_tags_account_uses", table_name="tags")
    op.drop_table("tags")
    op.drop_index("uq_revisions_record", table_name="revisions")
    op.drop_index("ix_revisions_account_at", table_name="revisions")
    op.drop_table("revisions")
    op.drop_index("ix_drafts_user", table_name="drafts")
    op.drop_table("drafts")
    op.drop_table("users")
    op.drop_index(op.f("ix_rate_limits_expires_at"), table_name="rate_limits")
    op.drop_table("rate_limits")
    op.drop_table("installation")
    op.drop_table("accounts")
