"""Every key of the console and what it does: the sheet that ? opens. A test compares it with static/js/keys.js."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shortcut:
    """A key, or several that are pressed together ("Ctrl+K") or one after the other ("g p").

    `single` says that it is a plain character, which the profile can turn off.
    """

    keys: str
    does: str
    single: bool = True

    @property
    def strokes(self) -> tuple[tuple[str, ...], ...]:
        """Return what is pressed one after the other, each with what is held meanwhile."""
        return tuple(tuple(part.split("+")) for part in self.keys.split(" "))


SHEET: tuple[tuple[str, tuple[Shortcut, ...]], ...] = (
    (
        "Everywhere",
        (
            Shortcut("Ctrl+K", "Search or jump to", single=False),
            Shortcut("/", "Search the list"),
            Shortcut("n", "New plugin"),
            Shortcut("z", "Undo, while its message is shown"),
            Shortcut("?", "This sheet"),
            Shortcut("Escape", "Close one level", single=False),
        ),
    ),
    (
        "Go to",
        (
            Shortcut("g p", "Plugins"),
            Shortcut("g m", "Manifests"),
            Shortcut("g t", "Tags"),
            Shortcut("g c", "Connections"),
            Shortcut("g a", "Activity"),
            Shortcut("g o", "Overview"),
            Shortcut("g h", "Help"),
        ),
    ),
    (
        "In a list",
        (
            Shortcut("j", "Next row"),
            Shortcut("k", "Row before"),
            Shortcut("Enter", "Open the row", single=False),
            Shortcut("Ctrl+Enter", "Open it in a new tab", single=False),
            Shortcut("x", "Select the row"),
            Shortcut("e", "Edit the row"),
            Shortcut("c", "Copy its link"),
            Shortcut("f", "Filters"),
        ),
    ),
    (
        "On a record",
        (
            Shortcut("e", "Edit"),
            Shortcut("c", "Copy the link"),
            Shortcut("[", "Previous record"),
            Shortcut("]", "Next record"),
        ),
    ),
    (
        "In a form",
        (
            Shortcut("Ctrl+S", "Save", single=False),
            Shortcut("1", "Take the first side, where two changes meet"),
            Shortcut("2", "Take the second side"),
            Shortcut("Escape Tab", "Leave the YAML editor", single=False),
        ),
    ),
)
"""The sheet in its groups."""
