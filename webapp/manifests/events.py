"""libyaml's events of one document, read one at a time."""

from __future__ import annotations

from collections.abc import Iterator

from yaml._yaml import (
    CParser,
    Mark,
)  # The C parser by its own name: PyYAML's public loaders add constructors.
from yaml.events import Event

__all__ = ["Mark", "begin_of", "end_of", "read_events"]


def read_events(text: str) -> Iterator[Event]:
    """Yield the events of `text` as far as they are asked for; raises YAMLError where it cannot go on."""
    parser = CParser(text)
    while (event := parser.get_event()) is not None:
        yield event


def begin_of(event: Event) -> Mark:
    """Return where an event starts; the C parser always knows."""
    mark = event.start_mark
    if not isinstance(mark, Mark):
        raise TypeError("The event was not made by the C parser.")
    return mark


def end_of(event: Event) -> Mark:
    """Return where an event ends."""
    mark = event.end_mark
    if not isinstance(mark, Mark):
        raise TypeError("The event was not made by the C parser.")
    return mark
