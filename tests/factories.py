"""Accounts, people, plugins and connections for tests, made through the real services.

They are plain functions that need an application context (the `session` fixture gives one) and return small frozen
descriptions, never entities: services take ids, and nothing here goes stale.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from webapp.accounts.identity import Viewer
from webapp.accounts.models import (
    PLATFORM_ACCOUNT_NUMBER,
    ROLE_MEMBER,
    ROLE_SUPERUSER,
    Account,
    Installation,
    User,
    UserProfile,
)
from webapp.accounts.service.saved_views import ViewValues, save_view
from webapp.config import Settings
from webapp.connections import service as connections
from webapp.connections.crypto import Vault
from webapp.connections.models import ApiConnection, SqlConnection
from webapp.connections.values import ConnectionValues, SecretValues
from webapp.core.text import fold
from webapp.db.session import current_session, transaction
from webapp.plugins.service import Saved, create_plugin
from webapp.plugins.values import (
    ApiData,
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

SECRET_KEY = "a fixed key of the tests, nothing else"
ENCRYPTION_KEY = "cGx1Z2RlY2stdGVzdHMta2V5LW9mLTMyLWJ5dGVzISE="
PASSWORD = "correct horse battery staple"

_numbers = itertools.count(1)
# The parameters stand in the hash, so a password of the tests is checked as fast as it is made.
_hasher = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
_hashes: dict[str, str] = {}


@dataclass(frozen=True)
class AccountRef:
    """A tenant that a test has made."""

    id: int
    number: str
    name: str


@dataclass(frozen=True)
class Person:
    """Somebody with one profile, and what they sign in with."""

    user_id: int
    profile_id: int
    account: AccountRef
    username: str
    password: str
    role: str


def settings_for(instance_dir: Path, database_url: str, **changes: Any) -> Settings:
    """Return the settings of a test installation; nothing is read from the environment."""
    instance_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        database_url=database_url,
        cache_url="",
        secret_key=SECRET_KEY,
        encryption_keys=(ENCRYPTION_KEY,),
        instance_dir=instance_dir,
        testing=True,
    )
    return replace(settings, **changes)


def account(name: str = "", *, number: str = "") -> AccountRef:
    """Create an account."""
    count = next(_numbers)
    name = name or f"Account {count}"
    number = number or f"{1000 + count // 10_000:04}-{count % 10_000:04}-0001"
    with transaction() as session:
        made = Account(name=name, account_number=number)
        session.add(made)
        session.flush()
        return AccountRef(made.id, number, name)


def platform() -> AccountRef:
    """Return the platform account, made on first use."""
    found = current_session().scalar(select(Account).where(Account.account_number == PLATFORM_ACCOUNT_NUMBER))
    if found is not None:
        return AccountRef(found.id, found.account_number, found.name)
    return account("Plugdeck platform", number=PLATFORM_ACCOUNT_NUMBER)


def person(
    username: str = "",
    *,
    role: str = ROLE_MEMBER,
    of: AccountRef | None = None,
    password: str = PASSWORD,
    is_active: bool = True,
) -> Person:
    """Create somebody; the role is member, staff or superuser.

    Args:
        username: one that nobody has, when not given.
        role: a superuser is a member of the account who may do everything.
        of: the account; a new one when not given.
        password: what they sign in with.
        is_active: whether they may sign in.
    """
    of = of or account()
    username = username or f"person{next(_numbers)}"
    if password not in _hashes:
        _hashes[password] = _hasher.hash(password)
    with transaction() as session:
        user = User(
            username=username,
            username_key=fold(username),
            display_name=username.replace("_", " ").title(),
            password_hash=_hashes[password],
            is_superuser=role == ROLE_SUPERUSER,
            is_active=is_active,
        )
        session.add(user)
        session.flush()
        profile = UserProfile(
            user_id=user.id, account_id=of.id, role=ROLE_MEMBER if role == ROLE_SUPERUSER else role
        )
        session.add(profile)
        session.flush()
        return Person(user.id, profile.id, of, username, password, role)


def also_in(somebody: Person, of: AccountRef | None = None, *, role: str = ROLE_MEMBER) -> Person:
    """Give somebody a second profile; return them as they are there."""
    of = of or account()
    with transaction() as session:
        profile = UserProfile(user_id=somebody.user_id, account_id=of.id, role=role)
        session.add(profile)
        session.flush()
        return replace(somebody, profile_id=profile.id, account=of, role=role)


def viewer_of(somebody: Person, *, origin: str = "form") -> Viewer:
    """Return the viewer that a request of this person would have now."""
    session = current_session()
    platform_row = session.execute(
        select(Account.id, Account.generation).where(Account.account_number == PLATFORM_ACCOUNT_NUMBER)
    ).one_or_none()
    row = session.execute(
        select(User, UserProfile, Account, Installation)
        .join(UserProfile, UserProfile.user_id == User.id)
        .join(Account, Account.id == UserProfile.account_id)
        .where(UserProfile.id == somebody.profile_id)
        .join(Installation, Installation.id == 1)
        .execution_options(populate_existing=True)
    ).one()
    user, profile, tenant, installation = row
    return Viewer(
        user_id=user.id,
        username=user.username,
        display_name=user.display_name,
        is_superuser=user.is_superuser,
        profile_id=profile.id,
        role=profile.role,
        account_id=tenant.id,
        account_name=tenant.name,
        account_number=tenant.account_number,
        account_generation=tenant.generation,
        platform_account_id=platform_row[0] if platform_row else None,
        platform_generation=platform_row[1] if platform_row else 0,
        installation=installation.identity,
        epoch=installation.epoch,
        star_generation=profile.star_generation,
        origin=origin,
    )


def plugin_values(name: str = "", **changes: Any) -> PluginValues:
    """Return the values of a static plugin that is ready, with changes."""
    values = PluginValues(
        name=name or f"plugin_{next(_numbers)}",
        plugin_class="static",
        description="What a person would like to know about the sweets in the shop.",
        tags=("sweets", "shop"),
        selector=SelectorValues("search_terms", ("gobstopper", "sherbet")),
        prompt=PromptValues(system_role="You answer questions about sweets."),
        data=StaticData("The sweets.", {"gobstopper": {"colour": "red", "price": 3}}),
    )
    return replace(values, **changes)


def sql_values(name: str = "", *, connection: str = "warehouse", **changes: Any) -> PluginValues:
    """Return the values of an sql plugin, with changes."""
    data = SqlData(
        connection=connection,
        sql_query="SELECT name, price FROM sweets WHERE colour = {colour}",
        description="Sweets by colour.",
        parameters=(Parameter("colour", "string", "The colour of the sweet.", True, ("red", "green")),),
    )
    return replace(plugin_values(name, plugin_class="sql", data=data), **changes)


def api_values(name: str = "", *, connection: str = "price_service", **changes: Any) -> PluginValues:
    """Return the values of an api plugin, with changes."""
    data = ApiData(
        connection=connection,
        endpoint="/sweets/{sweet}/price",
        description="The price of a sweet.",
        parameters=(Parameter("sweet", "string", "The name of the sweet.", True),),
    )
    return replace(plugin_values(name, plugin_class="api", data=data), **changes)


def plugin(owner: Person, values: PluginValues | None = None, /, **changes: Any) -> Saved:
    """Create a plugin of this person through the service; a static one that is ready unless told otherwise."""
    return create_plugin(viewer_of(owner), replace(values or plugin_values(), **changes))


def saved_view(
    owner: Person, name: str = "Mine", query: str = "scope=mine", *, is_shared: bool = False
) -> int:
    """Save a view of this person through the service; return its id."""
    return save_view(viewer_of(owner), ViewValues(name, query, is_shared)).id


def sql_connection(owner: Person, name: str = "warehouse", **columns: Any) -> int:
    """Create a SQL connection without a password; return its id."""
    given = {"db_engine": "postgresql", "hostname": "db.example", "database": "sweets", **columns}
    return _connection(SqlConnection, owner, name, given)


def api_connection(owner: Person, name: str = "price_service", **columns: Any) -> int:
    """Create an API connection without a key; return its id."""
    return _connection(ApiConnection, owner, name, {"base_url": "https://api.example", **columns})


def secret(owner: Person, name: str = "sweet_key", value: str = "hush", **fields: Any) -> connections.Saved:
    """Create a secret of this person through the service."""
    vault = Vault((ENCRYPTION_KEY,))
    return connections.create_secret(viewer_of(owner), SecretValues(name, value=value, **fields), vault)


def connection(owner: Person, values: ConnectionValues) -> connections.Saved:
    """Create a connection of this person through the service."""
    return connections.create_connection(viewer_of(owner), values)


def _connection(
    model: type[SqlConnection] | type[ApiConnection], owner: Person, name: str, columns: Mapping[str, Any]
) -> int:
    with transaction() as session:
        made = model(
            name=name, account_id=owner.account.id, user_profile_id=owner.profile_id, revision=1, **columns
        )
        session.add(made)
        session.flush()
        return made.id
