"""What a person chooses for themselves: looks, time zone, keys, and where their list begins."""

from __future__ import annotations

from collections.abc import Mapping
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


@dataclass(frozen=True)
class Preferences:
    """The choices of one person. `time_zone` is an IANA name, or empty for that of the device."""

    theme: str = SYSTEM
    density: str = COMFORTABLE
    time_zone: str = ""
    single_keys: bool = True
    scope: str = DEFAULT_SCOPE

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> Preferences:
        """Return the stored choices; whatever this version does not know falls back to its default."""
        found = stored or {}

        def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
            value = found.get(name)
            return value if isinstance(value, str) and value in allowed else default

        zone = found.get("time_zone")
        return cls(
            theme=choice("theme", THEMES, SYSTEM),
            density=choice("density", DENSITIES, COMFORTABLE),
            time_zone=zone if isinstance(zone, str) else "",
            single_keys=found.get("single_keys") is not False,
            scope=choice("scope", SCOPES, DEFAULT_SCOPE),
        )

    def to_stored(self) -> dict[str, Any]:
        """Return what the database keeps."""
        return asdict(self)


@dataclass(frozen=True)
class ProfileValues:
    """Everything that a person may write about themselves."""

    display_name: str
    email: str = ""
    preferences: Preferences = Preferences()

    def to_dict(self) -> dict[str, Any]:
        """Return the values by field name, for telling what differs."""
        return {"display_name": self.display_name, "email": self.email, **asdict(self.preferences)}
