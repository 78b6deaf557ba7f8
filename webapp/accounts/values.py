"""What a person chooses for themselves: looks, time zone, keys, and where their list begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

SYSTEM = "system"
THEMES = (SYSTEM, "light", "dark")
COMFORTABLE = "comfortable"
COMPACT = "compact"
DENSITIES = (COMFORTABLE, COMPACT)
# The words of the list's `scope`; this package lies below the one that owns them.
SCOPES = ("mine", "account", "platform", "all")
DEFAULT_SCOPE = "account"
# The columns of the plugin list that may be hidden, in their order; the name always stands there.
COLUMNS = ("readiness", "description", "class", "version", "tags", "owner", "updated", "created")
DEFAULT_COLUMNS = COLUMNS[:-1]


@dataclass(frozen=True)
class Preferences:
    """The choices of one person. `time_zone` is an IANA name, or empty for that of the device."""

    theme: str = SYSTEM
    density: str = COMFORTABLE
    time_zone: str = ""
    single_keys: bool = True
    scope: str = DEFAULT_SCOPE
    columns: tuple[str, ...] = DEFAULT_COLUMNS

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        """Return the columns that the plugin list does not show."""
        return tuple(column for column in COLUMNS if column not in self.columns)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> Preferences:
        """Return the stored choices; whatever this version does not know falls back to its default."""
        found = stored or {}

        def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
            value = found.get(name)
            return value if isinstance(value, str) and value in allowed else default

        zone, columns = found.get("time_zone"), found.get("columns")
        return cls(
            theme=choice("theme", THEMES, SYSTEM),
            density=choice("density", DENSITIES, COMFORTABLE),
            time_zone=zone if isinstance(zone, str) else "",
            single_keys=found.get("single_keys") is not False,
            scope=choice("scope", SCOPES, DEFAULT_SCOPE),
            columns=in_order(columns) if isinstance(columns, list) else DEFAULT_COLUMNS,
        )

    def to_stored(self) -> dict[str, Any]:
        """Return what the database keeps."""
        return {**asdict(self), "columns": list(self.columns)}


def in_order(columns: Iterable[object]) -> tuple[str, ...]:
    """Return the columns among some values, each once and in the order of the list."""
    found = [column for column in columns if isinstance(column, str)]
    return tuple(column for column in COLUMNS if column in found)


@dataclass(frozen=True)
class ProfileValues:
    """Everything that a person may write about themselves."""

    display_name: str
    email: str = ""
    preferences: Preferences = Preferences()

    def to_dict(self) -> dict[str, Any]:
        """Return the values by field name, for telling what differs."""
        return {"display_name": self.display_name, "email": self.email, **asdict(self.preferences)}
