"""A plugin as the text that a person edits: what it says, and everything that is wrong with it. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from webapp.manifests.diff import FieldChange
from webapp.manifests.emit import scalar
from webapp.manifests.fields import Finding
from webapp.manifests.fixes import replace_scalar
from webapp.manifests.loader import Limits, LoadedDocument, Source, load_sources
from webapp.manifests.plan import place
from webapp.manifests.problems import Problem, SourceLines, has_errors, in_order
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins.manifest import compare, export_mapping
from webapp.plugins.models.identity import KIND_OF_CLASS
from webapp.plugins.schema import PLUGIN_MANIFESTS, PluginManifest, to_values
from webapp.plugins.values import PluginValues, StaticData

KINDS = tuple(schema.kind_name for schema in PLUGIN_MANIFESTS)
NAME = ("metadata", "name")
# One record; what is larger is no work for a text field.
LIMITS = Limits(max_bytes=1024 * 1024, max_documents=20)

_SCHEMAS = schemas_by_kind(PLUGIN_MANIFESTS)


@dataclass(frozen=True)
class TypedManifest:
    """A text, the values that it describes (None while anything is wrong) and what there is to say about it."""

    lines: SourceLines
    source: str
    values: PluginValues | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return what keeps the text from being saved."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def notices(self) -> tuple[Problem, ...]:
        """Return what one should know before saving."""
        return tuple(problem for problem in self.problems if problem.severity == "notice")

    def changes(self, record: PluginValues) -> Sequence[FieldChange]:
        """Return the fields in which the text differs from a record; none while anything is wrong."""
        return compare(export_mapping(record), export_mapping(self.values)) if self.values else ()


def read_manifest(
    text: str,
    record: PluginValues,
    *,
    names: Collection[str] = (),
    connections: Sequence[Collection[str]] = ((), ()),
) -> TypedManifest:
    """Return what a text says about one plugin.

    Args:
        text: as it was typed.
        record: the plugin as it is stored.
        names: what the plugin is and was called; a text has to give one of them.
        connections: the names of the account's SQL and API connections.
    """
    source = f"{record.name}.yaml"
    loaded = load_sources([Source(source, text)], LIMITS)
    lines = loaded.texts.get(source) or SourceLines(text)
    problems = list(loaded.problems)
    if len(loaded.documents) != 1:
        problems += _not_one(loaded.documents)
        return TypedManifest(lines, source, None, tuple(in_order(problems)))
    [document] = loaded.documents
    model, found = validate(document, _SCHEMAS)
    problems += found
    problems += _name_problems(document, names or (record.name,), record.name)
    values = to_values(model) if isinstance(model, PluginManifest) else None
    if values is not None:
        problems += place(document, _notices(values, record, connections))
    kept = None if has_errors(problems) else values
    return TypedManifest(lines, source, kept, tuple(in_order(problems)))


def _not_one(documents: Sequence[LoadedDocument]) -> Iterator[Problem]:
    for document in documents[1:]:
        yield Problem(
            document=document.number,
            line=document.line,
            column=1,
            message="This is a second document, and a record is one.",
            hint="Take it out, or apply several on the page Manifests.",
            source=document.source,
        )


def _name_problems(document: LoadedDocument, names: Collection[str], name: str) -> Iterator[Problem]:
    """Refuse another name: anywhere else a manifest with another name is another plugin."""
    typed = document.label("metadata.name")
    if not typed or typed in names:
        return
    message = f"This plugin is called {name}. A manifest of another name is another plugin."
    finding = Finding(NAME, message, "Use Rename to give it another name.")
    [problem] = place(document, [finding])
    span = document.locate([NAME]).get(NAME)
    fix = None
    if span is not None and span.value.single_line:
        fix = replace_scalar(span.value.line, span.value.column, span.value.end_column, scalar(name))
    yield Problem(**{**vars(problem), "fix": fix})


def _notices(
    values: PluginValues, record: PluginValues, connections: Sequence[Collection[str]]
) -> Iterator[Finding]:
    if values.plugin_class != record.plugin_class:
        before, after = KIND_OF_CLASS[record.plugin_class], KIND_OF_CLASS[values.plugin_class]
        message = f"The plugin changes from {before} to {after}; its data is replaced."
        yield Finding(("kind",), message, severity="notice")
    data = values.data
    if data is None or isinstance(data, StaticData) or not data.connection:
        return
    known = connections[0] if values.plugin_class == "sql" else connections[1]
    if data.connection not in known:
        message = f"The plugin will be Not ready until the connection {data.connection} exists."
        yield Finding(("spec", "connection"), message, severity="notice")
