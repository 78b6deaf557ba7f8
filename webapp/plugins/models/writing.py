"""The active-record members of the seed page: save and what it keeps true. The one write path of a plugin.

They validate and flush inside the caller's `transaction()` and raise the account's generation; services call them
and add history.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import structlog
from sqlalchemy.orm import Session, object_session

from webapp.core import semver
from webapp.core.clock import utcnow
from webapp.core.text import is_snake_case, to_snake_case
from webapp.db.session import current_session, touch_account
from webapp.plugins.models import bookkeeping
from webapp.plugins.models.bookkeeping import TallyKey
from webapp.plugins.models.data import DATA_MODELS
from webapp.plugins.models.prompt import PluginPrompt
from webapp.plugins.models.selector import PluginSelector
from webapp.plugins.models.tags import Tag
from webapp.plugins.models.validation import Validation
from webapp.plugins.readiness import Judgement, judge
from webapp.plugins.values import PluginValues

if TYPE_CHECKING:
    from webapp.plugins.models.meta import PluginMeta

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Stored:
    """A record before a save: where it is counted, which tags count it, and what of that the save leaves alone."""

    counted: TallyKey | None
    carried: set[int]
    keeps_tags: bool
    keeps_annotations: bool


class ActiveRecord(Validation):
    """Writing one plugin."""

    @property
    def _record(self) -> PluginMeta:
        return cast("PluginMeta", self)  # The only class that this mixin builds.

    @property
    def tags_list(self) -> list[str]:
        """Return the names of the tags in their order, never stale (seed: tags_list)."""
        return [item.tag.name for item in self.tagged_items]

    @property
    def tags(self) -> list[Tag]:
        """Return the tags in their order; `assign()` and `save()` change them (seed: tags)."""
        return [item.tag for item in self.tagged_items]

    def to_values(self) -> PluginValues:
        """Return everything a person wrote on this record."""
        return PluginValues(
            name=self.name,
            plugin_class=self.plugin_class,
            description=self.description,
            version=self.version,
            tags=tuple(self.tags_list),
            annotations=tuple(self.annotations or ()),
            selector=self.selector.to_values() if self.selector else None,
            prompt=self.prompt.to_values() if self.prompt else None,
            data=self.data.to_values() if self.data else None,
        )

    def assign(self, values: PluginValues) -> None:
        """Take over typed values; `save()` stores them, only data of another class goes at once."""
        session = object_session(self)
        if self.data is not None and (values.data is None or self.data.plugin_class != values.plugin_class):
            self.data = None
            if session is not None:
                session.flush()  # The old row goes before the new one takes its place under the unique key.
        # Nothing else may reach the row before `save()` has read from it what the counts stand on.
        with nullcontext() if session is None else session.no_autoflush:
            self._assign_fields(values)
            self._assign_parts(values)

    def _assign_fields(self, values: PluginValues) -> None:
        self.name = values.name
        self.description = values.description
        self.version = values.version
        self.plugin_class = values.plugin_class
        self.annotations = list(values.annotations)
        self._new_tags = values.tags

    def _assign_parts(self, values: PluginValues) -> None:
        if values.selector is None:
            self.selector = None
        else:
            self.selector = self.selector or PluginSelector()
            self.selector.assign(values.selector)
        if values.prompt is None:
            self.prompt = None
        else:
            self.prompt = self.prompt or PluginPrompt()
            self.prompt.assign(values.prompt)
        if values.data is None:
            return
        if self.data is None:
            self.data = DATA_MODELS[values.plugin_class](plugin_class=values.plugin_class)
        self.data.account_id = self.account_id
        self.data.assign(values.data)

    def save(self) -> None:
        """Convert the name, validate, store and keep what depends on the record true (seed: save).

        Raises:
            InvalidInput: with every error of every field.
        """
        session = object_session(self) or current_session()
        self.name = stored_name(self.name or "")
        with session.no_autoflush:
            self.validate()
            before = self._as_stored(session)
            # Usernames do not change.
            owner_key = (
                bookkeeping.owner_username_key(session, self.user_profile_id)
                if self._owner_is_new() or not self.owner_key
                else self.owner_key
            )
            for column, value in derived_columns(self.version, owner_key, self._judge(session)).items():
                setattr(self, column, value)
            self.revision = (self.revision or 0) + 1
            self.updated_at = utcnow()
            if self._is_new():
                self.created_at = self.updated_at
        session.add(self)
        session.flush()
        self._follow(session, before)

    def _as_stored(self, session: Session) -> Stored:
        """Return what the stored row stands for in what depends on it, and which of that stays as it is."""
        counted = None if self.id is None else bookkeeping.tally_key(session, self.id)
        stays = counted is not None and self.deleted_at is None
        keeps_tags = stays and self._new_tags in (None, tuple(self.tags_list))
        changes = (self._state().attrs[name].history for name in ("annotations", "account_id"))
        return Stored(
            counted,
            set() if keeps_tags or counted is None else bookkeeping.tag_ids(session, self.id),
            keeps_tags,
            stays and not any(history.has_changes() for history in changes),
        )

    def _follow(self, session: Session, before: Stored) -> None:
        live = self.deleted_at is None
        if not before.keeps_tags:
            if self._new_tags is not None:
                bookkeeping.sync_tags(session, self._record, self._new_tags)
            carries = bookkeeping.tag_ids(session, self.id) if live else set()
            bookkeeping.move_tag_counts(session, before.carried, carries)
        self._new_tags = None
        bookkeeping.sync_search(session, self._record, self.tags_list)
        if not before.keeps_annotations:
            bookkeeping.sync_annotations(session, self._record)
        after = TallyKey(self.account_id, self.user_profile_id, self.plugin_class, self.readiness)
        bookkeeping.shift_tally(session, before.counted, after if live else None)
        touch_account(session, self.account_id)

    def judge(self) -> Judgement:
        """Return what is missing before the plugin can be used, and what could be better."""
        return self._judge(object_session(self) or current_session())

    def _judge(self, session: Session) -> Judgement:
        return judge(self.to_values(), bookkeeping.resolve_connection(session, self._record))

    @property
    def ready(self) -> bool:
        """Tell whether selector, prompt, data and, where needed, a connection are there (seed: ready)."""
        return not self.judge().missing


ActiveRecord._new_tags = None


# What follows is what every write of a plugin has in common, of one by `save()` or of many by `bulk_rows`.


def stored_name(name: str) -> str:
    """Return the name that a record is stored under; a name of another case is converted, which is logged."""
    if is_snake_case(name):
        return name
    converted = to_snake_case(name)
    log.warning("plugin_name_converted", name=name, converted=converted)
    return converted


def derived_columns(version: str, owner_key: str, judgement: Judgement) -> dict[str, str]:
    """Return the columns of a record that follow from others."""
    return {
        "version_key": semver.sort_key(version),
        "owner_key": owner_key,
        "readiness": judgement.state,
    }
