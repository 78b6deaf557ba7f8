"""What the templates of the overview show: charts, tables and sentences. No HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp.accounts.identity import Viewer
from webapp.activity.views.feed_context import ACTION_LABELS
from webapp.history.models import ACTIONS
from webapp.overview.charts import Chart, Column, Part, Rect, area, meter, shares, stacked_bars
from webapp.overview.periods import DAYS, Period, Span
from webapp.overview.queries.overview import SCOPES, Overview
from webapp.overview.queries.uses import UsedPlugin
from webapp.overview.queries.writes import Writes
from webapp.overview.views.state import Addresses
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.models.meta import READINESS
from webapp.plugins.queries.criteria import PLATFORM
from webapp.plugins.values import PLUGIN_CLASSES
from webapp.plugins.views.list_context import CLASS_ICONS, READY_LABELS, SCOPE_LABELS
from webapp.web.filters import number, plural
from webapp.web.listing import ListState

ACTION_CSS = {"create": "f-ok", "update": "f-accent", "delete": "f-bad", "restore": "f-warn"}
READY_CSS = {"ready": "f-ok", "attention": "f-warn", "not_ready": "f-bad"}
WORDS = {"create": "created", "update": "changed", "delete": "deleted", "restore": "restored"}


@dataclass(frozen=True)
class Amount:
    """A number with where it leads; in a list of them also its name, its mark and how full its meter is."""

    label: str
    number: int
    url: str
    css: str = ""
    icon: str = ""
    meter: float = 0.0


@dataclass(frozen=True)
class SpanRow:
    """A day or a week in the table behind a chart; `plugins` is how many there were at its end."""

    label: str
    url: str
    amounts: tuple[Amount, ...]
    total: int
    plugins: int | None


@dataclass(frozen=True)
class ClassRow:
    """A class in the table behind its chart, with the count of each readiness."""

    name: str
    amounts: tuple[Amount, ...]
    total: Amount


def overview_context(
    viewer: Viewer, state: ListState, numbers: Overview, addresses: Addresses
) -> dict[str, Any]:
    """Return everything that the page shows."""
    period = addresses.period
    unit = "day" if period.is_daily else "week"
    return {
        "state": state,
        "scope": state.choices["scope"],
        "title": f"Overview: {SCOPE_LABELS[state.choices['scope']].lower()}",
        "scopes": _scopes(viewer, state),
        "periods": [(plural(days, "day"), state.url(days=str(days)), days == period.days) for days in DAYS],
        "since": day_words(period.first, with_year=True),
        "unit": unit,
        "numbers": numbers,
        "addresses": addresses,
        "grown": _grown(numbers),
        "classes": _classes(numbers, addresses),
        "class_bar": _share_bar([(name, numbers.count(name), f"f-{name}") for name in PLUGIN_CLASSES]),
        "readiness": _readiness(numbers, addresses),
        "ready_bar": _share_bar(
            [(READY_LABELS[name], numbers.count(readiness=name), READY_CSS[name]) for name in READINESS]
        ),
        "class_rows": _class_rows(numbers, addresses),
        "ready_share": _percent(numbers.count(readiness="ready"), numbers.total),
        "owners": _owners(numbers, addresses),
        "tags": _tags(numbers, addresses),
        "actions": _actions(numbers.writes, addresses),
        "changes": sum(span.actions.total() for span in numbers.writes),
        "activity": activity_chart(period, numbers.writes),
        "activity_words": _activity_words(period, numbers.writes, unit),
        "growth": growth_chart(period, numbers.growth) if numbers.growth is not None else None,
        "growth_words": _growth_words(period, numbers),
        "span_rows": _span_rows(numbers, addresses),
        "growth_rows": _growth_rows(numbers, addresses),
        "most_used": _used(numbers.uses.most, numbers),
        "least_used": _used(numbers.uses.least, numbers),
    }


def day_words(day: dt.date, *, with_year: bool = False) -> str:
    """Return a day as an axis has it, "23 Nov", or as a sentence does, "23 Nov 2026"."""
    return f"{day.day} {day:%b}{f' {day.year}' if with_year else ''}"


def span_words(span: Span) -> str:
    """Return a day or a week in words: "23 Nov 2026", "23 to 29 Nov 2026"."""
    if span.first == span.last:
        return day_words(span.first, with_year=True)
    same_month = (span.first.year, span.first.month) == (span.last.year, span.last.month)
    first = str(span.first.day) if same_month else day_words(span.first)
    return f"{first} to {day_words(span.last, with_year=True)}"


def activity_chart(period: Period, writes: Sequence[Writes]) -> Chart:
    """Return the bars of what was done in each span."""
    return stacked_bars(
        [
            Column(
                day_words(span.first),
                "",
                tuple(
                    Part(
                        found.actions[action],
                        ACTION_CSS[action],
                        f"{span_words(span)}: {number(found.actions[action])} {WORDS[action]}",
                    )
                    for action in ACTIONS
                ),
            )
            for span, found in zip(period.spans, writes, strict=True)
        ]
    )


def growth_chart(period: Period, growth: Sequence[int]) -> Chart:
    """Return the line of how many plugins there were."""
    return area(
        [
            Column(
                day_words(span.last),
                f"{day_words(span.last, with_year=True)}: {plural(plugins, 'plugin')}",
                (Part(plugins, ""),),
            )
            for span, plugins in zip(period.spans, growth, strict=True)
        ],
        "hit",
    )


def _scopes(viewer: Viewer, state: ListState) -> list[tuple[str, str, bool]]:
    shown = [scope for scope in SCOPES if scope != PLATFORM or viewer.platform_account_id is not None]
    return [(SCOPE_LABELS[scope], state.url(scope=scope), scope == state.choices["scope"]) for scope in shown]


def _grown(numbers: Overview) -> str:
    if numbers.growth is None:
        return ""
    more = numbers.total - numbers.began_with
    if not more:
        return "as many"
    return f"{abs(more):,} {'more' if more > 0 else 'fewer'}"


def _percent(part: int, whole: int) -> str:
    """Return a share that is 0 % or 100 % only when it is so."""
    if not whole:
        return ""
    return f"{min(max(round(100 * part / whole), bool(part)), 100 if part == whole else 99)} %"


def _classes(numbers: Overview, addresses: Addresses) -> list[Amount]:
    return [
        Amount(name, numbers.count(name), addresses.plugins(plugin_class=name), name, CLASS_ICONS[name])
        for name in PLUGIN_CLASSES
    ]


def _readiness(numbers: Overview, addresses: Addresses) -> list[Amount]:
    return [
        Amount(name, numbers.count(readiness=name), addresses.plugins(ready=name), READY_CSS[name])
        for name in READINESS
    ]


def _class_rows(numbers: Overview, addresses: Addresses) -> list[ClassRow]:
    return [
        ClassRow(
            name,
            tuple(
                Amount(
                    READY_LABELS[ready],
                    numbers.count(name, ready),
                    addresses.plugins(plugin_class=name, ready=ready),
                )
                for ready in READINESS
            ),
            Amount(name, numbers.count(name), addresses.plugins(plugin_class=name)),
        )
        for name in PLUGIN_CLASSES
    ]


def _share_bar(parts: Sequence[tuple[str, int, str]]) -> tuple[str, tuple[Rect, ...]]:
    """Return the sentence of a bar and its pieces."""
    sentence = ", ".join(f"{count:,} {label[0].lower()}{label[1:]}" for label, count, _ in parts)
    return sentence, shares([Part(count, css, f"{label}: {count:,}") for label, count, css in parts])


def _owners(numbers: Overview, addresses: Addresses) -> list[Amount]:
    highest = max((owner.records for owner in numbers.owners), default=0)
    return [
        Amount(
            owner.name,
            owner.records,
            addresses.plugins(owner=owner.username),
            meter=meter(owner.records, highest),
        )
        for owner in numbers.owners
    ]


def _tags(numbers: Overview, addresses: Addresses) -> list[tuple[Amount, bool]]:
    """Return the tags; the truth says that a count is a lower bound."""
    highest = max((tag.count.number for tag in numbers.tags), default=0)
    return [
        (
            Amount(
                tag.name,
                tag.count.number,
                addresses.plugins(tag=tag.name),
                meter=meter(tag.count.number, highest),
            ),
            tag.count.more,
        )
        for tag in numbers.tags
    ]


def _used(plugins: Sequence[UsedPlugin], numbers: Overview) -> list[Amount]:
    highest = numbers.uses.most[0].uses if numbers.uses.most else 0
    return [
        Amount(plugin.name, plugin.uses, f"/plugins/{plugin.locator}/", meter=meter(plugin.uses, highest))
        for plugin in plugins
    ]


def _actions(writes: Sequence[Writes], addresses: Addresses) -> list[Amount]:
    return [
        Amount(
            ACTION_LABELS[action].split()[0],
            sum(span.actions[action] for span in writes),
            addresses.feed(action=action),
            ACTION_CSS[action],
        )
        for action in ACTIONS
    ]


def _activity_words(period: Period, writes: Sequence[Writes], unit: str) -> str:
    totals = [span.actions.total() for span in writes]
    if not any(totals):
        return f"Nothing was written since {day_words(period.first, with_year=True)}"
    top = max(range(len(totals)), key=totals.__getitem__)
    return (
        f"Records written per {unit} since {day_words(period.first, with_year=True)}: {sum(totals):,} in all, "
        f"most on {span_words(period.spans[top])} with {totals[top]:,}"
    )


def _growth_words(period: Period, numbers: Overview) -> str:
    if numbers.growth is None:
        return ""
    return (
        f"Plugins over time: {numbers.began_with:,} before {day_words(period.first, with_year=True)}, "
        f"{numbers.total:,} now"
    )


def _span_rows(numbers: Overview, addresses: Addresses) -> list[SpanRow]:
    """Return the spans in which anything was written, newest first."""
    return [
        SpanRow(
            span_words(span),
            addresses.feed(span.first, span.last),
            tuple(
                Amount(
                    WORDS[action],
                    writes.actions[action],
                    addresses.feed(span.first, span.last, action=action),
                )
                for action in ACTIONS
            ),
            writes.actions.total(),
            None,
        )
        for span, writes in reversed(list(zip(addresses.period.spans, numbers.writes, strict=True)))
        if writes.actions.total()
    ]


def _growth_rows(numbers: Overview, addresses: Addresses) -> list[SpanRow]:
    """Return the spans in which the number of plugins moved, newest first."""
    if numbers.growth is None:
        return []
    return [
        SpanRow(
            span_words(span),
            addresses.feed(span.first, span.last, kind=LOCATOR_KIND),
            tuple(
                Amount(
                    WORDS[action],
                    writes.plugins[action],
                    addresses.feed(span.first, span.last, action=action, kind=LOCATOR_KIND),
                )
                for action in ("create", "restore", "delete")
            ),
            writes.growth,
            plugins,
        )
        for span, writes, plugins in reversed(
            list(zip(addresses.period.spans, numbers.writes, numbers.growth, strict=True))
        )
        if any(writes.plugins[action] for action in ("create", "restore", "delete"))
    ]
