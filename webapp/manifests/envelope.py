"""The envelope of every manifest: apiVersion, kind, metadata and the spec that the kind defines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import BaseModel, Field, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from webapp.core import rules
from webapp.manifests.fields import (
    DEFAULT_VERSION,
    REFUSED,
    ApiVersion,
    Description,
    Fields,
    Finding,
    Name,
    Tag,
    Version,
    converted_name,
    dig,
)
from webapp.manifests.problems import Path

__all__ = ["Envelope", "Manifest", "Metadata"]

ModelT = TypeVar("ModelT", bound=BaseModel)

_ANNOTATIONS_SCHEMA = {
    "anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}],
}


def _annotations(value: object, _: object) -> list[dict[str, object]]:
    entries, errors = rules.clean_annotations(value)
    if errors:
        raise PydanticCustomError(
            REFUSED,
            "{message}",
            {"message": errors[0][1].message, "below": errors, "hint": None, "suggestion": None},
        )
    return entries


class Metadata(Fields):
    """What every record has."""

    name: Name = Field(description="Lower-case words joined by underscores, at most 64 characters.")
    description: Description = Field("", description="What the record is for.")
    version: Version = Field(DEFAULT_VERSION, description='Semantic version in quotes, such as "1.0.0".')
    tags: list[Tag] = Field(default=[], description="Words to find the record by.")
    annotations: Annotated[
        list[dict[str, object]], WrapValidator(_annotations), WithJsonSchema(_ANNOTATIONS_SCHEMA)
    ] = Field([], description="Notes for programs: a list of single-key maps, or one plain map.")


class _AnyMetadata(Metadata):
    """Metadata of a kind that is not known, which may be a plugin."""

    plugin_class: object = None


class Envelope(Fields):
    """A manifest of a kind that is not known: only what stands around the spec is checked."""

    api_version: ApiVersion = Field(description="Always smarter.sh/v1.")
    kind: str
    metadata: _AnyMetadata
    spec: object
    status: object = Field(None, description="Ignored: the platform writes it.")


class Manifest(Fields):
    """Base of the manifests of a kind. A domain adds `spec` and narrows `metadata`.

    `kind_name` and `kind_aliases` are the kinds it answers to. `ignored` maps paths that older manifests carry to why
    they are not stored, `renamed` maps paths to today's key, `references` are paths that name other records, and
    `secret_paths` are those whose text is never kept or shown; of what stands beside them only `open_keys` are shown.
    """

    kind_name: ClassVar[str] = ""
    kind_aliases: ClassVar[tuple[str, ...]] = ()
    ignored: ClassVar[Mapping[Path, str]] = {}
    renamed: ClassVar[Mapping[Path, str]] = {}
    references: ClassVar[tuple[Path, ...]] = ()
    secret_paths: ClassVar[tuple[Path, ...]] = ()
    open_keys: ClassVar[frozenset[str]] = frozenset()

    api_version: ApiVersion = Field(description="Always smarter.sh/v1.")
    kind: str
    metadata: Metadata
    status: object = Field(None, description="Ignored: the platform writes it.")

    def with_value(self, path: Path, value: object) -> Self:
        """Return the same manifest with another value at a path of fields, written as in a document."""
        return _with_value(self, path, value)

    @classmethod
    def findings(cls, data: Mapping[str, object]) -> Iterator[Finding]:
        """Yield what the rules say that look at several fields, and the notices; `data` may be wrong in any way.

        They run beside the field types, so that one pass reports everything.
        """
        for path in (("metadata", "name"), *cls.references):
            value = dig(data, *path)
            name = converted_name(value) if isinstance(value, str) else None
            if name is not None and name != value:
                what = "name" if path[-1] == "name" else "reference"
                yield Finding(path, f"The {what} is stored as {name}.", suggestion=name, severity="notice")


def _with_value(model: ModelT, path: Path, value: object) -> ModelT:
    fields = type(model).model_fields.items()
    name = next(name for name, field in fields if (field.alias or name) == path[0])
    new = value if len(path) == 1 else _with_value(getattr(model, name), path[1:], value)
    return model.model_copy(update={name: new})
