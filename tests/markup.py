"""A strict reader of HTML for tests: a small tree, and an error for whatever a browser would have to guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img"),
        *("input", "link", "meta", "param", "source", "track", "wbr"),
    )
)


@dataclass
class Element:
    """One element with its attributes and children (elements and text)."""

    tag: str
    attrs: dict[str, str | None]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)
    line: int = 0

    def __getitem__(self, name: str) -> str:
        """Return an attribute; an absent one and one without a value are empty."""
        return self.attrs.get(name) or ""

    def __contains__(self, name: str) -> bool:
        """Tell whether the attribute is there."""
        return name in self.attrs

    def __str__(self) -> str:
        """Return the start tag, for messages."""
        shown = "".join(
            f' {key}="{value}"' if value is not None else f" {key}" for key, value in self.attrs.items()
        )
        return f"<{self.tag}{shown}> in line {self.line}"

    def walk(self) -> Iterator[Element]:
        """Return this element and all below, in order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend([child for child in reversed(element.children) if not isinstance(child, str)])

    def all(
        self, tag: str = "", /, where: Callable[[Element], bool] | None = None, **attrs: str
    ) -> list[Element]:
        """Return the elements below with the tag and attributes.

        Args:
            tag: any tag when not given.
            where: what else has to hold.
            attrs: `_` stands for `-`; `class_` is one of the classes, `text` the whole text.
        """
        return [
            item
            for item in self.walk()
            if (not tag or item.tag == tag) and item is not self and item._fits(where, attrs)
        ]

    def one(self, tag: str = "", /, **attrs: str) -> Element:
        """Return the only such element."""
        found = self.all(tag, None, **attrs)
        assert len(found) == 1, f"{len(found)} elements {tag} {attrs}, not one"
        return found[0]

    def find(self, tag: str = "", /, **attrs: str) -> Element | None:
        """Return the first such element, or None."""
        return next(iter(self.all(tag, None, **attrs)), None)

    def above(self, *tags: str) -> Element | None:
        """Return the nearest element above that has one of the tags."""
        parent = self.parent
        while parent is not None and parent.tag not in tags:
            parent = parent.parent
        return parent

    @property
    def text(self) -> str:
        """Return the text below with single spaces, without what is in scripts and templates."""
        return " ".join(self._words().split())

    @property
    def raw(self) -> str:
        """Return the text below as it is."""
        return self._words()

    def _words(self) -> str:
        return "".join(child if isinstance(child, str) else child._words() for child in self.children)

    def _fits(self, where: Callable[[Element], bool] | None, attrs: dict[str, str]) -> bool:
        for key, value in attrs.items():
            if key == "class_":
                if value not in self["class"].split():
                    return False
            elif key == "text":
                if self.text != value:
                    return False
            elif self[key.rstrip("_").replace("_", "-")] != value:
                return False
        return where is None or where(self)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {})
        self.here = self.root
        self.problems: list[str] = []
        self.doctype = False

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl.lower() == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID and not self._in_svg(element):
            self.problems.append(f"{element} closes itself, which HTML ignores")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            self.problems.append(f"</{tag}> in line {self.getpos()[0]} closes an element that has no end")
        elif self.here.tag != tag:
            self.problems.append(f"</{tag}> in line {self.getpos()[0]} while {self.here} is open")
            if (opened := self.here.above(tag)) is not None and opened.parent is not None:
                self.here = opened.parent
        else:
            assert self.here.parent is not None
            self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        element = Element(tag, dict(attrs), self.here, line=self.getpos()[0])
        if len(element.attrs) < len(attrs):
            self.problems.append(f"{element} repeats an attribute")
        self.here.children.append(element)
        return element

    def _in_svg(self, element: Element) -> bool:
        return element.tag == "svg" or element.above("svg", "math") is not None


@dataclass
class Document:
    """What was read: the tree, whether it is a whole page, and where it is broken."""

    root: Element
    is_page: bool
    problems: list[str]


def read_html(text: str) -> Document:
    """Return the tree of a page or fragment with everything that is wrong in its syntax."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.here is not reader.root:
        reader.problems.append(f"{reader.here} is never closed")
    is_page = reader.root.find("html") is not None
    if is_page and not reader.doctype:
        reader.problems.append("the page has no doctype")
    return Document(reader.root, is_page, reader.problems)


def form_fields(form: Element) -> list[tuple[str, str]]:
    """Return what a browser would send for the form as it stands, without any button."""
    found: list[tuple[str, str]] = []
    for item in form.walk():
        if not item["name"] or "disabled" in item:
            continue
        fieldset = item.above("fieldset")
        if fieldset is not None and "disabled" in fieldset:
            continue
        if item.tag == "input":
            kind = item["type"] or "text"
            if kind in ("submit", "button", "image", "reset", "file"):
                continue
            if kind in ("checkbox", "radio"):
                if "checked" in item:
                    found.append((item["name"], item.attrs.get("value", "on") or ""))
                continue
            found.append((item["name"], item["value"]))
        elif item.tag == "textarea":
            # A browser turns CRLF into LF as it reads a page, and then drops one line feed after the tag.
            raw = item.raw.replace("\r\n", "\n").removeprefix("\n")
            found.append((item["name"], raw.replace("\n", "\r\n")))
        elif item.tag == "select":
            found.extend((item["name"], value) for value in _chosen(item))
    return found


def _chosen(select: Element) -> list[str]:
    options = [option for option in select.all("option") if "disabled" not in option]
    chosen = [option for option in options if "selected" in option]
    if not chosen and "multiple" not in select and options:
        chosen = options[:1]
    return [option.attrs.get("value", option.text) or "" for option in chosen]
