"""What a browser would send of the forms on a page, for scripts that use the console as people do."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Fields = list[tuple[str, str]]


@dataclass
class Form:
    """A form: where it is sent, "" for the address of its page, and what stands in it."""

    action: str
    fields: Fields = field(default_factory=list)


def fields_of(page: str, action: str) -> dict[str, str]:
    """Return the fields of the form that is sent to an address.

    Raises:
        LookupError: no form of the page is sent there.
    """
    for form in _read(page):
        if form.action.partition("?")[0] in ("", action):
            return dict(form.fields)
    raise LookupError(f"No form of the page is sent to {action}.")


def form_with(page: str, name: str) -> Fields:
    """Return the fields of the form that has a field of this name.

    Raises:
        LookupError: no form of the page has it.
    """
    for form in _read(page):
        if any(found == name for found, _ in form.fields):
            return form.fields
    raise LookupError(f"No form of the page has a field {name}.")


def _read(page: str) -> list[Form]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    """Collects the fields of each form as a browser sends them; what templates hold is not sent."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._templates = 0
        self._select: tuple[str, list[str]] | None = None
        self._area: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._templates += 1
        elif tag == "form":
            self._open = Form(held.get("action", ""))
            self.forms.append(self._open)
        elif self._open is None or self._templates or "disabled" in held:
            return
        elif tag == "input" and held.get("name"):
            self._input(self._open, held)
        elif tag == "textarea":
            self._area = (held.get("name", ""), "")
        elif tag == "select":
            self._select = (held.get("name", ""), [])
        elif tag == "option" and self._select:
            chosen = self._select[1]
            chosen.insert(0 if "selected" in held else len(chosen), held.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area = (self._area[0], self._area[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._templates -= 1
        elif tag == "form":
            self._open = None
        elif tag == "textarea" and self._area and self._open:
            name, text = self._area
            if name:
                self._open.fields.append((name, text.removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._select and self._open:
            name, values = self._select
            if name and values:
                self._open.fields.append((name, values[0]))
            self._select = None

    @staticmethod
    def _input(form: Form, held: dict[str, str]) -> None:
        kind = held.get("type", "text")
        if kind in ("submit", "button", "file") or (kind in ("checkbox", "radio") and "checked" not in held):
            return
        form.fields.append((held["name"], held.get("value", "on" if kind == "checkbox" else "")))
