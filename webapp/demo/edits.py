"""What was changed after a manifest of the demo was applied, so that history and the feed have something to tell.

A file here is applied as it was before these changes; the changes lead to what the file says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One field that somebody changed in place.

    Args:
        username: who did it.
        field: its name in `PluginValues`.
        before: what the manifest had said.
        reason: why.
    """

    username: str
    field: str
    before: str
    reason: str

    @property
    def line(self) -> re.Pattern[str]:
        """Return the pattern of the line of a manifest that holds the field, in its metadata."""
        return re.compile(rf"^  {self.field}: (.*)$", re.MULTILINE)


EDITS: dict[str, tuple[Edit, ...]] = {
    "store_opening_hours.yaml": (
        Edit(
            "imogen",
            "description",
            "Addresses and hours of the eight shops.",
            "The ninth shop is open, and people ask for the holidays",
        ),
        Edit("imogen", "version", "1.13.0", "Released with the holiday hours"),
    ),
    "delivery_slots.yaml": (
        Edit(
            "tobias",
            "description",
            "Free home delivery slots for a postcode.",
            "Chilled slots were never offered",
        ),
    ),
    "house_style_and_tone.yaml": (
        Edit("imogen", "version", "2.2.1", "The rules for health claims are agreed with legal"),
    ),
    "returns_and_refunds_policy.yaml": (Edit("imogen", "version", "1.9.3", ""),),
}
"""By file name, in the order in which they were made."""


@dataclass(frozen=True)
class TagAlias:
    """Another word for a tag, and who gave it how many days ago."""

    username: str
    tag: str
    name: str
    age_days: int


TAG_ALIASES = (
    TagAlias("imogen", "Quality assurance", "QA", 12),
    TagAlias("imogen", "customer-service", "customer care", 5),
)
