"""Types for the fields of a manifest: the rules of `core.rules` as pydantic validators, and how a rule refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NoReturn, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    JsonValue,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError

from webapp.core import rules, semver, text
from webapp.core.errors import FieldError
from webapp.manifests.problems import Path, Severity
from webapp.manifests.scalars import written

REFUSED = "plugdeck"
"""The type of the pydantic errors that carry our own sentences."""

API_VERSIONS = ("smarter.sh/v1", "smarter.sh/v0")
DEFAULT_VERSION = "1.0.0"
LINE_MAX = 255


@dataclass(frozen=True)
class Finding:
    """Something that a rule says about a path of a document.

    `suggestion` is the value to write instead, `rename` the key.
    """

    path: Path
    message: str
    hint: str | None = None
    suggestion: str | int | float | bool | None = None
    severity: Severity = "error"
    rename: str | None = None


_GIVEN: dict[frozenset[str], set[str]] = {}
_GIVEN_MAX = 1_000


class Fields(BaseModel):
    """Base of every part of a manifest: camelCase keys, nothing unknown, no conversion between types."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)

    def model_post_init(self, _context: object, /) -> None:
        """Share the set of the fields that were given: in thousands of manifests, sets are a third of the memory."""
        given = self.__pydantic_fields_set__
        if len(_GIVEN) < _GIVEN_MAX:
            given = _GIVEN.setdefault(frozenset(given), given)
        else:
            given = _GIVEN.get(frozenset(given), given)
        object.__setattr__(self, "__pydantic_fields_set__", given)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, data: object) -> object:
        """Leave out keys without a value where the field has a default and null is no value of its own."""
        if not isinstance(data, dict) or None not in data.values():
            return data
        keep = {
            info.alias or name
            for name, info in cls.model_fields.items()
            if info.is_required() or type(None) in getattr(info.annotation, "__args__", ())
        }
        known = {info.alias or name for name, info in cls.model_fields.items()}
        return {
            key: value for key, value in data.items() if value is not None or key in keep or key not in known
        }


def refuse(message: str, *, hint: str | None = None, suggestion: str | None = None) -> NoReturn:
    """Refuse a value from within a validator, in a sentence of ours."""
    raise PydanticCustomError(
        REFUSED, "{message}", {"message": message, "hint": hint, "suggestion": suggestion}
    )


def refuse_for(errors: Iterable[FieldError]) -> None:
    """Refuse a value for the errors that a rule of `core.rules` found; nothing happens when there are none."""
    found = list(errors)
    if found:
        refuse(" ".join(error.message for error in found), suggestion=found[0].suggestion)


