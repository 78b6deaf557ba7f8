"""The cached getters of the seed page, on generation keys (DESIGN §5).

What is cached is a plain row; an instance is made from it with `merge(load=False)`, so callers get entities of their
own session and the cache holds no ORM objects.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, cast

from sqlalchemy import Select, false, func, or_, select, true
from sqlalchemy.orm import Session

from webapp.accounts.models import PLATFORM_ACCOUNT_NUMBER, Account, Installation, User, UserProfile
from webapp.caching.generations import Generations, read_generations
from webapp.caching.store import CACHE_SECONDS, cached
from webapp.core.errors import SmarterValueError
from webapp.core.text import fold, to_snake_case
from webapp.db.session import current_session
from webapp.plugins.models.lookups import MultipleObjectsReturned

Row = dict[str, Any]

_STATE = (Account.generation, Installation.identity, Installation.epoch)


class CachedGetters:
    """Finding plugins without asking the database again while nothing has changed."""

    cache_expiration: ClassVar[int] = CACHE_SECONDS

    @classmethod
    def get_cached_object(
        cls,
        invalidate: bool = False,
        pk: int | None = None,
        name: str | None = None,
        user: User | None = None,
        user_profile: UserProfile | None = None,
        username: str | None = None,
        account: Account | None = None,
        plugin_class: str | None = None,
    ) -> Self | None:
        """Return one live plugin by primary key, or by name and owner or account, else None (seed).

        Raises:
            SmarterValueError: neither `pk`, nor `name` with one of user, user_profile, username, account; or one of
                them is not saved yet.
            MultipleObjectsReturned: the user has plugins of this name in several accounts; name the account too.
        """
        owner = {
            "user_id": _id_of(user),
            "user_profile_id": _id_of(user_profile),
            "username": username,
            "account_id": _id_of(account),
        }
        if pk is None and (not name or not any(value is not None for value in owner.values())):
            raise SmarterValueError("Give a pk, or a name with a user, user_profile, username or account.")
        session = current_session()
        table = _table()
        statement = _owned_by(_located(), owner)
        if pk is not None:
            statement = statement.where(table.c.id == pk)
        if name:
            statement = statement.where(table.c.name == to_snake_case(name))
        if plugin_class:
            statement = statement.where(table.c.plugin_class == plugin_class)
        found = session.execute(statement.limit(2)).all()
        if len(found) > 1:
            raise MultipleObjectsReturned
        if not found:
            return None
        row = found[0]
        records = cls._cached_rows(
            session,
            "plugins.object",
            Generations(row.identity, row.epoch, ((row.account_id, row.generation),)),
            (row.id,),
            _rows(table.c.id == row.id),
            invalidate,
        )
        return records[0] if records else None

    @classmethod
    def get_cached_objects(
        cls, invalidate: bool = False, user_profile: UserProfile | None = None
    ) -> list[Self]:
        """Return the live plugins that a profile owns, by name (seed).

        Raises:
            SmarterValueError: there is no profile; a missing argument never means all records.
        """
        profile_id = _id_of(user_profile)
        if user_profile is None or profile_id is None:
            raise SmarterValueError("Give a user_profile.")
        session = current_session()
        return cls._cached_rows(
            session,
            "plugins.objects",
            read_generations(session, [user_profile.account_id]),
            (profile_id,),
            _rows(_table().c.user_profile_id == profile_id),
            invalidate,
        )

    @classmethod
    def get_cached_plugins_for_user_profile_id(
        cls, invalidate: bool = False, user_profile_id: int | None = None
    ) -> list[Self]:
        """Return what a profile may use: own, account and platform plugins, distinct, by name (seed).

        Raises:
            SmarterValueError: there is no such profile, or none was given.
        """
        if user_profile_id is None:
            raise SmarterValueError("Give a user_profile_id.")
        session = current_session()
        found = session.execute(_accounts_of(user_profile_id)).all()
        if not any(row.is_own for row in found):
            raise SmarterValueError(f"There is no user profile {user_profile_id}.")
        accounts = tuple((row.id, row.generation) for row in found)
        account_ids = tuple(row.id for row in found)
        return cls._cached_rows(
            session,
            "plugins.profile",
            Generations(found[0].identity, found[0].epoch, accounts),
            account_ids,
            _rows(_table().c.account_id.in_(account_ids)),
            invalidate,
        )

    @classmethod
    def _cached_rows(
        cls,
        session: Session,
        name: str,
        generations: Generations,
        parts: tuple[object, ...],
        statement: Select[Any],
        invalidate: bool,
    ) -> list[Self]:
        def load() -> list[Row]:
            return [dict(row) for row in session.execute(statement).mappings()]

        rows = cached(name, generations, parts, load, seconds=cls.cache_expiration, invalidate=invalidate)
        return [cls._from_row(session, row) for row in rows]

    @classmethod
    def _from_row(cls, session: Session, row: Row) -> Self:
        from webapp.plugins.models.meta import PluginMeta  # The class is built from this mixin.

        held = session.identity_map.get(session.identity_key(PluginMeta, row["id"]))
        if held is not None:
            return cast(Self, held)
        from sqlalchemy.orm import make_transient_to_detached

        instance = PluginMeta(**row)
        make_transient_to_detached(instance)
        return cast(Self, session.merge(instance, load=False))


def _table() -> Any:
    from webapp.plugins.models.meta import PluginMeta  # The class is built from this mixin.

    return PluginMeta.__table__


def _id_of(entity: User | UserProfile | Account | None) -> int | None:
    """Return the id of an argument; one that is not saved owns nothing, and must not widen the search."""
    if entity is not None and entity.id is None:
        raise SmarterValueError("This is not saved yet, so it has no plugins. Save it first.")
    return None if entity is None else entity.id


def _located() -> Select[Any]:
    """Return the select of where a plugin is, and at which generation its account stands."""
    table = _table()
    return (
        select(table.c.id, table.c.account_id, *_STATE)
        .join(Account, Account.id == table.c.account_id)
        .join(Installation, true())
        .where(table.c.deleted_at.is_(None))
    )


def _accounts_of(user_profile_id: int) -> Select[Any]:
    """Return the select of the accounts whose plugins a profile may use, its own and the platform's."""
    own = select(UserProfile.account_id).where(UserProfile.id == user_profile_id).scalar_subquery()
    is_own = Account.id == own
    statement = (
        select(Account.id, func.coalesce(is_own, false()).label("is_own"), *_STATE)
        .join(Installation, true())
        .where(or_(is_own, Account.account_number == PLATFORM_ACCOUNT_NUMBER))
        .order_by(Account.id)
    )
    return cast("Select[Any]", statement)


def _rows(condition: Any) -> Select[Any]:
    table = _table()
    return select(*table.c).where(table.c.deleted_at.is_(None), condition).order_by(table.c.name, table.c.id)


def _owned_by(statement: Select[Any], owner: dict[str, Any]) -> Select[Any]:
    table = _table()
    if owner["user_profile_id"] is not None:
        statement = statement.where(table.c.user_profile_id == owner["user_profile_id"])
    if owner["account_id"] is not None:
        statement = statement.where(table.c.account_id == owner["account_id"])
    profiles = select(UserProfile.id)
    if owner["user_id"] is not None:
        statement = statement.where(
            table.c.user_profile_id.in_(profiles.where(UserProfile.user_id == owner["user_id"]))
        )
    if owner["username"] is not None:
        users = profiles.join(User, User.id == UserProfile.user_id)
        statement = statement.where(
            table.c.user_profile_id.in_(users.where(User.username_key == fold(owner["username"])))
        )
    return statement
