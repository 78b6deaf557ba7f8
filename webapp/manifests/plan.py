"""What applying manifests would do, document by document. Plain data: making and executing it is the service's."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

from webapp.core.errors import Conflict, SmarterValueError
from webapp.manifests.diff import FieldChange
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import Finding
from webapp.manifests.judgement import Judgement
from webapp.manifests.loader import LoadedDocument
from webapp.manifests.moved import ItemMerge
from webapp.manifests.options import Owner
from webapp.manifests.positions import nearest
from webapp.manifests.problems import Problem, SourceLines, format_path
from webapp.manifests.registry import CurrentRecord

Action = Literal["create", "update", "unchanged", "skip", "refused"]
ACTIONS: tuple[Action, ...] = ("create", "update", "unchanged", "skip", "refused")


@dataclass(frozen=True, eq=False, slots=True)
class PlanItem:
    """What happens to one document, and what there is to say about it.

    `current` is the stored record that the plan was made against; after applying, the record that was written.
    """

    document: LoadedDocument = field(repr=False)
    kind: str
    name: str
    action: Action
    problems: tuple[Problem, ...] = ()
    notices: tuple[Problem, ...] = ()
    changes: tuple[FieldChange, ...] = field(default=(), repr=False)
    model: Manifest | None = field(default=None, repr=False)
    current: CurrentRecord | None = None
    page: str | None = None
    # The version that the record had, "" when the document creates it.
    version_before: str = ""
    # What was stored when the plan was made, and what will be; both are made when asked for.
    before: Callable[[], Mapping[str, object]] | None = field(default=None, repr=False)
    after: Callable[[], Mapping[str, object]] | None = field(default=None, repr=False)
    # Why the document is skipped.
    reason: str = ""
    # The name in the document, when it is taken and another one is given to the record.
    renamed_from: str = ""
    # Whose a new record will be, or who an existing one is handed over to; None leaves that as it is.
    owner: Owner | None = None
    judgement: Judgement | None = None
    # How the document was merged with what others wrote since the plan that was shown.
    merge: ItemMerge | None = field(default=None, repr=False)

    @property
    def number(self) -> int:
        """Return the number of the document over everything that was given, from 1."""
        return self.document.number

    @property
    def source(self) -> str:
        """Return the name of the file, or of the pasted text."""
        return self.document.source

    @property
    def version(self) -> str:
        """Return the version that the document gives the record."""
        return self.model.metadata.version if self.model else ""

    @property
    def writes(self) -> bool:
        """Tell whether applying the plan writes this record."""
        return self.action in ("create", "update")


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that applying would do. With a refused document nothing is applied at all."""

    items: tuple[PlanItem, ...]
    # What concerns the import as a whole, such as its size.
    problems: tuple[Problem, ...] = ()
    texts: Mapping[str, SourceLines] = field(repr=False, default_factory=dict)

    @property
    def refused(self) -> bool:
        """Tell whether anything keeps the plan from being applied."""
        return bool(self.problems) or any(item.action == "refused" for item in self.items)

    @property
    def counts(self) -> dict[Action, int]:
        """Return how many documents there are of each action that occurs."""
        found = Counter(item.action for item in self.items)
        return {action: found[action] for action in ACTIONS if found[action]}

    @property
    def writes(self) -> int:
        """Return how many records applying the plan writes."""
        return sum(item.writes for item in self.items)

    @property
    def undecided(self) -> int:
        """Return how many choices between two sides are left to make."""
        return sum(len(item.merge.undecided) for item in self.items if item.merge is not None)

    @property
    def all_problems(self) -> list[Problem]:
        """Return every problem of the import and of its documents, in the order of the documents."""
        return [*self.problems, *(problem for item in self.items for problem in item.problems)]

    @cached_property
    def digest(self) -> str:
        """Return what identifies this plan: the same documents against the same records give the same text.

        Values of secrets are not part of it: a short one could be guessed from it. Nor are the sides that are chosen
        in a merge: they are made in the plan that is shown.
        """
        total = hashlib.sha256()
        for item in self.items:
            stored = (item.current.id, item.current.revision) if item.current else None
            given = item.merge.given if item.merge else item.model
            content = given.model_dump_json() if given else ""
            action, base = (item.action, 0) if item.merge is None else ("merge", item.merge.base)
            owner = item.owner.profile_id if item.owner else None
            said = (item.number, item.kind, item.name, action, stored, base, owner, content)
            total.update(repr(said).encode())
        return total.hexdigest()


class Packed:
    """A manifest that is seldom looked at: thousands of them fit into memory."""

    __slots__ = ("_text",)

    def __init__(self, mapping: Mapping[str, object]) -> None:
        """Take a manifest as plain JSON values."""
        self._text = zlib.compress(json.dumps(mapping).encode(), 1)

    def __call__(self) -> Mapping[str, object]:
        """Return the manifest."""
        return cast("Mapping[str, object]", json.loads(zlib.decompress(self._text)))


class PlanRefused(SmarterValueError):
    """The plan holds a refused document, so nothing was written."""

    def __init__(self, plan: Plan) -> None:
        """Keep the plan; its problems say what to correct."""
        problems = plan.all_problems
        first = f" {problems[0].message}" if problems else ""
        super().__init__(f"Nothing was written, because a document is refused.{first}")
        self.plan = plan


class PlanUndecided(Conflict):
    """Two sides changed the same field and none is chosen, so nothing was written."""

    default_message = "Choose a side for every field that somebody else changed too. Nothing is written yet."


class PlanMoved(Conflict):
    """A record was changed after the plan was made, so nothing was written."""

    default_message = (
        "A record was changed after this plan was made. Nothing was written; check the new plan."
    )


def place(document: LoadedDocument, findings: Iterable[Finding]) -> list[Problem]:
    """Return findings as problems at their places in the source."""
    wanted = list(findings)
    if not wanted:
        return []
    spans = document.locate(item.path for item in wanted)
    problems = []
    for finding in wanted:
        _, span = nearest(spans, finding.path)
        where = None if span is None else span.value if span.kind == "scalar" else span.key or span.value
        problems.append(
            Problem(
                document=document.number,
                line=where.line if where else document.line,
                column=where.column if where else 1,
                path=format_path(finding.path),
                message=finding.message,
                hint=finding.hint,
                source=document.source,
                severity=finding.severity,
            )
        )
    return problems
