"""Template filters: numbers, times and sizes as people read them."""

from __future__ import annotations

import datetime as dt
import zlib

from flask import Flask

from webapp.core.clock import as_utc

AVATAR_COLOURS = 6
KIB = 1024
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def init_filters(app: Flask) -> None:
    """Register the filters and tests that templates use."""
    app.jinja_env.filters.update(
        num=number,
        utc=utc,
        iso=iso,
        day=day,
        short_day=short_day,
        filesize=filesize,
        avatar=avatar_colour,
        plural=plural,
    )


def number(value: int) -> str:
    """Return a number with separators: 3,214."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its word: "1 plugin", "3,214 plugins"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def utc(value: dt.datetime) -> str:
    """Return a moment for the tooltip and for pages without JavaScript: 2026-11-23 14:02 UTC."""
    return f"{as_utc(value).isoformat(' ')[:16]} UTC"


def iso(value: dt.datetime) -> str:
    """Return a moment for `<time datetime>`; the same whoever looks and whenever."""
    return f"{as_utc(value).isoformat()[:19]}Z"


def day(value: dt.datetime) -> str:
    """Return a day as a person writes it: 15 June 2024."""
    moment = as_utc(value)
    return f"{moment.day} {moment:%B %Y}"


def short_day(value: dt.datetime) -> str:
    """Return a day as a column has room for it: 15 Jun 2024."""
    moment = as_utc(value)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def filesize(size: int) -> str:
    """Return a size in bytes, KB or MB: 3.1 KB."""
    if size < KIB:
        return plural(size, "byte")
    if size < KIB * KIB:
        return f"{size / KIB:.1f} KB"
    return f"{size / KIB / KIB:.1f} MB"


def avatar_colour(name: str) -> int:
    """Return the number of a person's avatar colour, the same on every page and worker."""
    return zlib.crc32(name.encode()) % AVATAR_COLOURS
