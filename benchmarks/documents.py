"""Synthetic manifests to measure with: the same number and seed give the same text, 1 to 3 KB a document."""

from __future__ import annotations

import random
from collections.abc import Iterator

CONNECTIONS = """\
apiVersion: smarter.sh/v1
kind: SqlConnection
metadata:
  name: bench_db
  description: The database that the documents of the benchmark name.
  version: "1.0.0"
spec:
  connection:
    dbEngine: django.db.backends.sqlite3
    database: bench
---
apiVersion: smarter.sh/v1
kind: ApiConnection
metadata:
  name: bench_api
  description: The service that the documents of the benchmark name.
  version: "1.0.0"
spec:
  connection:
    baseUrl: https://bench.example
"""

_VOCABULARY = (
    "account archive arrival article balance booking branch budget calendar campus catalogue chapter claim class "
    "client contract course customer deadline delivery department discount edition employee enrolment event exam "
    "faculty forecast gallery grade guide harbour holiday index invoice journal keeper lecture ledger library "
    "licence lodging machine manual market member menu museum notice office order parcel partner passage patient "
    "payment permit person pharmacy platform policy price product project quarter queue recipe region register "
    "rental report reservation review route salary schedule school season series service shelf shipment station "
    "storage student subject supplier survey ticket timetable tour tracking transfer treatment tutor university "
    "vehicle vendor venue visit voucher warehouse weather workshop"
)
_WORDS = tuple(_VOCABULARY.split())
_TAGS = tuple(f"{word}s" for word in _WORDS[::2])
_CLASSES = ("static", "static", "sql", "api")


def manifests(count: int, seed: int = 1) -> str:
    """Return one YAML stream of `count` plugins: half static, a quarter SQL, a quarter API."""
    return "".join(documents(count, seed))


def documents(count: int, seed: int = 1) -> Iterator[str]:
    """Yield the documents of the stream, each after its `---` line."""
    source = random.Random(seed)
    for number in range(1, count + 1):
        plugin_class = _CLASSES[number % len(_CLASSES)]
        body = {"static": _static, "sql": _sql, "api": _api}[plugin_class](source)
        yield f"---\n{_head(source, number, plugin_class)}{body}"


def _head(source: random.Random, number: int, plugin_class: str) -> str:
    kind = {"static": "Plugin", "sql": "SqlPlugin", "api": "ApiPlugin"}[plugin_class]
    tags = "".join(f"    - {tag}\n" for tag in source.sample(_TAGS, source.randint(2, 5)))
    terms = "".join(f"      - {_words(source, 1, 3)}\n" for _ in range(source.randint(3, 8)))
    return (
        f"# Plugin {number} of the benchmark.\n"
        f"apiVersion: smarter.sh/v1\nkind: {kind}\nmetadata:\n"
        f"  name: {source.choice(_WORDS)}_{source.choice(_WORDS)}_{number:05d}\n"
        f"  pluginClass: {plugin_class}\n"
        f"  description: >-\n{_prose(source, 2, 4)}"
        f'  version: "{source.randint(0, 4)}.{source.randint(0, 20)}.{source.randint(0, 9)}"\n'
        f"  tags:\n{tags}"
        f"  annotations:\n    - bench.example/team: {source.choice(_WORDS)}\n"
        f"    - bench.example/cost: {source.randint(1, 90)}\n"
        f"spec:\n  selector:\n    directive: search_terms\n    searchTerms:\n{terms}"
        f"  prompt:\n    provider: openai\n    systemRole: |\n{_prose(source, 4, 9, indent=6)}"
        f"    model: gpt-4o-mini\n    temperature: 0.{source.randint(1, 9)}\n"
        f"    maxTokens: {source.choice((256, 512, 1024, 2048))}\n"
    )


def _static(source: random.Random) -> str:
    groups = "".join(
        f"      {group}:\n"
        + "".join(
            f"        {key}: {_words(source, 2, 8)}\n" for key in source.sample(_WORDS, source.randint(3, 6))
        )
        + f"        places: {source.randint(1, 400)}\n        open: {source.choice(('true', 'false'))}\n"
        for group in source.sample(_WORDS, source.randint(2, 5))
    )
    return f"  data:\n    description: {_words(source, 4, 10)}\n    staticData:\n{groups}"


def _sql(source: random.Random) -> str:
    names = source.sample(_WORDS, source.randint(1, 4))
    where = "\n        AND ".join(f"{name} = {{{name}}}" for name in names)
    columns = ",\n        ".join(source.sample(_WORDS, source.randint(4, 10)))
    query = f"      SELECT\n        {columns}\n      FROM {source.choice(_WORDS)}\n      WHERE {where}\n"
    return (
        f"  connection: bench_db\n  sqlData:\n    description: {_words(source, 4, 10)}\n"
        f"    sqlQuery: |\n{query}{_parameters(source, names)}    limit: {source.randint(1, 500)}\n"
    )


def _api(source: random.Random) -> str:
    names = source.sample(_WORDS, source.randint(1, 3))
    path = "".join(f"/{name}/{{{name}}}" for name in names)
    headers = "".join(
        f"      - name: X-{word.title()}\n        value: {word}\n" for word in source.sample(_WORDS, 2)
    )
    return (
        f"  connection: bench_api\n  apiData:\n    description: {_words(source, 4, 10)}\n"
        f"    endpoint: {path}/\n    method: {source.choice(('GET', 'POST'))}\n"
        f"    urlParams:\n      - key: format\n        value: json\n    headers:\n{headers}"
        f"{_parameters(source, names)}"
    )


def _parameters(source: random.Random, names: list[str]) -> str:
    declared = "".join(
        f"      - name: {name}\n        type: string\n        description: {_words(source, 3, 9)}\n"
        f"        required: {source.choice(('true', 'false'))}\n"
        for name in names
    )
    tried = "".join(f"      - name: {name}\n        value: {source.choice(_WORDS)}\n" for name in names)
    return f"    parameters:\n{declared}    testValues:\n{tried}"


def _words(source: random.Random, least: int, most: int) -> str:
    return " ".join(source.choices(_WORDS, k=source.randint(least, most)))


def _prose(source: random.Random, least: int, most: int, indent: int = 4) -> str:
    lines = (
        f"{' ' * indent}{_words(source, 6, 10).capitalize()}." for _ in range(source.randint(least, most))
    )
    return "".join(f"{line}\n" for line in lines)
