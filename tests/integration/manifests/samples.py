"""Manifests of the tests, written for them: small texts with single parts changed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

STATIC = """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: NAME
  pluginClass: static
  description: What a visitor asks about the lighthouse.
  version: 1.2.0
  tags:
    - harbour
spec:
  selector:
    directive: search_terms
    searchTerms:
      - lighthouse
  prompt:
    systemRole: You answer in one sentence.
  data:
    description: Facts.
    staticData:
      height: 41 m
"""

SQL = """\
apiVersion: smarter.sh/v1
kind: SqlPlugin
metadata:
  name: NAME
  pluginClass: sql
  description: Ships by port of registry, newest first.
  version: 0.3.0
spec:
  selector:
    directive: always
  prompt:
    systemRole: You know ships.
  connection: CONNECTION
  sqlData:
    sqlQuery: SELECT name FROM ships WHERE port = {port}
    parameters:
      - name: port
        type: string
        description: The port of registry, such as Bergen.
"""

API = """\
apiVersion: smarter.sh/v1
kind: ApiPlugin
metadata:
  name: NAME
  pluginClass: api
  description: The tide at a gauge for the next day.
  version: 0.1.0
spec:
  selector:
    directive: llm
  prompt:
    systemRole: You know tides.
  connection: CONNECTION
  apiData:
    endpoint: /gauges/{gauge}/
    headers:
      - name: X-Debug
        value: true
      - name: X-Request
        value: 12345
    body:
      - a
      - 2
    parameters:
      - name: gauge
        type: string
        description: The number of the gauge, such as 12.
"""

SQL_CONNECTION = """\
apiVersion: smarter.sh/v1
kind: SqlConnection
metadata:
  name: NAME
  description: The register of ships.
  version: 1.0.0
spec:
  connection:
    dbEngine: django.db.backends.postgresql
    hostname: ships.example.com
    database: ships
    password: SECRET
"""

API_CONNECTION = """\
apiVersion: smarter.sh/v1
kind: ApiConnection
metadata:
  name: NAME
  description: Gauges along the coast.
  version: 1.0.0
spec:
  connection:
    baseUrl: https://tides.example.com/v1
    apiKey: SECRET
    authMethod: token
"""

SECRET = """\
apiVersion: smarter.sh/v1
kind: Secret
metadata:
  name: NAME
  description: A key.
  version: 1.0.0
spec:
  config:
    value: VALUE
"""

# The number of a version without quotes, a key that is nearly right, and text where a map belongs.
BROKEN = """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: fog_horn
  pluginClass: static
  version: 1.1
  tagz:
    - harbour
spec:
  selector:
    directive: always
  prompt:
    systemRole: You are loud.
  data:
    staticData: "a text"
"""

UNREADABLE = """\
apiVersion: smarter.sh/v1
kind: SqlConnection
metadata:
  name: gauges
  description: Gauges of the coast: every ten minutes
"""


def static(name: str = "lighthouse", **changes: str) -> str:
    """Return the manifest of a static plugin with words replaced."""
    return _with(STATIC.replace("NAME", name), changes)


def sql(name: str = "ships_by_port", connection: str = "ships_db", **changes: str) -> str:
    """Return the manifest of an sql plugin."""
    return _with(SQL.replace("NAME", name).replace("CONNECTION", connection), changes)


def api(name: str = "tide", connection: str = "tides_api", **changes: str) -> str:
    """Return the manifest of an api plugin."""
    return _with(API.replace("NAME", name).replace("CONNECTION", connection), changes)


def sql_connection(name: str = "ships_db", secret: str = "ships_password") -> str:
    """Return the manifest of a SQL connection."""
    return SQL_CONNECTION.replace("NAME", name).replace("SECRET", secret)


def api_connection(name: str = "tides_api", secret: str = "tides_key") -> str:
    """Return the manifest of an API connection."""
    return API_CONNECTION.replace("NAME", name).replace("SECRET", secret)


def secret(name: str = "ships_password", value: str = "anchors aweigh") -> str:
    """Return the manifest of a secret."""
    return SECRET.replace("NAME", name).replace("VALUE", value)


def documents(*texts: str) -> str:
    """Return several manifests in one text."""
    return "---\n".join(texts)


def files(**texts: str | bytes) -> dict[str, Any]:
    """Return the form field of chosen files; `__` in a name stands for the dot."""
    return {
        "files": [
            (BytesIO(text if isinstance(text, bytes) else text.encode()), name.replace("__", "."))
            for name, text in texts.items()
        ]
    }


def _with(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text
