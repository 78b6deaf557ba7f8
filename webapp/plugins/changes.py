"""What one act does to each of many plugins: pure changes of values, the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from webapp.core import semver
from webapp.core.errors import InvalidInput, SmarterValueError
from webapp.core.semver import Part
from webapp.core.text import fold
from webapp.manifests.merge import spelled
from webapp.plugins.values import PluginValues


class Change:
    """A change of what is written on a plugin; its name and class stay as they are."""

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values with the change.

        Raises:
            InvalidInput: this record cannot have it.
        """
        raise NotImplementedError

    def overwrites(self, seen: PluginValues | None, now: PluginValues) -> str:
        """Return which field the change would take from somebody who has written since; "" when it takes none.

        Args:
            seen: the record as the person saw it; None when that is not kept.
            now: the record as it is.
        """
        return ""


@dataclass(frozen=True)
class AddTags(Change):
    """Put tags behind those that a record has; one that it carries in another spelling stays."""

    tags: tuple[str, ...]

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values with the tags."""
        carried = {fold(tag) for tag in values.tags}
        return replace(values, tags=(*values.tags, *(tag for tag in self.tags if fold(tag) not in carried)))


@dataclass(frozen=True)
class RemoveTags(Change):
    """Take tags off, however they are spelled."""

    tags: tuple[str, ...]

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values without the tags."""
        keys = {fold(tag) for tag in self.tags}
        return replace(values, tags=tuple(tag for tag in values.tags if fold(tag) not in keys))


@dataclass(frozen=True)
class SetDescription(Change):
    """Say the same of every record."""

    description: str

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values with the description."""
        return replace(values, description=self.description)

    def overwrites(self, seen: PluginValues | None, now: PluginValues) -> str:
        """Return the field when somebody else has described the record in another way since."""
        return _moved("description", seen, now, self.description)


@dataclass(frozen=True)
class SetVersion(Change):
    """Give every record the same version."""

    version: str

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values with the version."""
        return replace(values, version=self.version)

    def overwrites(self, seen: PluginValues | None, now: PluginValues) -> str:
        """Return the field when somebody else has given the record another version since."""
        return _moved("version", seen, now, self.version)


@dataclass(frozen=True)
class RaiseVersion(Change):
    """Give each record the next version after its own; somebody else's next one is not raised once more."""

    part: Part

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values with the next version.

        Raises:
            InvalidInput: the next version is too long.
        """
        try:
            return replace(values, version=semver.bump(values.version, self.part))
        except SmarterValueError as error:
            raise InvalidInput.of("version", error.message, "semver") from error

    def overwrites(self, seen: PluginValues | None, now: PluginValues) -> str:
        """Return the field when the version has changed since."""
        return _moved("version", seen, now, None)


@dataclass(frozen=True)
class SetAnnotation(Change):
    """Give every record an annotation; an entry of the same key is replaced where it stands."""

    key: str
    value: Any

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values with the annotation, once."""
        entry = {self.key: self.value}
        kept, placed = [], False
        for old in values.annotations:
            if self.key not in old:
                kept.append(old)
            elif not placed:
                kept.append(entry)
                placed = True
        return replace(values, annotations=tuple(kept if placed else [*kept, entry]))

    def overwrites(self, seen: PluginValues | None, now: PluginValues) -> str:
        """Return the field when somebody else has given the key another value since."""
        return _annotation_moved(self.key, seen, now, [self.value])


@dataclass(frozen=True)
class ClearAnnotation(Change):
    """Take an annotation off, by its key."""

    key: str

    def apply(self, values: PluginValues) -> PluginValues:
        """Return the values without the annotation."""
        return replace(values, annotations=tuple(old for old in values.annotations if self.key not in old))

    def overwrites(self, seen: PluginValues | None, now: PluginValues) -> str:
        """Return the field when somebody else has given the key another value since."""
        return _annotation_moved(self.key, seen, now, [])


def _moved(field: str, seen: PluginValues | None, now: PluginValues, wanted: object) -> str:
    stands = getattr(now, field)
    if stands == wanted or (seen is not None and getattr(seen, field) == stands):
        return ""
    return field


def _annotation_moved(key: str, seen: PluginValues | None, now: PluginValues, wanted: list[Any]) -> str:
    stands = _values_of(key, now.annotations)
    if spelled(stands) == spelled(wanted):
        return ""
    if seen is not None and spelled(_values_of(key, seen.annotations)) == spelled(stands):
        return ""
    return f"annotation {key}"


def _values_of(key: str, annotations: tuple[Mapping[str, Any], ...]) -> list[Any]:
    return [entry[key] for entry in annotations if key in entry]
