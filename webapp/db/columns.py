"""The vocabulary of columns: annotated types that let a model read like a specification."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Integer,
    String,
    Text,
    TypeDecorator,
    false,
    true,
)
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import JSON

from webapp.core.clock import as_utc, utcnow

# SQLite only makes an INTEGER PRIMARY KEY an alias of the row id; PostgreSQL wants the full 64 bits.
BigId = BigInteger().with_variant(Integer(), "sqlite")

# Keys that are compared and sorted bytewise, so that both databases agree.
BINARY_COLLATION = "C"


def binary_text(length: int) -> String:
    """Return a text type that sorts by code unit on both databases (SQLite's default is already binary)."""
    return String(length).with_variant(String(length, collation=BINARY_COLLATION), "postgresql")


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC datetime in Python; naive UTC text on SQLite, `timestamptz` on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Store UTC whatever zone the value carries; a naive value means UTC."""
        if value is None:
            return None
        value = as_utc(value)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return an aware UTC datetime."""
        return None if value is None else as_utc(value)


class ExactJson(JSON):
    """JSON that is written when its text differs: to Python 1, 1.0 and True are equal, and so is any order of keys."""

    def compare_values(self, x: Any, y: Any) -> bool:
        """Tell whether two values are the same text."""
        return json.dumps(x) == json.dumps(y)


# `json`, not `jsonb`: it keeps the order of keys that a person wrote in a manifest.
OrderedJson = ExactJson(none_as_null=True)

pk = Annotated[int, mapped_column(BigId, primary_key=True)]
ref = Annotated[int, mapped_column(BigId)]
created = Annotated[dt.datetime, mapped_column(UtcDateTime, default=utcnow)]
updated = Annotated[dt.datetime, mapped_column(UtcDateTime, default=utcnow)]
moment = Annotated[dt.datetime, mapped_column(UtcDateTime)]
text = Annotated[str, mapped_column(Text, default="", server_default="")]
flag_on = Annotated[bool, mapped_column(Boolean, default=True, server_default=true())]
flag_off = Annotated[bool, mapped_column(Boolean, default=False, server_default=false())]
counter = Annotated[int, mapped_column(BigInteger, default=0, server_default="0")]
