"""The members that the seed page inherits from its mixins: how a plugin shows itself, and small tools at hand.

The tools stand in `core` and `manifests`; what is here gives them their names on the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from webapp.core import text
from webapp.core.absolute_uri import build_absolute_uri
from webapp.core.clock import elapsed_seconds, utcnow
from webapp.core.mappings import json_safe, sorted_dict
from webapp.core.terminal import formatted
from webapp.manifests.mapping_text import read_mapping
from webapp.plugins.models.columns import Columns

READY = "READY"
NOT_READY = "NOT_READY"


class Presentation(Columns):
    """What a plugin says about itself."""

    if TYPE_CHECKING:

        @property
        def tags_list(self) -> list[str]:
            """Return the names of the tags."""

        @property
        def record_locator(self) -> str | None:
            """Return the locator."""

    def to_json(self) -> dict[str, Any]:
        """Return the record's own fields as JSON holds them, moments as ISO text in UTC (seed: to_json).

        Selector, prompt and data are not in it: `to_values()` and the manifest have them.
        """
        fields: dict[str, Any] = {
            "id": self.id,
            "record_locator": self.record_locator,
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "plugin_class": self.plugin_class,
            "tags": self.tags_list,
            "annotations": self.annotations,
            "account_id": self.account_id,
            "user_profile_id": self.user_profile_id,
            "readiness": self.readiness,
            "revision": self.revision,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "deleted_at": self.deleted_at,
        }
        return {name: json_safe(value) for name, value in fields.items()}

    @property
    def elapsed_updated(self) -> int | None:
        """Return the whole seconds since the last change; None before the first save (seed: elapsed_updated)."""
        return self.elapsed_since(utcnow())

    def elapsed_since(self, dt: datetime) -> int | None:
        """Return the whole seconds between a moment and the last change, whichever comes first.

        A naive moment is UTC. None before the first save. (seed: elapsed_updated with an argument)

        Raises:
            TypeError: it is not a datetime.
        """
        updated_at = cast("datetime | None", self.updated_at)
        seconds = elapsed_seconds(dt, updated_at or dt)  # Judges the argument of an unsaved record too.
        return None if updated_at is None else seconds

    @property
    def amnesty_urls(self) -> list[str]:
        """Return addresses that checks leave alone: none; a subclass may name some (seed: amnesty_urls)."""
        return []

    @property
    def unformatted_class_name(self) -> str:
        """Return the name of the class (seed: unformatted_class_name)."""
        return type(self).__name__

    @property
    def formatted_class_name(self) -> str:
        """Return the name of the class for a log, in colour on a terminal (seed: formatted_class_name)."""
        return formatted(self.unformatted_class_name, "name")

    @property
    def formatted_state_ready(self) -> str:
        """Return the word for a record that is ready, in colour on a terminal (seed: formatted_state_ready)."""
        return formatted(READY, "good")

    @property
    def formatted_state_not_ready(self) -> str:
        """Return the word for one that is not, in colour on a terminal (seed: formatted_state_not_ready)."""
        return formatted(NOT_READY, "bad")

    @staticmethod
    def data_to_dict(data: Mapping[Any, Any] | str) -> dict[Any, Any]:
        """Return a mapping, or the text of one in JSON or YAML, as a dictionary (seed: data_to_dict).

        Raises:
            SmarterValueError: it is neither.
        """
        return read_mapping(data)

    @staticmethod
    def sorted_dict(data: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return a new dictionary with all keys sorted, nested ones too (seed: sorted_dict).

        Raises:
            SmarterValueError: it is no mapping.
        """
        return sorted_dict(data)

    @staticmethod
    def mask_string(
        string: object = "", mask_char: str = "*", mask_length: int = 4, string_length: int = 8
    ) -> str:
        """Return a text masked for a log: at most the last `mask_length` characters show (seed: mask_string).

        Raises:
            SmarterValueError: a length is negative, or the mask is not one character.
        """
        return text.mask_string(string, mask_char, mask_length, string_length)

    @staticmethod
    def smarter_build_absolute_uri(request: object) -> str:
        """Return the absolute address of a request (seed: smarter_build_absolute_uri).

        Raises:
            SmarterValueError: there is no request, or none that knows its address.
        """
        return build_absolute_uri(request)
