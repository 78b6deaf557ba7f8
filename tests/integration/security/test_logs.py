"""What a server writes into its log when it breaks: the error and the request id, and nothing that opens a door."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.factories import PASSWORD, SECRET_KEY
from tests.servers import HttpBrowser, running_server

pytestmark = pytest.mark.sqlite_only


def test_the_log_of_an_error_names_the_request_and_holds_no_token(
    session: Session, database: Database, tmp_path: Path
) -> None:
    person = factories.person()
    with running_server(tmp_path, database.url) as server:
        browser = HttpBrowser(server)
        browser.sign_in(person)
        session.execute(text("ALTER TABLE plugin_meta RENAME COLUMN description TO elsewhere"))
        session.commit()
        answer = browser.get("/plugins/")
        assert answer.status == 500
        log = server.log.read_text()
    assert "Traceback" not in answer.text
    assert "unexpected_error" in log
    assert answer.headers["x-request-id"] in log
    assert "no such column" in log
    for secret in (browser.cookies["plugdeck"], PASSWORD, SECRET_KEY, "_user_id", "csrf_token"):
        assert secret not in log
