"""One document while a plan is made: what is known of it so far, and the item of the plan that becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, TypeVar

from webapp.manifests.diff import FieldChange
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import Finding
from webapp.manifests.judgement import Judgement
from webapp.manifests.loader import LoadedDocument
from webapp.manifests.moved import ItemMerge
from webapp.manifests.options import Owner
from webapp.manifests.plan import Action, Packed, PlanItem, place
from webapp.manifests.problems import Problem, has_errors, in_order
from webapp.manifests.registry import CurrentRecord, KindHandler

ViewerT = TypeVar("ViewerT")

NAME = ("metadata", "name")
VERSION = ("metadata", "version")


@dataclass(eq=False, slots=True)
class Draft(Generic[ViewerT]):
    """One document while the plan is made."""

    document: LoadedDocument
    kind: str
    name: str
    handler: KindHandler[ViewerT, Manifest] | None
    model: Manifest | None
    problems: list[Problem]
    findings: list[Finding] = field(default_factory=list)
    current: CurrentRecord | None = None
    changes: Sequence[FieldChange] = ()
    reason: str = ""
    renamed_from: str = ""
    owner: Owner | None = None
    judgement: Judgement | None = None
    merge: ItemMerge | None = None
    before: Packed | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        """Return what no two documents may share; None for a document that names no record."""
        return (self.handler.family, self.name) if self.handler and self.name else None

    @property
    def refused(self) -> bool:
        """Tell whether the document has an error."""
        found = has_errors(self.problems) or any(item.severity == "error" for item in self.findings)
        return self.model is None or found

    @property
    def action(self) -> Action:
        """Return what happens to the document, as far as is known."""
        if self.refused:
            return "refused"
        if self.reason:
            return "skip"
        if self.current is None:
            return "create"
        return "update" if self.changes else "unchanged"

    def say(
        self, path: tuple[str, ...], message: str, hint: str | None = None, *, error: bool = False
    ) -> None:
        """Add something that there is to say about a path of the document."""
        self.findings.append(Finding(path, message, hint, severity="error" if error else "notice"))

    def item(self) -> PlanItem:
        """Return the item of the plan."""
        said = in_order([*self.problems, *place(self.document, self.findings)])
        found = PlanItem(
            document=self.document,
            kind=self.kind,
            name=self.name,
            action=self.action,
            problems=tuple(problem for problem in said if problem.severity == "error"),
            notices=tuple(problem for problem in said if problem.severity == "notice"),
            changes=tuple(self.changes),
            model=self.model,
            current=self.current,
            page=self.handler.page if self.handler else None,
            version_before=self.current.version if self.current else "",
            reason=self.reason,
            renamed_from=self.renamed_from,
            owner=self.owner,
            judgement=self.judgement,
            merge=self.merge,
        )
        if found.action != "update" or self.handler is None or self.model is None or self.current is None:
            return found
        return replace(found, before=self.before, after=partial(self.handler.mapping, self.model))
