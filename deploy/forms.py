"""What a browser would send of a form on a page, for scripts that use the console as people do."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self._action = action
        self._inside = False
        self._text: str | None = None
        self._select: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._inside = found.get("action", self._action).partition("?")[0] == self._action
        if not self._inside:
            return
        name = found.get("name")
        if tag == "input" and name:
            kind = found.get("type", "text")
            if kind not in ("submit", "button", "file") and (
                kind not in ("checkbox", "radio") or "checked" in found
            ):
                self.fields[name] = found.get("value", "on" if kind == "checkbox" else "")
        elif tag == "textarea" and name:
            self._text = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in found or self._select not in self.fields):
            self.fields[self._select] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            self.fields[self._text] = self.fields[self._text].removeprefix("\n")
            self._text = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._inside = False


def fields_of(page: str, action: str) -> dict[str, str]:
    """Return the fields of the form that is sent to an address, with the values that stand in them."""
    form = _Form(action)
    form.feed(page)
    return form.fields