@dataclass(frozen=True, slots=True)
class Published(AfterValidator):
    """A validator that also says in the JSON Schema what it takes, as far as that can be said there."""

    # What the schema says follows from the rule, so two validators are told apart by that alone.
    says: Mapping[str, object] = field(default_factory=dict, compare=False)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema of the type with what the rule adds."""
        return {**handler(core), **self.says}


def checked(check: Callable[[object], list[FieldError]], **says: object) -> AfterValidator:
    """Return the validator that applies a rule of `core.rules` to a value of the right type.

    Args:
        check: the rule.
        says: what the JSON Schema says of it.
    """

    def apply(value: object) -> object:
        refuse_for(check(value))
        return value

    return Published(apply, says=says)


def one_of(*options: str) -> AfterValidator:
    """Return the validator for a word out of a few; another spelling of one of them is suggested."""

    def apply(value: str) -> str:
        if value in options:
            return value
        refuse(f"This is not one of {', '.join(options)}.", suggestion=meant(value, options))

    return Published(apply, says={"enum": list(options)})


def names(kind: str) -> dict[str, JsonValue]:
    """Return what the JSON Schema says of a field that names another record, for editors that complete names."""
    return {"x-names": kind}


def line(limit: int = LINE_MAX, *, empty: bool = False) -> AfterValidator:
    """Return the validator for text of one line with at most `limit` characters."""

    def apply(value: str) -> str:
        if not value.strip() and not empty:
            refuse("This is empty.", hint="Write at least one character.")
        if len(value) > limit:
            refuse(f"Use at most {limit:,} characters.")
        if any(ord(character) < 0x20 or character in "\x7f\x85\u2028\u2029" for character in value):
            refuse("Leave out line breaks and control characters.")
        return value

    return Published(apply, says={"maxLength": limit, **({} if empty else {"minLength": 1})})


def whole(low: int, high: int) -> AfterValidator:
    """Return the validator for a whole number between two others."""

    def apply(value: int) -> int:
        if not low <= value <= high:
            refuse(f"Use a whole number from {low:,} to {high:,}.")
        return value

    return Published(apply, says={"minimum": low, "maximum": high})


def prose(limit: int) -> AfterValidator:
    """Return the validator for text of any lines with at most `limit` characters."""
    return checked(lambda value: rules.check_text(value, limit=limit), maxLength=limit)


def meant(value: str, options: Iterable[str]) -> str | None:
    """Return the option that `value` most likely means, or None."""
    import difflib  # Only needed once something is wrong.

    by_fold = {_squeezed(option): option for option in options}
    folded = _squeezed(value)
    if folded in by_fold:
        return by_fold[folded]
    close = difflib.get_close_matches(folded[:200], by_fold, n=1, cutoff=0.6)
    if close:
        return by_fold[close[0]]
    # A field with something stuck to it: systemRole_invalid, bad_max_tokens.
    inside = [option for key, option in by_fold.items() if len(key) > 4 and key in folded]
    return inside[0] if len(inside) == 1 else None


def converted_name(value: str) -> str | None:
    """Return the snake_case name that an import makes of `value`; None when nothing is left or it is too long."""
    stripped = value.strip()
    if text.is_snake_case(stripped):
        candidate: str | None = stripped
    else:
        candidate = text.to_snake_case(stripped)
        if not text.is_snake_case(candidate):
            candidate = text.suggest_name(stripped) if len(candidate) <= text.NAME_MAX else None
    return candidate if candidate and len(candidate) <= text.NAME_MAX else None


def dig(data: object, *path: str | int) -> object:
    """Return what stands at a path of loaded data, None when the path does not exist."""
    for part in path:
        if isinstance(data, Mapping) and isinstance(part, str):
            data = cast("Mapping[str, object]", data).get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def items(data: object, *path: str | int) -> Iterator[tuple[int, object]]:
    """Yield the entries of a list at a path with their positions; nothing when there is no list."""
    found = dig(data, *path)
    if isinstance(found, list):
        yield from enumerate(found)


def _squeezed(value: str) -> str:
    return value.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _as_text(value: object) -> object:
    found = written(value)
    return value if found is None else found


def _name(value: object) -> object:
    if not isinstance(value, str):
        return value
    name = converted_name(value)
    if name is None:
        refuse_for(rules.check_name(value, new=False))
    return name


def _reference(value: object) -> object:
    if isinstance(value, str):
        return _name(value) if value.strip() else ""
    return value


def _version(value: object) -> object:
    if isinstance(value, str) and value:
        refuse_for(rules.check_version(value))
        return value
    if value == "":
        return DEFAULT_VERSION
    if isinstance(value, bool):
        refuse("This is read as true or false.", hint="Write three numbers in quotes.")
    if not isinstance(value, int | float):
        return value
    shown = written(value) or ""
    number = "whole number" if isinstance(value, int) else "number"
    refuse(
        f"This is read as the {number} {value!r}.",
        hint="Quote it and give it three parts.",
        suggestion=semver.suggest(shown),
    )


def _api_version(value: str) -> str:
    if value not in API_VERSIONS:
        refuse(
            "This version of the manifest format is not known.",
            hint=f"Write {API_VERSIONS[0]}.",
            suggestion=API_VERSIONS[0],
        )
    return value


def _tag(value: str) -> str:
    refuse_for(rules.check_tag(value))
    return rules.clean_tag(value)


AsText = Annotated[
    str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number", "integer", "boolean"]})
]
"""Text; a number or boolean is taken as the text that was written."""

Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "minLength": 1})]
Reference = Annotated[str, BeforeValidator(_reference)]
"""The name of another record, converted like the name itself; "" names none."""

Version = Annotated[
    str, BeforeValidator(_version), WithJsonSchema({"type": "string", "pattern": semver.PATTERN})
]
ApiVersion = Annotated[str, AfterValidator(_api_version), WithJsonSchema({"enum": list(API_VERSIONS)})]
Tag = Annotated[str, Published(_tag, says={"minLength": 1})]
Description = Annotated[str, checked(rules.check_description, maxLength=rules.DESCRIPTION_MAX)]
