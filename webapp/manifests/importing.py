"""Large imports as jobs: what they are given, and what the thread that runs jobs does with it.

Reading, checking and planning hold no lock. Applying is one transaction, which also ends the job: it is there with
everything it wrote, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.errors import Conflict, PlugdeckError
from webapp.jobs.running import Handler, JobRun
from webapp.jobs.values import JobOwner, Outcome
from webapp.manifests import service
from webapp.manifests.forms import Upload
from webapp.manifests.options import PlanOptions
from webapp.manifests.plan import Plan, PlanMoved, PlanRefused
from webapp.manifests.registry import Registry
from webapp.manifests.reports import report_of
from webapp.manifests.sealing import Held, Sealer, mask_loosely, masked_texts, unseal
from webapp.manifests.service.applying import Applied
from webapp.manifests.sources import Limits, Refusal, Source, decode, shown_names, size_of

PLAN_KIND = "manifest.plan"
APPLY_KIND = "manifest.apply"
KINDS_PREFIX = "manifest."
PIECE_CHARACTERS = 512 * 1024
_DOCUMENT = "\n---"


@dataclass(frozen=True)
class JobLimits:
    """From where on an upload is a job: its size and the number of its documents."""

    size: int
    documents: int


def is_large(sources: Sequence[Source], limits: JobLimits) -> bool:
    """Tell whether an upload takes longer than somebody should wait for a page."""
    if sum(map(size_of, sources)) > limits.size:
        return True
    return sum(map(_markers, sources)) + len(sources) > limits.documents


def title_of(sources: Sequence[Source]) -> str:
    """Return what an import is called: the name of its one source, or how many there are."""
    names = shown_names(sources)
    return names[0] if len(names) == 1 else f"{len(names):,} files"


def payload_of(upload: Upload, sealer: Sealer) -> Iterator[bytes]:
    """Yield what a job needs of an upload, sealed, in pieces that fit into memory several times."""
    texts = [_text(source) for source in upload.sources]
    head = {
        "sealed": upload.sealed,
        "names": [source.name for source in upload.sources],
        "pieces": [max(1, -(-len(text) // PIECE_CHARACTERS)) for text, _ in texts],
        "bytes": [is_bytes for _, is_bytes in texts],
    }
    yield sealer.encrypt(json.dumps(head))
    for text, _ in texts:
        for start in range(0, max(1, len(text)), PIECE_CHARACTERS):
            yield sealer.encrypt(text[start : start + PIECE_CHARACTERS])


def read_payload(pieces: Iterable[bytes], sealer: Sealer) -> tuple[list[Source], str]:
    """Return the sources of an upload, and the sealed values of the secrets that they show masked."""
    opened = iter(map(sealer.decrypt, pieces))
    head = json.loads(next(opened))
    sources = []
    for name, count, is_bytes in zip(head["names"], head["pieces"], head["bytes"], strict=True):
        text = "".join(next(opened) for _ in range(count))
        sources.append(Source(name, text.encode("latin-1") if is_bytes else text))
    return sources, str(head["sealed"])


class ImportJobs:
    """What the thread that runs jobs does with imports."""

    def __init__(
        self,
        registry: Registry[Any],
        sealer: Sealer,
        limits: Limits,
        viewer_of: Callable[[JobOwner], Any],
    ) -> None:
        """Take the kinds of manifests, what opens payloads, the limits, and who finds the viewer of a job's owner."""
        self._registry, self._sealer, self._limits, self._viewer_of = registry, sealer, limits, viewer_of

    def handlers(self) -> dict[str, Handler]:
        """Return what to do for each kind of job."""
        return {PLAN_KIND: self.plan, APPLY_KIND: self.apply}

    def plan(self, job: JobRun) -> Outcome:
        """Make the plan and leave it for the page; what was uploaded waits for somebody to apply it."""
        _, plan = self._plan(job)
        goes_on = not plan.refused and plan.writes > 0
        return Outcome("refused" if plan.refused else "done", self._report(plan), keeps_payload=goes_on)

    def apply(self, job: JobRun) -> Outcome:
        """Make the plan and apply it when it is the one that was shown; otherwise leave the new one for the page."""
        viewer, plan = self._plan(job)
        expected = job.arguments.get("digest")
        if plan.refused or (expected and plan.digest != expected):
            return self._refused(plan, moved=not plan.refused)
        texts = masked_texts(plan, self._registry.schemas())

        def finish(session: Session, applied: Applied) -> None:
            result = {
                "report": report_of(plan, texts, applied.items),
                "applied": True,
                "unit": applied.unit_id,
            }
            job.end(session, Outcome("done", result))

        job.begin_writing(f"Writing {plan.writes:,} {'record' if plan.writes == 1 else 'records'}")
        try:
            viewer = replace(viewer, reason=str(job.arguments.get("reason", "")))
            service.apply(viewer, plan, self._registry, finish=finish)
        except PlanRefused as error:
            return self._refused(error.plan, moved=False)
        except Conflict as error:
            if not isinstance(error, PlanMoved):
                job.report("A record was changed meanwhile: planning anew")
            _, plan = self._plan(job)
            return self._refused(plan, moved=not plan.refused)
        return Outcome("done")

    def _plan(self, job: JobRun) -> tuple[Any, Plan]:
        if job.owner is None:
            raise PlugdeckError("An import needs somebody whose import it is.")
        job.report("Opening what was uploaded")
        sources, sealed = read_payload(job.payload(), self._sealer)
        viewer = self._viewer_of(job.owner)
        options = PlanOptions(**job.arguments.get("options", {}))
        held: Held = unseal(sealed, self._sealer, str(job.owner.user_id))
        plan = service.plan(viewer, sources, self._registry, self._limits, held, options, report=job.report)
        job.report("Putting the plan together")
        return viewer, plan

    def _refused(self, plan: Plan, *, moved: bool) -> Outcome:
        result = {**self._report(plan), "moved": moved}
        return Outcome("refused", result, keeps_payload=not plan.refused and plan.writes > 0)

    def _report(self, plan: Plan) -> Mapping[str, Any]:
        schemas = self._registry.schemas()
        texts = masked_texts(plan, schemas)
        unreadable = {item.source for item in plan.items if not item.document.readable}
        quoted = {
            name: mask_loosely(text, schemas) if name in unreadable else text for name, text in texts.items()
        }
        return {"report": report_of(plan, quoted), "applied": False}


def _markers(source: Source) -> int:
    content = source.content
    return content.count(_DOCUMENT.encode()) if isinstance(content, bytes) else content.count(_DOCUMENT)


def _text(source: Source) -> tuple[str, bool]:
    """Return the text of a source; of one that is none its bytes as characters, which the plan will refuse."""
    if isinstance(source.content, str):
        return source.content.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), False
    try:
        return decode(source.content), False
    except Refusal:
        return source.content.decode("latin-1"), True
