"""What a job leaves behind of a plan."""

from __future__ import annotations

import json
from dataclasses import replace

from webapp.manifests.loader import Source, load_sources
from webapp.manifests.plan import Plan, PlanItem
from webapp.manifests.problems import Problem
from webapp.manifests.reports import LISTED_MAX, read_report, report_of

TEXT = "kind: Plugin\nmetadata: {name: one}\n"


def _plan(count: int, refused: int) -> Plan:
    loaded = load_sources([Source("a.yaml", TEXT)])
    item = PlanItem(document=loaded.documents[0], kind="Plugin", name="one", action="create")
    problem = Problem(document=1, line=1, column=7, message="Not <this>.", hint="That.", source="a.yaml")
    bad = replace(item, action="refused", problems=(problem,))
    return Plan((*(item for _ in range(count)), *(bad for _ in range(refused))), texts=loaded.texts)


def test_a_report_is_plain_json_and_reads_like_the_plan() -> None:
    report = read_report(json.loads(json.dumps(report_of(_plan(2, 1), {"a.yaml": TEXT}))))
    assert (report.total, report.problems, report.refused, report.more) == (3, 1, True, 0)
    assert report.counts == {"create": 2, "refused": 1}
    first = report.items[0]
    assert (first.item.action, first.item.name, first.problems[0].problem.message) == (
        "refused",
        "one",
        "Not <this>.",
    )
    assert first.problems[0].excerpt.carets == {1: (7, "here")}


def test_of_thousands_of_documents_those_are_named_that_somebody_has_to_look_at() -> None:
    report = read_report(report_of(_plan(3 * LISTED_MAX, 2), {"a.yaml": TEXT}))
    assert len(report.items) == LISTED_MAX
    assert report.more == 2 * LISTED_MAX + 2
    assert [shown.item.action for shown in report.items[:3]] == ["refused", "refused", "create"]
