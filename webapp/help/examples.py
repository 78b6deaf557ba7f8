"""The examples of the help. Tests put every manifest and every part of one through the real validation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A text with a caption.

    `kind` is the kind of manifest that the text is, or is a part of; "" for a text that is no YAML.
    """

    caption: str
    text: str
    kind: str = ""


PLUGIN = Example(
    "A whole plugin that is ready, as a manifest",
    """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: opening_hours
  pluginClass: static
  description: When the reading room is open, and on which days it is closed.
  version: "1.0.0"
spec:
  selector:
    directive: search_terms
    searchTerms:
      - opening hours
  prompt:
    systemRole: You help visitors of a public library. Answer in one sentence.
  data:
    staticData:
      monday to friday: 09:00 to 18:00
      saturday: 10:00 to 14:00
""",
    "Plugin",
)

CLASS = Example(
    "The class stands beside the name, and the kind of the manifest agrees with it",
    """\
kind: ApiPlugin
metadata:
  name: parcel_status
  pluginClass: api
""",
    "ApiPlugin",
)

SELECTOR = Example(
    "Offered when a prompt contains one of two terms",
    """\
spec:
  selector:
    directive: search_terms
    searchTerms:
      - opening hours
      - reading room
""",
    "Plugin",
)

PROMPT = Example(
    "A prompt with every setting",
    """\
spec:
  prompt:
    provider: openai
    model: gpt-4o-mini
    temperature: 0.2
    maxTokens: 512
    systemRole: >
      You help visitors of a public library. Answer in one sentence,
      and only from the opening hours that you are given.
""",
    "Plugin",
)

DATA = Example(
    "A query with one parameter that the model fills in",
    """\
spec:
  connection: library_db
  sqlData:
    description: Title, year and shelf of every book of an author.
    sqlQuery: |
      SELECT title, year, shelf
      FROM books
      WHERE author = {author}
    parameters:
      - name: author
        type: string
        description: Family name of the author.
        required: true
    limit: 50
""",
    "SqlPlugin",
)

CONNECTION = Example(
    "A connection to a PostgreSQL database",
    """\
apiVersion: smarter.sh/v1
kind: SqlConnection
metadata:
  name: library_db
  description: The catalogue, read only.
  version: "1.0.0"
spec:
  connection:
    dbEngine: django.db.backends.postgresql
    hostname: db.library.example
    database: catalogue
    username: reader
    password: library_db_password
    useSsl: true
""",
    "SqlConnection",
)

SECRET = Example(
    "A secret whose value stays as it is, because the manifest does not give one",
    """\
apiVersion: smarter.sh/v1
kind: Secret
metadata:
  name: library_db_password
  description: Password of the reader of the catalogue.
  version: "1.0.0"
spec:
  config:
    expiration_date: 2030-12-31
""",
    "Secret",
)

MANIFEST = Example(
    "Two documents in one file: a connection, and a plugin that uses it",
    """\
apiVersion: smarter.sh/v1
kind: ApiConnection
metadata:
  name: parcel_service
  version: "1.0.0"
spec:
  connection:
    baseUrl: https://parcels.example
---
apiVersion: smarter.sh/v1
kind: ApiPlugin
metadata:
  name: parcel_status
  pluginClass: api
  description: Where a parcel is now and when it arrives.
  version: "1.2.0"
spec:
  selector:
    directive: llm
  prompt:
    systemRole: You tell customers where their parcel is.
  connection: parcel_service
  apiData:
    endpoint: /v1/parcels/{number}
    parameters:
      - name: number
        type: string
        description: Number on the label, such as PX-10442.
        required: true
""",
    "ApiPlugin",
)

LOCATOR = Example("The address of a plugin, and its link for sharing", "pluginmeta-rMTAwMDEyMwx\n")

TAG = Example(
    "Three tags",
    """\
metadata:
  tags:
    - library
    - opening hours
    - Customer service
""",
    "Plugin",
)

ANNOTATION = Example(
    "A text, a number kept as text, a link and a list",
    """\
metadata:
  annotations:
    - team: reading-room
    - cost-center: "4230"
    - example.com/runbook: https://wiki.library.example/opening-hours
    - reviewers: [imogen, tobias]
""",
    "Plugin",
)

REVISION = Example(
    "Two people change revision 14 of the same plugin",
    """\
10:02  Imogen opens the form       revision 14
10:03  Tobias opens the form       revision 14
10:05  Imogen saves                revision 15
10:06  Tobias saves                is shown both versions
10:07  Tobias saves the result     revision 16
""",
)
