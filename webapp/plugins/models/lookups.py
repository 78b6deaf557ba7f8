"""Looking plugins up without a viewer: `PluginMeta.objects`, and the two errors that stand on the class.

It is for commands, jobs and tests, which know whose records they want. It knows no viewer, so no page, query or service
uses it (tests/architecture/test_model_page.py): those go through `plugins.queries`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack

from sqlalchemy import Select, func, select

from webapp.accounts.models import UserProfile
from webapp.core.errors import NotFound, SmarterValueError
from webapp.db.session import current_session
from webapp.plugins.values import PluginValues

if TYPE_CHECKING:
    from webapp.plugins.models.meta import PluginMeta

ROWS_AT_ONCE = 500


class Criteria(TypedDict, total=False):
    """What records can be looked up by; all that is given has to hold."""

    pk: int
    name: str
    account_id: int
    user_profile_id: int
    plugin_class: str
    version: str
    readiness: str


class DoesNotExist(NotFound):
    """No live plugin is what was asked for."""

    default_message = "There is no such plugin."


class MultipleObjectsReturned(SmarterValueError):
    """More than one plugin is what was asked for, and one was wanted."""

    default_message = "More than one plugin matches. Say more exactly which one."


class Records:
    """The live plugins of all accounts; what is in the bin is not among them."""

    def get(self, **criteria: Unpack[Criteria]) -> PluginMeta:
        """Return the one plugin that matches.

        Raises:
            DoesNotExist: there is none.
            MultipleObjectsReturned: there are several.
            SmarterValueError: nothing was asked for, or by a field that does not exist.
        """
        if not criteria:
            raise SmarterValueError("Say which plugin: give a pk, or a name with an account_id.")
        found = current_session().scalars(_matching(criteria).limit(2)).all()
        if not found:
            raise DoesNotExist
        if len(found) > 1:
            raise MultipleObjectsReturned
        record: PluginMeta = found[0]
        return record

    def filter(self, **criteria: Unpack[Criteria]) -> list[PluginMeta]:
        """Return all plugins that match, by name.

        Raises:
            SmarterValueError: nothing was asked for (`all()` says so), or by a field that does not exist.
        """
        if not criteria:
            raise SmarterValueError("Say which plugins, or ask for all().")
        return list(current_session().scalars(_matching(criteria)))

    def all(self) -> Iterator[PluginMeta]:
        """Yield every plugin by name, some hundred rows at a time."""
        yield from current_session().scalars(_matching({}).execution_options(yield_per=ROWS_AT_ONCE))

    def count(self, **criteria: Unpack[Criteria]) -> int:
        """Return how many plugins match; all of them when nothing is asked for.

        Raises:
            SmarterValueError: it was asked by a field that does not exist.
        """
        rows = _matching(criteria).order_by(None).subquery()
        return current_session().scalar(select(func.count()).select_from(rows)) or 0

    def create(self, user_profile: UserProfile, values: PluginValues) -> PluginMeta:
        """Save a new plugin of a profile inside the caller's `transaction()`, and return it.

        Raises:
            InvalidInput: with every error of every field.
        """
        from webapp.plugins.models.meta import PluginMeta  # The class holds this one.

        made = PluginMeta(account_id=user_profile.account_id, user_profile_id=user_profile.id)
        made.assign(values)
        made.save()
        return made


class Lookups:
    """Finding plugins without a viewer."""

    DoesNotExist: ClassVar[type[DoesNotExist]] = DoesNotExist
    MultipleObjectsReturned: ClassVar[type[MultipleObjectsReturned]] = MultipleObjectsReturned
    objects: ClassVar[Records] = Records()


def _matching(criteria: Criteria) -> Select[Any]:
    from webapp.plugins.models.meta import PluginMeta  # The class holds this module's.

    unknown = criteria.keys() - Criteria.__annotations__.keys()
    if unknown:
        raise SmarterValueError(f"Plugins cannot be looked up by {', '.join(sorted(unknown))}.")
    wanted = {"id" if name == "pk" else name: value for name, value in criteria.items()}
    statement = select(PluginMeta).where(PluginMeta.deleted_at.is_(None))
    for name, value in wanted.items():
        statement = statement.where(getattr(PluginMeta, name) == value)
    return statement.order_by(PluginMeta.name, PluginMeta.id)
