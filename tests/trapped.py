"""A tenant whose every text is a payload, for the tests that look for one that comes alive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from tests import factories
from tests.factories import Person
from tests.payloads import PAYLOADS, for_a_line
from webapp.connections.values import ApiConnectionValues, SqlConnectionValues
from webapp.core.locators import format_locator
from webapp.db.session import current_session, transaction
from webapp.history import service as history
from webapp.history.queries import unit_key
from webapp.plugins.service import (
    Saved,
    create_plugin,
    delete_plugin,
    link_chatbot,
    record_tool_call,
    update_field,
)
from webapp.plugins.usage_values import Occasion, ToolCall
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginValues,
    SqlData,
    StaticData,
    TestValue,
    UrlParam,
)
from webapp.tags.queries.reach import find_named
from webapp.tags.service import add_alias

ALL = "\n".join(PAYLOADS)
LATIN = tuple(text for text in PAYLOADS if text.isascii())


@dataclass(frozen=True)
class Trapped:
    """Staff with a record of each class and kind and one in the bin, and a colleague whose name is a payload too."""

    person: Person
    colleague: Person
    static: Saved
    sql: Saved
    api: Saved
    connections: tuple[str, ...]
    """The locators of an SQL connection, an API connection and a secret."""
    unit: str
    """The key of an act whose title, reason, records and texts are payloads."""
    tags: tuple[str, ...]
    """The locators of two tags whose names are payloads; the first has an alias that is one too."""

    @property
    def saved(self) -> tuple[Saved, ...]:
        """Return the three records."""
        return self.static, self.sql, self.api


def make_trapped() -> Trapped:
    """Write payloads into everything that a person can write on a plugin; every record is accepted."""
    account = factories.account('Acc"><img src=/canary/20 onerror=ran(30)>&amp;')
    person = factories.person(role="staff", of=account)
    colleague = factories.person('"><img src=/canary/21 onerror=ran(31)>', of=account)
    lines = for_a_line()
    common = factories.plugin_values(
        description=ALL,
        tags=for_a_line(without=","),
        annotations=(
            *({f"payload/{number}": text} for number, text in enumerate(PAYLOADS)),
            {"list": list(PAYLOADS)},
            {"map": dict.fromkeys(PAYLOADS, "x")},
        ),
    )
    assert common.selector
    assert common.prompt
    common = replace(
        common,
        selector=replace(common.selector, search_terms=PAYLOADS),
        prompt=replace(common.prompt, system_role=ALL, model=lines[1], provider=lines[4]),
    )
    parameters = (
        Parameter("p", "string", ALL, True, PAYLOADS, PAYLOADS[0]),
        Parameter("q", "object", lines[1], False, None, dict.fromkeys(PAYLOADS, PAYLOADS[1])),
    )
    tests = (TestValue("p", ALL), TestValue("q", list(PAYLOADS)))
    tree = {text: [text, {text: text}] for text in PAYLOADS} | {"block": ALL}
    static = replace(common, name="trapped_static", data=StaticData(ALL, tree))
    sql = SqlData(
        description=ALL,
        connection="trapped",
        sql_query="SELECT 1 -- " + ALL.replace("{", "(").replace("}", ")"),
        parameters=parameters,
        test_values=tests,
    )
    api = ApiData(
        description=ALL,
        connection="trapped",
        endpoint="/v1/{p}/",
        url_params=tuple(UrlParam(text, text) for text in PAYLOADS),
        headers=tuple(Header(f"X-{number}", text) for number, text in enumerate(LATIN)),
        body=tree,
        parameters=parameters,
        test_values=tests,
    )
    viewer = factories.viewer_of(person)
    for number, (line, owner) in enumerate(zip(lines, (person, colleague) * len(lines), strict=False)):
        factories.saved_view(owner, f"{number}{line}"[:64], f"q={quote(line)}", is_shared=True)
    binned = factories.plugin(person, replace(static, name="trapped_and_binned"))
    delete_plugin(viewer, binned.id, binned.revision)
    first = factories.plugin(person, static)
    for line in lines[:5]:
        link_chatbot(viewer, first.id, line)
        record_tool_call(viewer, first.id, ToolCall(line, Occasion(line, line), dict.fromkeys(PAYLOADS, ALL)))
    return Trapped(
        person,
        colleague,
        first,
        factories.plugin(person, replace(common, name="trapped_sql", plugin_class="sql", data=sql)),
        factories.plugin(person, replace(common, name="trapped_api", plugin_class="api", data=api)),
        _make_connections(person, common),
        _make_act(person, replace(static, name="trapped_by_upload")),
        _make_tags(person, common.tags[:2]),
    )


def _make_tags(person: Person, names: Sequence[str]) -> tuple[str, ...]:
    found = [find_named(current_session(), person.account.id, name) for name in names]
    tags = [tag for tag in found if tag is not None]
    add_alias(factories.viewer_of(person), tags[0].id, "<b>alias</b>" + min(names, key=len)[:40])
    return tuple(tag.locator for tag in tags)


def _make_act(person: Person, values: PluginValues) -> str:
    viewer = replace(factories.viewer_of(person, origin="manifest"), reason=ALL)
    with (
        transaction() as session,
        history.one_unit(session, viewer.actor, account_id=person.account.id, title=f"Applied {ALL}") as unit,
    ):
        made = create_plugin(viewer, values)
        update_field(viewer, made.id, made.revision, "description", f"{ALL}!")
        history.keep_sources(session, unit, dict.fromkeys(PAYLOADS, ALL))
        return unit_key(unit.id)


def _make_connections(person: Person, common: PluginValues) -> tuple[str, ...]:
    texts = {"description": ALL, "tags": common.tags, "annotations": common.annotations}
    sql = SqlConnectionValues("trapped_db", hostname="db.example", database=for_a_line()[1], **texts)
    api = ApiConnectionValues("trapped_service", base_url="https://api.example/v1", **texts)
    made = {
        "sqlconnection": factories.connection(person, sql),
        "apiconnection": factories.connection(person, api),
        "secret": factories.secret(person, "trapped_key", **texts),
    }
    return tuple(format_locator(kind, saved.id) for kind, saved in made.items())
