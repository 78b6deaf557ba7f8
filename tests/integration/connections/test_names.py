"""The names that an editor completes: those of the account, of one kind."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in

NAMES = "/connections/names.json?kind="


def test_names_of_the_account_by_kind(client: PageClient, session: Session) -> None:
    me = factories.person()
    colleague, stranger = factories.person(of=me.account), factories.person()
    factories.sql_connection(colleague, "zebra_db")
    factories.sql_connection(me, "aardvark_db")
    factories.api_connection(me, "gnu_api")
    factories.secret(me, "horn_key")
    factories.sql_connection(stranger, "foreign_db")
    factories.sql_connection(factories.person(of=factories.platform()), "common_db")
    sign_in(client, me)
    found = {
        kind: client.get(NAMES + kind).get_json()["names"]
        for kind in ("SqlConnection", "ApiConnection", "Secret", "Plugin", "")
    }
    assert found == {
        "SqlConnection": ["aardvark_db", "zebra_db"],
        "ApiConnection": ["gnu_api"],
        "Secret": ["horn_key"],
        "Plugin": [],
        "": [],
    }
