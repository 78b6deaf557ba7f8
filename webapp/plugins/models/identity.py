"""Identity members of the seed page: hashed ids, record locators, kinds and names for URLs."""

from __future__ import annotations

import enum
import re
from typing import ClassVar, Self

from webapp.core import locators
from webapp.core.errors import SmarterValueError
from webapp.core.rfc1034 import rfc1034_compliant_str
from webapp.db.session import current_session
from webapp.plugins.models.columns import Columns


class SAMKinds(enum.StrEnum):
    """The manifest kinds of plugins."""

    STATIC_PLUGIN = "Plugin"
    SQL_PLUGIN = "SqlPlugin"
    API_PLUGIN = "ApiPlugin"


KIND_OF_CLASS = {
    "static": SAMKinds.STATIC_PLUGIN,
    "sql": SAMKinds.SQL_PLUGIN,
    "api": SAMKinds.API_PLUGIN,
}

LOCATOR_KIND = "pluginmeta"


class Identity(Columns):
    """How a plugin is named in links and manifests."""

    HASH_FLOOR: ClassVar[int] = locators.HASH_FLOOR
    HASH_PREFIX: ClassVar[str] = locators.HASH_PREFIX
    HASH_SUFFIX: ClassVar[str] = locators.HASH_SUFFIX
    PLUGIN_CLASSES: ClassVar[list[tuple[str, str]]] = [("static", "static"), ("sql", "sql"), ("api", "api")]

    @property
    def pk(self) -> int | None:
        """Return the primary key (seed: pk)."""
        return self.id

    @property
    def hashed_id(self) -> str | None:
        """Return the id in its URL-friendly spelling; None before the record is saved (seed: hashed_id)."""
        return None if self.id is None else locators.encode_id(self.id)

    @property
    def record_locator(self) -> str | None:
        """Return the share link's last part; None before the record is saved (seed: record_locator)."""
        return None if self.id is None else locators.format_locator(LOCATOR_KIND, self.id)

    @classmethod
    def id_from_hashed_id(cls, hashed_id: str) -> int | None:
        """Return the id of a canonical hashed id, else None (seed: id_from_hashed_id)."""
        return locators.decode_hashed_id(hashed_id)

    @classmethod
    def hash_regex(cls) -> re.Pattern[str]:
        """Return the pattern of a hashed id anywhere in a text (seed: hash_regex)."""
        return locators.hash_regex()

    @classmethod
    def find_hash(cls, value: str) -> str | None:
        """Return the first hashed id in a text that decodes, else None (seed: find_hash)."""
        return locators.find_hash(value)

    @classmethod
    def get_object_by_locator(cls, locator: str) -> Self | None:
        """Return the live record of a canonical locator whoever owns it, else None (seed: get_object_by_locator).

        It knows no viewer: pages go through `plugins.queries`.
        """
        record_id = locators.parse_locator(locator, LOCATOR_KIND)
        found = None if record_id is None else current_session().get(cls, record_id)
        return found if found is not None and found.deleted_at is None else None

    @property
    def kind(self) -> SAMKinds:
        """Return the manifest kind of the plugin's class (seed: kind).

        Raises:
            SmarterValueError: the class is not one of PLUGIN_CLASSES.
        """
        try:
            return KIND_OF_CLASS[self.plugin_class]
        except KeyError as error:
            raise SmarterValueError(f"{self.plugin_class!r} is not a plugin class.") from error

    @property
    def rfc1034_compliant_kind(self) -> str | None:
        """Return the class as a DNS label: static, sql or api (seed: rfc1034_compliant_kind)."""
        return self.plugin_class if self.plugin_class in KIND_OF_CLASS else None

    @property
    def rfc1034_compliant_name(self) -> str | None:
        """Return the name as a DNS label; None without a name (seed: rfc1034_compliant_name)."""
        return rfc1034_compliant_str(self.name) if self.name else None

    def get_plugin_class_display(self) -> str:
        """Return the label of the class (seed: get_plugin_class_display)."""
        return dict(self.PLUGIN_CLASSES).get(self.plugin_class, self.plugin_class)
