"""What the next page says in its corner: one line, and where there is one, the button that takes the act back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, session


@dataclass(frozen=True)
class Undo:
    """A form with one button; `fields` hold the revision, so that it never undoes more than it says.

    `live` is the id of the element that has the focus afterwards; then htmx sends the form.
    """

    url: str
    fields: Mapping[str, str | int]
    label: str = "Undo"
    live: str = ""


@dataclass(frozen=True)
class Link:
    """Where to go on."""

    url: str
    label: str


def toast_value(
    message: str, *, name: str = "", undo: Undo | None = None, link: Link | None = None
) -> dict[str, Any]:
    """Return what `_macros/toast.html` shows; see `say`."""
    value: dict[str, Any] = {"message": message, "name": name}
    if undo:
        value |= {"action_url": undo.url, "action_label": undo.label, "action_fields": dict(undo.fields)}
        if undo.live:
            value["action_live"] = undo.live
    if link:
        value |= {"link_url": link.url, "link_label": link.label}
    return value


def say(
    message: str,
    *,
    name: str = "",
    undo: Undo | None = None,
    link: Link | None = None,
    category: str = "success",
) -> None:
    """Let the next page show a toast; the same one only once, however often a button was pressed.

    Args:
        message: what happened; a sentence without its full stop.
        name: of the record, shown first and as names are.
        undo: how to take it back.
        link: where to go on.
        category: `success`, `info` for what changed nothing, or `warning`, which stays until it is dismissed.
    """
    value = toast_value(message, name=name, undo=undo, link=link)
    if (category, value) not in session.get("_flashes", ()):
        # Flask types it as a text; a mapping travels as well, and templates/_macros/toast.html reads it.
        flash(value, category)  # type: ignore[arg-type]
