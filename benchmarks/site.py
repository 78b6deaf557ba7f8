"""A person who is signed in, and the requests that the scenarios make in their name."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, text

from benchmarks.load import Answer, Connection, LoadError, request_bytes
from benchmarks.seeding import PASSWORD
from deploy.forms import form_with
from webapp.accounts.models import PLATFORM_ACCOUNT_NUMBER
from webapp.web.listing import encode_cursor

WRITES = ("save", "create")
LOCATOR = re.compile(r"/plugins/(pluginmeta-\w+)/")
DEPTH = 0.9
BROWSER = {"Accept-Encoding": "gzip, br"}
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Source": "form#filters"}
# What a new plugin needs besides a name and a description.
NEW = {"directive": "always", "system_role": "Answer in one sentence.", "static_data": "- a value"}


@dataclass(frozen=True)
class Words:
    """What to look for in a seeded database, and where its deep page begins."""

    account: int
    platform: int
    plugins: int
    first_id: int

    username: str
    tag: str
    common: str
    rare: str
    deep: str


def choose_words(database_url: str) -> Words:
    """Return them for the first person of the first seeded account, who owns a fifth of all plugins."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:

        def ask(statement: str, **values: Any) -> Sequence[Any]:
            return connection.execute(text(statement), values).all()

        username, account = ask(
            "SELECT u.username, p.account_id FROM users u JOIN user_profiles p ON p.user_id = u.id "
            "WHERE u.username LIKE 'seed%person1' ORDER BY u.id LIMIT 1"
        )[0]
        platform = ask(
            "SELECT id FROM accounts WHERE account_number = :number", number=PLATFORM_ACCOUNT_NUMBER
        )[0][0]
        where = f"FROM plugin_meta WHERE account_id = {int(account)} AND deleted_at IS NULL"
        count: int = ask(f"SELECT count(*) {where}")[0][0]
        updated, row_id = ask(
            f"SELECT updated_at, id {where} ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :skip",
            skip=int(count * DEPTH),
        )[0]
        described = ask(f"SELECT description {where} ORDER BY id LIMIT 500")
        first_id, rare = ask(f"SELECT id, name {where} ORDER BY id LIMIT 1 OFFSET :skip", skip=count // 2)[0]
        tag = ask(
            "SELECT t.name FROM plugin_tags pt JOIN tags t ON t.id = pt.tag_id JOIN "
            f"(SELECT id {where} ORDER BY id LIMIT 500) m ON m.id = pt.plugin_id "
            "GROUP BY t.name ORDER BY count(*) DESC, t.name LIMIT 1"
        )[0][0]
    engine.dispose()
    words = Counter(word for (one,) in described for word in set(re.findall(r"[a-z]{5,}", one.lower())))
    common = words.most_common(1)[0][0]
    deep = encode_cursor("-updated", [_micros(updated), row_id])
    return Words(account, platform, count, first_id, username, tag, common, rare, deep)


def _micros(stored: Any) -> int:
    """Return the microseconds since 1970 of a moment as its database gives it."""
    moment = stored if isinstance(stored, dt.datetime) else dt.datetime.fromisoformat(stored)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


class Site:
    """A signed-in person at one server."""

    def __init__(self, port: int, words: Words) -> None:
        """Sign in and find a plugin that the person owns."""
        self.port = port
        self.connection = Connection(port)
        self._cookie = ""
        self._keep(self._get("/login"))
        form = form_with(self._text("/login"), "password")
        signed = {**dict(form), "username": words.username, "password": PASSWORD}
        answer = self.connection.send(request_bytes("/login", {"Cookie": self._cookie}, list(signed.items())))
        if answer.status != 303:
            raise LoadError(f"Signing in answered {answer.status}.")
        self._keep(answer)
        found = LOCATOR.search(self._text("/plugins/?scope=mine"))
        if found is None:
            raise LoadError("The person has no plugins.")
        self.locator = found[1]
        self._paths = {
            "list": "/plugins/",
            "partial": "/plugins/",
            "unchanged": "/plugins/",
            "deep": f"/plugins/?after={words.deep}",
            "tag": f"/plugins/?tag={quote(words.tag)}",
            "common": f"/plugins/?q={quote(words.common)}",
            "rare": f"/plugins/?q={quote(words.rare)}",
            "record": f"/plugins/{self.locator}/",
            "edit": f"/plugins/{self.locator}/edit",
            "share": f"/r/{self.locator}",
        }

    def read(self, page: str) -> bytes:
        """Return the request that reads a page as a browser does."""
        headers = {**BROWSER, "Cookie": self._cookie}
        if page == "partial":
            headers |= PARTIAL
        if page == "unchanged":
            answer = self.connection.send(request_bytes("/plugins/", headers))
            headers["If-None-Match"] = answer.headers["etag"]
        return request_bytes(self._paths[page], headers)

    def plain(self, page: str) -> Answer:
        """Return a page without compression."""
        headers = {"Cookie": self._cookie, **(PARTIAL if page == "partial" else {})}
        return self.connection.send(request_bytes(self._paths[page], headers))

    def requests(self, page: str, seed: int) -> Iterator[bytes]:
        """Yield requests for a page, or of writes."""
        if page in WRITES:
            yield from self.writes(page, seed)
            return
        request = self.read(page)
        while True:
            yield request

    def writes(self, page: str, seed: int) -> Iterator[bytes]:
        """Yield requests that save a plugin or create one, each from a form that was just opened."""
        path = "/plugins/new" if page == "create" else self._paths["edit"]
        for number in range(seed, seed + 100_000):
            fields = form_with(self._text(path), "plugin_class")
            typed = {"description": f"Measured for the {number}th time."}
            if page == "create":
                typed |= {"name": f"measured_{number}", **NEW}
            sent = [(name, typed.get(name, value)) for name, value in fields]
            yield request_bytes(path, {**BROWSER, "Cookie": self._cookie}, sent)

    def close(self) -> None:
        """Close the connection; the session stays."""
        self.connection.close()

    def _text(self, path: str) -> str:
        return self._get(path).body.decode()

    def _get(self, path: str) -> Answer:
        headers = {"Cookie": self._cookie} if self._cookie else {}
        return self.connection.send(request_bytes(path, headers))

    def _keep(self, answer: Answer) -> None:
        for name, value in kept_cookie(answer).items():
            self._cookie = f"{name}={value}"


def kept_cookie(answer: Answer) -> dict[str, str]:
    """Return the cookies that an answer sets."""
    lines = answer.headers.get("set-cookie", "").splitlines()
    pairs = (line.partition(";")[0].partition("=") for line in lines)
    return {name: value for name, _, value in pairs}
